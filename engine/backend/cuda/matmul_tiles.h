// Products of many tokens: tiles of weight rows × tokens, both staged through shared memory as the
// matrix instruction wants them, the next stage's loads on their way while one is multiplied. The
// order in which an output is summed is that of matmul_few. Part of matmul_kernels.h.
#pragma once

#include "engine/backend/cuda/matmul_work.h"

namespace engine::cuda {

/// How a block cuts its work. A warp multiplies kM tiles of 16 weight rows by kN tiles of 8
/// columns: every fragment it reads serves kN or kM instructions. With a second weight (gate and
/// up) each warp has half of its rows from either, so that one thread holds both sums of an
/// element.
/// Weights that need no decoding and no scales leave registers for more columns a warp, and are
/// bound by what they read of the second-level cache: their large tile has twice the rows.
template <class F, bool kLarge>
struct TileShape {
  static constexpr bool kWide = kLarge && F::kTerms == 1 && F::kGroupSteps == 0;
  static constexpr int kRowWarps = kWide ? 4 : 2;
  static constexpr int kColumnWarps = kLarge && !kWide ? 4 : 2;
  static constexpr int kM = kLarge && F::kTerms == 1 ? 4 : 2;
  static constexpr int kN = kWide ? 8 : 4;
  static constexpr int kWarps = kRowWarps * kColumnWarps;
  static constexpr int kThreads = kWarps * kWarpSize;
  static constexpr int kRowTiles = kRowWarps * kM;  // of 16 rows
  static constexpr int kColumns = kColumnWarps * kN * 8;
  static constexpr int kTokens = kColumns / 2;
  static constexpr int kOwnTiles = (kRowTiles + kWarps - 1) / kWarps;  // that a warp decodes

  // A stage: kSteps instructions deep, kParts of them in a unit. Scales per stage; a group that is
  // longer than a stage keeps its sums across stages.
  static constexpr int kSteps = F::kUnit == 16 ? 1 : 2;
  static constexpr int kParts = F::kUnit / (16 * kSteps);
  static constexpr bool kScaled = F::kGroupSteps > 0;
  static constexpr bool kCarried = F::kGroupSteps > kSteps;
  static constexpr int kGroups = kScaled && !kCarried ? kSteps / F::kGroupSteps : 1;

  // Columns lie in cells of four elements, what a lane takes per step: [step][column][t], or, where
  // eight consecutive elements are one lane's for two steps, [column][t][step]. The steps stand 64
  // bytes apart from a multiple of 128, so that a quarter of a warp writes 16 bytes a lane to all
  // banks.
  static constexpr int kChunks = 2 * kSteps;  // 16 bytes each, per column
  static constexpr int kCopies = kColumns * kChunks / kThreads;
  static constexpr int kCellsPerStep = F::kPairedSteps ? 0 : kColumns * 4 + 8;
  static constexpr int kCells = F::kPairedSteps ? kColumns * 8 : kSteps * kCellsPerStep;
  static constexpr int kFragments = kSteps * F::kTerms * kRowTiles * kWarpSize;
  static constexpr int kScales = kScaled ? kGroups * kRowTiles * 8 : 0;
  static constexpr int kMinima = F::kHasMin ? kScales : 0;
  static constexpr int kScalesAt = 2 * kCells;  // behind the cells, as large as they
  static constexpr int kMinimaAt = kScalesAt + 2 * kScales;
};

/// The block's shared memory, two stages of each: fragments [step][term][row tile][lane], cells,
/// scales and minima [group][row tile][8] of rows g and g + 8.
template <class Fragments, class Cells>
struct StageMemory {
  Fragments fragments;
  Cells cells;
};

/// What a thread carries from global to shared memory: its chunks of columns, and the weight tiles
/// its warp decodes, a unit of them at a time.
template <class F, class S>
struct Carried {
  Global<const std::uint16_t> columns[S::kCopies];
  uint4 chunks[S::kCopies];
  RowPlanes rows[S::kOwnTiles][2];
  typename F::Part parts[S::kOwnTiles][2];

