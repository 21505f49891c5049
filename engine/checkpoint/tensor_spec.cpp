// The table itself: Hugging Face names and shapes of every family.
#include "engine/checkpoint/tensor_spec.h"

#include <array>
#include <charconv>

#include "engine/checkpoint/tensor_spec_gguf.h"

namespace engine {

namespace {

constexpr std::string_view kLayerPrefix = "model.layers.";
constexpr std::string_view kScaleSuffix = "_scale_inv";
constexpr std::int64_t kScaleBlock = 128;

/// One side of a shape with the formula it comes from.
struct Extent {
  const char* formula;
  std::int64_t value;
};

/// Every extent a tensor can have.
struct Extents {
  explicit Extents(const ModelConfig& c)
      : vocab{"vocab_size", c.vocab_size},
        hidden{"hidden_size", c.hidden_size},
        hidden_pair{"2·hidden_size", 2 * c.hidden_size},
        dense{"intermediate_size", c.intermediate_size},
        expert{"moe_intermediate_size", c.moe_intermediate_size},
        expert_pair{"2·moe_intermediate_size", 2 * c.moe_intermediate_size},
        shared{"n_shared_experts·moe_intermediate_size",
               c.n_shared_experts * c.moe_intermediate_size},
        experts{"n_routed_experts", c.n_routed_experts},
        q_rank{"q_lora_rank", c.q_lora_rank},
        kv_rank{"kv_lora_rank", c.kv_lora_rank},
        latent{"kv_lora_rank+qk_rope_head_dim", c.latent_dim()},
        q{"num_attention_heads·(qk_nope_head_dim+qk_rope_head_dim)",
          c.num_attention_heads * c.qk_head_dim()},
        kv{"num_attention_heads·(qk_nope_head_dim+v_head_dim)",
           c.num_attention_heads * (c.qk_nope_head_dim + c.v_head_dim)},
        v{"num_attention_heads·v_head_dim", c.num_attention_heads * c.v_head_dim},
        heads{"num_attention_heads·head_dim", c.num_attention_heads * c.head_dim},
        kv_heads{"num_key_value_heads·head_dim", c.num_key_value_heads * c.head_dim},
        index_q{"index_n_heads·index_head_dim", c.index_n_heads * c.index_head_dim},
        index_k{"index_head_dim", c.index_head_dim},
        index_heads{"index_n_heads", c.index_n_heads} {
    if (c.architecture != Architecture::Mixtral) return;
    expert = {"intermediate_size", c.moe_intermediate_size};
    expert_pair = {"2·intermediate_size", 2 * c.moe_intermediate_size};
    experts = {"num_local_experts", c.n_routed_experts};
  }

  Extent vocab, hidden, hidden_pair, dense, expert, expert_pair, shared, experts;
  Extent q_rank, kv_rank, latent, q, kv, v;
  Extent heads, kv_heads, index_q, index_k, index_heads;
};

/// Writes the table of one config, layer by layer.
class SpecWriter {
 public:
  SpecWriter(const ModelConfig& config, bool fused_experts)
      : config_(config), fused_experts_(fused_experts), x_(config) {}

  std::vector<TensorSpec> write() {
    matrix(WeightRole::Embedding, "model.embed_tokens.weight", {x_.vocab, x_.hidden});
    for (std::int64_t layer = 0; layer < config_.num_hidden_layers; ++layer) {
      layer_ = static_cast<std::int32_t>(layer);
      prefix_ = std::string(kLayerPrefix) + std::to_string(layer) + ".";
      decoder_layer();
    }
    layer_ = -1;
    prefix_.clear();
    vector(WeightRole::FinalNorm, "model.norm.weight", x_.hidden);
    matrix(WeightRole::OutputHead, "lm_head.weight", {x_.vocab, x_.hidden});
    specs_.back().required = !config_.tie_word_embeddings;
    return std::move(specs_);
  }

