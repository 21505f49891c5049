// Heads × slots as one cached image; pooled by maximum, so that no head's lone target is lost.
// Rebuilt when the rows, the scale or the size change.
#include "ui/inspector/head_map_view.h"

#include <algorithm>
#include <span>

#include "ui/format.h"
#include "ui/inspector/slot_pooling.h"

namespace ui {

HeadMapView::HeadMapView(const Theme& theme, QWidget* parent) : Canvas(theme, parent) {
  setAccessibleName(tr("Attention of every head"));
  setAccessibleDescription(
      tr("One row per head of the selected layer, one column per cache slot. The brackets [ and ] "
         "choose a head."));
  connect(&theme, &Theme::changed, this, [this] { imageStale_ = true; });
}

void HeadMapView::setRows(std::shared_ptr<const engine::AttentionRows> rows,
                          std::vector<TokenLabel> labels, bool stale) {
  rows_ = std::move(rows);
  if (rows_ &&
      (rows_->n_heads <= 0 || rows_->n_positions <= 0 ||
       rows_->weights.size() != static_cast<std::size_t>(rows_->n_heads * rows_->n_positions))) {
    rows_.reset();
  }
  labels_ = std::move(labels);
  stale_ = stale;
  hovered_.reset();
  imageStale_ = true;
  update();
}

void HeadMapView::setScale(const ValueScale& scale) {
  if (scale == scale_) return;
  scale_ = scale;
  imageStale_ = true;
  update();
}

void HeadMapView::setSelectedHead(int head) {
  selectedHead_ = head;
  update();
}

void HeadMapView::setMarkedSlot(std::optional<std::int64_t> slot) {
  marked_ = slot;
  update();
}

HeadMapView::Layout HeadMapView::layoutFor(QSize size) const {
  Layout layout;
  if (!rows_) return layout;
  // The gutter of the bars above, so that a slot stands in the same column in both.
  const QFontMetrics metrics(deviceFont(FontRole::MonoSmall));
  layout.left = metrics.horizontalAdvance(QStringLiteral("−0.0000")) + px(6);
  const int width = std::max(1, size.width() - layout.left - px(4));
  layout.nHeads = static_cast<int>(rows_->n_heads);
  layout.nSlots = rows_->n_positions;
  const std::int64_t maxBuckets = std::max<std::int64_t>(1, width / px(2));
  layout.slotsPerBucket = (layout.nSlots + maxBuckets - 1) / maxBuckets;
  layout.nBuckets = (layout.nSlots + layout.slotsPerBucket - 1) / layout.slotsPerBucket;
  layout.pitchX = std::clamp(static_cast<int>(width / layout.nBuckets), 1, px(28));
  layout.pitchY = std::clamp(size.height() / layout.nHeads, 1, px(18));
  return layout;
}

void HeadMapView::rebuild(const Layout& layout) {
  const int width = static_cast<int>(layout.nBuckets) * layout.pitchX;
  const QSize size(width, layout.nHeads * layout.pitchY);
  if (!imageStale_ && image_.size() == size) return;
  image_ = QImage(size, QImage::Format_RGB32);
  image_.fill(colour(ColourRole::Raised));
  const int hair = layout.pitchY >= px(4) ? px(1) : 0;
  QPainter painter(&image_);
  const std::span<const float> weights(rows_->weights);
  const auto nSlots = static_cast<std::size_t>(layout.nSlots);
  for (int head = 0; head < layout.nHeads; ++head) {
    const auto row = weights.subspan(static_cast<std::size_t>(head) * nSlots, nSlots);
    const PooledSlots pooled = poolSlots(row, layout.nBuckets);
    for (std::size_t b = 0; b < pooled.peaks.size(); ++b) {
      const double place = scale_.place(static_cast<double>(pooled.peaks[b]));
      if (place <= 0.0) continue;
      painter.fillRect(QRect(static_cast<int>(b) * layout.pitchX, head * layout.pitchY,
                             layout.pitchX, layout.pitchY - hair),
                       magnitudeColour(theme(), place));
    }
  }
  imageStale_ = false;
}

void HeadMapView::paintPicture(QPainter& painter, QSize size) {
  const Layout layout = layoutFor(size);
  if (layout.nHeads == 0) return;
  rebuild(layout);
  if (stale_) painter.setOpacity(0.4);
  painter.drawImage(layout.left, 0, image_);
  painter.setOpacity(1.0);

  const int line = useFont(painter, FontRole::MonoSmall);
  int nextFree = -line;
  for (int head = 0; head < layout.nHeads; ++head) {
    const int top = head * layout.pitchY + layout.pitchY / 2 - line / 2;
    const bool selected = head == selectedHead_;
    if (!selected && (top < nextFree || top + line > size.height())) continue;
    if (!selected && selectedHead_ > head && (selectedHead_ - head) * layout.pitchY < line)
      continue;
    painter.setPen(colour(selected ? ColourRole::Accent : ColourRole::TextMuted));
    painter.drawText(QRect(0, std::max(0, top), layout.left - px(4), line),
                     Qt::AlignRight | Qt::AlignVCenter, QStringLiteral("H%1").arg(head));
    nextFree = std::max(0, top) + line;
  }
  painter.setBrush(Qt::NoBrush);
  if (selectedHead_ >= 0 && selectedHead_ < layout.nHeads) {
    painter.setPen(QPen(colour(ColourRole::Accent), px(1)));
    painter.drawRect(layout.left - px(1), selectedHead_ * layout.pitchY - px(1),
                     image_.width() + px(1), layout.pitchY + px(1));
  }
  const auto column = [&](std::int64_t slot, ColourRole role) {
    painter.setPen(QPen(colour(role), px(1)));
    const int x = layout.left + static_cast<int>(slot / layout.slotsPerBucket) * layout.pitchX;
    painter.drawRect(x - 1, 0, layout.pitchX + 1, image_.height() - 1);
  };
  if (marked_ && *marked_ < layout.nSlots) column(*marked_, ColourRole::Accent);
  if (hovered_) column(hovered_->slot, ColourRole::TextMuted);
}

std::optional<HeadMapView::Cell> HeadMapView::cellAt(QPoint devicePoint) const {
  const Layout layout = layoutFor(deviceSize());
  const int x = devicePoint.x() - layout.left;
  if (layout.nHeads == 0 || x < 0 || devicePoint.y() < 0) return std::nullopt;
  const int head = devicePoint.y() / layout.pitchY;
  const std::int64_t begin = x / layout.pitchX * layout.slotsPerBucket;
  if (head >= layout.nHeads || begin >= layout.nSlots) return std::nullopt;
  const std::int64_t end = std::min(layout.nSlots, begin + layout.slotsPerBucket);
  const auto row = rows_->weights.begin() + head * layout.nSlots;
  return Cell{head, std::max_element(row + begin, row + end) - row};
}

QPoint HeadMapView::centreOf(int head, std::int64_t slot) const {
  const Layout layout = layoutFor(deviceSize());
  if (layout.nHeads == 0) return {};
  return {layout.left + static_cast<int>(slot / layout.slotsPerBucket) * layout.pitchX +
              layout.pitchX / 2,
          head * layout.pitchY + layout.pitchY / 2};
}

void HeadMapView::pointerMoved(QPoint devicePoint) {
  const auto cell = cellAt(devicePoint);
  if (cell == hovered_) return;
  hovered_ = cell;
  update();
  Q_EMIT slotHovered(cell ? cell->slot : -1);
}

void HeadMapView::pointerPressed(QPoint devicePoint) {
  if (const auto cell = cellAt(devicePoint)) Q_EMIT cellClicked(cell->head, cell->slot);
}

QString HeadMapView::readout(const Cell& cell) const {
  if (!rows_) return {};
  const auto at = static_cast<std::size_t>(cell.head * rows_->n_positions + cell.slot);
  if (at >= rows_->weights.size()) return {};
  QStringList lines;
  lines << QStringLiteral("L%1 · H%2 · %3")
               .arg(rows_->layer.value)
               .arg(cell.head)
               .arg(tokenAddress(cell.slot, labelAt(labels_, cell.slot)));
  lines << tr("weight\t%1").arg(format::exact(rows_->weights[at]));
  if (at < rows_->content_scores.size() && rows_->rope_scores.empty()) {
    lines << tr("score\t%1").arg(format::exact(rows_->content_scores[at]));
  } else if (at < rows_->content_scores.size() && at < rows_->rope_scores.size()) {
    lines << tr("content score\t%1").arg(format::exact(rows_->content_scores[at]));
    lines << tr("RoPE score\t%1").arg(format::exact(rows_->rope_scores[at]));
  }
  const Layout layout = layoutFor(deviceSize());
  if (layout.slotsPerBucket > 1) lines << tr("cell\tmax of %1 slots").arg(layout.slotsPerBucket);
  return lines.join(QLatin1Char('\n'));
}

QString HeadMapView::readoutAt(QPoint devicePoint) const {
  const auto cell = cellAt(devicePoint);
  return cell ? readout(*cell) : QString();
}

QString HeadMapView::tableText() const {
  if (!rows_) return {};
  QString text = QStringLiteral("head");
  for (std::int64_t slot = 0; slot < rows_->n_positions; ++slot)
    text += QStringLiteral("\tt%1").arg(slot);
  std::size_t at = 0;
  for (std::int64_t head = 0; head < rows_->n_heads; ++head) {
    text += QStringLiteral("\n%1").arg(head);
    for (std::int64_t slot = 0; slot < rows_->n_positions; ++slot, ++at) {
      text += QLatin1Char('\t') + format::exact(rows_->weights[at]);
    }
  }
  return text;
}

QSize HeadMapView::minimumSizeHint() const {
  const int nHeads = rows_ ? static_cast<int>(rows_->n_heads) : 4;
  return {60 * theme().unit(), std::clamp(nHeads * 2, 8 * theme().unit(), 32 * theme().unit())};
}

QSize HeadMapView::sizeHint() const {
  const int nHeads = rows_ ? static_cast<int>(rows_->n_heads) : 4;
  return {100 * theme().unit(), std::clamp(nHeads * 12, 16 * theme().unit(), 48 * theme().unit())};
}

}  // namespace ui
