// What a block of a matrix product works on, which rows of the weight and of the tokens it reads,
// and where a finished element goes: the same for few tokens and for many. See matmul_kernels.h.
#pragma once

#include "engine/backend/cuda/weight_values.h"

namespace engine::cuda {

constexpr int kSegments = 8;

/// The first unit of K of segment s.
__device__ __forceinline__ std::int64_t segment_begin(std::int64_t units, int s) {
  return s * units / kSegments;
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

/// The lane's two rows of a tile of 16.
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

}  // namespace engine::cuda
