// GGUF metadata → ModelConfig, for every architecture, by the rules of the facts about converters.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/checkpoint/checkpoint.h"
#include "tests/support/findings.h"
#include "tests/support/tiny_gguf.h"

namespace {

using engine::Architecture;
using engine::CheckpointReport;
using engine::ModelConfig;
using engine::RopeScalingKind;
using engine::ScoreFunction;
using engine::TopkMethod;
using support::GgufPair;
using support::GgufToWrite;
using support::kv_f32;
using support::kv_string;
using support::kv_u32;
using testing::ElementsAre;
using testing::HasSubstr;

CheckpointReport inspect(const GgufToWrite& file) {
  const support::TempFolder folder;
  support::write_file(folder.file("m.gguf"), file.bytes());
  return engine::inspect_checkpoint(folder.file("m.gguf"), 0);
}

ModelConfig config_of(const GgufToWrite& file) {
  const CheckpointReport report = inspect(file);
  EXPECT_TRUE(report.loadable()) << (report.findings.empty() ? "" : report.findings[0].message);
  return report.config;
}

void erase(GgufToWrite* file, const std::string& key) {
  std::erase_if(file->pairs, [&key](const GgufPair& pair) { return pair.key == key; });
}

void set(GgufToWrite* file, const GgufPair& pair) {
  erase(file, pair.key);
  file->pairs.push_back(pair);
}

GgufToWrite with(GgufToWrite file, const GgufPair& pair) {
  set(&file, pair);
  return file;
}

void erase_tensors(GgufToWrite* file, const std::string& ending) {
  std::erase_if(file->tensors, [&ending](const support::GgufTensorToWrite& tensor) {
    return tensor.name.ends_with(ending);
  });
}

TEST(GgufConfig, DeepseekV3) {
  const support::TinyCheckpointOptions o;
  const ModelConfig c = config_of(support::tiny_deepseek2(o));
  EXPECT_EQ(c.architecture, Architecture::DeepseekV3);
  EXPECT_EQ(c.model_type, "deepseek2");
  EXPECT_EQ(c.vocab_size, 96);
  EXPECT_EQ(c.hidden_size, 64);
  EXPECT_EQ(c.intermediate_size, 80);
  EXPECT_EQ(c.moe_intermediate_size, 32);
  EXPECT_EQ(c.num_hidden_layers, 3);
  EXPECT_EQ(c.num_attention_heads, 4);
  EXPECT_EQ(c.num_key_value_heads, 4);
  EXPECT_EQ(c.n_shared_experts, 1);
  EXPECT_EQ(c.n_routed_experts, 8);
  EXPECT_EQ(c.num_experts_per_tok, 3);
  EXPECT_EQ(c.n_group, 4);
  EXPECT_EQ(c.topk_group, 2);
  EXPECT_EQ(c.first_k_dense_replace, 1);
  EXPECT_TRUE(c.norm_topk_prob);
  EXPECT_EQ(c.routed_scaling_factor, 2.5);
  EXPECT_EQ(c.scoring_func, ScoreFunction::Sigmoid);
  EXPECT_EQ(c.topk_method, TopkMethod::NoauxTc);
  EXPECT_EQ(c.q_lora_rank, 24);
  EXPECT_EQ(c.kv_lora_rank, 32);
  EXPECT_EQ(c.qk_nope_head_dim, 16);
  EXPECT_EQ(c.qk_rope_head_dim, 8);
  EXPECT_EQ(c.v_head_dim, 16);
  EXPECT_TRUE(c.rope_interleave);
  EXPECT_EQ(c.rms_norm_eps, 1e-6);  // the decimal that was meant, not its float32 neighbour
  EXPECT_EQ(c.latent_norm_eps, 1e-6);
  EXPECT_EQ(c.max_position_embeddings, 512);
  EXPECT_EQ(c.rope_scaling.kind, RopeScalingKind::None);
  EXPECT_EQ(c.bos_token_id, 0);
  EXPECT_THAT(c.eos_token_ids, ElementsAre(1));
  EXPECT_FALSE(c.tie_word_embeddings);
}

TEST(GgufConfig, BothConventionsOfLengths) {
  const ModelConfig newer = config_of(support::tiny_deepseek2());
  const ModelConfig older =
      config_of(support::tiny_deepseek2({}, {.split_kv_b = false, .new_lengths = false}));
  EXPECT_EQ(newer, older);
  // Any pairing of lengths and tensors is read by what is there.
  EXPECT_EQ(newer, config_of(support::tiny_deepseek2({}, {.split_kv_b = false})));
  EXPECT_EQ(newer, config_of(support::tiny_deepseek2({}, {.new_lengths = false})));
}

TEST(GgufConfig, AbsorbedLengthMustFit) {
  const CheckpointReport report =
      inspect(with(support::tiny_deepseek2(), kv_u32("deepseek2.attention.key_length", 192)));
  EXPECT_THAT(support::finding(report, "config-rule"),
              HasSubstr("deepseek2.attention.key_length: found 192, allowed "
                        "attention.kv_lora_rank + rope.dimension_count = 40"));
}

GgufToWrite tiny_v2(std::int64_t groups) {
  support::TinyCheckpointOptions o;
  GgufToWrite file = support::tiny_deepseek2(o);
  erase(&file, "deepseek2.expert_gating_func");
  erase(&file, "deepseek2.expert_weights_norm");
  erase_tensors(&file, ".exp_probs_b.bias");
  set(&file, kv_f32("deepseek2.expert_weights_scale", 16.0F));
  erase(&file, "deepseek2.expert_group_count");
  erase(&file, "deepseek2.expert_group_used_count");
  if (groups > 0) {
    set(&file, kv_u32("deepseek2.expert_group_count", static_cast<std::uint32_t>(groups)));
    set(&file, kv_u32("deepseek2.expert_group_used_count", 2));
  }
  return file;
}

TEST(GgufConfig, DeepseekV2GatingByAbsence) {
  const ModelConfig lite = config_of(tiny_v2(0));
  EXPECT_EQ(lite.architecture, Architecture::DeepseekV2);
  EXPECT_EQ(lite.scoring_func, ScoreFunction::Softmax);
  EXPECT_EQ(lite.topk_method, TopkMethod::Greedy);
  EXPECT_FALSE(lite.norm_topk_prob);
  EXPECT_EQ(lite.routed_scaling_factor, 16.0);
  EXPECT_EQ(lite.n_group, 1);
  const ModelConfig v2 = config_of(tiny_v2(4));
  EXPECT_EQ(v2.topk_method, TopkMethod::GroupLimitedGreedy);  // a group scores as its best expert
  EXPECT_EQ(v2.n_group, 4);
  EXPECT_EQ(v2.topk_group, 2);
}

TEST(GgufConfig, BiasAndGatingMustAgree) {
  GgufToWrite file = support::tiny_deepseek2();
  erase(&file, "deepseek2.expert_gating_func");
  EXPECT_THAT(support::finding(inspect(file), "config-rule"), HasSubstr("exp_probs_b"));
  set(&file, kv_u32("deepseek2.expert_gating_func", 3));
  EXPECT_THAT(support::finding(inspect(file), "config-unsupported"), HasSubstr("found 3"));
  file = support::tiny_deepseek2();
  erase_tensors(&file, ".exp_probs_b.bias");
  const CheckpointReport report = inspect(file);
  EXPECT_TRUE(report.loadable());
  EXPECT_THAT(support::finding(report, "router-bias-missing"), HasSubstr("warning"));
  file = support::tiny_deepseek2();
  erase_tensors(&file, "blk.2.exp_probs_b.bias");  // in one layer, but not in the other
  EXPECT_THAT(support::finding(inspect(file), "tensor-missing"), HasSubstr("blk.2.exp_probs_b"));
}

TEST(GgufConfig, GroupsOfReleasedModels) {
  GgufToWrite file = support::tiny_deepseek2();
  erase(&file, "deepseek2.expert_group_count");
  erase(&file, "deepseek2.expert_group_used_count");
  EXPECT_EQ(config_of(file).n_group, 1);
  set(&file, kv_u32("deepseek2.embedding_length", 7168));
  set(&file, kv_u32("deepseek2.block_count", 61));
  set(&file, kv_u32("deepseek2.expert_count", 256));
  const CheckpointReport report = inspect(file);  // its tensors do not fit, its config does
  EXPECT_EQ(report.config.n_group, 8);
  EXPECT_EQ(report.config.topk_group, 4);
  EXPECT_THAT(support::finding(report, "expert-groups-known"), HasSubstr("DeepSeek-V3"));
}

TEST(GgufConfig, Yarn) {
  support::TinyCheckpointOptions o;
  o.yarn = true;
  GgufToWrite file = support::tiny_deepseek2(o);
  engine::RopeScaling yarn = config_of(file).rope_scaling;
  EXPECT_EQ(yarn.kind, RopeScalingKind::Yarn);
  EXPECT_EQ(yarn.factor, 8.0);
  EXPECT_EQ(yarn.original_max_position_embeddings, 64);
  EXPECT_EQ(yarn.mscale_all_dim, 1.0);
  EXPECT_EQ(yarn.mscale, 1.0);  // equal, so that cos and sin are not scaled
  EXPECT_EQ(yarn.beta_fast, 32.0);
  EXPECT_EQ(yarn.beta_slow, 1.0);
  // What a converter writes for 0.707: 0.1·0.707, rounded to float32.
  set(&file, kv_f32("deepseek2.rope.scaling.yarn_log_multiplier", static_cast<float>(0.1 * 0.707)));
  set(&file, kv_f32("deepseek2.rope.scaling.yarn_beta_fast", 1.0F));
  yarn = config_of(file).rope_scaling;
  EXPECT_EQ(yarn.mscale_all_dim, 0.707);
  EXPECT_EQ(yarn.beta_fast, 1.0);
  erase(&file, "deepseek2.rope.scaling.yarn_log_multiplier");
  const CheckpointReport report = inspect(file);
  EXPECT_TRUE(report.loadable());
  EXPECT_THAT(support::finding(report, "yarn-multiplier-missing"), HasSubstr("mscale_all_dim"));
  for (const char* type : {"longrope", "nonsense"}) {
    set(&file, kv_string("deepseek2.rope.scaling.type", type));
    EXPECT_THAT(support::finding(inspect(file), "config-unsupported"), HasSubstr(type));
  }
}

TEST(GgufConfig, Llama) {
  const ModelConfig c = config_of(support::tiny_llama());
  EXPECT_EQ(c.architecture, Architecture::Llama);
  EXPECT_EQ(c.attention_kind(), engine::AttentionKind::Gqa);
  EXPECT_EQ(c.num_key_value_heads, 2);
  EXPECT_EQ(c.head_dim, 8);
  EXPECT_EQ(c.rms_norm_eps, 1e-5);
  EXPECT_TRUE(c.rope_interleave);  // converters permute the rows
  EXPECT_EQ(c.n_routed_experts, 0);
  EXPECT_FALSE(c.qkv_bias);
  EXPECT_FALSE(c.tie_word_embeddings);
  EXPECT_TRUE(config_of(support::tiny_llama({.tied = true})).tie_word_embeddings);
}

TEST(GgufConfig, LlamaRopeFactors) {
  const ModelConfig c = config_of(support::tiny_llama({.rope_factors = true}));
  EXPECT_EQ(c.rope_scaling.kind, RopeScalingKind::Llama3);
  EXPECT_THAT(c.rope_scaling.frequency_factors, ElementsAre(1.0F, 1.0F, 1.0F, 8.0F));
  GgufToWrite file = support::tiny_llama({.rope_factors = true});
  for (auto& tensor : file.tensors) {
    if (tensor.name == "rope_freqs.weight") {
      tensor = support::gguf_floats(tensor.name, {3}, {1, 2, 3});
    }
  }
  EXPECT_THAT(support::finding(inspect(file), "rope-factors"), HasSubstr("found 3 factors"));
}

TEST(GgufConfig, Mixtral) {
  const ModelConfig c = config_of(support::tiny_llama({.experts = 4}));
  EXPECT_EQ(c.architecture, Architecture::Mixtral);
  EXPECT_EQ(c.moe_intermediate_size, 48);
  EXPECT_EQ(c.n_routed_experts, 4);
  EXPECT_EQ(c.num_experts_per_tok, 2);
  EXPECT_EQ(c.n_shared_experts, 0);
  EXPECT_EQ(c.first_k_dense_replace, 0);
  EXPECT_EQ(c.scoring_func, ScoreFunction::Softmax);
  EXPECT_EQ(c.topk_method, TopkMethod::Greedy);
  EXPECT_TRUE(c.norm_topk_prob);
  EXPECT_EQ(c.norm_topk_epsilon, 0.0);
  EXPECT_EQ(c, config_of(support::tiny_llama({.experts = 4, .per_expert_tensors = true})));
}

TEST(GgufConfig, Qwen2AndDeepseek) {
  const ModelConfig qwen = config_of(support::tiny_llama({.architecture = "qwen2"}));
  EXPECT_EQ(qwen.architecture, Architecture::Qwen2);
  EXPECT_TRUE(qwen.qkv_bias);
  EXPECT_FALSE(qwen.rope_interleave);
  const ModelConfig v1 = config_of(support::tiny_llama({.architecture = "deepseek", .experts = 4}));
  EXPECT_EQ(v1.architecture, Architecture::Deepseek);
  EXPECT_TRUE(v1.rope_interleave);
  EXPECT_EQ(v1.first_k_dense_replace, 1);
  EXPECT_EQ(v1.n_shared_experts, 1);
  EXPECT_EQ(v1.scoring_func, ScoreFunction::Softmax);
  EXPECT_EQ(v1.topk_method, TopkMethod::Greedy);
  EXPECT_FALSE(v1.norm_topk_prob);
  EXPECT_EQ(v1.routed_scaling_factor, 1.0);
}

TEST(GgufConfig, BiasesSayWhichAttentionItIs) {
  GgufToWrite file = support::tiny_llama();
  const auto bias = [&file](const char* name, std::uint64_t n) {
    for (const char* layer : {"blk.0.", "blk.1."}) {
      file.tensors.push_back(
          support::gguf_floats(std::string(layer) + name, {n}, support::wave(n, 0.3F)));
    }
  };
  bias("attn_q.bias", 32);
  bias("attn_k.bias", 16);
  bias("attn_v.bias", 16);
  EXPECT_TRUE(config_of(file).qkv_bias);
  bias("attn_output.bias", 32);
  EXPECT_TRUE(config_of(file).attention_bias);
  bias("ffn_up.bias", 48);  // would have to be added, and is not
  EXPECT_THAT(support::finding(inspect(file), "tensor-unsupported"), HasSubstr("ffn_up.bias"));
}

TEST(GgufConfig, PerLayerNumbers) {
  GgufToWrite file = support::tiny_deepseek2();
  const std::string key = "deepseek2.feed_forward_length";
  EXPECT_EQ(
      config_of(with(file, support::kv_array<std::uint32_t>(key, 4, {80, 0, 0}))).intermediate_size,
      80);
  EXPECT_THAT(
      support::finding(inspect(with(file, support::kv_array<std::uint32_t>(key, 4, {80, 64, 0}))),
                       "config-unsupported"),
      HasSubstr("found 80 for some layers and 64 for others"));
}

// Newer converters count MTP layers among the blocks.
TEST(GgufConfig, MtpLayersAreNoBlocks) {
  GgufToWrite file = support::tiny_deepseek2();
  set(&file, kv_u32("deepseek2.block_count", 4));
  set(&file, kv_u32("deepseek2.nextn_predict_layers", 1));
  EXPECT_EQ(config_of(file).num_hidden_layers, 3);  // left out of the file
  file.tensors.push_back(
      support::gguf_floats("blk.3.nextn.eh_proj.weight", {2, 1}, support::wave(2, 0.1F)));
  file.tensors.push_back(
      support::gguf_floats("blk.3.attn_norm.weight", {2}, support::wave(2, 0.1F)));
  const CheckpointReport report = inspect(file);
  EXPECT_TRUE(report.loadable());
  EXPECT_EQ(report.config.num_hidden_layers, 3);
  EXPECT_EQ(report.config.num_nextn_predict_layers, 1);
  EXPECT_EQ(report.parameters.mtp, 4);
  EXPECT_THAT(support::finding(report, "mtp-skipped"), HasSubstr("2 tensors of 1 MTP layer"));
  set(&file, kv_u32("deepseek2.block_count", 3));  // the other way to count
  EXPECT_EQ(config_of(file).num_hidden_layers, 3);
}

TEST(GgufConfig, EmbeddingRowsAreTheVocabulary) {
  GgufToWrite file = support::tiny_llama();
  set(&file, kv_u32("llama.vocab_size", 30));
  set(&file, kv_u32("tokenizer.ggml.eos_token_id", 39));
  const ModelConfig c = config_of(file);
  EXPECT_EQ(c.vocab_size, 40);
  EXPECT_THAT(c.eos_token_ids, ElementsAre(39));
  set(&file, support::kv_i32("tokenizer.ggml.eos_token_id", -1));
  EXPECT_THAT(support::finding(inspect(file), "token-id-outside-vocabulary"),
              HasSubstr("tokenizer.ggml.eos_token_id: found i32 -1"));
}

TEST(GgufConfig, G26MissingAndMistypedKeys) {
  for (const char* key :
       {"block_count", "context_length", "embedding_length", "attention.head_count",
        "attention.layer_norm_rms_epsilon", "feed_forward_length"}) {
    GgufToWrite file = support::tiny_llama();
    erase(&file, std::string("llama.") + key);
    EXPECT_THAT(support::finding(inspect(file), "config-missing"),
                HasSubstr("m.gguf › metadata › llama." + std::string(key) + ": found nothing"))
        << key;
  }
  GgufToWrite file = support::tiny_llama();
  set(&file, kv_string("llama.block_count", "two"));
  EXPECT_THAT(support::finding(inspect(file), "config-type"),
              HasSubstr("llama.block_count: found string \"two\", allowed a whole number"));
  set(&file, kv_f32("llama.block_count", 2.0F));
  EXPECT_THAT(support::finding(inspect(file), "config-type"), HasSubstr("found f32 2"));
  set(&file, kv_u32("llama.block_count", 0));
  EXPECT_THAT(support::finding(inspect(file), "config-value"), HasSubstr("from 1 to 1024"));
  set(&file, support::kv_u64("llama.block_count", 2));
  EXPECT_TRUE(inspect(file).loadable());  // u32 or u64, both are written
}

TEST(GgufConfig, RulesBetweenKeys) {
  EXPECT_THAT(support::finding(
                  inspect(with(support::tiny_llama(), kv_u32("llama.attention.head_count_kv", 3))),
                  "config-rule"),
              HasSubstr("head_count_kv"));
  EXPECT_THAT(support::finding(inspect(with(support::tiny_deepseek2(),
                                            kv_u32("deepseek2.expert_used_count", 9))),
                               "config-rule"),
              HasSubstr("1 ≤ expert_used_count ≤ expert_count"));
  EXPECT_THAT(support::finding(inspect(with(support::tiny_deepseek2(),
                                            kv_u32("deepseek2.expert_group_count", 3))),
                               "config-rule"),
              HasSubstr("a multiple of expert_group_count"));
  EXPECT_THAT(
      support::finding(inspect(with(support::tiny_llama(), kv_f32("llama.attention.scale", 0.5F))),
                       "config-unsupported"),
      HasSubstr("llama.attention.scale: found f32 0.5"));
}

TEST(GgufConfig, G29UnknownArchitecture) {
  const CheckpointReport report =
      inspect(with(support::tiny_llama(), kv_string("general.architecture", "foo9")));
  EXPECT_THAT(support::finding(report, "model-type-unsupported"),
              HasSubstr("found \"foo9\", which is not supported; supported: llama, qwen2"));
  EXPECT_EQ(report.n_tensors, 21);  // still there to be looked at
  EXPECT_EQ(report.dtype_summary, "F32");
  EXPECT_THAT(support::finding(inspect(with(support::tiny_llama(),
                                            kv_string("general.architecture", "deepseek4"))),
                               "model-type-unsupported"),
              HasSubstr("DeepSeek-V4"));
  GgufToWrite file = support::tiny_llama();
  erase(&file, "general.architecture");
  EXPECT_THAT(support::finding(inspect(file), "config-missing"), HasSubstr("general.architecture"));
}

}  // namespace
