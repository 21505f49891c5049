// CudaBackend: attention of both kinds and V3.2's indexer.
#include <algorithm>
#include <string>

#include "engine/backend/cuda/cuda_backend.h"

namespace engine::cuda {

namespace {

// Up to this many tokens the runs of slots go side by side, to fill the GPU; more tokens do that by
// themselves. The bits are the same.
constexpr std::int64_t kSideBySideTokens = 4;

void to_host_row(Device& device, float* host, const float* from, std::int64_t n) {
  if (host != nullptr) device.to_host(host, from, n * static_cast<std::int64_t>(sizeof(float)));
}

}  // namespace

// Scratch, the launches, and the observed token's rows.
void CudaBackend::attend(AttentionArgs args, const AttentionProbe* probe, bool has_rope) {
  args.moved = moved();
  const std::int64_t last =
      args.moved != nullptr ? step_.limit : args.first_position + args.n_tokens;
  std::int64_t most = args.picked != nullptr ? std::min(last, args.picked_stride) : last;
  if (args.window > 0) {  // it may begin inside a span
    most = std::min(most, args.window + args.n_tokens - 1 + 4 * kSplitSlots - 1);
  }
  args.side_by_side = args.n_tokens <= kSideBySideTokens;
  args.n_splits = args.side_by_side ? (most + kSplitSlots - 1) / kSplitSlots : 1;
  args.n_multiprocessors = device_.properties().n_multiprocessors;
  const std::int64_t heads = args.n_tokens * args.n_heads;
  if (!attention_fits(args)) {
    fail_op("attention on the GPU: " + std::to_string(args.key_dim) + " columns of keys, " +
            std::to_string(args.rope_dim) + " of rotary keys and " +
            std::to_string(args.value_dim) +
            " of values are more than its kernels hold; choose the CPU");
    return;
  }
  if (args.side_by_side) {
    args.partial = scratch<float>(ScratchKind::Partial, heads * args.n_splits * args.value_dim);
    args.partial_max = scratch<float>(ScratchKind::PartialMax, heads * args.n_splits);
    args.partial_sum = scratch<float>(ScratchKind::PartialSum, heads * args.n_splits);
  }
  args.totals = scratch<float>(ScratchKind::Totals, heads * 2);
  std::int64_t n_probed = 0;
  if (probe != nullptr) {
    if (!may_wait()) return;
    n_probed = args.n_heads * (args.first_position + probe->token_row + 1);
    float* rows = scratch<float>(ScratchKind::Probe, 3 * n_probed);
    args.probe_row = probe->token_row;
    args.probe_weights = rows;
    args.probe_content = rows + n_probed;
    args.probe_rope = has_rope ? rows + 2 * n_probed : nullptr;
  }
  if (!usable()) return;
  launch_attention(args, device_.stream());
  after_launch("attention");
  if (probe == nullptr) return;
  to_host_row(device_, probe->weights, args.probe_weights, n_probed);
  to_host_row(device_, probe->content_scores, args.probe_content, n_probed);
  if (has_rope) to_host_row(device_, probe->rope_scores, args.probe_rope, n_probed);
  device_.synchronize();
}

// q_nope · W_UK per head: [n_tokens, n_heads, kv_lora_rank].
float* CudaBackend::absorbed_queries(const MlaAttentionArgs& args) {
  const std::int64_t n = args.q.rows;
  const std::int64_t q_dim = args.qk_nope_head_dim + args.qk_rope_head_dim;
  float* absorbed = scratch<float>(ScratchKind::Absorbed, n * args.n_heads * args.kv_lora_rank);
  if (!usable()) return absorbed;
  if (!args.w_up.is_split()) {
    flush();
    launch_absorb(
        {placed(args.w_up.w_ukv), n, args.n_heads, args.qk_nope_head_dim + args.v_head_dim,
         args.qk_nope_head_dim, args.q.data, args.q.stride, q_dim, absorbed},
        device_.stream());
    after_launch("absorb");
    return absorbed;
  }
  Terms terms;
  terms.padded_cols = round_up(args.qk_nope_head_dim, kTermPadding);
  terms.data =
      scratch<std::uint16_t>(ScratchKind::HeadTerms, n * args.n_heads * 2 * terms.padded_cols);
  if (!usable()) return absorbed;
  split_parts(args.q,
              {{args.q.data, n, args.qk_nope_head_dim, args.q.stride}, args.n_heads, q_dim, terms});
  MatmulArgs product;
  product.weight = placed(args.w_up.w_uk_t);
  product.x = terms;
  product.n_rows = n;
  product.out = {absorbed, n, args.n_heads * args.kv_lora_rank, args.n_heads * args.kv_lora_rank};
  product.n_batches = args.n_heads;
  product.batch_rows = args.kv_lora_rank;
  product.batch_count = args.kv_lora_rank;
  product.tile_rows = n <= 2 * kFewRows ? kFewRows : kManyRows;
  launch_matmul(product, device_.stream());
  after_launch("absorb");
  return absorbed;
}

// As index_slots left them, or from the host.
const std::int32_t* CudaBackend::slots_on_device(std::span<const std::int32_t> slots) {
  if (picked_.slots != nullptr && slots.data() == picked_.host.data() &&
      slots.size() == picked_.host.size()) {
    return picked_.slots;
  }
  auto* picked = scratch<std::int32_t>(ScratchKind::Picked, extent(slots.size()));
  if (may_wait() && usable()) device_.to_device(picked, slots.data(), extent(slots.size_bytes()));
  return picked;
}

// Both forms run absorbed: they are the same numbers, and one path keeps the bits one.
void CudaBackend::do_mla_attention(const MlaAttentionArgs& args, AttentionForm,
                                   const AttentionProbe* probe, MatView out) {
  const std::int64_t n = args.q.rows;
  if (!usable() || n == 0) return;
  AttentionArgs a;
  a.n_tokens = n;
  a.n_heads = a.heads_per_kv = args.n_heads;
  a.key_dim = a.value_dim = args.kv_lora_rank;
  a.rope_dim = args.qk_rope_head_dim;
  a.scale = args.scale;
  a.first_position = args.first_position;
  a.q = absorbed_queries(args);
  a.q_token_stride = args.n_heads * args.kv_lora_rank;
  a.q_head_stride = args.kv_lora_rank;
  a.q_rope = args.q.data + args.qk_nope_head_dim;
  a.q_rope_token_stride = args.q.stride;
  a.q_rope_head_stride = args.qk_nope_head_dim + args.qk_rope_head_dim;
  a.k = a.v = args.c_kv.data;
  a.k_stride = a.v_stride = args.c_kv.stride;
  a.k_rope = args.k_rope.data;
  a.k_rope_stride = args.k_rope.stride;
  if (!args.picked_slots.empty()) {
    a.picked = slots_on_device(args.picked_slots);
    a.picked_stride = args.index_topk;
    if (!usable()) return;
  }
  a.out_terms.padded_cols = round_up(args.kv_lora_rank, kTermPadding);
  a.out_terms.data = scratch<std::uint16_t>(ScratchKind::HeadTerms,
                                            n * args.n_heads * 2 * a.out_terms.padded_cols);
  if (!usable()) return;
  attend(a, probe, true);

  // out[t, h] = W_UV[h] · (weighted latent of t, h)
  MatmulArgs up;
  up.weight = placed(args.w_up.is_split() ? args.w_up.w_uv : args.w_up.w_ukv);
  up.x = a.out_terms;
  up.n_rows = n;
  up.out = rows_of(out);
  up.n_batches = args.n_heads;
  up.batch_rows = args.w_up.is_split() ? args.v_head_dim : args.qk_nope_head_dim + args.v_head_dim;
  up.batch_first = args.w_up.is_split() ? 0 : args.qk_nope_head_dim;
  up.batch_count = args.v_head_dim;
  up.tile_rows = n <= 2 * kFewRows ? kFewRows : kManyRows;
  changes(out);
  if (out.cols % kTermPadding == 0 && out.stride == out.cols) {  // what multiplies it needs terms
    up.out_terms.padded_cols = out.cols;
    up.out_terms.data = scratch<std::uint16_t>(ScratchKind::Terms, n * 2 * out.cols);
  }
  if (!usable()) return;
  launch_matmul(up, device_.stream());
  after_launch("value up-projection");
  if (up.out_terms.data == nullptr) return;
  terms_ = up.out_terms;
  terms_source_ = out;
}

void CudaBackend::do_gqa_attention(const GqaAttentionArgs& args, const AttentionProbe* probe,
                                   MatView out) {
  flush();
  if (!usable() || args.q.rows == 0) return;
  AttentionArgs a;
  a.n_tokens = args.q.rows;
  a.n_heads = args.n_heads;
  a.heads_per_kv = args.n_heads / args.n_kv_heads;
  a.key_dim = a.value_dim = args.head_dim;
  a.scale = args.scale;
  a.first_position = args.first_position;
  a.window = args.window;
  a.q = args.q.data;
  a.q_token_stride = args.q.stride;
  a.q_head_stride = args.head_dim;
  a.k = args.k.data;
  a.k_stride = args.k.stride;
  a.v = args.v.data;
  a.v_stride = args.v.stride;
  a.out = out.data;
  a.out_token_stride = out.stride;
  changes(out);
  attend(a, probe, false);
}

void CudaBackend::do_index_slots(const IndexerArgs& args, std::span<std::int32_t> picked,
                                 std::span<float> scores) {
  flush();
  picked_ = {};
  std::fill(picked.begin(), picked.end(), 0);
  if (!usable() || args.q.rows == 0) return;
  IndexArgs a;
  a.n_tokens = args.q.rows;
  a.n_heads = args.n_heads;
  a.head_dim = args.head_dim;
  a.top_k = args.top_k;
  a.first_position = args.first_position;
  a.q = rows_of(args.q);
  a.weights = rows_of(args.weights);
  a.k = rows_of(args.k);
  a.moved = moved();
  a.score_stride = a.moved != nullptr ? step_.limit : args.first_position + args.q.rows;
  a.scores = scratch<float>(ScratchKind::IndexScores, a.n_tokens * a.score_stride);
  a.picked = scratch<std::int32_t>(ScratchKind::Picked, extent(picked.size()));
  if (!usable()) return;
  launch_index(a, device_.stream());
  after_launch("indexer");
  picked_ = {picked, scores, a.picked, a.scores + (a.n_tokens - 1) * a.score_stride};
}

}  // namespace engine::cuda
