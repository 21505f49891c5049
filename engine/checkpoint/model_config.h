// ModelConfig: config.json read once, validated once, defaults filled in. Derived sizes are
// functions. Keys and defaults follow each family's transformers config and deepseek-ai's files;
// see engine/README.md's symbol table.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace engine {

/// What config.json's `architectures` or GGUF's general.architecture names. Kimi-K2 and Moonlight
/// are DeepseekV3.
enum class Architecture { Llama, Qwen2, Mixtral, Deepseek, DeepseekV2, DeepseekV3, DeepseekV32 };
/// Mla: latents are cached. Gqa: keys and values of every KV head are cached; MHA and MQA are its
/// two ends.
enum class AttentionKind { Mla, Gqa };
/// "DeepseekV2": the enumerator's name, for messages and reports.
std::string_view architecture_name(Architecture architecture);
enum class ScoreFunction { Sigmoid, Softmax };
/// How the experts are chosen: `noaux_tc` (V3) adds the correction bias for choosing and scores a
/// group by the sum of its two best.
enum class TopkMethod { Greedy, GroupLimitedGreedy, NoauxTc };
enum class RopeScalingKind { None, Linear, Yarn, Llama3 };

/// YaRN parameters (arXiv 2309.00071) as config.json gives them under `rope_scaling` or
/// `rope_parameters`.
struct RopeScaling {
  RopeScalingKind kind = RopeScalingKind::None;
  double factor = 1.0;
  double beta_fast = 32.0;
  double beta_slow = 1.0;
  double mscale = 0.0;          // 0: absent
  double mscale_all_dim = 0.0;  // 0: absent
  std::optional<double> attention_factor;
  std::int64_t original_max_position_embeddings = 0;
  bool truncate = true;
  double low_freq_factor = 1.0;   // Llama3 only
  double high_freq_factor = 4.0;  // Llama3 only
  /// Llama3 as GGUF has it (rope_freqs.weight): divisors of the frequencies, one for each pair, in
  /// place of the formula.
  std::vector<float> frequency_factors = {};
  bool operator==(const RopeScaling&) const = default;
};

struct ModelConfig {
  Architecture architecture = Architecture::DeepseekV3;
  std::string model_type;  // as written: "deepseek_v3"
  std::int64_t vocab_size = 0;
  std::int64_t hidden_size = 0;
  std::int64_t intermediate_size = 0;
  std::int64_t moe_intermediate_size = 0;
  std::int64_t num_hidden_layers = 0;
  std::int64_t num_attention_heads = 0;
  std::int64_t num_key_value_heads = 0;  // Gqa; under MLA only the cache ledger's GQA row
  std::int64_t head_dim = 0;             // Gqa only
  std::int64_t sliding_window = 0;       // Gqa: a token sees so many slots, itself included; 0: all
  std::int64_t first_windowed_layer = 0;  // layers below it see all slots (Qwen2)
  std::int64_t n_shared_experts = 0;
  std::int64_t n_routed_experts = 0;
  std::int64_t num_experts_per_tok = 0;
  std::int64_t n_group = 1;
  std::int64_t topk_group = 1;
  std::int64_t first_k_dense_replace = 0;
  std::int64_t moe_layer_freq = 1;
  bool norm_topk_prob = true;
  double norm_topk_epsilon = 1e-20;  // added to the sum that weights are divided by; Mixtral: 0
  double routed_scaling_factor = 1.0;
  ScoreFunction scoring_func = ScoreFunction::Sigmoid;
  TopkMethod topk_method = TopkMethod::NoauxTc;
  std::int64_t q_lora_rank = 0;  // 0: no query compression, plain q_proj
  std::int64_t kv_lora_rank = 0;
  std::int64_t qk_nope_head_dim = 0;
  std::int64_t qk_rope_head_dim = 0;
  std::int64_t v_head_dim = 0;
  double rope_theta = 10000.0;
  bool rope_interleave = true;
  RopeScaling rope_scaling;
  double rms_norm_eps = 1e-6;
  /// Of the norms inside MLA. Hugging Face never passes the config's eps there; GGUF has one eps.
  double latent_norm_eps = 1e-6;
  std::int64_t max_position_embeddings = 0;
  bool attention_bias = false;     // MLA: on q_a, kv_a, o; Gqa: on q, k, v, o (as Llama has it)
  bool qkv_bias = false;           // Qwen2: on q, k, v only
  std::int64_t index_n_heads = 0;  // V3.2's lightning indexer; 0: none
  std::int64_t index_head_dim = 0;
  std::int64_t index_topk = 0;
  bool tie_word_embeddings = false;
  std::int64_t num_nextn_predict_layers = 0;
  bool fp8_blocks = false;  // quantization_config: fp8, e4m3, 128×128
  std::vector<std::int32_t>
      eos_token_ids;  // config.json's; generation_config.json's are merged by Checkpoint
  std::optional<std::int32_t> bos_token_id;
  bool operator==(const ModelConfig&) const = default;

  std::int64_t qk_head_dim() const { return qk_nope_head_dim + qk_rope_head_dim; }
  AttentionKind attention_kind() const {
    return kv_lora_rank > 0 ? AttentionKind::Mla : AttentionKind::Gqa;
  }
  /// Width of one query head, of its rotated part and of its output, in either attention kind.
  std::int64_t query_head_dim() const { return is_mla() ? qk_head_dim() : head_dim; }
  std::int64_t rope_head_dim() const { return is_mla() ? qk_rope_head_dim : head_dim; }
  std::int64_t value_head_dim() const { return is_mla() ? v_head_dim : head_dim; }
  bool is_mla() const { return attention_kind() == AttentionKind::Mla; }
  bool has_indexer() const { return index_n_heads > 0; }
  /// Slots a token sees in this layer, itself included; 0: all.
  std::int64_t window_of(std::int64_t layer) const {
    return layer >= first_windowed_layer ? sliding_window : 0;
  }
  /// MLA: kv_lora_rank + qk_rope_head_dim, what is cached per token and layer.
  std::int64_t latent_dim() const { return kv_lora_rank + qk_rope_head_dim; }
  /// Float32 values cached per token and layer, indexer keys included.
  std::int64_t cached_values() const {
    const std::int64_t own =
        attention_kind() == AttentionKind::Mla ? latent_dim() : 2 * num_key_value_heads * head_dim;
    return own + (index_n_heads > 0 ? index_head_dim : 0);
  }
  bool is_moe_layer(std::int64_t layer) const {
    return n_routed_experts > 0 && layer >= first_k_dense_replace && layer % moe_layer_freq == 0;
  }
  std::vector<std::int32_t> moe_layers() const;
};

/// Reads and validates a config.json. `file` is only named in messages. Every rule broken is one
/// line of the error (rows C1, C3, C4, C7 of the fault catalogue); unknown `auto_map` entries
/// become warnings.
Result<ModelConfig> parse_model_config(std::string_view json_text, std::string_view file,
                                       std::vector<std::string>* warnings);

}  // namespace engine
