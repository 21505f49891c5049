#include "engine/model/mla_attention.h"

#include <optional>

#include "engine/model/indexer.h"

namespace engine {

namespace {

MatView columns(MatView m, std::int64_t first, std::int64_t n) {
  return {m.data + first, m.rows, n, m.stride};
}

// q [n_tokens, n_heads · (nope + rope)] with its rope part rotated. V2 §2.1.2, §2.1.3
MatView make_queries(const BlockSpan& span, const RopeTable& rope, const AttentionWeights& weights,
                     const BlockContext& context) {
  const ModelConfig& config = context.config;
  Activations& activations = context.activations;
  Backend& backend = context.backend;
  const auto latent_eps = static_cast<float>(config.latent_norm_eps);
  const std::int64_t n = span.n_tokens;
  const MatView x = activations.normed.view(n, config.hidden_size);
  const MatView q = activations.q.view(n, config.num_attention_heads * config.qk_head_dim());
  if (config.q_lora_rank > 0) {
    const MatView c_q = activations.c_q.view(n, config.q_lora_rank);
    backend.matmul(x, weights.w_dq, weights.bias_dq, c_q);
    backend.rms_norm(c_q, weights.q_norm, latent_eps, c_q);
    backend.matmul(c_q, weights.w_uq, nullptr, q);
  } else {
    backend.matmul(x, weights.w_q, nullptr, q);
  }
  backend.rope(q, config.num_attention_heads, config.qk_head_dim(), config.qk_nope_head_dim,
               span.first_position, rope);
  return q;
}

// Writes c_kv (normalised) and k_rope (rotated, not normalised) into the cache. V2 §2.1.2
void write_latents(const BlockSpan& span, const RopeTable& rope, const AttentionWeights& weights,
                   KvCache& cache, const BlockContext& context) {
  const ModelConfig& config = context.config;
  Activations& activations = context.activations;
  Backend& backend = context.backend;
  const std::int64_t n = span.n_tokens;
  const std::int64_t layer = span.layer.value;
  const MatView kv = activations.kv.view(n, config.latent_dim());
  backend.matmul(activations.normed.view(n, config.hidden_size), weights.w_dkv, weights.bias_dkv,
                 kv);
  backend.rms_norm(columns(kv, 0, config.kv_lora_rank), weights.kv_norm,
                   static_cast<float>(config.latent_norm_eps),
                   cache.c_kv(layer, span.first_position, n));
  const MatView k_rope = cache.k_rope(layer, span.first_position, n);
  backend.copy(columns(kv, config.kv_lora_rank, config.qk_rope_head_dim), k_rope);
  backend.rope(k_rope, 1, config.qk_rope_head_dim, 0, span.first_position, rope);
  const KeptLatents kept = cache.kept(layer);
  if (kept.data == nullptr) return;
  backend.keep_latents(cache.c_kv(layer, span.first_position, n), k_rope, span.first_position,
                       kept);
}

}  // namespace

void mla_attention(const BlockSpan& span, const AttentionSettings& settings,
                   const AttentionWeights& weights, KvCache& cache, const BlockContext& context) {
  const ModelConfig& config = context.config;
  write_latents(span, settings.rope, weights, cache, context);
  MlaAttentionArgs args;
  args.n_heads = config.num_attention_heads;
  args.kv_lora_rank = config.kv_lora_rank;
  args.qk_nope_head_dim = config.qk_nope_head_dim;
  args.qk_rope_head_dim = config.qk_rope_head_dim;
  args.v_head_dim = config.v_head_dim;
  args.scale = settings.softmax_scale;
  args.first_position = span.first_position;
  args.q = make_queries(span, settings.rope, weights, context);
  args.w_up = weights.w_up;
  const std::int64_t n_slots = span.first_position + span.n_tokens;
  args.c_kv = cache.c_kv(span.layer.value, 0, n_slots);
  args.k_rope = cache.k_rope(span.layer.value, 0, n_slots);
  args.kept = cache.kept(span.layer.value);
  if (config.has_indexer()) {
    const PickedSlots picked = pick_slots(span, settings.rope, weights.indexer, cache, context);
    args.picked_slots = picked.slots;
    args.index_topk = picked.top_k;
  }

  const std::optional<AttentionProbe> target =
      context.probe != nullptr ? context.probe->attention_target(span.layer) : std::nullopt;
  const MatView heads_out =
      context.activations.heads_out.view(span.n_tokens, args.n_heads * config.v_head_dim);
  context.backend.mla_attention(args, settings.form, target ? &*target : nullptr, heads_out);
  if (context.probe != nullptr && !context.probe->wants_only_routing() &&
      !args.picked_slots.empty()) {
    context.backend.settle();
    context.probe->on_slots_picked(span.layer, args.picked_slots, args.index_topk);
  }
  context.backend.matmul(heads_out, weights.w_o, weights.bias_o,
                         context.activations.block_out.view(span.n_tokens, config.hidden_size));
}

}  // namespace engine
