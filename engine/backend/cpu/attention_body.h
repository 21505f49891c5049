// The algorithms of every attention table, written once over a vector type. Included by
// attention_{generic,avx2,avx512}.cpp only, each of which first defines `V` in the same unnamed
// namespace.
//
// V gives: kLanes, Reg, kTileQ × kTileS (accumulators of a score tile), kTileP × kTileC (of a
// weighted sum), the arithmetic of kernels_body.h, and sum_lanes (lane l with l + kLanes/2, and so
// on) and largest_lane of one register.

using engine::kernels::AttentionTable;
using engine::kernels::SlotBlock;
using engine::kernels::SoftmaxState;
using Index = std::int64_t;
using Reg = V::Reg;

constexpr Index kLanes = V::kLanes;
// Slots are asked for so far ahead: a block's weighted sums then find it in the second-level cache.
// Asking for the whole next block, or nothing, was slower.
constexpr Index kAheadSlots = 16;

// ---- scores ----------------------------------------------------------------------------------

/// Accumulators → dot products, in the order [r·kS + j].
template <Index kQ, Index kS>
void store_dots(const Reg (&acc)[kQ * kS], float* out, Index stride) {
  constexpr Index kBatches = (kQ * kS + kLanes - 1) / kLanes;
  float dots[kBatches * kLanes];
  for (Index b = 0; b < kBatches; ++b) {
    Reg batch[kLanes];
    for (Index l = 0; l < kLanes; ++l) {
      const Index a = b * kLanes + l;
      batch[l] = a < kQ * kS ? acc[a] : V::zero();
    }
    V::store(dots + b * kLanes, V::reduce(batch));
  }
  for (Index r = 0; r < kQ; ++r) {
    for (Index j = 0; j < kS; ++j) out[r * stride + j] = dots[r * kS + j];
  }
}

/// kQ query rows against kS slots from `keys` on.
template <Index kQ, Index kS, bool kPrefetch>
void score_tile(const float* const* q, const float* keys, Index key_stride, Index dim, float* out,
                Index stride) {
  Reg acc[kQ * kS];
#pragma GCC unroll 32
  for (Index a = 0; a < kQ * kS; ++a) acc[a] = V::zero();
  Index k = 0;
  for (; k + kLanes <= dim; k += kLanes) {
    Reg slot[kS];
#pragma GCC unroll 8
    for (Index j = 0; j < kS; ++j) {
      slot[j] = V::load(keys + j * key_stride + k);
      if (kPrefetch) V::prefetch(keys + (j + kAheadSlots) * key_stride + k);
    }
#pragma GCC unroll 8
    for (Index r = 0; r < kQ; ++r) {
      const Reg qr = V::load(q[r] + k);
#pragma GCC unroll 8
      for (Index j = 0; j < kS; ++j) acc[r * kS + j] = V::fma(qr, slot[j], acc[r * kS + j]);
    }
  }
  if (k < dim) {
    for (Index r = 0; r < kQ; ++r) {
      const Reg qr = V::load_tail(q[r] + k, dim - k);
      for (Index j = 0; j < kS; ++j) {
        const Reg slot = V::load_tail(keys + j * key_stride + k, dim - k);
        acc[r * kS + j] = V::fma(qr, slot, acc[r * kS + j]);
      }
    }
  }
  store_dots<kQ, kS>(acc, out, stride);
}

/// All rows from row r against kS slots.
template <Index kQ, Index kS, bool kPrefetch>
void score_strip(const float* const* q, Index r, Index n_rows, const float* keys, Index key_stride,
                 Index dim, float* out, Index stride) {
  for (; r + kQ <= n_rows; r += kQ) {
    score_tile<kQ, kS, kPrefetch>(q + r, keys, key_stride, dim, out + r * stride, stride);
    if constexpr (kPrefetch) {  // the first tile of a strip has asked for all of its lines
      return score_strip<kQ, kS, false>(q, r + kQ, n_rows, keys, key_stride, dim, out, stride);
    }
  }
  if constexpr (kQ > 1) {
    if (r < n_rows) {
      score_strip<kQ / 2, kS, kPrefetch>(q, r, n_rows, keys, key_stride, dim, out, stride);
    }
  }
}