  __device__ __forceinline__ void load_columns(std::int64_t unit, int part) {
    const int chunk = static_cast<int>(threadIdx.x) % S::kChunks;
    const int in_unit = F::kPairedSteps ? F::k_offset(part * S::kSteps, chunk)
                                        : F::k_offset(part * S::kSteps + chunk / 2, chunk % 2 * 2);
#pragma unroll
    for (int i = 0; i < S::kCopies; ++i) {
      chunks[i] = {0, 0, 0, 0};
      if (columns[i] == nullptr) continue;
      chunks[i] = load_vector<uint4>(columns[i] + (unit * F::kUnit + in_unit));
    }
  }
  __device__ __forceinline__ void load_weights(std::int64_t unit) {
#pragma unroll
    for (int own = 0; own < S::kOwnTiles; ++own) {
      if (warp_of() + own * S::kWarps >= S::kRowTiles) continue;
      parts[own][0] = F::load(rows[own][0], unit, lane_of() % 4);
      parts[own][1] = F::load(rows[own][1], unit, lane_of() % 4);
    }
  }
};

template <class F, class S, class Memory>
__device__ __forceinline__ void store_columns(const Carried<F, S>& carried, const Memory& memory,
                                              int buffer) {
  const int chunk = static_cast<int>(threadIdx.x) % S::kChunks;
#pragma unroll
  for (int i = 0; i < S::kCopies; ++i) {
    const int column = (static_cast<int>(threadIdx.x) + i * S::kThreads) / S::kChunks;
    const int cell = F::kPairedSteps ? (column * 4 + chunk) * 2
                                     : chunk / 2 * S::kCellsPerStep + column * 4 + chunk % 2 * 2;
    store_vector(memory.cells + (buffer * S::kCells + cell), carried.chunks[i]);
  }
}

/// Stage `part` of the unit whose weights `carried` holds.
template <class F, class S, class Memory>
__device__ __forceinline__ void store_weights(const Carried<F, S>& carried, const Memory& memory,
                                              int buffer, int part) {
  const int lane = lane_of();
#pragma unroll
  for (int own = 0; own < S::kOwnTiles; ++own) {
    const int tile = warp_of() + own * S::kWarps;
    if (tile >= S::kRowTiles) continue;
    const typename F::Part& low = carried.parts[own][0];
    const typename F::Part& high = carried.parts[own][1];
#pragma unroll
    for (int p = 0; p < S::kParts; ++p) {  // so that a part's words stay in registers
      if (p != part) continue;
#pragma unroll
      for (int i = 0; i < S::kSteps * F::kTerms; ++i) {
        uint4 a;
        F::fragment(low, p * S::kSteps + i / F::kTerms, i % F::kTerms, a.x, a.z);
        F::fragment(high, p * S::kSteps + i / F::kTerms, i % F::kTerms, a.y, a.w);
        store_vector(memory.fragments +
                         (buffer * S::kFragments + (i * S::kRowTiles + tile) * kWarpSize + lane),
                     a);
      }
      if constexpr (S::kScaled) {
#pragma unroll
        for (int i = 0; i < S::kGroups; ++i) {
          const int group = S::kCarried ? 0 : p * S::kGroups + i;
          const int at = buffer * S::kScales + (i * S::kRowTiles + tile) * 8 + lane / 4;
          const float2 scales = {F::scale(low, group), F::scale(high, group)};
          if (lane % 4 == 0) store_vector(memory.cells + (S::kScalesAt + at), scales);
          if constexpr (F::kHasMin) {
            const float2 minima = {F::minimum(low, group), F::minimum(high, group)};
            if (lane % 4 == 0) store_vector(memory.cells + (S::kMinimaAt + at), minima);
          }
        }
      }
    }
  }
}

/// Where a warp stands in its block, and what it sums: element i of a tile as the instruction gives
/// it, columns 2t and 2t + 1 being the two terms of one token.
template <class S>
struct WarpTile {
  int first_row_tile, first_column;
  float sums[S::kM][S::kN][4];
  float group_sums[S::kCarried ? S::kM : 1][S::kN][4];  // of a group longer than a stage
  float totals[S::kM][S::kN][2];
};

template <class F, class S, class Memory>
__device__ __forceinline__ void load_cells(const Memory& memory, int buffer, int first_column,
                                           std::uint32_t (&b)[S::kSteps][S::kN][2]) {
#pragma unroll
  for (int n = 0; n < S::kN; ++n) {
    const int slot = (first_column + 8 * n) * 4 + lane_of();
    if constexpr (F::kPairedSteps) {
      const uint4 v = load_shared<uint4>(memory.cells + (buffer * S::kCells + slot * 2));
      b[0][n][0] = v.x;
      b[0][n][1] = v.y;
      b[1][n][0] = v.z;
      b[1][n][1] = v.w;
    } else {
#pragma unroll
      for (int step = 0; step < S::kSteps; ++step) {
        const uint2 v = load_shared<uint2>(memory.cells +
                                           (buffer * S::kCells + step * S::kCellsPerStep + slot));
        b[step][n][0] = v.x;
        b[step][n][1] = v.y;
      }
    }
  }
}

/// sums[n] += fragment i of row tile `tile` · b[n], for all kN.
template <class F, class S, class Memory>
__device__ __forceinline__ void multiply_row_tile(const Memory& memory, int buffer, int i, int tile,
                                                  const std::uint32_t (&b)[S::kN][2],
                                                  float (&sums)[S::kN][4]) {
  const uint4 v =
      load_shared<uint4>(memory.fragments + (buffer * S::kFragments +
                                             (i * S::kRowTiles + tile) * kWarpSize + lane_of()));
  const std::uint32_t a[4] = {v.x, v.y, v.z, v.w};
#pragma unroll
  for (int n = 0; n < S::kN; ++n) mma_bf16(sums[n], a, b[n]);
}

/// sums += scales · group_sums (- minima · x_sums) of one row tile and group.
template <class F, class S, class Memory>
__device__ __forceinline__ void apply_scales(const Memory& memory, int at,
                                             const float (&group_sums)[S::kN][4],
                                             const float (&x_sums)[S::kN][4],
                                             float (&sums)[S::kN][4]) {
  const float2 both = load_shared<float2>(memory.cells + (S::kScalesAt + at));
  const float scales[2] = {both.x, both.y};
  float minima[2] = {};
  if constexpr (F::kHasMin) {
    const float2 v = load_shared<float2>(memory.cells + (S::kMinimaAt + at));
    minima[0] = v.x;
    minima[1] = v.y;
  }
#pragma unroll
  for (int n = 0; n < S::kN; ++n) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      sums[n][i] = fmaf(scales[i / 2], group_sums[n][i], sums[n][i]);
      if constexpr (F::kHasMin) sums[n][i] = fmaf(-minima[i / 2], x_sums[n][i], sums[n][i]);
    }
  }
}

