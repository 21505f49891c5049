// The search for the scales of Q4_K and Q6_K, written once over vectors of sixteen floats that the
// compiler maps to what the target has. Included by quantise_*.cpp only, inside an unnamed
// namespace. Sixteen sub-blocks are searched side by side, one per lane, so no sum runs across
// lanes and every instruction set gives the same bits.

using engine::quant::BlockQ4_K;
using engine::quant::BlockQ6_K;
using engine::quant::Half;
using engine::quant::SearchTable;

using Lanes = float __attribute__((vector_size(64)));
constexpr int kLanes = 16;

inline Lanes all(float v) { return Lanes{} + v; }
inline Lanes smaller(Lanes a, Lanes b) { return a < b ? a : b; }
inline Lanes larger(Lanes a, Lanes b) { return a > b ? a : b; }
inline Lanes clamped(Lanes a, float low, float high) {
  return larger(smaller(a, all(high)), all(low));
}
// Adding 1.5·2²³ leaves no bits below one; |a| < 2²² here. Ties to even.
inline Lanes rounded(Lanes a) { return a + all(12582912.0F) - all(12582912.0F); }
inline float rounded(float a) { return a + 12582912.0F - 12582912.0F; }

inline float half_to_float(const Half& h) {
  const std::uint32_t bits = static_cast<std::uint32_t>(h.bytes[0] | h.bytes[1] << 8);
  const float value = __builtin_bit_cast(float, (bits & 0x7FFFU) << 13) * 0x1p112F;
  return (bits & 0x8000U) != 0 ? -value : value;
}

/// Finite values inside the range of halves; round to nearest even, subnormals included.
inline Half float_to_half(float value) {
  const std::uint32_t bits = __builtin_bit_cast(std::uint32_t, value);
  const std::uint32_t sign = bits >> 16 & 0x8000U;
  const float magnitude = __builtin_bit_cast(float, bits & 0x7FFFFFFFU);
  std::uint32_t half = 0;
  if (magnitude < 0x1p-14F) {  // counts of 2^-24: the addition rounds them to whole ones
    half = __builtin_bit_cast(std::uint32_t, magnitude + 0.5F) - 0x3F000000U;
  } else {
    const std::uint32_t m = __builtin_bit_cast(std::uint32_t, magnitude);
    half = (m + 0xFFFU + (m >> 13 & 1U) - 0x38000000U) >> 13;
  }
  half |= sign;
  return {{static_cast<std::uint8_t>(half & 0xFFU), static_cast<std::uint8_t>(half >> 8)}};
}

/// x ≈ scale·q + offset with 0 ≤ q ≤ top and offset ≤ 0.
struct Line {
  Lanes scale;
  Lanes offset;
};

/// Least weighted squared error over trial grids: each grid gives the q, the q give the best line
/// (normal equations), the line its error. `gain` is Σ w·x² less that error.
template <int kCount>
Line fit_line(const Lanes (&x)[kCount], const Lanes (&w)[kCount], float top) {
  Lanes low = all(0.0F);
  Lanes high = x[0];
  Lanes sum_w = all(0.0F);
  Lanes sum_x = all(0.0F);
  for (int i = 0; i < kCount; ++i) {
    low = smaller(low, x[i]);
    high = larger(high, x[i]);
    sum_w += w[i];
    sum_x += w[i] * x[i];
  }
  const Lanes span = high - low;
  const Lanes inverse = span > 0.0F ? 1.0F / span : all(0.0F);
  Line best{span / top, low};
  Lanes best_gain = all(-3e38F);
  constexpr int kGrids = 21;
  for (int grid = 0; grid < kGrids; ++grid) {
    const Lanes step = (top - 1.0F + 0.1F * static_cast<float>(grid)) * inverse;
    Lanes q1 = all(0.0F);
    Lanes q2 = all(0.0F);
    Lanes qx = all(0.0F);
    for (int i = 0; i < kCount; ++i) {
      const Lanes q = smaller(rounded((x[i] - low) * step), all(top));
      const Lanes wq = w[i] * q;
      q1 += wq;
      q2 += wq * q;
      qx += wq * x[i];
    }
    const Lanes determinant = sum_w * q2 - q1 * q1;
    Lanes scale = (sum_w * qx - sum_x * q1) / determinant;
    Lanes offset = (q2 * sum_x - q1 * qx) / determinant;
    scale = offset > 0.0F ? qx / q2 : scale;
    offset = offset > 0.0F ? all(0.0F) : offset;
    const Lanes gain = scale * (2.0F * qx - scale * q2 - 2.0F * offset * q1) +
                       offset * (2.0F * sum_x - offset * sum_w);
    // A constant sub-block has no determinant: its first line, scale 0, is exact.
    const auto better = (gain > best_gain) & (determinant > 0.0F) & (span > 0.0F);
    best_gain = better ? gain : best_gain;
    best.scale = better ? scale : best.scale;
    best.offset = better ? offset : best.offset;
  }
  return best;
}

