// V3.2's lightning indexer: scores of every slot, then each token's best. Scores are made per block
// of kSlotBlock slots, heads added in order; a choice depends only on the token's own scores.
#include <algorithm>
#include <cmath>

#include "engine/backend/cpu/cpu_ops.h"

namespace engine {

namespace {

/// I[t, s] of up to kSlotBlock slots from `slot` on. A value that is not a number counts as the
/// worst, so that the choice stays defined.
void score_block(const CpuContext& cpu, const IndexerArgs& args, std::int64_t token,
                 std::int64_t slot, std::int64_t n, float* scores, int thread) {
  float* products = cpu.scratch.strip.part(thread);  // [n_heads, n]
  float_product(cpu, thread, {args.k.row(slot), args.k.stride, nullptr}, n, args.head_dim,
                {args.q.row(token), args.head_dim, nullptr}, args.n_heads, {products, kSlotBlock});
  std::fill_n(scores, n, 0.0F);
  for (std::int64_t h = 0; h < args.n_heads; ++h) {
    const float weight = args.weights.row(token)[h];
    const float* row = products + h * kSlotBlock;
    for (std::int64_t s = 0; s < n; ++s) scores[s] += weight * std::max(row[s], 0.0F);
  }
  for (std::int64_t s = 0; s < n; ++s) {
    if (std::isnan(scores[s])) scores[s] = -INFINITY;
  }
}

/// The top_k best of n scores, ascending, ties to the lower slot.
void choose(const float* scores, std::int64_t n, std::int64_t top_k, float* sorted,
            std::int32_t* picked) {
  const std::int64_t k = std::min(n, top_k);
  std::fill_n(picked, top_k, -1);
  std::copy_n(scores, n, sorted);
  std::nth_element(sorted, sorted + (k - 1), sorted + n, std::greater<>());
  const float least = sorted[k - 1];
  std::int64_t n_ties =
      k - std::count_if(scores, scores + n, [least](float s) { return s > least; });
  for (std::int64_t s = 0; s < n; ++s) {
    if (scores[s] < least || (scores[s] == least && n_ties-- <= 0)) continue;
    *picked++ = static_cast<std::int32_t>(s);
  }
}

}  // namespace

void cpu_index_slots(const CpuContext& cpu, const IndexerArgs& args, std::span<std::int32_t> picked,
                     std::span<float> scores) {
  const std::int64_t n_threads = cpu.pool.n_threads();
  const std::int64_t stride = padded(args.first_position + args.q.rows);
  const std::int64_t n_blocks = (args.first_position + args.q.rows + kSlotBlock - 1) / kSlotBlock;
  cpu.scratch.index_scores.ensure(1, std::min(args.q.rows, kTokenBlock) * stride);
  cpu.scratch.strip.ensure(n_threads, args.n_heads * kSlotBlock);
  cpu.scratch.scores.ensure(n_threads, stride);
  ensure_product_scratch(cpu, 0);  // no stored weights
  float* all = cpu.scratch.index_scores.part(0);
  for (std::int64_t first = 0; first < args.q.rows; first += kTokenBlock) {
    const std::int64_t n_tokens = std::min(kTokenBlock, args.q.rows - first);
    cpu.pool.run(n_tokens * n_blocks, [&](std::int64_t chunk, int thread) {
      const std::int64_t t = chunk / n_blocks;
      const std::int64_t slot = chunk % n_blocks * kSlotBlock;
      const std::int64_t n = std::min(kSlotBlock, args.first_position + first + t + 1 - slot);
      if (n <= 0) return;
      score_block(cpu, args, first + t, slot, n, all + t * stride + slot, thread);
    });
    cpu.pool.run(n_tokens, [&](std::int64_t t, int thread) {
      choose(all + t * stride, args.first_position + first + t + 1, args.top_k,
             cpu.scratch.scores.part(thread), picked.data() + (first + t) * args.top_k);
    });
    if (!scores.empty() && first + n_tokens == args.q.rows) {
      std::copy_n(all + (n_tokens - 1) * stride, scores.size(), scores.begin());
    }
  }
}

}  // namespace engine
