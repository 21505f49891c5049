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
      tr("One bar per cache slot: the attention weight; below it the content and the RoPE part of "
         "the score. Shift with left and right moves the marked slot, Enter goes to its token."));
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
  for (std::size_t slot = first; slot < slice_.contentScores.size(); ++slot) {
    high = std::max({high, std::fabs(static_cast<double>(slice_.contentScores[slot])),
                     std::fabs(static_cast<double>(slice_.ropeScores[slot]))});
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
  // Strips lower than a line of text would only take room from the bars.
  const int fifth = (layout.axisTop - 2 * gap) / 5;
  const int part = partsVisible_ && fifth >= metrics.height() ? fifth : 0;
  const int bars = layout.axisTop - (part > 0 ? 2 * (part + gap) : 0);
  const int picture = static_cast<int>(layout.nBuckets) * layout.pitch;
  layout.weights = QRect(layout.left, 0, picture, bars);
  layout.content = QRect(layout.left, bars + gap, picture, part);
  layout.rope = QRect(layout.left, bars + part + 2 * gap, picture, part);
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
  content_ = poolSlots(slice_.contentScores, layout.nBuckets);
  rope_ = poolSlots(slice_.ropeScores, layout.nBuckets);
  pooledBuckets_ = layout.nBuckets;
}

void AttentionSlotsView::paintPicture(QPainter& painter, QSize size) {
  const Layout layout = layoutFor(size);
  if (layout.nBuckets == 0) return;
  repool(layout);
  paintSlotMarks(painter, layout);
  if (stale_) painter.setOpacity(0.4);
  paintWeights(painter, layout);
  if (layout.content.height() > 0) {
    paintPart(painter, layout.content, layout, content_, tr("content"));
    paintPart(painter, layout.rope, layout, rope_, tr("RoPE"));
  }
  painter.setOpacity(1.0);
  paintWeightAxis(painter, layout);
  paintTokenAxis(painter, layout);
}

void AttentionSlotsView::paintWeights(QPainter& painter, const Layout& layout) const {
  const QRect& area = layout.weights;
  const int hair = layout.pitch >= px(4) ? px(1) : 0;
  const int full = area.height() - px(6);
  const QColor solid = colour(ColourRole::DataHigh);
  const QColor peakTone =
      weights_.slotsPerBucket > 1 ? blend(colour(ColourRole::Panel), solid, 0.5) : solid;
  const auto bar = [&](int x, double value, const QColor& tone) {
    const int height = static_cast<int>(std::lround(scale_.place(value) * full));
    painter.fillRect(QRect(x, area.bottom() + 1 - height, layout.pitch - hair, height), tone);
  };
  for (std::size_t b = 0; b < weights_.peaks.size(); ++b) {
    const int x = area.x() + static_cast<int>(b) * layout.pitch;
    const auto peak = static_cast<double>(weights_.peaks[b]);
    bar(x, peak, peakTone);
    if (weights_.slotsPerBucket > 1) bar(x, static_cast<double>(weights_.means[b]), solid);
    if (peak > scale_.high) paintClampMark(painter, layout, x, layout.pitch - hair);
  }
  painter.fillRect(QRect(area.x(), area.bottom() + 1, area.width(), px(1)),
                   colour(ColourRole::Line));
}

// A bar that goes on beyond the scale is broken near its top and ends in a wedge.
void AttentionSlotsView::paintClampMark(QPainter& painter, const Layout& layout, int x,
                                        int width) const {
  const int top = layout.weights.bottom() + 1 - (layout.weights.height() - px(6));
  painter.fillRect(QRect(x, top + px(4), width, px(2)), colour(ColourRole::Panel));
  painter.setPen(Qt::NoPen);
  painter.setBrush(colour(ColourRole::Warning));
  const int middle = x + width / 2;
  const int half = std::clamp(width / 2, px(3), px(6));
  painter.drawPolygon(QPolygon(
      {QPoint(middle - half, top), QPoint(middle + half, top), QPoint(middle, top - px(5))}));
}

void AttentionSlotsView::paintWeightAxis(QPainter& painter, const Layout& layout) const {
  const int line = useFont(painter, FontRole::MonoSmall);
  const int full = layout.weights.height() - px(6);
  painter.setPen(colour(ColourRole::TextMuted));
  int nextFree = layout.weights.bottom() + line;
  const auto label = [&](double value) {
    const int y =
        layout.weights.bottom() + 1 - static_cast<int>(std::lround(scale_.place(value) * full));
    if (y + line / 2 > nextFree) return;
    const int top = std::max(0, y - line / 2);
    painter.drawText(QRect(0, top, layout.left - px(4), line), Qt::AlignRight | Qt::AlignVCenter,
                     format::value(value));
    nextFree = y - line / 2;
  };
  label(scale_.low);
  if (scale_.kind == ScaleKind::Log) {
    for (double decade = std::pow(10.0, std::ceil(std::log10(scale_.low * 1.01)));
         decade < scale_.high; decade *= 10.0) {
      const bool nearTop = scale_.place(scale_.high) * full - scale_.place(decade) * full < line;
      if (!nearTop) label(decade);
    }
  }
  label(scale_.high);
}

