// RoutingRecorder: the probe that keeps what the events carry: every token's experts, the last
// token's whole decisions, and one layer's attention rows of the last token. Used by session.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/checkpoint/model_config.h"
#include "engine/model/probe.h"
#include "engine/runtime/events.h"

namespace engine {

class RoutingRecorder : public Probe {
 public:
  struct Wants {
    bool last_decisions = false;                // of the last token of the call
    std::optional<LayerIndex> attention_layer;  // of the last token of the call
    bool every_decision = false;                // of each token of the call
  };
  RoutingRecorder(const ModelConfig& config, std::int64_t first_position, std::int64_t n_tokens,
                  const Wants& wants);

  bool wants_router_scores() const override {
    return wants_.last_decisions || wants_.every_decision;
  }
  bool wants_only_routing() const override { return !wants_.attention_layer; }
  void on_routed(LayerIndex layer, std::int64_t moe_index, const RouterOutput& routing) override;
  std::optional<AttentionProbe> attention_target(LayerIndex layer) override;
  void on_slots_picked(LayerIndex layer, std::span<const std::int32_t> slots,
                       std::int64_t top_k) override;

  std::vector<TokenRouting> routing;      // [n_tokens]
  std::vector<RouterDecision> decisions;  // [M], of the last token; empty unless wanted
  std::vector<std::vector<RouterDecision>> decisions_of;  // [n_tokens][M]; empty unless wanted
  std::optional<AttentionRows> attention;

 private:
  RouterDecision decision(LayerIndex layer, std::size_t column, std::size_t token,
                          const RouterOutput& output) const;

  const Wants wants_;
  std::int64_t n_experts_per_token_;
  std::int64_t n_heads_;
  bool has_rope_scores_;
  std::int64_t n_positions_;  // the last token's position + 1
};

}  // namespace engine
