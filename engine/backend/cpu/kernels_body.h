// The algorithms of every kernel table, written once over a vector type. Included by kernels_*.cpp
// only, each of which first defines, in the same unnamed namespace, the vector type `V` of its
// instruction set: everything here has internal linkage and no code can leak to other files.
//
// V gives: kLanes, Reg, kTileX × kTileW (accumulators of a dot tile), kTileP × kTileC (of a
// combination tile), zero, set1, load, load_tail, store, store_tail, add, sub, mul, div, max, fma,
// load_{f16,bf16,f8}{,_tail}, kF8Factor, kFewW (rows of few_rows at once), reduce (lane j of the
// result: the sum of register j's lanes, as a tree), round_to_int, scale_by_power (x·2^n).

using engine::kernels::Out;
using engine::kernels::Rows;
using engine::kernels::Table;
using engine::kernels::Weight;
using engine::kernels::WeightType;
using Index = std::int64_t;
using Reg = V::Reg;

constexpr Index kLanes = V::kLanes;

const float* row_of(const Rows& m, Index i) {
  return m.data + (m.index == nullptr ? i : m.index[i]) * m.stride;
}

// ---- reading one weight row in its stored format --------------------------------------------

struct F32Row {
  const unsigned char* data;
  static constexpr Index kBytes = 4;
  Reg at(Index k) const { return V::load(reinterpret_cast<const float*>(data + 4 * k)); }
  Reg tail(Index k, Index n) const {
    return V::load_tail(reinterpret_cast<const float*>(data + 4 * k), n);
  }
};
struct F16Row {
  const unsigned char* data;
  static constexpr Index kBytes = 2;
  Reg at(Index k) const { return V::load_f16(data + 2 * k); }
  Reg tail(Index k, Index n) const { return V::load_f16_tail(data + 2 * k, n); }
};
struct Bf16Row {
  const unsigned char* data;
  static constexpr Index kBytes = 2;
  Reg at(Index k) const { return V::load_bf16(data + 2 * k); }
  Reg tail(Index k, Index n) const { return V::load_bf16_tail(data + 2 * k, n); }
};
// A vector never crosses a scale block: kLanes divides 128.
struct F8Row {
  const unsigned char* data;
  const float* scale;
  static constexpr Index kBytes = 1;
  Reg at(Index k) const { return V::mul(V::load_f8(data + k), factor(k)); }
  Reg tail(Index k, Index n) const { return V::mul(V::load_f8_tail(data + k, n), factor(k)); }
  // The 64 bytes from k on, where the instruction set is faster with them at once.
  template <Index kVectors, class Vector = V>
  requires requires(Reg (&out)[kVectors]) { Vector::load_f8_line(nullptr, out); }
  [[gnu::always_inline]] void line(Index k, Reg (&out)[kVectors]) const {
    const Reg by = factor(k);
    Vector::load_f8_line(data + k, out);
#pragma GCC unroll 8
    for (Index v = 0; v < kVectors; ++v) out[v] = V::mul(out[v], by);
  }
  // load_f8 gives the values divided by kF8Factor, a power of two: one rounding either way.
  Reg factor(Index k) const { return V::set1(scale[k / 128] * V::kF8Factor); }
};

template <class Row>
Row weight_row(const Weight& w, Index r) {
  if constexpr (Row::kBytes == 1) {
    return Row{w.data + r * w.cols, w.scale_inv + r / 128 * w.scale_cols};
  } else {
    return Row{w.data + r * w.cols * Row::kBytes};
  }
}

// ---- dot products ----------------------------------------------------------------------------

