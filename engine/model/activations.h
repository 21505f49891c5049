// Activations: every intermediate buffer of one forward call, taken once at load for the longest
// prefill chunk. transformer and its blocks use the first n_tokens rows.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/base/result.h"
#include "engine/checkpoint/model_config.h"

namespace engine {

struct Activations {
  static Result<Activations> create(const ModelConfig& config, std::int64_t max_tokens,
                                    Backend& backend);

  std::int64_t max_tokens = 0;
  std::int64_t max_logit_rows = 0;  // rows of `logits`

  Buffer x;              // [max_tokens, hidden_size], the residual stream
  Buffer normed;         // [max_tokens, hidden_size]
  Buffer block_out;      // [max_tokens, hidden_size], what attention or MLP adds to x
  Buffer shared_out;     // [max_tokens, hidden_size]
  Buffer c_q;            // [max_tokens, q_lora_rank]
  Buffer q;              // [max_tokens, n_heads · query_head_dim]
  Buffer kv;             // [max_tokens, kv_lora_rank + qk_rope_head_dim]; MLA only
  Buffer heads_out;      // [max_tokens, n_heads · value_head_dim]
  Buffer index_q;        // [max_tokens, index_n_heads · index_head_dim]; V3.2 only
  Buffer index_weights;  // [max_tokens, index_n_heads]; V3.2 only
  Buffer router_logits;  // [max_tokens, n_routed_experts]
  Buffer logits;         // [max_logit_rows, vocab_size]

  // The routers' output of one pass, host memory; n_tokens of that pass.
  std::vector<std::int32_t> expert_ids;  // [M, n_tokens, num_experts_per_tok]
  std::vector<float> expert_weights;     // [M, n_tokens, num_experts_per_tok]
  std::vector<float> scores;             // [M, n_tokens, n_routed_experts]; empty until wanted
  std::vector<float> group_scores;       // [M, n_tokens, n_group]
  std::vector<std::uint8_t> group_mask;  // [M, n_tokens, n_group]

  std::vector<std::int32_t> picked_slots;  // [n_tokens, index_topk] of one layer, host memory
};

/// What the backend must be able to hold for this model.
BackendLimits backend_limits(const ModelConfig& config, std::int64_t max_tokens,
                             std::int64_t context_length);

}  // namespace engine
