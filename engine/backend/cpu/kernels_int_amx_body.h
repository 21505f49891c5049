// Products of block types with rounded activations on a tile unit (AMX): it sums the columns of a
// sub-block for 16 tokens × 16 rows at once, the sums go through a buffer in the first-level cache,
// and vectors scale and add them in the order of kernels_int.h, so the bits are those of the
// AVX-512 kernels. Included by kernels_int_amx.cpp and by the tests' emulation only, inside their
// unnamed namespace, after kernels_int_avx512.h.
//
// What bounds it: per 16 × 16 × 32 products the unit takes 16 cycles, the stores 16, the vectors 24
// (32 with minima: convert, scale, [minimum,] add). So the tiles of the next sub-blocks are made
// while the vectors work on these, and everything else is arranged for few loads: 8 tokens × 2
// vectors of rows stay in registers, a token's scale is read once for both.
//
// T, the tile unit, gives: configure(shapes of the 8 tiles), release(), buffer(p, n_bytes: tiles
// may be loaded from and stored there; for checks), zero<tile>(), load<tile>(p, stride in bytes),
// store<tile>(p, stride), dot<c, a, b>() (c += a·b, signed bytes).

#include "engine/backend/cpu/kernels_amx_shape.h"

// The table of IQ4_NL and IQ4_XS.
alignas(16) constexpr signed char kIq4[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                              1,    13,   25,  38,  53,  69,  89,  113};

/// The tile unit takes signed weights, so no offset has to be taken out of its sums.
struct V : Avx512 {
  static constexpr std::int32_t kWideOffset = 0;
  static Ints iq4(Ints v) { return look_up(kIq4, v); }
  static Ints sub_bytes(Ints a, Ints b) { return _mm512_sub_epi8(a, b); }
  static Ints add_words(Ints a, Ints b) { return _mm512_add_epi32(a, b); }
  static void copy64(std::int8_t* to, const std::int8_t* from) {
    _mm512_store_si512(to, _mm512_loadu_si512(from));
  }
};

#include "engine/backend/cpu/kernels_int_formats.h"

#include "engine/backend/cpu/kernels_int_panel.h"

constexpr Index kTileTokens = 16;
/// A pair of vectors of rows is multiplied at once; so many pairs are unpacked for all tokens.
constexpr Index kPairs = 2;
constexpr Index kPairRows = 2 * kLanes;
/// Sub-blocks whose sums are in the buffer at once.
constexpr Index kSpan = 4;
/// Tokens whose float32 sums are in registers at once.
constexpr Index kHalf = kTileTokens / 2;
constexpr Index kTileWords = kTileTokens * kLanes;
/// Fewer tokens are faster without tiles.
constexpr Index kLeastTokens = 8;

/// Stores words with their offset taken out.
template <std::int32_t kOffset>
struct SignedSlot : Slot {
  void word(Index i, Ints v) const {
    if constexpr (kOffset != 0) v = V::sub_bytes(v, V::set1(kOffset * 0x01010101U));
    Slot::word(i, v);
  }
};

// ---- activations -------------------------------------------------------------------------------

/// The columns of one panel of up to 16 tokens; those that are not there repeat the last.
struct TokenGroup {
  Index n;
  const std::int8_t* values;  // rows `stride` apart: in the records or in `copy`
  Index stride;
  alignas(64) std::int8_t copy[kTileTokens * kPanelCols];
  alignas(64) float scales[kPanelCols / 32 * kTileTokens];  // [block of 32, token]
  alignas(64) float sums[kPanelCols / 16 * kTileTokens];    // [sub-block, token]: Σ a
};

/// Words [0, n) of 16 rows, a vector of the rows' i-th words each.
template <class Store>
void transpose(RowBytes rows, Index n, const Store& store) {
  Index i = 0;
  for (; i + 4 <= n; i += 4) {
    Ints out[4];
    V::load4(rows, 4 * i, out);
    for (Index j = 0; j < 4; ++j) store(i + j, out[j]);
  }
  for (; i < n; ++i) store(i, V::words(rows, 4 * i));
}

template <Index kSub>
void transpose_sums(RowBytes rows, Index n_cols, float* to) {
  if constexpr (kSub == 16) {
    transpose(rows, n_cols / 16,
              [&](Index s, Ints v) { V::store(to + s * kTileTokens, V::to_float(v)); });
  } else {
    Ints even = V::set1(0);
    transpose(rows, n_cols / 16, [&](Index i, Ints v) {
      if (i % 2 == 0) {
        even = v;
      } else {
        V::store(to + i / 2 * kTileTokens, V::to_float(V::add_words(even, v)));
      }
    });
  }
}

