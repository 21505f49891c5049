// The one matrix product of the CUDA backend, decode and prefill alike: 16 weight rows × 8 columns
// per instruction, a column being one bf16 term of one token. Included by matmul_*.cu, a few types
// each, so that they compile side by side.
//
// Same bits: K is cut into kSegments runs that depend on K alone; a run is summed in order (units,
// groups, steps, the low term of a weight before the high one), the runs are added in order. Which
// kernel, how many rows and where a row stands in a tile cannot matter: the instruction computes
// every element on its own.
#pragma once

#include "engine/backend/cuda/matmul_tiles.h"

namespace engine::cuda {

constexpr int kFewWarps = kSegments;  // matmul_few: one warp per segment

/// Units whose weights a warp asks for before it computes the first of them. A warp of few columns
/// waits for memory most of the time: the compiler alone keeps one unit on its way.
template <class F>
constexpr int kUnitsAhead = F::kUnit > 128 ? 1 : 128 / (F::kUnit < 64 ? F::kUnit : F::kUnit / 2);

/// A lane's share of its column over a unit, loaded ahead as the weights are.
template <class F>
struct HeldColumn {
  std::uint32_t b[F::kUnit / 16][2];
};

template <class F>
__device__ __forceinline__ uint2 load_column(const Global<const std::uint16_t>& x,
                                             std::int64_t unit, int step) {
  if (x == nullptr) return {0, 0};
  return load_vector<uint2>(x + (unit * F::kUnit + F::k_offset(step, lane_of() % 4)));
}

/// sums += the product of one unit: element i as the instruction gives it.
template <class F>
__device__ __forceinline__ void unit_product(const typename F::Part& low_part,
                                             const typename F::Part& high_part,
                                             const HeldColumn<F>& held, float (&sums)[4]) {
  constexpr std::uint32_t kOnes = 0x3F803F80U;
  float group_sums[4] = {};
  float x_sums[4] = {};
#pragma unroll
  for (int step = 0; step < F::kUnit / 16; ++step) {
#pragma unroll
    for (int term = F::kTerms - 1; term >= 0; --term) {
      std::uint32_t a[4];
      F::fragment(low_part, step, term, a[0], a[2]);
      F::fragment(high_part, step, term, a[1], a[3]);
      mma_bf16(F::kGroupSteps == 0 ? sums : group_sums, a, held.b[step]);
    }
    if constexpr (F::kHasMin) {
      const std::uint32_t ones[4] = {kOnes, kOnes, kOnes, kOnes};
      mma_bf16(x_sums, ones, held.b[step]);
    }
    if constexpr (F::kGroupSteps > 0) {
      if (step % F::kGroupSteps != F::kGroupSteps - 1) continue;
      const int group = step / F::kGroupSteps;
      const float scales[2] = {F::scale(low_part, group), F::scale(high_part, group)};
      const float minima[2] = {F::minimum(low_part, group), F::minimum(high_part, group)};
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        sums[i] = fmaf(scales[i / 2], group_sums[i], sums[i]);
        if constexpr (F::kHasMin) {
          sums[i] = fmaf(-minima[i / 2], x_sums[i], sums[i]);
          x_sums[i] = 0.0F;
        }
        group_sums[i] = 0.0F;
      }
    }
  }
}

/// sums += the product over units [begin, end), in their order.
template <class F>
__device__ __forceinline__ void segment_product(const RowPlanes (&rows)[2],
                                                const Global<const std::uint16_t>& x,
                                                std::int64_t begin, std::int64_t end,
                                                float (&sums)[4]) {
  constexpr int kAhead = kUnitsAhead<F>;
  const int t = lane_of() % 4;
  for (std::int64_t unit = begin; unit < end; unit += kAhead) {
    typename F::Part low_parts[kAhead] = {};
    typename F::Part high_parts[kAhead] = {};
    HeldColumn<F> held[kAhead] = {};
#pragma unroll
    for (int i = 0; i < kAhead; ++i) {
      if (unit + i >= end) continue;
      low_parts[i] = F::load(rows[0], unit + i, t);
      high_parts[i] = F::load(rows[1], unit + i, t);
#pragma unroll
      for (int step = 0; step < F::kUnit / 16; ++step) {
        const uint2 v = load_column<F>(x, unit + i, step);
        held[i].b[step][0] = v.x;
        held[i].b[step][1] = v.y;
      }
    }
#pragma unroll
    for (int i = 0; i < kAhead; ++i) {
      if (unit + i >= end) continue;
      unit_product<F>(low_parts[i], high_parts[i], held[i], sums);
    }
  }
}