// ---- Q4_K
// ----------------------------------------------------------------------------------------

constexpr int kSub4 = 32;  // elements of a sub-block; eight make a block

/// The 6-bit scale and minimum of sub-block s.
inline void pack_scale(int s, int scale, int min, std::uint8_t (&x)[12]) {
  if (s < 4) {
    x[s] = static_cast<std::uint8_t>(scale);
    x[s + 4] = static_cast<std::uint8_t>(min);
  } else {
    x[s + 4] = static_cast<std::uint8_t>((scale & 15) | (min & 15) << 4);
    x[s - 4] = static_cast<std::uint8_t>(x[s - 4] | (scale >> 4) << 6);
    x[s] = static_cast<std::uint8_t>(x[s] | (min >> 4) << 6);
  }
}

/// Sixteen sub-blocks of one or two blocks while they are encoded: lane s is sub-block s.
struct Q4Search {
  Lanes x[kSub4];
  Lanes w[kSub4];
  Lanes d;      // of each sub-block's block, as the half has it
  Lanes dmin;   // likewise
  Lanes scale;  // whole numbers, 0 to 63
  Lanes min;    // whole numbers, 0 to 63
};

/// The levels of a sub-block's elements under whole-number scale and minimum.
inline Lanes level_of(const Q4Search& search, int l, Lanes inverse, Lanes shift) {
  return clamped(rounded((search.x[l] + shift) * inverse), 0.0F, 15.0F);
}

inline Lanes inverse_of(Lanes step) { return step > 0.0F ? 1.0F / step : all(0.0F); }

/// The weighted squared error of every sub-block under these whole numbers.
inline Lanes error_of(const Q4Search& search, Lanes scale, Lanes min) {
  const Lanes step = search.d * scale;
  const Lanes shift = search.dmin * min;
  const Lanes inverse = inverse_of(step);
  Lanes error = all(0.0F);
  for (int l = 0; l < kSub4; ++l) {
    const Lanes miss = step * level_of(search, l, inverse, shift) - shift - search.x[l];
    error += search.w[l] * miss * miss;
  }
  return error;
}

/// Rounding to whole numbers moved both off their best: tries the neighbours.
inline void improve(Q4Search* search) {
  const Lanes scale = search->scale;
  const Lanes min = search->min;
  Lanes best = error_of(*search, scale, min);
  for (int i = 0; i < 9; ++i) {
    if (i == 4) continue;
    const Lanes trial_scale = clamped(scale + static_cast<float>(i / 3 - 1), 0.0F, 63.0F);
    const Lanes trial_min = clamped(min + static_cast<float>(i % 3 - 1), 0.0F, 63.0F);
    const Lanes error = error_of(*search, trial_scale, trial_min);
    const auto better = error < best;
    best = better ? error : best;
    search->scale = better ? trial_scale : search->scale;
    search->min = better ? trial_min : search->min;
  }
}