/// Tokens [first, first + 16) of n_x, columns [k, k + n_cols).
template <Index kSub, bool kMin>
void gather(const RoundedRows& x, Index first, Index n_x, Index k, Index n_cols,
            TokenGroup& group) {
  const unsigned char* scales[kTileTokens];
  const unsigned char* sums[kTileTokens];
  group.n = n_x - first < kTileTokens ? n_x - first : kTileTokens;
  const bool copied = x.index != nullptr || group.n < kTileTokens;
  group.values = copied ? group.copy : token_at(record_at(x, first), x.cols, k).values[0];
  group.stride = copied ? kPanelCols : record_bytes(x.cols);
  for (Index t = 0; t < kTileTokens; ++t) {
    const Index i = t < group.n ? t : group.n - 1;
    const TokenTile<1> token = token_at(record_at(x, first + i), x.cols, k);
    scales[t] = reinterpret_cast<const unsigned char*>(token.scales[0]);
    sums[t] = reinterpret_cast<const unsigned char*>(token.sums[0]);
    if (!copied) continue;
    // Values are followed by padding to 64.
    for (Index c = 0; c < n_cols; c += 64) {
      V::copy64(group.copy + t * kPanelCols + c, token.values[0] + c);
    }
  }
  transpose(scales, n_cols / 32, [&](Index block, Ints v) {
    V::store(reinterpret_cast<std::uint32_t*>(group.scales) + block * kTileTokens, v);
  });
  if constexpr (kMin) transpose_sums<kSub>(sums, n_cols, group.sums);
}

// ---- tiles -------------------------------------------------------------------------------------

/// Tiles 0 … 3: sums of two sub-blocks × two vectors of rows; 4, 5: tokens; 6, 7: weights.
template <Index kSub, class T>
void configure(T& unit) {
  constexpr TileShape kSums{kTileTokens, kLanes * 4};
  constexpr TileShape kValues{kTileTokens, kSub};
  constexpr TileShape kWeights{kSub / 4, kLanes * 4};
  const TileShape shapes[8] = {kSums, kSums, kSums, kSums, kValues, kValues, kWeights, kWeights};
  unit.configure(shapes);
}

/// Sub-blocks [begin, begin + n) of a pair of panels and a group of tokens.
struct Span {
  const Panel* panels;
  const TokenGroup* tokens;
  Index begin;
  Index n;  // ≤ kSpan, 0 behind the last
};

/// Sums of the products of sub-blocks: [sub-block of the span, panel of the pair, token, row].
struct SpanSums {
  alignas(64) std::uint32_t words[kSpan * 2 * kTileWords];
};

/// Sub-block i of the span into the tiles of its parity, which must be i's.
template <Index kSub, int kParity, class T>
[[gnu::always_inline]] inline void multiply(T& unit, const Span& span, Index i) {
  constexpr Index kWords = kSub / 4 * kLanes;
  constexpr Index kStride = kLanes * 4;
  if (i >= span.n) return;
  const Index s = span.begin + i;
  unit.template load<4 + kParity>(span.tokens->values + s * kSub, span.tokens->stride);
  unit.template load<6>(span.panels[0].words + s * kWords, kStride);
  unit.template zero<2 * kParity>();
  unit.template dot<2 * kParity, 4 + kParity, 6>();
  unit.template load<7>(span.panels[1].words + s * kWords, kStride);
  unit.template zero<2 * kParity + 1>();
  unit.template dot<2 * kParity + 1, 4 + kParity, 7>();
}

template <int kParity, class T>
[[gnu::always_inline]] inline void store_sums(T& unit, const Span& span, Index i, SpanSums& sums) {
  if (i >= span.n) return;
  std::uint32_t* to = sums.words + i * 2 * kTileWords;
  unit.template store<2 * kParity>(to, kLanes * 4);
  unit.template store<2 * kParity + 1>(to + kTileWords, kLanes * 4);
}

// ---- the sums of a pair of vectors of rows -----------------------------------------------------

/// The float32 sums of kHalf tokens × 2 vectors of rows.
struct HalfSums {
  Floats at[2 * kHalf];
};

/// What the sub-blocks of the pair's columns before this panel came to, or zeros.
[[gnu::always_inline]] inline HalfSums begin_sums(const TileOut& out, Index first_token,
                                                  Index n_tokens) {
  HalfSums sums;
#pragma GCC unroll 16
  for (Index t = 0; t < kHalf; ++t) {
    const bool there = !out.first && first_token + t < n_tokens;
    const float* row = out.data + (there ? first_token + t : 0) * out.stride;
    sums.at[2 * t] = V::load_tail(row, there ? lanes_of(out, 0) : 0);
    sums.at[2 * t + 1] = V::load_tail(row + kLanes, there ? lanes_of(out, 1) : 0);
  }
  return sums;
}

