// A tree asks for heights without a width, so that the text would stay on one line.
#include "ui/load/wrapped_delegate.h"

#include <QHeaderView>
#include <QTreeView>

namespace ui {

WrappedDelegate::WrappedDelegate(QTreeView* view) : QStyledItemDelegate(view), view_(view) {
  connect(view->header(), &QHeaderView::sectionResized, this,
          [this](int section) { Q_EMIT sizeHintChanged(view_->model()->index(0, section)); });
}

QSize WrappedDelegate::sizeHint(const QStyleOptionViewItem& option,
                                const QModelIndex& index) const {
  QStyleOptionViewItem wrapped(option);
  wrapped.rect = QRect(0, 0, view_->columnWidth(index.column()), 1);  // an empty one is ignored
  wrapped.features |= QStyleOptionViewItem::WrapText;
  const int gap = option.fontMetrics.height() / 3;  // between one finding's last line and the next
  return QStyledItemDelegate::sizeHint(wrapped, index) + QSize(0, gap);
}

}  // namespace ui
