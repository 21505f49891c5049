// Attention in whole numbers for AVX-512 with VNNI: pairs of 16-bit products at twice the rate of
// float32. Compiled with its own -m flags: includes only its table's header and intrinsics.
#include <immintrin.h>

#include "engine/backend/cpu/attention_rounded.h"

namespace {

using engine::kernels::kGroupScores;
using engine::kernels::kRoundedPeak;
using engine::kernels::kRoundedStep;
using engine::kernels::kRoundedWeight;
using engine::kernels::RoundedAttention;
using engine::kernels::SoftGroup;
using engine::kernels::TurnedRows;
using engine::kernels::WholeSlots;
using Index = std::int64_t;
using Ints = __m512i;
using Floats = __m512;

constexpr Index kLanes = engine::kernels::kTurnedRows;
constexpr Index kBlock = engine::kernels::kWholeBlock;
constexpr Index kRows = 12;  // rows that combine takes at a time
constexpr float kLeastPeak = 0x1p-100F;

struct V {
  using Reg = __m512;
  static Reg set1(float v) { return _mm512_set1_ps(v); }
  static Reg mul(Reg a, Reg b) { return _mm512_mul_ps(a, b); }
  static Reg max(Reg a, Reg b) { return _mm512_max_ps(a, b); }
  static Reg fma(Reg a, Reg b, Reg c) { return _mm512_fmadd_ps(a, b, c); }
  static Reg round_to_int(Reg a) {
    return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  static Reg scale_by_power(Reg a, Reg n) { return _mm512_scalef_ps(a, n); }
};
using Reg = V::Reg;

#include "engine/backend/cpu/kernels_exp.h"

Ints load(const std::int16_t* p) { return _mm512_loadu_si512(p); }

Ints set_both(const std::int16_t* p) {
  int both;
  __builtin_memcpy(&both, p, sizeof both);
  return _mm512_set1_epi32(both);
}

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

void round_row(const float* x, Index dim, std::int16_t* row, float* scale) {
  Ints largest = _mm512_setzero_si512();
  for (Index k = 0; k < dim; k += kLanes) {
    largest = _mm512_max_epi32(largest, magnitude_of(_mm512_loadu_ps(x + k)));
  }
  const float peak = peak_of(largest);
  *scale = peak / kRoundedPeak;
  const Floats factor = _mm512_set1_ps(peak < kLeastPeak ? 0.0F : kRoundedPeak / peak);
  for (Index k = 0; k < dim; k += kRoundedStep) {
    const Ints low = _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_loadu_ps(x + k), factor));
    const Ints high = _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_loadu_ps(x + k + kLanes), factor));
    _mm512_storeu_si512(row + k, pack(low, high));
  }
}

/// 16 rows of 16 words → their columns, `stride` words apart.
void transpose(const Ints (&rows)[16], std::int32_t* columns, Index stride) {
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
      _mm512_storeu_si512(columns + column * stride, v);
    };
    store(c, _mm512_shuffle_i32x4(low01, low23, 0x88));
    store(4 + c, _mm512_shuffle_i32x4(high01, high23, 0x88));
    store(8 + c, _mm512_shuffle_i32x4(low01, low23, 0xDD));
    store(12 + c, _mm512_shuffle_i32x4(high01, high23, 0xDD));
  }
}

/// [dim / 2, kTurnedRows] words of two columns of a row.
void turn_rows(const std::int16_t* rows, Index n_rows, Index dim, std::int32_t* words) {
  for (Index k = 0; k < dim; k += kRoundedStep) {
    Ints parts[16];
#pragma GCC unroll 16
    for (Index i = 0; i < kLanes; ++i) {
      // Lanes behind the last row repeat it: nobody reads their scores.
      parts[i] = load(rows + (i < n_rows ? i : n_rows - 1) * dim + k);
    }
    transpose(parts, words + k / 2 * kLanes, kLanes);
  }
}

void fetch(const std::int16_t* p) { _mm_prefetch(reinterpret_cast<const char*>(p), _MM_HINT_T1); }

// ---- scores ----------------------------------------------------------------------------------

/// Groups of query rows, `words` apart, the first of them worth scales[0 … 15] a unit.
struct Groups {
  const std::int32_t* q;
  Index words;
  const float* scales;
  Index dim;
};

