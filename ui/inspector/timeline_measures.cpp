// What the timeline's bars can show, and what is said of one token.
#include <QComboBox>
#include <algorithm>
#include <cmath>

#include "ui/format.h"
#include "ui/inspector/timeline_strip.h"

namespace ui {
namespace {

// Bars of nats are full at and above this: p ≤ 0.25 % for a surprise.
constexpr double kFullSurprise = 6.0;

}  // namespace

std::optional<double> routerEntropy(const std::vector<float>& weights, std::size_t perLayer) {
  if (perLayer == 0 || weights.empty()) return std::nullopt;
  double total = 0;
  for (std::size_t begin = 0; begin + perLayer <= weights.size(); begin += perLayer) {
    double sum = 0;
    for (std::size_t i = begin; i < begin + perLayer; ++i) sum += static_cast<double>(weights[i]);
    if (!(sum > 0)) continue;
    for (std::size_t i = begin; i < begin + perLayer; ++i) {
      const double share = static_cast<double>(weights[i]) / sum;
      if (share > 0) total -= share * std::log(share);
    }
  }
  return total / static_cast<double>(weights.size() / perLayer);
}

void TimelineStrip::setMeasure(TimelineMeasure measure) {
  measure_ = measure;
  measureBox_->setCurrentIndex(static_cast<int>(measure));
  update();
}

void TimelineStrip::setRouterEntropyLimit(double limit) {
  routerEntropyLimit_ = limit;
  const bool routed = limit > 0;
  if (!routed && measure_ == TimelineMeasure::RouterEntropy) setMeasure(TimelineMeasure::Surprise);
  const int last = kTimelineMeasureCount - 1;
  if (routed && measureBox_->count() == last) measureBox_->addItem(tr("router"));
  if (!routed && measureBox_->count() > last) measureBox_->removeItem(last);
  update();
}

double TimelineStrip::fullBar() const {
  switch (measure_) {
    case TimelineMeasure::Margin:
      return 1.0;
    case TimelineMeasure::RouterEntropy:
      return routerEntropyLimit_ > 0 ? routerEntropyLimit_ : 1.0;
    default:
      return kFullSurprise;
  }
}

std::optional<double> TimelineStrip::measured(const TimelineMark& mark) const {
  switch (measure_) {
    case TimelineMeasure::Surprise:
      return mark.logProbability ? std::optional(-*mark.logProbability) : std::nullopt;
    case TimelineMeasure::Entropy:
      return mark.entropy;
    case TimelineMeasure::Margin:
      return mark.margin;
    case TimelineMeasure::RouterEntropy:
      break;
  }
  return mark.routerEntropy;
}

QString TimelineStrip::measureText() const {
  const QString full = format::value(fullBar());
  switch (measure_) {
    case TimelineMeasure::Surprise:
      return tr("Bars: −ln p of the token the model drew, p being the model's own probability.\n"
                "At %1 and above (p ≤ %2) a bar is full.")
          .arg(legendNumber(kFullSurprise), format::percent(std::exp(-kFullSurprise)));
    case TimelineMeasure::Entropy:
      return tr("Bars: entropy of the distribution the token was drawn from, in nats, before the "
                "sampler. At %1 and above a bar is full.")
          .arg(full);
    case TimelineMeasure::Margin:
      return tr(
          "Bars: probability of the most probable token less that of the second. A full bar "
          "is 1: no doubt.");
    case TimelineMeasure::RouterEntropy:
      break;
  }
  return tr("Bars: entropy of the chosen experts' weights, mean over the layers, in nats. A full "
            "bar is %1: all chosen experts weigh the same.")
      .arg(full);
}

QString TimelineStrip::readout(std::int64_t position) const {
  if (position < 0 || position >= count()) return {};
  const TimelineMark& mark = marks_[static_cast<std::size_t>(position)];
  QStringList lines{tokenAddress(position, mark.label)};
  lines << (mark.isAnswer ? tr("drawn by the model") : tr("part of the prompt"));
  if (mark.logProbability) {
    lines << tr("log-probability\t%1").arg(format::value(*mark.logProbability));
    lines << tr("probability\t%1").arg(format::value(std::exp(*mark.logProbability)));
  }
  if (mark.entropy) lines << tr("entropy\t%1 nats").arg(format::value(*mark.entropy));
  if (mark.margin) lines << tr("margin to the second\t%1").arg(format::value(*mark.margin));
  if (mark.routerEntropy) {
    lines << tr("router entropy\t%1 nats").arg(format::value(*mark.routerEntropy));
  }
  if (!mark.isRouted) lines << tr("not yet through the model: no routing");
  return lines.join(QLatin1Char('\n'));
}

QString TimelineStrip::readoutAt(QPoint devicePoint) const {
  if (devicePoint.x() < layoutFor(deviceSize()).area.left() && !marks_.empty()) {
    return measureText() + QLatin1Char('\n') +
           tr("Prompt tokens hang below the line.\nWheel scrolls, Ctrl with the wheel zooms.");
  }
  const auto position = positionAt(devicePoint);
  return position ? readout(*position) : QString();
}

QString TimelineStrip::tableText() const {
  if (marks_.empty()) return {};
  QStringList rows{
      QStringLiteral("position\ttoken\tphase\tlog_probability\tentropy\tmargin\trouter_entropy")};
  const auto number = [](const std::optional<double>& value) {
    return value ? QString::number(*value, 'g', 9) : QString();
  };
  for (std::int64_t position = 0; position < count(); ++position) {
    const TimelineMark& mark = marks_[static_cast<std::size_t>(position)];
    rows << QStringList{QString::number(position),
                        mark.label.text,
                        mark.isAnswer ? QStringLiteral("answer") : QStringLiteral("prompt"),
                        number(mark.logProbability),
                        number(mark.entropy),
                        number(mark.margin),
                        number(mark.routerEntropy)}
                .join(QLatin1Char('\t'));
  }
  return rows.join(QLatin1Char('\n'));
}

}  // namespace ui
