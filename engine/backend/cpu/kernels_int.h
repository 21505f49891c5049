// Products of ggml's block types with activations rounded to eight bits: the sums inside a
// sub-block are whole numbers, exact in any order. One table per instruction set, as kernels.h.
#pragma once

#include <cstdint>

#include "engine/backend/cpu/kernels.h"

namespace engine::kernels {

/// Activations are rounded in blocks of so many columns, one float32 scale each.
constexpr std::int64_t kRoundedBlock = 32;

/// One rounded row lies in one record of bytes: values int8 [cols], from scales_at() on the scales
/// float32 [cols / 32], then from sums_at() on the sums of 16 values each, int32 [cols / 16]. cols
/// is a multiple of 32.
constexpr std::int64_t scales_at(std::int64_t cols) { return (cols + 63) / 64 * 64; }
constexpr std::int64_t sums_at(std::int64_t cols) { return scales_at(cols) + cols / 32 * 4; }
constexpr std::int64_t record_bytes(std::int64_t cols) {
  return (sums_at(cols) + cols / 16 * 4 + 63) / 64 * 64;
}

/// Records of the same cols, one behind the other; row i is record index[i] where there is an
/// index.
struct RoundedRows {
  const unsigned char* data;
  std::int64_t cols;
  const std::int32_t* index;
};

/// Both functions give the same bits for a row whatever else is in the call. A product is defined
/// as, per output: acc = 0; for the sub-blocks of 32 or 16 columns in order: acc += (scale · Σ q·a
/// + min · Σ a) · activation scale, the sums in int32, the rest in float32 (fused where the
/// instruction set fuses); + bias at the end.
struct IntTable {
  const char* name;  // "AVX-512 VNNI"

  /// Rows that a product of many tokens works on at once: calls should have whole groups of them. A
  /// multiple of kRoundedBlock.
  std::int64_t group_rows;
  /// Columns [begin, end) of a row of `cols`, whole blocks, into its record: scale = max|x| / 127,
  /// value = x / scale to the nearest whole number, ties to even. A block with a NaN gets the scale
  /// NaN, with an infinity infinity, below 2^-100 zeros.
  void (*round_row)(const float* x, std::int64_t begin, std::int64_t end, std::int64_t cols,
                    unsigned char* record);
  /// out[t, j] = W[first_row + j]·x[t] (+ bias[j]), j < n_rows, t < n_x, for block types. `ahead`:
  /// bytes that this thread will probably read next, or null; they are prefetched.
  void (*product)(const Weight& w, std::int64_t first_row, std::int64_t n_rows,
                  const RoundedRows& x, std::int64_t n_x, const float* bias, const Out& out,
                  const unsigned char* ahead);
};

const IntTable& generic_ints();
const IntTable& avx2_ints();       // x86-64 only, like the following
const IntTable& avx2_vnni_ints();  // AVX2 with AVX-VNNI
const IntTable& avx512_ints();     // AVX-512 F, BW, DQ, VL
const IntTable& avx512_vnni_ints();
const IntTable& amx_ints();  // AVX-512 VNNI with AMX int8: the same bits as avx512_vnni_ints

}  // namespace engine::kernels
