// The whole numbers of a rounded attention job (attention_rounded.h): how a cache of them lies in
// memory, what a thread keeps of its own, and the way from float32. Used by cpu_attend.cpp.
#pragma once

#include <cstdint>

#include "engine/backend/cpu/cpu_attend.h"
#include "engine/backend/cpu/cpu_ops.h"

namespace engine {

/// Rows of one task of a rounded job.
constexpr std::int64_t kRoundedTileRows = 128;

/// Whether rounded attention takes rows of so many columns.
bool can_round(std::int64_t dim);

/// Slots in whole numbers, a slot's latent and its rotary key one behind the other: the rows of all
/// slots, then the latents' scales, then those of the keys.
struct WholeCache {
  std::int16_t* rows = nullptr;  // [n_slots, dim + rope_dim], as round_row leaves each part
  float* scales = nullptr;
  float* rope_scales = nullptr;
  std::int64_t dim = 0;
  std::int64_t rope_dim = 0;

  /// Float32 elements that n_slots take.
  static std::int64_t elements(std::int64_t n_slots, std::int64_t dim, std::int64_t rope_dim);
  WholeCache() = default;
  WholeCache(float* at, std::int64_t n_slots, std::int64_t cols, std::int64_t rope_cols);

  std::int64_t stride() const { return dim + rope_dim; }
  kernels::WholeSlots latents(std::int64_t first, std::int64_t n, std::int64_t ahead = 0) const;
  kernels::WholeSlots rope_keys(std::int64_t first, std::int64_t n, std::int64_t ahead = 0) const;
};

/// Rows of float32 latents and rotary keys → slots from `first` on.
void round_slots(const CpuContext& cpu, ConstMatView latents, ConstMatView rope_keys,
                 std::int64_t first, const WholeCache& to);

/// The slots that a job reads: those kept beside the cache, or all of them rounded now.
WholeCache whole_slots(const CpuContext& cpu, const AttendJob& job, std::int64_t n_slots);

/// One thread's whole numbers, in elements(…) floats of scratch.
struct WholeTile {
  kernels::TurnedRows q;       // [kRoundedTileRows]
  kernels::TurnedRows q_rope;  // [kRoundedTileRows]
  std::int16_t* rows;          // [kTurnedRows, max(dim, rope_dim)]: queries on their way
  std::int16_t* weights;       // [kRoundedTileRows, kBlockSlots]
  float* weight_scales;        // [kRoundedTileRows]
  float* factors;              // [kRoundedTileRows]
  WholeCache gathered;         // [kBlockSlots]: picked slots

  static std::int64_t elements(std::int64_t dim, std::int64_t rope_dim);
  WholeTile(float* at, std::int64_t dim, std::int64_t rope_dim);
};

/// The queries of a tile's rows → whole.q, whole.q_rope.
void round_queries(const CpuContext& cpu, const AttendJob& job, const Tile& tile,
                   const WholeTile& whole);

/// Slots that were picked → the first of `to`.
void gather_slots(const WholeCache& from, const std::int32_t* picked, std::int64_t n,
                  const WholeCache& to);

/// At most kBlockSlots consecutive slots.
struct WholeBlock {
  kernels::WholeSlots latents;
  kernels::WholeSlots rope_keys;
};

/// Rows of a tile over a block of slots, group by group: where its scores lie.
struct ScoreGroups {
  std::int64_t first_row;
  std::int64_t n_rows;
  float* content;  // [groups of the tile, kGroupScores]
  float* rope;
};

/// Scores of both parts, then the softmax: weights in whole numbers, a row's factor and scale stay
/// in `whole`. The state of tile row r is at state + r·stride.
void score_rounded(const CpuContext& cpu, const WholeTile& whole, const WholeBlock& slots,
                   const ScoreGroups& rows);
void soften_rounded(const CpuContext& cpu, const WholeTile& whole, const WholeBlock& slots,
                    const ScoreGroups& rows, float scale, float* state, std::int64_t stride);
/// sums[r] = factors[r]·sums[r] + Σ_j weights[r, j]·slots[j] for rows of the tile, `stride` apart.
void combine_rounded(const CpuContext& cpu, const WholeTile& whole, const WholeBlock& slots,
                     const ScoreGroups& rows, float* sums, std::int64_t stride);

/// A row's scores of n slots, one behind the other.
void copy_scores(const float* groups, std::int64_t row, std::int64_t n, float* to);

}  // namespace engine
