// The one table of tensor names and shapes: config → what must be in the files, and which field of
// the model it is. No other file knows a tensor's name string.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/checkpoint/model_config.h"

namespace engine {

/// Which weight of the model a tensor is. Names follow the paper (V2 §2.1); see the symbol table in
/// engine/README.md.
enum class WeightRole {
  Embedding,
  FinalNorm,
  OutputHead,
  InputNorm,
  PostAttentionNorm,
  Wq,  // q_proj: Gqa, and MLA without query compression
  Wk,
  Wv,  // k_proj, v_proj: Gqa
  WqBias,
  WkBias,
  WvBias,
  Wdq,
  QNorm,
  Wuq,  // q_a_proj, q_a_layernorm, q_b_proj
  Wdkv,
  KvNorm,
  Wukv,
  Wo,  // kv_a_proj_with_mqa, kv_a_layernorm, kv_b_proj, o_proj
  WukTransposed,
  Wuv,  // GGUF's split of kv_b_proj: [n_heads, kv_lora_rank, nope], [n_heads, v, kv_lora_rank]
  WdqBias,
  WdkvBias,
  WoBias,  // attention_bias only
  IndexerWq,
  IndexerWk,
  IndexerKeyNorm,
  IndexerKeyNormBias,
  IndexerWeights,  // V3.2: indexer.wq_b, wk, k_norm (LayerNorm), weights_proj
  DenseGate,
  DenseUp,
  DenseDown,
  Router,
  RouterBias,  // mlp.gate.weight, mlp.gate.e_score_correction_bias
  ExpertGate,
  ExpertUp,
  ExpertDown,
  FusedExpertGateUp,
  FusedExpertDown,  // transformers 5 layout: experts.gate_up_proj [E, 2·w, h], experts.down_proj
                    // [E, h, w]
  MergedExpertGate,
  MergedExpertUp,
  MergedExpertDown,  // GGUF: ffn_gate_exps, ffn_up_exps [E, w, h], ffn_down_exps [E, h, w]
  SharedGate,
  SharedUp,
  SharedDown,
  MtpTokenNorm,
  MtpHiddenNorm,
  MtpJoint,
  MtpHeadNorm,  // V3's MTP module: enorm, hnorm, eh_proj, shared_head.norm
};

/// "OutputHead": the enumerator's name, for messages.
std::string_view weight_role_name(WeightRole role);

enum class TensorNaming { HuggingFace, Gguf };
enum class ExpertLayout { PerExpert, Fused, Merged };

/// Which of the spellings a checkpoint uses.
struct TensorLayout {
  TensorNaming naming = TensorNaming::HuggingFace;
  ExpertLayout experts = ExpertLayout::PerExpert;
  bool split_kv_b = false;  // GGUF: attn_k_b and attn_v_b in place of attn_kv_b
  bool router_bias = true;  // some layer has the correction bias that NoauxTc asks for
  bool operator==(const TensorLayout&) const = default;
};

struct TensorSpec {
  WeightRole role;
  std::int32_t layer = -1;   // -1: not of a layer
  std::int32_t expert = -1;  // -1: not of an expert
  std::string name;          // as the layout spells it
  std::vector<std::int64_t> shape;
  std::string shape_formula;      // "[moe_intermediate_size=1408, hidden_size=2048]"
  bool may_be_quantised = false;  // a matrix: may be F8_E4M3 with `weight_scale_inv`, or of blocks
  bool required = true;
};

/// Every tensor of the main model, in layer order. Shapes are row-major, [out, in].
std::vector<TensorSpec> tensor_specs(const ModelConfig& config, const TensorLayout& layout);

/// The first MTP module's own tensors (Hugging Face names): a decoder layer past the last, and what
/// joins it to the main model. Its copies of embedding and head are left out: the main model's own
/// serve.
std::vector<TensorSpec> mtp_tensor_specs(const ModelConfig& config, const TensorLayout& layout);

/// The decoder layer a tensor belongs to; nothing for those outside the layers.
std::optional<std::int64_t> layer_of_tensor(std::string_view name);

/// True for names of MTP layers (model.layers.N with N ≥ num_hidden_layers), which plain inference
/// skips.
bool is_mtp_tensor(const ModelConfig& config, std::string_view name);

/// The tensor every MTP layer has and no decoder layer: joins the next token's embedding to the
/// hidden state.
bool is_mtp_joint(std::string_view name);

/// True for the transformers 5 layout's expert tensors.
bool is_fused_expert_tensor(std::string_view name);

/// The name of the multipliers that belong to an FP8 matrix.
std::string scale_name_of(const std::string& weight_name);
bool is_scale_name(std::string_view name);

/// [ceil(rows/128), ceil(cols/128)], with leading extents as they are.
std::vector<std::int64_t> scale_shape_of(const std::vector<std::int64_t>& weight_shape);

/// True for tensors old files carry that the model computes itself (rotary frequencies).
bool is_derived_tensor(std::string_view name);

/// What foreign_layout calls an adapter; its folder shows it without any tensor.
inline constexpr std::string_view kAdapterLayout =
    "a LoRA adapter or wrapped by PEFT; merge it into its base model first";

/// What a checkpoint in another layout is, seen by one of its tensor names ("quantised by GPTQ or
/// AWQ"); empty when the name says nothing.
std::string_view foreign_layout(std::string_view name);

}  // namespace engine
