// ChatView: the messages of the open conversation, one item each; paints what is visible, follows
// the growing end, lays out at most once per frame. Clicks become intents and token selections.
#pragma once

#include <QAbstractScrollArea>
#include <QAccessible>
#include <QElapsedTimer>
#include <QHash>
#include <QTimer>
#include <optional>
#include <vector>

#include "app/message_list_model.h"
#include "ui/chat/message_item.h"
#include "ui/chat/token_heat.h"

namespace app {
class ChatViewModel;
class Selection;
class TokenTimeline;
}  // namespace app

namespace ui {

class Theme;

class ChatView : public QAbstractScrollArea {
  Q_OBJECT

 public:
  struct Parts {
    app::MessageListModel& messages;
    app::ChatViewModel& chat;
    app::TokenTimeline& timeline;
    app::Selection& selection;
  };
  ChatView(Parts parts, Theme& theme, QWidget* parent = nullptr);
  ~ChatView() override;

  /// Colours tokens in the text; an empty list takes the colours away.
  void setTokenHeat(std::vector<HeatedToken> heat);
  /// The message the keyboard is at; -1: none.
  int currentRow() const { return currentRow_; }
  void setCurrentRow(int row);
  /// Displayed text of the selection; "" without one.
  QString selectedText() const;
  void selectAllOfRow(int row);
  void clearTextSelection();
  void copySelectionOrMessage();
  void scrollToRow(int row);
  void scrollToEnd();
  bool isFollowingEnd() const { return followsEnd_; }
  /// Nothing that changed waits for the next frame.
  bool isUpToDate() const { return !frameTimer_.isActive(); }
  int count() const { return static_cast<int>(items_.size()); }
  /// What a screen reader is told about a row.
  QString accessibleText(int row) const;
  /// A message's text without its reasoning.
  QString messageText(int row) const;
  /// The answer that is being written.
  bool isGrowing(int row) const;
  /// Where a row stands, in the viewport's coordinates.
  QRect rowRect(int row) const;
  QString itemToolTip(const ItemHit& hit, int row) const;
  /// Goes to the next (or previous) place that has the text and selects it; false: nowhere.
  bool findText(const QString& text, bool forward);

 Q_SIGNALS:
  void editRequested(int row);
  /// An address in the text was clicked; nothing is opened by the view.
  void linkClicked(const QString& address);
  void currentRowChanged(int row);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void scrollContentsBy(int dx, int dy) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void focusInEvent(QFocusEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;
  void contextMenuEvent(QContextMenuEvent* event) override;
  bool viewportEvent(QEvent* event) override;

 private:
  struct Spot {
    int row = -1;
    QPointF inItem;
  };

  struct ScrollAnchor {
    int row = -1;
    std::optional<MessageItem::Anchor> segment;
    double offset = 0;  // of the viewport's top, from the segment's or the item's top
  };

  ScrollAnchor scrollAnchor() const;
  double valueFor(const ScrollAnchor& anchor) const;
  void connectModel();
  void onReset();
  void onRowsInserted(int first, int last);
  void onRowsRemoved();
  void onDataChanged(int first, int last);
  void scheduleUpdate();
  void applyChanges();
  void applyPendingChanges();
  void restyle();
  void rebuildContext();
  void updateGeometries();
  void layOutVisible();
  void placeItems();
  double contentHeight() const;
  double topOf(int row) const { return tops_[static_cast<std::size_t>(row)]; }
  int rowAt(double contentY) const;
  Spot spotAt(const QPointF& viewportPoint) const;
  std::optional<TextPlace> placeAt(const QPointF& viewportPoint) const;
  ItemPaint itemPaint(int row) const;
  std::vector<TextMark> marksFor(int row, qsizetype begin, qsizetype end) const;
  void addTokenMark(std::vector<TextMark>& marks, std::optional<engine::Position> position, int row,
                    bool selected) const;
  void placeHeat();
  void setHover(const QPointF& viewportPoint);
  void hoverTokenAt(const Spot& spot);
  void selectTokenAt(const Spot& spot);
  void runAction(const ItemHit& hit, int row);
  void toggleReasoning(int row);
  void ensureTokenVisible();
  void moveCurrent(int delta);
  QString codeAt(int row, const ItemHit& hit) const;
  QString partText(int row, MessagePart part, const TextPlace& begin, const TextPlace& end) const;
  bool handleMessageKey(QKeyEvent* event);
  void announceCurrent();
  void announce(QAccessible::Event kind, int row);
  void escape();

  Parts parts_;
  Theme& theme_;
  ItemContext context_;
  std::vector<MessageItem> items_;
  std::vector<double> tops_;
  std::vector<bool> dirty_;
  double left_ = 0;
  QTimer frameTimer_;
  QElapsedTimer sinceFrame_;
  bool followsEnd_ = true;
  bool settling_ = false;
  int currentRow_ = -1;
  bool byKeyboard_ = false;  // the current message is only marked for those who steer by keys
  int hoverRow_ = -1;
  ItemHit hoverHit_;
  std::optional<TextPlace> anchor_;
  std::optional<TextPlace> cursor_;
  QPointF pressPoint_;
  bool pressed_ = false;
  bool dragging_ = false;
  std::optional<TextMark> found_;  // by findText
  int foundRow_ = -1;
  std::vector<HeatedToken> heat_;
  QHash<int, std::vector<TextMark>> heatOfRow_;  // by source offset
};

}  // namespace ui
