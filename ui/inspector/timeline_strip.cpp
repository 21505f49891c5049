// The conversation as a strip of marks. Only what is visible is painted, so its length costs
// nothing. Where tokens share a pixel column, the least certain one sets the bar: a surprise is
// never averaged away.
#include "ui/inspector/timeline_strip.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLocale>
#include <QMouseEvent>
#include <QToolButton>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>

#include "ui/format.h"

namespace ui {
namespace {

constexpr double kLeastZoom = 0.0;
constexpr double kMostZoom = 24.0;

}  // namespace

TimelineStrip::TimelineStrip(const Theme& theme, QWidget* parent)
    : Canvas(theme, parent),
      tools_(new QWidget(this)),
      measureBox_(new QComboBox(tools_)),
      live_(new QToolButton(tools_)) {
  makeTools();
  setAccessibleName(tr("Token timeline"));
  setAccessibleDescription(
      tr("One mark per token. Left and right choose a token, Home the first, End follows the "
         "newest."));
}

void TimelineStrip::makeTools() {
  tools_->hide();  // until a title takes them
  measureBox_->addItems({tr("surprise"), tr("entropy"), tr("margin"), tr("router")});
  measureBox_->setAccessibleName(tr("What the bars show"));
  measureBox_->setToolTip(format::toolTip(
      tr("What the bars show:\nsurprise: −ln p of the token that was drawn\nentropy: of the "
         "distribution it was drawn from\nmargin: between the two most probable tokens\nrouter: "
         "entropy of the chosen experts' weights, mean over the layers")));
  live_->setText(tr("live"));
  live_->setToolTip(tr("Follow the newest token (End)"));
  live_->setAccessibleDescription(live_->toolTip());
  live_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  live_->setCheckable(true);
  auto* row = new QHBoxLayout(tools_);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(theme().gap(2));
  row->addWidget(measureBox_);
  row->addWidget(live_);
  connect(measureBox_, &QComboBox::currentIndexChanged, this,
          [this](int index) { setMeasure(static_cast<TimelineMeasure>(index)); });
  connect(live_, &QToolButton::clicked, this, [this] {
    showFollowing();  // the selection decides, not the click
    Q_EMIT liveRequested();
  });
  connect(&theme(), &Theme::changed, this, &TimelineStrip::styleTools);
  styleTools();
  showFollowing();
}

void TimelineStrip::styleTools() {
  for (QWidget* tool : {static_cast<QWidget*>(measureBox_), static_cast<QWidget*>(live_)}) {
    tool->setFont(theme().font(FontRole::Small));
  }
  live_->setIcon(theme().icon(QStringLiteral("live")));
  live_->setIconSize(QSize(theme().gap(3), theme().gap(3)));
}

void TimelineStrip::showFollowing() { live_->setChecked(following_); }

void TimelineStrip::setMarksFrom(std::int64_t first, const std::vector<TimelineMark>& marks) {
  marks_.resize(static_cast<std::size_t>(std::clamp<std::int64_t>(first, 0, count())));
  marks_.insert(marks_.end(), marks.begin(), marks.end());
  if (selected_ && *selected_ >= count()) selected_.reset();
  if (hovered_ && *hovered_ >= count()) hovered_.reset();
  if (following_ && count() > 0) scrollTo(count() - 1);
  scrollBy(0);
}

void TimelineStrip::replaceMark(std::int64_t position, const TimelineMark& mark) {
  if (position < 0 || position >= count()) return;
  marks_[static_cast<std::size_t>(position)] = mark;
  update();
}

void TimelineStrip::setSelected(std::optional<std::int64_t> position, bool following) {
  selected_ = position;
  following_ = following;
  showFollowing();
  if (position) scrollTo(following ? count() - 1 : *position);
  update();
}

void TimelineStrip::setHovered(std::optional<std::int64_t> position) {
  if (hovered_ == position) return;
  hovered_ = position;
  update();
}

void TimelineStrip::setZoom(double pixelsPerToken) {
  zoom_ = std::clamp(pixelsPerToken, kLeastZoom, kMostZoom);
  if (selected_) scrollTo(*selected_);
  update();
}

TimelineStrip::Layout TimelineStrip::layoutFor(QSize size) const {
  Layout layout;
  const QFontMetrics mono(deviceFont(FontRole::MonoSmall));
  const int left = mono.horizontalAdvance(QStringLiteral("0.0")) + px(8);
  layout.area = QRect(left, px(4), std::max(1, size.width() - left - px(8)), size.height() - px(8));
  layout.baseline = layout.area.bottom() - std::max(px(6), layout.area.height() / 4);
  const double fit = marks_.empty()
                         ? 1.0
                         : static_cast<double>(layout.area.width()) / static_cast<double>(count());
  const double wanted = zoom_ * devicePixelRatioF();
  layout.pitch = zoom_ <= 0.0 ? std::min(fit, kMostZoom * devicePixelRatioF()) : wanted;
  return layout;
}

double TimelineStrip::maxScroll(const Layout& layout) const {
  return std::max(0.0, layout.pitch * static_cast<double>(count()) - layout.area.width());
}

double TimelineStrip::xOf(const Layout& layout, std::int64_t position) const {
  return layout.area.left() + std::floor(static_cast<double>(position) * layout.pitch - scroll_);
}

void TimelineStrip::scrollTo(std::int64_t position) {
  const Layout layout = layoutFor(deviceSize());
  const double x = static_cast<double>(position) * layout.pitch;
  const double margin = std::min(4.0 * layout.pitch, layout.area.width() / 4.0);
  if (x - margin < scroll_) scroll_ = x - margin;
  if (x + layout.pitch + margin > scroll_ + layout.area.width()) {
    scroll_ = x + layout.pitch + margin - layout.area.width();
  }
  scroll_ = std::clamp(scroll_, 0.0, maxScroll(layout));
}

void TimelineStrip::scrollBy(double devicePixels) {
  scroll_ = std::clamp(scroll_ + devicePixels, 0.0, maxScroll(layoutFor(deviceSize())));
  update();
}

std::optional<std::int64_t> TimelineStrip::positionAt(QPoint devicePoint) const {
  const Layout layout = layoutFor(deviceSize());
  if (!layout.area.adjusted(0, -px(4), 0, px(4)).contains(devicePoint)) return std::nullopt;
  const double along = devicePoint.x() - layout.area.left() + scroll_;
  const auto position = static_cast<std::int64_t>(along / layout.pitch);
  return position < count() ? std::optional(position) : std::nullopt;
}

QPoint TimelineStrip::centreOf(std::int64_t position) const {
  const Layout layout = layoutFor(deviceSize());
  return {static_cast<int>(xOf(layout, position) + layout.pitch / 2), layout.area.center().y()};
}

void TimelineStrip::paintPicture(QPainter& painter, QSize size) {
  const Layout layout = layoutFor(size);
  painter.save();
  painter.setClipRect(layout.area.adjusted(-px(2), -px(4), px(2), px(4)));
  painter.fillRect(QRect(layout.area.left(), layout.baseline, layout.area.width(), px(1)),
                   colour(ColourRole::Line));
  if (hovered_) paintPointer(painter, layout, *hovered_, ColourRole::Hover);
  if (selected_) paintPointer(painter, layout, *selected_, ColourRole::Selection);
  paintMarks(painter, layout);
  painter.restore();
  if (!marks_.empty()) paintScale(painter, layout);
}

void TimelineStrip::paintMarks(QPainter& painter, const Layout& layout) const {
  const double right = scroll_ + layout.area.width();
  if (layout.pitch >= 2.0) {
    const int hair = layout.pitch >= px(3) ? px(1) : 0;
    const auto first = static_cast<std::int64_t>(scroll_ / layout.pitch);
    const auto last = std::min(count(), static_cast<std::int64_t>(right / layout.pitch) + 1);
    for (std::int64_t position = first; position < last; ++position) {
      const int x = static_cast<int>(xOf(layout, position));
      const int next = static_cast<int>(xOf(layout, position + 1));
      paintColumn(painter, layout, x, std::max(1, next - x - hair), position, position);
    }
    return;
  }
  for (int column = 0; column < layout.area.width(); ++column) {
    const auto first = static_cast<std::int64_t>((scroll_ + column) / layout.pitch);
    const auto last = static_cast<std::int64_t>((scroll_ + column + 1) / layout.pitch) - 1;
    if (first >= count()) break;
    paintColumn(painter, layout, layout.area.left() + column, 1, first,
                std::clamp(last, first, count() - 1));
  }
}

void TimelineStrip::paintColumn(QPainter& painter, const Layout& layout, int x, int width,
                                std::int64_t first, std::int64_t last) const {
  bool isAnswer = false;
  bool isRouted = true;
  std::optional<double> shown;
  const bool least = measure_ == TimelineMeasure::Margin;  // the least certain one is shown
  for (std::int64_t position = first; position <= last; ++position) {
    const TimelineMark& mark = marks_[static_cast<std::size_t>(position)];
    isAnswer = isAnswer || mark.isAnswer;
    isRouted = isRouted && mark.isRouted;
    const std::optional<double> value = measured(mark);
    if (!value) continue;
    shown = !shown ? value : least ? std::min(*shown, *value) : std::max(*shown, *value);
  }
  const QColor ink = colour(isRouted ? ColourRole::TextMuted : ColourRole::Line);
  const int below = layout.area.bottom() - layout.baseline;
  if (!isAnswer) {
    // The prompt hangs below the line, the answer stands on it.
    painter.fillRect(QRect(x, layout.baseline + px(2), width, below - px(2)), ink);
    if (!shown) return;
  }
  const int full = layout.baseline - layout.area.top();
  const double place = std::clamp(shown.value_or(0.0) / fullBar(), 0.0, 1.0);
  const int height = std::max(px(2), static_cast<int>(std::lround(place * full)));
  painter.fillRect(QRect(x, layout.baseline - height, width, height),
                   shown ? colour(isAnswer ? ColourRole::DataHigh : ColourRole::TextMuted) : ink);
}

void TimelineStrip::paintPointer(QPainter& painter, const Layout& layout, std::int64_t position,
                                 ColourRole role) const {
  if (position < 0 || position >= count()) return;
  const int width = std::max(px(3), static_cast<int>(layout.pitch));
  const int x = static_cast<int>(xOf(layout, position) + layout.pitch / 2) - width / 2;
  painter.fillRect(QRect(x, layout.area.top() - px(3), width, layout.area.height() + px(6)),
                   colour(role));
  if (role != ColourRole::Selection) return;
  painter.fillRect(QRect(x, layout.area.bottom() + px(1), width, px(2)),
                   colour(ColourRole::Accent));
  painter.fillRect(QRect(x, layout.area.top() - px(3), width, px(2)), colour(ColourRole::Accent));
}

void TimelineStrip::paintScale(QPainter& painter, const Layout& layout) const {
  const int line = useFont(painter, FontRole::MonoSmall);
  painter.setPen(colour(ColourRole::TextMuted));
  const int width = layout.area.left() - px(4);
  painter.drawText(QRect(0, 0, width, line), Qt::AlignRight | Qt::AlignVCenter,
                   measure_ == TimelineMeasure::Surprise ? legendNumber(fullBar())
                                                         : QLocale().toString(fullBar(), 'f', 1));
  painter.drawText(QRect(0, layout.baseline - line / 2, width, line),
                   Qt::AlignRight | Qt::AlignVCenter, QStringLiteral("0"));
}

void TimelineStrip::pointerMoved(QPoint devicePoint) {
  const auto position = positionAt(devicePoint);
  if (position == hovered_) return;
  setHovered(position);
  Q_EMIT tokenHovered(position.value_or(-1));
}

void TimelineStrip::pointerPressed(QPoint devicePoint) {
  if (const auto position = positionAt(devicePoint)) Q_EMIT tokenClicked(*position);
}

// The middle button drags the strip; the left one selects.
void TimelineStrip::mousePressEvent(QMouseEvent* event) {
  if (event->button() == Qt::MiddleButton) dragFrom_ = event->position().x();
  Canvas::mousePressEvent(event);
}

void TimelineStrip::mouseMoveEvent(QMouseEvent* event) {
  if (dragFrom_) {
    scrollBy((*dragFrom_ - event->position().x()) * devicePixelRatioF());
    dragFrom_ = event->position().x();
    return;
  }
  const bool scrubbing = event->buttons().testFlag(Qt::LeftButton);
  Canvas::mouseMoveEvent(event);
  if (scrubbing && hovered_ && hovered_ != selected_) Q_EMIT tokenClicked(*hovered_);
}

void TimelineStrip::mouseReleaseEvent(QMouseEvent* event) {
  if (event->button() == Qt::MiddleButton) dragFrom_.reset();
}

void TimelineStrip::wheelEvent(QWheelEvent* event) {
  const QPoint turned = event->angleDelta();
  const double steps = (turned.y() != 0 ? turned.y() : turned.x()) / 120.0;
  if (event->modifiers().testFlag(Qt::ControlModifier)) {
    const double from = std::max(zoom_, layoutFor(deviceSize()).pitch / devicePixelRatioF());
    setZoom(from * std::pow(1.25, steps));
  } else {
    scrollBy(-steps * 60.0 * devicePixelRatioF());
  }
  event->accept();
}

void TimelineStrip::keyPressEvent(QKeyEvent* event) {
  if (const auto step = selectionStepFor(event->key(), event->modifiers())) {
    Q_EMIT stepRequested(*step);
    return;
  }
  Canvas::keyPressEvent(event);
}

void TimelineStrip::resizeEvent(QResizeEvent*) { scrollBy(0); }

QSize TimelineStrip::minimumSizeHint() const { return {40 * theme().unit(), 9 * theme().unit()}; }
QSize TimelineStrip::sizeHint() const { return {160 * theme().unit(), 10 * theme().unit()}; }

}  // namespace ui
