// A stored weight's bytes in the order weight_layout.h describes.
#include "engine/backend/cuda/weight_placement.h"

#include <cstring>

#include "engine/backend/cuda/weight_layout.h"

namespace engine::cuda {

namespace {

void arrange_plane(const WeightLayout& layout, const Plane& plane, const std::byte* row,
                   std::int64_t n_blocks, std::byte* to) {
  const int per_unit = layout.blocks_per_unit();
  const int unit_bytes = per_unit * plane.stride;
  for (std::int64_t b = 0; b < n_blocks; ++b) {
    const std::byte* from = row + b * layout.block_bytes + plane.source_offset;
    if (!plane.interleaved) {
      std::memcpy(to + b * plane.stride, from, static_cast<std::size_t>(plane.source_bytes));
      continue;
    }
    // interleaved_place, four words at a time: one for each lane.
    std::byte* first = to + b / per_unit * unit_bytes + b % per_unit * plane.stride / 4;
    for (int i = 0; i < plane.source_bytes; i += 16) {
      for (int lane = 0; lane < 4; ++lane) {
        std::memcpy(first + i / 4 + lane * (unit_bytes / 4), from + i + 4 * lane, 4);
      }
    }
  }
}

}  // namespace

std::int64_t placed_bytes(const WeightView& w) {
  return w.rows * placed_row_bytes(weight_layout(w.dtype), w.cols);
}

void arrange_rows(const WeightView& w, std::int64_t first, std::int64_t n, std::byte* to) {
  const WeightLayout layout = weight_layout(w.dtype);
  const std::int64_t from_bytes = w.row_bytes();
  const std::int64_t to_bytes = placed_row_bytes(layout, w.cols);
  const std::byte* from = w.data + first * from_bytes;
  if (!is_block_quantised(w.dtype) && from_bytes == to_bytes) {
    std::memcpy(to, from, static_cast<std::size_t>(n * to_bytes));
    return;
  }
  std::memset(to, 0, static_cast<std::size_t>(n * to_bytes));
  for (std::int64_t r = 0; r < n; ++r, from += from_bytes, to += to_bytes) {
    if (!is_block_quantised(w.dtype)) {
      std::memcpy(to, from, static_cast<std::size_t>(from_bytes));
      continue;
    }
    for (int p = 0; p < layout.n_planes; ++p) {
      arrange_plane(layout, layout.planes[p], from, w.cols / layout.block_elements,
                    to + plane_offset(layout, w.cols, p));
    }
  }
}

}  // namespace engine::cuda