/// Accumulators → sums, in the order [i·n_w + j]; + bias[j].
template <Index kX, Index kW>
void store_sums(const Reg (&acc)[kX * kW], const float* bias, float* out, Index stride) {
  constexpr Index kBatches = (kX * kW + kLanes - 1) / kLanes;
  float sums[kBatches * kLanes];
  for (Index b = 0; b < kBatches; ++b) {
    Reg batch[kLanes];
    for (Index l = 0; l < kLanes; ++l) {
      const Index a = b * kLanes + l;
      batch[l] = a < kX * kW ? acc[a] : V::zero();
    }
    V::store(sums + b * kLanes, V::reduce(batch));
  }
  for (Index i = 0; i < kX; ++i) {
    for (Index j = 0; j < kW; ++j) {
      const float sum = sums[i * kW + j];
      out[i * stride + j] = bias == nullptr ? sum : sum + bias[j];
    }
  }
}

/// Vectors of a weight row in one cache line.
template <class Row>
constexpr Index kLineVectors = 64 / (Row::kBytes * kLanes) > 1 ? 64 / (Row::kBytes * kLanes) : 1;

/// One cache line of a weight row from column k on.
template <class Row>
[[gnu::always_inline]] inline void load_line(const Row& row, Index k,
                                             Reg (&out)[kLineVectors<Row>]) {
  if constexpr (requires { row.line(k, out); }) {
    row.line(k, out);
  } else {
#pragma GCC unroll 8
    for (Index v = 0; v < kLineVectors<Row>; ++v) out[v] = row.at(k + v * kLanes);
  }
}

/// How far behind the weights that are multiplied memory is prefetched.
constexpr Index kAheadBytes = 2048;

/// acc[i·kW + j] += w[j]·x[i] over n columns, one accumulator each.
template <Index kX, Index kW, bool kPrefetch, class Row>
[[gnu::always_inline]] inline void accumulate(Reg (&acc)[kX * kW], const Row (&w)[kW],
                                              const float* const (&x)[kX], Index n) {
  constexpr Index kVectors = kPrefetch ? kLineVectors<Row> : 1;
  Index k = 0;
  if constexpr (kVectors > 1) {
    for (; k + kVectors * kLanes <= n; k += kVectors * kLanes) {
#pragma GCC unroll 8
      for (Index j = 0; j < kW; ++j) {
        Reg line[kVectors];
        V::prefetch(w[j].data + k * Row::kBytes + kAheadBytes);
        load_line(w[j], k, line);
#pragma GCC unroll 8
        for (Index v = 0; v < kVectors; ++v) {
#pragma GCC unroll 8
          for (Index i = 0; i < kX; ++i) {
            const Reg xs = V::load(x[i] + k + v * kLanes);
            acc[i * kW + j] = V::fma(line[v], xs, acc[i * kW + j]);
          }
        }
      }
    }
  }
  for (; k + kLanes <= n; k += kLanes) {
    Reg xs[kX];
#pragma GCC unroll 8
    for (Index i = 0; i < kX; ++i) xs[i] = V::load(x[i] + k);
#pragma GCC unroll 8
    for (Index j = 0; j < kW; ++j) {
      const Reg wj = w[j].at(k);
      if constexpr (kPrefetch) V::prefetch(w[j].data + k * Row::kBytes + kAheadBytes);
#pragma GCC unroll 8
      for (Index i = 0; i < kX; ++i) acc[i * kW + j] = V::fma(wj, xs[i], acc[i * kW + j]);
    }
  }
  if (k < n) {
    Reg xs[kX];
#pragma GCC unroll 8
    for (Index i = 0; i < kX; ++i) xs[i] = V::load_tail(x[i] + k, n - k);
#pragma GCC unroll 8
    for (Index j = 0; j < kW; ++j) {
      const Reg wj = w[j].tail(k, n - k);
#pragma GCC unroll 8
      for (Index i = 0; i < kX; ++i) acc[i * kW + j] = V::fma(wj, xs[i], acc[i * kW + j]);
    }
  }
}

/// A product of few activation rows.
struct FewRows {
  const Weight& w;
  Index first_row;
  Index n_rows;
  const Rows& x;
  const float* bias;
  const Out& out;
};

