// Scratch memory of the CPU backend: taken at load, so that ops allocate nothing. An op that needs
// more than was reserved (tests, tools without limits) grows it.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/backend/cpu/kernels.h"
#include "engine/backend/picked_slots.h"
#include "engine/backend/router.h"

namespace engine {

/// One growing block per part; parts are threads, or there is one part.
class ScratchArea {
 public:
  Result<void> reserve(std::int64_t n_parts, std::int64_t n_elements);
  /// reserve() that cannot fail: ends the process when the memory of an unreserved op is not there.
  void ensure(std::int64_t n_parts, std::int64_t n_elements);
  float* part(std::int64_t i) const { return buffer_.data() + i * part_elements_; }

 private:
  Buffer buffer_;
  std::int64_t n_parts_ = 0;
  std::int64_t part_elements_ = 0;
};

struct CpuScratch {
  ScratchArea panel;  // per thread: a block of weights as float32
  ScratchArea carry;  // per thread: accumulators between blocks of columns
  ScratchArea
      strip;  // per thread: gate and `up` products of one row block; expanded keys or values
  ScratchArea scores;      // per thread: 3 × kScoreRows rows of n_slots scores
  ScratchArea q_absorbed;  // [kTokenBlock, n_heads, kv_lora_rank]; the weighted latents afterwards
  ScratchArea index_scores;   // [kTokenBlock, n_slots]: the indexer's scores
  ScratchArea attend;         // per thread: scores and sums of a tile of attention rows
  ScratchArea whole_slots;    // a job's slots in whole numbers, where none are kept; not reserved
  ScratchArea span_sums;      // sums of spans of slots before they are joined
  ScratchArea inner;          // [n_pairs, width]: silu(gate) ⊙ up
  ScratchArea expert_out;     // [n_pairs, hidden]
  ScratchArea split;          // per thread: activations as two BF16 values (kernels_split.h)
  ScratchArea rounded;        // records of the activations of one product (kernels_int.h)
  ScratchArea rounded_block;  // per thread: records of the rows product_block reads
  ScratchArea rounded_inner;  // records of [n_pairs, width]

  // The (token, choice) pairs of one MoE call, sorted by expert.
  std::vector<std::int32_t> pair_token;    // [n_pairs] sorted
  std::vector<std::int32_t> pair_of;       // [n_tokens, top_k] → place in the sorted list
  std::vector<std::int32_t> expert_begin;  // [n_experts + 1] into the sorted list
  std::vector<std::int32_t> expert_next;   // [n_experts]
  std::vector<std::int32_t> chosen;        // experts with at least one pair
  std::vector<RouterScratch> router;       // per thread
  PickedScratch picked;                    // one token's picked slots

  Result<void> reserve(const BackendLimits& limits, std::int64_t n_threads);
  /// Besides, for instruction sets with split products.
  Result<void> reserve_split(const BackendLimits& limits, std::int64_t n_threads);
};

/// Tokens whose accumulators wait between two blocks of columns (kernels::Table::panel).
constexpr std::int64_t kCarryTokens = 128;
constexpr std::int64_t kCarryElements = kCarryTokens * kernels::kPanelRows * 16;
/// A little longer than kPanelCols: rows 2 KiB apart would share cache sets.
constexpr std::int64_t kPanelStride = kernels::kPanelCols + 16;
constexpr std::int64_t kPanelElements = kernels::kPanelRows * kPanelStride;
/// Rows of scores a thread holds at once: heads of one token, or tokens of one head.
constexpr std::int64_t kScoreRows = 16;
/// Tokens whose absorbed queries are held at once.
constexpr std::int64_t kTokenBlock = 128;
/// Slots whose weighted latents are summed before they are added to the total: part of the defined
/// order of the sum, independent of everything else.
constexpr std::int64_t kSlotBlock = 256;

/// Weight rows per chunk of a split product at most: splitting the tokens, which every chunk does
/// again, is to be the smaller part of it.
constexpr std::int64_t kSplitRows = 256;

/// Rows of W_UK absorbed into the query at a time; part of the defined order like kSlotBlock.
constexpr std::int64_t kAbsorbRows = 32;

constexpr std::int64_t padded(std::int64_t n) { return (n + 15) / 16 * 16; }

}  // namespace engine
