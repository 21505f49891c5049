// MessageItem: one message of the chat view: header with its actions, the fold for reasoning, text,
// status lines. Lays itself out, paints, and says what is under a point.
#pragma once

#include <QPointF>
#include <QRectF>
#include <QString>
#include <functional>
#include <optional>
#include <vector>

#include "app/message_list_model.h"
#include "ui/chat/segmented_text.h"
#include "ui/theme/theme.h"

class QPainter;

namespace ui {

enum class MessagePart { Reasoning, Answer };

/// A cursor position in the chat; ordered from top to bottom.
struct TextPlace {
  int row = 0;
  MessagePart part = MessagePart::Answer;
  int segment = 0;
  int position = 0;
  auto operator<=>(const TextPlace&) const = default;
};

enum class ItemAction {
  None,
  Copy,
  Edit,
  Regenerate,
  PreviousVersion,
  NextVersion,
  ToggleReasoning,
  CopyCode,
  CopyStatus,
};

/// What is under a point, besides text.
struct ItemHit {
  ItemAction action = ItemAction::None;
  MessagePart part = MessagePart::Answer;
  int segment = -1;  // with CopyCode
  QRectF rect;
  bool operator==(const ItemHit&) const = default;
};

/// The same for all items of one view.
struct ItemContext {
  const Theme* theme = nullptr;
  TextStyle style;
  TextStyle reasoningStyle;
  double width = 0;
};

struct ItemPaint {
  bool showsActions = false;  // pointer or keyboard is here
  bool isCurrent = false;     // the keyboard's message
  bool canEdit = false;
  bool canRegenerate = false;
  bool canSwitch = false;
  ItemHit hovered;
  QRectF clip;  // visible part, in the item's coordinates
  std::function<std::vector<TextMark>(qsizetype begin, qsizetype end)> marks;
  std::optional<TextPlace> selectionBegin;  // both or none; of this row
  std::optional<TextPlace> selectionEnd;
};

class MessageItem {
 public:
  explicit MessageItem(const app::MessageRow& row);

  void update(const app::MessageRow& row, const ItemContext& context);
  /// Width, fonts or colours changed.
  void invalidate(const app::MessageRow& row, const ItemContext& context);
  double height() const { return height_; }
  bool layOutBetween(const app::MessageRow& row, double top, double bottom,
                     const ItemContext& context);

  void paint(QPainter& painter, const app::MessageRow& row, const ItemContext& context,
             const ItemPaint& paint) const;

  ItemHit actionAt(const QPointF& point, const app::MessageRow& row, const ItemContext& context,
                   const ItemPaint& paint) const;
  /// Source offset of the character under a point.
  std::optional<qsizetype> sourceAt(const QPointF& point, const ItemContext& context) const;
  /// Nearest cursor position (row left 0).
  std::optional<TextPlace> placeAt(const QPointF& point, const ItemContext& context) const;
  QString linkAt(const QPointF& point, const ItemContext& context) const;
  /// Rectangle of source[begin, end) if laid out, else of its segment.
  QRectF rectOf(qsizetype begin, qsizetype end, const ItemContext& context) const;

  /// The first laid-out segment that ends below `y`: what scrolling holds on to.
  struct Anchor {
    MessagePart part;
    int segment;
    double top;
  };
  std::optional<Anchor> anchorBelow(double y, const ItemContext& context) const;
  /// Where that segment stands now.
  double topOf(const Anchor& anchor, const ItemContext& context) const;

  bool isReasoningExpanded() const { return reasoningExpanded_; }
  void setReasoningExpanded(bool expanded) { reasoningExpanded_ = expanded; }
  bool hasReasoning() const { return split_.hasReasoning; }
  const SegmentedText& text(MessagePart part) const {
    return part == MessagePart::Reasoning ? reasoning_ : answer_;
  }
  const app::ThinkSplit& split() const { return split_; }
  /// The fold's line: "Thought for 3.2 s".
  static QString foldText(const app::MessageRow& row, const app::ThinkSplit& split);
  static QString authorText(const app::MessageRow& row);
  /// Lines under the text with their colour; empty when all is well.
  struct StatusLine {
    QString text;
    ColourRole colour;
    QString icon;
  };
  static std::vector<StatusLine> statusLines(const app::MessageRow& row);
  /// How such a line wraps: at words, and within one only when it is wider than the line.
  static int wrapFlags(const QString& text, const QFontMetricsF& metrics, double width);

 private:
  struct Button {
    ItemAction action;
    QRectF rect;
    QString icon;
  };
  void measure(const app::MessageRow& row, const ItemContext& context);
  std::vector<Button> buttons(const app::MessageRow& row, const ItemContext& context,
                              const ItemPaint& paint) const;
  QRectF versionRect(const ItemContext& context) const;
  double textLeft(const ItemContext& context) const;
  double textWidth(MessagePart part, const ItemContext& context) const;
  double partTop(MessagePart part) const;
  double partLeft(MessagePart part, const ItemContext& context) const;
  const TextStyle& partStyle(MessagePart part, const ItemContext& context) const;
  /// Visits the laid-out segments with their top-left corner.
  using Visit = std::function<void(MessagePart, int, const TextSegment&, const QPointF&)>;
  void eachSegment(const ItemContext& context, const Visit& visit) const;
  void paintHeader(QPainter& painter, const app::MessageRow& row, const ItemContext& context,
                   const ItemPaint& paint) const;
  void paintSegments(QPainter& painter, const ItemContext& context, const ItemPaint& paint) const;
  void paintStatus(QPainter& painter, const app::MessageRow& row, const ItemContext& context) const;

  bool isUser_;
  app::ThinkSplit split_;
  SegmentedText reasoning_{SegmentedText::Mode::Markdown};
  SegmentedText answer_;
  bool reasoningExpanded_ = false;
  double foldTop_ = 0;
  double reasoningTop_ = 0;
  double answerTop_ = 0;
  double statusTop_ = 0;
  std::vector<double> statusHeights_;
  double height_ = 0;
};

}  // namespace ui
