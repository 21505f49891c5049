// The experts dock: map, legends, decision.
// Values arrive through setters; nothing is computed here but which of them are drawn.
#include "ui/inspector/experts_panel.h"

#include <QButtonGroup>
#include <QComboBox>
#include <QHBoxLayout>
#include <QScrollArea>
#include <QSplitter>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/inspector/router_bars_view.h"
#include "ui/inspector/router_decision_view.h"
#include "ui/inspector/scale_legend.h"

namespace ui {

QString missingText(const app::InspectionPart& part) {
  switch (part.state) {
    case app::InspectionState::Ready:
      return {};
    case app::InspectionState::Pending:
      return ExpertsPanel::tr("Recomputing this token from the cache …");
    case app::InspectionState::NothingYet:
    case app::InspectionState::Unavailable:
      break;
  }
  return part.reason;
}

ExpertsPanel::ExpertsPanel(const Theme& theme, QWidget* parent)
    : InspectorPanel(theme, parent),
      map_(new ExpertMapView(theme, this)),
      weightLegend_(new ScaleLegend(theme, this)),
      usageLegend_(new ScaleLegend(theme, this)),
      decision_(new RouterDecisionView(theme, this)),
      splitter_(new QSplitter(Qt::Vertical, this)) {
  setObjectName(QStringLiteral("expertsPanel"));
  setAccessibleName(tr("Experts"));
  setAccessibleDescription(
      tr("Which routed experts the selected token activated in every layer, and why"));
  createControls();
  auto* upper = new QWidget(splitter_);
  auto* upperColumn = new QVBoxLayout(upper);
  upperColumn->setContentsMargins(0, 0, 0, theme.gap(1));
  upperColumn->setSpacing(theme.gap(1));
  upperColumn->setSizeConstraint(QLayout::SetMinAndMaxSize);
  upperColumn->addWidget(map_, 1);
  // A widget, not a bare layout: an empty layout would cap the column's width while the legends are
  // hidden.
  auto* legendRow = new QWidget(upper);
  auto* legends = new QHBoxLayout(legendRow);
  legends->setContentsMargins(0, 0, 0, 0);
  legends->setSpacing(theme.gap(3));
  legends->addWidget(weightLegend_, 2);
  legends->addWidget(usageLegend_, 3);
  upperColumn->addWidget(legendRow);
  auto* scroll = new QScrollArea(splitter_);
  decisionArea_ = scroll;
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll->setFocusPolicy(Qt::NoFocus);
  scroll->setMinimumHeight(theme.gap(12));
  scroll->setWidget(decision_);
  scroll->viewport()->setAutoFillBackground(false);
  decision_->setAutoFillBackground(false);
  splitter_->addWidget(upper);
  splitter_->addWidget(scroll);
  splitter_->setStretchFactor(0, 1);
  splitter_->setStretchFactor(1, 1);
  splitter_->setChildrenCollapsible(true);
  column()->addWidget(splitter_, 1);

  connect(map_, &ExpertMapView::cellClicked, this, &ExpertsPanel::expertPicked);
  connect(decision_, &RouterDecisionView::expertClicked, this,
          [this](int expert) { Q_EMIT expertPicked(layer_, expert); });
  connect(&theme, &Theme::changed, this, &ExpertsPanel::applyLegends);
  setModel(nullptr);
}

void ExpertsPanel::createControls() {
  QHBoxLayout* row = addToolRow();
  mode_ = addSegments(row, {tr("Both"), tr("Now"), tr("Usage")},
                      {tr("The selected token's experts over the usage of the conversation"),
                       tr("Only the experts of the selected token"),
                       tr("How often every expert was chosen in this conversation")});
  row->addSpacing(theme().gap(2));
  phase_ = new QComboBox(this);
  phase_->addItems({tr("prompt + answer"), tr("prompt"), tr("answer")});
  phase_->setToolTip(tr("Whose tokens are counted in the usage"));
  phase_->setAccessibleName(tr("Usage of"));
  phase_->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  row->addWidget(phase_);
  logUsage_ = addToggle(row, tr("log"), tr("Usage on a logarithmic scale"), false);
  row->addStretch(1);
  connect(mode_, &QButtonGroup::idClicked, this, [this](int id) {
    constexpr std::array kModes{ExpertMapMode::Both, ExpertMapMode::Now, ExpertMapMode::Usage};
    map_->setMode(kModes[static_cast<std::size_t>(id)]);
    applyLegends();
  });
  connect(phase_, &QComboBox::currentIndexChanged, this, &ExpertsPanel::applyUsage);
  connect(logUsage_, &QToolButton::toggled, this, &ExpertsPanel::applyUsage);
}

UsagePhase ExpertsPanel::phase() const {
  constexpr std::array kPhases{UsagePhase::PromptAndAnswer, UsagePhase::Prompt, UsagePhase::Answer};
  return kPhases[static_cast<std::size_t>(std::clamp(phase_->currentIndex(), 0, 2))];
}

QString ExpertsPanel::mapMessage() const {
  if (!info_) return tr("Open a checkpoint and send a message to see which experts answer.");
  if (info_->config.n_routed_experts <= 0 || info_->moe_layers.empty()) {
    return tr(
        "This model has no experts: it is dense, so every token goes through the same "
        "weights and no router decides.");
  }
  if (!routing_ && usage_.prefillTokens() + usage_.decodeTokens() == 0) {
    return tr(
        "Send a message to see which experts answer: one row per layer, one column per expert.");
  }
  return {};
}

void ExpertsPanel::setModel(std::shared_ptr<const engine::ModelInfo> info) {
  info_ = std::move(info);
  usage_ = {};
  routing_.reset();
  decisions_.reset();
  part_ = {};
  map_->setModel(info_);
  decision_->setModel(info_);
  applyUsage();
  applyDecision();
}

void ExpertsPanel::setUsage(const app::ExpertUsage& usage) {
  usage_ = usage;
  applyUsage();
}

void ExpertsPanel::applyUsage() {
  const ScaleKind kind = logUsage_->isChecked() ? ScaleKind::Log : ScaleKind::Linear;
  map_->setUsage(usageCounts(usage_, phase()), kind);
  applyLegends();
}

void ExpertsPanel::applyLegends() {
  const QString message = mapMessage();
  const bool dense = info_ && info_->config.n_routed_experts <= 0;
  for (QAbstractButton* button : mode_->buttons()) button->setVisible(!dense);
  phase_->setVisible(!dense);
  logUsage_->setVisible(!dense);
  map_->setMessage(message);
  decisionArea_->setVisible(message.isEmpty());
  weightLegend_->setVisible(message.isEmpty() && map_->mode() != ExpertMapMode::Usage);
  usageLegend_->setVisible(message.isEmpty() && map_->mode() != ExpertMapMode::Now);
  if (!message.isEmpty()) {
    return;
  }
  const Theme& colours = theme();
  weightLegend_->setContent({tr("weight"),
                             map_->weightScale(),
                             [&colours](double place) { return weightColour(colours, place); },
                             std::nullopt,
                             {}});
  usageLegend_->setContent({tr("used"), map_->usageScale(),
                            [this](double place) { return map_->usageColour(place); },
                            map_->uniformUsage(), tr("uniform")});
}

void ExpertsPanel::setWeightRange(double high) {
  map_->setWeightRange(high);
  applyLegends();
}

void ExpertsPanel::setRouting(std::shared_ptr<const engine::TokenRouting> routing) {
  routing_ = std::move(routing);
  map_->setRouting(routing_);
  applyLegends();
}

void ExpertsPanel::setDecisions(const app::InspectionPart& part, app::LayerDecisions decisions) {
  part_ = part;
  const bool ready = part.state == app::InspectionState::Ready;
  // While a token is recomputed the values of the last one stay, faded.
  const bool keeps = ready || part.state == app::InspectionState::Pending;
  decisions_ = keeps ? std::move(decisions) : nullptr;
  map_->setDecisions(ready ? decisions_ : nullptr, missingText(part));
  applyDecision();
}

void ExpertsPanel::setSelected(std::int32_t layer, std::optional<std::int32_t> expert) {
  layer_ = layer;
  expert_ = expert;
  map_->setSelected(layer, expert.value_or(-1));
  applyDecision();
}

void ExpertsPanel::applyDecision() {
  const int row = info_ ? moeIndexOf(*info_, layer_) : -1;
  if (info_ && row < 0) {
    decision_->setDecision(nullptr, tr("Layer %1 is dense: it has no router. Choose a layer with "
                                       "experts with ↑ and ↓ or in the map.")
                                        .arg(layer_));
    return;
  }
  const bool known = decisions_ && row >= 0 && static_cast<std::size_t>(row) < decisions_->size();
  decision_->setDecision(known ? &(*decisions_)[static_cast<std::size_t>(row)] : nullptr,
                         missingText(part_));
  decision_->setStale(part_.state == app::InspectionState::Pending);
  decision_->setSelectedExpert(expert_.value_or(-1));
}

void ExpertsPanel::moveMark(int step) {
  if (!info_ || moeIndexOf(*info_, layer_) < 0) return;
  const auto nExperts = static_cast<std::int32_t>(info_->config.n_routed_experts);
  if (nExperts <= 0) return;
  const std::int32_t from = expert_.value_or(step > 0 ? -1 : nExperts);
  Q_EMIT expertPicked(layer_, std::clamp(from + step, 0, nExperts - 1));
}

}  // namespace ui
