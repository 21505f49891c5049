// BarDelegate: table cells that show a number and, beside it, the same number as a bar. Signed bars
// grow from a labelled middle.
#pragma once

#include <QStyledItemDelegate>

namespace ui {

class Theme;

class BarDelegate : public QStyledItemDelegate {
  Q_OBJECT
 public:
  /// Item data: the bar's length, 0 … 1, or −1 … 1 where it is signed. Absent: no bar.
  static constexpr int kPlaceRole = Qt::UserRole + 1;
  static constexpr int kSignedRole = Qt::UserRole + 2;

  BarDelegate(const Theme& theme, double numberShare, QObject* parent);
  void paint(QPainter* painter, const QStyleOptionViewItem& option,
             const QModelIndex& index) const override;

 private:
  int numberWidth(int width, QFont font) const;
  void paintSigned(QPainter& painter, const QRectF& area, double place) const;

  const Theme& theme_;
  double numberShare_;  // of the cell's width at least; the bar takes the rest
};

}  // namespace ui
