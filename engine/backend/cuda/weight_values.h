// One stored weight as float32, for what reads few of them (embedding rows, W_UK's columns): the
// same formula, in the same order of operations, as the scalar decoders.
#pragma once

#include "engine/backend/cuda/weight_formats_k.h"

namespace engine::cuda {

/// Where things lie for column c of a row of block type D.
template <DType D>
struct BlockCursor {
  RowPlanes planes;
  std::int64_t block;
  int element;  // in its block

  __device__ std::uint32_t byte(int plane, int b) const {
    const WeightLayout layout = weight_layout(D);
    const Plane& p = layout.planes[plane];
    if (!p.interleaved) return planes.row[planes.plane[plane] + block * p.stride + b];
    const int unit_bytes = layout.blocks_per_unit() * p.stride;
    const std::int64_t unit = block / layout.blocks_per_unit();
    const int in_unit = static_cast<int>(block % layout.blocks_per_unit()) * p.stride + b;
    return planes
        .row[planes.plane[plane] + unit * unit_bytes + interleaved_place(in_unit, unit_bytes)];
  }
  __device__ float half(int plane, int b) const {
    return half_to_float(byte(plane, b) | byte(plane, b + 1) << 8);
  }
};

template <DType D>
__device__ __forceinline__ RowPlanes planes_of(const PlacedWeight& w, std::int64_t row) {
  const WeightLayout layout = weight_layout(D);
  RowPlanes r;
  r.row = Global<const std::uint8_t>(w.data) + row * placed_row_bytes(layout, w.cols);
  for (int i = 0; i < 4; ++i) {
    r.plane[i] = i < layout.n_planes ? plane_offset(layout, w.cols, i) : 0;
  }
  if constexpr (D == DType::F8_E4M3) {
    r.scales = Global<const float>(w.scale_inv) + row / 128 * w.scale_cols;
  }
  return r;
}

/// Nibble `element` of a block of 32: halves, not neighbours.
template <DType D>
__device__ __forceinline__ std::uint32_t nibble_of_32(const BlockCursor<D>& c, int e) {
  return c.byte(0, e % 16) >> 4 * (e / 16) & 15U;
}

template <DType D>
__device__ float value_of_32(const BlockCursor<D>& c) {
  const int e = c.element;
  if constexpr (D == DType::Q8_0) {
    return static_cast<float>(static_cast<std::int8_t>(c.byte(0, e))) * c.half(1, 0);
  } else {
    std::uint32_t q = nibble_of_32(c, e);
    if constexpr (D == DType::IQ4_NL) {
      return c.half(1, 0) * (static_cast<float>(iq4_values(q) & 0xFFU) - 128.0F);
    }
    if constexpr (D == DType::Q5_0 || D == DType::Q5_1) {
      q |= (c.byte(2, e / 8) >> e % 8 & 1U) << 4;
    }
    if constexpr (D == DType::Q4_1 || D == DType::Q5_1) {
      return static_cast<float>(q) * c.half(1, 0) + c.half(1, 2);
    }
    return static_cast<float>(static_cast<int>(q) - (D == DType::Q4_0 ? 8 : 16)) * c.half(1, 0);
  }
}

/// Q2_K, Q3_K: plane of two bits; Q6_K's halves and quarters.
template <DType D>
__device__ float value_of_256(const BlockCursor<D>& c) {
  const int e = c.element;
  const int l = e % 32;
  if constexpr (D == DType::Q4_K || D == DType::Q5_K) {
    std::uint32_t head[4];
    for (int i = 0; i < 16; ++i)
      head[i / 4] = (i % 4 == 0 ? 0 : head[i / 4]) | c.byte(1, i) << 8 * (i % 4);
    const int group = e / 32;
    std::uint32_t q = c.byte(0, group / 2 * 32 + l) >> 4 * (group % 2) & 15U;
    if constexpr (D == DType::Q5_K) q |= (c.byte(2, l) >> group & 1U) << 4;
    const float scale =
        half_to_float(head[0] & 0xFFFFU) * static_cast<float>(six_bits(head, group, false));
    const float minimum =
        half_to_float(head[0] >> 16) * static_cast<float>(six_bits(head, group, true));
    return scale * static_cast<float>(q) - minimum;
  } else if constexpr (D == DType::Q6_K) {
    const int half = e / 128;
    const int quarter = e / 32 % 4;
    const std::uint32_t nibble =
        c.byte(0, 64 * half + 32 * (quarter % 2) + l) >> 4 * (quarter / 2) & 15U;
    const std::uint32_t top = c.byte(2, 32 * half + l) >> 2 * quarter & 3U;
    const auto scale = static_cast<std::int8_t>(c.byte(1, e / 16));
    return c.half(3, 0) * static_cast<float>(scale) *
           static_cast<float>(static_cast<int>(nibble | top << 4) - 32);
  } else if constexpr (D == DType::Q2_K) {
    const std::uint32_t q = c.byte(0, e / 128 * 32 + l) >> 2 * (e / 32 % 4) & 3U;
    const std::uint32_t scale = c.byte(1, e / 16);
    return c.half(2, 0) * static_cast<float>(scale & 15U) * static_cast<float>(q) -
           c.half(2, 2) * static_cast<float>(scale >> 4);
  } else if constexpr (D == DType::Q3_K) {
    const int plane = e / 32;
    const std::uint32_t two = c.byte(0, e / 128 * 32 + l) >> 2 * (plane % 4) & 3U;
    const std::uint32_t top = c.byte(2, l) >> plane & 1U;
    const int s = e / 16;
    const std::uint32_t scale =
        (c.byte(1, s % 8) >> 4 * (s / 8) & 15U) | (c.byte(1, 8 + s % 4) >> 2 * (s / 4) & 3U) << 4;
    return c.half(1, 12) * static_cast<float>(static_cast<int>(scale) - 32) *
           static_cast<float>(static_cast<int>(two | top << 2) - 4);
  } else {
    const int group = e / 32;
    const std::uint32_t q = c.byte(0, group * 16 + l % 16) >> 4 * (l / 16) & 15U;
    const std::uint32_t top = c.byte(1, 2 + group / 4) >> 2 * (group % 4) & 3U;
    const std::uint32_t scale = (c.byte(1, 4 + group / 2) >> 4 * (group % 2) & 15U) | top << 4;
    return c.half(1, 0) * static_cast<float>(static_cast<int>(scale) - 32) *
           (static_cast<float>(iq4_values(q) & 0xFFU) - 128.0F);
  }
}

template <DType D>
__device__ float block_value(const PlacedWeight& w, std::int64_t row, std::int64_t col) {
  constexpr int kElements = weight_layout(D).block_elements;
  const BlockCursor<D> c{planes_of<D>(w, row), col / kElements, static_cast<int>(col % kElements)};
  if constexpr (kElements == 32) {
    return value_of_32<D>(c);
  } else {
    return value_of_256<D>(c);
  }
}

template <DType D>
__device__ __forceinline__ float weight_value_of(const PlacedWeight& w, std::int64_t row,
                                                 std::int64_t col) {
  const Global<const std::uint8_t> bytes =
      Global<const std::uint8_t>(w.data) + row * placed_row_bytes(weight_layout(D), w.cols);
  if constexpr (D == DType::F32) {
    return __uint_as_float(load_vector<std::uint32_t>(bytes + 4 * col));
  } else if constexpr (D == DType::F16) {
    return half_to_float(load_vector<std::uint16_t>(bytes + 2 * col));
  } else if constexpr (D == DType::BF16) {
    return from_bf16(load_vector<std::uint16_t>(bytes + 2 * col));
  } else if constexpr (D == DType::F8_E4M3) {
    return fp8_to_float(bytes[col]) *
           Global<const float>(w.scale_inv)[row / 128 * w.scale_cols + col / 128];
  } else {
    return block_value<D>(w, row, col);
  }
}

template <DType... kTypes>
__device__ float weight_value_of_one(const PlacedWeight& w, std::int64_t row, std::int64_t col) {
  float value = 0.0F;
  static_cast<void>(
      ((w.dtype == kTypes && (value = weight_value_of<kTypes>(w, row, col), true)) || ...));
  return value;
}

__device__ inline float weight_value(const PlacedWeight& w, std::int64_t row, std::int64_t col) {
  return weight_value_of_one<DType::F32, DType::F16, DType::BF16, DType::F8_E4M3, DType::Q4_0,
                             DType::Q4_1, DType::Q5_0, DType::Q5_1, DType::Q8_0, DType::Q2_K,
                             DType::Q3_K, DType::Q4_K, DType::Q5_K, DType::Q6_K, DType::IQ4_NL,
                             DType::IQ4_XS>(w, row, col);
}

}  // namespace engine::cuda
