// Bars over the cached tokens, pooled by their maximum where slots are more than pixels.
// The three strips share one x axis, so that a bar stands above the two parts of its score.
#include "ui/inspector/attention_slots_view.h"

#include <algorithm>
#include <cmath>

#include "ui/format.h"

namespace ui {

ValueScale attentionScale(const std::vector<float>& weights, const AttentionRange& range) {
  double top = 0.0;
  const std::size_t first = range.clampSink && weights.size() > 1 ? 1 : 0;
  for (std::size_t slot = first; slot < weights.size(); ++slot) {
    top = std::max(top, static_cast<double>(weights[slot]));
  }
  if (!(top > 0.0)) top = 1.0;
  if (range.kind == ScaleKind::Linear) return {ScaleKind::Linear, 0.0, top};
  return {ScaleKind::Log, std::min(range.floor, top / 10.0), top};
}

AttentionSlotsView::AttentionSlotsView(const Theme& theme, QWidget* parent)
    : Canvas(theme, parent) {
  setAccessibleName(tr("Attention over the cached tokens"));
  setAccessibleDescription(
      tr("One bar per cache slot: the attention weight; below it the score, with its content and "
         "RoPE parts where the model has them. Shift with left and right moves the marked slot, "
         "Enter goes to its token."));
}

void AttentionSlotsView::setSlice(AttentionSlice slice, std::vector<TokenLabel> labels,
                                  bool stale) {
  slice_ = std::move(slice);
  labels_ = std::move(labels);
  stale_ = stale;
  const auto nSlots = static_cast<std::int64_t>(slice_.weights.size());
  if (marked_ && *marked_ >= nSlots) marked_.reset();
  if (hovered_ && *hovered_ >= nSlots) hovered_.reset();
  updateScales();
  pooledBuckets_ = -1;
  update();
}

void AttentionSlotsView::setRange(const AttentionRange& range) {
  range_ = range;
  updateScales();
  update();
}

void AttentionSlotsView::updateScales() {
  scale_ = attentionScale(slice_.weights, range_);
  const std::size_t first = range_.clampSink && slice_.weights.size() > 1 ? 1 : 0;
  double high = 0.0;
  const auto reach = [&high](float score) {
    if (std::isfinite(score)) high = std::max(high, std::fabs(static_cast<double>(score)));
  };
  for (std::size_t slot = first; slot < slice_.contentScores.size(); ++slot) {
    reach(slice_.contentScores[slot]);
    if (slice_.hasParts()) reach(slice_.ropeScores[slot]);
  }
  partsHigh_ = high > 0.0 ? high : 1.0;
}

void AttentionSlotsView::setPartsVisible(bool visible) {
  partsVisible_ = visible;
  updateGeometry();
  update();
}

void AttentionSlotsView::setMarkedSlot(std::optional<std::int64_t> slot) {
  marked_ = slot;
  update();
}

void AttentionSlotsView::setHoveredSlot(std::optional<std::int64_t> slot) {
  if (hovered_ == slot) return;
  hovered_ = slot;
  update();
}

AttentionSlotsView::Layout AttentionSlotsView::layoutFor(QSize size) const {
  Layout layout;
  const QFontMetrics metrics(deviceFont(FontRole::MonoSmall));
  layout.left = metrics.horizontalAdvance(QStringLiteral("−0.0000")) + px(6);
  const int width = std::max(1, size.width() - layout.left - px(4));
  const auto nSlots = static_cast<std::int64_t>(slice_.weights.size());
  const std::int64_t maxBuckets = std::max<std::int64_t>(1, width / px(2));
  layout.slotsPerBucket = std::max<std::int64_t>(1, (nSlots + maxBuckets - 1) / maxBuckets);
  layout.nBuckets = (nSlots + layout.slotsPerBucket - 1) / layout.slotsPerBucket;
  if (layout.nBuckets > 0) {
    layout.pitch = std::clamp(static_cast<int>(width / layout.nBuckets), 1, px(28));
  }
  const int axis = metrics.height() + px(2);
  layout.axisTop = size.height() - axis;
  const int gap = px(4);
  // Strips lower than letters would only take room from the bars.
  const int fifth = (layout.axisTop - 2 * gap) / 5;
  const int part = partsVisible_ && fifth >= metrics.ascent() ? fifth : 0;
  const int nParts = part == 0 ? 0 : slice_.hasParts() ? 2 : 1;
  const int bars = layout.axisTop - nParts * (part + gap);
  const int picture = static_cast<int>(layout.nBuckets) * layout.pitch;
  layout.weights = QRect(layout.left, 0, picture, bars);
  layout.content = QRect(layout.left, bars + gap, picture, part);
  layout.rope = QRect(layout.left, bars + part + 2 * gap, picture, nParts > 1 ? part : 0);
  return layout;
}

std::int64_t AttentionSlotsView::slotsPerBucket() const {
  return layoutFor(deviceSize()).slotsPerBucket;
}

int AttentionSlotsView::bucketX(const Layout& layout, std::int64_t slot) const {
  return layout.left + static_cast<int>(slot / layout.slotsPerBucket) * layout.pitch;
}

void AttentionSlotsView::repool(const Layout& layout) {
  if (pooledBuckets_ == layout.nBuckets) return;
  weights_ = poolSlots(slice_.weights, layout.nBuckets);
  std::vector<float> drawn = slice_.contentScores;
  for (float& score : drawn) {
    if (!std::isfinite(score)) score = 0.0F;  // not read: nothing is drawn
  }
  content_ = poolSlots(drawn, layout.nBuckets);
  rope_ = poolSlots(slice_.ropeScores, layout.nBuckets);
  pooledBuckets_ = layout.nBuckets;
}

std::int64_t AttentionSlotsView::countRead() const {
  std::int64_t n = 0;
  for (std::size_t slot = 0; slot < slice_.contentScores.size(); ++slot) {
    n += slice_.isRead(slot) ? 1 : 0;
  }
  return n;
}

QString AttentionSlotsView::notReadText() const {
  return slice_.isPicked ? tr("not read: the indexer did not pick it")
                         : tr("not read: outside the sliding window");
}

std::optional<std::int64_t> AttentionSlotsView::slotAt(QPoint devicePoint) const {
  const Layout layout = layoutFor(deviceSize());
  const QRect all(layout.left, 0, layout.weights.width(), layout.axisTop);
  if (layout.nBuckets == 0 || !all.contains(devicePoint)) return std::nullopt;
  const std::int64_t bucket = (devicePoint.x() - layout.left) / layout.pitch;
  const auto nSlots = static_cast<std::int64_t>(slice_.weights.size());
  const std::int64_t begin = bucket * layout.slotsPerBucket;
  const std::int64_t end = std::min(nSlots, begin + layout.slotsPerBucket);
  const auto first = slice_.weights.begin() + begin;
  return begin + (std::max_element(first, slice_.weights.begin() + end) - first);
}

QPoint AttentionSlotsView::centreOf(std::int64_t slot) const {
  const Layout layout = layoutFor(deviceSize());
  return {bucketX(layout, slot) + layout.pitch / 2, layout.weights.center().y()};
}

void AttentionSlotsView::resizeEvent(QResizeEvent*) { Q_EMIT pictureResized(); }

void AttentionSlotsView::pointerMoved(QPoint devicePoint) {
  const auto slot = slotAt(devicePoint);
  if (slot == hovered_) return;
  setHoveredSlot(slot);
  Q_EMIT slotHovered(slot.value_or(-1));
}

void AttentionSlotsView::pointerPressed(QPoint devicePoint) {
  if (const auto slot = slotAt(devicePoint)) Q_EMIT slotClicked(*slot);
}

void AttentionSlotsView::pointerDoubleClicked(QPoint devicePoint) {
  if (const auto slot = slotAt(devicePoint)) Q_EMIT slotActivated(*slot);
}

QString AttentionSlotsView::legend() const {
  if (slice_.weights.empty()) return {};
  const bool log = scale_.kind == ScaleKind::Log;
  QStringList parts;
  parts << (log ? tr("weight, log %1 … %2") : tr("weight, linear %1 … %2"))
               .arg(format::value(scale_.low), format::value(scale_.high));
  const std::int64_t perBucket = slotsPerBucket();
  if (perBucket > 1) parts << tr("bars: max of %1 slots, mean in the full tone").arg(perBucket);
  const auto nSlots = static_cast<std::int64_t>(slice_.weights.size());
  if (const std::int64_t nRead = countRead(); nRead < nSlots) {
    parts << (slice_.isPicked ? tr("underlined: %1 of %2 slots picked by the indexer")
                              : tr("sliding window: %1 of %2 slots are read, the grey ones not"))
                 .arg(format::count(nRead), format::count(nSlots));
  }
  double beyond = 0.0;
  std::int64_t nBelow = 0;
  double below = 0.0;
  for (std::size_t at = 0; at < slice_.weights.size(); ++at) {
    if (!slice_.isRead(at)) continue;
    const auto value = static_cast<double>(slice_.weights[at]);
    if (value > scale_.high) beyond += value;
    if (log && value <= scale_.low) {
      ++nBelow;
      below += value;
    }
  }
  if (layoutFor(deviceSize()).content.height() > 0) {
    parts << (slice_.hasParts() ? tr("score parts ±%1") : tr("score ±%1, before softmax"))
                 .arg(format::value(partsHigh_));
  } else if (partsVisible_) {
    parts << tr("the scores need a higher panel");
  }
  if (beyond > 0.0) {
    parts << tr("first token beyond the scale: it holds %1").arg(format::percent(beyond));
  }
  if (nBelow > 0) {
    parts << tr("slots below the scale: %1, together %2")
                 .arg(format::count(nBelow), format::percent(below));
  }
  return parts.join(QStringLiteral(" · "));
}

QString AttentionSlotsView::readout(std::int64_t slot) const {
  const auto at = static_cast<std::size_t>(slot);
  if (slot < 0 || at >= slice_.weights.size()) return {};
  QStringList lines{tokenAddress(slot, labelAt(labels_, slot))};
  if (at < slice_.heads.size())
    lines << tr("head\tH%1, the one that reads it most").arg(slice_.heads[at]);
  const bool mean = slice_.choice.mode == app::HeadMode::Mean;
  lines
      << (mean ? tr("weight (mean)\t%1") : tr("weight\t%1")).arg(format::exact(slice_.weights[at]));
  const float content = slice_.contentScores[at];
  if (!slice_.isRead(at)) {
    lines << notReadText();
    return lines.join(QLatin1Char('\n'));
  }
  if (slice_.hasParts()) {
    const float rope = slice_.ropeScores[at];
    lines << tr("content score\t%1").arg(format::exact(content));
    lines << tr("RoPE score\t%1").arg(format::exact(rope));
    lines << tr("sum\t%1").arg(format::exact(content + rope));
  } else {
    lines << tr("score\t%1").arg(format::exact(content));
  }
  if (slice_.isPicked) lines << tr("picked by the indexer");
  lines
      << tr("rank\t%1 of %2").arg(rankOfSlot(slice_.weights, slot) + 1).arg(slice_.weights.size());
  if (const std::int64_t perBucket = slotsPerBucket(); perBucket > 1) {
    const std::int64_t begin = slot / perBucket * perBucket;
    const auto last = std::min<std::int64_t>(begin + perBucket,
                                             static_cast<std::int64_t>(slice_.weights.size())) -
                      1;
    lines << tr("bar\tmax of t%1 … t%2").arg(begin).arg(last);
  }
  return lines.join(QLatin1Char('\n'));
}

QString AttentionSlotsView::readoutAt(QPoint devicePoint) const {
  const auto slot = slotAt(devicePoint);
  return slot ? readout(*slot) : QString();
}

QString AttentionSlotsView::tableText() const {
  if (slice_.weights.empty()) return {};
  QStringList rows{slice_.hasParts()
                       ? QStringLiteral("position\ttoken\tweight\tcontent_score\trope_score\thead")
                       : QStringLiteral("position\ttoken\tweight\tscore\thead")};
  for (std::size_t at = 0; at < slice_.weights.size(); ++at) {
    QString head = slice_.choice.mode == app::HeadMode::Mean
                       ? QStringLiteral("mean")
                       : QString::number(slice_.choice.head.value);
    if (at < slice_.heads.size()) head = QString::number(slice_.heads[at]);
    QStringList cells{QString::number(at), labelAt(labels_, static_cast<std::int64_t>(at)).text,
                      format::exact(slice_.weights[at]), format::exact(slice_.contentScores[at])};
    if (slice_.hasParts()) cells << format::exact(slice_.ropeScores[at]);
    rows << (cells << head).join(QLatin1Char('\t'));
  }
  return rows.join(QLatin1Char('\n'));
}

QSize AttentionSlotsView::minimumSizeHint() const {
  const int unit = theme().unit();
  return {60 * unit, 13 * unit};
}

QSize AttentionSlotsView::sizeHint() const {
  const int unit = theme().unit();
  return {100 * unit, (partsVisible_ ? 44 : 26) * unit};
}

}  // namespace ui
