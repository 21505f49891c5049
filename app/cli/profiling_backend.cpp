// Every op: start the watch, let the inner backend do it, stop the watch.
#include "app/cli/profiling_backend.h"

#include <utility>

namespace app::cli {

using engine::AttentionProbe;
using engine::ConstMatView;
using engine::MatView;
using engine::WeightView;

void ProfilingBackend::nameWeights(const engine::ModelWeights& weights) {
  const auto name = [&](const WeightView& w, const char* text) {
    if (!w.empty()) names_[w.data] = text;
  };
  for (const engine::LayerWeights& layer : weights.layers) {
    const engine::AttentionWeights& a = layer.attention;
    for (const WeightView* w : {&a.w_q, &a.w_dq, &a.w_uq}) name(*w, "product: queries");
    for (const WeightView* w : {&a.w_dkv, &a.w_k, &a.w_v}) name(*w, "product: keys and values");
    name(a.w_o, "product: attention output");
    name(layer.dense.gate, "dense MLP");
    if (!layer.moe) continue;
    name(layer.moe->router, "product: router");
    name(layer.moe->shared.gate, "shared experts");
  }
  name(weights.output_head, "product: output head");
}

std::map<std::string, ProfilingBackend::Entry> ProfilingBackend::takeEntries() {
  return std::exchange(entries_, {});
}

const char* ProfilingBackend::nameOf(const WeightView& w, const char* otherwise) const {
  const auto at = names_.find(w.data);
  return at == names_.end() ? otherwise : at->second;
}

void ProfilingBackend::do_embed(const WeightView& table, std::span<const engine::TokenId> tokens,
                                MatView out) {
  timed("embedding", [&] { inner_->embed(table, tokens, out); });
}

void ProfilingBackend::do_rms_norm(ConstMatView x, const float* gamma, float eps, MatView out) {
  timed("norms", [&] { inner_->rms_norm(x, gamma, eps, out); });
}

void ProfilingBackend::do_matmul(ConstMatView x, const WeightView& w, const float* bias,
                                 MatView out) {
  timed(
      nameOf(w, "product"), [&] { return productCost(w, x.rows); },
      [&] { inner_->matmul(x, w, bias, out); });
}

void ProfilingBackend::do_add(ConstMatView a, MatView out) {
  timed("adds", [&] { inner_->add(a, out); });
}

void ProfilingBackend::do_copy(ConstMatView a, MatView out) {
  timed("copies", [&] { inner_->copy(a, out); });
}

void ProfilingBackend::do_summarise_logits(engine::ConstMatView logits,
                                           const engine::LogitSummaryArgs& args,
                                           engine::LogitSummary* out) {
  timed("summary of the logits", [&] { inner_->summarise_logits(logits, {args, out}); });
}

void ProfilingBackend::do_rope(MatView x, std::int64_t n_heads, std::int64_t head_stride,
                               std::int64_t offset, std::int64_t first_position,
                               const engine::RopeTable& table) {
  timed("rotations", [&] { inner_->rope(x, n_heads, head_stride, offset, first_position, table); });
}

void ProfilingBackend::do_keep_latents(ConstMatView c_kv, ConstMatView k_rope,
                                       std::int64_t first_slot, const engine::KeptLatents& kept) {
  timed("attention", [&] { inner_->keep_latents(c_kv, k_rope, first_slot, kept); });
}

void ProfilingBackend::do_mla_attention(const engine::MlaAttentionArgs& args,
                                        engine::AttentionForm form, const AttentionProbe* probe,
                                        MatView out) {
  const std::int64_t kept =
      inner_->kept_latent_elements(args.w_up, args.kv_lora_rank, args.qk_rope_head_dim);
  timed(
      "attention", [&] { return mlaCost(args, form, kept); },
      [&] { inner_->mla_attention(args, form, probe, out); });
}

void ProfilingBackend::do_gqa_attention(const engine::GqaAttentionArgs& args,
                                        const AttentionProbe* probe, MatView out) {
  timed(
      "attention", [&] { return gqaCost(args); }, [&] { inner_->gqa_attention(args, probe, out); });
}

void ProfilingBackend::do_index_slots(const engine::IndexerArgs& args,
                                      std::span<std::int32_t> picked, std::span<float> scores) {
  timed("indexer", [&] { inner_->index_slots(args, picked, scores); });
}

void ProfilingBackend::do_layer_norm(ConstMatView x, const float* gamma, const float* beta,
                                     float eps, MatView out) {
  timed("norms", [&] { inner_->layer_norm(x, gamma, beta, eps, out); });
}

void ProfilingBackend::do_gated_mlp(ConstMatView x, const engine::MlpWeights& mlp, MatView out) {
  timed(
      nameOf(mlp.gate, "dense MLP"), [&] { return mlpCost(mlp, x.rows); },
      [&] { inner_->gated_mlp(x, mlp, out); });
}

void ProfilingBackend::do_route(ConstMatView logits, const engine::RouterArgs& args,
                                const engine::RouterOutput& out) {
  timed("router choice", [&] { inner_->route(logits, args, out); });
}

void ProfilingBackend::do_moe(ConstMatView x, std::span<const engine::MlpWeights> experts,
                              std::span<const std::int32_t> ids, std::span<const float> weights,
                              std::int64_t top_k, MatView out) {
  timed(
      "routed experts", [&] { return moeCost(experts, ids); },
      [&] { inner_->moe(x, experts, ids, weights, top_k, out); });
}

}  // namespace app::cli