void scores(const float* const* q, Index n_rows, const SlotBlock& keys, float* out, Index stride) {
  constexpr Index kS = V::kTileS;
  Index j = 0;
  for (; j + kS <= keys.n_slots; j += kS) {
    score_strip<V::kTileQ, kS, true>(q, 0, n_rows, keys.data + j * keys.stride, keys.stride,
                                     keys.dim, out + j, stride);
  }
  for (; j < keys.n_slots; ++j) {
    score_strip<V::kTileQ, 1, false>(q, 0, n_rows, keys.data + j * keys.stride, keys.stride,
                                     keys.dim, out + j, stride);
  }
}

// ---- the running softmax -----------------------------------------------------------------------

#include "engine/backend/cpu/kernels_exp.h"

float exp_of_one(float x) {
  float lanes[kLanes];
  V::store(lanes, exp_to_88(V::set1(x)));
  return lanes[0];
}

/// content and rope scaled, their sums in `sums`.
void scale_parts(float* content, float* rope, float scale, Index n, float* sums) {
  if (rope == nullptr) {
    for (Index i = 0; i < n; ++i) {
      content[i] *= scale;
      sums[i] = content[i];
    }
    return;
  }
  for (Index i = 0; i < n; ++i) {
    content[i] *= scale;
    rope[i] *= scale;
    sums[i] = content[i] + rope[i];
  }
}

float soften(float* content, float* rope, float scale, Index n, SoftmaxState* state,
             float* weights) {
  scale_parts(content, rope, scale, n, weights);
  Reg most = V::set1(state->largest);
  Index i = 0;
  for (; i + kLanes <= n; i += kLanes) most = V::max(V::load(weights + i), most);
  float largest = V::largest_lane(most);
  for (; i < n; ++i) largest = weights[i] > largest ? weights[i] : largest;
  const Reg shift = V::set1(largest);
  Reg acc = V::zero();
  for (i = 0; i + kLanes <= n; i += kLanes) {
    const Reg e = exp_to_88(V::sub(V::load(weights + i), shift));
    V::store(weights + i, e);
    acc = V::add(acc, e);
  }
  if (i < n) {
    V::store_tail(weights + i, exp_to_88(V::sub(V::load_tail(weights + i, n - i), shift)), n - i);
    acc = V::add(acc, V::load_tail(weights + i, n - i));  // lanes past the end are zero again
  }
  float factor = 0.0F;
  if (state->total != 0.0F) {
    factor = state->largest == largest ? 1.0F : exp_of_one(state->largest - largest);
  }
  state->total = state->total * factor + V::sum_lanes(acc);
  state->largest = largest;
  return factor;
}

// ---- weighted sums -----------------------------------------------------------------------------

/// kP rows × kC vectors of columns from column c; `tail` > 0: one vector of so many columns.
template <Index kP, Index kC>
void combine_tile(const float* weights, Index stride, const float* factors, const SlotBlock& values,
                  Index c, Index tail, float* sums, Index sums_stride) {
  const bool partial = kC == 1 && tail > 0;
  Reg acc[kP * kC];
#pragma GCC unroll 16
  for (Index r = 0; r < kP; ++r) {
#pragma GCC unroll 8
    for (Index v = 0; v < kC; ++v) {
      const float* from = sums + r * sums_stride + c + v * kLanes;
      const Reg before = factors[r] == 0.0F ? V::zero()
                         : partial          ? V::load_tail(from, tail)
                                            : V::load(from);
      acc[r * kC + v] = V::mul(V::set1(factors[r]), before);
    }
  }
  const float* from = values.data + c;
  for (Index j = 0; j < values.n_slots; ++j, from += values.stride) {
    Reg slot[kC];
    if (partial) {
      slot[0] = V::load_tail(from, tail);
    } else {
#pragma GCC unroll 8
      for (Index v = 0; v < kC; ++v) slot[v] = V::load(from + v * kLanes);
    }
#pragma GCC unroll 16
    for (Index r = 0; r < kP; ++r) {
      const Reg weight = V::set1(weights[r * stride + j]);
#pragma GCC unroll 8
      for (Index v = 0; v < kC; ++v) acc[r * kC + v] = V::fma(weight, slot[v], acc[r * kC + v]);
    }
  }
  for (Index r = 0; r < kP; ++r) {
    for (Index v = 0; v < kC; ++v) {
      float* to = sums + r * sums_stride + c + v * kLanes;
      if (partial) {
        V::store_tail(to, acc[r * kC + v], tail);
      } else {
        V::store(to, acc[r * kC + v]);
      }
    }
  }
}

