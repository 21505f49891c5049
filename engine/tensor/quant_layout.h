// The packed blocks of ggml's quantised types, field by field in file order. Plain structs of bytes
// (alignment 1, no functions), so that kernels with their own -m flags may see them too.
#pragma once

#include <cstdint>

namespace engine::quant {

/// An IEEE half as it lies in the file, little-endian.
struct Half {
  std::uint8_t bytes[2];
};

// Types of 32 elements. Byte i of qs holds elements i (low nibble) and i + 16 (high nibble); bit j
// of qh, read as a little-endian word, is the fifth bit of element j.

/// d · (q − 8)
struct BlockQ4_0 {
  static constexpr int kElements = 32;
  Half d;
  std::uint8_t qs[16];
};
/// d · q + m
struct BlockQ4_1 {
  static constexpr int kElements = 32;
  Half d;
  Half m;
  std::uint8_t qs[16];
};
/// d · (q − 16)
struct BlockQ5_0 {
  static constexpr int kElements = 32;
  Half d;
  std::uint8_t qh[4];
  std::uint8_t qs[16];
};
/// d · q + m
struct BlockQ5_1 {
  static constexpr int kElements = 32;
  Half d;
  Half m;
  std::uint8_t qh[4];
  std::uint8_t qs[16];
};
/// d · q
struct BlockQ8_0 {
  static constexpr int kElements = 32;
  Half d;
  std::int8_t qs[32];
};
/// d · table[q], table = −127 … 113
struct BlockIQ4_NL {
  static constexpr int kElements = 32;
  Half d;
  std::uint8_t qs[16];
};

// Types of 256 elements: sub-blocks of 16 or 32 have integer scales, which the halves multiply.

/// d · scale · q − dmin · min, 16 sub-blocks of 16: scale in the low nibble, min in the high one.
/// Element 128t + 32b + l: bits 2b of qs[32t + l].
struct BlockQ2_K {
  static constexpr int kElements = 256;
  std::uint8_t scales[16];
  std::uint8_t qs[64];
  Half d;
  Half dmin;
};
/// d · (scale − 32) · (q − 4), 16 sub-blocks of 16 with 6-bit scales; low two bits of q as in Q2_K,
/// the third is bit 4t + b of hmask[l].
struct BlockQ3_K {
  static constexpr int kElements = 256;
  std::uint8_t hmask[32];
  std::uint8_t qs[64];
  std::uint8_t scales[12];
  Half d;
};
/// d · scale · q − dmin · min, 8 sub-blocks of 32 with 6-bit scales and minima. Bytes 32c … of qs
/// hold sub-block 2c in their low nibbles, 2c + 1 in the high ones.
struct BlockQ4_K {
  static constexpr int kElements = 256;
  Half d;
  Half dmin;
  std::uint8_t scales[12];
  std::uint8_t qs[128];
};
/// As Q4_K; the fifth bit of element l of sub-block s is bit s of qh[l].
struct BlockQ5_K {
  static constexpr int kElements = 256;
  Half d;
  Half dmin;
  std::uint8_t scales[12];
  std::uint8_t qh[32];
  std::uint8_t qs[128];
};
/// d · scale · (q − 32), 16 sub-blocks of 16. Half t has 128 elements: low nibbles of ql[64t +
/// 0..63] are its first 64, high ones the others; qh[32t + l] has the upper two bits of l, l + 32,
/// ….
struct BlockQ6_K {
  static constexpr int kElements = 256;
  std::uint8_t ql[128];
  std::uint8_t qh[64];
  std::int8_t scales[16];
  Half d;
};
/// d · (scale − 32) · table[q], 8 sub-blocks of 32 with 6-bit scales: four bits in scales_l, two in
/// scales_h.
struct BlockIQ4_XS {
  static constexpr int kElements = 256;
  Half d;
  std::uint8_t scales_h[2];
  std::uint8_t scales_l[4];
  std::uint8_t qs[128];
};

static_assert(sizeof(BlockQ4_0) == 18 && sizeof(BlockQ4_1) == 20 && sizeof(BlockQ5_0) == 22);
static_assert(sizeof(BlockQ5_1) == 24 && sizeof(BlockQ8_0) == 34 && sizeof(BlockIQ4_NL) == 18);
static_assert(sizeof(BlockQ2_K) == 84 && sizeof(BlockQ3_K) == 110 && sizeof(BlockQ4_K) == 144);
static_assert(sizeof(BlockQ5_K) == 176 && sizeof(BlockQ6_K) == 210 && sizeof(BlockIQ4_XS) == 136);

}  // namespace engine::quant
