// The decoders of the block types, one per layout of quant_layout.h. Included, inside an unnamed
// namespace, by quant_block.cpp (the scalar definition) and by the kernels, each of which compiles
// it for its own instruction set: internal linkage keeps those apart. Each names engine::quant
// `quant` first.
//
// Sums and products stand in ggml's order and are never fused: the results are bit for bit those of
// PyPI `gguf`.

/// A half's fields moved to a float's places are 2¹¹² too small; the product is exact, subnormals
/// included.
inline float half_to_float(const quant::Half& h) {
  const std::uint32_t bits = static_cast<std::uint32_t>(h.bytes[0] | h.bytes[1] << 8);
  const std::uint32_t magnitude = bits & 0x7FFFU;
  const std::uint32_t sign = (bits & 0x8000U) << 16;
  if (magnitude >= 0x7C00U) {
    return __builtin_bit_cast(float, sign | 0x7F800000U | (magnitude & 0x3FFU) << 13);
  }
  const float value = __builtin_bit_cast(float, magnitude << 13) * 0x1p112F;
  return __builtin_bit_cast(float, sign | __builtin_bit_cast(std::uint32_t, value));
}

/// The fifth bits of 32 elements as a word.
inline std::uint32_t high_bits(const std::uint8_t (&qh)[4]) {
  return qh[0] | static_cast<std::uint32_t>(qh[1]) << 8 | static_cast<std::uint32_t>(qh[2]) << 16 |
         static_cast<std::uint32_t>(qh[3]) << 24;
}

constexpr std::int8_t kIq4Values[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                        1,    13,   25,  38,  53,  69,  89,  113};

inline void decode_block(const quant::BlockQ4_0& b, float* __restrict out) {
  const float d = half_to_float(b.d);
  for (int i = 0; i < 16; ++i) {
    out[i] = static_cast<float>((b.qs[i] & 15) - 8) * d;
    out[i + 16] = static_cast<float>((b.qs[i] >> 4) - 8) * d;
  }
}

inline void decode_block(const quant::BlockQ4_1& b, float* __restrict out) {
  const float d = half_to_float(b.d);
  const float m = half_to_float(b.m);
  for (int i = 0; i < 16; ++i) {
    out[i] = static_cast<float>(b.qs[i] & 15) * d + m;
    out[i + 16] = static_cast<float>(b.qs[i] >> 4) * d + m;
  }
}

inline void decode_block(const quant::BlockQ5_0& b, float* __restrict out) {
  const float d = half_to_float(b.d);
  const std::uint32_t high = high_bits(b.qh);
  for (int i = 0; i < 16; ++i) {
    const int low_bit = static_cast<int>((high >> i) & 1U) << 4;
    const int high_bit = static_cast<int>((high >> (i + 16)) & 1U) << 4;
    out[i] = static_cast<float>(((b.qs[i] & 15) | low_bit) - 16) * d;
    out[i + 16] = static_cast<float>(((b.qs[i] >> 4) | high_bit) - 16) * d;
  }
}

inline void decode_block(const quant::BlockQ5_1& b, float* __restrict out) {
  const float d = half_to_float(b.d);
  const float m = half_to_float(b.m);
  const std::uint32_t high = high_bits(b.qh);
  for (int i = 0; i < 16; ++i) {
    const int low_bit = static_cast<int>((high >> i) & 1U) << 4;
    const int high_bit = static_cast<int>((high >> (i + 16)) & 1U) << 4;
    out[i] = static_cast<float>((b.qs[i] & 15) | low_bit) * d + m;
    out[i + 16] = static_cast<float>((b.qs[i] >> 4) | high_bit) * d + m;
  }
}

inline void decode_block(const quant::BlockQ8_0& b, float* __restrict out) {
  const float d = half_to_float(b.d);
  for (int i = 0; i < 32; ++i) out[i] = static_cast<float>(b.qs[i]) * d;
}

inline void decode_iq4(float scale, const std::uint8_t* qs, float* __restrict out) {
  for (int i = 0; i < 16; ++i) {
    out[i] = scale * static_cast<float>(kIq4Values[qs[i] & 15]);
    out[i + 16] = scale * static_cast<float>(kIq4Values[qs[i] >> 4]);
  }
}

inline void decode_block(const quant::BlockIQ4_NL& b, float* __restrict out) {
  decode_iq4(half_to_float(b.d), b.qs, out);
}

