#include "engine/model/moe.h"

#include <algorithm>
#include <vector>

#include "engine/base/memory_pages.h"

namespace engine {

namespace {

// The rows of one layer, each `width` values.
template <class T>
std::span<T> layer_rows(std::vector<T>& all, std::int64_t moe_index, std::int64_t n_tokens,
                        std::int64_t width) {
  const auto n = static_cast<std::size_t>(n_tokens * width);
  return std::span(all).subspan(static_cast<std::size_t>(moe_index) * n, n);
}

// Starts reading the chosen experts, gate and up before down, so that the drive works ahead of the
// products.
void announce(const std::vector<MlpWeights>& experts, std::span<const std::int32_t> ids) {
  std::vector<std::int32_t> chosen(ids.begin(), ids.end());
  std::sort(chosen.begin(), chosen.end());
  chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
  const auto start_reading = [](const WeightView& w) {
    start_loading_pages({w.data, static_cast<std::size_t>(w.bytes())});
  };
  for (const std::int32_t id : chosen) {
    start_reading(experts[static_cast<std::size_t>(id)].gate);
    start_reading(experts[static_cast<std::size_t>(id)].up);
  }
  for (const std::int32_t id : chosen) start_reading(experts[static_cast<std::size_t>(id)].down);
}

}  // namespace

RouterOutput router_output(const ModelConfig& config, std::int64_t moe_index, std::int64_t n_tokens,
                           bool with_scores, Activations& a) {
  const RouterArgs args = router_args(config, nullptr);
  RouterOutput out;
  out.ids = layer_rows(a.expert_ids, moe_index, n_tokens, args.top_k);
  out.weights = layer_rows(a.expert_weights, moe_index, n_tokens, args.top_k);
  if (with_scores) {
    out.scores = layer_rows(a.scores, moe_index, n_tokens, config.n_routed_experts);
    out.group_scores = layer_rows(a.group_scores, moe_index, n_tokens, args.n_group);
    out.group_mask = layer_rows(a.group_mask, moe_index, n_tokens, args.n_group);
  }
  return out;
}

void make_room_for_scores(const ModelConfig& config, std::int64_t n_tokens, Activations& a) {
  const std::size_t rows = config.moe_layers().size() * static_cast<std::size_t>(n_tokens);
  const auto n_group = static_cast<std::size_t>(router_args(config, nullptr).n_group);
  const auto at_least = [](auto& values, std::size_t n) {
    if (values.size() < n) values.resize(n);
  };
  at_least(a.scores, rows * static_cast<std::size_t>(config.n_routed_experts));
  at_least(a.group_scores, rows * n_group);
  at_least(a.group_mask, rows * n_group);
}

RouterArgs router_args(const ModelConfig& config, const float* bias) {
  const bool grouped = config.topk_method != TopkMethod::Greedy;
  RouterArgs args;
  args.sigmoid = config.scoring_func == ScoreFunction::Sigmoid;
  args.n_group = grouped ? config.n_group : 1;
  args.topk_group = grouped ? config.topk_group : 1;
  args.top_k = config.num_experts_per_tok;
  args.group_by_top2_sum = config.topk_method == TopkMethod::NoauxTc;
  args.normalise = config.norm_topk_prob;
  args.epsilon = static_cast<float>(config.norm_topk_epsilon);
  args.scaling_factor = static_cast<float>(config.routed_scaling_factor);
  args.bias = bias;
  return args;
}

void moe(const BlockSpan& span, std::int64_t moe_index, const MoeWeights& weights,
         const BlockContext& context) {
  const ModelConfig& config = context.config;
  Activations& activations = context.activations;
  Backend& backend = context.backend;
  const std::int64_t n = span.n_tokens;
  const MatView x = activations.normed.view(n, config.hidden_size);
  const MatView out = activations.block_out.view(n, config.hidden_size);
  const MatView logits = activations.router_logits.view(n, config.n_routed_experts);
  backend.matmul(x, weights.router, nullptr, logits);
  const bool with_scores = context.probe != nullptr && context.probe->wants_router_scores();
  const RouterArgs args = router_args(config, weights.router_bias);
  const RouterOutput routing = router_output(config, moe_index, n, with_scores, activations);
  backend.route(logits, args, routing);
  if (weights.read_as_needed) {
    backend.settle();
    announce(weights.experts, routing.ids);
  }
  backend.moe(x, weights.experts, routing.ids, routing.weights, config.num_experts_per_tok, out);
  if (!weights.shared.gate.empty()) {
    const MatView shared_out = activations.shared_out.view(n, config.hidden_size);
    backend.gated_mlp(x, weights.shared, shared_out);
    backend.add(shared_out, out);
  }
}

}  // namespace engine
