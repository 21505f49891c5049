// Attention over the slots V3.2's indexer picked: each token's slots are gathered side by side,
// then attended to as if they were all there is. Shared by reference and cpu.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "engine/backend/backend.h"

namespace engine {

/// Working memory, kept between calls so that a decode step allocates nothing.
struct PickedScratch {
  std::vector<float> c_kv;    // [n_picked, kv_lora_rank]
  std::vector<float> k_rope;  // [n_picked, qk_rope_head_dim]
  std::vector<float> rows;    // three times [n_heads, n_picked]: the observed token's numbers
};

/// The slots of token row t, ascending.
std::span<const std::int32_t> picked_slots_of(const MlaAttentionArgs& args, std::int64_t t);

/// The arguments of one token alone over its gathered slots.
MlaAttentionArgs gather_picked(const MlaAttentionArgs& args, std::int64_t t,
                               PickedScratch* scratch);

/// Puts gathered rows [n_heads, n_picked] where they belong in rows [n_heads, n_slots]; the other
/// slots get `absent`. Nothing happens for a null `to`.
void spread_rows(const float* from, std::span<const std::int32_t> slots, std::int64_t n_heads,
                 std::int64_t n_slots, float absent, float* to);

/// Runs attend(args, probe, out) for each token alone. A token that may read every slot gives the
/// same bits as without picks: gathering changes addresses, not values or their order.
template <class Attend>
void attend_picked(const MlaAttentionArgs& args, const AttentionProbe* probe, MatView out,
                   PickedScratch* scratch, const Attend& attend) {
  for (std::int64_t t = 0; t < args.q.rows; ++t) {
    const std::span<const std::int32_t> slots = picked_slots_of(args, t);
    const MlaAttentionArgs one = gather_picked(args, t, scratch);
    const MatView row{out.row(t), 1, out.cols, out.stride};
    if (probe == nullptr || probe->token_row != t) {
      attend(one, nullptr, row);
      continue;
    }
    const auto n = static_cast<std::size_t>(args.n_heads) * slots.size();
    scratch->rows.resize(3 * n);
    float* rows = scratch->rows.data();
    const AttentionProbe gathered{0, rows, rows + n, rows + 2 * n};
    attend(one, &gathered, row);
    constexpr float kAbsent = -std::numeric_limits<float>::infinity();
    const std::int64_t n_slots = args.first_position + t + 1;
    spread_rows(gathered.weights, slots, args.n_heads, n_slots, 0.0F, probe->weights);
    spread_rows(gathered.content_scores, slots, args.n_heads, n_slots, kAbsent,
                probe->content_scores);
    spread_rows(gathered.rope_scores, slots, args.n_heads, n_slots, kAbsent, probe->rope_scores);
  }
}

}  // namespace engine
