// MLA attention over the latent cache (V2 §2.1): absorbed, the form the model runs in, and
// expanded. A token's rows depend only on its query and its slots, in one order of sums.
#include <algorithm>

#include "engine/backend/cpu/cpu_attend.h"
#include "engine/backend/cpu/cpu_attend_rounded.h"
#include "engine/backend/cpu/cpu_ops.h"

namespace engine {

namespace {

using kernels::Out;
using kernels::Rows;

std::int64_t q_head_dim(const MlaAttentionArgs& args) {
  return args.qk_nope_head_dim + args.qk_rope_head_dim;
}

std::int64_t head_rows(const MlaAttentionArgs& args) {
  return args.qk_nope_head_dim + args.v_head_dim;
}

/// W_UV's rows of one head, in either storage.
struct ValueRows {
  const WeightView& w;
  std::int64_t first;
};

ValueRows value_rows(const MlaAttentionArgs& args, std::int64_t head) {
  if (args.w_up.is_split()) return {args.w_up.w_uv, head * args.v_head_dim};
  return {args.w_up.w_ukv, head * head_rows(args) + args.qk_nope_head_dim};
}

const std::byte* row_bytes_at(const ValueRows& rows) {
  return rows.w.data + rows.first * rows.w.row_bytes();
}

Rows slots_from(ConstMatView cache, std::int64_t slot) {
  return {cache.row(slot), cache.stride, nullptr};
}

/// The scores of up to kScoreRows (token, head) rows in one thread's scratch.
struct ScoreRows {
  float* content;
  float* rope;
  float* weights;
  std::int64_t stride;

