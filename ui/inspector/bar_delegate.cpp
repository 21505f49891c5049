// Number and bar in one table cell.
// The number is always there: the bar only repeats it.
#include "ui/inspector/bar_delegate.h"

#include <QApplication>
#include <QPainter>
#include <algorithm>

#include "ui/inspector/canvas.h"
#include "ui/theme/theme.h"

namespace ui {

BarDelegate::BarDelegate(const Theme& theme, double numberShare, QObject* parent)
    : QStyledItemDelegate(parent), theme_(theme), numberShare_(numberShare) {}

void BarDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                        const QModelIndex& index) const {
  QStyleOptionViewItem cell(option);
  initStyleOption(&cell, index);
  const QString text = cell.text;
  cell.text.clear();
  const QStyle* style = cell.widget ? cell.widget->style() : QApplication::style();
  style->drawControl(QStyle::CE_ItemViewItem, &cell, painter, cell.widget);

  painter->save();
  painter->setFont(cell.font);
  const bool selected = cell.state.testFlag(QStyle::State_Selected);
  const QBrush ink = index.data(Qt::ForegroundRole).value<QBrush>();
  painter->setPen(selected                     ? theme_.colour(ColourRole::SelectionText)
                  : ink.style() != Qt::NoBrush ? ink.color()
                                               : theme_.colour(ColourRole::Text));
  QRect number = cell.rect.adjusted(theme_.gap(1), 0, -theme_.gap(1), 0);
  const QVariant place = index.data(kPlaceRole);
  if (place.isValid()) number.setWidth(numberWidth(number.width(), cell.font));
  painter->drawText(number, Qt::AlignRight | Qt::AlignVCenter, text);
  if (place.isValid() && number.right() + theme_.gap(4) < cell.rect.right()) {
    const int inset = std::max(3, cell.rect.height() / 4);
    const QRectF area(number.right() + theme_.gap(2), cell.rect.top() + inset,
                      cell.rect.right() - number.right() - theme_.gap(3),
                      cell.rect.height() - 2 * inset);
    if (index.data(kSignedRole).toBool()) {
      paintSigned(*painter, area, place.toDouble());
    } else {
      const double length = std::clamp(place.toDouble(), 0.0, 1.0);
      painter->fillRect(area, theme_.colour(ColourRole::DataLow));
      painter->fillRect(QRectF(area.left(), area.top(), area.width() * length, area.height()),
                        theme_.colour(ColourRole::DataHigh));
    }
  }
  painter->restore();
}

// The same for every row, so that the bars begin below each other: no number is cut for its bar.
int BarDelegate::numberWidth(int width, QFont font) const {
  font.setBold(true);
  const int longest = QFontMetrics(font).horizontalAdvance(QStringLiteral("0.000e-00"));
  return std::min(width, std::max(longest, static_cast<int>(width * numberShare_)));
}

void BarDelegate::paintSigned(QPainter& painter, const QRectF& area, double place) const {
  const double middle = area.center().x();
  const double length = std::clamp(place, -1.0, 1.0) * area.width() / 2;
  const QRectF bar = QRectF(middle, area.top(), length, area.height()).normalized();
  painter.fillRect(bar, signedColour(theme_, place >= 0 ? 0.8 : -0.8));
  painter.fillRect(QRectF(middle - 0.5, area.top() - 2, 1, area.height() + 4),
                   theme_.colour(ColourRole::LineStrong));
}

}  // namespace ui
