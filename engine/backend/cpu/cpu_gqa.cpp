// Grouped-query attention over cached keys and values. One chunk is a block of tokens times query
// heads of one KV head: they share the keys and values it reads. A token's rows depend only on its
// query and its slots: weighted sums per block of kSlotBlock slots from its first slot on.
#include <algorithm>
#include <limits>

#include "engine/backend/cpu/cpu_ops.h"

namespace engine {

namespace {

using kernels::Rows;

/// Tokens [token, token + n_tokens) times query heads [head, head + n_heads) of one KV head; row
/// t·n_heads + h of the scratch is token t, head h.
struct Block {
  std::int64_t token, n_tokens, head, n_heads;
};

/// Slots a token reads: [first, end).
struct Slots {
  std::int64_t first, end;
  std::int64_t count() const { return end - first; }
};

Slots slots_of(const GqaAttentionArgs& args, std::int64_t token) {
  const std::int64_t end = args.first_position + token + 1;
  return {args.window > 0 ? std::max<std::int64_t>(end - args.window, 0) : 0, end};
}

Rows kv_rows(const GqaAttentionArgs& args, ConstMatView cache, std::int64_t head,
             std::int64_t slot) {
  const std::int64_t kv_head = head * args.n_kv_heads / args.n_heads;
  return {cache.row(slot) + kv_head * args.head_dim, cache.stride, nullptr};
}

/// Copies the block's query heads side by side: [n_tokens · n_heads, head_dim].
void gather_queries(const GqaAttentionArgs& args, const Block& block, float* to) {
  const std::int64_t n = block.n_heads * args.head_dim;
  for (std::int64_t t = 0; t < block.n_tokens; ++t) {
    to = std::copy_n(args.q.row(block.token + t) + block.head * args.head_dim, n, to);
  }
}

/// One head's row over the token's slots, with what the window hides before it.
void observe_row(const float* from, const Slots& slots, float hidden, std::int64_t head,
                 float* rows) {
  if (rows == nullptr) return;
  float* row = rows + head * slots.end;
  std::fill_n(row, slots.first, hidden);
  std::copy_n(from, slots.count(), row + slots.first);
}

void attend_block(const CpuContext& cpu, const GqaAttentionArgs& args, const AttentionProbe* probe,
                  const Block& block, const MatView& out, int thread) {
  const std::int64_t dim = args.head_dim;
  const std::int64_t begin = slots_of(args, block.token).first;
  const std::int64_t n_slots = slots_of(args, block.token + block.n_tokens - 1).end - begin;
  const std::int64_t stride = padded(n_slots);
  float* scores = cpu.scratch.scores.part(thread);
  float* weights = scores + kScoreRows * stride;
  float* queries = cpu.scratch.strip.part(thread);
  gather_queries(args, block, queries);
  float_product(cpu, thread, kv_rows(args, args.k, block.head, begin), n_slots, dim,
                {queries, dim, nullptr}, block.n_tokens * block.n_heads, {scores, stride});
  for (std::int64_t t = 0; t < block.n_tokens; ++t) {
    const Slots slots = slots_of(args, block.token + t);
    float* token_weights = weights + t * block.n_heads * stride;
    for (std::int64_t h = 0; h < block.n_heads; ++h) {
      float* score = scores + (t * block.n_heads + h) * stride + (slots.first - begin);
      float* weight = token_weights + h * stride;
      for (std::int64_t i = 0; i < slots.count(); ++i) weight[i] = score[i] *= args.scale;
      cpu.kernels.softmax(weight, slots.count());
      if (probe == nullptr || probe->token_row != block.token + t) continue;
      constexpr float kUnseen = -std::numeric_limits<float>::infinity();
      observe_row(score, slots, kUnseen, block.head + h, probe->content_scores);
      observe_row(weight, slots, 0.0F, block.head + h, probe->weights);
    }
    for (std::int64_t slot = slots.first; slot < slots.end; slot += kSlotBlock) {
      cpu.kernels.combine_rows({token_weights + (slot - slots.first), stride, nullptr},
                               block.n_heads, kv_rows(args, args.v, block.head, slot),
                               std::min(kSlotBlock, slots.end - slot), dim, slot > slots.first,
                               {out.row(block.token + t) + block.head * dim, dim});
    }
  }
}

}  // namespace

void cpu_gqa_attention(const CpuContext& cpu, const GqaAttentionArgs& args,
                       const AttentionProbe* probe, MatView out) {
  const std::int64_t n_threads = cpu.pool.n_threads();
  const std::int64_t n_slots = args.first_position + args.q.rows;
  cpu.scratch.scores.ensure(n_threads, 2 * kScoreRows * padded(n_slots));
  cpu.scratch.strip.ensure(n_threads, kScoreRows * args.head_dim);
  ensure_product_scratch(cpu);
  const std::int64_t group = args.n_heads / args.n_kv_heads;
  const std::int64_t heads = std::min(group, kScoreRows);
  const std::int64_t tokens = kScoreRows / heads;
  const std::int64_t head_blocks = (group + heads - 1) / heads;
  const std::int64_t token_blocks = (args.q.rows + tokens - 1) / tokens;
  cpu.pool.run(token_blocks * args.n_kv_heads * head_blocks, [&](std::int64_t chunk, int thread) {
    const std::int64_t token = chunk % token_blocks * tokens;
    const std::int64_t kv_head = chunk / token_blocks / head_blocks;
    const std::int64_t in_group = chunk / token_blocks % head_blocks * heads;
    const Block block{token, std::min(tokens, args.q.rows - token), kv_head * group + in_group,
                      std::min(heads, group - in_group)};
    attend_block(cpu, args, probe, block, out, thread);
  });
}

}  // namespace engine
