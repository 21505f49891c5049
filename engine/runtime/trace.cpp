#include "engine/runtime/trace.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "engine/model/moe.h"
#include "engine/runtime/tensor_file_writer.h"

namespace engine {

namespace {

struct TraceSizes {
  std::int64_t n_layers, n_moe, n_tokens, n_experts, n_chosen, n_groups, n_heads;
};

TraceSizes trace_sizes(const ModelConfig& config, std::int64_t n_tokens) {
  return {config.num_hidden_layers,
          static_cast<std::int64_t>(config.moe_layers().size()),
          n_tokens,
          config.n_routed_experts,
          config.num_experts_per_tok,
          router_args(config, nullptr).n_group,
          config.num_attention_heads};
}

std::vector<TensorDeclaration> declarations(const ModelConfig& config, const TraceSizes& s,
                                            TraceAttention attention) {
  const std::int64_t t = s.n_tokens;
  std::vector<TensorDeclaration> tensors{
      {"tokens", DType::I64, {t}},
      {"moe_layers", DType::I32, {s.n_moe}},
      {"routing.topk_ids", DType::I32, {t, s.n_moe, s.n_chosen}},
      {"routing.topk_weights", DType::F32, {t, s.n_moe, s.n_chosen}},
      {"routing.scores", DType::F32, {t, s.n_moe, s.n_experts}},
      {"routing.bias", DType::F32, {s.n_moe, s.n_experts}},
      {"routing.group_scores", DType::F32, {t, s.n_moe, s.n_groups}},
      {"latent.c_kv", DType::F32, {s.n_layers, t, config.kv_lora_rank}},
      {"latent.k_rope", DType::F32, {s.n_layers, t, config.qk_rope_head_dim}}};
  if (attention == TraceAttention::With) {
    for (const char* name :
         {"attention.weights", "attention.content_scores", "attention.rope_scores"}) {
      tensors.push_back({name, DType::F32, {s.n_layers, s.n_heads, t, t}});
    }
  }
  tensors.push_back({"routing.group_mask", DType::U8, {t, s.n_moe, s.n_groups}});
  return tensors;
}

// Writes what one forward call decided. Attention rows come for the call's last token, so with
// attention the tokens go through one by one.
class TraceProbe : public Probe {
 public:
  TraceProbe(const TraceSizes& sizes, std::int64_t first_position, std::int64_t n_tokens,
             TraceAttention attention, TensorFileWriter& file)
      : sizes_(sizes),
        first_(first_position),
        n_tokens_(n_tokens),
        attention_(attention),
        file_(file) {}

  bool wants_router_scores() const override { return true; }
  void on_routed(LayerIndex, std::int64_t moe_index, const RouterOutput& routing) override {
    write_rows<std::int32_t>("routing.topk_ids", moe_index, routing.ids);
    write_rows<float>("routing.topk_weights", moe_index, routing.weights);
    write_rows<float>("routing.scores", moe_index, routing.scores);
    write_rows<float>("routing.group_scores", moe_index, routing.group_scores);
    write_rows<std::uint8_t>("routing.group_mask", moe_index, routing.group_mask);
  }
  std::optional<AttentionProbe> attention_target(LayerIndex) override;
  void on_layer_done(LayerIndex layer, ConstMatView) override;

  Result<void> outcome;

 private:
  template <class T>
  void write_rows(const char* name, std::int64_t moe_index, std::span<const T> rows);
  void write_heads(const char* name, LayerIndex layer, const std::vector<float>& rows);

