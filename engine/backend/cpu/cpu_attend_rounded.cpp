// The whole numbers of a rounded attention job: a thread's scratch, and a block of slots' way in.
#include "engine/backend/cpu/cpu_attend_rounded.h"

#include <algorithm>

namespace engine {

namespace {

// Slots are asked for so far ahead of their rounding.
constexpr std::int64_t kAheadSlots = 4;
// Shared blocks at most: 17 MB at DeepSeek's sizes.
constexpr std::int64_t kMostShared = 128;

}  // namespace

std::int64_t WholeBlock::elements(std::int64_t dim, std::int64_t rope_dim) {
  return kBlockSlots * (2 + dim + rope_dim / 2);
}

WholeBlock::WholeBlock(float* at, std::int64_t dim, std::int64_t rope_dim)
    : scales(at), rope_scales(at + kBlockSlots) {
  columns = reinterpret_cast<std::int32_t*>(at + 2 * kBlockSlots);
  rope_columns = columns + kBlockSlots * dim / 2;
  pairs = reinterpret_cast<std::int16_t*>(rope_columns + kBlockSlots * rope_dim / 2);
}

std::int64_t WholeTile::elements(std::int64_t dim, std::int64_t rope_dim) {
  const std::int64_t q_words = kRoundedTileRows * (dim + rope_dim);
  const std::int64_t words = q_words + kBlockSlots * dim + kRoundedTileRows * kBlockSlots;
  return 3 * kRoundedTileRows + words / 2 + WholeBlock::elements(dim, rope_dim);
}

WholeTile::WholeTile(float* at, std::int64_t dim, std::int64_t rope_dim)
    : weight_scales(at + 2 * kRoundedTileRows), block(at + 3 * kRoundedTileRows, dim, rope_dim) {
  auto* words = reinterpret_cast<std::int16_t*>(at + 3 * kRoundedTileRows +
                                                WholeBlock::elements(dim, rope_dim));
  q = {words, at, dim};
  q_rope = {words + kRoundedTileRows * dim, at + kRoundedTileRows, rope_dim};
  rows = q_rope.data + kRoundedTileRows * rope_dim;
  weights = rows + kBlockSlots * dim;
}

bool can_round(const CpuContext& cpu, std::int64_t dim) {
  return cpu.rounded_attention != nullptr && dim <= kernels::kMaxRoundedDim &&
         dim % kernels::kRoundedStep == 0;
}

void round_queries(const CpuContext& cpu, const AttendJob& job, const Tile& tile,
                   const WholeTile& whole) {
  for (std::int64_t r = 0; r < tile.n_rows(); ++r) {
    const std::int64_t t = tile.token + r / tile.n_heads;
    const std::int64_t h = tile.head + r % tile.n_heads;
    const auto& round_row = cpu.rounded_attention->round_row;
    round_row(job.q.row(t) + h * job.q_head_stride, 0, r, whole.q);
    round_row(job.q_rope.row(t) + h * job.q_rope_head_stride, 0, r, whole.q_rope);
  }
}

namespace {

kernels::WholeRows round_rows(const CpuContext& cpu, const kernels::SlotBlock& slots,
                              std::int16_t* rows, float* scales) {
  const kernels::WholeRows to{rows, scales, slots.dim};
  for (std::int64_t j = 0; j < slots.n_slots; ++j) {
    cpu.rounded_attention->round_row(slots.data + j * slots.stride, kAheadSlots * slots.stride, j,
                                     to);
  }
  return to;
}

}  // namespace

void round_slots(const CpuContext& cpu, const WholeTile& tile, const kernels::SlotBlock& latents,
                 const WholeBlock& to) {
  const kernels::WholeRows rows = round_rows(cpu, latents, tile.rows, to.scales);
  cpu.rounded_attention->turn_rows(rows, latents.n_slots, to.columns);
  cpu.rounded_attention->pair_rows(rows, latents.n_slots, to.pairs);
}

void round_rope_slots(const CpuContext& cpu, const WholeTile& tile, const kernels::SlotBlock& keys,
                      const WholeBlock& to) {
  const kernels::WholeRows rows = round_rows(cpu, keys, tile.rows, to.rope_scales);
  cpu.rounded_attention->turn_rows(rows, keys.n_slots, to.rope_columns);
}

std::int64_t SharedBlocks::elements(std::int64_t n_slots, std::int64_t dim, std::int64_t rope_dim) {
  const std::int64_t n = std::min((n_slots + kBlockSlots - 1) / kBlockSlots, kMostShared);
  return n * WholeBlock::elements(dim, rope_dim);
}

bool SharedBlocks::has(std::int64_t slot) const { return slot / kBlockSlots < n_blocks; }

WholeBlock SharedBlocks::at(std::int64_t slot) const {
  return {data + slot / kBlockSlots * WholeBlock::elements(dim, rope_dim), dim, rope_dim};
}

SharedBlocks share_blocks(const CpuContext& cpu, const AttendJob& job, std::int64_t end,
                          std::int64_t tile_at) {
  const std::int64_t n_elements = SharedBlocks::elements(end, job.key_dim, job.rope_dim);
  cpu.scratch.whole_blocks.ensure(1, n_elements);
  const SharedBlocks shared{cpu.scratch.whole_blocks.part(0),
                            n_elements / WholeBlock::elements(job.key_dim, job.rope_dim),
                            job.key_dim, job.rope_dim};
  cpu.pool.run(shared.n_blocks, [&](std::int64_t block, int thread) {
    const WholeTile tile(cpu.scratch.attend.part(thread) + tile_at, job.key_dim, job.rope_dim);
    const std::int64_t first = block * kBlockSlots;
    const std::int64_t n = std::min(kBlockSlots, end - first);
    const WholeBlock to = shared.at(first);
    round_slots(cpu, tile, {job.keys.row(first), job.keys.stride, n, job.key_dim}, to);
    round_rope_slots(cpu, tile, {job.rope_keys.row(first), job.rope_keys.stride, n, job.rope_dim},
                     to);
  });
  return shared;
}

kernels::Fetch block_behind(ConstMatView cache, std::int64_t slot) {
  const std::int64_t end = std::min(slot + kBlockSlots, cache.rows);
  return {reinterpret_cast<const unsigned char*>(cache.row(slot)),
          reinterpret_cast<const unsigned char*>(cache.row(end))};
}

void score_rounded(const CpuContext& cpu, const WholeTile& whole, const WholeBlock& slots,
                   std::int64_t first_row, std::int64_t n_rows, std::int64_t n_slots,
                   const ScoreOut& out) {
  const auto& scores = cpu.rounded_attention->scores;
  scores(whole.q, first_row, n_rows, {slots.columns, slots.scales, n_slots}, out.data, out.stride,
         out.ahead);
  scores(whole.q_rope, first_row, n_rows, {slots.rope_columns, slots.rope_scales, n_slots},
         out.data + out.part, out.stride, {nullptr, nullptr});
}

void combine_rounded(const CpuContext& cpu, const WeightRows& weights, std::int64_t n_slots,
                     const WholeTile& whole, const WholeBlock& slots, float* sums,
                     std::int64_t sums_stride) {
  const kernels::RoundedAttention& kernels = *cpu.rounded_attention;
  for (std::int64_t r = 0; r < weights.n_rows; ++r) {
    whole.weight_scales[r] = kernels.round_weights(weights.data + r * weights.stride, slots.scales,
                                                   n_slots, whole.weights + r * kBlockSlots);
  }
  kernels.combine(whole.weights, whole.weight_scales, weights.factors, weights.n_rows, slots.pairs,
                  n_slots, whole.q.dim, sums, sums_stride);
}

}  // namespace engine
