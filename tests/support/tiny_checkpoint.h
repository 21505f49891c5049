// write_tiny_checkpoint: a random, valid, tiny DeepSeek-V3 checkpoint folder, the same for the same
// options. Spells names and shapes itself, so that it also tests the engine's own table.
#pragma once

#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "tests/support/safetensors_writer.h"

namespace support {

struct TinyCheckpointOptions {
  std::uint64_t seed = 1;
  std::string dtype =
      "F32";         // F32, F16, BF16 for everything; F8_E4M3: linears in FP8, the rest BF16
  int n_shards = 1;  // above 1: an index and that many files
  bool fused_experts = false;  // transformers 5 layout
  bool tie_word_embeddings = false;
  bool attention_bias = false;
  bool yarn = false;
  bool mtp_layer = false;  // one more layer as V3 has it, to be skipped
  std::int64_t vocab_size = 96;
  std::int64_t hidden_size = 64;
  std::int64_t intermediate_size = 80;
  std::int64_t moe_intermediate_size = 32;
  std::int64_t num_hidden_layers = 3;
  std::int64_t first_k_dense_replace = 1;
  std::int64_t num_attention_heads = 4;
  std::int64_t n_routed_experts = 8;
  std::int64_t n_shared_experts = 1;
  std::int64_t num_experts_per_tok = 3;
  std::int64_t n_group = 4;
  std::int64_t topk_group = 2;
  std::int64_t q_lora_rank = 24;  // 0: null
  std::int64_t kv_lora_rank = 32;
  std::int64_t qk_nope_head_dim = 16;
  std::int64_t qk_rope_head_dim = 8;
  std::int64_t v_head_dim = 16;
  std::int64_t max_position_embeddings = 512;
};

inline std::string tiny_config_json(const TinyCheckpointOptions& o) {
  std::map<std::string, std::string> keys;
  const auto put = [&keys](const char* key, std::int64_t value) {
    keys[key] = std::to_string(value);
  };
  const auto flag = [&keys](const char* key, bool value) { keys[key] = value ? "true" : "false"; };
  keys["architectures"] = "[\"DeepseekV3ForCausalLM\"]";
  keys["model_type"] = "\"deepseek_v3\"";
  keys["hidden_act"] = "\"silu\"";
  keys["scoring_func"] = "\"sigmoid\"";
  keys["topk_method"] = "\"noaux_tc\"";
  keys["rms_norm_eps"] = "1e-06";
  keys["rope_theta"] = "10000.0";
  keys["routed_scaling_factor"] = "2.5";
  keys["eos_token_id"] = "1";
  keys["bos_token_id"] = "0";
  put("vocab_size", o.vocab_size);
  put("hidden_size", o.hidden_size);
  put("intermediate_size", o.intermediate_size);
  put("moe_intermediate_size", o.moe_intermediate_size);
  put("num_hidden_layers", o.num_hidden_layers);
  put("num_attention_heads", o.num_attention_heads);
  put("num_key_value_heads", o.num_attention_heads);
  put("n_shared_experts", o.n_shared_experts);
  put("n_routed_experts", o.n_routed_experts);
  put("num_experts_per_tok", o.num_experts_per_tok);
  put("n_group", o.n_group);
  put("topk_group", o.topk_group);
  put("first_k_dense_replace", o.first_k_dense_replace);
  put("moe_layer_freq", 1);
  put("kv_lora_rank", o.kv_lora_rank);
  put("qk_nope_head_dim", o.qk_nope_head_dim);
  put("qk_rope_head_dim", o.qk_rope_head_dim);
  put("v_head_dim", o.v_head_dim);
  put("max_position_embeddings", o.max_position_embeddings);
  put("num_nextn_predict_layers", o.mtp_layer ? 1 : 0);
  flag("norm_topk_prob", true);
  flag("tie_word_embeddings", o.tie_word_embeddings);
  flag("attention_bias", o.attention_bias);
  keys["q_lora_rank"] = o.q_lora_rank > 0 ? std::to_string(o.q_lora_rank) : "null";
  keys["rope_scaling"] =
      o.yarn
          ? "{\"type\": \"yarn\", \"factor\": " + std::to_string(o.max_position_embeddings / 64) +
                ", \"original_max_position_embeddings\": 64, \"beta_fast\": 32, "
                "\"beta_slow\": 1, \"mscale\": 1.0, \"mscale_all_dim\": 1.0}"
          : "null";
  if (o.dtype == "F8_E4M3") {
    keys["quantization_config"] =
        "{\"quant_method\": \"fp8\", \"fmt\": \"e4m3\", \"activation_scheme\": \"dynamic\", "
        "\"weight_block_size\": [128, 128]}";
  }
  std::string json = "{\n";
  for (const auto& [key, value] : keys) {
    json += (json.size() > 2 ? ",\n  \"" : "  \"") + key + "\": " + value;
  }
  return json + "\n}\n";
}

/// Collects the tensors of one tiny checkpoint, drawing every value from one sequence.
class TinyTensors {
 public:
  explicit TinyTensors(const TinyCheckpointOptions& options)
      : o_(options), state_(options.seed * 0x9E3779B97F4A7C15ULL + 1) {
    matrix("model.embed_tokens.weight", o_.vocab_size, o_.hidden_size, 0.5F, /*linear=*/false);
    const std::int64_t n_layers = o_.num_hidden_layers + (o_.mtp_layer ? 1 : 0);
    for (std::int64_t layer = 0; layer < n_layers; ++layer) decoder_layer(layer);
    if (o_.mtp_layer) mtp_extras("model.layers." + std::to_string(o_.num_hidden_layers) + ".");
    norm("model.norm.weight", o_.hidden_size);
    if (!o_.tie_word_embeddings) {
      matrix("lm_head.weight", o_.vocab_size, o_.hidden_size, 0.2F, /*linear=*/false);
    }
  }
  std::vector<TensorToWrite> take() { return std::move(tensors_); }

