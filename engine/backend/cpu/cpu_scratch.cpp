// Scratch memory of the CPU backend: taken at load, so that ops allocate nothing.
#include "engine/backend/cpu/cpu_scratch.h"

#include <algorithm>

#include "engine/backend/cpu/cpu_attend.h"
#include "engine/backend/cpu/cpu_ops.h"
#include "engine/backend/cpu/kernels_int.h"
#include "engine/backend/cpu/kernels_split.h"
#include "engine/backend/host_memory.h"
#include "engine/base/check.h"

namespace engine {

Result<void> ScratchArea::reserve(std::int64_t n_parts, std::int64_t n_elements) {
  if (n_parts <= n_parts_ && n_elements <= part_elements_) return {};
  const std::int64_t parts = std::max(n_parts, n_parts_);
  const std::int64_t elements = std::max(padded(n_elements), part_elements_);
  ASSIGN_OR_RETURN(Buffer grown, allocate_host(parts * elements));
  buffer_ = std::move(grown);
  n_parts_ = parts;
  part_elements_ = elements;
  return {};
}

void ScratchArea::ensure(std::int64_t n_parts, std::int64_t n_elements) {
  CHECK(reserve(n_parts, n_elements).has_value());
}

Result<void> CpuScratch::reserve(const BackendLimits& limits, std::int64_t n_threads) {
  const std::int64_t hidden = limits.hidden_size > 0 ? limits.hidden_size : limits.max_width;
  const std::int64_t top_k = std::max<std::int64_t>(limits.experts_per_token, 1);
  const std::int64_t n_pairs = limits.max_tokens * top_k;
  // Per head, W_UKV has this many rows at most: the width of expanded keys or values.
  const std::int64_t head = limits.max_width / std::max<std::int64_t>(limits.n_heads, 1);
  RETURN_IF_ERROR(
      panel.reserve(n_threads, std::max(kPanelElements, kAbsorbRows * padded(limits.latent_dim))));
  RETURN_IF_ERROR(carry.reserve(n_threads, kCarryElements));
  RETURN_IF_ERROR(strip.reserve(
      n_threads, std::max(2 * limits.max_tokens * kernels::kPanelRows, kSlotBlock * head)));
  RETURN_IF_ERROR(scores.reserve(n_threads, 3 * kScoreRows * padded(limits.max_context)));
  RETURN_IF_ERROR(
      reserve_attend(*this, n_threads, limits.n_heads, limits.latent_dim, limits.max_context));
  RETURN_IF_ERROR(q_absorbed.reserve(
      1, std::min(limits.max_tokens, kTokenBlock) * limits.n_heads * limits.latent_dim));
  if (limits.index_heads > 0) {
    RETURN_IF_ERROR(strip.reserve(n_threads, limits.index_heads * kSlotBlock));
    RETURN_IF_ERROR(index_scores.reserve(
        1, std::min(limits.max_tokens, kTokenBlock) * padded(limits.max_context)));
  }
  RETURN_IF_ERROR(inner.reserve(1, n_pairs * padded(limits.max_mlp_width)));
  const auto record_floats = [](std::int64_t cols) {
    return kernels::record_bytes(padded(cols)) / 4;
  };
  RETURN_IF_ERROR(rounded.reserve(1, limits.max_tokens * record_floats(limits.max_width)));
  RETURN_IF_ERROR(
      rounded_block.reserve(n_threads, rounded_block_elements(std::max(limits.latent_dim, head))));
  RETURN_IF_ERROR(rounded_inner.reserve(1, n_pairs * record_floats(limits.max_mlp_width)));
  if (limits.n_experts > 0) RETURN_IF_ERROR(expert_out.reserve(1, n_pairs * hidden));
  const auto reserve_ids = [](std::vector<std::int32_t>& ids, std::int64_t n) {
    ids.reserve(static_cast<std::size_t>(n));
  };
  reserve_ids(pair_token, n_pairs);
  reserve_ids(pair_of, n_pairs);
  reserve_ids(expert_begin, limits.n_experts + 1);
  reserve_ids(expert_next, limits.n_experts);
  reserve_ids(chosen, limits.n_experts);
  router.resize(static_cast<std::size_t>(n_threads));
  for (RouterScratch& r : router) r.resize(limits.n_experts);
  return {};
}

Result<void> CpuScratch::reserve_split(const BackendLimits& limits, std::int64_t n_threads) {
  const std::int64_t cols = std::max({limits.max_width, limits.max_mlp_width, limits.latent_dim});
  RETURN_IF_ERROR(split.reserve(n_threads, kernels::split_elements(cols)));
  return strip.reserve(n_threads, 2 * limits.max_tokens * kSplitRows);
}

}  // namespace engine
