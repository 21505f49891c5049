// Painting of the slots view: unread slots, bars, the parts of the score, axes.
#include <algorithm>
#include <cmath>

#include "ui/format.h"
#include "ui/inspector/attention_slots_view.h"

namespace ui {

void AttentionSlotsView::paintPicture(QPainter& painter, QSize size) {
  const Layout layout = layoutFor(size);
  if (layout.nBuckets == 0) return;
  repool(layout);
  paintUnread(painter, layout);
  paintSlotMarks(painter, layout);
  if (stale_) painter.setOpacity(0.4);
  paintWeights(painter, layout);
  if (layout.content.height() > 0) {
    paintPart(painter, layout.content, layout, content_,
              slice_.hasParts() ? tr("content") : tr("score"));
  }
  if (layout.rope.height() > 0) paintPart(painter, layout.rope, layout, rope_, tr("RoPE"));
  painter.setOpacity(1.0);
  paintWeightAxis(painter, layout);
  paintTokenAxis(painter, layout);
}

// Slots that take no part stand on a raised ground; a bucket counts as read when one of its slots
// is.
void AttentionSlotsView::paintUnread(QPainter& painter, const Layout& layout) const {
  const auto nSlots = static_cast<std::int64_t>(slice_.contentScores.size());
  for (std::int64_t begin = 0; begin < nSlots; begin += layout.slotsPerBucket) {
    const std::int64_t end = std::min(nSlots, begin + layout.slotsPerBucket);
    bool read = false;
    for (std::int64_t slot = begin; slot < end && !read; ++slot) {
      read = slice_.isRead(static_cast<std::size_t>(slot));
    }
    const int x = bucketX(layout, begin);
    if (!read) {
      painter.fillRect(QRect(x, layout.weights.top(), layout.pitch, layout.weights.height()),
                       colour(ColourRole::Raised));
    } else if (slice_.isPicked) {
      painter.fillRect(QRect(x, layout.weights.bottom() + px(1), layout.pitch, px(3)),
                       colour(ColourRole::Accent));
    }
  }
}

void AttentionSlotsView::paintWeights(QPainter& painter, const Layout& layout) const {
  const QRect& area = layout.weights;
  const int hair = layout.pitch >= px(4) ? px(1) : 0;
  const int full = area.height() - px(6);
  // The top of the head map's scale, and of the text's heat.
  const QColor solid = magnitudeColour(theme(), 1.0);
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
  painter.drawText(gutter, Qt::AlignRight | Qt::AlignVCenter | Qt::TextDontClip, name);
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

}  // namespace ui
