// Painting of the chat view: visible items, token heat, the selected and the hovered token.
#include <QPaintEvent>
#include <QPainter>
#include <QScrollBar>
#include <algorithm>

#include "app/chat_view_model.h"
#include "app/selection.h"
#include "app/token_timeline.h"
#include "ui/chat/chat_view.h"
#include "ui/theme/colour_map.h"
#include "ui/theme/theme.h"

namespace ui {

// The top colour of the inspector's magnitude scale, thinned so far that body text keeps 4.5:1 on
// every value (theme_test's rule): the text, the bars and the head map speak of one scale.
QColor heatColour(double value, bool dark) {
  constexpr double kThinned = 0.3;
  const double t = kThinned * std::clamp(value, 0.0, 1.0);
  const QColor none = roleColour(ColourRole::Panel, dark);
  const QColor full = dataColour(DataMap::Cividis, dark ? 1.0 : 0.0, dark);
  const auto mix = [t](int a, int b) { return a + static_cast<int>((b - a) * t + 0.5); };
  return QColor(mix(none.red(), full.red()), mix(none.green(), full.green()),
                mix(none.blue(), full.blue()));
}

void ChatView::addTokenMark(std::vector<TextMark>& marks, std::optional<engine::Position> position,
                            int row, bool selected) const {
  if (!position) return;
  const auto range = parts_.timeline.textOf(*position);
  if (!range || parts_.messages.rowOf(range->message) != row) return;
  TextMark mark{range->begin, range->end, QColor(), QColor()};
  if (selected) {
    mark.outline = theme_.colour(ColourRole::Accent);
  } else {
    mark.outline = theme_.colour(ColourRole::LineStrong);
  }
  marks.push_back(mark);
}

std::vector<TextMark> ChatView::marksFor(int row, qsizetype begin, qsizetype end) const {
  std::vector<TextMark> marks;
  const auto found = heatOfRow_.constFind(row);
  if (found != heatOfRow_.constEnd()) {
    auto it = std::lower_bound(found->begin(), found->end(), begin,
                               [](const TextMark& mark, qsizetype at) { return mark.end <= at; });
    for (; it != found->end() && it->begin < end; ++it) marks.push_back(*it);
  }
  if (found_ && row == foundRow_) marks.push_back(*found_);
  // While following, the newest token changes with every frame: a mark would only flicker.
  if (!parts_.selection.isFollowing()) {
    addTokenMark(marks, parts_.selection.token(), row, true);
  }
  addTokenMark(marks, parts_.selection.hoveredToken(), row, false);
  return marks;
}

ItemPaint ChatView::itemPaint(int row) const {
  ItemPaint paint;
  const bool last = row == static_cast<int>(items_.size()) - 1;
  paint.isCurrent = hasFocus() && byKeyboard_ && row == currentRow_;
  const bool writing = parts_.messages.row(row).record.status == app::MessageStatus::Streaming;
  paint.showsActions = (row == hoverRow_ || row == currentRow_ || last) && !writing;
  paint.canEdit = parts_.chat.canEdit(row);
  paint.canRegenerate = parts_.chat.canRegenerate(row);
  paint.canSwitch = parts_.chat.canSelectVersion(row);
  if (row == hoverRow_) paint.hovered = hoverHit_;
  paint.marks = [this, row](qsizetype begin, qsizetype end) { return marksFor(row, begin, end); };
  if (anchor_ && cursor_) {
    const TextPlace first = std::min(*anchor_, *cursor_);
    const TextPlace second = std::max(*anchor_, *cursor_);
    if (first.row <= row && row <= second.row) {
      paint.selectionBegin =
          first.row == row ? first : TextPlace{row, MessagePart::Reasoning, 0, 0};
      paint.selectionEnd =
          second.row == row ? second : TextPlace{row, MessagePart::Answer, INT_MAX, INT_MAX};
    }
  }
  return paint;
}

void ChatView::paintEvent(QPaintEvent* event) {
  QPainter painter(viewport());
  painter.fillRect(event->rect(), theme_.colour(ColourRole::Panel));
  const double top = verticalScrollBar()->value();
  const QRectF visible = QRectF(event->rect()).translated(0, top);
  for (int row = std::max(0, rowAt(visible.top())); row < static_cast<int>(items_.size()); ++row) {
    const MessageItem& item = items_[static_cast<std::size_t>(row)];
    if (topOf(row) > visible.bottom()) break;
    ItemPaint paint = itemPaint(row);
    paint.clip = visible.translated(-left_, -topOf(row));
    paint.clip.setLeft(0);
    paint.clip.setRight(context_.width);
    painter.save();
    painter.translate(left_, topOf(row) - top);
    item.paint(painter, parts_.messages.row(row), context_, paint);
    painter.restore();
  }
}

}  // namespace ui
