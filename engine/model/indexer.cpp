#include "engine/model/indexer.h"

#include <algorithm>

namespace engine {

namespace {

// The key's LayerNorm is constructed with this, whatever the config's eps.
constexpr float kIndexNormEps = 1e-6F;

}  // namespace

PickedSlots pick_slots(const BlockSpan& span, const RopeTable& rope, const IndexerWeights& weights,
                       KvCache& cache, const BlockContext& context) {
  const ModelConfig& config = context.config;
  Activations& activations = context.activations;
  Backend& backend = context.backend;
  const std::int64_t n = span.n_tokens;
  const std::int64_t n_slots = span.first_position + n;
  const MatView x = activations.normed.view(n, config.hidden_size);
  // The rotary part comes first in the indexer's heads, and its pairs are half-split.
  RopeTable half_split = rope;
  half_split.layout = RopeLayout::HalfSplit;

  const MatView k = cache.index_keys(span.layer.value, span.first_position, n);
  backend.matmul(x, weights.w_k, nullptr, k);
  backend.layer_norm(k, weights.k_norm, weights.k_norm_bias, kIndexNormEps, k);
  backend.rope(k, 1, config.index_head_dim, 0, span.first_position, half_split);
  if (n_slots <= config.index_topk) return {};

  const MatView q = activations.index_q.view(n, config.index_n_heads * config.index_head_dim);
  const MatView head_weights = activations.index_weights.view(n, config.index_n_heads);
  backend.matmul(activations.c_q.view(n, config.q_lora_rank), weights.w_q, nullptr, q);
  backend.rope(q, config.index_n_heads, config.index_head_dim, 0, span.first_position, half_split);
  backend.matmul(x, weights.w_weights, nullptr, head_weights);
  IndexerArgs args;
  args.n_heads = config.index_n_heads;
  args.head_dim = config.index_head_dim;
  args.top_k = config.index_topk;
  args.first_position = span.first_position;
  args.q = q;
  args.weights = head_weights;
  args.k = cache.index_keys(span.layer.value, 0, n_slots);
  // A context longer than index_topk was asked for, so the rows are no longer than the cache.
  activations.picked_slots.resize(static_cast<std::size_t>(n * args.top_k));
  backend.index_slots(args, activations.picked_slots, {});
  return {activations.picked_slots, args.top_k};
}

}  // namespace engine
