// The one matrix product of the CUDA backend, decode and prefill alike: 16 weight rows × 8 columns
// per instruction, a column being one bf16 term of one token. Included by matmul_*.cu, a few types
// each, so that they compile side by side.
//
// Same bits: K is cut into kSegments runs that depend on K alone; a run is summed in order by
// segment_product, the runs are added in order. Which kernel, how many rows and where a row stands
// in a tile cannot matter: the instruction computes every element on its own.
#pragma once

#include "engine/backend/cuda/weight_values.h"

namespace engine::cuda {

constexpr int kSegments = 8;
constexpr int kFewWarps = kSegments;  // matmul_few: one warp per segment
constexpr int kManyWarps = 4;         // matmul_many: one warp per 16 weight rows
constexpr int kManyTiles = 8;         // columns / 8 of a matmul_many warp: 32 tokens

/// Units whose weights a warp asks for before it computes the first of them. A warp of few columns
/// waits for memory most of the time: the compiler alone keeps one unit on its way.
template <class F, int kTiles>
constexpr int kUnitsAhead = kTiles > 1 || F::kUnit > 128
                                ? 1
                                : 128 / (F::kUnit < 64 ? F::kUnit : F::kUnit / 2);
/// Tiles whose group sums a warp holds at a time: a minimum takes as many registers again.
template <class F, int kTiles>
constexpr int kTilesAtOnce = kTiles > 1 && F::kHasMin ? kTiles / 2 : kTiles;

/// A lane's share of one column over a unit, where there is one tile. Loaded ahead as the weights
/// are; more tiles find it in L1 and would take too many registers.
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

/// sums += the product of one unit: element i of tile n as the instruction gives it, for
/// kTilesAtOnce tiles from kFirst on. x[n]: lane's column of tile n, null where there is no token.
template <class F, int kTiles, int kFirst>
__device__ __forceinline__ void unit_product(const typename F::Part& low_part,
                                             const typename F::Part& high_part,
                                             const HeldColumn<F>& held,
                                             const Global<const std::uint16_t> (&x)[kTiles],
                                             std::int64_t unit, float (&sums)[kTiles][4]) {
  constexpr int kSteps = F::kUnit / 16;
  constexpr int kCount = kTilesAtOnce<F, kTiles>;
  constexpr std::uint32_t kOnes = 0x3F803F80U;
  float group_sums[kCount][4] = {};
  float x_sums[kCount][4] = {};
#pragma unroll
  for (int step = 0; step < kSteps; ++step) {
    std::uint32_t b[kCount][2];
#pragma unroll
    for (int n = 0; n < kCount; ++n) {
      const uint2 v = kTiles == 1 ? uint2{held.b[step][0], held.b[step][1]}
                                  : load_column<F>(x[kFirst + n], unit, step);
      b[n][0] = v.x;
      b[n][1] = v.y;
    }
#pragma unroll
    for (int term = F::kTerms - 1; term >= 0; --term) {
      std::uint32_t a[4];
      F::fragment(low_part, step, term, a[0], a[2]);
      F::fragment(high_part, step, term, a[1], a[3]);
#pragma unroll
      for (int n = 0; n < kCount; ++n) {
        mma_bf16(F::kGroupSteps == 0 ? sums[kFirst + n] : group_sums[n], a, b[n]);
      }
    }
    if constexpr (F::kHasMin) {
      const std::uint32_t ones[4] = {kOnes, kOnes, kOnes, kOnes};
#pragma unroll
      for (int n = 0; n < kCount; ++n) mma_bf16(x_sums[n], ones, b[n]);
    }
    if constexpr (F::kGroupSteps > 0) {
      if (step % F::kGroupSteps != F::kGroupSteps - 1) continue;
      const int group = step / F::kGroupSteps;
      const float scales[2] = {F::scale(low_part, group), F::scale(high_part, group)};
      const float minima[2] = {F::minimum(low_part, group), F::minimum(high_part, group)};
#pragma unroll
      for (int n = 0; n < kCount; ++n) {
#pragma unroll
        for (int i = 0; i < 4; ++i) {
          float& sum = sums[kFirst + n][i];
          sum = fmaf(scales[i / 2], group_sums[n][i], sum);
          if constexpr (F::kHasMin) {
            sum = fmaf(-minima[i / 2], x_sums[n][i], sum);
            x_sums[n][i] = 0.0F;
          }
          group_sums[n][i] = 0.0F;
        }
      }
    }
  }
}

/// sums += the product over units [begin, end), in their order.
template <class F, int kTiles>
__device__ __forceinline__ void segment_product(const RowPlanes (&rows)[2],
                                                const Global<const std::uint16_t> (&x)[kTiles],
                                                std::int64_t begin, std::int64_t end,
                                                float (&sums)[kTiles][4]) {
  constexpr int kAhead = kUnitsAhead<F, kTiles>;
  constexpr int kAtOnce = kTilesAtOnce<F, kTiles>;
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
      if constexpr (kTiles == 1) {
#pragma unroll
        for (int step = 0; step < F::kUnit / 16; ++step) {
          const uint2 v = load_column<F>(x[0], unit + i, step);
          held[i].b[step][0] = v.x;
          held[i].b[step][1] = v.y;
        }
      }
    }
#pragma unroll
    for (int i = 0; i < kAhead; ++i) {
      if (unit + i >= end) continue;
      unit_product<F, kTiles, 0>(low_parts[i], high_parts[i], held[i], x, unit + i, sums);
      if constexpr (kAtOnce < kTiles) {
        unit_product<F, kTiles, kAtOnce>(low_parts[i], high_parts[i], held[i], x, unit + i, sums);
      }
    }
  }
}

