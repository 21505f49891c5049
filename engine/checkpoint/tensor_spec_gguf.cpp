// The table of GGUF names and shapes. Shapes are row-major as everywhere here: the file's own order
// reversed.
#include "engine/checkpoint/tensor_spec_gguf.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace engine {

namespace {

/// One side of a shape with the formula it comes from.
struct Extent {
  std::string_view formula;
  std::int64_t value;
};

/// Extents by the names of GGUF's keys.
struct Extents {
  explicit Extents(const ModelConfig& c)
      : vocab{"vocabulary", c.vocab_size},
        hidden{"embedding_length", c.hidden_size},
        dense{"feed_forward_length", c.intermediate_size},
        expert{"expert_feed_forward_length", c.moe_intermediate_size},
        expert_pair{"2·expert_feed_forward_length", 2 * c.moe_intermediate_size},
        shared{"expert_shared_count·expert_feed_forward_length",
               c.n_shared_experts * c.moe_intermediate_size},
        experts{"expert_count", c.n_routed_experts},
        heads{"head_count", c.num_attention_heads},
        q_rank{"q_lora_rank", c.q_lora_rank},
        kv_rank{"kv_lora_rank", c.kv_lora_rank},
        latent{"kv_lora_rank+rope.dimension_count", c.latent_dim()},
        nope{"key_length−rope.dimension_count", c.qk_nope_head_dim},
        v_length{"value_length", c.v_head_dim},
        index{"indexer.key_length", c.index_head_dim},
        index_heads{"indexer.head_count", c.index_n_heads},
        index_q{"indexer.head_count·indexer.key_length", c.index_n_heads * c.index_head_dim} {
    const bool mla = c.attention_kind() == AttentionKind::Mla;
    const std::int64_t heads_n = c.num_attention_heads;
    q = {"head_count·key_length", heads_n * (mla ? c.qk_head_dim() : c.head_dim)};
    out = {"head_count·value_length", heads_n * (mla ? c.v_head_dim : c.head_dim)};
    kv = {"head_count_kv·key_length", c.num_key_value_heads * c.head_dim};
    kv_b = {"head_count·(key_length−rope.dimension_count+value_length)",
            heads_n * (c.qk_nope_head_dim + c.v_head_dim)};
  }

  Extent vocab, hidden, dense, expert, expert_pair, shared, experts, heads;
  Extent q_rank, kv_rank, latent, nope, v_length, index, index_heads, index_q;
  Extent q{}, out{}, kv{}, kv_b{};
};

class GgufSpecWriter {
 public:
  GgufSpecWriter(const ModelConfig& config, const TensorLayout& layout)
      : config_(config), layout_(layout), x_(config) {}

  std::vector<TensorSpec> write() {
    matrix(WeightRole::Embedding, "token_embd.weight", {x_.vocab, x_.hidden});
    for (std::int64_t layer = 0; layer < config_.num_hidden_layers; ++layer) {
      layer_ = static_cast<std::int32_t>(layer);
      prefix_ = std::string(kGgufLayerPrefix) + std::to_string(layer) + ".";
      decoder_layer();
    }
    layer_ = -1;
    prefix_.clear();
    vector(WeightRole::FinalNorm, "output_norm.weight", x_.hidden);
    matrix(WeightRole::OutputHead, "output.weight", {x_.vocab, x_.hidden});
    specs_.back().required = !config_.tie_word_embeddings;
    return std::move(specs_);
  }

 private:
  void add(WeightRole role, const std::string& name, std::initializer_list<Extent> extents,
           bool may_be_quantised) {
    TensorSpec spec;
    spec.role = role;
    spec.layer = layer_;
    spec.expert = expert_;
    spec.name = prefix_ + name;
    for (const Extent& extent : extents) {
      spec.shape.push_back(extent.value);
      spec.shape_formula += spec.shape_formula.empty() ? "[" : ", ";
      spec.shape_formula += std::string(extent.formula) + "=" + std::to_string(extent.value);
    }
    spec.shape_formula += "]";
    spec.may_be_quantised = may_be_quantised;
    specs_.push_back(std::move(spec));
  }
  void matrix(WeightRole role, const std::string& name, std::initializer_list<Extent> extents) {
    add(role, name, extents, true);
  }
  void vector(WeightRole role, const std::string& name, Extent extent) {
    add(role, name, {extent}, false);
  }

