#include "engine/runtime/trace.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "engine/model/moe.h"
#include "engine/runtime/tensor_file_writer.h"

namespace engine {

namespace {

/// Whether some token leaves slots out.
bool has_picks(const ModelConfig& config, std::int64_t n_tokens) {
  return config.has_indexer() && n_tokens > config.index_topk;
}

struct TraceSizes {
  std::int64_t n_layers, n_moe, n_tokens, n_experts, n_chosen, n_groups, n_heads;
  bool has_rope_scores;
  std::int64_t index_topk;  // 0: no token leaves slots out
};

TraceSizes trace_sizes(const ModelConfig& config, std::int64_t n_tokens) {
  return {config.num_hidden_layers,
          static_cast<std::int64_t>(config.moe_layers().size()),
          n_tokens,
          config.n_routed_experts,
          config.num_experts_per_tok,
          router_args(config, nullptr).n_group,
          config.num_attention_heads,
          config.is_mla(),
          has_picks(config, n_tokens) ? config.index_topk : 0};
}

struct CacheTensor {
  const char* name;
  std::int64_t width;
};

std::array<CacheTensor, 2> cache_tensors(const ModelConfig& config) {
  const std::int64_t width = config.num_key_value_heads * config.head_dim;
  if (!config.is_mla()) return {{{"cache.keys", width}, {"cache.values", width}}};
  return {{{"latent.c_kv", config.kv_lora_rank}, {"latent.k_rope", config.qk_rope_head_dim}}};
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
      {"routing.group_scores", DType::F32, {t, s.n_moe, s.n_groups}}};
  for (const CacheTensor& cached : cache_tensors(config)) {
    tensors.push_back({cached.name, DType::F32, {s.n_layers, t, cached.width}});
  }
  if (attention == TraceAttention::With) {
    for (const char* name : {"attention.weights", "attention.content_scores"}) {
      tensors.push_back({name, DType::F32, {s.n_layers, s.n_heads, t, t}});
    }
    if (config.is_mla()) {
      tensors.push_back({"attention.rope_scores", DType::F32, {s.n_layers, s.n_heads, t, t}});
    }
  }
  if (s.index_topk > 0) {
    tensors.push_back({"indexer.picked", DType::I32, {s.n_layers, t, s.index_topk}});
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
  void on_slots_picked(LayerIndex layer, std::span<const std::int32_t> slots,
                       std::int64_t top_k) override;
  void on_layer_done(LayerIndex layer, ConstMatView) override;

  Result<void> outcome;

 private:
  template <class T>
  void write_rows(const char* name, std::int64_t moe_index, std::span<const T> rows);
  void write_all_slots(LayerIndex layer);
  void write_heads(const char* name, LayerIndex layer, const std::vector<float>& rows);

  const TraceSizes& sizes_;
  std::int64_t first_;
  std::int64_t n_tokens_;
  TraceAttention attention_;
  TensorFileWriter& file_;
  bool picked_written_ = false;
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

void TraceProbe::on_slots_picked(LayerIndex layer, std::span<const std::int32_t> slots,
                                 std::int64_t top_k) {
  picked_written_ = true;
  if (!outcome) return;
  outcome = file_.write<std::int32_t>("indexer.picked",
                                      (layer.value * sizes_.n_tokens + first_) * top_k, slots);
}

/// What stands for the tokens of a call that leaves no slot out.
void TraceProbe::write_all_slots(LayerIndex layer) {
  std::vector<std::int32_t> slots(static_cast<std::size_t>(n_tokens_ * sizes_.index_topk), -1);
  for (std::int64_t t = 0; t < n_tokens_; ++t) {
    const auto row = slots.begin() + t * sizes_.index_topk;
    std::iota(row, row + first_ + t + 1, 0);
  }
  on_slots_picked(layer, slots, sizes_.index_topk);
}

void TraceProbe::on_layer_done(LayerIndex layer, ConstMatView) {
  if (sizes_.index_topk > 0 && !std::exchange(picked_written_, false)) {
    write_all_slots(layer);
    picked_written_ = false;
  }
  if (attention_ == TraceAttention::Without) return;
  write_heads("attention.weights", layer, weights_);
  write_heads("attention.content_scores", layer, content_);
  if (sizes_.has_rope_scores) write_heads("attention.rope_scores", layer, rope_);
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

Result<void> write_cache(const Session& session, std::int64_t n_tokens, TensorFileWriter& file) {
  const ModelConfig& config = session.config();
  const auto [first, second] = cache_tensors(config);
  std::vector<float> first_rows(static_cast<std::size_t>(n_tokens * first.width));
  std::vector<float> second_rows(static_cast<std::size_t>(n_tokens * second.width));
  for (std::int32_t layer = 0; layer < config.num_hidden_layers; ++layer) {
    if (config.is_mla()) {
      session.read_latents(LayerIndex(layer), first_rows, second_rows);
    } else {
      session.read_keys_values(LayerIndex(layer), first_rows, second_rows);
    }
    RETURN_IF_ERROR(file.write<float>(first.name, layer * n_tokens * first.width, first_rows));
    RETURN_IF_ERROR(file.write<float>(second.name, layer * n_tokens * second.width, second_rows));
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
  RETURN_IF_ERROR(write_cache(session, n_tokens, file));
  return file.commit();
}

}  // namespace engine
