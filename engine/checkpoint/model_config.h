// ModelConfig: config.json read once, validated once, defaults filled in. Derived sizes are
// functions. Keys and defaults follow transformers' DeepseekV3Config and deepseek-ai's configs; see
// engine/README.md's symbol table.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace engine {

enum class Architecture { DeepseekV3 };
enum class ScoreFunction { Sigmoid, Softmax };
/// How the experts are chosen: `noaux_tc` (V3) adds the correction bias for choosing and scores a
/// group by the sum of its two best.
enum class TopkMethod { Greedy, GroupLimitedGreedy, NoauxTc };
enum class RopeScalingKind { None, Yarn };

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
  std::int64_t num_key_value_heads = 0;  // unused by MLA; the cache ledger's GQA row
  std::int64_t n_shared_experts = 0;
  std::int64_t n_routed_experts = 0;
  std::int64_t num_experts_per_tok = 0;
  std::int64_t n_group = 1;
  std::int64_t topk_group = 1;
  std::int64_t first_k_dense_replace = 0;
  std::int64_t moe_layer_freq = 1;
  bool norm_topk_prob = true;
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
  std::int64_t max_position_embeddings = 0;
  bool attention_bias = false;
  bool tie_word_embeddings = false;
  std::int64_t num_nextn_predict_layers = 0;
  bool fp8_blocks = false;  // quantization_config: fp8, e4m3, 128×128
  std::vector<std::int32_t>
      eos_token_ids;  // config.json's; generation_config.json's are merged by Checkpoint
  std::optional<std::int32_t> bos_token_id;
  bool operator==(const ModelConfig&) const = default;

  std::int64_t qk_head_dim() const { return qk_nope_head_dim + qk_rope_head_dim; }
  /// Values cached per token and layer: kv_lora_rank + qk_rope_head_dim.
  std::int64_t latent_dim() const { return kv_lora_rank + qk_rope_head_dim; }
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