/// d and dmin of block b, and its sub-blocks' lines in whole numbers of them.
inline void quantise_lines(const Line& line, int b, BlockQ4_K* out, Q4Search* search) {
  float max_scale = 0.0F;
  float max_min = 0.0F;
  for (int s = 8 * b; s < 8 * b + 8; ++s) {
    max_scale = line.scale[s] > max_scale ? line.scale[s] : max_scale;
    max_min = -line.offset[s] > max_min ? -line.offset[s] : max_min;
  }
  out->d = float_to_half(max_scale / 63.0F);
  out->dmin = float_to_half(max_min / 63.0F);
  const float to_scale = max_scale > 0.0F ? 63.0F / max_scale : 0.0F;
  const float to_min = max_min > 0.0F ? 63.0F / max_min : 0.0F;
  for (int s = 8 * b; s < 8 * b + 8; ++s) {
    search->d[s] = half_to_float(out->d);
    search->dmin[s] = half_to_float(out->dmin);
    search->scale[s] = line.scale[s] > 0.0F ? rounded(to_scale * line.scale[s]) : 0.0F;
    search->min[s] = rounded(to_min * -line.offset[s]);
  }
}

/// Two blocks at most: sixteen sub-blocks side by side.
inline void encode_q4_k_pair(const float* x, int n_blocks, BlockQ4_K* out) {
  Q4Search search;
  Lanes squares = all(0.0F);
  for (int l = 0; l < kSub4; ++l) {
    search.x[l] = all(0.0F);
    for (int s = 0; s < n_blocks * 8; ++s) search.x[l][s] = x[s * kSub4 + l];
    squares += search.x[l] * search.x[l];
  }
  Lanes rms;
  for (int s = 0; s < kLanes; ++s) rms[s] = __builtin_sqrtf(squares[s] / kSub4);
  // Large weights matter more in a product, but the small ones are many: both count.
  for (int l = 0; l < kSub4; ++l) search.w[l] = rms + larger(search.x[l], -search.x[l]);
  const Line line = fit_line(search.x, search.w, 15.0F);
  search.d = search.dmin = search.scale = search.min = all(0.0F);
  for (int b = 0; b < n_blocks; ++b) quantise_lines(line, b, out + b, &search);
  improve(&search);

  std::uint8_t levels[kSub4][kLanes];
  const Lanes inverse = inverse_of(search.d * search.scale);
  for (int l = 0; l < kSub4; ++l) {
    const Lanes level = level_of(search, l, inverse, search.dmin * search.min);
    for (int s = 0; s < kLanes; ++s) levels[l][s] = static_cast<std::uint8_t>(level[s]);
  }
  for (int b = 0; b < n_blocks; ++b) {
    for (std::uint8_t& byte : out[b].scales) byte = 0;
    for (int s = 0; s < 8; ++s) {
      pack_scale(s, static_cast<int>(search.scale[8 * b + s]),
                 static_cast<int>(search.min[8 * b + s]), out[b].scales);
    }
    for (int i = 0; i < 128; ++i) {  // byte i: element i % 32 of sub-blocks 2c and 2c + 1
      const std::uint8_t* pair = levels[i % kSub4] + 8 * b + i / kSub4 * 2;
      out[b].qs[i] = static_cast<std::uint8_t>(pair[0] | pair[1] << 4);
    }
  }
}

void encode_q4_k(const float* x, std::int64_t n_blocks, BlockQ4_K* out) {
  for (std::int64_t b = 0; b < n_blocks; b += 2) {
    encode_q4_k_pair(x + b * BlockQ4_K::kElements, b + 1 < n_blocks ? 2 : 1, out + b);
  }
}

// ---- Q6_K
// ----------------------------------------------------------------------------------------

constexpr int kSub6 = 16;  // elements of a sub-block; sixteen make a block

