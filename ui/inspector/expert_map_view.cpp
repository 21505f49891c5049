// The layer × expert map: a cached image of the usage, the chosen cells of one token painted over
// it. A new token repaints a few hundred rectangles; new counts rebuild the image row by row.
#include "ui/inspector/expert_map_view.h"

#include <algorithm>
#include <cmath>

#include "ui/format.h"
#include "ui/inspector/router_analysis.h"

namespace ui {
namespace {

constexpr int kMostCellHeight = 22;

int labelStep(int nRows, int pitch, int lineHeight) {
  for (const int step : {1, 2, 5, 10, 20, 50}) {
    if (step * pitch >= lineHeight || step >= nRows) return step;
  }
  return 100;
}

QString layerLabel(std::int32_t layer) { return QStringLiteral("L%1").arg(layer); }

}  // namespace

UsageCounts usageCounts(const app::ExpertUsage& usage, UsagePhase phase) {
  UsageCounts result;
  const bool prompt = phase != UsagePhase::Answer;
  const bool answer = phase != UsagePhase::Prompt;
  result.nTokens = (prompt ? usage.prefillTokens() : 0) + (answer ? usage.decodeTokens() : 0);
  if (result.nTokens == 0) return result;
  result.counts.reserve(usage.counts().size());
  for (const app::ExpertCount& count : usage.counts()) {
    result.counts.push_back((prompt ? count.prefillTokens : 0) + (answer ? count.decodeTokens : 0));
  }
  return result;
}

ExpertMapView::ExpertMapView(const Theme& theme, QWidget* parent) : Canvas(theme, parent) {
  setAccessibleName(tr("Expert map"));
  setAccessibleDescription(tr(
      "Every layer with experts as a row, every routed expert as a column. Up and down change the "
      "layer, left and right the token, Shift with left and right the expert."));
  connect(&theme, &Theme::changed, this, [this] {
    groundStale_ = true;
    fitHeight();
  });
}

int ExpertMapView::nLayers() const {
  return info_ ? static_cast<int>(info_->moe_layers.size()) : 0;
}

int ExpertMapView::nExperts() const {
  return info_ ? static_cast<int>(info_->config.n_routed_experts) : 0;
}

void ExpertMapView::setModel(std::shared_ptr<const engine::ModelInfo> info) {
  info_ = std::move(info);
  usage_ = {};
  largestCount_ = 0;
  routing_.reset();
  decisions_.reset();
  hovered_.reset();
  groundStale_ = true;
  fitHeight();
  update();
}

// No taller than its rows can use: the rest of the dock belongs to the decision.
void ExpertMapView::fitHeight() {
  const int line = QFontMetrics(theme().font(FontRole::MonoSmall)).height();
  setMaximumHeight(nLayers() == 0 ? QWIDGETSIZE_MAX
                                  : nLayers() * kMostCellHeight + line + theme().gap(2));
  updateGeometry();
}

void ExpertMapView::setMode(ExpertMapMode mode) {
  mode_ = mode;
  groundStale_ = true;
  update();
}

void ExpertMapView::setUsage(UsageCounts usage, ScaleKind scale) {
  if (usage == usage_ && scale == usageScaleKind_) return;
  usage_ = std::move(usage);
  usageScaleKind_ = scale;
  largestCount_ = 0;
  for (const std::int64_t count : usage_.counts) largestCount_ = std::max(largestCount_, count);
  groundStale_ = true;
  update();
}

void ExpertMapView::setRouting(std::shared_ptr<const engine::TokenRouting> routing) {
  routing_ = std::move(routing);
  update();
}

void ExpertMapView::setDecisions(
    std::shared_ptr<const std::vector<engine::RouterDecision>> decisions, const QString& why) {
  decisions_ = std::move(decisions);
  decisionsMissing_ = why;
}

void ExpertMapView::setWeightRange(double high) {
  if (high == weightHigh_ || !(high > 0.0)) return;
  weightHigh_ = high;
  update();
}

void ExpertMapView::setSelected(std::int32_t layer, std::int32_t expert) {
  if (layer == selectedLayer_ && expert == selectedExpert_) return;
  selectedLayer_ = layer;
  selectedExpert_ = expert;
  update();
}

ValueScale ExpertMapView::usageScale() const {
  const double high = std::max(static_cast<double>(largestCount_), 1.0);
  if (usageScaleKind_ == ScaleKind::Log) return {ScaleKind::Log, 0.5, high};
  return {ScaleKind::Linear, 0.0, high};
}

double ExpertMapView::uniformUsage() const {
  if (nExperts() == 0) return 0.0;
  return static_cast<double>(usage_.nTokens) *
         static_cast<double>(info_->config.num_experts_per_tok) / nExperts();
}

CellGrid ExpertMapView::gridFor(QSize size) const {
  if (nLayers() == 0 || nExperts() == 0) return {};
  const QFontMetrics metrics(deviceFont(FontRole::MonoSmall));
  const int left = metrics.horizontalAdvance(layerLabel(info_->moe_layers.back())) + px(6);
  const int top = metrics.height() + px(2);
  const QRect area(left, top, size.width() - left - px(2), size.height() - top - px(2));
  CellGridShape shape{nLayers(), nExperts(), static_cast<int>(info_->config.n_group)};
  shape.maxCellWidth = px(24);
  shape.maxCellHeight = px(kMostCellHeight);
  shape.maxGap = px(10);
  return CellGrid(shape, area);
}

// With the token's own weights on top, the usage steps back to a grey ramp: two magnitudes, two
// scales.
QColor ExpertMapView::usageColour(double place) const {
  if (mode_ == ExpertMapMode::Usage) return magnitudeColour(theme(), place);
  const QColor empty = colour(ColourRole::Raised);
  return blend(empty, blend(empty, colour(ColourRole::TextMuted), 0.6), place);
}

std::optional<CellGrid::Cell> ExpertMapView::cellAt(QPoint devicePoint) const {
  return gridFor(deviceSize()).cellAt(devicePoint);
}

QPoint ExpertMapView::centreOf(CellGrid::Cell cell) const {
  return gridFor(deviceSize()).cellRect(cell).center();
}

std::vector<ExpertMapView::Weighted> ExpertMapView::chosenCells() const {
  std::vector<Weighted> cells;
  if (!routing_ || nLayers() == 0) return cells;
  const auto perLayer = static_cast<std::size_t>(info_->config.num_experts_per_tok);
  const std::size_t nChosen = std::min(
      {routing_->expert_ids.size(), routing_->weights.size(), perLayer * info_->moe_layers.size()});
  cells.reserve(nChosen);
  for (std::size_t i = 0; i < nChosen; ++i) {
    const int expert = routing_->expert_ids[i];
    if (expert >= nExperts()) continue;
    cells.push_back({{static_cast<int>(i / perLayer), expert}, routing_->weights[i]});
  }
  // The strongest last, so that it stays on top where single-pixel cells overlap.
  std::stable_sort(cells.begin(), cells.end(),
                   [](const Weighted& a, const Weighted& b) { return a.weight < b.weight; });
  return cells;
}

void ExpertMapView::paintPicture(QPainter& painter, QSize size) {
  const CellGrid grid = gridFor(size);
  if (grid.isEmpty()) return;
  paintAxes(painter, grid);
  paintGround(painter, grid);
  if (mode_ != ExpertMapMode::Usage) paintChosen(painter, grid);
  const int selectedRow = info_ ? moeIndexOf(*info_, selectedLayer_) : -1;
  if (selectedRow >= 0) {
    painter.setPen(QPen(colour(ColourRole::Accent), px(1)));
    painter.setBrush(Qt::NoBrush);
    const QRect bounds = grid.bounds();
    painter.drawRect(bounds.x() - px(2), grid.rowY(selectedRow) - px(1), bounds.width() + px(3),
                     grid.pitchY() + px(1));
    if (selectedExpert_ >= 0 && selectedExpert_ < nExperts()) {
      paintMark(painter, grid, {selectedRow, selectedExpert_}, ColourRole::Accent);
    }
  }
  if (hovered_) paintMark(painter, grid, *hovered_, ColourRole::Text);
}

void ExpertMapView::paintGround(QPainter& painter, const CellGrid& grid) {
  const QRect bounds = grid.bounds();
  if (groundStale_ || ground_.size() != bounds.size()) {
    ground_ = QImage(bounds.size(), QImage::Format_RGB32);
    ground_.fill(colour(ColourRole::Panel));
    const ValueScale scale = usageScale();
    const bool showUsage = mode_ != ExpertMapMode::Now &&
                           usage_.counts.size() == static_cast<std::size_t>(nLayers()) *
                                                       static_cast<std::size_t>(nExperts());
    const QColor empty = colour(ColourRole::Raised);
    QPainter image(&ground_);
    for (int row = 0; row < nLayers(); ++row) {
      for (int column = 0; column < nExperts(); ++column) {
        const std::size_t at =
            static_cast<std::size_t>(row) * static_cast<std::size_t>(nExperts()) +
            static_cast<std::size_t>(column);
        const std::int64_t count = showUsage ? usage_.counts[at] : 0;
        QColor fill = empty;
        if (count > 0) fill = usageColour(scale.place(static_cast<double>(count)));
        image.fillRect(grid.cellRect({row, column}).translated(-bounds.topLeft()), fill);
      }
    }
    groundStale_ = false;
  }
  painter.drawImage(bounds.topLeft(), ground_);
}

void ExpertMapView::paintChosen(QPainter& painter, const CellGrid& grid) const {
  const ValueScale scale = weightScale();
  // A chosen cell is never thinner than this, or a single pixel would be lost among 256 columns.
  const int least = px(3);
  for (const Weighted& chosen : chosenCells()) {
    QRect cell = grid.cellRect(chosen.cell);
    if (cell.width() < least) {
      cell.setX(cell.x() - (least - cell.width()) / 2);
      cell.setWidth(least);
    }
    painter.fillRect(cell, weightColour(theme(), scale.place(static_cast<double>(chosen.weight))));
  }
}

void ExpertMapView::paintAxes(QPainter& painter, const CellGrid& grid) const {
  const int line = useFont(painter, FontRole::MonoSmall);
  const QRect bounds = grid.bounds();
  const int step = labelStep(nLayers(), grid.pitchY(), line);
  const int selectedRow = moeIndexOf(*info_, selectedLayer_);
  for (int row = 0; row < nLayers(); ++row) {
    const bool selected = row == selectedRow;
    const bool crowded =
        selectedRow >= 0 && !selected && std::abs(row - selectedRow) * grid.pitchY() < line;
    if ((row % step != 0 && !selected) || crowded) continue;
    painter.setPen(colour(selected ? ColourRole::Accent : ColourRole::TextMuted));
    const int middle = grid.rowY(row) + grid.pitchY() / 2;
    painter.drawText(QRect(0, middle - line / 2, bounds.x() - px(4), line),
                     Qt::AlignRight | Qt::AlignVCenter,
                     layerLabel(info_->moe_layers[static_cast<std::size_t>(row)]));
  }
  painter.setPen(colour(ColourRole::TextMuted));
  int lastEnd = -1;
  const int perLabel = grid.shape().nGroups > 1 ? grid.columnsPerGroup()
                                                : labelStep(nExperts(), grid.pitchX(), px(28));
  for (int column = 0; column < nExperts(); column += perLabel) {
    const QString label = QStringLiteral("e%1").arg(column);
    const int width = painter.fontMetrics().horizontalAdvance(label);
    const int x = grid.columnX(column);
    if (x < lastEnd + px(4) || x + width > bounds.right() + px(8)) continue;
    painter.drawText(x, bounds.y() - px(2) - painter.fontMetrics().descent(), label);
    lastEnd = x + width;
  }
}

void ExpertMapView::paintMark(QPainter& painter, const CellGrid& grid, CellGrid::Cell cell,
                              ColourRole role) const {
  painter.setPen(QPen(colour(role), px(1)));
  painter.setBrush(Qt::NoBrush);
  QRect frame = grid.cellRect(cell);
  frame.adjust(-px(1), -px(1), px(1) - 1, px(1) - 1);
  painter.drawRect(frame);
}

void ExpertMapView::pointerMoved(QPoint devicePoint) {
  const auto cell = cellAt(devicePoint);
  if (cell == hovered_) return;
  hovered_ = cell;
  update();
  if (cell) {
    Q_EMIT cellHovered(info_->moe_layers[static_cast<std::size_t>(cell->row)], cell->column);
  } else {
    Q_EMIT cellHovered(-1, -1);
  }
}

void ExpertMapView::pointerPressed(QPoint devicePoint) {
  if (const auto cell = cellAt(devicePoint)) {
    Q_EMIT cellClicked(info_->moe_layers[static_cast<std::size_t>(cell->row)], cell->column);
  }
}

QString ExpertMapView::decisionLines(CellGrid::Cell cell) const {
  const auto row = static_cast<std::size_t>(cell.row);
  if (!decisions_ || row >= decisions_->size()) {
    return decisionsMissing_.isEmpty() ? tr("affinity: not known for this token")
                                       : decisionsMissing_;
  }
  const RouterAnalysis analysis =
      analyseRouter((*decisions_)[row], biasOfLayer(*info_, info_->moe_layers[row]), info_->config);
  const auto column = static_cast<std::size_t>(cell.column);
  if (column >= analysis.experts.size()) return {};
  const ExpertVerdict& verdict = analysis.experts[column];
  QStringList lines;
  lines << tr("affinity\t%1").arg(format::exact(verdict.affinity));
  lines << tr("bias\t%1").arg(format::exact(verdict.bias));
  lines << tr("biased score\t%1").arg(format::exact(verdict.biased));
  if (analysis.nGroups > 1) {
    lines
        << (verdict.groupOpen ? tr("group\t%1, open") : tr("group\t%1, closed")).arg(verdict.group);
  }
  lines << tr("rank\t%1 of %2").arg(verdict.rank + 1).arg(analysis.experts.size());
  return lines.join(QLatin1Char('\n'));
}

QString ExpertMapView::usageLine(CellGrid::Cell cell) const {
  const std::size_t at = static_cast<std::size_t>(cell.row) * static_cast<std::size_t>(nExperts()) +
                         static_cast<std::size_t>(cell.column);
  if (at >= usage_.counts.size()) return tr("used\tnot counted yet");
  return tr("used\t%1 times in %2 tokens (uniform: %3)")
      .arg(format::count(usage_.counts[at]), format::count(usage_.nTokens),
           format::value(uniformUsage()));
}

QString ExpertMapView::readout(CellGrid::Cell cell) const {
  if (!info_ || cell.row < 0 || cell.row >= nLayers()) return {};
  QStringList lines;
  lines << tr("L%1 · expert %2")
               .arg(info_->moe_layers[static_cast<std::size_t>(cell.row)])
               .arg(cell.column);
  QString weight = routing_ ? tr("not chosen") : tr("not known for this token");
  for (const Weighted& chosen : chosenCells()) {
    if (chosen.cell == cell) weight = format::exact(chosen.weight);
  }
  lines << tr("weight\t%1").arg(weight);
  lines << decisionLines(cell) << usageLine(cell);
  return lines.join(QLatin1Char('\n'));
}

QString ExpertMapView::readoutAt(QPoint devicePoint) const {
  const auto cell = cellAt(devicePoint);
  return cell ? readout(*cell) : QString();
}

QString ExpertMapView::tableText() const {
  if (nLayers() == 0) return {};
  QStringList rows{QStringLiteral("layer\texpert\tweight\tused\ttokens")};
  std::vector<float> weights(static_cast<std::size_t>(nLayers()) *
                             static_cast<std::size_t>(nExperts()));
  for (const Weighted& chosen : chosenCells()) {
    weights[static_cast<std::size_t>(chosen.cell.row) * static_cast<std::size_t>(nExperts()) +
            static_cast<std::size_t>(chosen.cell.column)] = chosen.weight;
  }
  for (std::size_t at = 0; at < weights.size(); ++at) {
    const std::size_t perRow = static_cast<std::size_t>(nExperts());
    const QString used = at < usage_.counts.size() ? QString::number(usage_.counts[at]) : QString();
    rows << QStringLiteral("%1\t%2\t%3\t%4\t%5")
                .arg(info_->moe_layers[at / perRow])
                .arg(at % perRow)
                .arg(routing_ ? format::exact(weights[at]) : QString(), used)
                .arg(usage_.nTokens);
  }
  return rows.join(QLatin1Char('\n'));
}

QSize ExpertMapView::minimumSizeHint() const {
  const int unit = theme().unit();
  return {std::max(60 * unit, nExperts() + 20 * unit),
          std::max(16 * unit, 2 * nLayers() + 8 * unit)};
}

QSize ExpertMapView::sizeHint() const {
  const int unit = theme().unit();
  return {std::max(90 * unit, 2 * nExperts() + 20 * unit),
          std::clamp(nLayers() * 4 * unit, 30 * unit, 64 * unit)};
}

}  // namespace ui
