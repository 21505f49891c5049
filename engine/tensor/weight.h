// A weight matrix in its stored format, and float32 activation views. Plain views: whoever hands
// them out owns the memory.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/tensor/dtype.h"

namespace engine {

/// A stored weight matrix [rows = out features, cols = in features], row-major; y = W·x.
/// `data` need not be aligned (safetensors promises none). In backend memory once `Backend::place`
/// returned it.
struct WeightView {
  const std::byte* data = nullptr;
  DType dtype = DType::F32;
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  /// F8_E4M3 only: multipliers [ceil(rows/128), ceil(cols/128)]; W[r,c] = fp8(r,c) ·
  /// scale_inv[r/128, c/128].
  const float* scale_inv = nullptr;
  std::int64_t scale_cols = 0;

  bool empty() const { return data == nullptr; }
  /// Rows are whole blocks: cols is a multiple of the dtype's block.
  std::int64_t row_bytes() const { return dtype_bytes(dtype, cols); }
  std::int64_t bytes() const { return rows * row_bytes(); }
};

/// Float32 activations [rows, cols], rows `stride` elements apart, in backend memory.
struct MatView {
  float* data = nullptr;
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  std::int64_t stride = 0;

  float* row(std::int64_t r) const { return data + r * stride; }
};

struct ConstMatView {
  const float* data = nullptr;
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  std::int64_t stride = 0;

  ConstMatView() = default;
  ConstMatView(const float* d, std::int64_t r, std::int64_t c, std::int64_t s)
      : data(d), rows(r), cols(c), stride(s) {}
  ConstMatView(const MatView& m)
      : data(m.data),
        rows(m.rows),
        cols(m.cols),
        stride(m.stride) {}  // NOLINT(google-explicit-constructor): a mutable view is a view
  const float* row(std::int64_t r) const { return data + r * stride; }
};

/// The three matrices of one SwiGLU block: down( silu(gate·x) ⊙ (up·x) ).
struct MlpWeights {
  WeightView gate;  // [width, hidden]
  WeightView up;    // [width, hidden]
  WeightView down;  // [hidden, width]
};

}  // namespace engine
