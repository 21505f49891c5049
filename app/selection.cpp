#include "app/selection.h"

#include <algorithm>

#include "app/token_timeline.h"

namespace app {

Selection::Selection(TokenTimeline& timeline, QObject* parent)
    : QObject(parent), timeline_(timeline) {
  connect(&timeline, &TokenTimeline::reset, this, &Selection::onTimelineReset);
  connect(&timeline, &TokenTimeline::routingAdded, this, [this] {
    if (following_) follow();
  });
}

std::optional<int> Selection::moeIndex() const {
  if (!info_) return std::nullopt;
  const auto& layers = info_->moe_layers;
  const auto it = std::lower_bound(layers.begin(), layers.end(), layer_.value);
  if (it == layers.end() || *it != layer_.value) return std::nullopt;
  return static_cast<int>(it - layers.begin());
}

// ---- token
// -----------------------------------------------------------------------------------------------------

void Selection::selectToken(engine::Position position) {
  const int count = timeline_.count();
  if (count == 0) return;
  const auto clamped = std::clamp<std::int64_t>(position.value, 0, count - 1);
  if (following_) {
    following_ = false;
    Q_EMIT followingChanged(false);
  }
  setToken(engine::Position{clamped});
}

void Selection::nextToken() {
  if (token_) selectToken(engine::Position{token_->value + 1});
}

void Selection::previousToken() {
  if (token_) selectToken(engine::Position{token_->value - 1});
}

void Selection::live() {
  if (!following_) {
    following_ = true;
    Q_EMIT followingChanged(true);
  }
  follow();
}

void Selection::follow() { setToken(timeline_.newestRouted()); }

void Selection::setToken(std::optional<engine::Position> position) {
  if (token_ == position) return;
  token_ = position;
  Q_EMIT tokenChanged();
}

void Selection::hoverToken(std::optional<engine::Position> position) {
  if (position && (position->value < 0 || position->value >= timeline_.count())) {
    position = std::nullopt;
  }
  if (hoveredToken_ == position) return;
  hoveredToken_ = position;
  Q_EMIT hoveredTokenChanged();
}

void Selection::onTimelineReset() {
  hoverToken(std::nullopt);
  // A selected token stays selected as long as it exists.
  if (following_ || !token_ || token_->value >= timeline_.count()) live();
}

// ---- layer, head, expert
// ---------------------------------------------------------------------------------------

void Selection::selectLayer(engine::LayerIndex layer) {
  if (nLayers_ == 0) return;
  const engine::LayerIndex clamped{std::clamp(layer.value, 0, nLayers_ - 1)};
  if (layer_ == clamped) return;
  layer_ = clamped;
  const bool hadExpert = expert_.has_value();
  expert_ = std::nullopt;  // an expert belongs to its layer
  Q_EMIT layerChanged();
  if (hadExpert) Q_EMIT expertChanged();
}

void Selection::nextLayer() { selectLayer(engine::LayerIndex{layer_.value + 1}); }

void Selection::previousLayer() { selectLayer(engine::LayerIndex{layer_.value - 1}); }

void Selection::selectHead(HeadChoice head) {
  if (nHeads_ == 0) return;
  head.head = head.mode == HeadMode::Single
                  ? engine::HeadIndex{std::clamp(head.head.value, 0, nHeads_ - 1)}
                  : engine::HeadIndex{};
  if (head_ == head) return;
  head_ = head;
  Q_EMIT headChanged();
}

void Selection::nextHead() {
  switch (head_.mode) {
    case HeadMode::Mean:
      selectHead({HeadMode::Maximum, {}});
      break;
    case HeadMode::Maximum:
      selectHead({HeadMode::Single, engine::HeadIndex{0}});
      break;
    case HeadMode::Single:
      selectHead({HeadMode::Single, engine::HeadIndex{head_.head.value + 1}});
      break;
  }
}

void Selection::previousHead() {
  if (head_.mode == HeadMode::Single) {
    if (head_.head.value == 0) {
      selectHead({HeadMode::Maximum, {}});
    } else {
      selectHead({HeadMode::Single, engine::HeadIndex{head_.head.value - 1}});
    }
  } else {
    selectHead({HeadMode::Mean, {}});
  }
}

void Selection::selectExpert(engine::LayerIndex layer, engine::ExpertIndex expert) {
  if (nExperts_ == 0) return;
  selectLayer(layer);
  const engine::ExpertIndex clamped{std::clamp(expert.value, 0, nExperts_ - 1)};
  if (expert_ == clamped) return;
  expert_ = clamped;
  Q_EMIT expertChanged();
}

void Selection::clear() {
  if (expert_) {
    expert_ = std::nullopt;
    Q_EMIT expertChanged();
  }
  hoverToken(std::nullopt);
  live();
}

void Selection::setModel(const std::shared_ptr<const engine::ModelInfo>& info) {
  const bool first = !info_;
  info_ = info;
  nLayers_ = info ? static_cast<int>(info->config.num_hidden_layers) : 0;
  nHeads_ = info ? static_cast<int>(info->config.num_attention_heads) : 0;
  nExperts_ = info ? static_cast<int>(info->config.n_routed_experts) : 0;
  const int lastLayer = std::max(0, nLayers_ - 1);
  // The first model starts at its first layer with experts; a later one keeps what still fits.
  const int wanted =
      first && info && !info->moe_layers.empty() ? info->moe_layers.front() : layer_.value;
  layer_ = engine::LayerIndex{std::clamp(wanted, 0, lastLayer)};
  if (head_.mode == HeadMode::Single && head_.head.value >= nHeads_) head_ = {};
  expert_ = std::nullopt;
  Q_EMIT modelChanged();
  Q_EMIT layerChanged();
  Q_EMIT headChanged();
  Q_EMIT expertChanged();
}

}  // namespace app