/// What one block works on.
struct BlockWork {
  PlacedWeight weight, up;
  std::int64_t first_weight_row = 0;  // of this batch
  std::int64_t n_weight_rows = 0;
  std::int64_t first = 0;  // place of the first row
  std::int64_t count = 0;
  bool empty = true;
};

__device__ __forceinline__ BlockWork block_work(const MatmulArgs& args) {
  BlockWork w;
  w.weight = args.weight;
  w.up = args.up;
  const std::int64_t batch = blockIdx.z;
  w.n_weight_rows = args.batch_count > 0 ? args.batch_count : args.weight.rows;
  w.first_weight_row = batch * args.batch_rows + args.batch_first;
  if (args.experts == nullptr) {
    w.first = static_cast<std::int64_t>(blockIdx.y) * args.tile_rows;
    w.count = args.n_rows - w.first < args.tile_rows ? args.n_rows - w.first : args.tile_rows;
    w.empty = w.count <= 0;
    return w;
  }
  std::int64_t expert = 0;
  if (args.expert_ids != nullptr) {
    expert = Global<const std::int32_t>(args.expert_ids)[blockIdx.y];
    w.first = blockIdx.y;
    w.count = 1;
  } else {
    const Global<const std::int32_t> n_tiles(args.n_tiles);
    if (static_cast<std::int32_t>(blockIdx.y) >= n_tiles[0]) return w;
    const Global<const std::int32_t> tile(&args.tiles[blockIdx.y].expert);
    expert = tile[0];
    w.first = tile[1];
    w.count = tile[2];
  }
  const Global<const PlacedWeight> experts(args.experts);
  w.weight = experts[expert];
  if (args.expert_ups != nullptr) w.up = Global<const PlacedWeight>(args.expert_ups)[expert];
  w.empty = w.weight.dtype != args.weight.dtype;
  return w;
}

/// The pair (or row) that stands at `place`.
__device__ __forceinline__ std::int64_t pair_at(const MatmulArgs& args, std::int64_t place) {
  if (args.order == nullptr) return place;
  return Global<const std::int32_t>(args.order)[place];
}

__device__ __forceinline__ Global<const std::uint16_t> term_column(const MatmulArgs& args,
                                                                   const BlockWork& w,
                                                                   std::int64_t local, int term) {
  if (local >= w.count) return nullptr;
  const std::int64_t place = w.first + local;
  std::int64_t row = args.x_divisor == 0 ? place : pair_at(args, place) / args.x_divisor;
  row = row * args.n_batches + blockIdx.z;
  return Global<const std::uint16_t>(args.x.data) + (row * 2 + term) * args.x.padded_cols;
}

template <DType D>
__device__ __forceinline__ void weight_rows_of(const PlacedWeight& w, const BlockWork& work,
                                               std::int64_t first_row, RowPlanes (&rows)[2]) {
  for (int i = 0; i < 2; ++i) {
    std::int64_t row = first_row + lane_of() / 4 + 8 * i;
    // Rows behind the last are computed like it and never written.
    if (row >= work.n_weight_rows) row = work.n_weight_rows - 1;
    rows[i] = planes_of<D>(w, work.first_weight_row + row);
  }
}

