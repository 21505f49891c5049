// Products of BF16 weights with split activations on a tile unit (AMX). A tile of weights is 16
// rows × 32 columns straight from the file, a tile of tokens holds a pair of columns of up to 16
// tokens in every row, their sums come out as 16 rows × tokens. A sum sees its own row and token
// only, so one token has the bits it has among many. Included by kernels_split_amx.cpp and by the
// tests' emulation only, inside their unnamed namespace, after kernels_int_avx512.h.
//
// T, the tile unit, gives: configure, release, buffer, zero, load, store as in
// kernels_int_amx_body.h, and dot_bf16<c, a, b>().

#include "engine/backend/cpu/kernels_amx_shape.h"

using engine::kernels::kSplitTokens;
using engine::kernels::Out;
using engine::kernels::Rows;
using engine::kernels::split_elements;
using engine::kernels::SplitTable;
using engine::kernels::Weight;
using Index = std::int64_t;
using Ints = __m512i;

constexpr Index kLanes = Avx512::kLanes;
constexpr Index kTileRows = 16;
constexpr Index kTileCols = 32;
constexpr Index kGroupTokens = 16;
constexpr Index kTileWords = 256;
constexpr Index kLine = 64;
/// Few tokens wait for memory: so far ahead of a tile its rows are prefetched.
constexpr Index kAheadBytes = 1024;

/// What tiles are loaded from and stored to besides weights and the packed tokens behind it.
struct Work {
  alignas(64) std::uint32_t halves[2][kTileWords];   // high and low of 16 tokens × 32 columns
  alignas(64) std::uint32_t weights[2][kTileWords];  // where rows or columns are missing: zeros
  alignas(64) std::uint32_t sums[kTileWords];
};
static_assert(sizeof(Work) <= 8 * 256 * sizeof(float));

// ---- activations -------------------------------------------------------------------------------

Ints nearest_upper_half(Ints bits) {
  const Ints odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  return _mm512_add_epi32(_mm512_add_epi32(bits, _mm512_set1_epi32(0x7FFF)), odd);
}

__mmask16 not_finite(Ints bits) {
  const Ints exponent = _mm512_set1_epi32(0x7F800000);
  return _mm512_cmpeq_epi32_mask(_mm512_and_si512(bits, exponent), exponent);
}

__m256i upper_halves(Ints bits) { return _mm512_cvtepi32_epi16(_mm512_srli_epi32(bits, 16)); }

/// 16 values as two times 16 BF16 numbers.
void split(__m512 x, __m256i* high, __m256i* low) {
  const Ints bits = _mm512_castps_si512(x);
  const __mmask16 special = not_finite(bits);
  const Ints nearest = nearest_upper_half(bits);
  const auto cut = static_cast<__mmask16>(special | not_finite(nearest));
  Ints upper = _mm512_and_si512(_mm512_mask_mov_epi32(nearest, cut, bits),
                                _mm512_set1_epi32(static_cast<int>(0xFFFF0000U)));
  const __mmask16 nan = _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q);
  upper = _mm512_mask_or_epi32(upper, nan, upper, _mm512_set1_epi32(0x00400000));
  const __m512 rest =
      _mm512_maskz_sub_ps(static_cast<__mmask16>(~special), x, _mm512_castsi512_ps(upper));
  *high = upper_halves(upper);
  *low = upper_halves(nearest_upper_half(_mm512_castps_si512(rest)));
}

Ints both(__m256i first, __m256i second) {
  return _mm512_inserti64x4(_mm512_castsi256_si512(first), second, 1);
}

/// n ≤ 32 values → a row of 32 high halves and one of low ones.
void split_row(const float* x, Index n, std::uint32_t* high, std::uint32_t* low) {
  __m256i highs[2];
  __m256i lows[2];
  const Index second = n < kLanes ? 0 : n - kLanes;
  split(Avx512::load_tail(x, n < kLanes ? n : kLanes), &highs[0], &lows[0]);
  split(Avx512::load_tail(x + kLanes, second), &highs[1], &lows[1]);
  Avx512::store(high, both(highs[0], highs[1]));
  Avx512::store(low, both(lows[0], lows[1]));
}

/// 16 rows of 16 words → n columns of 16 words, n words apart.
void turn(const std::uint32_t* words, Index n, std::uint32_t* to) {
  const unsigned char* rows[kLanes];
  for (Index i = 0; i < kLanes; ++i) {
    rows[i] = reinterpret_cast<const unsigned char*>(words + i * kLanes);
  }
  for (Index i = 0; i < kLanes; i += 4) {
    Ints columns[4];
    Avx512::load4(rows, 4 * i, columns);
    for (Index j = 0; j < 4; ++j, to += n) {
      _mm512_mask_storeu_epi32(to, Avx512::mask(n), columns[j]);
    }
  }
}

