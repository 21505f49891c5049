#include "engine/model/moe.h"

#include <algorithm>
#include <vector>

#include "engine/base/memory_pages.h"

namespace engine {

namespace {

// The first n_tokens rows of the host buffers the router writes to.
RouterOutput router_output(const RouterArgs& args, std::int64_t n_tokens, bool with_scores,
                           std::int64_t n_experts, Activations& a) {
  const auto rows = static_cast<std::size_t>(n_tokens);
  const std::size_t n_chosen = rows * static_cast<std::size_t>(args.top_k);
  RouterOutput out;
  out.ids = std::span(a.expert_ids).first(n_chosen);
  out.weights = std::span(a.expert_weights).first(n_chosen);
  if (with_scores) {
    const std::size_t n_groups = rows * static_cast<std::size_t>(args.n_group);
    out.scores = std::span(a.scores).first(rows * static_cast<std::size_t>(n_experts));
    out.group_scores = std::span(a.group_scores).first(n_groups);
    out.group_mask = std::span(a.group_mask).first(n_groups);
  }
  return out;
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
  const RouterOutput routing =
      router_output(args, n, with_scores, config.n_routed_experts, activations);
  backend.route(logits, args, routing);
  if (context.probe != nullptr) context.probe->on_routed(span.layer, moe_index, routing);

  if (weights.read_as_needed) announce(weights.experts, routing.ids);
  backend.moe(x, weights.experts, routing.ids, routing.weights, config.num_experts_per_tok, out);
  if (!weights.shared.gate.empty()) {
    const MatView shared_out = activations.shared_out.view(n, config.hidden_size);
    backend.gated_mlp(x, weights.shared, shared_out);
    backend.add(shared_out, out);
  }
}

}  // namespace engine
