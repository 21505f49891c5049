// The label keeps its whole text, which is also what assistive technology reads.
#include "ui/elided_label.h"

#include <QHelpEvent>
#include <QPainter>
#include <QStyle>
#include <QToolTip>
#include <algorithm>

#include "ui/format.h"

namespace ui {

namespace {
constexpr int kLeastCharacters = 12;
}

QSize ElidedLabel::minimumSizeHint() const {
  const QSize hint = QLabel::minimumSizeHint();
  const int least = kLeastCharacters * fontMetrics().averageCharWidth();
  const QMargins margins = contentsMargins();
  return {std::min(hint.width(), least + margins.left() + margins.right()), hint.height()};
}

QString ElidedLabel::shownText() const {
  return fontMetrics().elidedText(text(), Qt::ElideRight, contentsRect().width());
}

bool ElidedLabel::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip || shownText() == text()) return QLabel::event(event);
  const QString all = format::toolTip(text() + QLatin1Char('\n') + toolTip());
  QToolTip::showText(static_cast<QHelpEvent*>(event)->globalPos(), all, this);
  return true;
}

void ElidedLabel::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  style()->drawItemText(&painter, contentsRect(), Qt::AlignLeft | Qt::AlignVCenter, palette(),
                        isEnabled(), shownText(), foregroundRole());
}

}  // namespace ui
