// Interfaces are made when they are asked for and belong to the list; the list belongs to Qt.
#include "ui/chat/chat_accessible.h"

#include <QAccessible>
#include <QAccessibleWidget>
#include <QPointer>

#include "ui/chat/chat_view.h"

namespace ui {
namespace {

// One message: its text can be read word by word and line by line.
class MessageAccessible : public QAccessibleInterface,
                          public QAccessibleTextInterface,
                          public QAccessibleActionInterface {
 public:
  MessageAccessible(ChatView* view, int row) : view_(view), row_(row) {}

  // ---- what it is
  bool isValid() const override { return view_ != nullptr && row_ < view_->count(); }
  QObject* object() const override { return nullptr; }
  QWindow* window() const override { return isValid() ? view_->window()->windowHandle() : nullptr; }
  QAccessible::Role role() const override { return QAccessible::ListItem; }
  QAccessible::State state() const override {
    QAccessible::State state;
    if (!isValid()) {
      state.invalid = true;
      return state;
    }
    state.focusable = true;
    state.selectable = true;
    state.readOnly = true;
    state.multiLine = true;
    state.busy = view_->isGrowing(row_);
    state.selected = row_ == view_->currentRow();
    state.focused = row_ == view_->currentRow() && view_->hasFocus();
    const bool hidden = !view_->viewport()->rect().intersects(view_->rowRect(row_));
    state.offscreen = hidden;
    state.invisible = !view_->isVisible();
    return state;
  }
  QString text(QAccessible::Text kind) const override {
    if (!isValid()) return {};
    if (kind == QAccessible::Name) return view_->accessibleText(row_);
    if (kind == QAccessible::Value) return content();
    return {};
  }
  void setText(QAccessible::Text, const QString&) override {}
  QRect rect() const override {
    if (!isValid()) return {};
    const QRect inView = view_->rowRect(row_);
    return {view_->viewport()->mapToGlobal(inView.topLeft()), inView.size()};
  }

  // ---- where it stands
  QAccessibleInterface* parent() const override {
    return QAccessible::queryAccessibleInterface(view_.data());
  }
  int childCount() const override { return 0; }
  QAccessibleInterface* child(int) const override { return nullptr; }
  int indexOfChild(const QAccessibleInterface*) const override { return -1; }
  QAccessibleInterface* childAt(int, int) const override { return nullptr; }

  void* interface_cast(QAccessible::InterfaceType type) override {
    if (type == QAccessible::TextInterface) return static_cast<QAccessibleTextInterface*>(this);
    if (type == QAccessible::ActionInterface) return static_cast<QAccessibleActionInterface*>(this);
    return nullptr;
  }

  // ---- its text: read only, without a cursor
  QString text(int begin, int end) const override { return content().mid(begin, end - begin); }
  int characterCount() const override { return static_cast<int>(content().size()); }
  int cursorPosition() const override { return 0; }
  void setCursorPosition(int) override {}
  void selection(int, int* begin, int* end) const override { *begin = *end = 0; }
  int selectionCount() const override { return 0; }
  void addSelection(int, int) override {}
  void removeSelection(int) override {}
  void setSelection(int, int, int) override {}
  QRect characterRect(int) const override { return rect(); }
  int offsetAtPoint(const QPoint&) const override { return -1; }
  void scrollToSubstring(int, int) override {
    if (isValid()) view_->scrollToRow(row_);
  }
  QString attributes(int, int* begin, int* end) const override {
    *begin = 0;
    *end = characterCount();
    return {};
  }

  // ---- what can be done with it
  QStringList actionNames() const override { return {setFocusAction()}; }
  void doAction(const QString& name) override {
    if (!isValid() || name != setFocusAction()) return;
    view_->setFocus(Qt::OtherFocusReason);
    view_->setCurrentRow(row_);
    view_->scrollToRow(row_);
  }
  QStringList keyBindingsForAction(const QString&) const override { return {}; }

 private:
  QString content() const { return isValid() ? view_->messageText(row_) : QString(); }

  QPointer<ChatView> view_;
  int row_;
};

class ChatAccessible : public QAccessibleWidget {
 public:
  explicit ChatAccessible(ChatView* view) : QAccessibleWidget(view, QAccessible::List) {}
  ~ChatAccessible() override { keep(0); }

  int childCount() const override { return view() != nullptr ? view()->count() : 0; }
  QAccessibleInterface* child(int row) const override {
    if (row < 0 || row >= childCount()) return nullptr;
    keep(childCount());
    while (static_cast<int>(messages_.size()) <= row) {
      auto* made = new MessageAccessible(view(), static_cast<int>(messages_.size()));
      messages_.push_back(QAccessible::registerAccessibleInterface(made));
    }
    return QAccessible::accessibleInterface(messages_[static_cast<std::size_t>(row)]);
  }
  int indexOfChild(const QAccessibleInterface* child) const override {
    for (std::size_t row = 0; row < messages_.size(); ++row) {
      if (QAccessible::accessibleInterface(messages_[row]) == child) return static_cast<int>(row);
    }
    return -1;
  }
  QAccessibleInterface* childAt(int x, int y) const override {
    for (int row = 0; row < childCount(); ++row) {
      QAccessibleInterface* message = child(row);
      if (message->rect().contains(x, y)) return message;
    }
    return nullptr;
  }
  QAccessibleInterface* focusChild() const override {
    return view() != nullptr && view()->hasFocus() ? child(view()->currentRow()) : nullptr;
  }

 private:
  ChatView* view() const { return qobject_cast<ChatView*>(object()); }
  // Interfaces of messages that are gone go too.
  void keep(int n) const {
    while (static_cast<int>(messages_.size()) > n) {
      QAccessible::deleteAccessibleInterface(messages_.back());
      messages_.pop_back();
    }
  }
  mutable std::vector<QAccessible::Id> messages_;  // [row], as far as they were asked for
};

QAccessibleInterface* makeInterface(const QString& className, QObject* object) {
  if (className != QLatin1String("ui::ChatView")) return nullptr;
  return new ChatAccessible(static_cast<ChatView*>(object));
}

}  // namespace

void installChatAccessibility() { QAccessible::installFactory(makeInterface); }

}  // namespace ui