/// kX activation rows against kW weight rows from row j: one accumulator each, over the whole of k.
template <Index kX, Index kW, class Row>
void dot_tile(const FewRows& f, Index j) {
  Row w[kW];
  for (Index r = 0; r < kW; ++r) w[r] = weight_row<Row>(f.w, f.first_row + j + r);
  const float* x[kX];
  for (Index r = 0; r < kX; ++r) x[r] = row_of(f.x, r);
  Reg acc[kX * kW];
#pragma GCC unroll 32
  for (Index a = 0; a < kX * kW; ++a) acc[a] = V::zero();
  accumulate<kX, kW, true>(acc, w, x, f.w.cols);
  store_sums<kX, kW>(acc, f.bias == nullptr ? nullptr : f.bias + j, f.out.data + j, f.out.stride);
}

/// All weight rows from row j on.
template <Index kX, Index kW, class Row>
void dot_strip(const FewRows& f, Index j) {
  for (; j + kW <= f.n_rows; j += kW) dot_tile<kX, kW, Row>(f, j);
  if constexpr (kW > 1) {
    if (j < f.n_rows) dot_strip<kX, kW / 2, Row>(f, j);
  }
}

template <class Row>
void few_rows_of(const FewRows& f, Index n_x) {
  constexpr Index kW = V::kFewW;
  switch (n_x) {
    case 1:
      return dot_strip<1, kW, Row>(f, 0);
    case 2:
      return dot_strip<2, kW, Row>(f, 0);
    case 3:
      return dot_strip<3, kW, Row>(f, 0);
    case 4:
      return dot_strip<4, kW, Row>(f, 0);
    default:
      return;
  }
}

#include "engine/backend/cpu/kernels_blocks_body.h"

void few_rows(const Weight& w, Index first_row, Index n_rows, const Rows& x, Index n_x,
              const float* bias, const Out& out) {
  const FewRows f{w, first_row, n_rows, x, bias, out};
  switch (w.type) {
    case WeightType::F32:
      return few_rows_of<F32Row>(f, n_x);
    case WeightType::F16:
      return few_rows_of<F16Row>(f, n_x);
    case WeightType::BF16:
      return few_rows_of<Bf16Row>(f, n_x);
    case WeightType::F8E4M3:
      return few_rows_of<F8Row>(f, n_x);
    default:  // block types have their own products
      return;
  }
}

// kBlockX activation rows × the columns of one block are packed, so that they stay in the
// first-level cache whatever the rows' distance (rows 4 KiB apart would share its sets).
constexpr Index kBlockX = 16;
constexpr Index kPackStride = engine::kernels::kPanelCols + 16;

struct PanelBlock {
  const Rows& w;          // from column `begin` on
  const float* const* x;  // activation rows from column `begin` on
  Index n_x;
  Index n;           // columns in all
  Index begin, end;  // the columns of this block
  const float* bias;
  Out out;  // of activation row 0 of the block
};

template <Index kX, Index kW>
void panel_tile(const PanelBlock& p, Index j, Index i, float* carry) {
  F32Row w[kW];
  for (Index r = 0; r < kW; ++r) {
    w[r] = {reinterpret_cast<const unsigned char*>(row_of(p.w, j + r))};
  }
  const float* x[kX];
  for (Index r = 0; r < kX; ++r) x[r] = p.x[i + r];
  Reg acc[kX * kW];
#pragma GCC unroll 32
  for (Index a = 0; a < kX * kW; ++a) {
    acc[a] = p.begin == 0 ? V::zero() : V::load(carry + a * kLanes);
  }
  accumulate<kX, kW, false>(acc, w, x, p.end - p.begin);
  if (p.end < p.n) {
#pragma GCC unroll 32
    for (Index a = 0; a < kX * kW; ++a) V::store(carry + a * kLanes, acc[a]);
  } else {
    store_sums<kX, kW>(acc, p.bias == nullptr ? nullptr : p.bias + j,
                       p.out.data + i * p.out.stride + j, p.out.stride);
  }
}