inline void decode_block(const quant::BlockQ2_K& b, float* __restrict out) {
  const float d = half_to_float(b.d);
  const float dmin = half_to_float(b.dmin);
  for (int s = 0; s < 16; ++s, out += 16) {
    const float scale = d * static_cast<float>(b.scales[s] & 15);
    const float min = dmin * static_cast<float>(b.scales[s] >> 4);
    const std::uint8_t* qs = b.qs + s / 8 * 32 + s % 2 * 16;
    const int shift = s % 8 / 2 * 2;
    for (int l = 0; l < 16; ++l) out[l] = scale * static_cast<float>((qs[l] >> shift) & 3) - min;
  }
}

inline void decode_block(const quant::BlockQ3_K& b, float* __restrict out) {
  const float d = half_to_float(b.d);
  for (int s = 0; s < 16; ++s, out += 16) {
    const int low = s < 8 ? b.scales[s] & 15 : b.scales[s - 8] >> 4;
    const int high = (b.scales[8 + s % 4] >> (s / 4 * 2)) & 3;
    const float scale = d * static_cast<float>((low | high << 4) - 32);
    const std::uint8_t* qs = b.qs + s / 8 * 32 + s % 2 * 16;
    const std::uint8_t* hmask = b.hmask + s % 2 * 16;
    const int shift = s % 8 / 2 * 2;
    for (int l = 0; l < 16; ++l) {
      const int third = (hmask[l] >> (s / 2)) & 1;
      out[l] = scale * static_cast<float>((((qs[l] >> shift) & 3) | third << 2) - 4);
    }
  }
}

/// The 6-bit scale and minimum of sub-block s of Q4_K and Q5_K.
inline void scale_and_min(const std::uint8_t (&x)[12], int s, int* scale, int* min) {
  if (s < 4) {
    *scale = x[s] & 63;
    *min = x[s + 4] & 63;
  } else {
    *scale = (x[s + 4] & 15) | (x[s - 4] >> 6) << 4;
    *min = (x[s + 4] >> 4) | (x[s] >> 6) << 4;
  }
}

inline void decode_block(const quant::BlockQ4_K& b, float* __restrict out) {
  const float d = half_to_float(b.d);
  const float dmin = half_to_float(b.dmin);
  for (int s = 0; s < 8; ++s, out += 32) {
    int scale = 0;
    int min = 0;
    scale_and_min(b.scales, s, &scale, &min);
    const float dl = d * static_cast<float>(scale);
    const float ml = dmin * static_cast<float>(min);
    const std::uint8_t* qs = b.qs + s / 2 * 32;
    const int shift = s % 2 * 4;
    for (int l = 0; l < 32; ++l) out[l] = dl * static_cast<float>((qs[l] >> shift) & 15) - ml;
  }
}

inline void decode_block(const quant::BlockQ5_K& b, float* __restrict out) {
  const float d = half_to_float(b.d);
  const float dmin = half_to_float(b.dmin);
  for (int s = 0; s < 8; ++s, out += 32) {
    int scale = 0;
    int min = 0;
    scale_and_min(b.scales, s, &scale, &min);
    const float dl = d * static_cast<float>(scale);
    const float ml = dmin * static_cast<float>(min);
    const std::uint8_t* qs = b.qs + s / 2 * 32;
    const int shift = s % 2 * 4;
    for (int l = 0; l < 32; ++l) {
      const int q = ((qs[l] >> shift) & 15) | ((b.qh[l] >> s) & 1) << 4;
      out[l] = dl * static_cast<float>(q) - ml;
    }
  }
}

inline void decode_block(const quant::BlockQ6_K& b, float* __restrict out) {
  const float d = half_to_float(b.d);
  for (int s = 0; s < 16; ++s, out += 16) {
    const float scale = d * static_cast<float>(b.scales[s]);
    const int t = s / 8;
    const int l0 = s % 2 * 16;
    const std::uint8_t* ql = b.ql + 64 * t + s % 4 / 2 * 32 + l0;
    const std::uint8_t* qh = b.qh + 32 * t + l0;
    const int low_shift = s % 8 / 4 * 4;
    const int high_shift = s % 8 / 2 * 2;
    for (int l = 0; l < 16; ++l) {
      const int q = ((ql[l] >> low_shift) & 15) | ((qh[l] >> high_shift) & 3) << 4;
      out[l] = scale * static_cast<float>(q - 32);
    }
  }
}

inline void decode_block(const quant::BlockIQ4_XS& b, float* __restrict out) {
  const float d = half_to_float(b.d);
  const int scales_h = b.scales_h[0] | b.scales_h[1] << 8;
  for (int s = 0; s < 8; ++s) {
    const int low = (b.scales_l[s / 2] >> (s % 2 * 4)) & 15;
    const int scale = (low | ((scales_h >> (2 * s)) & 3) << 4) - 32;
    decode_iq4(d * static_cast<float>(scale), b.qs + 16 * s, out + 32 * s);
  }
}
