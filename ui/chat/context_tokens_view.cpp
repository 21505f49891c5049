// A flow layout over tokens; one box each, broken after a token that ends a line.
#include "ui/chat/context_tokens_view.h"

#include <QFontMetricsF>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>
#include <algorithm>
#include <cmath>
#include <limits>

#include "app/selection.h"
#include "app/token_timeline.h"
#include "ui/format.h"
#include "ui/theme/theme.h"

namespace ui {
namespace {

constexpr int kMaxLabel = 60;

std::string_view bytesOf(const app::TimelineToken& token) {
  return {token.bytes.constData(), static_cast<std::size_t>(token.bytes.size())};
}

}  // namespace

ContextTokensView::ContextTokensView(app::TokenTimeline& timeline, app::Selection& selection,
                                     Theme& theme, QWidget* parent)
    : QAbstractScrollArea(parent), timeline_(timeline), selection_(selection), theme_(theme) {
  setFrameShape(QFrame::NoFrame);
  setFocusPolicy(Qt::StrongFocus);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setAccessibleName(tr("Context as tokens"));
  viewport()->setMouseTracking(true);
  connect(&timeline_, &app::TokenTimeline::reset, this, &ContextTokensView::relayout);
  connect(&timeline_, &app::TokenTimeline::tokensAppended, this,
          [this](int first) { layOutFrom(first); });
  const auto repaint = [this] { viewport()->update(); };
  connect(&selection_, &app::Selection::tokenChanged, this, repaint);
  connect(&selection_, &app::Selection::hoveredTokenChanged, this, repaint);
  connect(&theme_, &Theme::changed, this, &ContextTokensView::relayout);
  relayout();
}

void ContextTokensView::setTokenHeat(const std::vector<HeatedToken>& heat) {
  heat_.assign(heat.empty() ? 0 : boxes_.size(), std::numeric_limits<float>::quiet_NaN());
  for (const HeatedToken& token : heat) {
    const auto index = static_cast<std::size_t>(token.position.value);
    if (index < heat_.size()) heat_[index] = static_cast<float>(token.value);
  }
  viewport()->update();
}

QString ContextTokensView::label(int index) const {
  const app::TimelineToken& token = timeline_.at(index);
  return token.isControl ? token.display.left(kMaxLabel)
                         : format::tokenLabel(bytesOf(token), kMaxLabel);
}

double ContextTokensView::lineHeight() const {
  return QFontMetricsF(theme_.font(FontRole::Mono)).height() + theme_.unit() * 1.5;
}

void ContextTokensView::relayout() {
  boxes_.clear();
  layOutFrom(0);
}

void ContextTokensView::layOutFrom(int first) {
  const int n = timeline_.count();
  first = std::clamp(first, 0, std::min(n, static_cast<int>(boxes_.size())));
  boxes_.resize(static_cast<std::size_t>(first));
  boxes_.reserve(static_cast<std::size_t>(n));
  const QFontMetricsF metrics(theme_.font(FontRole::Mono));
  const double left = theme_.gap(4);
  const double right = viewport()->width() - theme_.gap(4);
  double x = left;
  int line = 0;
  if (first > 0) {
    const Box& last = boxes_.back();
    x = static_cast<double>(last.x + last.width);
    line = last.line;
  }
  for (int i = first; i < n; ++i) {
    const bool broken = i > 0 && timeline_.at(i - 1).bytes.endsWith('\n');
    const double width = metrics.horizontalAdvance(label(i)) + theme_.unit();
    if (broken || (x + width > right && x > left)) {
      x = left;
      ++line;
    }
    boxes_.push_back({static_cast<float>(x), static_cast<float>(width), line});
    x += width + 1;
  }
  updateRange();
}

void ContextTokensView::updateRange() {
  QScrollBar* bar = verticalScrollBar();
  const int lines = boxes_.empty() ? 0 : boxes_.back().line + 1;
  const int content = static_cast<int>(lines * lineHeight()) + theme_.gap(8);
  const bool atEnd = bar->value() >= bar->maximum() - 2;
  bar->setPageStep(viewport()->height());
  bar->setSingleStep(static_cast<int>(lineHeight()));
  bar->setRange(0, std::max(0, content - viewport()->height()));
  if (atEnd) bar->setValue(bar->maximum());
  viewport()->update();
}

void ContextTokensView::resizeEvent(QResizeEvent*) { relayout(); }

int ContextTokensView::firstOfLine(int line) const {
  const auto found = std::lower_bound(boxes_.begin(), boxes_.end(), line,
                                      [](const Box& box, int at) { return box.line < at; });
  return static_cast<int>(found - boxes_.begin());
}

std::optional<engine::Position> ContextTokensView::tokenAt(const QPointF& point) const {
  const double y = point.y() + verticalScrollBar()->value() - theme_.gap(4);
  const int line = static_cast<int>(std::floor(y / lineHeight()));
  for (int i = firstOfLine(line); i < static_cast<int>(boxes_.size()); ++i) {
    const Box& box = boxes_[static_cast<std::size_t>(i)];
    if (box.line != line) break;
    const double x = point.x() - static_cast<double>(box.x);
    if (x >= 0 && x < static_cast<double>(box.width)) return engine::Position(i);
  }
  return std::nullopt;
}

void ContextTokensView::paintBox(QPainter& painter, int index, double top) const {
  const Box& box = boxes_[static_cast<std::size_t>(index)];
  const app::TimelineToken& token = timeline_.at(index);
  const QRectF rect(static_cast<double>(box.x), top, static_cast<double>(box.width),
                    lineHeight() - theme_.unit() * 0.5);
  const auto heatIndex = static_cast<std::size_t>(index);
  if (heatIndex < heat_.size() && !std::isnan(heat_[heatIndex])) {
    painter.fillRect(rect, heatColour(static_cast<double>(heat_[heatIndex]), theme_.isDark()));
  } else if (token.isControl) {
    painter.fillRect(rect, theme_.colour(ColourRole::Selection));
  } else if (token.origin != app::TokenOrigin::Message) {
    painter.fillRect(rect, theme_.colour(ColourRole::Hover));
  } else if (index % 2 == 0) {
    painter.fillRect(rect, theme_.colour(ColourRole::Raised));
  }
  const bool selected = selection_.token() == engine::Position(index);
  const bool hovered = selection_.hoveredToken() == engine::Position(index);
  if (selected || hovered) {
    painter.setPen(
        QPen(theme_.colour(selected ? ColourRole::Accent : ColourRole::LineStrong), 1.5));
    painter.drawRect(rect.adjusted(0.75, 0.75, -0.75, -0.75));
  }
  const bool muted = token.origin != app::TokenOrigin::Message && !token.isControl;
  painter.setPen(theme_.colour(token.isControl ? ColourRole::SelectionText
                               : muted         ? ColourRole::TextMuted
                                               : ColourRole::Text));
  painter.drawText(rect, Qt::AlignCenter, label(index));
}

void ContextTokensView::paintEvent(QPaintEvent* event) {
  QPainter painter(viewport());
  painter.fillRect(event->rect(), theme_.colour(ColourRole::Panel));
  if (timeline_.count() == 0) {
    painter.setPen(theme_.colour(ColourRole::TextMuted));
    painter.drawText(viewport()->rect().adjusted(40, 0, -40, 0), Qt::AlignCenter | Qt::TextWordWrap,
                     tr("Send a message to see the context token by token, template text and white "
                        "space included."));
    return;
  }
  painter.setFont(theme_.font(FontRole::Mono));
  const double offset = verticalScrollBar()->value() - theme_.gap(4);
  const int firstLine = static_cast<int>(std::floor((event->rect().top() + offset) / lineHeight()));
  const int count = std::min(timeline_.count(), static_cast<int>(boxes_.size()));
  for (int i = firstOfLine(std::max(0, firstLine)); i < count; ++i) {
    const double top = boxes_[static_cast<std::size_t>(i)].line * lineHeight() - offset;
    if (top > event->rect().bottom()) break;
    paintBox(painter, i, top);
  }
}

void ContextTokensView::mousePressEvent(QMouseEvent* event) {
  if (const auto token = tokenAt(event->position())) selection_.selectToken(*token);
}

void ContextTokensView::mouseMoveEvent(QMouseEvent* event) {
  selection_.hoverToken(tokenAt(event->position()));
}

void ContextTokensView::keyPressEvent(QKeyEvent* event) {
  switch (event->key()) {
    case Qt::Key_Left:
      selection_.previousToken();
      break;
    case Qt::Key_Right:
      selection_.nextToken();
      break;
    case Qt::Key_End:
      selection_.live();
      verticalScrollBar()->setValue(verticalScrollBar()->maximum());
      break;
    case Qt::Key_Home:
      verticalScrollBar()->setValue(0);
      break;
    default:
      QAbstractScrollArea::keyPressEvent(event);
  }
}

bool ContextTokensView::viewportEvent(QEvent* event) {
  if (event->type() == QEvent::Leave) selection_.hoverToken(std::nullopt);
  if (event->type() == QEvent::ToolTip) {
    const auto* help = static_cast<QHelpEvent*>(event);
    const auto token = tokenAt(QPointF(help->pos()));
    if (!token) {
      QToolTip::hideText();
      return true;
    }
    const app::TimelineToken& found = timeline_.at(static_cast<int>(token->value));
    const QString text = tr("Token %1 · id %2 · %3 · bytes %4")
                             .arg(format::count(token->value), QString::number(found.token.value),
                                  label(static_cast<int>(token->value)),
                                  QString::fromLatin1(found.bytes.left(32).toHex(' ')));
    QToolTip::showText(help->globalPos(), format::toolTip(text), viewport());
    return true;
  }
  return QAbstractScrollArea::viewportEvent(event);
}

}  // namespace ui