/// Weight rows [j, j + kW) against activation rows [i, n_x); their accumulators start at `carry`.
template <Index kX, Index kW>
void panel_strip(const PanelBlock& p, Index j, Index i, float* carry) {
  for (; i + kX <= p.n_x; i += kX, carry += kX * kW * kLanes) {
    panel_tile<kX, kW>(p, j, i, carry);
  }
  if constexpr (kX > 1) {
    if (i < p.n_x) panel_strip<kX / 2, kW>(p, j, i, carry);
  }
}

void pack_row(const float* from, Index n, float* to) {
  Index k = 0;
  for (; k + kLanes <= n; k += kLanes) V::store(to + k, V::load(from + k));
  if (k < n) V::store_tail(to + k, V::load_tail(from + k, n - k), n - k);
}

void panel(const Rows& w, Index n_rows, const Rows& x, Index n_x, Index begin, Index end,
           Index n_cols, const float* bias, const Out& out, float* carry) {
  constexpr Index kX = V::kTileX;
  constexpr Index kW = V::kTileW;
  alignas(64) float packed[kBlockX * kPackStride];
  const float* rows[kBlockX];
  for (Index i = 0; i < n_x; i += kBlockX) {
    const Index n = i + kBlockX < n_x ? kBlockX : n_x - i;
    for (Index r = 0; r < n; ++r) {
      rows[r] = row_of(x, i + r) + begin;
      if (end - begin == n_cols) continue;
      pack_row(rows[r], end - begin, packed + r * kPackStride);
      rows[r] = packed + r * kPackStride;
    }
    const PanelBlock block{w,     rows, n,    n_cols,
                           begin, end,  bias, {out.data + i * out.stride, out.stride}};
    Index j = 0;
    for (; j + kW <= n_rows; j += kW, carry += kW * kBlockX * kLanes) {
      panel_strip<kX, kW>(block, j, 0, carry);
    }
    for (; j < n_rows; ++j, carry += kBlockX * kLanes) panel_strip<kX, 1>(block, j, 0, carry);
  }
}

// ---- decoding --------------------------------------------------------------------------------

/// Rows ahead of the decoded one that are prefetched.
constexpr Index kAheadRows = 8;

template <class Row>
void decode_rows_of(const Weight& w, Index first_row, Index n_rows, Index begin, Index end,
                    const Out& out) {
  for (Index r = 0; r < n_rows; ++r) {
    const Row row = weight_row<Row>(w, first_row + r);
    float* to = out.data + r * out.stride;
    // Behind the last row the same rows' next columns, which are asked for next.
    const Index ahead = r + kAheadRows < n_rows ? kAheadRows * w.cols
                                                : (kAheadRows - n_rows) * w.cols + (end - begin);
    const unsigned char* next = row.data + ahead * Row::kBytes;
    Index k = begin;
    for (; k + kLanes * kLineVectors<Row> <= end; k += kLanes * kLineVectors<Row>) {
      V::prefetch(next + k * Row::kBytes);
      Reg line[kLineVectors<Row>];
      load_line(row, k, line);
#pragma GCC unroll 8
      for (Index v = 0; v < kLineVectors<Row>; ++v) {
        V::store(to + (k - begin) + v * kLanes, line[v]);
      }
    }
    for (; k + kLanes <= end; k += kLanes) V::store(to + (k - begin), row.at(k));
    if (k < end) V::store_tail(to + (k - begin), row.tail(k, end - k), end - k);
  }
}

void decode_rows(const Weight& w, Index first_row, Index n_rows, Index begin, Index end,
                 const Out& out) {
  switch (w.type) {
    case WeightType::F32:
      return decode_rows_of<F32Row>(w, first_row, n_rows, begin, end, out);
    case WeightType::F16:
      return decode_rows_of<F16Row>(w, first_row, n_rows, begin, end, out);
    case WeightType::BF16:
      return decode_rows_of<Bf16Row>(w, first_row, n_rows, begin, end, out);
    case WeightType::F8E4M3:
      return decode_rows_of<F8Row>(w, first_row, n_rows, begin, end, out);
    default:
      return decode_rows_of_blocks(w, first_row, n_rows, begin, end, out);
  }
}