/// Grid: 16 weight rows × work tiles of up to 4 rows × batches. Block: kFewWarps warps, warp s sums
/// segment s. Shared: the segments' sums [kSegments][16][4] of one or two weights; thread
/// (row, token) adds them in order.
template <DType D, bool kGated>
__global__ void __launch_bounds__(kFewWarps* kWarpSize, 2) matmul_few(const MatmulArgs args) {
  using F = Format<D>;
  constexpr int kWeights = kGated ? 2 : 1;
  DEVICE_SHARED(float, parts, kWeights* kSegments * 16 * 4);
  const BlockWork work = block_work(args);
  if (work.empty) return;
  const int lane = lane_of();
  const int warp = warp_of();
  const Global<const std::uint16_t> x = term_column(args, work, lane / 8, lane / 4 % 2);
  const std::int64_t units = n_units(weight_layout(D), work.weight.cols);
  const std::int64_t first_row = static_cast<std::int64_t>(blockIdx.x) * 16;
#pragma unroll
  for (int i = 0; i < kWeights; ++i) {
    RowPlanes rows[2];
    weight_rows_of<D>(i == 0 ? work.weight : work.up, work, first_row, rows);
    float sums[4] = {};
    segment_product<F>(rows, x, segment_begin(units, warp), segment_begin(units, warp + 1), sums);
    const int at = ((i * kSegments + warp) * 16 + lane / 4) * 4 + lane % 4;
    parts[at] = sums[0] + sums[1];
    parts[at + 8 * 4] = sums[2] + sums[3];
  }
  __syncthreads();
  const int element = static_cast<int>(threadIdx.x);
  if (element >= 16 * 4) return;
  float totals[2] = {};
  for (int i = 0; i < kWeights; ++i) {
    for (int s = 0; s < kSegments; ++s) totals[i] += parts[(i * kSegments + s) * 64 + element];
  }
  write_result(args, work, first_row + element / 4, element % 4, totals[0], totals[1]);
}

template <DType D, bool kGated, bool kLarge>
void launch_many(const MatmulArgs& args, dim3 grid, std::int64_t rows, Stream stream) {
  using S = TileShape<Format<D>, kLarge>;
  constexpr std::int64_t kRows = 16 * S::kRowTiles / (kGated ? 2 : 1);
  static_assert(S::kTokens == (kLarge ? kLargeRows : kManyRows));
  static_assert(!kLarge || 16 * S::kRowTiles == large_tile_weight_rows(D));
  grid.x = static_cast<unsigned>((rows + kRows - 1) / kRows);
  DEVICE_LAUNCH((matmul_many<D, kGated, kLarge>), grid, dim3(S::kThreads), stream, args);
}

template <DType D, bool kGated>
void launch_typed(const MatmulArgs& args, Stream stream) {
  std::int64_t rows = args.batch_count > 0 ? args.batch_count : args.weight.rows;
  if (kGated) rows = args.out_terms.padded_cols;
  std::int64_t tiles = (args.n_rows + args.tile_rows - 1) / args.tile_rows;
  if (args.tiles != nullptr) tiles = args.max_tiles;
  if (args.expert_ids != nullptr) tiles = args.n_rows;
  const dim3 grid(static_cast<unsigned>((rows + 15) / 16), static_cast<unsigned>(tiles),
                  static_cast<unsigned>(args.n_batches));
  if (args.tile_rows == kLargeRows) return launch_many<D, kGated, true>(args, grid, rows, stream);
  if (args.tile_rows == kManyRows) return launch_many<D, kGated, false>(args, grid, rows, stream);
  DEVICE_LAUNCH((matmul_few<D, kGated>), grid, dim3(kFewWarps * kWarpSize), stream, args);
}

template <DType D>
void launch_either(const MatmulArgs& args, Stream stream) {
  if (args.up.data != nullptr) {
    launch_typed<D, true>(args, stream);
  } else {
    launch_typed<D, false>(args, stream);
  }
}

/// False: the weight is of none of these types.
template <DType... kTypes>
bool launch_one_of(const MatmulArgs& args, Stream stream) {
  return ((args.weight.dtype == kTypes && (launch_either<kTypes>(args, stream), true)) || ...);
}
bool launch_matmul_plain(const MatmulArgs& args, Stream stream);
bool launch_matmul_blocks(const MatmulArgs& args, Stream stream);
bool launch_matmul_k_two(const MatmulArgs& args, Stream stream);
bool launch_matmul_k_four(const MatmulArgs& args, Stream stream);
bool launch_matmul_k_six(const MatmulArgs& args, Stream stream);

}  // namespace engine::cuda
