// Mouse, keyboard, selection and copying in the chat view.
#include <QApplication>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMenu>
#include <QMouseEvent>
#include <QScrollBar>
#include <QToolTip>
#include <algorithm>

#include "app/chat_view_model.h"
#include "app/selection.h"
#include "app/token_timeline.h"
#include "ui/chat/chat_view.h"
#include "ui/theme/theme.h"

namespace ui {

ChatView::Spot ChatView::spotAt(const QPointF& viewportPoint) const {
  const double y = viewportPoint.y() + verticalScrollBar()->value();
  const int row = rowAt(y);
  if (row < 0) return {};
  return {row, QPointF(viewportPoint.x() - left_, y - topOf(row))};
}

std::optional<TextPlace> ChatView::placeAt(const QPointF& viewportPoint) const {
  const Spot spot = spotAt(viewportPoint);
  if (spot.row < 0) return std::nullopt;
  auto place = items_[static_cast<std::size_t>(spot.row)].placeAt(spot.inItem, context_);
  if (place) place->row = spot.row;
  return place;
}

void ChatView::hoverTokenAt(const Spot& spot) {
  std::optional<engine::Position> position;
  if (spot.row >= 0) {
    const MessageItem& item = items_[static_cast<std::size_t>(spot.row)];
    if (const auto source = item.sourceAt(spot.inItem, context_)) {
      position = parts_.timeline.tokenAt(parts_.messages.row(spot.row).record.id, *source);
    }
  }
  if (parts_.selection.hoveredToken() != position) parts_.selection.hoverToken(position);
}

void ChatView::selectTokenAt(const Spot& spot) {
  if (spot.row < 0) return;
  const MessageItem& item = items_[static_cast<std::size_t>(spot.row)];
  const auto source = item.sourceAt(spot.inItem, context_);
  if (!source) return;
  const auto position = parts_.timeline.tokenAt(parts_.messages.row(spot.row).record.id, *source);
  if (position) parts_.selection.selectToken(*position);
}

void ChatView::setHover(const QPointF& viewportPoint) {
  const Spot spot = spotAt(viewportPoint);
  ItemHit hit;
  bool onText = false;
  bool onLink = false;
  if (spot.row >= 0) {
    const MessageItem& item = items_[static_cast<std::size_t>(spot.row)];
    ItemPaint paint = itemPaint(spot.row);
    paint.showsActions = true;
    hit = item.actionAt(spot.inItem, parts_.messages.row(spot.row), context_, paint);
    onText = item.sourceAt(spot.inItem, context_).has_value();
    onLink = onText && !item.linkAt(spot.inItem, context_).isEmpty();
  }
  hoverTokenAt(spot);
  const bool clickable = hit.action != ItemAction::None && hit.action != ItemAction::CopyStatus;
  viewport()->setCursor(clickable || onLink ? Qt::PointingHandCursor
                        : onText            ? Qt::IBeamCursor
                                            : Qt::ArrowCursor);
  if (spot.row == hoverRow_ && hit == hoverHit_) return;
  hoverRow_ = spot.row;
  hoverHit_ = hit;
  viewport()->update();
}

void ChatView::mousePressEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton) return;
  pressed_ = true;
  dragging_ = false;
  byKeyboard_ = false;
  pressPoint_ = event->position();
  const Spot spot = spotAt(event->position());
  if (spot.row >= 0) setCurrentRow(spot.row);
  anchor_ = placeAt(event->position());
  cursor_.reset();
  viewport()->update();
}

void ChatView::mouseMoveEvent(QMouseEvent* event) {
  if (!pressed_) {
    setHover(event->position());
    return;
  }
  const double moved = (event->position() - pressPoint_).manhattanLength();
  if (!dragging_ && moved < QApplication::startDragDistance()) return;
  dragging_ = true;
  if (event->position().y() < 0 || event->position().y() > viewport()->height()) {
    QScrollBar* bar = verticalScrollBar();
    bar->setValue(bar->value() + (event->position().y() < 0 ? -1 : 1) * bar->singleStep());
  }
  if (const auto place = placeAt(event->position())) cursor_ = place;
  viewport()->update();
}

void ChatView::mouseReleaseEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton || !pressed_) return;
  pressed_ = false;
  if (dragging_) {
    if (QApplication::clipboard()->supportsSelection() && !selectedText().isEmpty()) {
      QApplication::clipboard()->setText(selectedText(), QClipboard::Selection);
    }
    return;
  }
  const Spot spot = spotAt(event->position());
  if (spot.row < 0) return;
  const MessageItem& item = items_[static_cast<std::size_t>(spot.row)];
  ItemPaint paint = itemPaint(spot.row);
  paint.showsActions = true;
  const ItemHit hit = item.actionAt(spot.inItem, parts_.messages.row(spot.row), context_, paint);
  if (hit.action != ItemAction::None) {
    runAction(hit, spot.row);
    return;
  }
  const QString link = item.linkAt(spot.inItem, context_);
  if (!link.isEmpty()) Q_EMIT linkClicked(link);
  selectTokenAt(spot);
}

void ChatView::mouseDoubleClickEvent(QMouseEvent* event) {
  const auto place = placeAt(event->position());
  if (!place) return;
  const SegmentedText& text = items_[static_cast<std::size_t>(place->row)].text(place->part);
  const DocumentRange word = text.at(place->segment).wordAt(place->position);
  anchor_ = cursor_ = place;
  anchor_->position = word.begin;
  cursor_->position = word.end;
  viewport()->update();
}

