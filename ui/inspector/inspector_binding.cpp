// The wires between app's models and the inspector's panels.
// A panel that nobody sees is not fed; it catches up when it is shown.
#include "ui/inspector/inspector_binding.h"

#include <algorithm>
#include <cmath>

#include "app/workspace.h"
#include "ui/format.h"
#include "ui/inspector/attention_panel.h"
#include "ui/inspector/cache_panel.h"
#include "ui/inspector/experts_panel.h"
#include "ui/inspector/next_token_panel.h"

namespace ui {
namespace {

TokenLabel labelOf(const app::TimelineToken& token) {
  const std::string_view bytes(token.bytes.constData(),
                               static_cast<std::size_t>(token.bytes.size()));
  // Most tokens are a word after a space: no need to decode them character by character.
  const bool plain =
      std::all_of(bytes.begin(), bytes.end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (!plain) return {format::tokenText(bytes), token.isControl};
  QString text = QString::fromLatin1(token.bytes);
  return {text.replace(QLatin1Char(' '), QChar(0xb7)), token.isControl};
}

std::optional<std::int64_t> positionValue(std::optional<engine::Position> position) {
  return position ? std::optional(position->value) : std::nullopt;
}

std::optional<engine::Position> positionOf(std::int64_t value) {
  return value < 0 ? std::nullopt : std::optional(engine::Position(value));
}

}  // namespace

InspectorBinding::InspectorBinding(InspectorModels models, InspectorPanels panels, QObject* parent)
    : QObject(parent), models_(models), panels_(panels) {
  connectTimeline();
  connectSelection();
  connectPanels();
  models_.inspector.setRouterVisible(panels_.experts.isVisible());
  models_.inspector.setAttentionVisible(panels_.attention.isVisible());
  models_.inspector.setNextTokenVisible(panels_.nextToken.isVisible());
  onTimelineReset(0);
}

void InspectorBinding::connectTimeline() {
  app::TokenTimeline& timeline = models_.timeline;
  connect(&timeline, &app::TokenTimeline::reset, this, &InspectorBinding::onTimelineReset);
  connect(&timeline, &app::TokenTimeline::tokensAppended, this,
          &InspectorBinding::onTokensAppended);
  connect(&timeline, &app::TokenTimeline::routingAdded, this, &InspectorBinding::onRoutingAdded);
  connect(&models_.inspector, &app::InspectorModel::routerChanged, this,
          &InspectorBinding::showRouter);
  connect(&models_.inspector, &app::InspectorModel::attentionChanged, this,
          &InspectorBinding::showAttention);
  connect(&models_.inspector, &app::InspectorModel::nextTokenChanged, this,
          &InspectorBinding::showNextToken);
}

void InspectorBinding::connectSelection() {
  app::Selection& selection = models_.selection;
  connect(&selection, &app::Selection::tokenChanged, this, &InspectorBinding::showToken);
  connect(&selection, &app::Selection::followingChanged, this, &InspectorBinding::showToken);
  connect(&selection, &app::Selection::layerChanged, this, &InspectorBinding::showSelected);
  connect(&selection, &app::Selection::expertChanged, this, &InspectorBinding::showSelected);
  connect(&selection, &app::Selection::headChanged, this,
          [this] { panels_.attention.setHead(models_.selection.head()); });
  connect(&selection, &app::Selection::hoveredTokenChanged, this, [this] {
    const auto hovered = positionValue(models_.selection.hoveredToken());
    panels_.timeline.setHovered(hovered);
    panels_.attention.setHoveredToken(hovered);
  });
}

void InspectorBinding::connectPanel(InspectorPanel& panel) {
  connect(&panel, &InspectorPanel::stepRequested, this, &InspectorBinding::apply);
}

void InspectorBinding::connectPanels() {
  app::Selection& selection = models_.selection;
  for (InspectorPanel* panel : std::initializer_list<InspectorPanel*>{
           &panels_.experts, &panels_.attention, &panels_.nextToken, &panels_.cache}) {
    connectPanel(*panel);
  }
  connect(&panels_.timeline, &TimelineStrip::stepRequested, this, &InspectorBinding::apply);
  connect(
      &panels_.timeline, &TimelineStrip::tokenClicked, this,
      [&selection](std::int64_t position) { selection.selectToken(engine::Position(position)); });
  connect(&panels_.timeline, &TimelineStrip::liveRequested, this,
          [&selection] { selection.live(); });
  const auto hover = [&selection](std::int64_t position) {
    selection.hoverToken(positionOf(position));
  };
  connect(&panels_.timeline, &TimelineStrip::tokenHovered, this, hover);
  connect(&panels_.attention, &AttentionPanel::tokenHovered, this, hover);
  connect(
      &panels_.attention, &AttentionPanel::tokenPicked, this,
      [&selection](std::int64_t position) { selection.selectToken(engine::Position(position)); });
  connect(&panels_.attention, &AttentionPanel::headPicked, this,
          [&selection](app::HeadChoice head) { selection.selectHead(head); });
  connect(&panels_.experts, &ExpertsPanel::expertPicked, this,
          [&selection](std::int32_t layer, std::int32_t expert) {
            selection.selectExpert(engine::LayerIndex(layer), engine::ExpertIndex(expert));
          });
  connect(&panels_.experts, &InspectorPanel::visibilityChanged, this, [this](bool visible) {
    models_.inspector.setRouterVisible(visible);
    if (visible) showUsage();
    if (visible) showToken();
  });
  connect(&panels_.attention, &InspectorPanel::visibilityChanged, this, [this](bool visible) {
    models_.inspector.setAttentionVisible(visible);
    showAttention();
  });
  connect(&panels_.nextToken, &InspectorPanel::visibilityChanged, this, [this](bool visible) {
    models_.inspector.setNextTokenVisible(visible);
    showNextToken();
  });
}

void InspectorBinding::follow(app::Workspace& workspace) {
  connect(&workspace.chat(), &app::ChatViewModel::modelChanged, this,
          [this, &workspace] { setModel(workspace.chat().model()); });
  connect(&workspace, &app::Workspace::cacheLedgerChanged, this,
          [this, &workspace] { setLedger(workspace.cacheLedger()); });
  setModel(workspace.chat().model());
  setLedger(workspace.cacheLedger());
}

void InspectorBinding::setModel(std::shared_ptr<const engine::ModelInfo> info) {
  if (info_ == info) return;
  info_ = std::move(info);
  panels_.experts.setModel(info_);
  panels_.attention.setModel(info_);
  panels_.nextToken.setModelPresent(info_ != nullptr);
  const bool routed = info_ && info_->config.n_routed_experts > 0;
  panels_.timeline.setRouterEntropyLimit(
      routed ? std::log(static_cast<double>(info_->config.num_experts_per_tok)) : 0.0);
  onTimelineReset(0);
  panels_.attention.setHead(models_.selection.head());
}

void InspectorBinding::setLedger(const app::CacheLedger& ledger) {
  panels_.cache.setLedger(ledger);
}

void InspectorBinding::apply(SelectionStep step) {
  app::Selection& selection = models_.selection;
  switch (step) {
    case SelectionStep::PreviousToken:
      return selection.previousToken();
    case SelectionStep::NextToken:
      return selection.nextToken();
    case SelectionStep::FirstToken:
      return selection.selectToken(engine::Position(0));
    case SelectionStep::FollowNewest:
      return selection.live();
    case SelectionStep::PreviousLayer:
      return selection.previousLayer();
    case SelectionStep::NextLayer:
      return selection.nextLayer();
    case SelectionStep::PreviousHead:
      return selection.previousHead();
    case SelectionStep::NextHead:
      return selection.nextHead();
    case SelectionStep::Clear:
      return selection.clear();
  }
}

TimelineMark InspectorBinding::markOf(int position) const {
  const app::TimelineToken& token = models_.timeline.at(position);
  TimelineMark mark;
  mark.label = labels_[static_cast<std::size_t>(position)];
  mark.isAnswer = token.phase == app::TokenPhase::Answer;
  mark.isRouted = token.routing != nullptr;
  if (token.drawnFrom && token.drawnFrom->chosen && token.drawnFrom->chosen->probability > 0.0F) {
    mark.logProbability = std::log(static_cast<double>(token.drawnFrom->chosen->probability));
  }
  if (token.drawnFrom) {
    mark.entropy = static_cast<double>(token.drawnFrom->entropy);
    const auto& top = token.drawnFrom->top;
    if (top.size() > 1) mark.margin = static_cast<double>(top[0].probability - top[1].probability);
  }
  if (token.routing && info_) {
    mark.routerEntropy = routerEntropy(token.routing->weights,
                                       static_cast<std::size_t>(info_->config.num_experts_per_tok));
  }
  return mark;
}

void InspectorBinding::onTimelineReset(int kept) {
  const int count = models_.timeline.count();
  const int known = std::clamp(kept, 0, std::min(count, static_cast<int>(labels_.size())));
  onTokensAppended(known, count - known);
  readWeights(known, count);
  showUsage();
  showToken();
  showRouter();
  showAttention();
  showNextToken();
}

void InspectorBinding::onTokensAppended(int first, int count) {
  std::vector<TimelineMark> marks;
  labels_.resize(static_cast<std::size_t>(first));
  largestWeights_.resize(static_cast<std::size_t>(first));
  for (int position = first; position < first + count; ++position) {
    labels_.push_back(labelOf(models_.timeline.at(position)));
    largestWeights_.push_back(0.0F);
    marks.push_back(markOf(position));
  }
  panels_.timeline.setMarksFrom(first, marks);
}

void InspectorBinding::onRoutingAdded(int first, int count) {
  const int end = std::min(first + count, static_cast<int>(labels_.size()));
  for (int position = first; position < end; ++position) {
    panels_.timeline.replaceMark(position, markOf(position));
  }
  readWeights(first, end);
  if (panels_.experts.isVisible()) showUsage();
  showToken();
}

void InspectorBinding::readWeights(int first, int end) {
  for (int position = first; position < end; ++position) {
    const auto& routing = models_.timeline.at(position).routing;
    if (!routing || routing->weights.empty()) continue;
    largestWeights_[static_cast<std::size_t>(position)] =
        *std::max_element(routing->weights.begin(), routing->weights.end());
  }
}

void InspectorBinding::showUsage() {
  panels_.experts.setUsage(models_.timeline.usage());
  const auto largest = std::max_element(largestWeights_.begin(), largestWeights_.end());
  if (largest != largestWeights_.end() && *largest > 0.0F) {
    panels_.experts.setWeightRange(static_cast<double>(*largest));
  }
}

void InspectorBinding::showToken() {
  const auto position = positionValue(models_.selection.token());
  panels_.timeline.setSelected(position, models_.selection.isFollowing());
  const bool known = position && *position < models_.timeline.count();
  panels_.experts.setRouting(known ? models_.timeline.at(static_cast<int>(*position)).routing
                                   : nullptr);
  showSelected();
}

void InspectorBinding::showSelected() {
  const auto expert = models_.selection.expert();
  panels_.experts.setSelected(models_.selection.layer().value,
                              expert ? std::optional(expert->value) : std::nullopt);
  showHeaders();
}

void InspectorBinding::showStatus(const app::InspectionPart& part, TokenHeader& header) const {
  if (part.state == app::InspectionState::Pending) {
    header.setBusy(tr("recomputing …"));
  } else {
    header.setStatus(models_.selection.isFollowing() ? tr("live") : QString());
  }
}

void InspectorBinding::showHeaders() {
  const auto position = positionValue(models_.selection.token());
  const TokenLabel label = position ? labelAt(labels_, *position) : TokenLabel{};
  const auto layer = position ? std::optional(models_.selection.layer().value) : std::nullopt;
  panels_.experts.header().setAddress(layer, position, label);
  panels_.attention.header().setAddress(layer, position, label);
  panels_.nextToken.header().setAddress(std::nullopt, position, label);
  showStatus(models_.inspector.router(), panels_.experts.header());
  showStatus(models_.inspector.attention(), panels_.attention.header());
  showStatus(models_.inspector.nextToken(), panels_.nextToken.header());
}

void InspectorBinding::showRouter() {
  panels_.experts.setDecisions(models_.inspector.router(), models_.inspector.decisions());
  showHeaders();
}

void InspectorBinding::showAttention() {
  const auto rows = panels_.attention.isVisible() ? models_.inspector.attentionRows() : nullptr;
  std::vector<TokenLabel> labels;
  if (rows) {
    const auto n =
        std::min<std::size_t>(labels_.size(), static_cast<std::size_t>(rows->n_positions));
    labels.assign(labels_.begin(), labels_.begin() + static_cast<std::ptrdiff_t>(n));
  }
  panels_.attention.setAttention(models_.inspector.attention(), rows, std::move(labels));
  showHeaders();
}

void InspectorBinding::showNextToken() {
  panels_.nextToken.setNextToken(models_.inspector.nextToken(),
                                 models_.inspector.nextTokenValues());
  showHeaders();
}

}  // namespace ui
