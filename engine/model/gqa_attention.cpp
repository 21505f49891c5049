#include "engine/model/gqa_attention.h"

#include <optional>

namespace engine {

void gqa_attention(const BlockSpan& span, const AttentionSettings& settings,
                   const AttentionWeights& weights, KvCache& cache, const BlockContext& context) {
  const ModelConfig& config = context.config;
  Activations& activations = context.activations;
  Backend& backend = context.backend;
  const std::int64_t n = span.n_tokens;
  const std::int64_t layer = span.layer.value;
  const std::int64_t dim = config.head_dim;
  const MatView x = activations.normed.view(n, config.hidden_size);
  const MatView q = activations.q.view(n, config.num_attention_heads * dim);
  const MatView k = cache.keys(layer, span.first_position, n);
  backend.matmul(x, weights.w_q, weights.bias_q, q);
  backend.matmul(x, weights.w_k, weights.bias_k, k);
  backend.matmul(x, weights.w_v, weights.bias_v, cache.values(layer, span.first_position, n));
  backend.rope(q, config.num_attention_heads, dim, 0, span.first_position, settings.rope);
  backend.rope(k, config.num_key_value_heads, dim, 0, span.first_position, settings.rope);

  GqaAttentionArgs args;
  args.n_heads = config.num_attention_heads;
  args.n_kv_heads = config.num_key_value_heads;
  args.head_dim = dim;
  args.scale = settings.softmax_scale;
  args.window = config.window_of(layer);
  args.first_position = span.first_position;
  args.q = q;
  args.k = cache.keys(layer, 0, span.first_position + n);
  args.v = cache.values(layer, 0, span.first_position + n);
  const std::optional<AttentionProbe> target =
      context.probe != nullptr ? context.probe->attention_target(span.layer) : std::nullopt;
  const MatView heads_out = activations.heads_out.view(n, config.num_attention_heads * dim);
  backend.gqa_attention(args, target ? &*target : nullptr, heads_out);
  backend.matmul(heads_out, weights.w_o, weights.bias_o,
                 activations.block_out.view(n, config.hidden_size));
}

}  // namespace engine