  void decoder_layer() {
    vector(WeightRole::InputNorm, "attn_norm.weight", x_.hidden);
    if (config_.attention_kind() == AttentionKind::Mla) {
      mla();
    } else {
      gqa();
    }
    matrix(WeightRole::Wo, "attn_output.weight", {x_.hidden, x_.out});
    if (config_.attention_bias) vector(WeightRole::WoBias, "attn_output.bias", x_.hidden);
    vector(WeightRole::PostAttentionNorm, "ffn_norm.weight", x_.hidden);
    if (config_.is_moe_layer(layer_)) {
      moe();
    } else {
      matrix(WeightRole::DenseGate, "ffn_gate.weight", {x_.dense, x_.hidden});
      matrix(WeightRole::DenseUp, "ffn_up.weight", {x_.dense, x_.hidden});
      matrix(WeightRole::DenseDown, "ffn_down.weight", {x_.hidden, x_.dense});
    }
  }

  void gqa() {
    matrix(WeightRole::Wq, "attn_q.weight", {x_.q, x_.hidden});
    matrix(WeightRole::Wk, "attn_k.weight", {x_.kv, x_.hidden});
    matrix(WeightRole::Wv, "attn_v.weight", {x_.kv, x_.hidden});
    if (!config_.qkv_bias && !config_.attention_bias) return;
    vector(WeightRole::WqBias, "attn_q.bias", x_.q);
    vector(WeightRole::WkBias, "attn_k.bias", x_.kv);
    vector(WeightRole::WvBias, "attn_v.bias", x_.kv);
  }

  // V2 §2.1
  void mla() {
    if (config_.q_lora_rank > 0) {
      matrix(WeightRole::Wdq, "attn_q_a.weight", {x_.q_rank, x_.hidden});
      vector(WeightRole::QNorm, "attn_q_a_norm.weight", x_.q_rank);
      matrix(WeightRole::Wuq, "attn_q_b.weight", {x_.q, x_.q_rank});
    } else {
      matrix(WeightRole::Wq, "attn_q.weight", {x_.q, x_.hidden});
    }
    matrix(WeightRole::Wdkv, "attn_kv_a_mqa.weight", {x_.latent, x_.hidden});
    vector(WeightRole::KvNorm, "attn_kv_a_norm.weight", x_.kv_rank);
    if (layout_.split_kv_b) {
      matrix(WeightRole::WukTransposed, "attn_k_b.weight", {x_.heads, x_.kv_rank, x_.nope});
      matrix(WeightRole::Wuv, "attn_v_b.weight", {x_.heads, x_.v_length, x_.kv_rank});
    } else {
      matrix(WeightRole::Wukv, "attn_kv_b.weight", {x_.kv_b, x_.kv_rank});
    }
    if (config_.index_n_heads > 0) indexer();
  }

  void indexer() {
    matrix(WeightRole::IndexerWq, "indexer.attn_q_b.weight", {x_.index_q, x_.q_rank});
    matrix(WeightRole::IndexerWk, "indexer.attn_k.weight", {x_.index, x_.hidden});
    vector(WeightRole::IndexerKeyNorm, "indexer.k_norm.weight", x_.index);
    vector(WeightRole::IndexerKeyNormBias, "indexer.k_norm.bias", x_.index);
    matrix(WeightRole::IndexerWeights, "indexer.proj.weight", {x_.index_heads, x_.hidden});
  }

  void moe() {
    matrix(WeightRole::Router, "ffn_gate_inp.weight", {x_.experts, x_.hidden});
    if (config_.topk_method == TopkMethod::NoauxTc) {
      vector(WeightRole::RouterBias, "exp_probs_b.bias", x_.experts);
      specs_.back().required = layout_.router_bias;
    }
    experts();
    if (config_.n_shared_experts == 0) return;
    matrix(WeightRole::SharedGate, "ffn_gate_shexp.weight", {x_.shared, x_.hidden});
    matrix(WeightRole::SharedUp, "ffn_up_shexp.weight", {x_.shared, x_.hidden});
    matrix(WeightRole::SharedDown, "ffn_down_shexp.weight", {x_.hidden, x_.shared});
  }

