// The checked public face of every backend: each op verifies the shapes it was given once, then
// calls do_*. A failing check is a bug of the caller in model/, never something a file can cause.
#include "engine/backend/backend.h"

#include "engine/base/check.h"

namespace engine {

namespace {

void check_matrix(ConstMatView m) {
  CHECK_LE(0, m.rows);
  CHECK_LT(0, m.cols);
  CHECK_LE(m.cols, m.stride);
  CHECK(m.data != nullptr || m.rows == 0);
}

void check_weight(const WeightView& w, std::int64_t rows, std::int64_t cols) {
  CHECK(!w.empty());
  CHECK(is_weight_dtype(w.dtype));
  CHECK_EQ(w.rows, rows);
  CHECK_EQ(w.cols, cols);
  CHECK_EQ(w.cols % dtype_block(w.dtype).elements, 0);
  if (w.dtype == DType::F8_E4M3) {
    CHECK(w.scale_inv != nullptr);
    CHECK_LE((w.cols + 127) / 128, w.scale_cols);
  }
}

void check_same_shape(ConstMatView a, ConstMatView b) {
  check_matrix(a);
  check_matrix(b);
  CHECK_EQ(a.rows, b.rows);
  CHECK_EQ(a.cols, b.cols);
}

void check_mlp(const MlpWeights& mlp, std::int64_t n_in, std::int64_t n_out) {
  const std::int64_t width = mlp.gate.rows;
  check_weight(mlp.gate, width, n_in);
  check_weight(mlp.up, width, n_in);
  check_weight(mlp.down, n_out, width);
}

std::int64_t extent(std::size_t n) { return static_cast<std::int64_t>(n); }

}  // namespace

void Backend::embed(const WeightView& table, std::span<const TokenId> tokens, MatView out) {
  check_matrix(out);
  check_weight(table, table.rows, out.cols);
  CHECK_EQ(extent(tokens.size()), out.rows);
  for (const TokenId token : tokens) {
    CHECK_LE(0, token.value);
    CHECK_LT(token.value, table.rows);
  }
  do_embed(table, tokens, out);
}

void Backend::rms_norm(ConstMatView x, const float* gamma, float eps, MatView out) {
  check_same_shape(x, out);
  CHECK(gamma != nullptr);
  do_rms_norm(x, gamma, eps, out);
}

void Backend::matmul(ConstMatView x, const WeightView& w, const float* bias, MatView out) {
  check_matrix(x);
  check_matrix(out);
  CHECK_EQ(x.rows, out.rows);
  check_weight(w, out.cols, x.cols);
  do_matmul(x, w, bias, out);
}

void Backend::add(ConstMatView a, MatView out) {
  check_same_shape(a, out);
  do_add(a, out);
}

void Backend::copy(ConstMatView a, MatView out) {
  check_same_shape(a, out);
  do_copy(a, out);
}

void Backend::rope(MatView x, std::int64_t n_heads, std::int64_t head_stride, std::int64_t offset,
                   std::int64_t first_position, const RopeTable& table) {
  check_matrix(x);
  CHECK_LE(1, n_heads);
  CHECK_LE(0, offset);
  CHECK_LE(0, first_position);
  CHECK_EQ(table.dim % 2, 0);
  CHECK(n_heads == 1 || head_stride >= table.dim);
  CHECK_LE(offset + (n_heads - 1) * head_stride + table.dim, x.cols);
  CHECK(table.cos != nullptr && table.sin != nullptr);
  do_rope(x, n_heads, head_stride, offset, first_position, table);
}

void Backend::keep_latents(ConstMatView c_kv, ConstMatView k_rope, std::int64_t first_slot,
                           const KeptLatents& kept) {
  check_matrix(c_kv);
  check_matrix(k_rope);
  CHECK_EQ(c_kv.rows, k_rope.rows);
  CHECK_LE(0, first_slot);
  CHECK(kept.data != nullptr);
  CHECK_LE(first_slot + c_kv.rows, kept.n_slots);
  do_keep_latents(c_kv, k_rope, first_slot, kept);
}

void Backend::mla_attention(const MlaAttentionArgs& args, AttentionForm form,
                            const AttentionProbe* probe, MatView out) {
  check_matrix(args.q);
  check_matrix(args.c_kv);
  check_matrix(args.k_rope);
  check_matrix(out);
  CHECK_LE(0, args.first_position);
  CHECK_EQ(args.q.rows, out.rows);
  CHECK_EQ(args.q.cols, args.n_heads * (args.qk_nope_head_dim + args.qk_rope_head_dim));
  CHECK_EQ(out.cols, args.n_heads * args.v_head_dim);
  CHECK_EQ(args.c_kv.cols, args.kv_lora_rank);
  CHECK_EQ(args.k_rope.cols, args.qk_rope_head_dim);
  CHECK_LE(args.first_position + args.q.rows, args.c_kv.rows);
  CHECK_LE(args.first_position + args.q.rows, args.k_rope.rows);
  if (args.w_up.is_split()) {
    check_weight(args.w_up.w_uk_t, args.n_heads * args.kv_lora_rank, args.qk_nope_head_dim);
    check_weight(args.w_up.w_uv, args.n_heads * args.v_head_dim, args.kv_lora_rank);
  } else {
    check_weight(args.w_up.w_ukv, args.n_heads * (args.qk_nope_head_dim + args.v_head_dim),
                 args.kv_lora_rank);
  }
  CHECK(args.kept.data == nullptr || args.first_position + args.q.rows <= args.kept.n_slots);
  CHECK(args.picked_slots.empty() ||
        extent(args.picked_slots.size()) == args.q.rows * args.index_topk);
  if (probe != nullptr) {
    CHECK_LE(0, probe->token_row);
    CHECK_LT(probe->token_row, args.q.rows);
  }
  do_mla_attention(args, form, probe, out);
}

void Backend::gqa_attention(const GqaAttentionArgs& args, const AttentionProbe* probe,
                            MatView out) {
  check_same_shape(args.q, out);
  check_same_shape(args.k, args.v);
  CHECK_LE(0, args.first_position);
  CHECK_LE(0, args.window);
  CHECK_LE(1, args.n_kv_heads);
  CHECK_EQ(args.n_heads % args.n_kv_heads, 0);
  CHECK_EQ(args.q.cols, args.n_heads * args.head_dim);
  CHECK_EQ(args.k.cols, args.n_kv_heads * args.head_dim);
  CHECK_LE(args.first_position + args.q.rows, args.k.rows);
  if (probe != nullptr) {
    CHECK_LE(0, probe->token_row);
    CHECK_LT(probe->token_row, args.q.rows);
  }
  do_gqa_attention(args, probe, out);
}

void Backend::index_slots(const IndexerArgs& args, std::span<std::int32_t> picked,
                          std::span<float> scores) {
  check_matrix(args.q);
  check_matrix(args.weights);
  check_matrix(args.k);
  CHECK_LE(1, args.top_k);
  CHECK_EQ(args.q.cols, args.n_heads * args.head_dim);
  CHECK_EQ(args.weights.cols, args.n_heads);
  CHECK_EQ(args.weights.rows, args.q.rows);
  CHECK_EQ(args.k.cols, args.head_dim);
  CHECK_LE(args.first_position + args.q.rows, args.k.rows);
  CHECK_EQ(extent(picked.size()), args.q.rows * args.top_k);
  CHECK(scores.empty() || extent(scores.size()) == args.first_position + args.q.rows);
  do_index_slots(args, picked, scores);
}

void Backend::layer_norm(ConstMatView x, const float* gamma, const float* beta, float eps,
                         MatView out) {
  check_same_shape(x, out);
  CHECK(gamma != nullptr && beta != nullptr);
  do_layer_norm(x, gamma, beta, eps, out);
}

void Backend::gated_mlp(ConstMatView x, const MlpWeights& mlp, MatView out) {
  check_matrix(x);
  check_matrix(out);
  CHECK_EQ(x.rows, out.rows);
  check_mlp(mlp, x.cols, out.cols);
  do_gated_mlp(x, mlp, out);
}

void Backend::route(ConstMatView logits, const RouterArgs& args, const RouterOutput& out) {
  check_matrix(logits);
  CHECK_LE(1, args.n_group);
  CHECK_EQ(logits.cols % args.n_group, 0);
  CHECK_LE(1, args.topk_group);
  CHECK_LE(args.topk_group, args.n_group);
  CHECK_LE(1, args.top_k);
  CHECK_LE(args.top_k, logits.cols / args.n_group * args.topk_group);
  CHECK_EQ(extent(out.ids.size()), logits.rows * args.top_k);
  CHECK_EQ(extent(out.weights.size()), logits.rows * args.top_k);
  CHECK(out.scores.empty() || extent(out.scores.size()) == logits.rows * logits.cols);
  CHECK(out.group_scores.empty() || extent(out.group_scores.size()) == logits.rows * args.n_group);
  CHECK(out.group_mask.empty() || extent(out.group_mask.size()) == logits.rows * args.n_group);
  do_route(logits, args, out);
}

void Backend::moe(ConstMatView x, std::span<const MlpWeights> experts,
                  std::span<const std::int32_t> ids, std::span<const float> weights,
                  std::int64_t top_k, MatView out) {
  check_matrix(x);
  check_matrix(out);
  CHECK_EQ(x.rows, out.rows);
  CHECK_LE(1, top_k);
  CHECK_EQ(extent(ids.size()), x.rows * top_k);
  CHECK_EQ(extent(weights.size()), x.rows * top_k);
  for (const std::int32_t id : ids) {
    CHECK_LE(0, id);
    CHECK_LT(id, extent(experts.size()));
    const MlpWeights& expert = experts[static_cast<std::size_t>(id)];
    check_mlp(expert, x.cols, out.cols);
    CHECK_EQ(expert.gate.rows, experts[static_cast<std::size_t>(ids[0])].gate.rows);
  }
  do_moe(x, experts, ids, weights, top_k, out);
}

void Backend::summarise_logits(ConstMatView logits, const LogitSummaryRequest& request) {
  check_matrix(logits);
  CHECK_EQ(logits.rows, 1);
  CHECK_LE(1, logits.cols);
  do_summarise_logits(logits, request.args, request.out);
}

}  // namespace engine
