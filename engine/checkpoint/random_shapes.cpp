// The shapes of released models that random checkpoints are made in.
#include <algorithm>
#include <array>

#include "engine/checkpoint/random_checkpoint.h"

namespace engine {

namespace {

constexpr std::array<RandomShape, 9> kShapes = {{
    {"v2-lite", "DeepSeek-V2-Lite, 15.7 B parameters"},
    {"v3-1b", "DeepSeek-V3's architecture with groups, 1.07 B parameters"},
    {"v3", "DeepSeek-V3, 671 B parameters; use --layers"},
    {"moonlight", "Moonlight-16B-A3B, 16 B parameters"},
    {"moe-16b", "DeepSeekMoE-16B, 16.4 B parameters"},
    {"mixtral-small", "Mixtral's architecture, 1.1 B parameters"},
    {"llama-1b", "Llama's architecture, 1.2 B parameters"},
    {"qwen-1.5b", "R1-Distill-Qwen-1.5B, 1.8 B parameters"},
    {"tiny", "DeepSeek-V3's architecture with groups, 20 M parameters"},
}};

/// What all shapes share.
ModelConfig base(Architecture architecture, std::int64_t layers, std::int64_t hidden,
                 std::int64_t heads, std::int64_t vocabulary) {
  ModelConfig c;
  c.architecture = architecture;
  c.num_hidden_layers = layers;
  c.hidden_size = hidden;
  c.num_attention_heads = heads;
  c.num_key_value_heads = heads;
  c.vocab_size = vocabulary;
  c.max_position_embeddings = 32768;
  c.bos_token_id = static_cast<std::int32_t>(vocabulary - 2);
  c.eos_token_ids = {static_cast<std::int32_t>(vocabulary - 1)};
  c.norm_topk_prob = false;
  c.scoring_func = ScoreFunction::Softmax;
  c.topk_method = TopkMethod::Greedy;
  return c;
}

void set_latents(ModelConfig* c, std::int64_t q_rank, std::int64_t kv_rank, std::int64_t nope,
                 std::int64_t rope) {
  c->q_lora_rank = q_rank;
  c->kv_lora_rank = kv_rank;
  c->qk_nope_head_dim = nope;
  c->qk_rope_head_dim = rope;
  c->v_head_dim = nope;
}

void set_yarn(ModelConfig* c, double mscale) {
  c->rope_scaling.kind = RopeScalingKind::Yarn;
  c->rope_scaling.factor = 40.0;
  c->rope_scaling.mscale = mscale;
  c->rope_scaling.mscale_all_dim = mscale;
  c->rope_scaling.original_max_position_embeddings = 4096;
}

struct ExpertShape {
  std::int64_t count, per_token, shared, width, dense_layers, dense_width;
};

void set_experts(ModelConfig* c, const ExpertShape& e) {
  c->n_routed_experts = e.count;
  c->num_experts_per_tok = e.per_token;
  c->n_shared_experts = e.shared;
  c->moe_intermediate_size = e.width;
  c->first_k_dense_replace = e.dense_layers;
  c->intermediate_size = e.dense_width;
}

void set_v3_gating(ModelConfig* c, std::int64_t groups, std::int64_t open, double scale) {
  c->scoring_func = ScoreFunction::Sigmoid;
  c->topk_method = TopkMethod::NoauxTc;
  c->norm_topk_prob = true;
  c->n_group = groups;
  c->topk_group = open;
  c->routed_scaling_factor = scale;
}

ModelConfig latent_shape(std::string_view name) {
  if (name == "v2-lite") {
    ModelConfig c = base(Architecture::DeepseekV2, 27, 2048, 16, 102400);
    set_latents(&c, 0, 512, 128, 64);
    set_experts(&c, {64, 6, 2, 1408, 1, 10944});
    set_yarn(&c, 0.707);
    return c;
  }
  if (name == "moonlight") {
    ModelConfig c = base(Architecture::DeepseekV3, 27, 2048, 16, 163840);
    set_latents(&c, 0, 512, 128, 64);
    set_experts(&c, {64, 6, 2, 1408, 1, 11264});
    set_v3_gating(&c, 1, 1, 2.446);
    c.rope_theta = 50000.0;
    return c;
  }
  if (name == "v3") {
    ModelConfig c = base(Architecture::DeepseekV3, 61, 7168, 128, 129280);
    set_latents(&c, 1536, 512, 128, 64);
    set_experts(&c, {256, 8, 1, 2048, 3, 18432});
    set_v3_gating(&c, 8, 4, 2.5);
    set_yarn(&c, 1.0);
    return c;
  }
  const bool tiny = name == "tiny";
  ModelConfig c = tiny ? base(Architecture::DeepseekV3, 6, 256, 4, 4096)
                       : base(Architecture::DeepseekV3, 10, 1024, 16, 32768);
  if (tiny) {
    set_latents(&c, 256, 256, 64, 32);
    set_experts(&c, {16, 4, 1, 256, 1, 1024});
    set_v3_gating(&c, 4, 2, 2.5);
  } else {
    set_latents(&c, 512, 512, 128, 64);
    set_experts(&c, {64, 8, 1, 512, 1, 4096});
    set_v3_gating(&c, 8, 4, 2.5);
  }
  set_yarn(&c, 1.0);
  return c;
}

ModelConfig grouped_shape(std::string_view name) {
  if (name == "moe-16b") {
    ModelConfig c = base(Architecture::Deepseek, 28, 2048, 16, 102400);
    c.head_dim = 128;
    set_experts(&c, {64, 6, 2, 1408, 1, 10944});
    return c;
  }
  if (name == "mixtral-small") {
    ModelConfig c = base(Architecture::Mixtral, 12, 1024, 16, 32000);
    c.head_dim = 64;
    c.num_key_value_heads = 4;
    set_experts(&c, {8, 2, 0, 3584, 0, 0});
    c.norm_topk_prob = true;
    c.norm_topk_epsilon = 0.0;
    c.rope_theta = 1e6;
    return c;
  }
  if (name == "llama-1b") {
    ModelConfig c = base(Architecture::Llama, 16, 2048, 32, 32000);
    c.head_dim = 64;
    c.num_key_value_heads = 8;
    c.intermediate_size = 8192;
    return c;
  }
  ModelConfig c = base(Architecture::Qwen2, 28, 1536, 12, 151936);
  c.head_dim = 128;
  c.num_key_value_heads = 2;
  c.intermediate_size = 8960;
  c.qkv_bias = true;
  c.rope_interleave = false;
  return c;
}

bool is_latent(std::string_view name) {
  return name.starts_with("v") || name == "moonlight" || name == "tiny";
}

}  // namespace

std::span<const RandomShape> random_shapes() { return kShapes; }

Result<ModelConfig> random_shape_config(std::string_view name, std::int64_t n_layers) {
  const bool known = std::any_of(kShapes.begin(), kShapes.end(),
                                 [name](const RandomShape& s) { return s.name == name; });
  if (!known) {
    std::string allowed;
    for (const RandomShape& shape : kShapes) {
      allowed += (allowed.empty() ? "" : ", ") + std::string(shape.name);
    }
    return fail(ErrorCode::NotFound,
                "shape: found '" + std::string(name) + "', allowed " + allowed);
  }
  ModelConfig config = is_latent(name) ? latent_shape(name) : grouped_shape(name);
  if (n_layers > 0) {
    config.num_hidden_layers = std::min(config.num_hidden_layers, n_layers);
    config.first_k_dense_replace = std::min(config.first_k_dense_replace, config.num_hidden_layers);
  }
  return config;
}

}  // namespace engine