/// All rows from row r for the columns [c, …) of one tile width.
template <Index kP, Index kC>
void combine_strip(const float* weights, Index stride, const float* factors, Index r, Index n_rows,
                   const SlotBlock& values, Index c, Index tail, float* sums, Index sums_stride) {
  for (; r + kP <= n_rows; r += kP) {
    combine_tile<kP, kC>(weights + r * stride, stride, factors + r, values, c, tail,
                         sums + r * sums_stride, sums_stride);
  }
  if constexpr (kP > 1) {
    if (r < n_rows) {
      combine_strip<kP / 2, kC>(weights, stride, factors, r, n_rows, values, c, tail, sums,
                                sums_stride);
    }
  }
}

void combine(const float* weights, Index stride, const float* factors, Index n_rows,
             const SlotBlock& values, float* sums, Index sums_stride) {
  constexpr Index kP = V::kTileP;
  constexpr Index kC = V::kTileC;
  Index c = 0;
  for (; c + kC * kLanes <= values.dim; c += kC * kLanes) {
    combine_strip<kP, kC>(weights, stride, factors, 0, n_rows, values, c, 0, sums, sums_stride);
  }
  for (; c + kLanes <= values.dim; c += kLanes) {
    combine_strip<kP, 1>(weights, stride, factors, 0, n_rows, values, c, 0, sums, sums_stride);
  }
  if (c < values.dim) {
    combine_strip<kP, 1>(weights, stride, factors, 0, n_rows, values, c, values.dim - c, sums,
                         sums_stride);
  }
}

// ---- joining and finishing
// -----------------------------------------------------------------------

// Elementwise: any vectorisation by the compiler gives the same bits.
void merge(const SoftmaxState& from, const float* from_sums, Index dim, SoftmaxState* to,
           float* to_sums) {
  if (from.total == 0.0F) return;
  if (to->total == 0.0F) {
    *to = from;
    for (Index i = 0; i < dim; ++i) to_sums[i] = from_sums[i];
    return;
  }
  const float largest = from.largest > to->largest ? from.largest : to->largest;
  const float before = exp_of_one(to->largest - largest);
  const float after = exp_of_one(from.largest - largest);
  for (Index i = 0; i < dim; ++i) to_sums[i] = to_sums[i] * before + from_sums[i] * after;
  to->total = to->total * before + from.total * after;
  to->largest = largest;
}

void finish(const SoftmaxState& state, const float* sums, Index dim, float* out) {
  for (Index i = 0; i < dim; ++i) out[i] = sums[i] / state.total;
}

void weigh(const SoftmaxState& state, Index n, float* s) {
  const Reg shift = V::set1(state.largest);
  const Reg total = V::set1(state.total);
  Index i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    V::store(s + i, V::div(exp_to_88(V::sub(V::load(s + i), shift)), total));
  }
  if (i < n) {
    V::store_tail(s + i, V::div(exp_to_88(V::sub(V::load_tail(s + i, n - i), shift)), total),
                  n - i);
  }
}

constexpr AttentionTable make_attention_table() {
  return {scores, soften, combine, merge, finish, weigh};
}
