// CudaBackend: the memory taken at load time.
#include <algorithm>

#include "engine/backend/cuda/cuda_backend.h"

namespace engine::cuda {

namespace {

struct Need {
  ScratchKind kind;
  std::int64_t n_bytes;
};

// The large ones. What is left (a few values per token) grows at the first op that needs it.
std::vector<Need> needs_of(const BackendLimits& l) {
  const std::int64_t tokens = std::max<std::int64_t>(l.max_tokens, 1);
  const std::int64_t hidden = l.hidden_size > 0 ? l.hidden_size : l.max_width;
  const std::int64_t heads = tokens * l.n_heads;
  const std::int64_t context = round_up(l.max_context, kStepRange);
  const std::int64_t splits = context / kSplitSlots;
  const std::int64_t few_heads = std::min<std::int64_t>(tokens, 4) * l.n_heads;
  const std::int64_t pairs = tokens * std::max<std::int64_t>(l.experts_per_token, 1);
  // Without latents a head's values are no wider than its share of the widest input.
  const std::int64_t n_heads = std::max<std::int64_t>(l.n_heads, 1);
  const std::int64_t value = std::max(l.latent_dim, (l.max_input + n_heads - 1) / n_heads);
  const std::int64_t latent = round_up(l.latent_dim, kTermPadding);
  const std::int64_t inner = round_up(l.max_mlp_width, kTermPadding);
  const std::int64_t input = l.max_input > 0 ? l.max_input : l.max_width;
  return {
      {ScratchKind::Terms, tokens * 4 * round_up(input, kTermPadding)},
      {ScratchKind::InnerTerms,
       4 * std::max(tokens * inner, pairs * round_up(l.expert_width, kTermPadding))},
      {ScratchKind::HeadTerms, heads * 4 * latent},
      {ScratchKind::Absorbed, heads * 4 * l.latent_dim},
      {ScratchKind::Partial, few_heads * splits * 4 * value},
      {ScratchKind::PartialMax, few_heads * splits * 4},
      {ScratchKind::PartialSum, few_heads * splits * 4},
      {ScratchKind::Pairs, l.n_experts > 0 ? pairs * 4 * hidden : 0},
      {ScratchKind::IndexScores, l.index_heads > 0 ? tokens * context * 4 : 0},
      {ScratchKind::Probe, 12 * l.n_heads * l.max_context},
      {ScratchKind::LogitBlocks, kLogitBlocks * std::int64_t{sizeof(LogitBlock)}},
  };
}

// What one pass gives to the host: the choices of all routers, the scores for the last tokens, one
// row of logits or its summary. A prompt whose every score is wanted takes more waits instead.
std::int64_t result_bytes(const BackendLimits& l) {
  const std::int64_t choices = l.max_tokens * l.experts_per_token * 8;
  const std::int64_t scores = 2 * l.n_experts * 9;
  return l.n_moe_layers * (choices + scores + 1024) +
         std::max<std::int64_t>(4 * l.max_width, sizeof(LogitSummary));
}

}  // namespace

Result<void> CudaBackend::reserve(const BackendLimits& limits) {
  weight_upload_.reset();  // its threads and memory; whoever places more gets new ones
  for (const Need& need : needs_of(limits)) {
    if (need.n_bytes > 0 && scratch_.bytes(need.kind, need.n_bytes) == nullptr) {
      return unexpected(out_of_memory(need.n_bytes, "scratch"));
    }
  }
  make_room(result_bytes(limits));
  return health();
}

}  // namespace engine::cuda
