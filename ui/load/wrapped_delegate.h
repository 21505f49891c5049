// WrappedDelegate: rows of a tree as high as their longest column's text, wrapped to its width.
#pragma once

#include <QStyledItemDelegate>

class QTreeView;

namespace ui {

class WrappedDelegate : public QStyledItemDelegate {
  Q_OBJECT

 public:
  /// Also the delegate's parent. Its rows are laid out again when a column's width changes.
  explicit WrappedDelegate(QTreeView* view);
  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

 private:
  QTreeView* view_;
};

}  // namespace ui