/// Columns [begin, end) of kG groups of query rows against kS slots from slot j on. 32 columns are
/// summed exactly, then added as a float.
template <Index kG, Index kS>
void score_tile(const Groups& groups, const WholeSlots& slots, Index j, Index begin, Index end,
                float* out) {
  const std::int16_t* slot = slots.data + j * slots.stride;
  const Index ahead = slots.ahead * slots.stride;
  out += j * kLanes;
  Floats sums[kG * kS];
#pragma GCC unroll 16
  for (Index a = 0; a < kG * kS; ++a) {
    const float* before = out + a % kG * kGroupScores + a / kG * kLanes;
    sums[a] = begin == 0 ? _mm512_setzero_ps() : _mm512_loadu_ps(before);
  }
  for (Index k = begin; k < end; k += kRoundedStep) {
#pragma GCC unroll 16
    for (Index s = 0; s < kS; ++s) fetch(slot + s * slots.stride + k + ahead);
    Ints acc[kG * kS];
#pragma GCC unroll 16
    for (Index a = 0; a < kG * kS; ++a) acc[a] = _mm512_setzero_si512();
#pragma GCC unroll 16
    for (Index word = 0; word < kRoundedStep / 2; ++word) {
      Ints rows[kG];
#pragma GCC unroll 4
      for (Index g = 0; g < kG; ++g) {
        rows[g] = _mm512_loadu_si512(groups.q + g * groups.words + (k / 2 + word) * kLanes);
      }
#pragma GCC unroll 16
      for (Index s = 0; s < kS; ++s) {
        const Ints two = set_both(slot + s * slots.stride + k + 2 * word);
#pragma GCC unroll 4
        for (Index g = 0; g < kG; ++g) {
          acc[s * kG + g] = _mm512_dpwssd_epi32(acc[s * kG + g], rows[g], two);
        }
      }
    }
#pragma GCC unroll 16
    for (Index a = 0; a < kG * kS; ++a) {
      sums[a] = _mm512_add_ps(sums[a], _mm512_cvtepi32_ps(acc[a]));
    }
  }
#pragma GCC unroll 16
  for (Index a = 0; a < kG * kS; ++a) {
    const Index g = a % kG, s = a / kG;
    if (end == groups.dim) {
      const Floats by_row = _mm512_loadu_ps(groups.scales + g * kLanes);
      sums[a] = _mm512_mul_ps(sums[a], _mm512_mul_ps(by_row, _mm512_set1_ps(slots.scales[j + s])));
    }
    _mm512_storeu_ps(out + g * kGroupScores + s * kLanes, sums[a]);
  }
}

/// All slots from slot j on, kS at a time, then fewer.
template <Index kG, Index kS>
void score_slots(const Groups& groups, const WholeSlots& slots, Index j, Index begin, Index end,
                 float* out) {
  // Two tiles of two are faster than three slots and one.
  for (; j + kS <= slots.n_slots && !(kS == 3 && slots.n_slots - j == 4); j += kS) {
    score_tile<kG, kS>(groups, slots, j, begin, end, out);
  }
  if constexpr (kS > 1) {
    constexpr Index kFewer = kS == 6 ? 4 : (kS + 1) / 2;
    if (j < slots.n_slots) score_slots<kG, kFewer>(groups, slots, j, begin, end, out);
  }
}

/// kG groups from group `first` on.
template <Index kG, Index kS>
void score_groups(const TurnedRows& q, Index first, const WholeSlots& slots, float* out) {
  // With several groups, columns that all slots go through before the next ones: those of the rows
  // and of 64 slots stay in a first-level cache.
  const Index chunk = kG == 1 ? q.dim : 128;
  const Index words = engine::kernels::turned_words(q.dim);
  const Groups groups{q.words + first * words, words, q.scales + first * kLanes, q.dim};
  for (Index k = 0; k < q.dim; k += chunk) {
    const Index end = q.dim - k < chunk ? q.dim : k + chunk;
    score_slots<kG, kS>(groups, slots, 0, k, end, out + first * kGroupScores);
  }
}

void scores(const TurnedRows& q, Index first, Index n, const WholeSlots& slots, float* out) {
  const Index end = first + n;
  Index g = first;
  for (; g + 3 < end; g += 4) score_groups<4, 3>(q, g, slots, out);
  for (; g + 1 < end; g += 2) score_groups<2, 6>(q, g, slots, out);
  if (g < end) score_groups<1, 8>(q, g, slots, out);
}

// ---- the running softmax -----------------------------------------------------------------------

