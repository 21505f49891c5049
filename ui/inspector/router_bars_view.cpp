// The router's decision as bars; every height is an engine value (or the float32 sum of two of
// them). See router_analysis for who counts as chosen, lost or shut out.
#include "ui/inspector/router_bars_view.h"

#include <algorithm>
#include <cmath>

#include "ui/format.h"

namespace ui {
namespace {

constexpr int kBlockWithoutGroups = 32;

QString stateText(ExpertState state) {
  switch (state) {
    case ExpertState::Chosen:
      return RouterBarsView::tr("chosen");
    case ExpertState::OpenLost:
      return RouterBarsView::tr("group open, scored too low");
    case ExpertState::ClosedLost:
      return RouterBarsView::tr("group closed");
    case ExpertState::ClosedWouldWin:
      return RouterBarsView::tr("group closed; without the group limit it would be chosen");
  }
  return {};
}

const char* stateKey(ExpertState state) {
  switch (state) {
    case ExpertState::Chosen:
      return "chosen";
    case ExpertState::OpenLost:
      return "open-lost";
    case ExpertState::ClosedLost:
      return "closed";
    case ExpertState::ClosedWouldWin:
      return "closed-would-win";
  }
  return "";
}

}  // namespace

RouterBarsView::RouterBarsView(const Theme& theme, QWidget* parent) : Canvas(theme, parent) {
  setAccessibleName(tr("Router decision"));
  setAccessibleDescription(tr(
      "One bar per routed expert of the selected layer: affinity, bias, biased score and whether "
      "it was chosen. The table below lists the chosen ones."));
}

void RouterBarsView::setAnalysis(RouterAnalysis analysis) {
  analysis_ = std::move(analysis);
  hovered_.reset();
  updateRange();
  update();
}

void RouterBarsView::setBiasDrawing(BiasDrawing drawing) {
  biasDrawing_ = drawing;
  updateRange();
  update();
}

void RouterBarsView::setSelectedExpert(int expert) {
  if (selected_ == expert) return;
  selected_ = expert;
  update();
}

void RouterBarsView::setStale(bool stale) {
  if (stale_ == stale) return;
  stale_ = stale;
  update();
}

void RouterBarsView::updateRange() {
  shift_ = 0;
  if (biasDrawing_ == BiasDrawing::LessItsMean && !analysis_.experts.empty()) {
    double sum = 0.0;
    for (const ExpertVerdict& verdict : analysis_.experts) sum += static_cast<double>(verdict.bias);
    shift_ = static_cast<float>(sum / static_cast<double>(analysis_.experts.size()));
  }
  low_ = 0;
  high_ = 0;
  for (const ExpertVerdict& verdict : analysis_.experts) {
    low_ = std::min({low_, verdict.affinity, verdict.biased - shift_});
    high_ = std::max({high_, verdict.affinity, verdict.biased - shift_});
  }
  if (!(high_ > low_)) high_ = low_ + 1;
}

QRect RouterBarsView::Layout::blockRect(int block) const {
  const int row = block / blocksPerRow;
  const int column = block % blocksPerRow;
  return {left + column * (perBlock * pitch + gap), row * rowHeight, perBlock * pitch, barsHeight};
}

RouterBarsView::Layout RouterBarsView::layoutFor(QSize size) const {
  Layout layout;
  const int nExperts = static_cast<int>(analysis_.experts.size());
  if (nExperts == 0) return layout;
  const bool grouped = analysis_.nGroups > 1;
  layout.perBlock = grouped ? analysis_.expertsPerGroup
                            : (nExperts > 2 * kBlockWithoutGroups ? kBlockWithoutGroups : nExperts);
  layout.nBlocks = (nExperts + layout.perBlock - 1) / layout.perBlock;
  const QFontMetrics metrics(deviceFont(FontRole::MonoSmall));
  layout.left = metrics.horizontalAdvance(QStringLiteral("−0.000")) + px(6);
  layout.gap = px(6);
  const int strip = metrics.height() + px(4);
  const int width = size.width() - layout.left - px(4);
  for (int nRows = 1; nRows <= layout.nBlocks; ++nRows) {
    layout.blocksPerRow = (layout.nBlocks + nRows - 1) / nRows;
    layout.rowHeight = size.height() / nRows;
    layout.barsHeight = layout.rowHeight - strip;
    const int free = width - layout.gap * (layout.blocksPerRow - 1);
    layout.pitch = std::clamp(free / (layout.blocksPerRow * layout.perBlock), 1, px(18));
    const int nextHeight = size.height() / (nRows + 1) - strip;
    if (layout.pitch >= px(4) || nextHeight < px(44)) break;
  }
  const int used = layout.pitch * layout.blocksPerRow * layout.perBlock;
  if (layout.blocksPerRow > 1) {
    layout.gap = std::clamp((width - used) / (layout.blocksPerRow - 1), 1, px(16));
  }
  return layout;
}

int RouterBarsView::yOf(const Layout& layout, int block, float value) const {
  const QRect rect = layout.blockRect(block);
  const double place = static_cast<double>((value - low_) / (high_ - low_));
  const int head = px(8);  // room above the highest bar for marks
  return rect.bottom() - static_cast<int>(std::lround(place * (rect.height() - head)));
}

std::optional<int> RouterBarsView::expertAt(QPoint devicePoint) const {
  const Layout layout = layoutFor(deviceSize());
  for (int block = 0; block < layout.nBlocks; ++block) {
    QRect rect = layout.blockRect(block);
    rect.setHeight(layout.rowHeight);
    if (!rect.contains(devicePoint)) continue;
    const int expert = block * layout.perBlock + (devicePoint.x() - rect.x()) / layout.pitch;
    if (expert < static_cast<int>(analysis_.experts.size())) return expert;
  }
  return std::nullopt;
}

QPoint RouterBarsView::centreOf(int expert) const {
  const Layout layout = layoutFor(deviceSize());
  if (layout.perBlock == 0) return {};
  const QRect rect = layout.blockRect(expert / layout.perBlock);
  return {rect.x() + (expert % layout.perBlock) * layout.pitch + layout.pitch / 2,
          rect.center().y()};
}

void RouterBarsView::paintPicture(QPainter& painter, QSize size) {
  const Layout layout = layoutFor(size);
  if (layout.nBlocks == 0) return;
  if (stale_) painter.setOpacity(0.4);
  for (int block = 0; block < layout.nBlocks; ++block) paintBlockGround(painter, layout, block);
  for (int e = 0; e < static_cast<int>(analysis_.experts.size()); ++e) paintBar(painter, layout, e);
  paintThreshold(painter, layout);
  paintAxis(painter, layout);
}

void RouterBarsView::paintBlockGround(QPainter& painter, const Layout& layout, int block) const {
  const QRect rect = layout.blockRect(block);
  const int line = useFont(painter, FontRole::MonoSmall);
  const QRect strip(rect.x(), rect.bottom() + px(2), rect.width() + layout.gap, line);
  painter.setPen(colour(ColourRole::TextMuted));
  if (analysis_.nGroups == 1) {
    painter.fillRect(rect, colour(ColourRole::Raised));
    painter.drawText(strip, Qt::AlignLeft | Qt::AlignVCenter,
                     QStringLiteral("e%1").arg(block * layout.perBlock));
    return;
  }
  const auto group = static_cast<std::size_t>(block);
  const bool open = group >= analysis_.groupOpen.size() || analysis_.groupOpen[group] != 0;
  painter.fillRect(rect, colour(open ? ColourRole::Raised : ColourRole::Panel));
  if (!open) painter.fillRect(rect, QBrush(colour(ColourRole::Line), Qt::BDiagPattern));
  QStringList labels;
  if (group < analysis_.groupScores.size()) {
    const QString score = format::value(static_cast<double>(analysis_.groupScores[group]));
    labels << (open ? tr("g%1 %2 open") : tr("g%1 %2 closed")).arg(block).arg(score);
    labels
        << (open ? QStringLiteral("g%1 %2 ✓") : QStringLiteral("g%1 %2 ×")).arg(block).arg(score);
  }
  labels << (open ? QStringLiteral("g%1 ✓") : QStringLiteral("g%1 ×")).arg(block);
  labels << QString::number(block);
  painter.setPen(colour(open ? ColourRole::Text : ColourRole::TextMuted));
  for (const QString& label : labels) {
    if (painter.fontMetrics().horizontalAdvance(label) > strip.width() && label != labels.back())
      continue;
    painter.drawText(strip, Qt::AlignLeft | Qt::AlignVCenter, label);
    break;
  }
}

void RouterBarsView::paintBar(QPainter& painter, const Layout& layout, int expert) const {
  const ExpertVerdict& verdict = analysis_.experts[static_cast<std::size_t>(expert)];
  const int block = expert / layout.perBlock;
  const QRect area = layout.blockRect(block);
  const int hair = layout.pitch >= px(3) ? px(1) : 0;
  const int x = area.x() + (expert % layout.perBlock) * layout.pitch;
  const int width = std::max(1, layout.pitch - hair);
  const int zero = yOf(layout, block, 0);
  const int affinity = yOf(layout, block, verdict.affinity);
  const int biased = yOf(layout, block, verdict.biased - shift_);
  const bool chosen = verdict.state == ExpertState::Chosen;
  if (expert == selected_ || (hovered_ && *hovered_ == expert)) {
    painter.fillRect(QRect(x - hair, area.y(), width + 2 * hair, area.height()),
                     colour(expert == selected_ ? ColourRole::Selection : ColourRole::Hover));
  }
  const double ink = chosen ? 1.0 : (verdict.groupOpen ? 0.45 : 0.25);
  const auto span = [&](int from, int to) {
    return QRect(x, std::min(from, to), width, std::max(1, std::abs(to - from)));
  };
  painter.fillRect(span(zero, affinity),
                   blend(colour(ColourRole::Panel), colour(ColourRole::DataHigh), ink));
  if (biased != affinity) {
    const QColor cap =
        signedColour(theme(), verdict.biased - shift_ > verdict.affinity ? 0.7 : -0.7);
    painter.fillRect(span(affinity, biased),
                     blend(colour(ColourRole::Panel), cap, chosen ? 1.0 : 0.6));
  }
  if (width >= px(3)) {
    painter.fillRect(QRect(x, biased, width, px(1)), colour(ColourRole::Text));
  }
  // A second sign beside colour: a dot over the chosen, a hollow triangle over the shut-out
  // winners.
  const int middle = x + width / 2;
  const int top = std::min({zero, affinity, biased}) - px(2);
  if (chosen) {
    painter.fillRect(QRect(middle - px(3) / 2, top - px(3), px(3), px(3)),
                     colour(ColourRole::Text));
  } else if (verdict.state == ExpertState::ClosedWouldWin) {
    painter.setPen(QPen(colour(ColourRole::Warning), px(1)));
    painter.setBrush(Qt::NoBrush);
    painter.drawPolygon(QPolygon({QPoint(middle - px(3), top - px(4)),
                                  QPoint(middle + px(3), top - px(4)), QPoint(middle, top)}));
  }
}

void RouterBarsView::paintThreshold(QPainter& painter, const Layout& layout) const {
  if (analysis_.chosen.empty()) return;
  QPen pen(colour(ColourRole::Accent), px(1));
  pen.setDashPattern({3, 2});
  painter.setPen(pen);
  for (int block = 0; block < layout.nBlocks; ++block) {
    const QRect rect = layout.blockRect(block);
    const int y = yOf(layout, block, analysis_.threshold - shift_);
    painter.drawLine(rect.left(), y, rect.right(), y);
  }
}

void RouterBarsView::paintAxis(QPainter& painter, const Layout& layout) const {
  const int line = useFont(painter, FontRole::MonoSmall);
  painter.setPen(colour(ColourRole::TextMuted));
  const int nRows = (layout.nBlocks + layout.blocksPerRow - 1) / layout.blocksPerRow;
  for (int row = 0; row < nRows; ++row) {
    const int block = row * layout.blocksPerRow;
    const auto label = [&](float value, const QString& text) {
      const int y = yOf(layout, block, value);
      const int top = std::clamp(y - line / 2, row * layout.rowHeight, y);
      painter.drawText(QRect(0, top, layout.left - px(4), line), Qt::AlignRight | Qt::AlignVCenter,
                       text);
    };
    label(high_, format::value(static_cast<double>(high_)));
    label(0, QStringLiteral("0"));
    const bool roomForLow = yOf(layout, block, low_) - yOf(layout, block, 0) > line;
    if (roomForLow) label(low_, format::signedValue(static_cast<double>(low_)));
  }
}

void RouterBarsView::pointerMoved(QPoint devicePoint) {
  const auto expert = expertAt(devicePoint);
  if (expert == hovered_) return;
  hovered_ = expert;
  update();
}

void RouterBarsView::pointerPressed(QPoint devicePoint) {
  if (const auto expert = expertAt(devicePoint)) Q_EMIT expertClicked(*expert);
}

QString RouterBarsView::readout(int expert) const {
  if (expert < 0 || expert >= static_cast<int>(analysis_.experts.size())) return {};
  const ExpertVerdict& verdict = analysis_.experts[static_cast<std::size_t>(expert)];
  QStringList lines;
  lines << tr("expert %1: %2").arg(QString::number(expert), stateText(verdict.state));
  lines << tr("affinity\t%1").arg(format::exact(verdict.affinity));
  lines << tr("bias\t%1").arg(format::exact(verdict.bias));
  lines << tr("biased score\t%1").arg(format::exact(verdict.biased));
  if (analysis_.nGroups > 1) {
    lines
        << (verdict.groupOpen ? tr("group\t%1, open") : tr("group\t%1, closed")).arg(verdict.group);
  }
  lines << tr("rank\t%1 of %2").arg(verdict.rank + 1).arg(analysis_.experts.size());
  if (verdict.openRank >= 0 && verdict.openRank != verdict.rank) {
    lines << tr("rank in open groups\t%1").arg(verdict.openRank + 1);
  }
  if (verdict.state == ExpertState::Chosen) {
    lines << tr("final weight\t%1").arg(format::exact(verdict.weight));
  } else if (!analysis_.chosen.empty()) {
    lines
        << tr("short of the line by\t%1").arg(format::exact(analysis_.threshold - verdict.biased));
  }
  return lines.join(QLatin1Char('\n'));
}

QString RouterBarsView::readoutAt(QPoint devicePoint) const {
  const auto expert = expertAt(devicePoint);
  return expert ? readout(*expert) : QString();
}

QString RouterBarsView::tableText() const {
  QStringList rows{QStringLiteral(
      "expert\tgroup\tgroup_open\taffinity\tbias\tbiased\trank\tstate\tplace\tweight")};
  for (std::size_t e = 0; e < analysis_.experts.size(); ++e) {
    const ExpertVerdict& verdict = analysis_.experts[e];
    QStringList cells{QString::number(e),
                      QString::number(verdict.group),
                      QString::number(verdict.groupOpen ? 1 : 0),
                      format::exact(verdict.affinity),
                      format::exact(verdict.bias),
                      format::exact(verdict.biased),
                      QString::number(verdict.rank + 1),
                      QString::fromLatin1(stateKey(verdict.state))};
    const bool chosen = verdict.state == ExpertState::Chosen;
    cells << (chosen ? QString::number(verdict.place + 1) : QString());
    cells << (chosen ? format::exact(verdict.weight) : QString());
    rows << cells.join(QLatin1Char('\t'));
  }
  return rows.join(QLatin1Char('\n'));
}

QSize RouterBarsView::minimumSizeHint() const { return {60 * theme().unit(), 23 * theme().unit()}; }
QSize RouterBarsView::sizeHint() const { return {100 * theme().unit(), 36 * theme().unit()}; }

}  // namespace ui