// ---- combinations of rows ----------------------------------------------------------------------

/// kP outputs × kC vectors of columns from column c; `tail` > 0: one vector of so many columns.
template <Index kP, Index kC>
void combine_tile(const Rows& p, Index i, const Rows& b, Index n_b, Index c, Index tail,
                  bool accumulate, const Out& out) {
  Reg acc[kP * kC];
#pragma GCC unroll 32
  for (Index a = 0; a < kP * kC; ++a) acc[a] = V::zero();
  const float* ps[kP];
  for (Index r = 0; r < kP; ++r) ps[r] = row_of(p, i + r);
  for (Index j = 0; j < n_b; ++j) {
    const float* from = row_of(b, j) + c;
    Reg bs[kC];
    if (kC == 1 && tail > 0) {
      bs[0] = V::load_tail(from, tail);
    } else {
#pragma GCC unroll 8
      for (Index v = 0; v < kC; ++v) bs[v] = V::load(from + v * kLanes);
    }
#pragma GCC unroll 8
    for (Index r = 0; r < kP; ++r) {
      const Reg pr = V::set1(ps[r][j]);
#pragma GCC unroll 8
      for (Index v = 0; v < kC; ++v) acc[r * kC + v] = V::fma(pr, bs[v], acc[r * kC + v]);
    }
  }
  for (Index r = 0; r < kP; ++r) {
    for (Index v = 0; v < kC; ++v) {
      float* to = out.data + (i + r) * out.stride + c + v * kLanes;
      Reg sum = acc[r * kC + v];
      if (kC == 1 && tail > 0) {
        if (accumulate) sum = V::add(V::load_tail(to, tail), sum);
        V::store_tail(to, sum, tail);
      } else {
        if (accumulate) sum = V::add(V::load(to), sum);
        V::store(to, sum);
      }
    }
  }
}

/// All output rows from row i for the columns [c, …) of one tile width.
template <Index kP, Index kC>
void combine_strip(const Rows& p, Index i, Index n_p, const Rows& b, Index n_b, Index c, Index tail,
                   bool accumulate, const Out& out) {
  for (; i + kP <= n_p; i += kP) combine_tile<kP, kC>(p, i, b, n_b, c, tail, accumulate, out);
  if constexpr (kP > 1) {
    if (i < n_p) combine_strip<kP / 2, kC>(p, i, n_p, b, n_b, c, tail, accumulate, out);
  }
}

void combine_rows(const Rows& p, Index n_p, const Rows& b, Index n_b, Index n_cols, bool accumulate,
                  const Out& out) {
  constexpr Index kP = V::kTileP;
  constexpr Index kC = V::kTileC;
  Index c = 0;
  for (; c + kC * kLanes <= n_cols; c += kC * kLanes) {
    combine_strip<kP, kC>(p, 0, n_p, b, n_b, c, 0, accumulate, out);
  }
  for (; c + kLanes <= n_cols; c += kLanes) {
    combine_strip<kP, 1>(p, 0, n_p, b, n_b, c, 0, accumulate, out);
  }
  if (c < n_cols) combine_strip<kP, 1>(p, 0, n_p, b, n_b, c, n_cols - c, accumulate, out);
}

// ---- exponentials ------------------------------------------------------------------------------

#include "engine/backend/cpu/kernels_exp.h"

Reg exp_of(Reg x) { return exp_to_88(V::min(V::set1(88.8F), x)); }  // operand order keeps NaN

Reg silu_of(Reg gate) {
  const Reg e = exp_of(V::sub(V::zero(), gate));
  return V::div(gate, V::add(V::set1(1.0F), e));
}

