// Attention in whole numbers for AVX-512 with VNNI: pairs of 16-bit products at twice the rate of
// float32. Compiled with its own -m flags: includes only its table's header and intrinsics.
#include <immintrin.h>

#include "engine/backend/cpu/attention_rounded.h"

namespace {

using engine::kernels::Fetch;
using engine::kernels::kRoundedPeak;
using engine::kernels::kRoundedStep;
using engine::kernels::kRoundedWeight;
using engine::kernels::RoundedAttention;
using engine::kernels::TurnedSlots;
using engine::kernels::WholeRows;
using Index = std::int64_t;
using Ints = __m512i;
using Floats = __m512;

constexpr Index kLanes = 16;
constexpr Index kBlock = 64;  // slots of one combine
constexpr float kLeastPeak = 0x1p-100F;

Ints load(const std::int16_t* p) { return _mm512_loadu_si512(p); }

Ints magnitude_of(Floats v) {
  return _mm512_and_si512(_mm512_castps_si512(v), _mm512_set1_epi32(0x7FFFFFFF));
}

/// The largest of magnitudes: their bits are ordered like them, NaN above all.
float peak_of(Ints largest) { return __builtin_bit_cast(float, _mm512_reduce_max_epi32(largest)); }

/// 2 · 16 words of 32 bits → 32 of 16 in the same order.
Ints pack(Ints low, Ints high) {
  const Ints order = _mm512_set_epi64(7, 5, 3, 1, 6, 4, 2, 0);
  return _mm512_permutexvar_epi64(order, _mm512_packs_epi32(low, high));
}

void round_row(const float* x, Index ahead, Index i, const WholeRows& to) {
  Ints largest = _mm512_setzero_si512();
  for (Index k = 0; k < to.dim; k += kLanes) {
    _mm_prefetch(reinterpret_cast<const char*>(x + ahead + k), _MM_HINT_T0);
    largest = _mm512_max_epi32(largest, magnitude_of(_mm512_loadu_ps(x + k)));
  }
  const float peak = peak_of(largest);
  to.scales[i] = peak / kRoundedPeak;
  const Floats factor = _mm512_set1_ps(peak < kLeastPeak ? 0.0F : kRoundedPeak / peak);
  std::int16_t* out = to.data + i * to.dim;
  for (Index k = 0; k < to.dim; k += kRoundedStep) {
    const Ints low = _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_loadu_ps(x + k), factor));
    const Ints high = _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_loadu_ps(x + k + kLanes), factor));
    _mm512_storeu_si512(out + k, pack(low, high));
  }
}

/// Row and row + 1 beside each other in words of 32 bits; 32 columns as 2 · 16 words.
void pair_rows(const WholeRows& rows, Index n_rows, std::int16_t* pairs) {
  for (Index j = 0; j < n_rows; j += 2) {
    const std::int16_t* row = rows.data + j * rows.dim;
    for (Index k = 0; k < rows.dim; k += kRoundedStep, pairs += 2 * kRoundedStep) {
      const Ints first = load(row + k);
      const Ints second = j + 1 < n_rows ? load(row + rows.dim + k) : _mm512_setzero_si512();
      _mm512_storeu_si512(pairs, _mm512_unpacklo_epi16(first, second));
      _mm512_storeu_si512(pairs + kRoundedStep, _mm512_unpackhi_epi16(first, second));
    }
  }
}