/// The warp's share of the stage in `buffer`, part `part` of its unit.
template <class F, class S, class Memory>
__device__ __forceinline__ void multiply_stage(const Memory& memory, int buffer, int part,
                                               WarpTile<S>& warp) {
  std::uint32_t b[S::kSteps][S::kN][2];
  load_cells<F, S>(memory, buffer, warp.first_column, b);
  const int scales_at = buffer * S::kScales + warp.first_row_tile * 8 + lane_of() / 4;
  if constexpr (!S::kScaled || S::kCarried) {
#pragma unroll
    for (int step = 0; step < S::kSteps; ++step) {
#pragma unroll
      for (int m = 0; m < S::kM; ++m) {
#pragma unroll
        for (int term = F::kTerms - 1; term >= 0; --term) {
          multiply_row_tile<F, S>(memory, buffer, step * F::kTerms + term, warp.first_row_tile + m,
                                  b[step], S::kCarried ? warp.group_sums[m] : warp.sums[m]);
        }
      }
    }
    if constexpr (S::kCarried) {
      if (part != S::kParts - 1) return;
#pragma unroll
      for (int m = 0; m < S::kM; ++m) {
        apply_scales<F, S>(memory, scales_at + m * 8, warp.group_sums[m], warp.group_sums[m],
                           warp.sums[m]);
#pragma unroll
        for (int i = 0; i < S::kN * 4; ++i) warp.group_sums[m][i / 4][i % 4] = 0.0F;
      }
    }
  } else {
    constexpr std::uint32_t kOnes = 0x3F803F80U;
#pragma unroll
    for (int group = 0; group < S::kGroups; ++group) {
      float x_sums[S::kN][4] = {};
      if constexpr (F::kHasMin) {
        const std::uint32_t ones[4] = {kOnes, kOnes, kOnes, kOnes};
#pragma unroll
        for (int i = 0; i < F::kGroupSteps * S::kN; ++i) {
          mma_bf16(x_sums[i % S::kN], ones, b[group * F::kGroupSteps + i / S::kN][i % S::kN]);
        }
      }
#pragma unroll
      for (int m = 0; m < S::kM; ++m) {
        float group_sums[S::kN][4] = {};
#pragma unroll
        for (int i = 0; i < F::kGroupSteps; ++i) {
          const int step = group * F::kGroupSteps + i;
          multiply_row_tile<F, S>(memory, buffer, step, warp.first_row_tile + m, b[step],
                                  group_sums);
        }
        apply_scales<F, S>(memory, scales_at + (group * S::kRowTiles + m) * 8, group_sums, x_sums,
                           warp.sums[m]);
      }
    }
  }
}

/// A segment ends: its sums join the totals.
template <class S>
__device__ __forceinline__ void end_segment(WarpTile<S>& warp) {
#pragma unroll
  for (int m = 0; m < S::kM; ++m) {
#pragma unroll
    for (int n = 0; n < S::kN; ++n) {
      float(&sums)[4] = warp.sums[m][n];
      warp.totals[m][n][0] += sums[0] + sums[1];
      warp.totals[m][n][1] += sums[2] + sums[3];
      sums[0] = sums[1] = sums[2] = sums[3] = 0.0F;
    }
  }
}