  // V3 report §2.2
  std::vector<TensorSpec> write_mtp() {
    layer_ = static_cast<std::int32_t>(config_.num_hidden_layers);
    prefix_ = std::string(kLayerPrefix) + std::to_string(layer_) + ".";
    vector(WeightRole::MtpTokenNorm, "enorm.weight", x_.hidden);
    vector(WeightRole::MtpHiddenNorm, "hnorm.weight", x_.hidden);
    matrix(WeightRole::MtpJoint, "eh_proj.weight", {x_.hidden, x_.hidden_pair});
    decoder_layer();
    vector(WeightRole::MtpHeadNorm, "shared_head.norm.weight", x_.hidden);
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
      spec.shape_formula += extent.formula;
      spec.shape_formula += '=';
      spec.shape_formula += std::to_string(extent.value);
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
    vector(WeightRole::InputNorm, "input_layernorm.weight", x_.hidden);
    if (config_.is_mla()) {
      latent_attention();
    } else {
      grouped_attention();
    }
    vector(WeightRole::PostAttentionNorm, "post_attention_layernorm.weight", x_.hidden);
    if (config_.is_moe_layer(layer_)) {
      moe();
    } else {
      matrix(WeightRole::DenseGate, "mlp.gate_proj.weight", {x_.dense, x_.hidden});
      matrix(WeightRole::DenseUp, "mlp.up_proj.weight", {x_.dense, x_.hidden});
      matrix(WeightRole::DenseDown, "mlp.down_proj.weight", {x_.hidden, x_.dense});
    }
  }

  // V2 §2.1; with attention_bias transformers puts biases on these three projections only.
  void latent_attention() {
    const bool bias = config_.attention_bias;
    if (config_.q_lora_rank > 0) {
      matrix(WeightRole::Wdq, "self_attn.q_a_proj.weight", {x_.q_rank, x_.hidden});
      if (bias) vector(WeightRole::WdqBias, "self_attn.q_a_proj.bias", x_.q_rank);
      vector(WeightRole::QNorm, "self_attn.q_a_layernorm.weight", x_.q_rank);
      matrix(WeightRole::Wuq, "self_attn.q_b_proj.weight", {x_.q, x_.q_rank});
    } else {
      matrix(WeightRole::Wq, "self_attn.q_proj.weight", {x_.q, x_.hidden});
    }
    matrix(WeightRole::Wdkv, "self_attn.kv_a_proj_with_mqa.weight", {x_.latent, x_.hidden});
    if (bias) vector(WeightRole::WdkvBias, "self_attn.kv_a_proj_with_mqa.bias", x_.latent);
    vector(WeightRole::KvNorm, "self_attn.kv_a_layernorm.weight", x_.kv_rank);
    matrix(WeightRole::Wukv, "self_attn.kv_b_proj.weight", {x_.kv, x_.kv_rank});
    matrix(WeightRole::Wo, "self_attn.o_proj.weight", {x_.hidden, x_.v});
    if (bias) vector(WeightRole::WoBias, "self_attn.o_proj.bias", x_.hidden);
    if (config_.has_indexer()) indexer();
  }

  // DeepSeek-V3.2-Exp report §2.1
  void indexer() {
    matrix(WeightRole::IndexerWq, "self_attn.indexer.wq_b.weight", {x_.index_q, x_.q_rank});
    matrix(WeightRole::IndexerWk, "self_attn.indexer.wk.weight", {x_.index_k, x_.hidden});
    vector(WeightRole::IndexerKeyNorm, "self_attn.indexer.k_norm.weight", x_.index_k);
    vector(WeightRole::IndexerKeyNormBias, "self_attn.indexer.k_norm.bias", x_.index_k);
    matrix(WeightRole::IndexerWeights, "self_attn.indexer.weights_proj.weight",
           {x_.index_heads, x_.hidden});
  }

  // MHA, GQA and MQA are one: num_key_value_heads tells them apart.
  void grouped_attention() {
    projection(WeightRole::Wq, WeightRole::WqBias, "self_attn.q_proj", x_.heads);
    projection(WeightRole::Wk, WeightRole::WkBias, "self_attn.k_proj", x_.kv_heads);
    projection(WeightRole::Wv, WeightRole::WvBias, "self_attn.v_proj", x_.kv_heads);
    matrix(WeightRole::Wo, "self_attn.o_proj.weight", {x_.hidden, x_.heads});
    if (config_.attention_bias) {
      vector(WeightRole::WoBias, "self_attn.o_proj.bias", x_.hidden);
    }
  }

  void projection(WeightRole role, WeightRole bias, const std::string& name, Extent rows) {
    matrix(role, name + ".weight", {rows, x_.hidden});
    if (config_.attention_bias || config_.qkv_bias) vector(bias, name + ".bias", rows);
  }

