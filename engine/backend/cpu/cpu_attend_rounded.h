// The whole numbers of a rounded attention job (attention_rounded.h): where a thread keeps them and
// how a block of slots gets there. Used by cpu_attend.cpp.
#pragma once

#include <cstdint>

#include "engine/backend/cpu/cpu_attend.h"
#include "engine/backend/cpu/cpu_ops.h"

namespace engine {

/// Rows of one task of a rounded job: a block of slots is turned into whole numbers once for all.
constexpr std::int64_t kRoundedTileRows = 128;

/// Both parts of a block of kBlockSlots slots in whole numbers, as RoundedAttention's routines read
/// them, in elements(…) floats of scratch.
struct WholeBlock {
  float* scales;
  float* rope_scales;
  std::int32_t* columns;  // for scores
  std::int32_t* rope_columns;
  std::int16_t* pairs;  // for combine

  static std::int64_t elements(std::int64_t dim, std::int64_t rope_dim);
  WholeBlock(float* at, std::int64_t dim, std::int64_t rope_dim);
};

/// One thread's whole numbers, in elements(…) floats of scratch.
struct WholeTile {
  kernels::WholeRows q;  // [kRoundedTileRows]
  kernels::WholeRows q_rope;
  std::int16_t* rows;     // [kBlockSlots, dim]: slots on their way into a block
  std::int16_t* weights;  // [kRoundedTileRows, kBlockSlots]
  float* weight_scales;   // [kRoundedTileRows]
  WholeBlock block;       // what this thread works on, unless it was made for all threads

  static std::int64_t elements(std::int64_t dim, std::int64_t rope_dim);
  WholeTile(float* at, std::int64_t dim, std::int64_t rope_dim);
};

/// Whether this instruction set has rounded attention for rows of so many columns.
bool can_round(const CpuContext& cpu, std::int64_t dim);

/// The queries of a tile's rows → whole.q, whole.q_rope.
void round_queries(const CpuContext& cpu, const AttendJob& job, const Tile& tile,
                   const WholeTile& whole);

/// Latents and rotary keys of the same slots → `to`, by way of the tile's rows.
void round_slots(const CpuContext& cpu, const WholeTile& tile, const kernels::SlotBlock& latents,
                 const WholeBlock& to);
void round_rope_slots(const CpuContext& cpu, const WholeTile& tile, const kernels::SlotBlock& keys,
                      const WholeBlock& to);

/// The first blocks of the cache, turned into whole numbers once for all tiles of a job. Those that
/// there is no room for are turned by every tile.
struct SharedBlocks {
  float* data = nullptr;
  std::int64_t n_blocks = 0;
  std::int64_t dim = 0;
  std::int64_t rope_dim = 0;

  static std::int64_t elements(std::int64_t n_slots, std::int64_t dim, std::int64_t rope_dim);
  bool has(std::int64_t slot) const;
  WholeBlock at(std::int64_t slot) const;
};
/// Blocks of slots [0, end), in scratch; every thread's WholeTile lies at scratch.attend + tile_at.
SharedBlocks share_blocks(const CpuContext& cpu, const AttendJob& job, std::int64_t end,
                          std::int64_t tile_at);

/// Where scores go: content rows `stride` apart, rope rows from `part` floats behind them on.
struct ScoreOut {
  float* data;
  std::int64_t part;
  std::int64_t stride;
  kernels::Fetch ahead;
};

/// The block of slots that begins at `slot`, as far as the cache goes.
kernels::Fetch block_behind(ConstMatView cache, std::int64_t slot);

/// Both parts' scores of rows [first_row, first_row + n_rows) and the first slots of a block.
void score_rounded(const CpuContext& cpu, const WholeTile& whole, const WholeBlock& slots,
                   std::int64_t first_row, std::int64_t n_rows, std::int64_t n_slots,
                   const ScoreOut& out);

/// Softmax weights of rows `stride` apart over the slots of a WholeBlock.
struct WeightRows {
  const float* data;
  std::int64_t stride;
  const float* factors;  // of the sums so far
  std::int64_t n_rows;
};

/// sums[r] = factors[r]·sums[r] + Σ_j weights[r, j]·slots[j]
void combine_rounded(const CpuContext& cpu, const WeightRows& weights, std::int64_t n_slots,
                     const WholeTile& whole, const WholeBlock& slots, float* sums,
                     std::int64_t sums_stride);

}  // namespace engine
