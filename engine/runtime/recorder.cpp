#include "engine/runtime/recorder.h"

namespace engine {

namespace {

template <class T>
std::vector<T> row_of(std::span<const T> rows, std::size_t token, std::size_t n_tokens) {
  const std::size_t width = rows.size() / n_tokens;
  const auto row = rows.subspan(token * width, width);
  return {row.begin(), row.end()};
}

}  // namespace

RoutingRecorder::RoutingRecorder(const ModelConfig& config, std::int64_t first_position,
                                 std::int64_t n_tokens, const Wants& wants)
    : wants_(wants),
      n_experts_per_token_(config.num_experts_per_tok),
      n_heads_(config.num_attention_heads),
      has_rope_scores_(config.is_mla()),
      n_positions_(first_position + n_tokens) {
  const std::size_t n_chosen =
      config.moe_layers().size() * static_cast<std::size_t>(config.num_experts_per_tok);
  routing.resize(static_cast<std::size_t>(n_tokens));
  for (std::size_t t = 0; t < routing.size(); ++t) {
    routing[t].position = Position(first_position + static_cast<std::int64_t>(t));
    routing[t].expert_ids.resize(n_chosen);
    routing[t].weights.resize(n_chosen);
  }
  if (wants_.every_decision) decisions_of.resize(routing.size());
}

void RoutingRecorder::on_routed(LayerIndex layer, std::int64_t moe_index,
                                const RouterOutput& output) {
  const auto k = static_cast<std::size_t>(n_experts_per_token_);
  const std::size_t column = static_cast<std::size_t>(moe_index) * k;
  for (std::size_t t = 0; t < routing.size(); ++t) {
    for (std::size_t j = 0; j < k; ++j) {
      routing[t].expert_ids[column + j] = static_cast<std::uint16_t>(output.ids[t * k + j]);
      routing[t].weights[column + j] = output.weights[t * k + j];
    }
  }
  for (std::size_t t = 0; t < decisions_of.size(); ++t) {
    decisions_of[t].push_back(decision(layer, column, t, output));
  }
  if (wants_.last_decisions) {
    decisions.push_back(decision(layer, column, routing.size() - 1, output));
  }
}

RouterDecision RoutingRecorder::decision(LayerIndex layer, std::size_t column, std::size_t token,
                                         const RouterOutput& output) const {
  const std::size_t n = routing.size();
  RouterDecision decision;
  decision.layer = layer;
  decision.scores = row_of<float>(output.scores, token, n);
  decision.group_scores = row_of<float>(output.group_scores, token, n);
  decision.group_open = row_of<std::uint8_t>(output.group_mask, token, n);
  const TokenRouting& chosen = routing[token];
  for (std::size_t j = 0; j < static_cast<std::size_t>(n_experts_per_token_); ++j) {
    decision.expert_ids.push_back(chosen.expert_ids[column + j]);
    decision.weights.push_back(chosen.weights[column + j]);
  }
  return decision;
}

std::optional<AttentionProbe> RoutingRecorder::attention_target(LayerIndex layer) {
  if (wants_.attention_layer != layer) return {};
  AttentionRows& rows = attention.emplace();
  rows.layer = layer;
  rows.n_heads = n_heads_;
  rows.n_positions = n_positions_;
  const auto n = static_cast<std::size_t>(n_heads_ * n_positions_);
  rows.weights.resize(n);
  rows.content_scores.resize(n);
  if (has_rope_scores_) rows.rope_scores.resize(n);
  AttentionProbe probe;
  probe.token_row = static_cast<std::int64_t>(routing.size()) - 1;
  probe.weights = rows.weights.data();
  probe.content_scores = rows.content_scores.data();
  if (has_rope_scores_) probe.rope_scores = rows.rope_scores.data();
  return probe;
}

void RoutingRecorder::on_slots_picked(LayerIndex layer, std::span<const std::int32_t> slots,
                                      std::int64_t top_k) {
  if (wants_.attention_layer != layer || n_positions_ <= top_k) return;
  const auto last = slots.last(static_cast<std::size_t>(top_k));
  attention->picked.assign(last.begin(), last.end());
}

}  // namespace engine