void silu_mul(float* gate, const float* up, Index n) {
  Index i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    V::store(gate + i, V::mul(silu_of(V::load(gate + i)), V::load(up + i)));
  }
  if (i < n) {
    const Reg g = silu_of(V::load_tail(gate + i, n - i));
    V::store_tail(gate + i, V::mul(g, V::load_tail(up + i, n - i)), n - i);
  }
}

float sum_lanes(Reg acc) {
  Reg batch[kLanes];
  batch[0] = acc;
  for (Index l = 1; l < kLanes; ++l) batch[l] = V::zero();
  float sums[kLanes];
  V::store(sums, V::reduce(batch));
  return sums[0];
}

float largest_of(const float* s, Index n) {
  Reg acc = V::set1(s[0]);
  Index i = 0;
  for (; i + kLanes <= n; i += kLanes) acc = V::max(V::load(s + i), acc);
  float lanes[kLanes];
  V::store(lanes, acc);
  float largest = lanes[0];
  for (Index l = 1; l < kLanes; ++l) largest = lanes[l] > largest ? lanes[l] : largest;
  for (; i < n; ++i) largest = s[i] > largest ? s[i] : largest;
  return largest;
}

void softmax(float* s, Index n) {
  const Reg shift = V::set1(largest_of(s, n));
  Reg acc = V::zero();
  Index i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const Reg e = exp_of(V::sub(V::load(s + i), shift));
    V::store(s + i, e);
    acc = V::add(acc, e);
  }
  if (i < n) {
    V::store_tail(s + i, exp_of(V::sub(V::load_tail(s + i, n - i), shift)), n - i);
    acc = V::add(acc, V::load_tail(s + i, n - i));  // lanes past the end are zero again
  }
  const Reg sum = V::set1(sum_lanes(acc));
  for (i = 0; i + kLanes <= n; i += kLanes) V::store(s + i, V::div(V::load(s + i), sum));
  if (i < n) V::store_tail(s + i, V::div(V::load_tail(s + i, n - i), sum), n - i);
}

// ---- norms and elementwise ---------------------------------------------------------------------

void rms_norm(const float* x, const float* gamma, float eps, Index n, float* out) {
  Reg acc = V::zero();
  Index i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const Reg v = V::load(x + i);
    acc = V::fma(v, v, acc);
  }
  if (i < n) {
    const Reg v = V::load_tail(x + i, n - i);
    acc = V::fma(v, v, acc);
  }
  const float mean = sum_lanes(acc) / static_cast<float>(n);
  const float factor = 1.0F / __builtin_sqrtf(mean + eps);
  for (i = 0; i < n; ++i) out[i] = x[i] * factor * gamma[i];
}

// Elementwise loops are left to the compiler: no sums, so any vectorisation gives the same bits.
void add(const float* a, Index n, float* out) {
  for (Index i = 0; i < n; ++i) out[i] += a[i];
}

void add_scaled(const float* a, float weight, bool first, Index n, float* out) {
  if (first) {
    for (Index i = 0; i < n; ++i) out[i] = weight * a[i];
  } else {
    for (Index i = 0; i < n; ++i) out[i] += weight * a[i];
  }
}

void scale_scores(float* content, float* rope, float scale, Index n, float* sum) {
  for (Index i = 0; i < n; ++i) {
    content[i] *= scale;
    rope[i] *= scale;
    sum[i] = content[i] + rope[i];
  }
}

void rotate(float* x0, float* x1, Index step, const float* cos, const float* sin, Index n) {
  for (Index i = 0; i < n; ++i) {
    const float a = x0[i * step];
    const float b = x1[i * step];
    x0[i * step] = a * cos[i] - b * sin[i];
    x1[i * step] = b * cos[i] + a * sin[i];
  }
}

constexpr Table make_table(const char* name) {
  return {name,    few_rows, panel, decode_rows, combine_rows, rms_norm,
          softmax, silu_mul, add,   add_scaled,  scale_scores, rotate};
}
