// config.json of released models, as far as they matter here: values of the published files, under
// the architecture this program runs.
#pragma once

#include <string>

namespace support {

inline std::string deepseek_v3_config() {
  return R"({
  "architectures": ["DeepseekV3ForCausalLM"], "model_type": "deepseek_v3",
  "attention_bias": false, "attention_dropout": 0.0,
  "auto_map": {"AutoConfig": "configuration_deepseek.DeepseekV3Config"},
  "bos_token_id": 0, "eos_token_id": 1, "ep_size": 1, "first_k_dense_replace": 3,
  "hidden_act": "silu", "hidden_size": 7168, "initializer_range": 0.02,
  "intermediate_size": 18432, "kv_lora_rank": 512, "max_position_embeddings": 163840,
  "moe_intermediate_size": 2048, "moe_layer_freq": 1, "n_group": 8, "n_routed_experts": 256,
  "n_shared_experts": 1, "norm_topk_prob": true, "num_attention_heads": 128,
  "num_experts_per_tok": 8, "num_hidden_layers": 61, "num_key_value_heads": 128,
  "num_nextn_predict_layers": 1, "q_lora_rank": 1536, "qk_nope_head_dim": 128,
  "qk_rope_head_dim": 64,
  "quantization_config": {"activation_scheme": "dynamic", "fmt": "e4m3", "quant_method": "fp8",
                          "weight_block_size": [128, 128]},
  "rms_norm_eps": 1e-06,
  "rope_scaling": {"beta_fast": 32, "beta_slow": 1, "factor": 40, "mscale": 1.0,
                   "mscale_all_dim": 1.0, "original_max_position_embeddings": 4096, "type": "yarn"},
  "rope_theta": 10000, "routed_scaling_factor": 2.5, "scoring_func": "sigmoid",
  "tie_word_embeddings": false, "topk_group": 4, "topk_method": "noaux_tc",
  "torch_dtype": "bfloat16", "use_cache": true, "v_head_dim": 128, "vocab_size": 129280
})";
}

inline std::string moonlight_config() {
  return R"({
  "model_type": "deepseek_v3", "vocab_size": 163840, "hidden_size": 2048,
  "intermediate_size": 11264, "moe_intermediate_size": 1408, "num_hidden_layers": 27,
  "num_attention_heads": 16, "num_key_value_heads": 16, "n_shared_experts": 2,
  "n_routed_experts": 64, "num_experts_per_tok": 6, "n_group": 1, "topk_group": 1,
  "first_k_dense_replace": 1, "q_lora_rank": null, "kv_lora_rank": 512,
  "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128,
  "routed_scaling_factor": 2.446, "rope_theta": 50000.0, "rms_norm_eps": 1e-05,
  "max_position_embeddings": 8192, "bos_token_id": 163584, "eos_token_id": 163586,
  "num_nextn_predict_layers": 0
})";
}

/// Kimi-K2's sizes, with the model type of the architecture it shares.
inline std::string kimi_k2_config() {
  return R"({
  "model_type": "deepseek_v3", "vocab_size": 163840, "hidden_size": 7168,
  "intermediate_size": 18432, "moe_intermediate_size": 2048, "num_hidden_layers": 61,
  "num_attention_heads": 64, "num_key_value_heads": 64, "n_shared_experts": 1,
  "n_routed_experts": 384, "num_experts_per_tok": 8, "n_group": 1, "topk_group": 1,
  "first_k_dense_replace": 1, "q_lora_rank": 1536, "kv_lora_rank": 512,
  "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128,
  "routed_scaling_factor": 2.827, "rope_theta": 50000.0, "max_position_embeddings": 131072,
  "rope_scaling": {"beta_fast": 1.0, "beta_slow": 1.0, "factor": 32.0, "mscale": 1.0,
                   "mscale_all_dim": 1.0, "original_max_position_embeddings": 4096,
                   "type": "yarn"}
})";
}

}  // namespace support
