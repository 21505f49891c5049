// Scalar decoding of one stored weight row to float32. Stored bytes need not be aligned, hence the
// memcpy per element.
#include "engine/backend/weight_rows.h"

#include <cstring>

#include "engine/base/check.h"
#include "engine/tensor/quant_block.h"

namespace engine {

namespace {

template <class T>
T stored(const WeightView& w, std::int64_t row, std::int64_t col) {
  T value;
  std::memcpy(&value, w.data + (row * w.cols + col) * static_cast<std::int64_t>(sizeof(T)),
              sizeof(T));
  return value;
}

float element(const WeightView& w, std::int64_t row, std::int64_t col) {
  switch (w.dtype) {
    case DType::F32:
      return stored<float>(w, row, col);
    case DType::F16:
      return f16_to_float(stored<std::uint16_t>(w, row, col));
    case DType::BF16:
      return bf16_to_float(stored<std::uint16_t>(w, row, col));
    case DType::F8_E4M3:
      return f8_e4m3_to_float(stored<std::uint8_t>(w, row, col)) *
             w.scale_inv[row / 128 * w.scale_cols + col / 128];
    default:
      CHECK(is_weight_dtype(w.dtype));
      return 0.0F;
  }
}

}  // namespace

void decode_weight_row(const WeightView& w, std::int64_t row, float* out) {
  if (is_block_quantised(w.dtype)) {
    const std::int64_t n_blocks = w.cols / dtype_block(w.dtype).elements;
    decode_blocks(w.dtype, w.data + row * w.row_bytes(), n_blocks, out);
    return;
  }
  for (std::int64_t c = 0; c < w.cols; ++c) out[c] = element(w, row, c);
}

}  // namespace engine