const float* row_of(const Rows& m, Index i) {
  return m.data + (m.index == nullptr ? i : m.index[i]) * m.stride;
}

/// Up to 16 tokens, packed: per 32 columns a tile of high halves and one of low ones.
struct Group {
  std::uint32_t* tiles;
  Index n;
  Index tile_words() const { return kTileRows * n; }
  Index row_bytes() const { return 4 * n; }
};

void pack(const Rows& x, Index first, Index cols, const Group& group, Work& work) {
  std::uint32_t* to = group.tiles;
  for (Index k = 0; k < cols; k += kTileCols) {
    const Index n = cols - k < kTileCols ? cols - k : kTileCols;
    for (Index t = 0; t < group.n; ++t) {
      split_row(row_of(x, first + t) + k, n, work.halves[0] + t * kLanes,
                work.halves[1] + t * kLanes);
    }
    for (const auto& half : work.halves) {
      if (group.n == 1) {
        Avx512::store(to, Avx512::load(half));
      } else {
        turn(half, group.n, to);
      }
      to += group.tile_words();
    }
  }
}

// ---- tiles -------------------------------------------------------------------------------------

/// Tiles 0 … 3: sums of 2 × 16 rows × 2 groups; 4, 5: weights; 6, 7: the groups.
template <class T>
void configure(T& unit, Index n_tokens) {
  const TileShape sums{kTileRows, 4 * n_tokens};
  const TileShape weights{kTileRows, kLine};
  const TileShape tokens{kTileCols / 2, 4 * n_tokens};
  const TileShape shapes[8] = {sums, sums, sums, sums, weights, weights, tokens, tokens};
  unit.configure(shapes);
}

/// Up to 16 rows of weights.
struct WeightRows {
  const unsigned char* first;
  Index row_bytes;
  Index n;
  Index cols;
  bool ahead;
};

template <int kTile, class T>
[[gnu::always_inline]] inline void load_weights(T& unit, const WeightRows& w, Index k,
                                                std::uint32_t* spare) {
  const unsigned char* at = w.first + 2 * k;
  if (w.n == kTileRows && k + kTileCols <= w.cols) {
    if (w.ahead) {
      for (Index i = 0; i < kTileRows; ++i) Avx512::prefetch(at + i * w.row_bytes + kAheadBytes);
    }
    return unit.template load<kTile>(at, w.row_bytes);
  }
  const Index cols = w.cols - k < kTileCols ? w.cols - k : kTileCols;
  const auto lanes = static_cast<__mmask32>((std::uint64_t{1} << cols) - 1);
  for (Index i = 0; i < kTileRows; ++i) {
    const Ints row =
        i < w.n ? _mm512_maskz_loadu_epi16(lanes, at + i * w.row_bytes) : _mm512_setzero_si512();
    Avx512::store(spare + i * kLanes, row);
  }
  unit.template load<kTile>(spare, kLine);
}

/// Where the sums of 16 rows × a group go: token 0, first row.
struct SumsOut {
  float* data;
  Index stride;
  const float* bias;
};

template <int kTile, class T>
void store_sums(T& unit, Index n_rows, Index n_tokens, const SumsOut& out, Work& work) {
  unit.template store<kTile>(work.sums, kLine);
  const unsigned char* rows[kLanes];
  for (Index i = 0; i < kLanes; ++i) {
    rows[i] = reinterpret_cast<const unsigned char*>(work.sums + i * kLanes);
  }
  for (Index t = 0; t < n_tokens; t += 4) {
    Ints tokens[4];
    Avx512::load4(rows, 4 * t, tokens);
    for (Index j = 0; j < 4 && t + j < n_tokens; ++j) {
      __m512 sum = _mm512_castsi512_ps(tokens[j]);
      if (out.bias != nullptr) sum = _mm512_add_ps(sum, Avx512::load_tail(out.bias, n_rows));
      Avx512::store_tail(out.data + (t + j) * out.stride, sum, n_rows);
    }
  }
}