/// Scores scaled in place; their sums in `sums`. Returns the largest so far of every row.
Floats scale_parts(float* content, float* rope, float scale, Index n, Floats largest,
                   Floats* sums) {
  const Floats by = _mm512_set1_ps(scale);
  for (Index j = 0; j < n; ++j) {
    const Floats c = _mm512_mul_ps(_mm512_loadu_ps(content + j * kLanes), by);
    const Floats r = _mm512_mul_ps(_mm512_loadu_ps(rope + j * kLanes), by);
    _mm512_storeu_ps(content + j * kLanes, c);
    _mm512_storeu_ps(rope + j * kLanes, r);
    sums[j] = _mm512_add_ps(c, r);
    largest = _mm512_max_ps(sums[j], largest);
  }
  return largest;
}

/// Sums over slots in the order of AttentionTable::soften, whose lanes are slots: first every
/// sixteenth, then these as a tree.
Floats sum_slots(const Floats* weights, Index n) {
  Floats part[kLanes];
#pragma GCC unroll 16
  for (Index l = 0; l < kLanes; ++l) {
    part[l] = _mm512_setzero_ps();
    for (Index j = l; j < n; j += kLanes) part[l] = _mm512_add_ps(part[l], weights[j]);
  }
#pragma GCC unroll 4
  for (Index half = kLanes / 2; half > 0; half /= 2) {
#pragma GCC unroll 8
    for (Index l = 0; l < half; ++l) part[l] = _mm512_add_ps(part[l], part[l + half]);
  }
  return part[0];
}

/// What earlier sums are multiplied with; 0 where there were none.
Floats factor_of(Floats before, Floats largest, Floats total) {
  const __mmask16 same = _mm512_cmp_ps_mask(before, largest, _CMP_EQ_OQ);
  const __mmask16 any = _mm512_cmp_ps_mask(total, _mm512_setzero_ps(), _CMP_NEQ_UQ);
  const Floats factor = exp_to_88(_mm512_sub_ps(before, largest));
  return _mm512_maskz_mov_ps(any, _mm512_mask_mov_ps(factor, same, _mm512_set1_ps(1.0F)));
}

/// weights[j] · scales[j] of 64 slots → whole numbers; returns a row's scale.
Floats round_weights(Floats* weights, const WholeSlots& slots, std::int16_t* out) {
  Ints largest = _mm512_setzero_si512();
  for (Index j = 0; j < slots.n_slots; ++j) {
    weights[j] = _mm512_mul_ps(weights[j], _mm512_set1_ps(slots.scales[j]));
    // 0 times an infinite scale is a NaN with its sign set.
    largest = _mm512_max_epi32(largest, magnitude_of(weights[j]));
  }
  for (Index j = slots.n_slots; j < kBlock; ++j) weights[j] = _mm512_setzero_ps();
  const Floats peak = _mm512_castsi512_ps(largest);
  const Floats most = _mm512_set1_ps(kRoundedWeight);
  const __mmask16 tiny = _mm512_cmp_ps_mask(peak, _mm512_set1_ps(kLeastPeak), _CMP_LT_OQ);
  const Floats factor = _mm512_mask_mov_ps(_mm512_div_ps(most, peak), tiny, _mm512_setzero_ps());
  for (Index half = 0; half < kBlock; half += 2 * kLanes) {
    Ints pairs[16];
#pragma GCC unroll 16
    for (Index i = 0; i < kLanes; ++i) {
      const Floats* two = weights + half + 2 * i;
      const Ints first = _mm512_cvtps_epi32(_mm512_mul_ps(two[0], factor));
      const Ints second = _mm512_cvtps_epi32(_mm512_mul_ps(two[1], factor));
      pairs[i] = _mm512_mask_blend_epi16(0xAAAAAAAA, first, _mm512_slli_epi32(second, 16));
    }
    transpose(pairs, reinterpret_cast<std::int32_t*>(out + half), kBlock / 2);
  }
  return _mm512_div_ps(peak, most);
}

void soften(float* content, float* rope, float scale, const WholeSlots& slots,
            const SoftGroup& group) {
  Floats weights[kBlock];
  const Floats before = _mm512_loadu_ps(group.largest);
  const Floats largest = scale_parts(content, rope, scale, slots.n_slots, before, weights);
  for (Index j = 0; j < slots.n_slots; ++j) {
    weights[j] = exp_to_88(_mm512_sub_ps(weights[j], largest));
  }
  const Floats total = _mm512_loadu_ps(group.total);
  const Floats factor = factor_of(before, largest, total);
  const Floats sum = sum_slots(weights, slots.n_slots);
  _mm512_storeu_ps(group.total, _mm512_add_ps(_mm512_mul_ps(total, factor), sum));
  _mm512_storeu_ps(group.largest, largest);
  _mm512_storeu_ps(group.factors, factor);
  _mm512_storeu_ps(group.weight_scales, round_weights(weights, slots, group.weights));
}

