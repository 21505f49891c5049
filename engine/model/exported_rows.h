// ExportedRows: the rows of one tensor of an exported file, wherever a checkpoint has them. Used by
// export_gguf.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/base/result.h"
#include "engine/checkpoint/model_config.h"
#include "engine/checkpoint/tensor_spec.h"
#include "engine/checkpoint/weight_source.h"
#include "engine/tensor/weight.h"

namespace engine {

/// Where row r of a matrix is among the stored rows.
class RowOrder {
 public:
  RowOrder() = default;
  /// Per head of head_dim rows, those of the rotary part change from half-split pairs (i, i + d/2)
  /// to neighbours (2i, 2i + 1).
  static RowOrder interleaved(std::int64_t head_dim, std::int64_t rope_offset,
                              std::int64_t rope_dim);
  /// The last v rows of each head of nope + v.
  static RowOrder values(std::int64_t nope, std::int64_t v);

  std::int64_t stored_row(std::int64_t row) const;
  bool is_identity() const { return kind_ == Kind::Identity; }

 private:
  enum class Kind { Identity, Interleaved, Values };
  Kind kind_ = Kind::Identity;
  std::int64_t head_dim_ = 0;
  std::int64_t offset_ = 0;
  std::int64_t rope_dim_ = 0;
};

/// The order in which an exported matrix or bias has its rows.
RowOrder row_order(const ModelConfig& config, WeightRole role);

class ExportedRows {
 public:
  static Result<ExportedRows> create(const ModelConfig& config, const TensorSpec& spec,
                                     WeightSource& source);

  std::int64_t rows() const { return n_rows_; }
  std::int64_t cols() const { return n_cols_; }
  /// Callers ask for whole multiples of so many rows, but for the last.
  std::int64_t granularity() const { return transposed_ ? head_rows_ : 1; }
  /// The type all of it is stored in; encoded bytes may be copied when it is the wanted one.
  DType stored_dtype() const { return views_.front().dtype; }
  bool can_copy() const { return !transposed_; }

  void copy_row(std::int64_t row, std::byte* out) const;
  /// Rows [first, first + n) as float32, n ≤ granularity() when transposed.
  void read(std::int64_t first, std::int64_t n, float* out) const;
  /// The stored matrices, for giving their pages back.
  const std::vector<WeightView>& views() const { return views_; }

 private:
  std::pair<const WeightView*, std::int64_t> stored(std::int64_t row) const;

  std::vector<WeightView> views_;  // one, or one per expert
  RowOrder order_;
  std::int64_t n_rows_ = 0;
  std::int64_t n_cols_ = 0;
  // W_UK transposed per head, out of kv_b_proj: exported row (h, l) is column l of head h.
  bool transposed_ = false;
  std::int64_t head_rows_ = 0;    // exported rows per head: kv_lora_rank
  std::int64_t head_stride_ = 0;  // stored rows per head: nope + v
};

}  // namespace engine
