#include "engine/model/activations.h"

#include <algorithm>

namespace engine {

namespace {

// Logits of many rows are made in blocks of about this size.
constexpr std::int64_t kLogitBlockElements = std::int64_t{4} << 20;

}  // namespace

Result<Activations> Activations::create(const ModelConfig& config, std::int64_t max_tokens,
                                        Backend& backend) {
  Activations a;
  a.max_tokens = max_tokens;
  a.max_logit_rows =
      std::clamp<std::int64_t>(kLogitBlockElements / config.vocab_size, 1, max_tokens);
  const std::int64_t n_heads = config.num_attention_heads;
  ASSIGN_OR_RETURN(a.x, backend.allocate(max_tokens * config.hidden_size));
  ASSIGN_OR_RETURN(a.normed, backend.allocate(max_tokens * config.hidden_size));
  ASSIGN_OR_RETURN(a.block_out, backend.allocate(max_tokens * config.hidden_size));
  ASSIGN_OR_RETURN(a.shared_out, backend.allocate(max_tokens * config.hidden_size));
  if (config.q_lora_rank > 0) {
    ASSIGN_OR_RETURN(a.c_q, backend.allocate(max_tokens * config.q_lora_rank));
  }
  ASSIGN_OR_RETURN(a.q, backend.allocate(max_tokens * n_heads * config.query_head_dim()));
  if (config.is_mla()) {
    ASSIGN_OR_RETURN(a.kv, backend.allocate(max_tokens * config.latent_dim()));
  }
  ASSIGN_OR_RETURN(a.heads_out, backend.allocate(max_tokens * n_heads * config.value_head_dim()));
  if (config.has_indexer()) {
    const std::int64_t index_width = config.index_n_heads * config.index_head_dim;
    ASSIGN_OR_RETURN(a.index_q, backend.allocate(max_tokens * index_width));
    ASSIGN_OR_RETURN(a.index_weights, backend.allocate(max_tokens * config.index_n_heads));
  }
  ASSIGN_OR_RETURN(a.logits, backend.allocate(a.max_logit_rows * config.vocab_size));
  if (config.n_routed_experts > 0) {
    ASSIGN_OR_RETURN(a.router_logits, backend.allocate(max_tokens * config.n_routed_experts));
    const std::size_t rows = config.moe_layers().size() * static_cast<std::size_t>(max_tokens);
    a.expert_ids.resize(rows * static_cast<std::size_t>(config.num_experts_per_tok));
    a.expert_weights.resize(a.expert_ids.size());
  }
  return a;
}

BackendLimits backend_limits(const ModelConfig& config, std::int64_t max_tokens,
                             std::int64_t context_length) {
  BackendLimits limits;
  limits.max_tokens = max_tokens;
  limits.max_context = context_length;
  limits.hidden_size = config.hidden_size;
  const std::int64_t heads = config.num_attention_heads;
  limits.max_mlp_width =
      std::max(config.intermediate_size,
               config.moe_intermediate_size * std::max<std::int64_t>(1, config.n_shared_experts));
  limits.expert_width = config.moe_intermediate_size;
  limits.max_width =
      std::max({config.hidden_size, config.vocab_size, config.q_lora_rank, config.latent_dim(),
                heads * config.query_head_dim(), heads * config.value_head_dim(),
                heads * (config.qk_nope_head_dim + config.v_head_dim), config.n_routed_experts,
                config.index_n_heads * config.index_head_dim, limits.max_mlp_width});
  limits.max_input = std::max({2 * config.hidden_size, config.q_lora_rank,
                               heads * config.value_head_dim()});  // 2: the MTP module's joint
  limits.n_heads = heads;
  limits.latent_dim = config.latent_dim();
  limits.n_experts = config.n_routed_experts;
  limits.experts_per_token = config.num_experts_per_tok;
  limits.n_moe_layers = static_cast<std::int64_t>(config.moe_layers().size());
  limits.index_heads = config.index_n_heads;
  return limits;
}

}  // namespace engine
