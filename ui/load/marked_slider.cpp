// The mark stands where the middle of the handle would be.
#include "ui/load/marked_slider.h"

#include <QPainter>
#include <QStyle>
#include <QStyleOptionSlider>

namespace ui {

MarkedSlider::MarkedSlider(const Theme& theme, QWidget* parent)
    : QSlider(Qt::Horizontal, parent), theme_(theme) {}

QSize MarkedSlider::sizeHint() const { return QSlider::sizeHint() + QSize(0, 2 * theme_.gap(1)); }

void MarkedSlider::setMark(int value) {
  if (mark_ == value) return;
  mark_ = value;
  update();
}

void MarkedSlider::paintEvent(QPaintEvent* event) {
  QSlider::paintEvent(event);
  if (mark_ < minimum() || mark_ > maximum()) return;
  QStyleOptionSlider option;
  initStyleOption(&option);
  const int handle =
      style()->subControlRect(QStyle::CC_Slider, &option, QStyle::SC_SliderHandle, this).width();
  const int at = QStyle::sliderPositionFromValue(minimum(), maximum(), mark_, width() - handle,
                                                 option.upsideDown) +
                 handle / 2;
  const int size = theme_.gap(1);
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(Qt::NoPen);
  painter.setBrush(theme_.colour(isEnabled() ? ColourRole::Text : ColourRole::TextMuted));
  const QPointF triangle[] = {QPointF(at, height() - size), QPointF(at - size, height()),
                              QPointF(at + size, height())};
  painter.drawPolygon(triangle, 3);
}

}  // namespace ui
