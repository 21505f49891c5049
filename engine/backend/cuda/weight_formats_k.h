// The types with blocks of 256 (see weight_formats.h): one block per unit, sixteen steps.
#pragma once

#include "engine/backend/cuda/weight_formats.h"

namespace engine::cuda {

/// Byte i of words.
template <int kWords>
__device__ __forceinline__ std::uint32_t byte_of(const std::uint32_t (&words)[kWords], int i) {
  return words[i / 4] >> 8 * (i % 4) & 0xFFU;
}

/// The six-bit scale (or minimum) k of Q4_K and Q5_K; words: d, dmin, then the twelve bytes.
__device__ __forceinline__ std::uint32_t six_bits(const std::uint32_t (&words)[4], int k,
                                                  bool minimum) {
  const int own = 4 + k + (minimum ? 4 : 0);
  if (k < 4) return byte_of(words, own) & 63U;
  const std::uint32_t low = byte_of(words, 4 + k + 4) >> (minimum ? 4 : 0) & 15U;
  return low | byte_of(words, minimum ? 4 + k : k) >> 6 << 4;
}

/// Groups of 32: low nibbles of 32 bytes, then their high nibbles.
template <DType D>
struct KNibbles : IntegerFormat {
  static constexpr int kUnit = 256, kGroupSteps = 2;
  static constexpr bool kHasMin = true;
  static constexpr bool kFifthBit = D == DType::Q5_K;
  struct Part {
    std::uint32_t q[8];
    std::uint32_t head[4];
    std::uint32_t h[2];
  };
  static __device__ __forceinline__ Part load(const RowPlanes& r, std::int64_t unit, int t) {
    Part p;
    std::uint32_t w[4];
    take16(r, 0, 128 * unit + 32 * t, w);
    for (int i = 0; i < 4; ++i) p.q[i] = w[i];
    take16(r, 0, 128 * unit + 32 * t + 16, w);
    for (int i = 0; i < 4; ++i) p.q[4 + i] = w[i];
    take16(r, 1, 16 * unit, p.head);
    if constexpr (kFifthBit) take8(r, 2, 32 * unit + 8 * t, p.h);
    return p;
  }
  static __device__ __forceinline__ void fragment(const Part& p, int step, int, std::uint32_t& low,
                                                  std::uint32_t& high) {
    const int group = step / 2;
    std::uint32_t q = p.q[group / 2 * 2 + step % 2] >> 4 * (group % 2) & 0x0F0F0F0FU;
    if constexpr (kFifthBit) q |= bits_of_bytes(p.h[step % 2], group) << 4;
    integer_fragment(q, 0.0F, low, high);
  }
  static __device__ __forceinline__ float scale(const Part& p, int group) {
    return half_to_float(p.head[0] & 0xFFFFU) * static_cast<float>(six_bits(p.head, group, false));
  }
  static __device__ __forceinline__ float minimum(const Part& p, int group) {
    return half_to_float(p.head[0] >> 16) * static_cast<float>(six_bits(p.head, group, true));
  }
};
template <>
struct Format<DType::Q4_K> : KNibbles<DType::Q4_K> {};
template <>
struct Format<DType::Q5_K> : KNibbles<DType::Q5_K> {};

/// Step s: half s/8, quarter s/2 % 4, the run of 16 within it; scale s.
template <>
struct Format<DType::Q6_K> : IntegerFormat {
  static constexpr int kUnit = 256, kGroupSteps = 1;
  static constexpr bool kHasMin = false;
  struct Part {
    std::uint32_t q[8];
    std::uint32_t scales[4];
    std::uint32_t h[4];
    std::uint32_t d;
  };
  static __device__ __forceinline__ Part load(const RowPlanes& r, std::int64_t unit, int t) {
    Part p;
    std::uint32_t w[4];
    take16(r, 0, 128 * unit + 32 * t, w);
    for (int i = 0; i < 4; ++i) p.q[i] = w[i];
    take16(r, 0, 128 * unit + 32 * t + 16, w);
    for (int i = 0; i < 4; ++i) p.q[4 + i] = w[i];
    take16(r, 1, 16 * unit, p.scales);
    take16(r, 2, 64 * unit + 16 * t, p.h);
    p.d = load_plane<std::uint16_t>(r, 3, 2 * unit);
    return p;
  }
  static __device__ __forceinline__ void fragment(const Part& p, int step, int, std::uint32_t& low,
                                                  std::uint32_t& high) {
    const int half = step / 8;
    const int quarter = step / 2 % 4;
    const int run = step % 2;
    const std::uint32_t nibbles =
        p.q[half * 4 + quarter % 2 * 2 + run] >> 4 * (quarter / 2) & 0x0F0F0F0FU;
    const std::uint32_t top = p.h[half * 2 + run] >> 2 * quarter & 0x03030303U;
    integer_fragment(nibbles | top << 4, 32.0F, low, high);
  }
  static __device__ __forceinline__ float scale(const Part& p, int group) {
    const auto s = static_cast<std::int8_t>(byte_of(p.scales, group));
    return half_to_float(p.d) * static_cast<float>(s);
  }
  static __device__ __forceinline__ float minimum(const Part&, int) { return 0.0F; }
};

template <>
struct Format<DType::Q2_K> : IntegerFormat {
  static constexpr int kUnit = 256, kGroupSteps = 1;
  static constexpr bool kHasMin = true;
  struct Part {
    std::uint32_t q[4];
    std::uint32_t scales[4];
    std::uint32_t dm;
  };
  static __device__ __forceinline__ Part load(const RowPlanes& r, std::int64_t unit, int t) {
    Part p;
    take16(r, 0, 64 * unit + 16 * t, p.q);
    take16(r, 1, 16 * unit, p.scales);
    p.dm = load_plane<std::uint32_t>(r, 2, 4 * unit);
    return p;
  }
  static __device__ __forceinline__ void fragment(const Part& p, int step, int, std::uint32_t& low,
                                                  std::uint32_t& high) {
    const std::uint32_t q = p.q[step / 8 * 2 + step % 2] >> 2 * (step / 2 % 4) & 0x03030303U;
    integer_fragment(q, 0.0F, low, high);
  }
  static __device__ __forceinline__ float scale(const Part& p, int group) {
    return half_to_float(p.dm & 0xFFFFU) * static_cast<float>(byte_of(p.scales, group) & 15U);
  }
  static __device__ __forceinline__ float minimum(const Part& p, int group) {
    return half_to_float(p.dm >> 16) * static_cast<float>(byte_of(p.scales, group) >> 4);
  }
};

template <>
struct Format<DType::Q3_K> : IntegerFormat {
  static constexpr int kUnit = 256, kGroupSteps = 1;
  static constexpr bool kHasMin = false;
  struct Part {
    std::uint32_t q[4];
    std::uint32_t head[4];  // twelve bytes of scales, then d
    std::uint32_t h[2];
  };
  static __device__ __forceinline__ Part load(const RowPlanes& r, std::int64_t unit, int t) {
    Part p;
    take16(r, 0, 64 * unit + 16 * t, p.q);
    take16(r, 1, 16 * unit, p.head);
    take8(r, 2, 32 * unit + 8 * t, p.h);
    return p;
  }
  static __device__ __forceinline__ void fragment(const Part& p, int step, int, std::uint32_t& low,
                                                  std::uint32_t& high) {
    const int plane = step / 2;  // 4 per half
    std::uint32_t q = p.q[step / 8 * 2 + step % 2] >> 2 * (plane % 4) & 0x03030303U;
    q |= bits_of_bytes(p.h[step % 2], plane) << 2;
    integer_fragment(q, 4.0F, low, high);
  }
  static __device__ __forceinline__ float scale(const Part& p, int group) {
    const std::uint32_t four = byte_of(p.head, group % 8) >> 4 * (group / 8) & 15U;
    const std::uint32_t two = byte_of(p.head, 8 + group % 4) >> 2 * (group / 4) & 3U;
    const int value = static_cast<int>(four | two << 4) - 32;
    return half_to_float(p.head[3] & 0xFFFFU) * static_cast<float>(value);
  }
  static __device__ __forceinline__ float minimum(const Part&, int) { return 0.0F; }
};

/// Eight groups of 32 with 16 bytes each: low nibbles, then high ones.
template <>
struct Format<DType::IQ4_XS> : IntegerFormat {
  static constexpr int kUnit = 256, kGroupSteps = 2;
  static constexpr bool kHasMin = false;
  struct Part {
    std::uint32_t q[8];
    std::uint32_t head[2];  // d, scales_h, scales_l[4]
  };
  static __device__ __forceinline__ Part load(const RowPlanes& r, std::int64_t unit, int t) {
    Part p;
    std::uint32_t w[4];
    take16(r, 0, 128 * unit + 32 * t, w);
    for (int i = 0; i < 4; ++i) p.q[i] = w[i];
    take16(r, 0, 128 * unit + 32 * t + 16, w);
    for (int i = 0; i < 4; ++i) p.q[4 + i] = w[i];
    take8(r, 1, 8 * unit, p.head);
    return p;
  }
  static __device__ __forceinline__ void fragment(const Part& p, int step, int, std::uint32_t& low,
                                                  std::uint32_t& high) {
    const std::uint32_t q = p.q[step / 2] >> 4 * (step % 2) & 0x0F0F0F0FU;
    integer_fragment(iq4_values(q), 128.0F, low, high);
  }
  static __device__ __forceinline__ float scale(const Part& p, int group) {
    const std::uint32_t four = p.head[1] >> 4 * group & 15U;
    const std::uint32_t two = p.head[0] >> (16 + 2 * group) & 3U;
    const int value = static_cast<int>(four | two << 4) - 32;
    return half_to_float(p.head[0] & 0xFFFFU) * static_cast<float>(value);
  }
  static __device__ __forceinline__ float minimum(const Part&, int) { return 0.0F; }
};

}  // namespace engine::cuda
