// Attention over latents in whole numbers, for models in block types, whose products round their
// activations anyway: the routines of one instruction set. Plain types only, as in kernels.h.
#pragma once

#include <cstdint>

namespace engine::kernels {

/// Queries and latents become whole numbers up to kRoundedPeak with one float32 scale a row, the
/// softmax weights of a block of 64 slots, multiplied by the slots' scales, such up to
/// kRoundedWeight with one scale a row. The sums of 32 products of a score and of 64 of a weighted
/// sum are then exact in 32 bits.
constexpr float kRoundedPeak = 8191.0F;
constexpr float kRoundedWeight = 4095.0F;
/// Rows are so wide at most (a thread's scratch), and a multiple of kRoundedStep.
constexpr std::int64_t kMaxRoundedDim = 512;
constexpr std::int64_t kRoundedStep = 32;

/// Rows of whole numbers `dim` wide, one behind the other, row i worth scales[i] a unit.
struct WholeRows {
  std::int16_t* data;
  float* scales;
  std::int64_t dim;
};

/// At most 64 slots as turn_rows left them.
struct TurnedSlots {
  const std::int32_t* columns;
  const float* scales;
  std::int64_t n_slots;
};

/// Memory that will probably be read next.
struct Fetch {
  const unsigned char* at = nullptr;
  const unsigned char* end = nullptr;
};

struct RoundedAttention {
  /// One row into row `i`: scale = max|x| / kRoundedPeak, value = x / scale to the nearest whole
  /// number, ties to even. What is not finite makes the scale so; below 2^-100 all is zero. `ahead`
  /// floats behind x memory is prefetched.
  void (*round_row)(const float* x, std::int64_t ahead, std::int64_t i, const WholeRows& to);
  /// Rows 2j and 2j + 1 column by column beside each other, as combine reads them.
  void (*pair_rows)(const WholeRows& rows, std::int64_t n_rows, std::int16_t* pairs);
  /// At most 64 rows → columns [dim / 2, 64]: two values of each row beside those of the next.
  void (*turn_rows)(const WholeRows& rows, std::int64_t n_rows, std::int32_t* columns);
  /// out[r·stride + j] = q[r]·slot j, slots as turn_rows left them: the sums of 32 columns, exact,
  /// added in order as float32, then times both scales. Writes whole vectors up to 64 slots.
  void (*scores)(const WholeRows& q, std::int64_t first_row, std::int64_t n_rows,
                 const TurnedSlots& slots, float* out, std::int64_t stride, Fetch ahead);
  /// weights[j] · scales[j] of n ≤ 64 slots → whole numbers, zeros up to 64; returns their scale.
  float (*round_weights)(const float* weights, const float* scales, std::int64_t n,
                         std::int16_t* out);
  /// sums[r] = factors[r]·sums[r] + scales[r] · Σ_j weights[64r + j]·values[j], values as pair_rows
  /// left them; a factor 0 reads no sums.
  void (*combine)(const std::int16_t* weights, const float* scales, const float* factors,
                  std::int64_t n_rows, const std::int16_t* pairs, std::int64_t n_slots,
                  std::int64_t dim, float* sums, std::int64_t sums_stride);
};

const RoundedAttention& avx512_vnni_attention();  // x86-64 only

}  // namespace engine::kernels
