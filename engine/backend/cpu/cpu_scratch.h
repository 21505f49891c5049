// Scratch memory of the CPU backend: taken at load, so that ops allocate nothing. An op that needs
// more than was reserved (tests, tools without limits) grows it.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/backend/backend.h"
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
  ScratchArea panel;       // per thread: weight rows as float32
  ScratchArea strip;       // per thread: `up` products of one row block; expanded keys or values
  ScratchArea scores;      // per thread: 3 × kScoreRows rows of n_slots scores
  ScratchArea q_absorbed;  // [kTokenBlock, n_heads, kv_lora_rank]; the weighted latents afterwards
  ScratchArea inner;       // [n_pairs, width]: silu(gate) ⊙ up
  ScratchArea expert_out;  // [n_pairs, hidden]

  // The (token, choice) pairs of one MoE call, sorted by expert.
  std::vector<std::int32_t> pair_token;    // [n_pairs] sorted
  std::vector<std::int32_t> pair_of;       // [n_tokens, top_k] → place in the sorted list
  std::vector<std::int32_t> expert_begin;  // [n_experts + 1] into the sorted list
  std::vector<std::int32_t> expert_next;   // [n_experts]
  std::vector<std::int32_t> chosen;        // experts with at least one pair
  std::vector<RouterScratch> router;       // per thread

  Result<void> reserve(const BackendLimits& limits, std::int64_t n_threads);
};

/// Rows of weights decoded at a time: about kPanelElements, 4 to 64 rows.
constexpr std::int64_t kPanelElements = 64 * 1024;
constexpr std::int64_t kMaxPanelRows = 64;
/// Rows of scores a thread holds at once: heads of one token, or tokens of one head.
constexpr std::int64_t kScoreRows = 16;
/// Tokens whose absorbed queries are held at once.
constexpr std::int64_t kTokenBlock = 64;
/// Slots whose weighted latents are summed before they are added to the total: part of the defined
/// order of the sum, independent of everything else.
constexpr std::int64_t kSlotBlock = 256;

constexpr std::int64_t padded(std::int64_t n) { return (n + 15) / 16 * 16; }

std::int64_t panel_rows(std::int64_t n_cols);
std::int64_t panel_elements(std::int64_t n_cols);

}  // namespace engine
