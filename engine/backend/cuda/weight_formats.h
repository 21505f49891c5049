// What a warp needs of each stored type: a lane's share of a unit of K, and from it the fragments
// of the matrix instruction. Block types become exact small integers in bf16; their scales are
// applied in float32 to the sums, so that no weight is ever rounded.
#pragma once

#include "engine/backend/cuda/device_math.h"
#include "engine/backend/cuda/kernels.h"

#if defined(__CUDACC__)
#include <cuda_fp16.h>
#endif

namespace engine::cuda {

__device__ __forceinline__ float half_to_float(std::uint32_t bits) {
#if defined(__CUDACC__)
  return __half2float(__ushort_as_half(static_cast<unsigned short>(bits)));
#else
  return f16_to_float(static_cast<std::uint16_t>(bits));
#endif
}

/// Terms of one value. Rows of terms are `padded_cols` bf16 high, then as many low.
__device__ __forceinline__ void write_terms(const Terms& terms, std::int64_t row, std::int64_t col,
                                            float value) {
  const Bf16Terms s = split_bf16(value);
  const Global<std::uint16_t> out(terms.data);
  out[row * 2 * terms.padded_cols + col] = s.high;
  out[(row * 2 + 1) * terms.padded_cols + col] = s.low;
}

/// E4M3FN: the bits moved to float32's places and multiplied by 2^120 are right for subnormals too.
__device__ __forceinline__ float fp8_to_float(std::uint32_t byte) {
  const std::uint32_t magnitude = byte & 0x7FU;
  float f = __uint_as_float(magnitude << 20) * 1.329227995784916e36F;  // 2^120
  if (magnitude == 0x7FU) f = __uint_as_float(0x7FC00000U);
  return (byte & 0x80U) != 0 ? -f : f;
}

/// Two bf16 values exact in float32, the first in the low half.
__device__ __forceinline__ std::uint32_t pack_exact(float first, float second) {
  return __byte_perm(__float_as_uint(first), __float_as_uint(second), 0x7632);
}

/// Four unsigned bytes minus `zero` as bf16: exact, being integers of at most 8 bits. 0x4B000000 |
/// u is 2^23 + u.
__device__ __forceinline__ void integer_fragment(std::uint32_t bytes, float zero,
                                                 std::uint32_t& low, std::uint32_t& high) {
  const float base = 8388608.0F + zero;
  const float e0 = __uint_as_float(__byte_perm(bytes, 0x4B000000U, 0x7540)) - base;
  const float e1 = __uint_as_float(__byte_perm(bytes, 0x4B000000U, 0x7541)) - base;
  const float e2 = __uint_as_float(__byte_perm(bytes, 0x4B000000U, 0x7542)) - base;
  const float e3 = __uint_as_float(__byte_perm(bytes, 0x4B000000U, 0x7543)) - base;
  low = pack_exact(e0, e1);
  high = pack_exact(e2, e3);
}

/// Bit `bit` of each of four bytes.
__device__ __forceinline__ std::uint32_t bits_of_bytes(std::uint32_t bytes, int bit) {
  return (bytes >> bit) & 0x01010101U;
}

/// IQ4's sixteen values + 128, for four nibbles in the bytes of `nibbles`.
__device__ __forceinline__ std::uint32_t iq4_values(std::uint32_t nibbles) {
  // -127 -104 -83 -65 | -49 -35 -22 -10 | 1 13 25 38 | 53 69 89 113
  const std::uint32_t selector = (nibbles & 0x7U) | (nibbles >> 4 & 0x70U) |
                                 (nibbles >> 8 & 0x700U) | (nibbles >> 12 & 0x7000U);
  const std::uint32_t negative = __byte_perm(0x3F2D1801U, 0x766A5D4FU, selector);
  const std::uint32_t positive = __byte_perm(0xA6998D81U, 0xF1D9C5B5U, selector);
  const std::uint32_t use_positive = (nibbles >> 3 & 0x01010101U) * 0xFFU;
  return (positive & use_positive) | (negative & ~use_positive);
}

/// A row and where its planes begin.
struct RowPlanes {
  Global<const std::uint8_t> row;
  std::int64_t plane[4];
  Global<const float> scales;  // F8_E4M3: of this row's blocks
};

template <class V>
__device__ __forceinline__ V load_plane(const RowPlanes& r, int plane, std::int64_t byte) {
  return load_vector<V>(r.row + (r.plane[plane] + byte));
}

template <class Part>
__device__ __forceinline__ void take16(const RowPlanes& r, int plane, std::int64_t byte,
                                       Part& words) {
  const uint4 v = load_plane<uint4>(r, plane, byte);
  words[0] = v.x;
  words[1] = v.y;
  words[2] = v.z;
  words[3] = v.w;
}

__device__ __forceinline__ void take8(const RowPlanes& r, int plane, std::int64_t byte,
                                      std::uint32_t (&words)[2]) {
  const uint2 v = load_plane<uint2>(r, plane, byte);
  words[0] = v.x;
  words[1] = v.y;
}

// ---- A Format: kUnit elements of K per unit; kTerms bf16 terms per weight; scales of groups of
// kGroupSteps steps (0: none), with or without a minimum. k_offset: the four elements of K that
// lane t (of four) takes in a step of 16. kPairedSteps: those of steps 2i and 2i + 1 stand side by
// side.

struct IntegerFormat {
  static constexpr int kTerms = 1;
  static constexpr bool kPairedSteps = false;
  static __device__ __forceinline__ int k_offset(int step, int t) { return 16 * step + 4 * t; }
};

template <DType D>
struct Format;

template <>
struct Format<DType::F32> {
  static constexpr int kUnit = 16, kTerms = 2, kGroupSteps = 0;
  static constexpr bool kHasMin = false, kPairedSteps = false;
  struct Part {
    std::uint32_t w[4];
  };
  static __device__ __forceinline__ Part load(const RowPlanes& r, std::int64_t unit, int t) {
    Part p;
    take16(r, 0, 64 * unit + 16 * t, p.w);
    return p;
  }
  static __device__ __forceinline__ int k_offset(int, int t) { return 4 * t; }
  static __device__ __forceinline__ void fragment(const Part& p, int, int term, std::uint32_t& low,
                                                  std::uint32_t& high) {
    std::uint32_t bits[4];
    for (int i = 0; i < 4; ++i) {
      const Bf16Terms s = split_bf16(__uint_as_float(p.w[i]));
      bits[i] = term == 0 ? s.high : s.low;
    }
    low = bits[0] | bits[1] << 16;
    high = bits[2] | bits[3] << 16;
  }
};

template <>
struct Format<DType::BF16> {
  static constexpr int kUnit = 32, kTerms = 1, kGroupSteps = 0;
  static constexpr bool kHasMin = false, kPairedSteps = true;
  struct Part {
    std::uint32_t w[4];
  };
  static __device__ __forceinline__ Part load(const RowPlanes& r, std::int64_t unit, int t) {
    Part p;
    take16(r, 0, 64 * unit + 16 * t, p.w);
    return p;
  }
  static __device__ __forceinline__ int k_offset(int step, int t) { return 8 * t + 4 * step; }
  static __device__ __forceinline__ void fragment(const Part& p, int step, int, std::uint32_t& low,
                                                  std::uint32_t& high) {
    low = p.w[2 * step];
    high = p.w[2 * step + 1];
  }
};

/// 11 significant bits are two bf16 terms, exactly.
template <>
struct Format<DType::F16> : Format<DType::BF16> {
  static constexpr int kTerms = 2;
  static __device__ __forceinline__ void fragment(const Part& p, int step, int term,
                                                  std::uint32_t& low, std::uint32_t& high) {
    std::uint32_t packed[2];
    for (int i = 0; i < 2; ++i) {
      const std::uint32_t word = p.w[2 * step + i];
      const Bf16Terms a = split_bf16(half_to_float(word & 0xFFFFU));
      const Bf16Terms b = split_bf16(half_to_float(word >> 16));
      packed[i] = term == 0 ? (a.high | static_cast<std::uint32_t>(b.high) << 16)
                            : (a.low | static_cast<std::uint32_t>(b.low) << 16);
    }
    low = packed[0];
    high = packed[1];
  }
};

/// Four significant bits; the scale of a 128×128 block is applied per unit.
template <>
struct Format<DType::F8_E4M3> {
  static constexpr int kUnit = 64, kTerms = 1, kGroupSteps = 4;
  static constexpr bool kHasMin = false, kPairedSteps = true;
  struct Part {
    std::uint32_t w[4];
    float scale;
  };
  static __device__ __forceinline__ Part load(const RowPlanes& r, std::int64_t unit, int t) {
    Part p;
    take16(r, 0, 64 * unit + 16 * t, p.w);
    p.scale = r.scales[unit / 2];
    return p;
  }
  static __device__ __forceinline__ int k_offset(int step, int t) { return 16 * t + 4 * step; }
  static __device__ __forceinline__ void fragment(const Part& p, int step, int, std::uint32_t& low,
                                                  std::uint32_t& high) {
    const std::uint32_t w = p.w[step];
    low = pack_exact(fp8_to_float(w & 0xFFU), fp8_to_float(w >> 8 & 0xFFU));
    high = pack_exact(fp8_to_float(w >> 16 & 0xFFU), fp8_to_float(w >> 24));
  }
  static __device__ __forceinline__ float scale(const Part& p, int) { return p.scale; }
  static __device__ __forceinline__ float minimum(const Part&, int) { return 0.0F; }
};

template <>
struct Format<DType::Q8_0> : IntegerFormat {
  static constexpr int kUnit = 64, kGroupSteps = 2;
  static constexpr bool kHasMin = false;
  struct Part {
    std::uint32_t q[4];
    std::uint32_t d;
  };
  static __device__ __forceinline__ Part load(const RowPlanes& r, std::int64_t unit, int t) {
    Part p;
    take16(r, 0, 64 * unit + 16 * t, p.q);
    p.d = load_plane<std::uint32_t>(r, 1, 4 * unit);
    return p;
  }
  static __device__ __forceinline__ void fragment(const Part& p, int step, int, std::uint32_t& low,
                                                  std::uint32_t& high) {
    integer_fragment(p.q[step] ^ 0x80808080U, 128.0F, low, high);
  }
  static __device__ __forceinline__ float scale(const Part& p, int group) {
    return half_to_float(p.d >> 16 * group & 0xFFFFU);
  }
  static __device__ __forceinline__ float minimum(const Part&, int) { return 0.0F; }
};

/// Q4_0, Q5_0 and IQ4_NL: four blocks of 32 per unit, one scale each. Steps 2b and 2b + 1 are the
/// low and the high nibbles of block b.
template <DType D>
struct SymmetricNibbles : IntegerFormat {
  static constexpr int kUnit = 128, kGroupSteps = 2;
  static constexpr bool kHasMin = false;
  static constexpr bool kFifthBit = D == DType::Q5_0;
  struct Part {
    std::uint32_t q[4];
    std::uint32_t d[2];
    std::uint32_t h[4];
    int t;
  };
  static __device__ __forceinline__ Part load(const RowPlanes& r, std::int64_t unit, int t) {
    Part p;
    take16(r, 0, 64 * unit + 16 * t, p.q);
    take8(r, 1, 8 * unit, p.d);
    if constexpr (kFifthBit) take16(r, 2, 16 * unit, p.h);
    p.t = t;
    return p;
  }
  static __device__ __forceinline__ void fragment(const Part& p, int step, int, std::uint32_t& low,
                                                  std::uint32_t& high) {
    std::uint32_t q = p.q[step / 2] >> 4 * (step % 2) & 0x0F0F0F0FU;
    if constexpr (D == DType::IQ4_NL) {
      integer_fragment(iq4_values(q), 128.0F, low, high);
    } else if constexpr (kFifthBit) {
      const std::uint32_t bits = p.h[step / 2] >> (16 * (step % 2) + 4 * p.t);
      q |= (bits & 1U) << 4 | (bits & 2U) << 11 | (bits & 4U) << 18 | (bits & 8U) << 25;
      integer_fragment(q, 16.0F, low, high);
    } else {
      integer_fragment(q, 8.0F, low, high);
    }
  }
  static __device__ __forceinline__ float scale(const Part& p, int group) {
    return half_to_float(p.d[group / 2] >> 16 * (group % 2) & 0xFFFFU);
  }
  static __device__ __forceinline__ float minimum(const Part&, int) { return 0.0F; }
};
template <>
struct Format<DType::Q4_0> : SymmetricNibbles<DType::Q4_0> {};
template <>
struct Format<DType::Q5_0> : SymmetricNibbles<DType::Q5_0> {};
template <>
struct Format<DType::IQ4_NL> : SymmetricNibbles<DType::IQ4_NL> {};

/// Q4_1 and Q5_1: as above, value = q·d + m: a minimum of -m.
template <DType D>
struct OffsetNibbles : IntegerFormat {
  static constexpr int kUnit = 128, kGroupSteps = 2;
  static constexpr bool kHasMin = true;
  static constexpr bool kFifthBit = D == DType::Q5_1;
  struct Part {
    std::uint32_t q[4];
    std::uint32_t dm[4];
    std::uint32_t h[4];
    int t;
  };
  static __device__ __forceinline__ Part load(const RowPlanes& r, std::int64_t unit, int t) {
    Part p;
    take16(r, 0, 64 * unit + 16 * t, p.q);
    take16(r, 1, 16 * unit, p.dm);
    if constexpr (kFifthBit) take16(r, 2, 16 * unit, p.h);
    p.t = t;
    return p;
  }
  static __device__ __forceinline__ void fragment(const Part& p, int step, int, std::uint32_t& low,
                                                  std::uint32_t& high) {
    std::uint32_t q = p.q[step / 2] >> 4 * (step % 2) & 0x0F0F0F0FU;
    if constexpr (kFifthBit) {
      const std::uint32_t bits = p.h[step / 2] >> (16 * (step % 2) + 4 * p.t);
      q |= (bits & 1U) << 4 | (bits & 2U) << 11 | (bits & 4U) << 18 | (bits & 8U) << 25;
    }
    integer_fragment(q, 0.0F, low, high);
  }
  static __device__ __forceinline__ float scale(const Part& p, int group) {
    return half_to_float(p.dm[group] & 0xFFFFU);
  }
  static __device__ __forceinline__ float minimum(const Part& p, int group) {
    return -half_to_float(p.dm[group] >> 16);
  }
};
template <>
struct Format<DType::Q4_1> : OffsetNibbles<DType::Q4_1> {};
template <>
struct Format<DType::Q5_1> : OffsetNibbles<DType::Q5_1> {};

}  // namespace engine::cuda
