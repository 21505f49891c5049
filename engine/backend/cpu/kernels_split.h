// Products of BF16 weights with float32 activations on a unit that multiplies BF16: every
// activation becomes the sum of two BF16 values. Plain types only, as in kernels.h.
#pragma once

#include <cstdint>

#include "engine/backend/cpu/kernels.h"

namespace engine::kernels {

/// Activation rows that are split at a time.
constexpr std::int64_t kSplitTokens = 64;
/// Floats of scratch of a product of so many columns: a value's two halves, and a few tiles.
constexpr std::int64_t split_elements(std::int64_t cols) {
  return kSplitTokens * ((cols + 31) / 32 * 32) + 8 * 256;
}

/// An activation x is high + low, high = x rounded to BF16, low = x - high rounded to BF16: at most
/// 2^-17 of x is lost (values below 2^-126 count as zero). What is not finite, or would round to
/// infinity, is cut instead of rounded; an infinity or NaN has no low half. A product is defined
/// as, per output: for the blocks of 32 columns in order the sum of w · high is added, then that of
/// w · low, each summed as the unit does it; + bias at the end. So a row has the same bits whatever
/// else is in the call. An infinite weight meets low halves that are zero: its products are NaN.
struct SplitTable {
  const char* name;  // "AMX BF16"
  /// Rows that a product works on at once: calls should have whole groups of them.
  std::int64_t group_rows;
  /// out[t, j] = W[first_row + j]·x[t] (+ bias[j]), j < n_rows, t < n_x, for BF16. `scratch`:
  /// split_elements(w.cols) floats at a multiple of 64 bytes.
  void (*product)(const Weight& w, std::int64_t first_row, std::int64_t n_rows, const Rows& x,
                  std::int64_t n_x, const float* bias, const Out& out, float* scratch);
};

const SplitTable& amx_split();  // AVX-512 F and BW with AMX BF16

}  // namespace engine::kernels
