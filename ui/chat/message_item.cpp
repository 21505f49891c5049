// Layout and hit testing of one message; painting is in message_item_paint.cpp.
#include "ui/chat/message_item.h"

#include <QCoreApplication>
#include <QFontMetricsF>
#include <QTextLayout>
#include <algorithm>
#include <array>
#include <cmath>

#include "ui/format.h"

namespace ui {
namespace {

struct Texts {
  Q_DECLARE_TR_FUNCTIONS(MessageItem)
};

constexpr std::array kParts = {MessagePart::Reasoning, MessagePart::Answer};

double headerHeight(const ItemContext& context) { return context.style.unit * 7.0; }
double foldHeight(const ItemContext& context) { return context.style.unit * 7.0; }

}  // namespace

MessageItem::MessageItem(const app::MessageRow& row)
    : isUser_(row.record.role == engine::Role::User),
      answer_(isUser_ ? SegmentedText::Mode::Plain : SegmentedText::Mode::Markdown) {}

QString MessageItem::authorText(const app::MessageRow& row) {
  if (row.record.role == engine::Role::User) return Texts::tr("You");
  if (row.record.role == engine::Role::System) return Texts::tr("System");
  return Texts::tr("Model");
}

QString MessageItem::foldText(const app::MessageRow& row, const app::ThinkSplit& split) {
  if (split.reasoningOpen && row.record.status == app::MessageStatus::Streaming) {
    return Texts::tr("Thinking…");
  }
  if (row.record.reasoningMs <= 0) return Texts::tr("Thought");
  return Texts::tr("Thought for %1")
      .arg(format::seconds(static_cast<double>(row.record.reasoningMs) / 1000.0));
}

std::vector<MessageItem::StatusLine> MessageItem::statusLines(const app::MessageRow& row) {
  std::vector<StatusLine> lines;
  const app::MessageRecord& record = row.record;
  const QString status = app::statusText(record.status, record.errorText);
  if (!status.isEmpty()) {
    const bool failed = record.status == app::MessageStatus::Failed;
    const bool warns = record.status == app::MessageStatus::Interrupted ||
                       record.status == app::MessageStatus::ContextFull;
    lines.push_back({status,
                     failed  ? ColourRole::Error
                     : warns ? ColourRole::Warning
                             : ColourRole::TextMuted,
                     failed  ? QStringLiteral("error")
                     : warns ? QStringLiteral("warning")
                             : QStringLiteral("info")});
  }
  if (row.containsControlText) {
    lines.push_back({Texts::tr("Contains control text: it is sent as plain text."),
                     ColourRole::TextMuted, QStringLiteral("info")});
  }
  if (record.damaged) {
    lines.push_back(
        {Texts::tr("This message was changed on the disk: it does not match its checksum."),
         ColourRole::Warning, QStringLiteral("warning")});
  }
  if (row.saveState == app::SaveState::NotSaved) {
    lines.push_back({Texts::tr("Not saved yet; trying again."), ColourRole::Warning,
                     QStringLiteral("warning")});
  }
  return lines;
}

double MessageItem::textLeft(const ItemContext& context) const {
  return isUser_ ? context.style.unit * 3.0 : 0;
}

double MessageItem::partLeft(MessagePart part, const ItemContext& context) const {
  return textLeft(context) + (part == MessagePart::Reasoning ? context.style.unit * 4.0 : 0);
}

double MessageItem::textWidth(MessagePart part, const ItemContext& context) const {
  return context.width - partLeft(part, context) - textLeft(context);
}

double MessageItem::partTop(MessagePart part) const {
  return part == MessagePart::Reasoning ? reasoningTop_ : answerTop_;
}

const TextStyle& MessageItem::partStyle(MessagePart part, const ItemContext& context) const {
  return part == MessagePart::Reasoning ? context.reasoningStyle : context.style;
}

void MessageItem::update(const app::MessageRow& row, const ItemContext& context) {
  split_ = isUser_ ? app::ThinkSplit{} : app::splitThinking(row.text, row.record.promptOpenedThink);
  if (!split_.hasReasoning) split_.answerEnd = row.text.size();
  if (split_.hasReasoning) {
    reasoning_.update(row.text, split_.reasoningBegin, split_.reasoningEnd, context.reasoningStyle,
                      textWidth(MessagePart::Reasoning, context));
  } else {
    reasoning_.clear();
  }
  answer_.update(row.text, split_.answerBegin, split_.answerEnd, context.style,
                 textWidth(MessagePart::Answer, context));
  measure(row, context);
}

void MessageItem::invalidate(const app::MessageRow& row, const ItemContext& context) {
  reasoning_.invalidate(row.text, context.reasoningStyle,
                        textWidth(MessagePart::Reasoning, context));
  answer_.invalidate(row.text, context.style, textWidth(MessagePart::Answer, context));
  update(row, context);
}

void MessageItem::measure(const app::MessageRow& row, const ItemContext& context) {
  const double unit = context.style.unit;
  double y = headerHeight(context);
  foldTop_ = y;
  if (split_.hasReasoning) y += foldHeight(context) + unit;
  reasoningTop_ = y;
  if (split_.hasReasoning && reasoningExpanded_) {
    y += reasoning_.height(context.reasoningStyle) + unit * 3;
  }
  answerTop_ = y;
  const bool writing = row.record.status == app::MessageStatus::Streaming ||
                       row.record.status == app::MessageStatus::Waiting;
  double answerHeight = answer_.height(context.style);
  if (answer_.isEmpty() && writing) answerHeight = QFontMetricsF(context.style.content).height();
  y += answerHeight + (answerHeight > 0 ? unit * 2 : 0);
  statusTop_ = y;
  statusHeights_.clear();
  const QFontMetricsF metrics(context.theme->font(FontRole::Small));
  const double statusWidth = context.width - 2 * textLeft(context) - unit * 6;
  for (const StatusLine& line : statusLines(row)) {
    const QRectF bounds = metrics.boundingRect(
        QRectF(0, 0, statusWidth, 1e6), wrapFlags(line.text, metrics, statusWidth), line.text);
    statusHeights_.push_back(std::ceil(bounds.height()) + unit);
    y += statusHeights_.back();
  }
  height_ = std::ceil(y + (isUser_ ? unit : 0));
}

int MessageItem::wrapFlags(const QString& text, const QFontMetricsF& metrics, double width) {
  const QStringList words = text.split(u' ');
  const bool fits = std::all_of(words.begin(), words.end(), [&](const QString& word) {
    return metrics.horizontalAdvance(word) <= width;
  });
  return fits ? Qt::TextWordWrap : Qt::TextWordWrap | Qt::TextWrapAnywhere;
}

bool MessageItem::layOutBetween(const app::MessageRow& row, double top, double bottom,
                                const ItemContext& context) {
  bool changed = false;
  for (const MessagePart part : kParts) {
    if (part == MessagePart::Reasoning && !reasoningExpanded_) continue;
    SegmentedText& segments = part == MessagePart::Reasoning ? reasoning_ : answer_;
    changed = segments.layOutBetween(row.text, top - partTop(part), bottom - partTop(part),
                                     partStyle(part, context), textWidth(part, context)) ||
              changed;
  }
  if (changed) measure(row, context);
  return changed;
}

ItemHit MessageItem::actionAt(const QPointF& point, const app::MessageRow& row,
                              const ItemContext& context, const ItemPaint& paint) const {
  for (const Button& button : buttons(row, context, paint)) {
    if (button.rect.contains(point)) return {button.action, MessagePart::Answer, -1, button.rect};
  }
  if (split_.hasReasoning) {
    const QRectF fold(textLeft(context), foldTop_, textWidth(MessagePart::Answer, context),
                      foldHeight(context));
    if (fold.contains(point))
      return {ItemAction::ToggleReasoning, MessagePart::Reasoning, -1, fold};
  }
  if (!statusHeights_.empty() && point.y() >= statusTop_ && point.y() < height_) {
    const QRectF status(textLeft(context), statusTop_, textWidth(MessagePart::Answer, context),
                        height_ - statusTop_);
    return {ItemAction::CopyStatus, MessagePart::Answer, -1, status};
  }
  ItemHit hit;
  eachSegment(context,
              [&](MessagePart part, int index, const TextSegment& segment, const QPointF& corner) {
                const QRectF copy = segment.copyButton().translated(corner);
                if (!copy.isEmpty() && copy.contains(point))
                  hit = {ItemAction::CopyCode, part, index, copy};
              });
  return hit;
}

std::optional<qsizetype> MessageItem::sourceAt(const QPointF& point,
                                               const ItemContext& context) const {
  std::optional<qsizetype> source;
  eachSegment(context, [&](MessagePart, int, const TextSegment& segment, const QPointF& corner) {
    const QRectF bounds(corner.x(), corner.y(), context.width, segment.height());
    if (!bounds.contains(point)) return;
    if (const auto character = segment.characterAt(point - corner)) {
      source = segment.map().sourceAt(*character);
    }
  });
  return source;
}

std::optional<TextPlace> MessageItem::placeAt(const QPointF& point,
                                              const ItemContext& context) const {
  std::optional<TextPlace> place;
  eachSegment(context,
              [&](MessagePart part, int index, const TextSegment& segment, const QPointF& corner) {
                // The last segment that begins above the point wins; the first one if none does.
                if (place && corner.y() > point.y()) return;
                place = TextPlace{0, part, index, segment.cursorAt(point - corner)};
              });
  return place;
}

QString MessageItem::linkAt(const QPointF& point, const ItemContext& context) const {
  QString link;
  eachSegment(context, [&](MessagePart, int, const TextSegment& segment, const QPointF& corner) {
    const QRectF bounds(corner.x(), corner.y(), context.width, segment.height());
    if (bounds.contains(point)) link = segment.linkAt(point - corner);
  });
  return link;
}

QRectF MessageItem::rectOf(qsizetype begin, qsizetype end, const ItemContext& context) const {
  for (const MessagePart part : kParts) {
    if (part == MessagePart::Reasoning && !reasoningExpanded_) continue;
    const SegmentedText& segments = text(part);
    const int index = segments.segmentOf(begin);
    if (index < 0) continue;
    const TextSegment& segment = segments.at(index);
    const QPointF corner(partLeft(part, context),
                         partTop(part) + segments.topOf(index, partStyle(part, context)));
    if (segment.isLaidOut()) {
      for (const DocumentRange& range : segment.map().documentRanges(begin, end)) {
        const std::vector<QRectF> rects = segment.rectsOf(range);
        if (!rects.empty()) return rects.front().translated(corner);
      }
    }
    return {corner, QSizeF(textWidth(part, context), segment.height())};
  }
  return {};
}

std::optional<MessageItem::Anchor> MessageItem::anchorBelow(double y,
                                                            const ItemContext& context) const {
  std::optional<Anchor> anchor;
  eachSegment(context,
              [&](MessagePart part, int index, const TextSegment& segment, const QPointF& corner) {
                if (!anchor && corner.y() + segment.height() > y)
                  anchor = Anchor{part, index, corner.y()};
              });
  return anchor;
}

double MessageItem::topOf(const Anchor& anchor, const ItemContext& context) const {
  return partTop(anchor.part) +
         text(anchor.part).topOf(anchor.segment, partStyle(anchor.part, context));
}

void MessageItem::eachSegment(const ItemContext& context, const Visit& visit) const {
  for (const MessagePart part : kParts) {
    if (part == MessagePart::Reasoning && !reasoningExpanded_) continue;
    const SegmentedText& segments = text(part);
    double y = partTop(part);
    for (int i = 0; i < segments.count(); ++i) {
      const TextSegment& segment = segments.at(i);
      if (i > 0) y += segment.gapAbove(partStyle(part, context));
      if (segment.isLaidOut()) visit(part, i, segment, QPointF(partLeft(part, context), y));
      y += segment.height();
    }
  }
}

}  // namespace ui