/// kR tiles of rows × kG groups of as many tokens each, over all columns.
template <int kR, int kG, class T>
void strip(T& unit, const WeightRows (&w)[2], const Group (&groups)[2], const SumsOut& out,
           Work& work) {
  unit.template zero<0>();
  if constexpr (kG == 2) unit.template zero<1>();
  if constexpr (kR == 2) unit.template zero<2>();
  if constexpr (kR == 2 && kG == 2) unit.template zero<3>();
  const Index words = groups[0].tile_words();
  const Index row_bytes = groups[0].row_bytes();
  Index at = 0;
  for (Index k = 0; k < w[0].cols; k += kTileCols) {
    load_weights<4>(unit, w[0], k, work.weights[0]);
    if constexpr (kR == 2) load_weights<5>(unit, w[1], k, work.weights[1]);
    for (int half = 0; half < 2; ++half, at += words) {
      unit.template load<6>(groups[0].tiles + at, row_bytes);
      unit.template dot_bf16<0, 4, 6>();
      if constexpr (kR == 2) unit.template dot_bf16<2, 5, 6>();
      if constexpr (kG == 2) {
        unit.template load<7>(groups[1].tiles + at, row_bytes);
        unit.template dot_bf16<1, 4, 7>();
        if constexpr (kR == 2) unit.template dot_bf16<3, 5, 7>();
      }
    }
  }
  const SumsOut lower{out.data + kTileRows, out.stride,
                      out.bias == nullptr ? nullptr : out.bias + kTileRows};
  const auto second = [&](const SumsOut& to) {
    return SumsOut{to.data + kGroupTokens * to.stride, to.stride, to.bias};
  };
  store_sums<0>(unit, w[0].n, groups[0].n, out, work);
  if constexpr (kG == 2) store_sums<1>(unit, w[0].n, groups[1].n, second(out), work);
  if constexpr (kR == 2) store_sums<2>(unit, w[1].n, groups[0].n, lower, work);
  if constexpr (kR == 2 && kG == 2) store_sums<3>(unit, w[1].n, groups[1].n, second(lower), work);
}

// ---- the product -------------------------------------------------------------------------------

/// All rows against one group, or two of the same size.
template <int kG, class T>
void rows_product(T& unit, const WeightRows& all, const Group (&groups)[2], const SumsOut& out,
                  Work& work) {
  for (Index row = 0; row < all.n; row += 2 * kTileRows) {
    WeightRows w[2] = {all, all};
    for (Index i = 0; i < 2; ++i) {
      const Index from = row + i * kTileRows;
      w[i].first += from * all.row_bytes;
      w[i].n = all.n - from < kTileRows ? all.n - from : kTileRows;
    }
    const SumsOut to{out.data + row, out.stride, out.bias == nullptr ? nullptr : out.bias + row};
    if (w[1].n > 0) {
      strip<2, kG>(unit, w, groups, to, work);
    } else {
      strip<1, kG>(unit, w, groups, to, work);
    }
  }
}

template <class T>
void product_on(T& unit, const Weight& w, Index first_row, Index n_rows, const Rows& x, Index n_x,
                const float* bias, const Out& out, float* scratch) {
  Work& work = *reinterpret_cast<Work*>(scratch);
  auto* packed = reinterpret_cast<std::uint32_t*>(scratch + sizeof(Work) / sizeof(float));
  unit.buffer(scratch, static_cast<std::size_t>(split_elements(w.cols)) * sizeof(float));
  const Index group_words = (w.cols + kTileCols - 1) / kTileCols * kTileCols * kGroupTokens;
  const WeightRows all{w.data + first_row * w.cols * 2, w.cols * 2, n_rows, w.cols,
                       n_x <= kGroupTokens};
  for (Index begin = 0; begin < n_x; begin += kSplitTokens) {
    const Index n = n_x - begin < kSplitTokens ? n_x - begin : kSplitTokens;
    Group groups[kSplitTokens / kGroupTokens];
    for (Index t = 0; t < n; t += kGroupTokens) {
      Group& group = groups[t / kGroupTokens];
      group = {packed + t / kGroupTokens * group_words,
               n - t < kGroupTokens ? n - t : kGroupTokens};
      pack(x, begin + t, w.cols, group, work);
    }
    for (Index t = 0; t < n;) {
      const Group* group = groups + t / kGroupTokens;
      const SumsOut to{out.data + (begin + t) * out.stride, out.stride, bias};
      if (t == 0 || group->n < kGroupTokens) configure(unit, group->n);
      if (t + 2 * kGroupTokens <= n) {
        rows_product<2>(unit, all, {group[0], group[1]}, to, work);
        t += 2 * kGroupTokens;
      } else {
        rows_product<1>(unit, all, {group[0], group[0]}, to, work);
        t += group->n;
      }
    }
  }
  unit.release();
}