/// x ≈ scale·q, −32 ≤ q ≤ 31: the value of largest magnitude is laid near −32 by each trial grid.
/// Errors count with x²: a sixth bit spent on small values would be wasted in products.
inline Lanes fit_scale(const Lanes (&x)[kSub6]) {
  Lanes extreme = all(0.0F);
  Lanes magnitude = all(0.0F);
  for (const Lanes& v : x) {
    const Lanes size = larger(v, -v);
    extreme = size > magnitude ? v : extreme;
    magnitude = larger(size, magnitude);
  }
  const Lanes inverse = magnitude > 0.0F ? -1.0F / extreme : all(0.0F);
  Lanes best = all(0.0F);
  Lanes best_gain = all(0.0F);
  for (int grid = -9; grid <= 9; ++grid) {
    const Lanes step = (32.0F + 0.1F * static_cast<float>(grid)) * inverse;
    Lanes q2 = all(0.0F);
    Lanes qx = all(0.0F);
    for (const Lanes& v : x) {
      const Lanes q = clamped(rounded(v * step), -32.0F, 31.0F);
      const Lanes relative = v * inverse;  // weights without a unit: no under- or overflow
      const Lanes wq = relative * relative * q;
      q2 += wq * q;
      qx += wq * v;
    }
    const Lanes scale = q2 > 0.0F ? qx / q2 : all(0.0F);
    const Lanes gain = scale * qx;
    const auto better = gain > best_gain;
    best = better ? scale : best;
    best_gain = better ? gain : best_gain;
  }
  return best;
}

inline void encode_q6_k_block(const float* x, BlockQ6_K* out) {
  Lanes values[kSub6];
  for (int l = 0; l < kSub6; ++l) {
    for (int s = 0; s < kLanes; ++s) values[l][s] = x[s * kSub6 + l];
  }
  const Lanes scales = fit_scale(values);
  float extreme = 0.0F;
  for (int s = 0; s < kLanes; ++s) {
    if (__builtin_fabsf(scales[s]) > __builtin_fabsf(extreme)) extreme = scales[s];
  }
  const float to_scale = extreme != 0.0F ? -128.0F / extreme : 0.0F;
  out->d = float_to_half(extreme / -128.0F);
  const float d = half_to_float(out->d);
  std::uint8_t q[BlockQ6_K::kElements];
  for (int s = 0; s < kLanes; ++s) {
    const float ratio = rounded(to_scale * scales[s]);
    const float scale = ratio > 127.0F ? 127.0F : ratio;
    out->scales[s] = static_cast<std::int8_t>(static_cast<int>(scale));
    const float step = d * scale;
    const float inverse = step != 0.0F ? 1.0F / step : 0.0F;
    for (int l = 0; l < kSub6; ++l) {
      float level = rounded(x[s * kSub6 + l] * inverse);
      level = level < -32.0F ? -32.0F : level > 31.0F ? 31.0F : level;
      q[s * kSub6 + l] = static_cast<std::uint8_t>(static_cast<int>(level) + 32);
    }
  }
  for (int t = 0; t < 2; ++t) {
    const std::uint8_t* from = q + 128 * t;
    for (int l = 0; l < 64; ++l) {
      out->ql[64 * t + l] = static_cast<std::uint8_t>((from[l] & 15) | (from[l + 64] & 15) << 4);
    }
    for (int l = 0; l < 32; ++l) {
      out->qh[32 * t + l] =
          static_cast<std::uint8_t>(from[l] >> 4 | (from[l + 32] >> 4) << 2 |
                                    (from[l + 64] >> 4) << 4 | (from[l + 96] >> 4) << 6);
    }
  }
}

void encode_q6_k(const float* x, std::int64_t n_blocks, BlockQ6_K* out) {
  for (std::int64_t b = 0; b < n_blocks; ++b) {
    encode_q6_k_block(x + b * BlockQ6_K::kElements, out + b);
  }
}

constexpr SearchTable kTable{encode_q4_k, encode_q6_k};
