// The innermost routines of the CPU backend as a table of functions, one table per instruction set.
// Plain structs only: kernels_*.cpp are compiled with their own -m flags, so nothing inline that
// the rest of the program could link against may be visible to them.
#pragma once

#include <cstdint>

namespace engine::kernels {

enum class WeightType {
  F32,
  F16,
  BF16,
  F8E4M3,
  Q4_0,
  Q4_1,
  Q5_0,
  Q5_1,
  Q8_0,
  Q2_K,
  Q3_K,
  Q4_K,
  Q5_K,
  Q6_K,
  IQ4_NL,
  IQ4_XS
};

/// Rows of a stored weight matrix; `data` need not be aligned. Of block types `cols` is whole
/// blocks.
struct Weight {
  const unsigned char* data;
  WeightType type;
  std::int64_t cols;
  const float* scale_inv;  // F8E4M3: [ceil(rows/128), scale_cols]
  std::int64_t scale_cols;
};

/// Float32 rows `stride` apart; row i is row index[i] where there is an index.
struct Rows {
  const float* data;
  std::int64_t stride;
  const std::int32_t* index;
};

/// Where a product goes: row i of the activations, column j of the weights, at data[i·stride + j].
struct Out {
  float* data;
  std::int64_t stride;
};

/// few_rows takes at most this many activation rows.
constexpr std::int64_t kMaxFewRows = 4;
/// A panel of float32 weight rows: at most so many columns of at most so many rows at a time.
constexpr std::int64_t kPanelRows = 64;
constexpr std::int64_t kPanelCols = 512;

/// Every sum has one order, given by the instruction set alone: a dot product runs one accumulator
/// of kLanes lanes over k in steps of kLanes (the tail masked to zero), then adds the lanes as a
/// tree. So a product has the same bits whether its row came alone (few_rows) or in a batch
/// (panel), and wherever the rows were split.
struct Table {
  const char* name;  // "AVX-512"

  /// out[t, j] = Σ_k W[first_row + j, k]·x[t, k] (+ bias[j]), j < n_rows, t < n_x ≤ kMaxFewRows:
  /// straight from the stored format, at memory speed. Not for block types (kernels_int.h).
  void (*few_rows)(const Weight& w, std::int64_t first_row, std::int64_t n_rows, const Rows& x,
                   std::int64_t n_x, const float* bias, const Out& out);
  /// The same product for many activation rows, the columns [begin, end) of n_cols: `w` holds
  /// n_rows ≤ kPanelRows weight rows as float32 from column `begin` on, at most kPanelCols of them
  /// (any number when they are all). Between calls the accumulators wait unreduced in `carry`
  /// [n_x rounded up to 16, n_rows, 16], which a single call does not use; the call that ends at
  /// n_cols writes out.
  void (*panel)(const Rows& w, std::int64_t n_rows, const Rows& x, std::int64_t n_x,
                std::int64_t begin, std::int64_t end, std::int64_t n_cols, const float* bias,
                const Out& out, float* carry);
  /// Columns [begin, end) of stored rows → float32, exactly (F8: value·scale, rounded once). begin
  /// is a multiple of 128, of the block types of 256.
  void (*decode_rows)(const Weight& w, std::int64_t first_row, std::int64_t n_rows,
                      std::int64_t begin, std::int64_t end, const Out& out);
  /// out[i, c] = (accumulate ? out[i, c] : 0) + Σ_j p[i, j]·b[j, c]: j in order, one accumulator
  /// per output, added to out at the end.
  void (*combine_rows)(const Rows& p, std::int64_t n_p, const Rows& b, std::int64_t n_b,
                       std::int64_t n_cols, bool accumulate, const Out& out);
  /// out[i] = x[i] / sqrt(mean(x²) + eps) · gamma[i]
  void (*rms_norm)(const float* x, const float* gamma, float eps, std::int64_t n, float* out);
  /// In place: exp(s - max) / Σ exp(s - max)
  void (*softmax)(float* s, std::int64_t n);
  /// gate[i] = silu(gate[i]) · up[i]
  void (*silu_mul)(float* gate, const float* up, std::int64_t n);
  /// out[i] += a[i]
  void (*add)(const float* a, std::int64_t n, float* out);
  /// out[i] = first ? weight·a[i] : out[i] + weight·a[i]
  void (*add_scaled)(const float* a, float weight, bool first, std::int64_t n, float* out);
  /// content *= scale, rope *= scale, sum = content + rope
  void (*scale_scores)(float* content, float* rope, float scale, std::int64_t n, float* sum);
  /// Rotates n pairs: (x0[i·step], x1[i·step]) by the angle of cos[i], sin[i].
  void (*rotate)(float* x0, float* x1, std::int64_t step, const float* cos, const float* sin,
                 std::int64_t n);
};

const Table& generic_table();
const Table& avx2_table();    // x86-64 only
const Table& avx512_table();  // x86-64 only

}  // namespace engine::kernels
