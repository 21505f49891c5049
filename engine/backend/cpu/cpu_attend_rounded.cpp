// The whole numbers of a rounded attention job: a thread's scratch, and a block of slots' way in.
#include "engine/backend/cpu/cpu_attend_rounded.h"

#include <algorithm>

#include "engine/backend/cpu/cpu_attend.h"

namespace engine {

namespace {

// Slots are asked for so far ahead of their rounding.
constexpr std::int64_t kAheadSlots = 4;

}  // namespace

std::int64_t WholePart::elements(std::int64_t dim) {
  return kRoundedTileRows + kBlockSlots + (kRoundedTileRows + 2 * kBlockSlots) * dim / 2;
}

WholePart::WholePart(float* at, std::int64_t dim) {
  auto* words = reinterpret_cast<std::int16_t*>(at + kRoundedTileRows + kBlockSlots);
  q = {words, at, dim};
  slots = {words + kRoundedTileRows * dim, at + kRoundedTileRows, dim};
  columns = reinterpret_cast<std::int32_t*>(slots.data + kBlockSlots * dim);
}

std::int64_t WholeTile::elements(std::int64_t dim, std::int64_t rope_dim) {
  return WholePart::elements(dim) + WholePart::elements(rope_dim) + kRoundedTileRows +
         (kRoundedTileRows + dim) * kBlockSlots / 2;
}

WholeTile::WholeTile(float* at, std::int64_t dim, std::int64_t rope_dim)
    : latents(at, dim), rope(at + WholePart::elements(dim), rope_dim) {
  weight_scales = at + WholePart::elements(dim) + WholePart::elements(rope_dim);
  weights = reinterpret_cast<std::int16_t*>(weight_scales + kRoundedTileRows);
  pairs = weights + kRoundedTileRows * kBlockSlots;
}

bool can_round(const CpuContext& cpu, std::int64_t dim) {
  return cpu.rounded_attention != nullptr && dim <= kernels::kMaxRoundedDim &&
         dim % kernels::kRoundedStep == 0;
}

void round_slots(const CpuContext& cpu, const kernels::SlotBlock& slots, const WholePart& part) {
  for (std::int64_t j = 0; j < slots.n_slots; ++j) {
    cpu.rounded_attention->round_row(slots.data + j * slots.stride, kAheadSlots * slots.stride, j,
                                     part.slots);
  }
  cpu.rounded_attention->turn_rows(part.slots, slots.n_slots, part.columns);
}

kernels::Fetch block_behind(ConstMatView cache, std::int64_t slot) {
  const std::int64_t end = std::min(slot + kBlockSlots, cache.rows);
  return {reinterpret_cast<const unsigned char*>(cache.row(slot)),
          reinterpret_cast<const unsigned char*>(cache.row(end))};
}

void score_rounded(const CpuContext& cpu, const WholeTile& whole, std::int64_t first_row,
                   std::int64_t n_rows, std::int64_t n_slots, const ScoreOut& out) {
  const auto& scores = cpu.rounded_attention->scores;
  const WholePart& latents = whole.latents;
  const WholePart& rope = whole.rope;
  scores(latents.q, first_row, n_rows, {latents.columns, latents.slots.scales, n_slots}, out.data,
         out.stride, out.ahead);
  scores(rope.q, first_row, n_rows, {rope.columns, rope.slots.scales, n_slots}, out.data + out.part,
         out.stride, {nullptr, nullptr});
}

void combine_rounded(const CpuContext& cpu, const WeightRows& weights, std::int64_t n_slots,
                     const WholeTile& whole, float* sums, std::int64_t sums_stride) {
  const kernels::RoundedAttention& kernels = *cpu.rounded_attention;
  for (std::int64_t r = 0; r < weights.n_rows; ++r) {
    whole.weight_scales[r] =
        kernels.round_weights(weights.data + r * weights.stride, whole.latents.slots.scales,
                              n_slots, whole.weights + r * kBlockSlots);
  }
  kernels.combine(whole.weights, whole.weight_scales, weights.factors, weights.n_rows, whole.pairs,
                  n_slots, whole.latents.slots.dim, sums, sums_stride);
}

}  // namespace engine