/// 16 rows of 16 words → 16 columns, stored kBlock words apart.
void transpose(const Ints (&rows)[16], std::int32_t* columns) {
  Ints twos[16];
#pragma GCC unroll 8
  for (Index i = 0; i < 16; i += 2) {
    twos[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
    twos[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
  }
  // fours[4g + c]: column c of every 128-bit part, rows 4g to 4g + 3.
  Ints fours[16];
#pragma GCC unroll 4
  for (Index g = 0; g < 16; g += 4) {
    fours[g] = _mm512_unpacklo_epi64(twos[g], twos[g + 2]);
    fours[g + 1] = _mm512_unpackhi_epi64(twos[g], twos[g + 2]);
    fours[g + 2] = _mm512_unpacklo_epi64(twos[g + 1], twos[g + 3]);
    fours[g + 3] = _mm512_unpackhi_epi64(twos[g + 1], twos[g + 3]);
  }
#pragma GCC unroll 4
  for (Index c = 0; c < 4; ++c) {
    const Ints low01 = _mm512_shuffle_i32x4(fours[c], fours[4 + c], 0x88);
    const Ints low23 = _mm512_shuffle_i32x4(fours[8 + c], fours[12 + c], 0x88);
    const Ints high01 = _mm512_shuffle_i32x4(fours[c], fours[4 + c], 0xDD);
    const Ints high23 = _mm512_shuffle_i32x4(fours[8 + c], fours[12 + c], 0xDD);
    const auto store = [&](Index column, Ints v) {
      _mm512_storeu_si512(columns + column * kBlock, v);
    };
    store(c, _mm512_shuffle_i32x4(low01, low23, 0x88));
    store(4 + c, _mm512_shuffle_i32x4(high01, high23, 0x88));
    store(8 + c, _mm512_shuffle_i32x4(low01, low23, 0xDD));
    store(12 + c, _mm512_shuffle_i32x4(high01, high23, 0xDD));
  }
}

void turn_rows(const WholeRows& rows, Index n_rows, std::int32_t* columns) {
  for (Index j = 0; j < n_rows; j += kLanes) {
    for (Index k = 0; k < rows.dim; k += kRoundedStep) {
      Ints words[16];
#pragma GCC unroll 16
      for (Index i = 0; i < kLanes; ++i) {
        // Lanes behind the last row repeat it: nobody reads their scores.
        const Index row = j + i < n_rows ? j + i : n_rows - 1;
        words[i] = load(rows.data + row * rows.dim + k);
      }
      transpose(words, columns + k / 2 * kBlock + j);
    }
  }
}

// ---- scores ----------------------------------------------------------------------------------

/// A little of what will be read next, so that memory works while products are made.
void step(Fetch& ahead) {
  constexpr Index kLines = 32;
  for (Index i = 0; i < kLines && ahead.at < ahead.end; ++i, ahead.at += 64) {
    _mm_prefetch(reinterpret_cast<const char*>(ahead.at), _MM_HINT_T1);
  }
}

/// kQ rows against kV vectors of slots. 32 columns are summed exactly, then added as a float.
template <Index kQ, Index kV>
void score_tile(const WholeRows& q, Index row, const TurnedSlots& slots, float* out, Index stride,
                Fetch& ahead) {
  const std::int32_t* columns = slots.columns;
  for (Index k = 0; k < q.dim; k += kRoundedStep) {
    step(ahead);
    Ints acc[kQ * kV];
#pragma GCC unroll 16
    for (Index a = 0; a < kQ * kV; ++a) acc[a] = _mm512_setzero_si512();
    const std::int16_t* q_row = q.data + row * q.dim + k;
#pragma GCC unroll 16
    for (Index word = 0; word < kRoundedStep / 2; ++word) {
      Ints words[kV];
#pragma GCC unroll 4
      for (Index v = 0; v < kV; ++v) {
        words[v] = _mm512_loadu_si512(columns + (k / 2 + word) * kBlock + v * kLanes);
      }
#pragma GCC unroll 4
      for (Index r = 0; r < kQ; ++r) {
        int both;
        __builtin_memcpy(&both, q_row + r * q.dim + 2 * word, sizeof both);
        const Ints two = _mm512_set1_epi32(both);
#pragma GCC unroll 4
        for (Index v = 0; v < kV; ++v) {
          acc[r * kV + v] = _mm512_dpwssd_epi32(acc[r * kV + v], words[v], two);
        }
      }
    }
#pragma GCC unroll 4
    for (Index r = 0; r < kQ; ++r) {
#pragma GCC unroll 4
      for (Index v = 0; v < kV; ++v) {
        float* to = out + r * stride + v * kLanes;
        Floats sum = _mm512_cvtepi32_ps(acc[r * kV + v]);
        if (k > 0) sum = _mm512_add_ps(_mm512_loadu_ps(to), sum);
        if (k + kRoundedStep == q.dim) {
          const Floats by_row = _mm512_set1_ps(q.scales[row + r]);
          sum =
              _mm512_mul_ps(sum, _mm512_mul_ps(by_row, _mm512_loadu_ps(slots.scales + v * kLanes)));
        }
        _mm512_storeu_ps(to, sum);
      }
    }
  }
}

template <Index kV>
void score_rows(const WholeRows& q, Index row, Index n_rows, const TurnedSlots& slots, float* out,
                Index stride, Fetch& ahead) {
  Index r = 0;
  for (; r + 4 <= n_rows; r += 4) {
    score_tile<4, kV>(q, row + r, slots, out + r * stride, stride, ahead);
  }
  for (; r < n_rows; ++r) {
    score_tile<1, kV>(q, row + r, slots, out + r * stride, stride, ahead);
  }
}

void scores(const WholeRows& q, Index first_row, Index n_rows, const TurnedSlots& slots, float* out,
            Index stride, Fetch ahead) {
  Index j = 0;
  const auto from = [&] {
    return TurnedSlots{slots.columns + j, slots.scales + j, slots.n_slots - j};
  };
  for (; j + 2 * kLanes < slots.n_slots; j += 4 * kLanes) {
    score_rows<4>(q, first_row, n_rows, from(), out + j, stride, ahead);
  }
  for (; j < slots.n_slots; j += kLanes) {
    score_rows<1>(q, first_row, n_rows, from(), out + j, stride, ahead);
  }
}

// ---- weighted sums -----------------------------------------------------------------------------

float round_weights(const float* weights, const float* scales, Index n, std::int16_t* out) {
  Floats products[kBlock / kLanes];
  Ints largest = _mm512_setzero_si512();
#pragma GCC unroll 4
  for (Index v = 0; v < kBlock / kLanes; ++v) {
    const Index left = n - v * kLanes;
    const auto lanes = static_cast<__mmask16>(left >= kLanes ? 0xFFFFU
                                              : left > 0     ? (1U << left) - 1U
                                                             : 0U);
    products[v] = _mm512_mul_ps(_mm512_maskz_loadu_ps(lanes, weights + v * kLanes),
                                _mm512_maskz_loadu_ps(lanes, scales + v * kLanes));
    // 0 times an infinite scale is a NaN with its sign set.
    largest = _mm512_max_epi32(largest, magnitude_of(products[v]));
  }
  const float peak = peak_of(largest);
  const Floats factor = _mm512_set1_ps(peak < kLeastPeak ? 0.0F : kRoundedWeight / peak);
#pragma GCC unroll 2
  for (Index v = 0; v < kBlock / kLanes; v += 2) {
    const Ints low = _mm512_cvtps_epi32(_mm512_mul_ps(products[v], factor));
    const Ints high = _mm512_cvtps_epi32(_mm512_mul_ps(products[v + 1], factor));
    _mm512_storeu_si512(out + v * kLanes, pack(low, high));
  }
  return peak / kRoundedWeight;
}

/// sum ← factor·sum + scale · whole
void add_whole(Ints whole, float scale, float factor, float* sum) {
  const Floats before = factor == 0.0F
                            ? _mm512_setzero_ps()
                            : _mm512_mul_ps(_mm512_set1_ps(factor), _mm512_loadu_ps(sum));
  _mm512_storeu_ps(sum, _mm512_fmadd_ps(_mm512_cvtepi32_ps(whole), _mm512_set1_ps(scale), before));
}

/// kP rows × kC pieces of 32 columns from piece c on.
template <Index kP, Index kC>
void combine_tile(const std::int16_t* weights, const float* scales, const float* factors,
                  const std::int16_t* pairs, Index n_pairs, Index dim, float* sums, Index stride) {
  Ints acc[kP * kC * 2];
#pragma GCC unroll 16
  for (Index a = 0; a < kP * kC * 2; ++a) acc[a] = _mm512_setzero_si512();
  for (Index j = 0; j < n_pairs; ++j) {
    Ints value[kC * 2];
#pragma GCC unroll 4
    for (Index v = 0; v < kC * 2; ++v) value[v] = load(pairs + j * 2 * dim + v * kRoundedStep);
#pragma GCC unroll 8
    for (Index r = 0; r < kP; ++r) {
      int both;
      __builtin_memcpy(&both, weights + r * kBlock + 2 * j, sizeof both);
      const Ints weight = _mm512_set1_epi32(both);
#pragma GCC unroll 4
      for (Index v = 0; v < kC * 2; ++v) {
        acc[r * kC * 2 + v] = _mm512_dpwssd_epi32(acc[r * kC * 2 + v], value[v], weight);
      }
    }
  }
  const Ints first = _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0);
  const Ints second = _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4);
#pragma GCC unroll 8
  for (Index r = 0; r < kP; ++r) {
#pragma GCC unroll 2
    for (Index c = 0; c < kC; ++c) {
      const Ints low = acc[(r * kC + c) * 2];
      const Ints high = acc[(r * kC + c) * 2 + 1];
      float* to = sums + r * stride + c * kRoundedStep;
      add_whole(_mm512_permutex2var_epi64(low, first, high), scales[r], factors[r], to);
      add_whole(_mm512_permutex2var_epi64(low, second, high), scales[r], factors[r], to + kLanes);
    }
  }
}

