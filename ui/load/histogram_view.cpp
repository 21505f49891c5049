// Bins are the engine's; a bin with one element is one device pixel high at least.
#include "ui/load/histogram_view.h"

#include <algorithm>
#include <cmath>

#include "ui/format.h"

namespace ui {

HistogramView::HistogramView(const Theme& theme, QWidget* parent) : Canvas(theme, parent) {
  setAccessibleName(tr("Histogram of the tensor's values"));
}

QSize HistogramView::sizeHint() const { return {theme().gap(80), theme().gap(40)}; }
QSize HistogramView::minimumSizeHint() const { return {theme().gap(40), theme().gap(24)}; }

void HistogramView::setStatistics(std::optional<engine::TensorStatistics> statistics) {
  statistics_ = std::move(statistics);
  update();
}

void HistogramView::setScaleKind(ScaleKind kind) {
  kind_ = kind;
  update();
}

bool HistogramView::hasBins() const { return statistics_ && !statistics_->histogram.empty(); }

double HistogramView::edge(std::size_t bin) const {
  const double low = static_cast<double>(statistics_->lowest);
  const double high = static_cast<double>(statistics_->highest);
  return low + (high - low) * static_cast<double>(bin) /
                   static_cast<double>(statistics_->histogram.size());
}

int HistogramView::axisHeight() const {
  return px(QFontMetricsF(theme().font(FontRole::Small)).height() + 6);
}

QString HistogramView::readoutAt(QPoint devicePoint) const {
  const int width = deviceSize().width();
  if (!hasBins() || width <= 0 || devicePoint.x() < 0 || devicePoint.x() >= width) return {};
  const auto nBins = static_cast<int>(statistics_->histogram.size());
  const auto bin = static_cast<std::size_t>(devicePoint.x() * nBins / width);
  const std::int64_t n = statistics_->histogram[bin];
  return tr("%1 … %2\t%3 elements")
      .arg(format::value(edge(bin)), format::value(edge(bin + 1)), format::count(n));
}

QString HistogramView::tableText() const {
  if (!hasBins()) return {};
  QString table = QStringLiteral("from\tto\tcount\n");
  for (std::size_t bin = 0; bin < statistics_->histogram.size(); ++bin) {
    table += QStringLiteral("%1\t%2\t%3\n")
                 .arg(edge(bin), 0, 'g', 9)
                 .arg(edge(bin + 1), 0, 'g', 9)
                 .arg(statistics_->histogram[bin]);
  }
  return table;
}

void HistogramView::paintPicture(QPainter& painter, QSize size) {
  if (!hasBins()) return;
  const QRect area(0, px(2), size.width(), size.height() - axisHeight() - px(2));
  paintBars(painter, area);
  paintAxis(painter, area, size);
}

void HistogramView::paintBars(QPainter& painter, QRect area) const {
  const std::vector<std::int64_t>& bins = statistics_->histogram;
  const std::int64_t most = *std::max_element(bins.begin(), bins.end());
  const ValueScale scale{kind_, kind_ == ScaleKind::Log ? 0.5 : 0.0,
                         std::max(1.0, static_cast<double>(most))};
  const auto nBins = static_cast<int>(bins.size());
  for (int bin = 0; bin < nBins; ++bin) {
    const std::int64_t n = bins[static_cast<std::size_t>(bin)];
    if (n == 0) continue;
    const int left = area.x() + bin * area.width() / nBins;
    const int right = area.x() + (bin + 1) * area.width() / nBins;
    const int height = std::max(
        1, static_cast<int>(std::lround(scale.place(static_cast<double>(n)) * area.height())));
    painter.fillRect(
        QRect(left, area.bottom() + 1 - height, std::max(1, right - left - px(1)), height),
        colour(ColourRole::DataHigh));
  }
}

void HistogramView::paintAxis(QPainter& painter, QRect area, QSize size) const {
  const double low = static_cast<double>(statistics_->lowest);
  const double high = static_cast<double>(statistics_->highest);
  painter.fillRect(QRect(area.x(), area.bottom() + 1, area.width(), px(1)),
                   colour(ColourRole::LineStrong));
  const auto at = [&](double value) {
    return area.x() + static_cast<int>((value - low) / (high - low) * (area.width() - 1));
  };
  useFont(painter, FontRole::Small);
  painter.setPen(colour(ColourRole::TextMuted));
  const QRect labels(0, area.bottom() + px(4), size.width(), axisHeight());
  const QFontMetrics metrics = painter.fontMetrics();
  const QString lowText = format::value(low);
  const QString highText = format::value(high);
  painter.drawText(labels, Qt::AlignLeft | Qt::AlignTop, lowText);
  painter.drawText(labels, Qt::AlignRight | Qt::AlignTop, highText);
  if (!(low < 0 && high > 0)) return;
  const int zero = at(0);
  painter.fillRect(QRect(zero, area.y(), px(1), area.height() + px(3)),
                   colour(ColourRole::LineStrong));
  const int half = metrics.horizontalAdvance(QLatin1Char('0'));
  const bool free = zero - half > metrics.horizontalAdvance(lowText) + px(4) &&
                    zero + half < size.width() - metrics.horizontalAdvance(highText) - px(4);
  if (free) {
    painter.drawText(QRect(zero - 2 * half, labels.y(), 4 * half, labels.height()),
                     Qt::AlignHCenter | Qt::AlignTop, QStringLiteral("0"));
  }
}

}  // namespace ui
