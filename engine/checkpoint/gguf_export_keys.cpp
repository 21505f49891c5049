// Metadata of an exported model: a ModelConfig and a vocabulary in GGUF's keys.
#include <string>

#include "engine/checkpoint/gguf_export.h"

namespace engine {

namespace {

std::string_view architecture_key(Architecture architecture) {
  switch (architecture) {
    case Architecture::Qwen2:
      return "qwen2";
    case Architecture::Deepseek:
      return "deepseek";
    case Architecture::DeepseekV2:
    case Architecture::DeepseekV3:
      return "deepseek2";
    case Architecture::DeepseekV32:
      return "deepseek32";
    default:
      return "llama";  // Mixtral too
  }
}

/// general.file_type
std::int64_t file_type(TypeMix mix) {
  switch (mix) {
    case TypeMix::F32:
      return 0;
    case TypeMix::Q8_0:
      return 7;
    case TypeMix::Q4_K_M:
      return 15;
    case TypeMix::BF16:
      break;
  }
  return 32;
}

/// Keys under the architecture's prefix.
class KeyWriter {
 public:
  KeyWriter(const ModelConfig& config, GgufMetadata* out)
      : config_(config),
        out_(*out),
        prefix_(std::string(architecture_key(config.architecture)) + ".") {}

  void write() {
    sizes();
    if (config_.is_mla()) {
      latent_attention();
    } else {
      grouped_attention();
    }
    rope();
    if (config_.n_routed_experts > 0) experts();
  }

 private:
  void u32(const char* key, std::int64_t value) { out_.put_u32(prefix_ + key, value); }
  void f32(const char* key, double value) { out_.put_f32(prefix_ + key, value); }

  bool is_mixtral() const { return config_.architecture == Architecture::Mixtral; }

  void sizes() {
    u32("vocab_size", config_.vocab_size);
    u32("context_length", config_.max_position_embeddings);
    u32("embedding_length", config_.hidden_size);
    u32("block_count", config_.num_hidden_layers);
    u32("feed_forward_length",
        is_mixtral() ? config_.moe_intermediate_size : config_.intermediate_size);
    u32("attention.head_count", config_.num_attention_heads);
    f32("attention.layer_norm_rms_epsilon", config_.rms_norm_eps);
  }

  // Newer readers cache latents: one KV head whose key is latent and rotary part.
  void latent_attention() {
    u32("attention.head_count_kv", 1);
    if (config_.q_lora_rank > 0) u32("attention.q_lora_rank", config_.q_lora_rank);
    u32("attention.kv_lora_rank", config_.kv_lora_rank);
    u32("attention.key_length", config_.latent_dim());
    u32("attention.value_length", config_.kv_lora_rank);
    u32("attention.key_length_mla", config_.qk_head_dim());
    u32("attention.value_length_mla", config_.v_head_dim);
    if (!config_.has_indexer()) return;
    u32("attention.indexer.head_count", config_.index_n_heads);
    u32("attention.indexer.key_length", config_.index_head_dim);
    u32("attention.indexer.top_k", config_.index_topk);
  }

  void grouped_attention() {
    u32("attention.head_count_kv", config_.num_key_value_heads);
    u32("attention.key_length", config_.head_dim);
    u32("attention.value_length", config_.head_dim);
    if (config_.sliding_window > 0) u32("attention.sliding_window", config_.sliding_window);
  }

  void rope() {
    u32("rope.dimension_count", config_.rope_head_dim());
    f32("rope.freq_base", config_.rope_theta);
    const RopeScaling& scaling = config_.rope_scaling;
    if (scaling.kind == RopeScalingKind::Linear) {
      out_.put_text(prefix_ + "rope.scaling.type", "linear");
      f32("rope.scaling.factor", scaling.factor);
    }
    if (scaling.kind != RopeScalingKind::Yarn) return;
    out_.put_text(prefix_ + "rope.scaling.type", "yarn");
    f32("rope.scaling.factor", scaling.factor);
    u32("rope.scaling.original_context_length", scaling.original_max_position_embeddings);
    f32("rope.scaling.yarn_beta_fast", scaling.beta_fast);
    f32("rope.scaling.yarn_beta_slow", scaling.beta_slow);
    if (config_.is_mla() && scaling.mscale_all_dim != 0.0) {
      f32("rope.scaling.yarn_log_multiplier", 0.1 * scaling.mscale_all_dim);
    }
  }

  void experts() {
    u32("expert_count", config_.n_routed_experts);
    u32("expert_used_count", config_.num_experts_per_tok);
    if (is_mixtral()) return;
    u32("leading_dense_block_count", config_.first_k_dense_replace);
    u32("expert_shared_count", config_.n_shared_experts);
    u32("expert_feed_forward_length", config_.moe_intermediate_size);
    f32("expert_weights_scale", config_.routed_scaling_factor);
    out_.put_flag(prefix_ + "expert_weights_norm", config_.norm_topk_prob);
    u32("expert_gating_func", config_.scoring_func == ScoreFunction::Sigmoid ? 2 : 1);
    if (config_.n_group <= 1) return;
    u32("expert_group_count", config_.n_group);
    u32("expert_group_used_count", config_.topk_group);
  }

  const ModelConfig& config_;
  GgufMetadata& out_;
  std::string prefix_;
};

}  // namespace

void put_model(const ModelConfig& config, std::string_view name, TypeMix mix, GgufMetadata* out) {
  out->put_text("general.architecture", architecture_key(config.architecture));
  out->put_text("general.name", name);
  out->put_u32("general.file_type", file_type(mix));
  out->put_u32("general.quantization_version", 2);
  KeyWriter(config, out).write();
}

void put_vocabulary(const VocabularyListing& listing, std::string_view chat_template,
                    GgufMetadata* out) {
  out->put_text("tokenizer.ggml.model", listing.model);
  if (!listing.pre.empty()) out->put_text("tokenizer.ggml.pre", listing.pre);
  out->put_texts("tokenizer.ggml.tokens", listing.tokens);
  if (!listing.scores.empty()) out->put_f32s("tokenizer.ggml.scores", listing.scores);
  if (!listing.token_types.empty()) {
    out->put_i32s("tokenizer.ggml.token_type", listing.token_types);
  }
  if (listing.model == "gpt2") out->put_texts("tokenizer.ggml.merges", listing.merges);
  const auto id = [out](const char* key, const std::optional<std::int32_t>& value) {
    if (value) out->put_u32(std::string("tokenizer.ggml.") + key, *value);
  };
  id("bos_token_id", listing.bos);
  id("eos_token_id", listing.eos);
  id("eot_token_id", listing.eot);
  id("unknown_token_id", listing.unknown);
  id("padding_token_id", listing.padding);
  const auto flag = [out](const char* key, const std::optional<bool>& value) {
    if (value) out->put_flag(std::string("tokenizer.ggml.") + key, *value);
  };
  flag("add_bos_token", listing.add_bos);
  flag("add_eos_token", listing.add_eos);
  flag("add_space_prefix", listing.add_space_prefix);
  if (!chat_template.empty()) out->put_text("tokenizer.chat_template", chat_template);
}

}  // namespace engine
