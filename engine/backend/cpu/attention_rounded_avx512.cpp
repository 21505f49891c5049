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
constexpr Index kRows = 5;    // rows that combine takes at a time
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

/// Where the pairs of 64 columns begin: those of all slots lie behind each other, so that the tiles
/// of combine read a few whole pages.
Index pairs_at(Index column) { return column * kBlock; }
/// Numbers of one pair of slots there: the last columns may be 32.
Index pair_stride(Index column, Index dim) {
  return 2 * (dim - column < 2 * kRoundedStep ? kRoundedStep : 2 * kRoundedStep);
}

/// Row and row + 1 beside each other in words of 32 bits, columns in order.
void pair_rows(const WholeRows& rows, Index n_rows, std::int16_t* pairs) {
  const Ints low = _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0);
  const Ints high = _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4);
  for (Index j = 0; j < n_rows; j += 2) {
    const std::int16_t* row = rows.data + j * rows.dim;
    for (Index k = 0; k < rows.dim; k += kRoundedStep) {
      const Index column = k / (2 * kRoundedStep) * (2 * kRoundedStep);
      std::int16_t* to =
          pairs + pairs_at(column) + j / 2 * pair_stride(column, rows.dim) + 2 * (k - column);
      const Ints first = load(row + k);
      const Ints second = j + 1 < n_rows ? load(row + rows.dim + k) : _mm512_setzero_si512();
      const Ints evens = _mm512_unpacklo_epi16(first, second);
      const Ints odds = _mm512_unpackhi_epi16(first, second);
      _mm512_storeu_si512(to, _mm512_permutex2var_epi64(evens, low, odds));
      _mm512_storeu_si512(to + kRoundedStep, _mm512_permutex2var_epi64(evens, high, odds));
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

/// Columns that all rows of a call go through before the next ones: those of 64 slots and some rows
/// stay in a first-level cache.
constexpr Index kChunk = 128;

/// Columns [begin, end), which are in one chunk, of kQ rows against kV vectors of slots. 32 columns
/// are summed exactly, then added as a float.
template <Index kQ, Index kV>
void score_tile(const WholeRows& q, Index row, const TurnedSlots& slots, Index begin, Index end,
                float* out, Index stride, Fetch& ahead) {
  Floats sums[kQ * kV];
#pragma GCC unroll 16
  for (Index a = 0; a < kQ * kV; ++a) {
    sums[a] =
        begin == 0 ? _mm512_setzero_ps() : _mm512_loadu_ps(out + a / kV * stride + a % kV * kLanes);
  }
  for (Index k = begin; k < end; k += kRoundedStep) {
    step(ahead);
    Ints acc[kQ * kV];
#pragma GCC unroll 16
    for (Index a = 0; a < kQ * kV; ++a) acc[a] = _mm512_setzero_si512();
    const std::int16_t* q_row = q.data + row * q.dim + k;
    const std::int32_t* columns = slots.columns + k / 2 * kBlock;
#pragma GCC unroll 16
    for (Index word = 0; word < kRoundedStep / 2; ++word) {
      Ints words[kV];
#pragma GCC unroll 4
      for (Index v = 0; v < kV; ++v) {
        words[v] = _mm512_loadu_si512(columns + word * kBlock + v * kLanes);
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
#pragma GCC unroll 16
    for (Index a = 0; a < kQ * kV; ++a) {
      sums[a] = _mm512_add_ps(sums[a], _mm512_cvtepi32_ps(acc[a]));
    }
  }
#pragma GCC unroll 4
  for (Index r = 0; r < kQ; ++r) {
    const Floats by_row = _mm512_set1_ps(q.scales[row + r]);
#pragma GCC unroll 4
    for (Index v = 0; v < kV; ++v) {
      Floats sum = sums[r * kV + v];
      if (end == q.dim) {
        sum = _mm512_mul_ps(sum, _mm512_mul_ps(by_row, _mm512_loadu_ps(slots.scales + v * kLanes)));
      }
      _mm512_storeu_ps(out + r * stride + v * kLanes, sum);
    }
  }
}

/// All rows, three at a time, against kV vectors of slots.
template <Index kV>
void score_rows(const WholeRows& q, Index row, Index n_rows, const TurnedSlots& slots, float* out,
                Index stride, Fetch& ahead) {
  for (Index k = 0; k < q.dim; k += kChunk) {
    const Index end = q.dim - k < kChunk ? q.dim : k + kChunk;
    Index r = 0;
    while (r < n_rows) {
      const Index left = n_rows - r;
      if (left == 1) {
        score_tile<1, kV>(q, row + r, slots, k, end, out + r * stride, stride, ahead);
        r += 1;
      } else if (left == 2 || left == 4) {
        score_tile<2, kV>(q, row + r, slots, k, end, out + r * stride, stride, ahead);
        r += 2;
      } else {
        score_tile<3, kV>(q, row + r, slots, k, end, out + r * stride, stride, ahead);
        r += 3;
      }
    }
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

/// sum ← factor·sum + scale · whole; no branch, so that tiles stay in registers
void add_whole(Ints whole, float scale, float factor, float* sum) {
  const __mmask16 lanes = factor == 0.0F ? 0 : 0xFFFF;
  const Floats before = _mm512_mul_ps(_mm512_set1_ps(factor), _mm512_maskz_loadu_ps(lanes, sum));
  _mm512_storeu_ps(sum, _mm512_fmadd_ps(_mm512_cvtepi32_ps(whole), _mm512_set1_ps(scale), before));
}

/// kP rows × kV vectors of the columns whose pairs begin at `pairs`.
template <Index kP, Index kV>
void combine_tile(const std::int16_t* weights, const float* scales, const float* factors,
                  const std::int16_t* pairs, Index n_pairs, float* sums, Index stride) {
  Ints acc[kP * kV];
#pragma GCC unroll 32
  for (Index a = 0; a < kP * kV; ++a) acc[a] = _mm512_setzero_si512();
  for (Index j = 0; j < n_pairs; ++j) {
    Ints value[kV];
#pragma GCC unroll 4
    for (Index v = 0; v < kV; ++v) value[v] = load(pairs + (j * kV + v) * kRoundedStep);
#pragma GCC unroll 8
    for (Index r = 0; r < kP; ++r) {
      int both;
      __builtin_memcpy(&both, weights + r * kBlock + 2 * j, sizeof both);
      const Ints weight = _mm512_set1_epi32(both);
#pragma GCC unroll 4
      for (Index v = 0; v < kV; ++v) {
        acc[r * kV + v] = _mm512_dpwssd_epi32(acc[r * kV + v], value[v], weight);
      }
    }
    // g++ 12 else keeps a second copy of every sum for behind the loop, on the stack.
#pragma GCC unroll 32
    for (Index a = 0; a < kP * kV; ++a) asm("" : "+v"(acc[a]));
  }
#pragma GCC unroll 32
  for (Index a = 0; a < kP * kV; ++a) {
    const Index r = a / kV;
    add_whole(acc[a], scales[r], factors[r], sums + r * stride + a % kV * kLanes);
  }
}

/// All rows from row r on, kP at a time, then fewer.
template <Index kP, Index kV>
void combine_rows(const std::int16_t* weights, const float* scales, const float* factors, Index r,
                  Index n_rows, const std::int16_t* pairs, Index n_pairs, float* sums,
                  Index stride) {
  for (; r + kP <= n_rows; r += kP) {
    combine_tile<kP, kV>(weights + r * kBlock, scales + r, factors + r, pairs, n_pairs,
                         sums + r * stride, stride);
  }
  if constexpr (kP > 1) {
    if (r < n_rows) {
      combine_rows<kP / 2, kV>(weights, scales, factors, r, n_rows, pairs, n_pairs, sums, stride);
    }
  }
}

void combine(const std::int16_t* weights, const float* scales, const float* factors, Index n_rows,
             const std::int16_t* pairs, Index n_slots, Index dim, float* sums, Index sums_stride) {
  const Index n_pairs = (n_slots + 1) / 2;
  Index c = 0;
  for (; c + 2 * kRoundedStep <= dim; c += 2 * kRoundedStep) {
    combine_rows<kRows, 4>(weights, scales, factors, 0, n_rows, pairs + pairs_at(c), n_pairs,
                           sums + c, sums_stride);
  }
  if (c < dim) {
    combine_rows<kRows, 2>(weights, scales, factors, 0, n_rows, pairs + pairs_at(c), n_pairs,
                           sums + c, sums_stride);
  }
}

constexpr RoundedAttention kTable = {round_row, pair_rows,     turn_rows,
                                     scores,    round_weights, combine};

}  // namespace

namespace engine::kernels {

const RoundedAttention& avx512_vnni_attention() { return kTable; }

}  // namespace engine::kernels