  const TraceSizes& sizes_;
  std::int64_t first_;
  std::int64_t n_tokens_;
  TraceAttention attention_;
  TensorFileWriter& file_;
  std::vector<float> weights_, content_, rope_;  // [n_heads, position + 1]
};

template <class T>
void TraceProbe::write_rows(const char* name, std::int64_t moe_index, std::span<const T> rows) {
  const std::int64_t width = static_cast<std::int64_t>(rows.size()) / n_tokens_;
  for (std::int64_t t = 0; t < n_tokens_ && outcome; ++t) {
    outcome = file_.write<T>(
        name, ((first_ + t) * sizes_.n_moe + moe_index) * width,
        rows.subspan(static_cast<std::size_t>(t * width), static_cast<std::size_t>(width)));
  }
}

std::optional<AttentionProbe> TraceProbe::attention_target(LayerIndex) {
  if (attention_ == TraceAttention::Without) return {};
  const auto n = static_cast<std::size_t>(sizes_.n_heads * (first_ + n_tokens_));
  weights_.assign(n, 0.0F);
  content_.assign(n, 0.0F);
  rope_.assign(n, 0.0F);
  return AttentionProbe{n_tokens_ - 1, weights_.data(), content_.data(), rope_.data()};
}

void TraceProbe::on_layer_done(LayerIndex layer, ConstMatView) {
  if (attention_ == TraceAttention::Without) return;
  write_heads("attention.weights", layer, weights_);
  write_heads("attention.content_scores", layer, content_);
  write_heads("attention.rope_scores", layer, rope_);
}

void TraceProbe::write_heads(const char* name, LayerIndex layer, const std::vector<float>& rows) {
  const std::int64_t position = first_ + n_tokens_ - 1;
  const std::int64_t t = sizes_.n_tokens;
  for (std::int64_t head = 0; head < sizes_.n_heads && outcome; ++head) {
    const std::int64_t row = (layer.value * sizes_.n_heads + head) * t + position;
    outcome =
        file_.write<float>(name, row * t,
                           std::span(rows).subspan(static_cast<std::size_t>(head * (position + 1)),
                                                   static_cast<std::size_t>(position + 1)));
  }
}

Result<void> write_fixed(std::span<const TokenId> tokens, const ModelConfig& config,
                         std::span<const float> router_bias, TensorFileWriter& file) {
  std::vector<std::int64_t> ids(tokens.size());
  std::transform(tokens.begin(), tokens.end(), ids.begin(), [](TokenId t) { return t.value; });
  const std::vector<std::int32_t> moe_layers = config.moe_layers();
  RETURN_IF_ERROR(file.write<std::int64_t>("tokens", 0, ids));
  RETURN_IF_ERROR(file.write<std::int32_t>("moe_layers", 0, moe_layers));
  return file.write<float>("routing.bias", 0, router_bias);
}

Result<void> write_latents(const Session& session, std::int64_t n_tokens, TensorFileWriter& file) {
  const ModelConfig& config = session.config();
  std::vector<float> c_kv(static_cast<std::size_t>(n_tokens * config.kv_lora_rank));
  std::vector<float> k_rope(static_cast<std::size_t>(n_tokens * config.qk_rope_head_dim));
  for (std::int32_t layer = 0; layer < config.num_hidden_layers; ++layer) {
    session.read_latents(LayerIndex(layer), c_kv, k_rope);
    const auto n_c_kv = static_cast<std::int64_t>(c_kv.size());
    const auto n_k_rope = static_cast<std::int64_t>(k_rope.size());
    RETURN_IF_ERROR(file.write<float>("latent.c_kv", layer * n_c_kv, c_kv));
    RETURN_IF_ERROR(file.write<float>("latent.k_rope", layer * n_k_rope, k_rope));
  }
  return {};
}

}  // namespace

Result<void> write_trace(std::span<const TokenId> tokens, TraceAttention attention,
                         std::span<const float> router_bias, Session& session,
                         const std::string& path, std::stop_token stop) {
  RETURN_IF_ERROR(session.check_tokens(tokens));
  RETURN_IF_ERROR(session.check_room(static_cast<std::int64_t>(tokens.size())));
  const ModelConfig& config = session.config();
  const auto n_tokens = static_cast<std::int64_t>(tokens.size());
  const TraceSizes sizes = trace_sizes(config, n_tokens);
  ASSIGN_OR_RETURN(TensorFileWriter file,
                   TensorFileWriter::create(path, declarations(config, sizes, attention),
                                            {{"format", "bathyscope-trace-1"},
                                             {"k_rope_dim_order", "as stored"},
                                             {"scores", "scaled, before softmax"}}));
  RETURN_IF_ERROR(write_fixed(tokens, config, router_bias, file));
  session.truncate(0);
  while (session.length() < n_tokens) {
    const std::int64_t first = session.length();
    const std::int64_t n =
        attention == TraceAttention::With ? 1 : std::min(session.longest_chunk(), n_tokens - first);
    TraceProbe probe(sizes, first, n, attention, file);
    RETURN_IF_ERROR(
        session.extend(tokens.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(n)),
                       &probe, stop));
    RETURN_IF_ERROR(probe.outcome);
  }
  RETURN_IF_ERROR(write_latents(session, n_tokens, file));
  return file.commit();
}

}  // namespace engine