/// Where row tile `tile` of a block begins in its weight.
template <class S, bool kGated>
__device__ __forceinline__ std::int64_t first_row_of_tile(int tile) {
  constexpr int kPerWarp = kGated ? S::kM / 2 : S::kM;
  const int in_block = tile / S::kM * kPerWarp + tile % S::kM % kPerWarp;
  return (static_cast<std::int64_t>(blockIdx.x) * S::kRowWarps * kPerWarp + in_block) * 16;
}

/// Grid: 16·kRowTiles weight rows (half of them with a second weight) × work tiles of up to kTokens
/// rows × batches. Shared: two stages (StageMemory). Warp w decodes row tiles w, w + kWarps…; it
/// multiplies kM row tiles and kN column tiles, rows side by side in the order of warps.
template <DType D, bool kGated, bool kLarge>
__global__ void __launch_bounds__(TileShape<Format<D>, kLarge>::kThreads, kLarge ? 1 : 2)
    matmul_many(const MatmulArgs args) {
  using F = Format<D>;
  using S = TileShape<F, kLarge>;
  DEVICE_SHARED(uint4, fragments, 2 * S::kFragments);
  DEVICE_SHARED(uint2, cells, S::kMinimaAt + 2 * S::kMinima);
  const BlockWork work = block_work(args);
  if (work.empty) return;
  const StageMemory memory{fragments, cells};
  Carried<F, S> carried;
#pragma unroll
  for (int i = 0; i < S::kCopies; ++i) {
    const int column = (static_cast<int>(threadIdx.x) + i * S::kThreads) / S::kChunks;
    carried.columns[i] = term_column(args, work, column / 2, column % 2);
  }
#pragma unroll
  for (int own = 0; own < S::kOwnTiles; ++own) {
    const int tile = warp_of() + own * S::kWarps;
    const bool second = kGated && tile % S::kM >= S::kM / 2;
    weight_rows_of<D>(second ? work.up : work.weight, work, first_row_of_tile<S, kGated>(tile),
                      carried.rows[own]);
  }
  WarpTile<S> warp = {};
  warp.first_row_tile = warp_of() % S::kRowWarps * S::kM;
  warp.first_column = warp_of() / S::kRowWarps * S::kN * 8;
  const std::int64_t first_row = first_row_of_tile<S, kGated>(warp.first_row_tile);
  // Warps with nothing to write carry and decode all the same. Terms are written to their padding.
  const std::int64_t end_row = kGated ? args.out_terms.padded_cols : work.n_weight_rows;
  const bool multiplies = first_row < end_row && warp.first_column / 2 < work.count;

  const std::int64_t units = n_units(weight_layout(D), work.weight.cols);
  carried.load_weights(0);
  carried.load_columns(0, 0);
  store_columns(carried, memory, 0);
  store_weights(carried, memory, 0, 0);
  __syncthreads();  // the first stage is there
  int buffer = 0;
  std::int64_t unit = 0;
  for (int s = 0; s < kSegments; ++s) {
    for (const std::int64_t end = segment_begin(units, s + 1); unit < end; ++unit) {
      for (int part = 0; part < S::kParts; ++part) {
        const bool unit_ends = part == S::kParts - 1;
        const bool more = !unit_ends || unit + 1 < units;
        const int next_part = unit_ends ? 0 : part + 1;
        if (more) {
          if (unit_ends) carried.load_weights(unit + 1);
          carried.load_columns(unit_ends ? unit + 1 : unit, next_part);
        }
        if (multiplies) multiply_stage<F, S>(memory, buffer, part, warp);
        buffer ^= 1;
        if (more) {
          store_columns(carried, memory, buffer);
          store_weights(carried, memory, buffer, next_part);
        }
        __syncthreads();  // the next stage is there, this one's memory free
      }
    }
    end_segment(warp);
  }
  if (!multiplies) return;
  constexpr int kOutputs = kGated ? S::kM / 2 : S::kM;
  const int lane = lane_of();
#pragma unroll
  for (int m = 0; m < kOutputs; ++m) {
#pragma unroll
    for (int i = 0; i < 2 * S::kN; ++i) {
      const int n = i / 2;
      const int half = i % 2;
      write_result(args, work, first_row + m * 16 + lane / 4 + 8 * half,
                   warp.first_column / 2 + 4 * n + lane % 4, warp.totals[m][n][half],
                   kGated ? warp.totals[m + S::kM / 2][n][half] : 0.0F);
    }
  }
}

}  // namespace engine::cuda
