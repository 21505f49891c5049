// The whole numbers of a rounded attention job (attention_rounded.h): where a thread keeps them and
// how a block of slots gets there. Used by cpu_attend.cpp.
#pragma once

#include <cstdint>

#include "engine/backend/cpu/cpu_ops.h"

namespace engine {

/// Rows of one task of a rounded job: a block of slots is turned into whole numbers once for all.
constexpr std::int64_t kRoundedTileRows = 128;

/// One thread's rows of one part of the cache in whole numbers: latents, or rotary keys.
struct WholePart {
  kernels::WholeRows q;      // [kRoundedTileRows]
  kernels::WholeRows slots;  // [kBlockSlots]
  std::int32_t* columns;     // the same slots as RoundedAttention::scores reads them

  static std::int64_t elements(std::int64_t dim);  // of scratch, as floats
  WholePart(float* at, std::int64_t dim);
};

/// One thread's whole numbers, in elements(…) floats of scratch.
struct WholeTile {
  WholePart latents;
  WholePart rope;
  std::int16_t* pairs;    // latents as RoundedAttention::combine reads them
  std::int16_t* weights;  // [kRoundedTileRows, kBlockSlots]
  float* weight_scales;   // [kRoundedTileRows]

  static std::int64_t elements(std::int64_t dim, std::int64_t rope_dim);
  WholeTile(float* at, std::int64_t dim, std::int64_t rope_dim);
};

/// Whether this instruction set has rounded attention for rows of so many columns.
bool can_round(const CpuContext& cpu, std::int64_t dim);

/// Slots of one part → part.slots, part.columns.
void round_slots(const CpuContext& cpu, const kernels::SlotBlock& slots, const WholePart& part);

/// Where scores go: content rows `stride` apart, rope rows from `part` floats behind them on.
struct ScoreOut {
  float* data;
  std::int64_t part;
  std::int64_t stride;
  kernels::Fetch ahead;
};

/// The block of slots that begins at `slot`, as far as the cache goes.
kernels::Fetch block_behind(ConstMatView cache, std::int64_t slot);

/// Both parts' scores of rows [first_row, first_row + n_rows) and the tile's slots.
void score_rounded(const CpuContext& cpu, const WholeTile& whole, std::int64_t first_row,
                   std::int64_t n_rows, std::int64_t n_slots, const ScoreOut& out);

/// Softmax weights of rows `stride` apart over the slots in a WholeTile.
struct WeightRows {
  const float* data;
  std::int64_t stride;
  const float* factors;  // of the sums so far
  std::int64_t n_rows;
};

/// sums[r] = factors[r]·sums[r] + Σ_j weights[r, j]·slots[j]
void combine_rounded(const CpuContext& cpu, const WeightRows& weights, std::int64_t n_slots,
                     const WholeTile& whole, float* sums, std::int64_t sums_stride);

}  // namespace engine
