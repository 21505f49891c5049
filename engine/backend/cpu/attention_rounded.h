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
/// Query rows that are turned together: one a lane.
constexpr std::int64_t kTurnedRows = 16;

/// Words from one group of turned rows to the next. AVX-512 reads the first dim / 2 · kTurnedRows
/// of them; the tile unit's order has half as many zeros between them.
constexpr std::int64_t turned_words(std::int64_t dim) { return (3 * dim / kRoundedStep + 1) * 128; }

/// Query rows in groups of kTurnedRows, as turn_rows leaves them; row r is worth scales[r] a unit.
struct TurnedRows {
  std::int32_t* words;
  float* scales;
  std::int64_t dim;
};

/// Cached slots in whole numbers, a row each as round_row leaves it, row j worth scales[j] a unit.
/// While scores are made the rows `ahead` rows further on are asked for.
struct WholeSlots {
  const std::int16_t* data;
  std::int64_t stride;
  const float* scales;
  std::int64_t n_slots;
  std::int64_t ahead = 0;
};

/// Slots of one call at most.
constexpr std::int64_t kWholeBlock = 64;
/// Scores of a group of kTurnedRows rows: [kWholeBlock, kTurnedRows], a row a lane.
constexpr std::int64_t kGroupScores = kWholeBlock * kTurnedRows;

/// The running softmax of one group of rows, a row a lane: `largest` and `total` as SoftmaxState's.
struct SoftGroup {
  float* largest;
  float* total;
  float* factors;         // out: what a row's earlier sums are to be multiplied with
  std::int16_t* weights;  // out: [kTurnedRows, kWholeBlock] whole numbers, zeros behind the slots
  float* weight_scales;   // out
};

/// A rounded row takes two bytes a column in every table, whose order is the table's own: AVX-512
/// has 16-bit numbers, the tile unit the bytes of 32 of them beside each other. The numbers are the
/// same, and so is every bit of what comes out.
struct RoundedAttention {
  /// scale = max|x| / kRoundedPeak, value = x / scale to the nearest whole number, ties to even.
  /// What is not finite makes the scale so; below 2^-100 all is zero.
  void (*round_row)(const float* x, std::int64_t dim, std::int16_t* row, float* scale);
  /// At most kTurnedRows rows, one behind the other → their group of TurnedRows.
  void (*turn_rows)(const std::int16_t* rows, std::int64_t n_rows, std::int64_t dim,
                    std::int32_t* words);
  /// Scores of groups [first, first + n) into out + group·kGroupScores: a row's sums of 32 columns,
  /// exact, added in order as float32, then times both scales.
  void (*scores)(const TurnedRows& q, std::int64_t first, std::int64_t n, const WholeSlots& slots,
                 float* out);
  /// A group's softmax with the bits of AttentionTable::soften: content and rope are scaled in
  /// place, the weights, times the slots' scales, become whole numbers.
  void (*soften)(float* content, float* rope, float scale, const WholeSlots& slots,
                 const SoftGroup& group);
  /// sums[r] = factors[r]·sums[r] + scales[r] · Σ_j weights[64r + j]·slot j, dim columns of it; a
  /// factor 0 reads no sums.
  void (*combine)(const std::int16_t* weights, const float* scales, const float* factors,
                  std::int64_t n_rows, const WholeSlots& slots, std::int64_t dim, float* sums,
                  std::int64_t sums_stride);
};

const RoundedAttention& avx512_vnni_attention();  // x86-64 only, like the following
const RoundedAttention& amx_attention();          // AVX-512 VNNI with AMX int8

}  // namespace engine::kernels