template <Index kC>
void combine_rows(const std::int16_t* weights, const float* scales, const float* factors,
                  Index n_rows, const std::int16_t* pairs, Index n_pairs, Index dim, float* sums,
                  Index stride) {
  Index r = 0;
  for (; r + 4 <= n_rows; r += 4) {
    combine_tile<4, kC>(weights + r * kBlock, scales + r, factors + r, pairs, n_pairs, dim,
                        sums + r * stride, stride);
  }
  for (; r < n_rows; ++r) {
    combine_tile<1, kC>(weights + r * kBlock, scales + r, factors + r, pairs, n_pairs, dim,
                        sums + r * stride, stride);
  }
}

void combine(const std::int16_t* weights, const float* scales, const float* factors, Index n_rows,
             const std::int16_t* pairs, Index n_slots, Index dim, float* sums, Index sums_stride) {
  const Index n_pairs = (n_slots + 1) / 2;
  Index c = 0;
  for (; c + 2 * kRoundedStep <= dim; c += 2 * kRoundedStep) {
    combine_rows<2>(weights, scales, factors, n_rows, pairs + 2 * c, n_pairs, dim, sums + c,
                    sums_stride);
  }
  if (c < dim) {
    combine_rows<1>(weights, scales, factors, n_rows, pairs + 2 * c, n_pairs, dim, sums + c,
                    sums_stride);
  }
}

constexpr RoundedAttention kTable = {round_row, pair_rows,     turn_rows,
                                     scores,    round_weights, combine};

}  // namespace

namespace engine::kernels {

const RoundedAttention& avx512_vnni_attention() { return kTable; }

}  // namespace engine::kernels