// ---- weighted sums -----------------------------------------------------------------------------

/// sum ← factor·sum + scale · whole; no branch, so that tiles stay in registers
void add_whole(Ints whole, float scale, float factor, float* sum) {
  const __mmask16 lanes = factor == 0.0F ? 0 : 0xFFFF;
  const Floats before = _mm512_mul_ps(_mm512_set1_ps(factor), _mm512_maskz_loadu_ps(lanes, sum));
  _mm512_storeu_ps(sum, _mm512_fmadd_ps(_mm512_cvtepi32_ps(whole), _mm512_set1_ps(scale), before));
}

/// kP rows × 32 columns, those of two slots beside each other: four columns of the first half of a
/// vector's 128-bit parts in one sum, four of the second in the other.
template <Index kP>
void combine_tile(const std::int16_t* weights, const float* scales, const float* factors,
                  const WholeSlots& slots, Index column, float* sums, Index sums_stride) {
  Ints acc[2 * kP];
#pragma GCC unroll 32
  for (Index a = 0; a < 2 * kP; ++a) acc[a] = _mm512_setzero_si512();
  const std::int16_t* row = slots.data + column;
  for (Index j = 0; j < slots.n_slots; j += 2, row += 2 * slots.stride) {
    // The weight behind the last slot is zero.
    const Ints one = load(row);
    const Ints other = load(j + 1 < slots.n_slots ? row + slots.stride : row);
    const Ints low = _mm512_unpacklo_epi16(one, other);
    const Ints high = _mm512_unpackhi_epi16(one, other);
#pragma GCC unroll 16
    for (Index r = 0; r < kP; ++r) {
      const Ints weight = set_both(weights + r * kBlock + j);
      acc[2 * r] = _mm512_dpwssd_epi32(acc[2 * r], low, weight);
      acc[2 * r + 1] = _mm512_dpwssd_epi32(acc[2 * r + 1], high, weight);
    }
    // g++ 12 else keeps a second copy of every sum for behind the loop, on the stack.
#pragma GCC unroll 32
    for (Index a = 0; a < 2 * kP; ++a) asm("" : "+v"(acc[a]));
  }
  const Ints first_half = _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0);
  const Ints second_half = _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4);
#pragma GCC unroll 16
  for (Index r = 0; r < kP; ++r) {
    float* to = sums + r * sums_stride + column;
    add_whole(_mm512_permutex2var_epi64(acc[2 * r], first_half, acc[2 * r + 1]), scales[r],
              factors[r], to);
    add_whole(_mm512_permutex2var_epi64(acc[2 * r], second_half, acc[2 * r + 1]), scales[r],
              factors[r], to + kLanes);
  }
}

/// All rows from row r on, kP at a time, then fewer.
template <Index kP>
void combine_rows(const std::int16_t* weights, const float* scales, const float* factors, Index r,
                  Index n_rows, const WholeSlots& slots, Index column, float* sums, Index stride) {
  for (; r + kP <= n_rows && !(kP == 12 && n_rows - r == 16); r += kP) {
    combine_tile<kP>(weights + r * kBlock, scales + r, factors + r, slots, column,
                     sums + r * stride, stride);
  }
  if constexpr (kP > 1) {
    if (r < n_rows) {
      constexpr Index kFewer = kP == 12 ? 8 : kP / 2;
      combine_rows<kFewer>(weights, scales, factors, r, n_rows, slots, column, sums, stride);
    }
  }
}

void combine(const std::int16_t* weights, const float* scales, const float* factors, Index n_rows,
             const WholeSlots& slots, Index dim, float* sums, Index sums_stride) {
  for (Index c = 0; c < dim; c += kRoundedStep) {
    combine_rows<kRows>(weights, scales, factors, 0, n_rows, slots, c, sums, sums_stride);
  }
}

constexpr RoundedAttention kTable = {round_row, turn_rows, scores, soften, combine};

}  // namespace

namespace engine::kernels {

const RoundedAttention& avx512_vnni_attention() { return kTable; }

}  // namespace engine::kernels