/// One finished element: weight row `row` of the batch, row `local` of the tile.
__device__ __forceinline__ void write_result(const MatmulArgs& args, const BlockWork& w,
                                             std::int64_t row, std::int64_t local, float value,
                                             float up) {
  if (local >= w.count) return;
  const std::int64_t place = w.first + local;
  if (w.up.data != nullptr) {
    // Columns behind the last are zero terms.
    if (row >= args.out_terms.padded_cols) return;
    const float product = row < w.n_weight_rows ? silu(value) * up : 0.0F;
    write_terms(args.out_terms, place, row, product);
    return;
  }
  if (row >= w.n_weight_rows) return;
  if (args.bias != nullptr) value += Global<const float>(args.bias)[row];
  const std::int64_t out_row = args.out_by_place ? place : pair_at(args, place);
  const std::int64_t col = static_cast<std::int64_t>(blockIdx.z) * w.n_weight_rows + row;
  const Global<float> out(first_row(args.out));
  out[out_row * args.out.stride + col] = value;
  if (args.out_terms.data != nullptr) write_terms(args.out_terms, out_row, col, value);
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
  const Global<const std::uint16_t> x[1] = {term_column(args, work, lane / 8, lane / 4 % 2)};
  const std::int64_t units = n_units(weight_layout(D), work.weight.cols);
  const std::int64_t first_row = static_cast<std::int64_t>(blockIdx.x) * 16;
#pragma unroll
  for (int i = 0; i < kWeights; ++i) {
    RowPlanes rows[2];
    weight_rows_of<D>(i == 0 ? work.weight : work.up, work, first_row, rows);
    float sums[1][4] = {};
    segment_product<F, 1>(rows, x, warp * units / kSegments, (warp + 1) * units / kSegments, sums);
    const int at = ((i * kSegments + warp) * 16 + lane / 4) * 4 + lane % 4;
    parts[at] = sums[0][0] + sums[0][1];
    parts[at + 8 * 4] = sums[0][2] + sums[0][3];
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

/// Grid: 64 weight rows × work tiles of up to 32 rows × batches. Block: kManyWarps warps, each 16
/// weight rows × 32 tokens over all segments. No shared memory: the warps read the same terms at
/// the same time, through L1.
template <DType D, bool kGated>
__global__ void __launch_bounds__(kManyWarps* kWarpSize) matmul_many(const MatmulArgs args) {
  using F = Format<D>;
  constexpr int kWeights = kGated ? 2 : 1;
  const BlockWork work = block_work(args);
  if (work.empty) return;
  const int lane = lane_of();
  const std::int64_t first_row =
      (static_cast<std::int64_t>(blockIdx.x) * kManyWarps + warp_of()) * 16;
  Global<const std::uint16_t> x[kManyTiles];
  for (int n = 0; n < kManyTiles; ++n) {
    x[n] = term_column(args, work, 4 * n + lane / 8, lane / 4 % 2);
  }
  const std::int64_t units = n_units(weight_layout(D), work.weight.cols);
  float totals[kWeights][kManyTiles][2] = {};
#pragma unroll
  for (int i = 0; i < kWeights; ++i) {
    RowPlanes rows[2];
    weight_rows_of<D>(i == 0 ? work.weight : work.up, work, first_row, rows);
    for (int s = 0; s < kSegments; ++s) {
      float sums[kManyTiles][4] = {};
      segment_product<F, kManyTiles>(rows, x, s * units / kSegments, (s + 1) * units / kSegments,
                                     sums);
#pragma unroll
      for (int n = 0; n < kManyTiles; ++n) {
        totals[i][n][0] += sums[n][0] + sums[n][1];
        totals[i][n][1] += sums[n][2] + sums[n][3];
      }
    }
  }
  for (int n = 0; n < kManyTiles; ++n) {
    for (int half = 0; half < 2; ++half) {
      write_result(args, work, first_row + lane / 4 + 8 * half, 4 * n + lane % 4,
                   totals[0][n][half], totals[kWeights - 1][n][half]);
    }
  }
}

template <DType D, bool kGated>
void launch_typed(const MatmulArgs& args, Stream stream) {
  std::int64_t rows = args.batch_count > 0 ? args.batch_count : args.weight.rows;
  if (kGated) rows = args.out_terms.padded_cols;
  std::int64_t tiles = (args.n_rows + args.tile_rows - 1) / args.tile_rows;
  if (args.tiles != nullptr) tiles = args.max_tiles;
  if (args.expert_ids != nullptr) tiles = args.n_rows;
  const bool few = args.tile_rows == kFewRows;
  const std::int64_t rows_per_block = few ? 16 : 16 * kManyWarps;
  const dim3 grid(static_cast<unsigned>((rows + rows_per_block - 1) / rows_per_block),
                  static_cast<unsigned>(tiles), static_cast<unsigned>(args.n_batches));
  if (few) {
    DEVICE_LAUNCH((matmul_few<D, kGated>), grid, dim3(kFewWarps * kWarpSize), stream, args);
  } else {
    DEVICE_LAUNCH((matmul_many<D, kGated>), grid, dim3(kManyWarps * kWarpSize), stream, args);
  }
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
