// config.json of released models, as far as they matter here: values of the published files.
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

/// A model type of its own, DeepSeek-V3's class.
inline std::string kimi_k2_config() {
  return R"({
  "architectures": ["DeepseekV3ForCausalLM"], "model_type": "kimi_k2", "vocab_size": 163840, "hidden_size": 7168,
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

inline std::string deepseek_llm_7b_config() {
  return R"({
  "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 102400,
  "hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": 30,
  "num_attention_heads": 32, "num_key_value_heads": 32, "max_position_embeddings": 4096,
  "rms_norm_eps": 1e-06, "rope_scaling": null, "rope_theta": 10000.0, "hidden_act": "silu",
  "tie_word_embeddings": false, "bos_token_id": 100000, "eos_token_id": 100001
})";
}

inline std::string deepseek_llm_67b_config() {
  return R"({
  "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 102400,
  "hidden_size": 8192, "intermediate_size": 22016, "num_hidden_layers": 95,
  "num_attention_heads": 64, "num_key_value_heads": 8, "max_position_embeddings": 4096,
  "rms_norm_eps": 1e-06, "rope_theta": 10000.0, "bos_token_id": 100000, "eos_token_id": 100001
})";
}

inline std::string deepseek_moe_16b_config() {
  return R"({
  "architectures": ["DeepseekForCausalLM"], "model_type": "deepseek",
  "auto_map": {"AutoConfig": "configuration_deepseek.DeepseekConfig"}, "vocab_size": 102400,
  "hidden_size": 2048, "intermediate_size": 10944, "moe_intermediate_size": 1408,
  "num_hidden_layers": 28, "num_attention_heads": 16, "num_key_value_heads": 16,
  "n_routed_experts": 64, "n_shared_experts": 2, "num_experts_per_tok": 6,
  "first_k_dense_replace": 1, "moe_layer_freq": 1, "norm_topk_prob": false,
  "scoring_func": "softmax", "max_position_embeddings": 4096, "rms_norm_eps": 1e-06,
  "rope_scaling": null, "rope_theta": 10000
})";
}

inline std::string deepseek_v2_lite_config() {
  return R"({
  "architectures": ["DeepseekV2ForCausalLM"], "model_type": "deepseek_v2", "vocab_size": 102400,
  "hidden_size": 2048, "intermediate_size": 10944, "moe_intermediate_size": 1408,
  "num_hidden_layers": 27, "num_attention_heads": 16, "num_key_value_heads": 16,
  "n_routed_experts": 64, "n_shared_experts": 2, "num_experts_per_tok": 6, "n_group": 1,
  "topk_group": 1, "first_k_dense_replace": 1, "moe_layer_freq": 1, "norm_topk_prob": false,
  "scoring_func": "softmax", "topk_method": "greedy", "routed_scaling_factor": 1.0,
  "q_lora_rank": null, "kv_lora_rank": 512, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64,
  "v_head_dim": 128, "max_position_embeddings": 163840, "rms_norm_eps": 1e-06,
  "rope_theta": 10000, "bos_token_id": 100000, "eos_token_id": 100001,
  "rope_scaling": {"beta_fast": 32, "beta_slow": 1, "factor": 40, "mscale": 0.707,
                   "mscale_all_dim": 0.707, "original_max_position_embeddings": 4096,
                   "type": "yarn"}
})";
}

inline std::string deepseek_v2_config() {
  return R"({
  "architectures": ["DeepseekV2ForCausalLM"], "model_type": "deepseek_v2", "vocab_size": 102400,
  "hidden_size": 5120, "intermediate_size": 12288, "moe_intermediate_size": 1536,
  "num_hidden_layers": 60, "num_attention_heads": 128, "num_key_value_heads": 128,
  "n_routed_experts": 160, "n_shared_experts": 2, "num_experts_per_tok": 6, "n_group": 8,
  "topk_group": 3, "first_k_dense_replace": 1, "moe_layer_freq": 1, "norm_topk_prob": false,
  "scoring_func": "softmax", "topk_method": "group_limited_greedy",
  "routed_scaling_factor": 16.0, "q_lora_rank": 1536, "kv_lora_rank": 512,
  "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128,
  "max_position_embeddings": 163840, "rms_norm_eps": 1e-06, "rope_theta": 10000,
  "rope_scaling": {"beta_fast": 32, "beta_slow": 1, "factor": 40, "mscale": 1.0,
                   "mscale_all_dim": 1.0, "original_max_position_embeddings": 4096,
                   "type": "yarn"}
})";
}

/// V3's values with the indexer's.
inline std::string deepseek_v32_config() {
  std::string json = deepseek_v3_config();
  json.replace(json.find("DeepseekV3ForCausalLM"), 21, "DeepseekV32ForCausalLM");
  json.replace(json.find("\"deepseek_v3\""), 13,
               "\"deepseek_v32\", \"index_n_heads\": 64, \"index_head_dim\": 128, "
               "\"index_topk\": 2048");
  return json;
}

inline std::string mixtral_8x7b_config() {
  return R"({
  "architectures": ["MixtralForCausalLM"], "model_type": "mixtral", "vocab_size": 32000,
  "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32,
  "num_attention_heads": 32, "num_key_value_heads": 8, "num_local_experts": 8,
  "num_experts_per_tok": 2, "sliding_window": null, "max_position_embeddings": 32768,
  "rms_norm_eps": 1e-05, "rope_theta": 1000000.0, "bos_token_id": 1, "eos_token_id": 2
})";
}

inline std::string mixtral_8x22b_config() {
  return R"({
  "architectures": ["MixtralForCausalLM"], "model_type": "mixtral", "vocab_size": 32768,
  "hidden_size": 6144, "intermediate_size": 16384, "num_hidden_layers": 56,
  "num_attention_heads": 48, "num_key_value_heads": 8, "num_local_experts": 8,
  "num_experts_per_tok": 2, "max_position_embeddings": 65536, "rms_norm_eps": 1e-05,
  "rope_theta": 1000000.0
})";
}

inline std::string r1_distill_qwen_config() {
  return R"({
  "architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "vocab_size": 152064,
  "hidden_size": 3584, "intermediate_size": 18944, "num_hidden_layers": 28,
  "num_attention_heads": 28, "num_key_value_heads": 4, "max_position_embeddings": 131072,
  "max_window_layers": 28, "rms_norm_eps": 1e-06, "rope_theta": 10000, "sliding_window": 4096,
  "use_sliding_window": false, "use_mrope": false, "bos_token_id": 151643, "eos_token_id": 151643
})";
}

}  // namespace support
