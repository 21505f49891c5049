// The innermost routines of attention as a table of functions, one table per instruction set: rows
// of queries against blocks of cached slots, with a softmax that runs along. Plain types only, as
// in kernels.h.
#pragma once

#include <cstdint>

namespace engine::kernels {

/// The running softmax of one query row over the slots it has seen: 0 and -∞ before the first.
struct SoftmaxState {
  float largest;
  float total;  // Σ exp(score - largest)
};

/// Float32 rows of the cache, `stride` apart.
struct SlotBlock {
  const float* data;
  std::int64_t stride;
  std::int64_t n_slots;
  std::int64_t dim;
};

/// Every sum has one order, given by the instruction set alone, whatever the number of rows in a
/// call: a dot product as in kernels::Table, a weighted sum over slots in their order.
struct AttentionTable {
  /// out[r·stride + j] = q[r]·keys[j]
  void (*scores)(const float* const* q, std::int64_t n_rows, const SlotBlock& keys, float* out,
                 std::int64_t stride);
  /// One row of a block: content and rope (null: no such part) are scaled in place; weights[j] =
  /// exp(content[j] + rope[j] - largest so far). Returns what the row's earlier sums are to be
  /// multiplied with; 0 when there were none.
  float (*soften)(float* content, float* rope, float scale, std::int64_t n, SoftmaxState* state,
                  float* weights);
  /// sums[r] = factors[r]·sums[r] + Σ_j weights[r·stride + j]·values[j]; a factor 0 reads no sums.
  void (*combine)(const float* weights, std::int64_t stride, const float* factors,
                  std::int64_t n_rows, const SlotBlock& values, float* sums,
                  std::int64_t sums_stride);
  /// Appends the slots of one row's (from, from_sums) to those of (to, to_sums).
  void (*merge)(const SoftmaxState& from, const float* from_sums, std::int64_t dim,
                SoftmaxState* to, float* to_sums);
  /// out = sums / total
  void (*finish)(const SoftmaxState& state, const float* sums, std::int64_t dim, float* out);
  /// In place, score → weight: exp(s - largest) / total
  void (*weigh)(const SoftmaxState& state, std::int64_t n, float* scores);
};

const AttentionTable& generic_attention();
const AttentionTable& avx2_attention();    // x86-64 only
const AttentionTable& avx512_attention();  // x86-64 only

}  // namespace engine::kernels