[[gnu::always_inline]] inline void end_sums(const TileOut& out, Index first_token, Index n_tokens,
                                            const HalfSums& sums) {
#pragma GCC unroll 16
  for (Index t = 0; t < kHalf; ++t) {
    if (first_token + t >= n_tokens) break;
    float* row = out.data + (first_token + t) * out.stride;
#pragma GCC unroll 2
    for (Index r = 0; r < 2; ++r) {
      const Index n = lanes_of(out, r);
      Floats sum = sums.at[2 * t + r];
      if (out.bias != nullptr) sum = V::add(sum, V::load_tail(out.bias + r * kLanes, n));
      V::store_tail(row + r * kLanes, sum, n);
    }
  }
}

/// Adds sub-block i of the span for tokens [first_token, first_token + kHalf).
template <Index kSub, bool kMin>
[[gnu::always_inline]] inline void add_sub_block(const Span& span, Index i, const SpanSums& dots,
                                                 Index first_token, HalfSums& sums) {
  if (i >= span.n) return;
  const Index s = span.begin + i;
  const std::uint32_t* from = dots.words + i * 2 * kTileWords + first_token * kLanes;
  const float* x_scales = span.tokens->scales + s * kSub / 32 * kTileTokens + first_token;
  const float* x_sums = span.tokens->sums + s * kTileTokens + first_token;
  Floats scales[2];
  Floats mins[2];
#pragma GCC unroll 2
  for (Index r = 0; r < 2; ++r) {
    scales[r] = V::loadf(span.panels[r].scales + s * kLanes);
    if constexpr (kMin) mins[r] = V::loadf(span.panels[r].mins + s * kLanes);
  }
#pragma GCC unroll 16
  for (Index t = 0; t < kHalf; ++t) {
    const Floats x_scale = V::set1f(x_scales[t]);
#pragma GCC unroll 2
    for (Index r = 0; r < 2; ++r) {
      const Floats dot = V::to_float(V::load(from + r * kTileWords + t * kLanes));
      Floats product;
      if constexpr (kMin) {
        product = V::fma(dot, scales[r], V::mul(mins[r], V::set1f(x_sums[t])));
      } else {
        product = V::mul(dot, scales[r]);
      }
      sums.at[2 * t + r] = V::fma(product, x_scale, sums.at[2 * t + r]);
    }
  }
}

/// Sums of 16 tokens × 2 vectors of rows on the way through a panel.
struct Carry {
  alignas(64) float at[2 * kHalf * 2 * kLanes];

  HalfSums load(Index half) const {
    HalfSums sums;
#pragma GCC unroll 16
    for (Index i = 0; i < 2 * kHalf; ++i) {
      sums.at[i] = V::loadf(at + (half * 2 * kHalf + i) * kLanes);
    }
    return sums;
  }
  void store(Index half, const HalfSums& sums) {
#pragma GCC unroll 16
    for (Index i = 0; i < 2 * kHalf; ++i) {
      V::store(at + (half * 2 * kHalf + i) * kLanes, sums.at[i]);
    }
  }
};

/// Everything that the spans of a product work in.
struct Work {
  Panel panels[2 * kPairs];
  TokenGroup groups[2];
  SpanSums sums[2];
  Carry carry;
};

/// Adds the span `now`, whose sums are in dots[0], while those of `next` go to dots[1].
template <Index kSub, bool kMin, class T>
void step(T& unit, const Span& now, Index n_subs, const Span& next, SpanSums* const (&dots)[2],
          Carry& carry, const TileOut& out) {
  const Index n_tokens = now.tokens->n;
  const bool begins = now.begin == 0;
  const bool ends = now.begin + now.n == n_subs;
  for (Index half = 0; half * kHalf < n_tokens; ++half) {
    const Index token = half * kHalf;
    HalfSums sums = begins ? begin_sums(out, token, n_tokens) : carry.load(half);
    multiply<kSub, 0>(unit, next, 2 * half);
    add_sub_block<kSub, kMin>(now, 0, *dots[0], token, sums);
    add_sub_block<kSub, kMin>(now, 1, *dots[0], token, sums);
    store_sums<0>(unit, next, 2 * half, *dots[1]);
    multiply<kSub, 1>(unit, next, 2 * half + 1);
    add_sub_block<kSub, kMin>(now, 2, *dots[0], token, sums);
    add_sub_block<kSub, kMin>(now, 3, *dots[0], token, sums);
    store_sums<1>(unit, next, 2 * half + 1, *dots[1]);
    if (ends) {
      end_sums(out, token, n_tokens, sums);
    } else {
      carry.store(half, sums);
    }
  }
  if (n_tokens > kHalf) return;
  multiply<kSub, 0>(unit, next, 2);
  multiply<kSub, 1>(unit, next, 3);
  store_sums<0>(unit, next, 2, *dots[1]);
  store_sums<1>(unit, next, 3, *dots[1]);
}

