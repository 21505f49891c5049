// Scalar decoding of one stored weight row to float32: the definition every kernel's decoder must
// equal bit for bit. Used by reference and by tests.
#pragma once

#include <cstdint>

#include "engine/tensor/weight.h"

namespace engine {

/// out[c] = W[row, c] as float32, c in [0, w.cols). F8_E4M3 values are multiplied by the scale of
/// their 128×128 block in float32, as transformers dequantises them.
void decode_weight_row(const WeightView& w, std::int64_t row, float* out);

}  // namespace engine
