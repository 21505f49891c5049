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
  const std::int64_t splits = (l.max_context + kSplitSlots - 1) / kSplitSlots;
  const std::int64_t few_heads = std::min<std::int64_t>(tokens, 4) * l.n_heads;
  const std::int64_t pairs = tokens * std::max<std::int64_t>(l.experts_per_token, 1);
  const std::int64_t latent = round_up(l.latent_dim, kTermPadding);
  const std::int64_t inner = round_up(l.max_mlp_width, kTermPadding);
  return {
      {ScratchKind::Terms, tokens * 4 * round_up(hidden, kTermPadding)},
      {ScratchKind::InnerTerms, tokens * 4 * inner},
      {ScratchKind::HeadTerms, heads * 4 * latent},
      {ScratchKind::Absorbed, heads * 4 * l.latent_dim},
      {ScratchKind::Partial, std::max(heads, few_heads * splits) * 4 * l.latent_dim},
      {ScratchKind::PartialMax, std::max(heads, few_heads * splits) * 4},
      {ScratchKind::PartialSum, std::max(heads, few_heads * splits) * 4},
      {ScratchKind::Pairs, l.n_experts > 0 ? pairs * 4 * hidden : 0},
      {ScratchKind::Probe, 12 * l.n_heads * l.max_context},
  };
}

}  // namespace

Result<void> CudaBackend::reserve(const BackendLimits& limits) {
  for (const Need& need : needs_of(limits)) {
    if (need.n_bytes > 0 && scratch_.bytes(need.kind, need.n_bytes) == nullptr) {
      return unexpected(out_of_memory(need.n_bytes, "scratch"));
    }
  }
  return health();
}

}  // namespace engine::cuda
