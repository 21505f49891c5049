// Scalar decoding of one stored weight row to float32. Stored bytes need not be aligned, hence the
// memcpy per element.
#include "engine/backend/weight_rows.h"

#include <array>
#include <cstring>

#include "engine/base/check.h"
#include "engine/tensor/quant_block.h"

namespace engine {

namespace {

template <class T>
T stored(const std::byte* row, std::int64_t col) {
  T value;
  std::memcpy(&value, row + col * static_cast<std::int64_t>(sizeof(T)), sizeof(T));
  return value;
}

void decode_f8_row(const WeightView& w, std::int64_t row, float* out) {
  std::array<float, 256> values{};
  for (std::size_t bits = 0; bits < values.size(); ++bits) {
    values[bits] = f8_e4m3_to_float(static_cast<std::uint8_t>(bits));
  }
  const std::byte* from = w.data + row * w.cols;
  const float* scales = w.scale_inv + row / 128 * w.scale_cols;
  for (std::int64_t c = 0; c < w.cols; ++c) {
    out[c] = values[stored<std::uint8_t>(from, c)] * scales[c / 128];
  }
}

}  // namespace

void decode_weight_row(const WeightView& w, std::int64_t row, float* out) {
  const std::byte* from = w.data + row * w.row_bytes();
  switch (w.dtype) {
    case DType::F32:
      std::memcpy(out, from, static_cast<std::size_t>(w.cols) * sizeof(float));
      return;
    case DType::F16:
      for (std::int64_t c = 0; c < w.cols; ++c) {
        out[c] = f16_to_float(stored<std::uint16_t>(from, c));
      }
      return;
    case DType::BF16:
      for (std::int64_t c = 0; c < w.cols; ++c) {
        out[c] = bf16_to_float(stored<std::uint16_t>(from, c));
      }
      return;
    case DType::F8_E4M3:
      return decode_f8_row(w, row, out);
    default:
      CHECK(is_block_quantised(w.dtype));
      return decode_blocks(w.dtype, from, w.cols / dtype_block(w.dtype).elements, out);
  }
}

}  // namespace engine