 private:
  float uniform() {  // [-1, 1)
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return static_cast<float>((z ^ (z >> 31)) >> 40) * 0x1p-23F - 1.0F;
  }
  std::vector<float> values(std::int64_t n, float spread, float centre = 0.0F) {
    std::vector<float> out(static_cast<std::size_t>(n));
    for (float& value : out) value = centre + spread * uniform();
    return out;
  }
  std::string plain_dtype() const { return o_.dtype == "F8_E4M3" ? "BF16" : o_.dtype; }

  void matrix(const std::string& name, std::int64_t rows, std::int64_t cols, float spread,
              bool linear = true) {
    const std::vector<float> data = values(rows * cols, spread);
    if (linear && o_.dtype == "F8_E4M3") {
      append_fp8_tensors(&tensors_, name, rows, cols, data);
    } else {
      tensors_.push_back(float_tensor(name, plain_dtype(), {rows, cols}, data));
    }
  }
  void norm(const std::string& name, std::int64_t n) {
    tensors_.push_back(float_tensor(name, plain_dtype(), {n}, values(n, 0.2F, 1.0F)));
  }
  void bias(const std::string& name, std::int64_t n) {
    tensors_.push_back(float_tensor(name, plain_dtype(), {n}, values(n, 0.1F)));
  }

  void decoder_layer(std::int64_t layer) {
    const std::string prefix = "model.layers." + std::to_string(layer) + ".";
    norm(prefix + "input_layernorm.weight", o_.hidden_size);
    attention(prefix + "self_attn.");
    norm(prefix + "post_attention_layernorm.weight", o_.hidden_size);
    if (o_.n_routed_experts > 0 && layer >= o_.first_k_dense_replace) {
      moe(prefix + "mlp.");
    } else {
      mlp(prefix + "mlp.", o_.intermediate_size);
    }
  }

  void attention(const std::string& prefix) {
    const std::int64_t q_rows =
        o_.num_attention_heads * (o_.qk_nope_head_dim + o_.qk_rope_head_dim);
    const std::int64_t kv_rows = o_.kv_lora_rank + o_.qk_rope_head_dim;
    if (o_.q_lora_rank > 0) {
      matrix(prefix + "q_a_proj.weight", o_.q_lora_rank, o_.hidden_size, 0.2F);
      if (o_.attention_bias) bias(prefix + "q_a_proj.bias", o_.q_lora_rank);
      norm(prefix + "q_a_layernorm.weight", o_.q_lora_rank);
      matrix(prefix + "q_b_proj.weight", q_rows, o_.q_lora_rank, 0.4F);
    } else {
      matrix(prefix + "q_proj.weight", q_rows, o_.hidden_size, 0.2F);
    }
    matrix(prefix + "kv_a_proj_with_mqa.weight", kv_rows, o_.hidden_size, 0.2F);
    if (o_.attention_bias) bias(prefix + "kv_a_proj_with_mqa.bias", kv_rows);
    norm(prefix + "kv_a_layernorm.weight", o_.kv_lora_rank);
    matrix(prefix + "kv_b_proj.weight",
           o_.num_attention_heads * (o_.qk_nope_head_dim + o_.v_head_dim), o_.kv_lora_rank, 0.3F);
    matrix(prefix + "o_proj.weight", o_.hidden_size, o_.num_attention_heads * o_.v_head_dim, 0.2F);
    if (o_.attention_bias) bias(prefix + "o_proj.bias", o_.hidden_size);
  }