  // The hub's Mixtral has names of its own; its fused layout is transformers 5's usual one.
  void moe() {
    const bool hub_mixtral = config_.architecture == Architecture::Mixtral && !fused_experts_;
    matrix(WeightRole::Router, hub_mixtral ? "block_sparse_moe.gate.weight" : "mlp.gate.weight",
           {x_.experts, x_.hidden});
    if (config_.topk_method == TopkMethod::NoauxTc) {
      vector(WeightRole::RouterBias, "mlp.gate.e_score_correction_bias", x_.experts);
    }
    if (fused_experts_) {
      matrix(WeightRole::FusedExpertGateUp, "mlp.experts.gate_up_proj",
             {x_.experts, x_.expert_pair, x_.hidden});
      matrix(WeightRole::FusedExpertDown, "mlp.experts.down_proj",
             {x_.experts, x_.hidden, x_.expert});
    } else {
      for (std::int64_t e = 0; e < config_.n_routed_experts; ++e) expert(e);
    }
    if (config_.n_shared_experts > 0) {
      matrix(WeightRole::SharedGate, "mlp.shared_experts.gate_proj.weight", {x_.shared, x_.hidden});
      matrix(WeightRole::SharedUp, "mlp.shared_experts.up_proj.weight", {x_.shared, x_.hidden});
      matrix(WeightRole::SharedDown, "mlp.shared_experts.down_proj.weight", {x_.hidden, x_.shared});
    }
  }

  void expert(std::int64_t e) {
    expert_ = static_cast<std::int32_t>(e);
    const bool mixtral = config_.architecture == Architecture::Mixtral;
    const std::string name =
        (mixtral ? "block_sparse_moe.experts." : "mlp.experts.") + std::to_string(e) + ".";
    matrix(WeightRole::ExpertGate, name + (mixtral ? "w1.weight" : "gate_proj.weight"),
           {x_.expert, x_.hidden});
    matrix(WeightRole::ExpertUp, name + (mixtral ? "w3.weight" : "up_proj.weight"),
           {x_.expert, x_.hidden});
    matrix(WeightRole::ExpertDown, name + (mixtral ? "w2.weight" : "down_proj.weight"),
           {x_.hidden, x_.expert});
    expert_ = -1;
  }

