// ConversationPanel: the list at the left: new, search, open, rename, delete with undo; grouped by
// day.
#pragma once

#include <QStyledItemDelegate>
#include <QWidget>

class QLineEdit;
class QListView;
class QSortFilterProxyModel;
class QToolButton;

namespace app {
class ChatViewModel;
class ConversationListModel;
}  // namespace app

namespace ui {

class NoticeBar;
class Theme;

class ConversationDelegate : public QStyledItemDelegate {
  Q_OBJECT

 public:
  explicit ConversationDelegate(const Theme& theme, QObject* parent = nullptr);
  void paint(QPainter* painter, const QStyleOptionViewItem& option,
             const QModelIndex& index) const override;
  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  void updateEditorGeometry(QWidget* editor, const QStyleOptionViewItem& option,
                            const QModelIndex& index) const override;
  void setModelData(QWidget* editor, QAbstractItemModel* model,
                    const QModelIndex& index) const override;

 private:
  bool startsGroup(const QModelIndex& index) const;
  int groupHeight() const;
  const Theme& theme_;
};

class ConversationPanel : public QWidget {
  Q_OBJECT

 public:
  ConversationPanel(app::ConversationListModel& conversations, app::ChatViewModel& chat,
                    Theme& theme, QWidget* parent = nullptr);
  void focusSearch();

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void build();
  void connectParts();
  void openIndex(const QModelIndex& index);
  void removeIndex(const QModelIndex& index);
  void showMenu(const QPoint& point);
  void followCurrent();

  app::ConversationListModel& conversations_;
  app::ChatViewModel& chat_;
  Theme& theme_;
  QLineEdit* search_ = nullptr;
  QToolButton* add_ = nullptr;
  QSortFilterProxyModel* filtered_ = nullptr;
  QListView* list_ = nullptr;
  NoticeBar* undo_ = nullptr;
};

}  // namespace ui