// ---- the product -------------------------------------------------------------------------------

/// Columns [k, k + n_cols) of the n_pairs pairs of panels in `work` against all tokens.
template <Index kSub, bool kMin, class T>
void panel_product(T& unit, Work& work, Index n_pairs, Index k, Index n_cols, const RoundedRows& x,
                   Index n_x, const TileOut& out) {
  const Index n_subs = n_cols / kSub;
  const auto span_at = [&](Index pair, const TokenGroup& tokens, Index begin) {
    const Index n = n_subs - begin < kSpan ? n_subs - begin : kSpan;
    return Span{work.panels + 2 * pair, &tokens, begin, n};
  };
  gather<kSub, kMin>(x, 0, n_x, k, n_cols, work.groups[0]);
  Span now = span_at(0, work.groups[0], 0);
  SpanSums* dots[2] = {&work.sums[0], &work.sums[1]};
  multiply<kSub, 0>(unit, now, 0);
  multiply<kSub, 1>(unit, now, 1);
  store_sums<0>(unit, now, 0, *dots[0]);
  store_sums<1>(unit, now, 1, *dots[0]);
  multiply<kSub, 0>(unit, now, 2);
  multiply<kSub, 1>(unit, now, 3);
  store_sums<0>(unit, now, 2, *dots[0]);
  store_sums<1>(unit, now, 3, *dots[0]);
  for (Index t = 0; t < n_x; t += kTileTokens) {
    const TokenGroup& tokens = work.groups[t / kTileTokens % 2];
    TokenGroup& following = work.groups[(t / kTileTokens + 1) % 2];
    const bool last_tokens = t + kTileTokens >= n_x;
    if (!last_tokens) gather<kSub, kMin>(x, t + kTileTokens, n_x, k, n_cols, following);
    for (Index pair = 0; pair < n_pairs; ++pair) {
      const TileOut to{out.data + t * out.stride + pair * kPairRows, out.stride,
                       out.n_rows - pair * kPairRows,
                       out.bias == nullptr ? nullptr : out.bias + pair * kPairRows, out.first};
      for (Index s = 0; s < n_subs; s += kSpan) {
        Span next{now.panels, now.tokens, 0, 0};
        if (s + kSpan < n_subs) {
          next = span_at(pair, tokens, s + kSpan);
        } else if (pair + 1 < n_pairs) {
          next = span_at(pair + 1, tokens, 0);
        } else if (!last_tokens) {
          next = span_at(0, following, 0);
        }
        step<kSub, kMin>(unit, now, n_subs, next, dots, work.carry, to);
        now = next;
        SpanSums* const done = dots[0];
        dots[0] = dots[1];
        dots[1] = done;
      }
    }
  }
}

template <class F, class T>
void product_of(T& unit, const Weight& w, Index first_row, Index n_rows, const RoundedRows& x,
                Index n_x, const float* bias, const Out& out, const unsigned char* next) {
  const Index row_bytes = w.cols / F::kElements * F::kBytes;
  const unsigned char* first = w.data + first_row * row_bytes;
  Work work;
  unit.buffer(&work, sizeof work);
  configure<F::kSub>(unit);
  for (Index row = 0; row < n_rows; row += kPairs * kPairRows) {
    const Index n = n_rows - row < kPairs * kPairRows ? n_rows - row : kPairs * kPairRows;
    const Index n_pairs = (n + kPairRows - 1) / kPairRows;
    Ahead ahead{first + (row + n) * row_bytes, first + n_rows * row_bytes};
    if (row + n == n_rows && next != nullptr) ahead = {next, next + n * row_bytes};
    for (Index k = 0; k < w.cols; k += kPanelCols) {
      const Index n_cols = w.cols - k < kPanelCols ? w.cols - k : kPanelCols;
      unpack_panels<F, SignedSlot<F::kOffset>>(first + row * row_bytes, row_bytes, n, 2 * n_pairs,
                                               k, n_cols, work.panels, ahead);
      const bool last = k + n_cols == w.cols;
      const TileOut to{out.data + row, out.stride, n,
                       last && bias != nullptr ? bias + row : nullptr, k == 0};
      panel_product<F::kSub, F::kMin>(unit, work, n_pairs, k, n_cols, x, n_x, to);
    }
  }
  unit.release();
}

template <class T>
void product_on(T& unit, const Weight& w, Index first_row, Index n_rows, const RoundedRows& x,
                Index n_x, const float* bias, const Out& out, const unsigned char* ahead) {
  if (n_x < kLeastTokens) {
    engine::kernels::avx512_vnni_ints().product(w, first_row, n_rows, x, n_x, bias, out, ahead);
    return;
  }
  for_format(w, [&](auto format) {
    product_of<decltype(format)>(unit, w, first_row, n_rows, x, n_x, bias, out, ahead);
  });
}