  const ModelConfig& config_;
  bool fused_experts_;
  Extents x_;
  std::int32_t layer_ = -1;
  std::int32_t expert_ = -1;
  std::string prefix_;
  std::vector<TensorSpec> specs_;
};

struct ForeignMark {
  std::string_view text;
  bool is_prefix;  // else a suffix
  std::string_view layout;
};

constexpr std::string_view kGptq =
    "quantised by GPTQ or AWQ; use its BF16 or FP8 files, or a GGUF file";
constexpr std::string_view kCompressed =
    "quantised by compressed-tensors; use its BF16 or FP8 files, or a GGUF file";
constexpr std::string_view kBitsAndBytes =
    "quantised by bitsandbytes; use its BF16 or FP8 files, or a GGUF file";
constexpr std::string_view kWrapped =
    "the language part of a multimodal model; open its language model alone if it is published so";
constexpr std::string_view kOriginal =
    "in the layout of its makers' own code; use the Hugging Face files";
constexpr std::string_view kHeadless =
    "saved without its output head, under names without \"model.\"; use the whole model's files";
constexpr std::string_view kDemoLayout =
    "converted to the layout of DeepSeek's own inference code; use the Hugging Face files";

constexpr std::array<ForeignMark, 21> kForeignMarks = {{
    {"base_model.model.", true, kAdapterLayout},
    {".lora_A.weight", false, kAdapterLayout},
    {".lora_B.weight", false, kAdapterLayout},
    {".attention.wq.weight", false, kOriginal},
    {"tok_embeddings.weight", true, kOriginal},
    {".qweight", false, kGptq},
    {".qzeros", false, kGptq},
    {".g_idx", false, kGptq},
    {".scales", false, kGptq},
    {".weight_packed", false, kCompressed},
    {".weight_shape", false, kCompressed},
    {".weight_scale", false, kCompressed},
    {".weight_zero_point", false, kCompressed},
    {".absmax", false, kBitsAndBytes},
    {".quant_map", false, kBitsAndBytes},
    {".SCB", false, kBitsAndBytes},
    {".bitsandbytes__nf4", false, kBitsAndBytes},
    {"language_model.", true, kWrapped},
    {"model.language_model.", true, kWrapped},
    {"layers.", true, kDemoLayout},
    {"blk.", true, "a GGUF model saved under Hugging Face names; open the GGUF file itself"},
}};

constexpr std::array<std::string_view, 48> kRoleNames = {{
    "Embedding",
    "FinalNorm",
    "OutputHead",
    "InputNorm",
    "PostAttentionNorm",
    "Wq",
    "Wk",
    "Wv",
    "WqBias",
    "WkBias",
    "WvBias",
    "Wdq",
    "QNorm",
    "Wuq",
    "Wdkv",
    "KvNorm",
    "Wukv",
    "Wo",
    "WukTransposed",
    "Wuv",
    "WdqBias",
    "WdkvBias",
    "WoBias",
    "IndexerWq",
    "IndexerWk",
    "IndexerKeyNorm",
    "IndexerKeyNormBias",
    "IndexerWeights",
    "DenseGate",
    "DenseUp",
    "DenseDown",
    "Router",
    "RouterBias",
    "ExpertGate",
    "ExpertUp",
    "ExpertDown",
    "FusedExpertGateUp",
    "FusedExpertDown",
    "MergedExpertGate",
    "MergedExpertUp",
    "MergedExpertDown",
    "SharedGate",
    "SharedUp",
    "SharedDown",
    "MtpTokenNorm",
    "MtpHiddenNorm",
    "MtpJoint",
    "MtpHeadNorm",
}};
static_assert(static_cast<std::size_t>(WeightRole::MtpHeadNorm) + 1 == kRoleNames.size());

}  // namespace

std::string_view weight_role_name(WeightRole role) {
  return kRoleNames[static_cast<std::size_t>(role)];
}

std::vector<TensorSpec> tensor_specs(const ModelConfig& config, const TensorLayout& layout) {
  if (layout.naming == TensorNaming::Gguf) return gguf_tensor_specs(config, layout);
  return SpecWriter(config, layout.experts == ExpertLayout::Fused).write();
}

std::vector<TensorSpec> mtp_tensor_specs(const ModelConfig& config, const TensorLayout& layout) {
  return SpecWriter(config, layout.experts == ExpertLayout::Fused).write_mtp();
}

std::optional<std::int64_t> layer_of_tensor(std::string_view name) {
  const std::string_view prefix =
      name.starts_with(kGgufLayerPrefix) ? kGgufLayerPrefix : kLayerPrefix;
  if (!name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  std::int64_t layer = 0;
  const auto [stop, error] = std::from_chars(name.data(), name.data() + name.size(), layer);
  const auto length = static_cast<std::size_t>(stop - name.data());
  if (error != std::errc() || layer < 0 || length >= name.size() || name[length] != '.') {
    return std::nullopt;
  }
  return layer;
}

bool is_mtp_tensor(const ModelConfig& config, std::string_view name) {
  const std::optional<std::int64_t> layer = layer_of_tensor(name);
  return layer && *layer >= config.num_hidden_layers;
}

bool is_mtp_joint(std::string_view name) { return name.ends_with(".eh_proj.weight"); }

bool is_fused_expert_tensor(std::string_view name) {
  return name.ends_with(".mlp.experts.gate_up_proj") || name.ends_with(".mlp.experts.down_proj");
}

std::string scale_name_of(const std::string& weight_name) {
  return weight_name + std::string(kScaleSuffix);
}

bool is_scale_name(std::string_view name) { return name.ends_with(kScaleSuffix); }

std::vector<std::int64_t> scale_shape_of(const std::vector<std::int64_t>& weight_shape) {
  std::vector<std::int64_t> shape = weight_shape;
  for (std::size_t i = shape.size() >= 2 ? shape.size() - 2 : 0; i < shape.size(); ++i) {
    shape[i] = (shape[i] + kScaleBlock - 1) / kScaleBlock;
  }
  return shape;
}

bool is_derived_tensor(std::string_view name) {
  return name.ends_with(".rotary_emb.inv_freq") || name.ends_with(".rotary_emb.cos_cached") ||
         name.ends_with(".rotary_emb.sin_cached") || is_gguf_derived_tensor(name);
}

std::string_view foreign_layout(std::string_view name) {
  if (name.starts_with("layers.") && name.find(".self_attn.") != name.npos) return kHeadless;
  for (const ForeignMark& mark : kForeignMarks) {
    if (mark.is_prefix ? name.starts_with(mark.text) : name.ends_with(mark.text)) {
      return mark.layout;
    }
  }
  return {};
}

}  // namespace engine
