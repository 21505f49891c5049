// Model changes, layout and scrolling of the chat view. Input is in chat_view_input.cpp, painting
// in chat_view_paint.cpp.
#include "ui/chat/chat_view.h"

#include <QFontMetricsF>
#include <QScrollBar>
#include <algorithm>
#include <cmath>

#include "app/chat_view_model.h"
#include "app/selection.h"
#include "app/token_timeline.h"
#include "ui/chat/chat_accessible.h"
#include "ui/theme/theme.h"

namespace ui {
namespace {

constexpr int kFrameMs = 16;
constexpr int kCharactersPerLine = 75;

double itemGap(const ItemContext& context) { return context.style.unit * 4.0; }

}  // namespace

ChatView::ChatView(Parts parts, Theme& theme, QWidget* parent)
    : QAbstractScrollArea(parent), parts_(parts), theme_(theme) {
  installChatAccessibility();  // before anything asks for this view's interface
  setFrameShape(QFrame::NoFrame);
  setFocusPolicy(Qt::StrongFocus);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  viewport()->setMouseTracking(true);
  viewport()->setAutoFillBackground(false);
  verticalScrollBar()->setSingleStep(theme.gap(10));
  setAccessibleName(tr("Conversation"));
  frameTimer_.setSingleShot(true);
  connect(&frameTimer_, &QTimer::timeout, this, &ChatView::applyChanges);
  connect(&theme_, &Theme::changed, this, &ChatView::restyle);
  connectModel();
  rebuildContext();
  onReset();
}

ChatView::~ChatView() = default;

void ChatView::connectModel() {
  const app::MessageListModel* model = &parts_.messages;
  connect(model, &QAbstractItemModel::modelReset, this, &ChatView::onReset);
  connect(model, &QAbstractItemModel::rowsInserted, this,
          [this](const QModelIndex&, int first, int last) { onRowsInserted(first, last); });
  connect(model, &QAbstractItemModel::rowsRemoved, this, &ChatView::onRowsRemoved);
  connect(model, &QAbstractItemModel::dataChanged, this,
          [this](const QModelIndex& from, const QModelIndex& to) {
            onDataChanged(from.row(), to.row());
          });
  connect(&parts_.chat, &app::ChatViewModel::stateChanged, viewport(),
          qOverload<>(&QWidget::update));
  connect(&parts_.selection, &app::Selection::tokenChanged, this, [this] {
    ensureTokenVisible();
    viewport()->update();
  });
  connect(&parts_.selection, &app::Selection::hoveredTokenChanged, viewport(),
          qOverload<>(&QWidget::update));
  connect(&parts_.timeline, &app::TokenTimeline::reset, this, [this] {
    placeHeat();
    viewport()->update();
  });
}

void ChatView::rebuildContext() {
  context_.theme = &theme_;
  context_.style = textStyle(theme_);
  context_.reasoningStyle = context_.style;
  context_.reasoningStyle.text = theme_.colour(ColourRole::TextMuted);
  const QFontMetricsF metrics(context_.style.content);
  const double longest = metrics.averageCharWidth() * kCharactersPerLine * 1.08;
  const double margin = theme_.gap(6);
  const double available = viewport()->width() - 2 * margin;
  context_.width = std::floor(std::clamp(available, 120.0, longest + 6.0 * theme_.unit()));
  left_ = std::floor(std::max(margin, (viewport()->width() - context_.width) / 2));
}

void ChatView::restyle() {
  rebuildContext();
  for (std::size_t i = 0; i < items_.size(); ++i) {
    items_[i].invalidate(parts_.messages.row(static_cast<int>(i)), context_);
  }
  updateGeometries();
}

void ChatView::onReset() {
  items_.clear();
  dirty_.clear();
  currentRow_ = hoverRow_ = -1;
  hoverHit_ = {};
  found_.reset();
  clearTextSelection();
  followsEnd_ = true;
  const int n = parts_.messages.rowCount();
  if (n > 0) onRowsInserted(0, n - 1);
  placeHeat();
  updateGeometries();
}

void ChatView::onRowsInserted(int first, int last) {
  for (int row = first; row <= last; ++row) {
    const app::MessageRow& message = parts_.messages.row(row);
    items_.insert(items_.begin() + row, MessageItem(message));
    items_[static_cast<std::size_t>(row)].update(message, context_);
    dirty_.insert(dirty_.begin() + row, false);
    announce(QAccessible::ObjectCreated, row);
  }
  // What the user just sent is what the user wants to see.
  if (first > 0) followsEnd_ = true;
  updateGeometries();
}

void ChatView::onRowsRemoved() {
  const auto n = static_cast<std::size_t>(parts_.messages.rowCount());
  while (items_.size() > n) {
    announce(QAccessible::ObjectDestroyed, count() - 1);
    items_.pop_back();
  }
  dirty_.resize(n);
  currentRow_ = std::min(currentRow_, static_cast<int>(n) - 1);
  hoverRow_ = -1;
  clearTextSelection();
  updateGeometries();
}

void ChatView::onDataChanged(int first, int last) {
  for (int row = first; row <= last && row < static_cast<int>(dirty_.size()); ++row) {
    dirty_[static_cast<std::size_t>(row)] = true;
  }
  scheduleUpdate();
}

// At most one layout per frame, however often the model speaks.
void ChatView::scheduleUpdate() {
  if (frameTimer_.isActive()) return;
  const qint64 elapsed = sinceFrame_.isValid() ? sinceFrame_.elapsed() : kFrameMs;
  frameTimer_.start(static_cast<int>(std::max<qint64>(0, kFrameMs - elapsed)));
}

// For what goes to a place in the text and cannot wait for the frame.
void ChatView::applyPendingChanges() {
  if (!frameTimer_.isActive()) return;
  frameTimer_.stop();
  applyChanges();
}

void ChatView::applyChanges() {
  sinceFrame_.start();
  for (std::size_t i = 0; i < items_.size(); ++i) {
    if (!dirty_[i]) continue;
    dirty_[i] = false;
    items_[i].update(parts_.messages.row(static_cast<int>(i)), context_);
  }
  if (!heat_.empty()) placeHeat();
  updateGeometries();
  if (currentRow_ >= 0) announceCurrent();
}

QRect ChatView::rowRect(int row) const {
  if (row < 0 || row >= static_cast<int>(tops_.size()) || row >= count()) return {};
  const double top = topOf(row) - verticalScrollBar()->value();
  return QRectF(left_, top, context_.width, items_[static_cast<std::size_t>(row)].height())
      .toAlignedRect();
}

void ChatView::placeItems() {
  tops_.resize(items_.size());
  double y = theme_.gap(4);
  for (std::size_t i = 0; i < items_.size(); ++i) {
    tops_[i] = y;
    y += items_[i].height() + itemGap(context_);
  }
}

double ChatView::contentHeight() const {
  if (items_.empty()) return 0;
  return tops_.back() + items_.back().height() + theme_.gap(6);
}

// What stands still while heights around it become known: the first laid-out segment in view, or
// else the first item.
ChatView::ScrollAnchor ChatView::scrollAnchor() const {
  ScrollAnchor anchor;
  if (followsEnd_ || tops_.size() != items_.size()) return anchor;
  const double top = verticalScrollBar()->value();
  anchor.row = rowAt(top);
  if (anchor.row < 0) return anchor;
  anchor.offset = top - topOf(anchor.row);
  const int n = static_cast<int>(items_.size());
  for (int row = anchor.row; row < n && topOf(row) < top + viewport()->height(); ++row) {
    const auto segment =
        items_[static_cast<std::size_t>(row)].anchorBelow(top - topOf(row), context_);
    if (!segment) continue;
    anchor.row = row;
    anchor.segment = segment;
    anchor.offset = top - topOf(row) - segment->top;
    break;
  }
  return anchor;
}

double ChatView::valueFor(const ScrollAnchor& anchor) const {
  if (anchor.row < 0 || anchor.row >= static_cast<int>(items_.size())) {
    return verticalScrollBar()->value();
  }
  const MessageItem& item = items_[static_cast<std::size_t>(anchor.row)];
  const double inside =
      anchor.segment && anchor.segment->segment < item.text(anchor.segment->part).count()
          ? item.topOf(*anchor.segment, context_)
          : 0;
  return topOf(anchor.row) + inside + anchor.offset;
}

// Lays out what is visible, then says how much there is to scroll.
void ChatView::updateGeometries() {
  if (settling_) return;
  settling_ = true;
  QScrollBar* bar = verticalScrollBar();
  const ScrollAnchor anchor = scrollAnchor();
  placeItems();
  for (int attempt = 0; attempt < 6; ++attempt) {
    const int page = viewport()->height();
    const int maximum = std::max(0, static_cast<int>(std::ceil(contentHeight())) - page);
    bar->setPageStep(page);
    bar->setRange(0, maximum);
    bar->setValue(followsEnd_ ? maximum : static_cast<int>(std::lround(valueFor(anchor))));
    const double before = contentHeight();
    layOutVisible();
    placeItems();
    if (contentHeight() == before) break;
  }
  settling_ = false;
  viewport()->update();
}

void ChatView::layOutVisible() {
  const double top = verticalScrollBar()->value();
  const double bottom = top + viewport()->height();
  for (std::size_t i = 0; i < items_.size(); ++i) {
    items_[i].layOutBetween(parts_.messages.row(static_cast<int>(i)), top - tops_[i],
                            bottom - tops_[i], context_);
  }
}

int ChatView::rowAt(double contentY) const {
  if (tops_.empty()) return -1;
  const auto after = std::upper_bound(tops_.begin(), tops_.end(), contentY);
  return std::max(0, static_cast<int>(after - tops_.begin()) - 1);
}

void ChatView::resizeEvent(QResizeEvent*) {
  const double before = context_.width;
  rebuildContext();
  if (context_.width != before) {
    restyle();
  } else {
    updateGeometries();
  }
}

void ChatView::scrollContentsBy(int, int) {
  if (settling_) return;
  const QScrollBar* bar = verticalScrollBar();
  followsEnd_ = bar->value() >= bar->maximum() - theme_.gap(2);
  updateGeometries();
}

void ChatView::scrollToEnd() {
  followsEnd_ = true;
  updateGeometries();
}

void ChatView::scrollToRow(int row) {
  if (row < 0 || row >= static_cast<int>(items_.size())) return;
  applyPendingChanges();
  followsEnd_ = false;
  verticalScrollBar()->setValue(static_cast<int>(topOf(row)) - theme_.gap(2));
}

void ChatView::setTokenHeat(std::vector<HeatedToken> heat) {
  heat_ = std::move(heat);
  placeHeat();
  viewport()->update();
}

void ChatView::placeHeat() {
  heatOfRow_.clear();
  for (const HeatedToken& token : heat_) {
    const auto range = parts_.timeline.textOf(token.position);
    if (!range) continue;
    const auto row = parts_.messages.rowOf(range->message);
    if (!row) continue;
    heatOfRow_[*row].push_back(
        {range->begin, range->end, heatColour(token.value, theme_.isDark()), QColor()});
  }
  for (std::vector<TextMark>& marks : heatOfRow_) {
    std::sort(marks.begin(), marks.end(),
              [](const TextMark& a, const TextMark& b) { return a.begin < b.begin; });
  }
}

void ChatView::ensureTokenVisible() {
  if (parts_.selection.isFollowing()) return;
  const auto position = parts_.selection.token();
  const auto range = position ? parts_.timeline.textOf(*position) : std::nullopt;
  const auto row = range ? parts_.messages.rowOf(range->message) : std::nullopt;
  if (!row || *row >= static_cast<int>(items_.size())) return;
  applyPendingChanges();
  MessageItem& item = items_[static_cast<std::size_t>(*row)];
  const QRectF rect = item.rectOf(range->begin, range->end, context_);
  if (rect.isNull()) return;
  const double top = topOf(*row) + rect.top();
  const double bottom = topOf(*row) + rect.bottom();
  QScrollBar* bar = verticalScrollBar();
  if (top >= bar->value() && bottom <= bar->value() + viewport()->height()) return;
  followsEnd_ = false;
  bar->setValue(static_cast<int>(top) - viewport()->height() / 3);
}

}  // namespace ui
