// How a stored weight lies in GPU memory: the stored values unchanged, each row cut into planes so
// that a lane's share of a matrix fragment is one aligned load. Host and device read this.
#pragma once

#include <cstdint>

#include "engine/tensor/dtype.h"

#if defined(__CUDACC__)
#define LAYOUT_HOST_DEVICE __host__ __device__
#else
#define LAYOUT_HOST_DEVICE
#endif

namespace engine::cuda {

/// One field of a stored block, collected from all blocks of a row. Interleaved planes are sorted
/// within each unit by the lane (of four) that needs a 4-byte word: word 4q + t goes to place
/// t·(words/4) + q.
struct Plane {
  int source_offset = 0;  // in the stored block
  int source_bytes = 0;
  int stride = 0;  // bytes per block in the plane
  bool interleaved = false;
};

struct WeightLayout {
  int block_elements = 1;
  int block_bytes = 1;
  int unit_elements = 32;  // what four lanes take at once; rows are padded to whole units
  int n_planes = 1;
  Plane planes[4];

  LAYOUT_HOST_DEVICE constexpr int blocks_per_unit() const {
    return unit_elements / block_elements;
  }
};

/// Plain types keep their rows as they are, padded to whole units.
LAYOUT_HOST_DEVICE constexpr WeightLayout weight_layout(DType dtype) {
  switch (dtype) {
    case DType::F32:
      return {1, 4, 16, 1, {{0, 4, 4, false}, {}, {}, {}}};
    case DType::F16:
    case DType::BF16:
      return {1, 2, 32, 1, {{0, 2, 2, false}, {}, {}, {}}};
    case DType::F8_E4M3:
      return {1, 1, 64, 1, {{0, 1, 1, false}, {}, {}, {}}};
    case DType::Q8_0:
      return {32, 34, 64, 2, {{2, 32, 32, true}, {0, 2, 2, false}, {}, {}}};
    case DType::Q4_0:
    case DType::IQ4_NL:
      return {32, 18, 128, 2, {{2, 16, 16, true}, {0, 2, 2, false}, {}, {}}};
    case DType::Q4_1:
      return {32, 20, 128, 2, {{4, 16, 16, true}, {0, 4, 4, false}, {}, {}}};
    case DType::Q5_0:
      return {32, 22, 128, 3, {{6, 16, 16, true}, {0, 2, 2, false}, {2, 4, 4, false}, {}}};
    case DType::Q5_1:
      return {32, 24, 128, 3, {{8, 16, 16, true}, {0, 4, 4, false}, {4, 4, 4, false}, {}}};
    case DType::Q2_K:
      return {256, 84, 256, 3, {{16, 64, 64, true}, {0, 16, 16, false}, {80, 4, 4, false}, {}}};
    case DType::Q3_K:
      return {256, 110, 256, 3, {{32, 64, 64, true}, {96, 14, 16, false}, {0, 32, 32, true}, {}}};
    case DType::Q4_K:
      return {256, 144, 256, 2, {{16, 128, 128, true}, {0, 16, 16, false}, {}, {}}};
    case DType::Q5_K:
      return {256, 176, 256, 3, {{48, 128, 128, true}, {0, 16, 16, false}, {16, 32, 32, true}, {}}};
    case DType::Q6_K:
      return {256,
              210,
              256,
              4,
              {{0, 128, 128, true}, {192, 16, 16, false}, {128, 64, 64, true}, {208, 2, 2, false}}};
    case DType::IQ4_XS:
      return {256, 136, 256, 2, {{8, 128, 128, true}, {0, 8, 8, false}, {}, {}}};
    default:
      return {};
  }
}

LAYOUT_HOST_DEVICE constexpr std::int64_t round_up(std::int64_t n, std::int64_t to) {
  return (n + to - 1) / to * to;
}

LAYOUT_HOST_DEVICE constexpr std::int64_t n_units(const WeightLayout& layout, std::int64_t cols) {
  return (cols + layout.unit_elements - 1) / layout.unit_elements;
}

/// Where plane `i` of a row begins; i = n_planes: bytes of the whole row.
LAYOUT_HOST_DEVICE constexpr std::int64_t plane_offset(const WeightLayout& layout,
                                                       std::int64_t cols, int i) {
  const std::int64_t n_blocks = n_units(layout, cols) * layout.blocks_per_unit();
  std::int64_t offset = 0;
  for (int p = 0; p < i; ++p) offset += round_up(n_blocks * layout.planes[p].stride, 16);
  return offset;
}

LAYOUT_HOST_DEVICE constexpr std::int64_t placed_row_bytes(const WeightLayout& layout,
                                                           std::int64_t cols) {
  return plane_offset(layout, cols, layout.n_planes);
}

/// The place of byte `b` of an interleaved plane's unit of `unit_bytes`.
LAYOUT_HOST_DEVICE constexpr int interleaved_place(int b, int unit_bytes) {
  const int word = b / 4;
  return ((word % 4) * (unit_bytes / 16) + word / 4) * 4 + b % 4;
}

}  // namespace engine::cuda