  void mlp(const std::string& prefix, std::int64_t width) {
    matrix(prefix + "gate_proj.weight", width, o_.hidden_size, 0.2F);
    matrix(prefix + "up_proj.weight", width, o_.hidden_size, 0.2F);
    matrix(prefix + "down_proj.weight", o_.hidden_size, width, 0.2F);
  }

  void moe(const std::string& prefix) {
    const std::int64_t width = o_.moe_intermediate_size;
    const std::int64_t n = o_.n_routed_experts;
    matrix(prefix + "gate.weight", n, o_.hidden_size, 0.4F, /*linear=*/false);
    tensors_.push_back(
        float_tensor(prefix + "gate.e_score_correction_bias", "F32", {n}, values(n, 0.1F)));
    if (o_.fused_experts) {
      tensors_.push_back(float_tensor(prefix + "experts.gate_up_proj", plain_dtype(),
                                      {n, 2 * width, o_.hidden_size},
                                      values(n * 2 * width * o_.hidden_size, 0.2F)));
      tensors_.push_back(float_tensor(prefix + "experts.down_proj", plain_dtype(),
                                      {n, o_.hidden_size, width},
                                      values(n * o_.hidden_size * width, 0.2F)));
    } else {
      for (std::int64_t e = 0; e < n; ++e) {
        mlp(prefix + "experts." + std::to_string(e) + ".", width);
      }
    }
    if (o_.n_shared_experts > 0) mlp(prefix + "shared_experts.", width * o_.n_shared_experts);
  }

  void mtp_extras(const std::string& prefix) {
    matrix(prefix + "embed_tokens.weight", o_.vocab_size, o_.hidden_size, 0.5F, /*linear=*/false);
    norm(prefix + "enorm.weight", o_.hidden_size);
    norm(prefix + "hnorm.weight", o_.hidden_size);
    matrix(prefix + "eh_proj.weight", o_.hidden_size, 2 * o_.hidden_size, 0.2F, /*linear=*/false);
    norm(prefix + "shared_head.norm.weight", o_.hidden_size);
    matrix(prefix + "shared_head.head.weight", o_.vocab_size, o_.hidden_size, 0.2F,
           /*linear=*/false);
  }

  TinyCheckpointOptions o_;
  std::uint64_t state_;
  std::vector<TensorToWrite> tensors_;
};

inline std::vector<TensorToWrite> tiny_tensors(const TinyCheckpointOptions& options) {
  return TinyTensors(options).take();
}

inline std::string shard_name(int shard, int n_shards) {
  char name[64];
  std::snprintf(name, sizeof(name), "model-%05d-of-%05d.safetensors", shard + 1, n_shards);
  return name;
}

/// Writes the tensors as model.safetensors, or as shards in turn with their index.
inline void write_tensor_files(const std::string& folder, const std::vector<TensorToWrite>& tensors,
                               int n_shards) {
  if (n_shards <= 1) {
    write_safetensors(folder + "/model.safetensors", tensors);
    return;
  }
  std::vector<std::vector<TensorToWrite>> shards(static_cast<std::size_t>(n_shards));
  std::string map;
  std::size_t total = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const auto shard = static_cast<int>(i % static_cast<std::size_t>(n_shards));
    map += (map.empty() ? "    \"" : ",\n    \"") + tensors[i].name + "\": \"" +
           shard_name(shard, n_shards) + "\"";
    total += tensors[i].bytes.size();
    shards[static_cast<std::size_t>(shard)].push_back(tensors[i]);
  }
  for (int shard = 0; shard < n_shards; ++shard) {
    write_safetensors(folder + "/" + shard_name(shard, n_shards),
                      shards[static_cast<std::size_t>(shard)]);
  }
  write_file(folder + "/model.safetensors.index.json",
             "{\n  \"metadata\": {\"total_size\": " + std::to_string(total) +
                 "},\n  \"weight_map\": {\n" + map + "\n  }\n}\n");
}

/// config.json, generation_config.json and the tensor files. The folder must exist.
inline void write_tiny_checkpoint(const std::string& folder,
                                  const TinyCheckpointOptions& options = {}) {
  write_file(folder + "/config.json", tiny_config_json(options));
  write_file(folder + "/generation_config.json",
             "{\"temperature\": 0.6, \"top_p\": 0.95, \"do_sample\": true, \"eos_token_id\": 1}\n");
  write_tensor_files(folder, tiny_tensors(options), options.n_shards);
}

}  // namespace support