void AttentionSlotsView::paintPart(QPainter& painter, const QRect& area, const Layout& layout,
                                   const PooledSlots& pooled, const QString& name) const {
  const int hair = layout.pitch >= px(4) ? px(1) : 0;
  const int zero = area.center().y();
  const int half = area.height() / 2;
  painter.fillRect(area, colour(ColourRole::Raised));
  for (std::size_t b = 0; b < pooled.peaks.size(); ++b) {
    const double place = std::clamp(static_cast<double>(pooled.peaks[b]) / partsHigh_, -1.0, 1.0);
    const int height = static_cast<int>(std::lround(place * half));
    const QRect bar(area.x() + static_cast<int>(b) * layout.pitch,
                    height >= 0 ? zero - height : zero, layout.pitch - hair, std::abs(height));
    painter.fillRect(bar, signedColour(theme(), place >= 0 ? 0.8 : -0.8));
  }
  painter.fillRect(QRect(area.x(), zero, area.width(), px(1)), colour(ColourRole::LineStrong));
  const int line = useFont(painter, FontRole::MonoSmall);
  painter.setPen(colour(ColourRole::TextMuted));
  const QRect gutter(0, area.y(), layout.left - px(4), area.height());
  if (area.height() >= 3 * line) {
    painter.drawText(gutter, Qt::AlignRight | Qt::AlignTop,
                     QStringLiteral("+") + format::value(partsHigh_));
    painter.drawText(gutter, Qt::AlignRight | Qt::AlignBottom, format::signedValue(-partsHigh_));
  }
  painter.drawText(gutter, Qt::AlignRight | Qt::AlignVCenter, name);
}

void AttentionSlotsView::paintSlotMarks(QPainter& painter, const Layout& layout) const {
  const auto column = [&](std::int64_t slot, ColourRole role) {
    painter.fillRect(QRect(bucketX(layout, slot), 0, std::max(layout.pitch, px(2)), layout.axisTop),
                     colour(role));
  };
  const auto nSlots = static_cast<std::int64_t>(slice_.weights.size());
  if (marked_ && *marked_ < nSlots) column(*marked_, ColourRole::Selection);
  if (hovered_ && *hovered_ < nSlots) column(*hovered_, ColourRole::Hover);
}

void AttentionSlotsView::paintTokenAxis(QPainter& painter, const Layout& layout) const {
  const int line = useFont(painter, FontRole::MonoSmall);
  const QFontMetrics metrics = painter.fontMetrics();
  const int right = layout.weights.right();
  const int top = layout.axisTop + px(2);
  const auto named = hovered_ ? hovered_ : marked_;
  if (named) {
    painter.setPen(colour(ColourRole::Text));
    const QString text = tokenAddress(*named, labelAt(labels_, *named));
    const int width = metrics.horizontalAdvance(text);
    const int limit = std::max(layout.left, deviceSize().width() - width - px(4));
    const int x = std::clamp(bucketX(layout, *named) - width / 2, layout.left, limit);
    painter.drawText(x, top + metrics.ascent(), text);
    return;
  }
  painter.setPen(colour(ColourRole::TextMuted));
  const auto nSlots = static_cast<std::int64_t>(slice_.weights.size());
  const QString last = QStringLiteral("t%1").arg(nSlots - 1);
  painter.drawText(layout.left, top + metrics.ascent(), QStringLiteral("t0"));
  const int width = metrics.horizontalAdvance(last);
  const int x =
      std::max(layout.left + metrics.horizontalAdvance(QStringLiteral("t0  ")), right - width);
  painter.drawText(QRect(x, top, width + px(8), line), Qt::AlignLeft, last);
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
  double beyond = 0.0;
  std::int64_t nBelow = 0;
  double below = 0.0;
  for (const float weight : slice_.weights) {
    const auto value = static_cast<double>(weight);
    if (value > scale_.high) beyond += value;
    if (log && value <= scale_.low) {
      ++nBelow;
      below += value;
    }
  }
  if (layoutFor(deviceSize()).content.height() > 0)
    parts << tr("score parts ±%1").arg(format::value(partsHigh_));
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
  const float rope = slice_.ropeScores[at];
  lines << tr("content score\t%1").arg(format::exact(content));
  lines << tr("RoPE score\t%1").arg(format::exact(rope));
  lines << tr("sum\t%1").arg(format::exact(content + rope));
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
  QStringList rows{QStringLiteral("position\ttoken\tweight\tcontent_score\trope_score\thead")};
  for (std::size_t at = 0; at < slice_.weights.size(); ++at) {
    QString head = slice_.choice.mode == app::HeadMode::Mean
                       ? QStringLiteral("mean")
                       : QString::number(slice_.choice.head.value);
    if (at < slice_.heads.size()) head = QString::number(slice_.heads[at]);
    rows << QStringList{QString::number(at),
                        labelAt(labels_, static_cast<std::int64_t>(at)).text,
                        format::exact(slice_.weights[at]),
                        format::exact(slice_.contentScores[at]),
                        format::exact(slice_.ropeScores[at]),
                        head}
                .join(QLatin1Char('\t'));
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