  void experts() {
    if (layout_.experts == ExpertLayout::Fused) {
      matrix(WeightRole::FusedExpertGateUp, "ffn_gate_up_exps.weight",
             {x_.experts, x_.expert_pair, x_.hidden});
      matrix(WeightRole::FusedExpertDown, "ffn_down_exps.weight",
             {x_.experts, x_.hidden, x_.expert});
      return;
    }
    if (layout_.experts == ExpertLayout::Merged) {
      matrix(WeightRole::MergedExpertGate, "ffn_gate_exps.weight",
             {x_.experts, x_.expert, x_.hidden});
      matrix(WeightRole::MergedExpertUp, "ffn_up_exps.weight", {x_.experts, x_.expert, x_.hidden});
      matrix(WeightRole::MergedExpertDown, "ffn_down_exps.weight",
             {x_.experts, x_.hidden, x_.expert});
      return;
    }
    for (std::int64_t e = 0; e < config_.n_routed_experts; ++e) {
      expert_ = static_cast<std::int32_t>(e);
      const std::string suffix = "." + std::to_string(e) + ".weight";
      matrix(WeightRole::ExpertGate, "ffn_gate" + suffix, {x_.expert, x_.hidden});
      matrix(WeightRole::ExpertUp, "ffn_up" + suffix, {x_.expert, x_.hidden});
      matrix(WeightRole::ExpertDown, "ffn_down" + suffix, {x_.hidden, x_.expert});
      expert_ = -1;
    }
  }

  const ModelConfig& config_;
  const TensorLayout& layout_;
  Extents x_;
  std::int32_t layer_ = -1;
  std::int32_t expert_ = -1;
  std::string prefix_;
  std::vector<TensorSpec> specs_;
};

/// "blk.3.ffn_gate.7.weight": an expert by itself, as the first Mixtral files have it.
bool is_single_expert(std::string_view name) {
  constexpr std::string_view kGate = ".ffn_gate.";
  const std::size_t at = name.find(kGate);
  return at != std::string_view::npos && at + kGate.size() < name.size() &&
         std::isdigit(static_cast<unsigned char>(name[at + kGate.size()])) != 0;
}

}  // namespace

std::vector<TensorSpec> gguf_tensor_specs(const ModelConfig& config, const TensorLayout& layout) {
  return GgufSpecWriter(config, layout).write();
}

std::optional<TensorLayout> gguf_layout(std::span<const StoredTensor> tensors) {
  TensorLayout layout{.naming = TensorNaming::Gguf, .experts = ExpertLayout::Merged};
  layout.router_bias = false;
  bool is_gguf = false;
  for (const StoredTensor& tensor : tensors) {
    const std::string_view name = tensor.name;
    is_gguf |= name.starts_with(kGgufLayerPrefix) || name == "token_embd.weight";
    layout.split_kv_b |= name.ends_with(".attn_k_b.weight");
    layout.router_bias |= name.ends_with(".exp_probs_b.bias");
    if (name.ends_with(".ffn_gate_up_exps.weight")) layout.experts = ExpertLayout::Fused;
    if (is_single_expert(name)) layout.experts = ExpertLayout::PerExpert;
  }
  if (!is_gguf) return std::nullopt;
  return layout;
}

bool is_gguf_derived_tensor(std::string_view name) {
  return name == "rope_freqs.weight" || name.ends_with(".attn_rot_embd.weight") ||
         name.ends_with(".attn_rot_embd");
}

bool is_gguf_arithmetic(std::string_view name) {
  return name.starts_with(kGgufLayerPrefix) &&
         (name.ends_with(".bias") || name.ends_with("_norm.weight"));
}

bool is_gguf_joined_kv_b(std::string_view name) { return name.ends_with(".attn_kv_b.weight"); }

}  // namespace engine