  ScoreRows(const CpuContext& cpu, int thread, std::int64_t n_slots) : stride(padded(n_slots)) {
    content = cpu.scratch.scores.part(thread);
    rope = content + kScoreRows * stride;
    weights = rope + kScoreRows * stride;
  }
};

/// Row r, with its raw products in content and rope, becomes softmax weights over n slots.
void finish_scores(const CpuContext& cpu, const MlaAttentionArgs& args, const ScoreRows& s,
                   std::int64_t r, std::int64_t n) {
  float* weights = s.weights + r * s.stride;
  cpu.kernels.scale_scores(s.content + r * s.stride, s.rope + r * s.stride, args.scale, n, weights);
  cpu.kernels.softmax(weights, n);
}

/// Copies row r, the scores of `head` over n slots, to the observer's rows.
void observe(const AttentionProbe& probe, const ScoreRows& s, std::int64_t r, std::int64_t head,
             std::int64_t n) {
  const auto copy = [&](const float* from, float* to) {
    if (to != nullptr) std::copy_n(from + r * s.stride, n, to + head * n);
  };
  copy(s.content, probe.content_scores);
  copy(s.rope, probe.rope_scores);
  copy(s.weights, probe.weights);
}

/// §7.3: q_absorbed[t, h] = q_nope[t, h]·W_UK[h] for n_tokens tokens from `first` on.
void absorb_query(const CpuContext& cpu, const MlaAttentionArgs& args, std::int64_t first,
                  std::int64_t n_tokens, std::int64_t head, int thread) {
  const std::int64_t rank = args.kv_lora_rank;
  const std::int64_t next = cpu.pool.likely_next(head, args.n_heads);
  const Out to{cpu.scratch.q_absorbed.part(0) + head * rank, args.n_heads * rank};
  const Rows q{args.q.row(first) + head * q_head_dim(args), args.q.stride, nullptr};
  if (args.w_up.is_split()) {
    product_block(cpu, thread, args.w_up.w_uk_t, head * rank, rank, q, n_tokens, nullptr, to,
                  next < args.n_heads ? row_bytes_at({args.w_up.w_uk_t, next * rank}) : nullptr);
    return;
  }
  float* panel = cpu.scratch.panel.part(thread);
  for (std::int64_t d = 0; d < args.qk_nope_head_dim; d += kAbsorbRows) {
    const std::int64_t n = std::min(kAbsorbRows, args.qk_nope_head_dim - d);
    cpu.kernels.decode_rows(kernel_weight(args.w_up.w_ukv), head * head_rows(args) + d, n, 0, rank,
                            {panel, padded(rank)});
    cpu.kernels.combine_rows({q.data + d, q.stride, nullptr}, n_tokens,
                             {panel, padded(rank), nullptr}, n, rank, d > 0, to);
  }
}

/// The absorbed form as rows over latents: a slot's latent is its key and its value.
AttendJob latent_job(const CpuContext& cpu, const MlaAttentionArgs& args, std::int64_t first,
                     MatView latents) {
  AttendJob job;
  job.n_heads = args.n_heads;
  job.scale = args.scale;
  job.first_position = args.first_position + first;
  job.key_dim = args.kv_lora_rank;
  job.rope_dim = args.qk_rope_head_dim;
  job.value_dim = args.kv_lora_rank;
  job.q = latents;
  job.q_head_stride = args.kv_lora_rank;
  job.q_rope = {args.q.row(first) + args.qk_nope_head_dim, latents.rows,
                args.q.cols - args.qk_nope_head_dim, args.q.stride};
  job.q_rope_head_stride = q_head_dim(args);
  job.keys = args.c_kv;
  job.rope_keys = args.k_rope;
  job.values = args.c_kv;
  job.out = latents;
  job.out_head_stride = args.kv_lora_rank;
  job.rounded =
      kept_elements(cpu.rounded_attention, args.w_up, args.kv_lora_rank, args.qk_rope_head_dim) > 0;
  job.kept = args.kept;
  if (!args.picked_slots.empty()) {
    job.picked_slots = args.picked_slots.data() + first * args.index_topk;
    job.index_topk = args.index_topk;
  }
  return job;
}

/// k_nope [n_slots, nope] = W_UK[head]·c of slots from `slot` on.
void expand_keys(const CpuContext& cpu, const MlaAttentionArgs& args, std::int64_t head,
                 std::int64_t slot, std::int64_t n_slots, float* keys, int thread) {
  const Rows latents = slots_from(args.c_kv, slot);
  const Out out{keys, args.qk_nope_head_dim};
  if (!args.w_up.is_split()) {
    product_block(cpu, thread, args.w_up.w_ukv, head * head_rows(args), args.qk_nope_head_dim,
                  latents, n_slots, nullptr, out, nullptr);
    return;
  }
  const std::int64_t stride = padded(args.qk_nope_head_dim);
  float* panel = cpu.scratch.panel.part(thread);
  for (std::int64_t l = 0; l < args.kv_lora_rank; l += kAbsorbRows) {
    const std::int64_t n = std::min(kAbsorbRows, args.kv_lora_rank - l);
    cpu.kernels.decode_rows(kernel_weight(args.w_up.w_uk_t), head * args.kv_lora_rank + l, n, 0,
                            args.qk_nope_head_dim, {panel, stride});
    cpu.kernels.combine_rows({latents.data + l, latents.stride, nullptr}, n_slots,
                             {panel, stride, nullptr}, n, args.qk_nope_head_dim, l > 0, out);
  }
}

/// §7.2 for up to kScoreRows tokens of one head: keys and values of a block of slots at a time.
void attend_expanded(const CpuContext& cpu, const MlaAttentionArgs& args,
                     const AttentionProbe* probe, std::int64_t token, std::int64_t n_tokens,
                     std::int64_t head, const MatView& out, int thread) {
  const std::int64_t n_slots = args.first_position + token + n_tokens;
  const ScoreRows s(cpu, thread, n_slots);
  float* block = cpu.scratch.strip.part(thread);
  const Rows q{args.q.row(token) + head * q_head_dim(args), args.q.stride, nullptr};
  const Rows q_rope{q.data + args.qk_nope_head_dim, q.stride, nullptr};
  const ValueRows w_uv = value_rows(args, head);
  for (std::int64_t slot = 0; slot < n_slots; slot += kSlotBlock) {
    const std::int64_t n = std::min(kSlotBlock, n_slots - slot);
    expand_keys(cpu, args, head, slot, n, block, thread);
    float_product(cpu, thread, {block, args.qk_nope_head_dim, nullptr}, n, args.qk_nope_head_dim, q,
                  n_tokens, {s.content + slot, s.stride});
  }
  float_product(cpu, thread, slots_from(args.k_rope, 0), n_slots, args.qk_rope_head_dim, q_rope,
                n_tokens, {s.rope, s.stride});
  for (std::int64_t t = 0; t < n_tokens; ++t) {
    const std::int64_t n = args.first_position + token + t + 1;
    finish_scores(cpu, args, s, t, n);
    if (probe != nullptr && probe->token_row == token + t) observe(*probe, s, t, head, n);
  }
  for (std::int64_t slot = 0; slot < n_slots; slot += kSlotBlock) {
    product_block(cpu, thread, w_uv.w, w_uv.first, args.v_head_dim, slots_from(args.c_kv, slot),
                  std::min(kSlotBlock, n_slots - slot), nullptr, {block, args.v_head_dim}, nullptr);
    for (std::int64_t t = 0; t < n_tokens; ++t) {
      const std::int64_t n = args.first_position + token + t + 1 - slot;
      if (n <= 0) continue;
      cpu.kernels.combine_rows({s.weights + t * s.stride + slot, 0, nullptr}, 1,
                               {block, args.v_head_dim, nullptr}, std::min(kSlotBlock, n),
                               args.v_head_dim, slot > 0,
                               {out.row(token + t) + head * args.v_head_dim, 0});
    }
  }
}

void ensure_rounding(const CpuContext& cpu, const MlaAttentionArgs& args) {
  const std::int64_t cols = std::max(args.kv_lora_rank, args.qk_nope_head_dim);
  cpu.scratch.rounded_block.ensure(cpu.pool.n_threads(), rounded_block_elements(cols));
}

void ensure_common(const CpuContext& cpu, const MlaAttentionArgs& args) {
  const std::int64_t n_threads = cpu.pool.n_threads();
  const std::int64_t n_slots = args.first_position + args.q.rows;
  cpu.scratch.scores.ensure(n_threads, 3 * kScoreRows * padded(n_slots));
  ensure_product_scratch(cpu, std::max(args.kv_lora_rank, args.qk_nope_head_dim));
  ensure_rounding(cpu, args);
  cpu.scratch.panel.ensure(
      n_threads, kAbsorbRows * padded(std::max(args.kv_lora_rank, args.qk_nope_head_dim)));
}

}  // namespace

// Block types round what they multiply: so does attention between two of their products.
std::int64_t kept_elements(const kernels::RoundedAttention* rounded, const LatentUpWeights& w_up,
                           std::int64_t rank, std::int64_t rope_dim) {
  const bool is_rounded = rounded != nullptr &&
                          reads_rounded(w_up.is_split() ? w_up.w_uk_t : w_up.w_ukv) &&
                          can_round(rank) && can_round(rope_dim);
  return is_rounded ? WholeCache::elements(1, rank, rope_dim) : 0;
}

void cpu_keep_latents(const CpuContext& cpu, ConstMatView c_kv, ConstMatView k_rope,
                      std::int64_t first_slot, const KeptLatents& kept) {
  round_slots(cpu, c_kv, k_rope, first_slot, {kept.data, kept.n_slots, c_kv.cols, k_rope.cols});
}

void cpu_absorbed_attention(const CpuContext& cpu, const MlaAttentionArgs& args,
                            const AttentionProbe* probe, MatView out) {
  ensure_product_scratch(cpu, std::max(args.kv_lora_rank, args.qk_nope_head_dim));
  ensure_rounding(cpu, args);
  cpu.scratch.panel.ensure(cpu.pool.n_threads(), kAbsorbRows * padded(args.kv_lora_rank));
  const std::int64_t rank = args.kv_lora_rank;
  const std::int64_t row = args.n_heads * rank;
  cpu.scratch.q_absorbed.ensure(1, std::min(args.q.rows, kTokenBlock) * row);
  float* latents = cpu.scratch.q_absorbed.part(0);
  for (std::int64_t first = 0; first < args.q.rows; first += kTokenBlock) {
    const std::int64_t n_tokens = std::min(kTokenBlock, args.q.rows - first);
    cpu.pool.run(args.n_heads, [&](std::int64_t head, int thread) {
      absorb_query(cpu, args, first, n_tokens, head, thread);
    });
    AttendJob job = latent_job(cpu, args, first, {latents, n_tokens, row, row});
    AttentionProbe observed;
    if (probe != nullptr && probe->token_row >= first && probe->token_row < first + n_tokens) {
      observed = *probe;
      observed.token_row -= first;
      job.probe = &observed;
    }
    const auto values = [&](std::int64_t head, std::int64_t next, int thread) {
      const ValueRows w_uv = value_rows(args, head);
      product_block(cpu, thread, w_uv.w, w_uv.first, args.v_head_dim,
                    {latents + head * rank, row, nullptr}, n_tokens, nullptr,
                    {out.row(first) + head * args.v_head_dim, out.stride},
                    next < args.n_heads ? row_bytes_at(value_rows(args, next)) : nullptr);
    };
    using Values = decltype(values);
    job.then = {[](const void* context, std::int64_t head, std::int64_t next, int thread) {
                  (*static_cast<const Values*>(context))(head, next, thread);
                },
                &values};
    cpu_attend(cpu, job);
  }
}

void cpu_expanded_attention(const CpuContext& cpu, const MlaAttentionArgs& args,
                            const AttentionProbe* probe, MatView out) {
  ensure_common(cpu, args);
  cpu.scratch.strip.ensure(cpu.pool.n_threads(),
                           kSlotBlock * std::max(args.qk_nope_head_dim, args.v_head_dim));
  const std::int64_t n_blocks = (args.q.rows + kScoreRows - 1) / kScoreRows;
  cpu.pool.run(args.n_heads * n_blocks, [&](std::int64_t chunk, int thread) {
    const std::int64_t token = chunk % n_blocks * kScoreRows;
    attend_expanded(cpu, args, probe, token, std::min(kScoreRows, args.q.rows - token),
                    chunk / n_blocks, out, thread);
  });
}

}  // namespace engine