void ChatView::runAction(const ItemHit& hit, int row) {
  const app::MessageRow& message = parts_.messages.row(row);
  MessageItem& item = items_[static_cast<std::size_t>(row)];
  switch (hit.action) {
    case ItemAction::Copy:
      QApplication::clipboard()->setText(app::answerText(message.text, item.split()));
      break;
    case ItemAction::Edit:
      Q_EMIT editRequested(row);
      break;
    case ItemAction::Regenerate:
      parts_.chat.regenerate(row);
      break;
    case ItemAction::PreviousVersion:
      parts_.chat.selectVersion(row, message.versionIndex - 1);
      break;
    case ItemAction::NextVersion:
      parts_.chat.selectVersion(row, message.versionIndex + 1);
      break;
    case ItemAction::ToggleReasoning:
      toggleReasoning(row);
      break;
    case ItemAction::CopyCode:
      QApplication::clipboard()->setText(codeAt(row, hit));
      break;
    case ItemAction::CopyStatus:
      QApplication::clipboard()->setText(
          app::statusText(message.record.status, message.record.errorText));
      break;
    case ItemAction::None:
      break;
  }
}

// The fold's own line stays where it is.
void ChatView::toggleReasoning(int row) {
  MessageItem& item = items_[static_cast<std::size_t>(row)];
  const double inView = topOf(row) - verticalScrollBar()->value();
  item.setReasoningExpanded(!item.isReasoningExpanded());
  item.update(parts_.messages.row(row), context_);
  followsEnd_ = false;
  updateGeometries();
  verticalScrollBar()->setValue(static_cast<int>(topOf(row) - inView));
}

// The whole block, also where it was cut into pieces; lines without the fence's indentation.
QString ChatView::codeAt(int row, const ItemHit& hit) const {
  const SegmentedText& segments = items_[static_cast<std::size_t>(row)].text(hit.part);
  const QString& text = parts_.messages.row(row).text;
  QString code;
  for (int i = hit.segment; i < segments.count(); ++i) {
    const SegmentRange& range = segments.at(i).range();
    if (i > hit.segment && !(range.continues && range.kind == SegmentKind::Code)) break;
    code += text.mid(range.contentBegin, range.contentEnd - range.contentBegin);
  }
  const int indent = segments.at(hit.segment).range().fence.indent;
  if (indent == 0) return code;
  QStringList lines = code.split(u'\n');
  for (QString& line : lines) {
    qsizetype n = 0;
    while (n < indent && n < line.size() && line[n] == u' ') ++n;
    line.remove(0, n);
  }
  return lines.join(u'\n');
}

QString ChatView::partText(int row, MessagePart part, const TextPlace& begin,
                           const TextPlace& end) const {
  const SegmentedText& segments = items_[static_cast<std::size_t>(row)].text(part);
  const QString& source = parts_.messages.row(row).text;
  QString text;
  for (int i = 0; i < segments.count(); ++i) {
    const TextPlace first{row, part, i, 0};
    const TextPlace last{row, part, i, INT_MAX};
    if (last < begin || end < first) continue;
    if (!text.isEmpty()) text += u'\n';
    const TextSegment& segment = segments.at(i);
    if (!segment.isLaidOut()) {
      // Far outside the view: its source, which is what it shows but for the marks of Markdown.
      const SegmentRange& range = segment.range();
      text += source.mid(range.contentBegin, range.contentEnd - range.contentBegin);
      continue;
    }
    const int from = begin < first ? 0 : begin.position;
    const int to =
        last < end ? segment.endPosition() : std::min(end.position, segment.endPosition());
    text += segment.shownText({from, to});
  }
  return text;
}

QString ChatView::selectedText() const {
  if (!anchor_ || !cursor_) return {};
  const TextPlace first = std::min(*anchor_, *cursor_);
  const TextPlace last = std::max(*anchor_, *cursor_);
  if (first == last) return {};
  QStringList texts;
  for (int row = first.row; row <= last.row && row < static_cast<int>(items_.size()); ++row) {
    const MessageItem& item = items_[static_cast<std::size_t>(row)];
    for (const MessagePart part : {MessagePart::Reasoning, MessagePart::Answer}) {
      if (part == MessagePart::Reasoning && !item.isReasoningExpanded()) continue;
      const QString text = partText(row, part, first, last);
      if (!text.isEmpty()) texts += text;
    }
  }
  return texts.join(QStringLiteral("\n\n"));
}

void ChatView::clearTextSelection() {
  anchor_.reset();
  cursor_.reset();
  viewport()->update();
}

void ChatView::selectAllOfRow(int row) {
  if (row < 0 || row >= static_cast<int>(items_.size())) return;
  anchor_ = TextPlace{row, MessagePart::Reasoning, 0, 0};
  cursor_ = TextPlace{row, MessagePart::Answer, INT_MAX, INT_MAX};
  viewport()->update();
}

void ChatView::copySelectionOrMessage() {
  const QString selected = selectedText();
  if (!selected.isEmpty()) {
    QApplication::clipboard()->setText(selected);
  } else if (currentRow_ >= 0) {
    runAction({ItemAction::Copy, MessagePart::Answer, -1, {}}, currentRow_);
  }
}

}  // namespace ui
