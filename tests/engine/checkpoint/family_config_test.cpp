// config.json of the families beside DeepSeek-V3: what is read, the defaults, the rules, and who is
// refused by name. Rows C1, C3 and C6 of the fault catalogue for them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/checkpoint/model_config.h"
#include "engine/checkpoint/tensor_spec.h"
#include "tests/support/released_configs.h"

namespace {

using engine::Architecture;
using engine::AttentionKind;
using engine::ModelConfig;
using engine::parse_model_config;
using engine::ScoreFunction;
using engine::TopkMethod;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

ModelConfig accepted(const std::string& json, std::vector<std::string>* warnings = nullptr) {
  const auto config = parse_model_config(json, "config.json", warnings);
  EXPECT_TRUE(config.has_value()) << config.error().message;
  return config ? *config : ModelConfig{};
}

std::string error_of(const std::string& json) {
  const auto config = parse_model_config(json, "config.json", nullptr);
  return config ? "accepted" : config.error().message;
}

/// A released config with text put in front of its keys; a repeated key must be taken out first.
std::string with(std::string json, const std::string& keys) { return json.insert(1, keys + ","); }

std::string without(std::string json, const std::string& key) {
  const std::size_t at = json.find("\"" + key + "\"");
  return json.erase(at, json.find(',', at) + 1 - at);
}

std::string of_type(const std::string& model_type, const std::string& keys = "") {
  return "{\"model_type\": \"" + model_type + "\"" + (keys.empty() ? "" : ", " + keys) + "}";
}

TEST(FamilyConfig, LlamaIsDenseGroupedAttention) {
  const ModelConfig c = accepted(support::deepseek_llm_67b_config());
  EXPECT_EQ(c.architecture, Architecture::Llama);
  EXPECT_EQ(c.attention_kind(), AttentionKind::Gqa);
  EXPECT_EQ(c.head_dim, 128);
  EXPECT_EQ(c.num_key_value_heads, 8);
  EXPECT_EQ(c.cached_values(), 2 * 8 * 128);
  EXPECT_FALSE(c.rope_interleave);
  EXPECT_FALSE(c.qkv_bias);
  EXPECT_THAT(c.moe_layers(), IsEmpty());
  EXPECT_THAT(c.eos_token_ids, ElementsAre(100001));
}

TEST(FamilyConfig, DefaultsAreTransformers) {
  const ModelConfig llama = accepted(of_type("llama"));
  EXPECT_EQ(llama.vocab_size, 32000);
  EXPECT_EQ(llama.num_key_value_heads, 32);
  EXPECT_EQ(llama.max_position_embeddings, 2048);
  EXPECT_THAT(llama.eos_token_ids, ElementsAre(2));
  const ModelConfig qwen = accepted(of_type("qwen2"));
  EXPECT_EQ(qwen.intermediate_size, 22016);
  EXPECT_EQ(qwen.vocab_size, 151936);
  EXPECT_TRUE(qwen.qkv_bias);
  EXPECT_FALSE(qwen.bos_token_id.has_value());
  const ModelConfig mixtral = accepted(of_type("mixtral"));
  EXPECT_EQ(mixtral.num_key_value_heads, 8);
  EXPECT_EQ(mixtral.rope_theta, 1e6);
  EXPECT_EQ(mixtral.rms_norm_eps, 1e-5);
  EXPECT_EQ(mixtral.max_position_embeddings, 131072);
  const ModelConfig v1 = accepted(of_type("deepseek"));
  EXPECT_EQ(v1.num_hidden_layers, 30);
  EXPECT_THAT(v1.moe_layers(), IsEmpty());
  const ModelConfig v2 = accepted(of_type("deepseek_v2", "\"num_experts_per_tok\": 6"));
  EXPECT_EQ(v2.moe_intermediate_size, 1407);
  EXPECT_EQ(v2.first_k_dense_replace, 0);
  EXPECT_EQ(v2.q_lora_rank, 1536);
  EXPECT_EQ(v2.routed_scaling_factor, 1.0);
  EXPECT_FALSE(v2.norm_topk_prob);
  const ModelConfig v32 = accepted(of_type("deepseek_v32"));
  EXPECT_EQ(v32.index_topk, 2048);
  EXPECT_EQ(v32.max_position_embeddings, 163840);
}

TEST(FamilyConfig, KeyValueHeadsFollowEachFamilysRule) {
  const std::string few = "\"num_attention_heads\": 16, \"hidden_size\": 64";
  EXPECT_EQ(accepted(of_type("llama", few)).num_key_value_heads, 16);
  EXPECT_EQ(accepted(of_type("mixtral", few)).num_key_value_heads, 8);
  EXPECT_THAT(error_of(of_type("qwen2", few)),
              HasSubstr("num_attention_heads % num_key_value_heads = 0"));
  EXPECT_EQ(accepted(of_type("qwen2", few + ", \"num_key_value_heads\": null")).num_key_value_heads,
            16);
}

TEST(FamilyConfig, MixtralRoutesWithoutEpsilonAndSharedExperts) {
  const ModelConfig c = accepted(support::mixtral_8x7b_config());
  EXPECT_EQ(c.n_routed_experts, 8);
  EXPECT_EQ(c.moe_intermediate_size, 14336);
  EXPECT_EQ(c.n_shared_experts, 0);
  EXPECT_EQ(c.moe_layers().size(), 32U);
  EXPECT_TRUE(c.norm_topk_prob);
  EXPECT_EQ(c.norm_topk_epsilon, 0.0);
  EXPECT_EQ(c.scoring_func, ScoreFunction::Softmax);
  EXPECT_EQ(c.topk_method, TopkMethod::Greedy);
  EXPECT_EQ(c.sliding_window, 0);
  EXPECT_EQ(accepted(of_type("mixtral", "\"sliding_window\": 4096")).window_of(0), 4096);
}

TEST(FamilyConfig, QwensWindowIsUsedWhereItsFileSaysSo) {
  const ModelConfig released = accepted(support::r1_distill_qwen_config());
  EXPECT_EQ(released.sliding_window, 0);
  EXPECT_TRUE(released.qkv_bias);
  EXPECT_FALSE(released.attention_bias);
  const std::string on = "\"use_sliding_window\": true, \"sliding_window\": 512";
  const ModelConfig late = accepted(of_type("qwen2", on + ", \"max_window_layers\": 30"));
  EXPECT_EQ(late.window_of(29), 0);
  EXPECT_EQ(late.window_of(30), 512);
  EXPECT_EQ(accepted(of_type("qwen2", on + ", \"max_window_layers\": 32")).sliding_window, 0);
  const auto layers = [&](const std::string& types) {
    return of_type("qwen2", on + ", \"num_hidden_layers\": 3, \"layer_types\": [" + types + "]");
  };
  const std::string full = "\"full_attention\"", sliding = "\"sliding_attention\"";
  EXPECT_EQ(accepted(layers(full + "," + sliding + "," + sliding)).first_windowed_layer, 1);
  EXPECT_EQ(accepted(layers(full + "," + full + "," + full)).sliding_window, 0);
  EXPECT_THAT(error_of(layers(sliding + "," + full + "," + sliding)), HasSubstr("layer_types"));
  EXPECT_THAT(error_of(layers(full)), HasSubstr("one entry per layer"));
  EXPECT_THAT(error_of(of_type("qwen2", "\"use_sliding_window\": true, \"sliding_window\": 0")),
              HasSubstr("sliding_window"));
  std::vector<std::string> warnings;
  accepted(of_type("mixtral", "\"sliding_window\": 200000"), &warnings);
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("it never takes effect")));
}

TEST(FamilyConfig, DeepseekV1) {
  const ModelConfig c = accepted(support::deepseek_moe_16b_config());
  EXPECT_EQ(c.architecture, Architecture::Deepseek);
  EXPECT_EQ(c.moe_layers().size(), 27U);
  EXPECT_EQ(c.n_shared_experts, 2);
  EXPECT_EQ(c.routed_scaling_factor, 1.0);
  EXPECT_FALSE(c.norm_topk_prob);
  const std::string norm = without(support::deepseek_moe_16b_config(), "norm_topk_prob");
  EXPECT_TRUE(accepted(with(norm, "\"norm_topk_prob\": true")).norm_topk_prob);
  // Its own code normalises more than one weight only.
  const std::string one = with(without(norm, "num_experts_per_tok"), "\"num_experts_per_tok\": 1");
  EXPECT_FALSE(accepted(with(one, "\"norm_topk_prob\": true")).norm_topk_prob);
  EXPECT_THAT(error_of(with(without(norm, "scoring_func"), "\"scoring_func\": \"sigmoid\"")),
              HasSubstr("no deepseek model uses"));
}

TEST(FamilyConfig, DeepseekV2ScoresGroupsAndScales) {
  const ModelConfig c = accepted(support::deepseek_v2_config());
  EXPECT_EQ(c.topk_method, TopkMethod::GroupLimitedGreedy);
  EXPECT_EQ(c.scoring_func, ScoreFunction::Softmax);
  EXPECT_EQ(c.n_group, 8);
  EXPECT_EQ(c.topk_group, 3);
  EXPECT_EQ(c.routed_scaling_factor, 16.0);
  EXPECT_TRUE(c.rope_interleave);
  const ModelConfig lite = accepted(support::deepseek_v2_lite_config());
  EXPECT_EQ(lite.topk_method, TopkMethod::Greedy);
  EXPECT_EQ(lite.q_lora_rank, 0);
  EXPECT_EQ(lite.rope_scaling.mscale_all_dim, 0.707);
  std::vector<std::string> warnings;
  const std::string norm = without(support::deepseek_v2_config(), "norm_topk_prob");
  EXPECT_FALSE(accepted(with(norm, "\"norm_topk_prob\": true"), &warnings).norm_topk_prob);
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("as transformers' deepseek_v2 does")));
  // Groups that greedy choosing does not look at need not fit.
  const std::string odd =
      with(without(support::deepseek_v2_lite_config(), "n_group"), "\"n_group\": 7");
  EXPECT_EQ(accepted(odd).n_group, 1);
  const std::string method = without(support::deepseek_v2_config(), "topk_method");
  EXPECT_THAT(error_of(with(method, "\"topk_method\": \"noaux_tc\"")),
              HasSubstr("no deepseek_v2 model uses"));
  const std::string groups = without(support::deepseek_v2_config(), "n_group");
  EXPECT_THAT(error_of(with(groups, "\"n_group\": 7")),
              HasSubstr("n_routed_experts % n_group = 0"));
  EXPECT_THAT(error_of(with(groups, "\"n_group\": 2")), HasSubstr("topk_group ≤ n_group"));
}

TEST(FamilyConfig, DeepseekV32HasAnIndexer) {
  const ModelConfig c = accepted(support::deepseek_v32_config());
  EXPECT_TRUE(c.has_indexer());
  EXPECT_EQ(c.cached_values(), 576 + 128);
  EXPECT_EQ(c.topk_method, TopkMethod::NoauxTc);
  EXPECT_THAT(error_of(of_type("deepseek_v32", "\"q_lora_rank\": null")),
              HasSubstr("the indexer reads the compressed query"));
  EXPECT_THAT(error_of(of_type("deepseek_v32", "\"index_head_dim\": 32")),
              HasSubstr("index_head_dim ≥ qk_rope_head_dim"));
  EXPECT_THAT(error_of(of_type("deepseek_v32", "\"index_topk\": 0")), HasSubstr("index_topk"));
  const ModelConfig listed = accepted(of_type(
      "deepseek_v32", "\"num_hidden_layers\": 2, \"mlp_layer_types\": [\"dense\", \"sparse\"]"));
  EXPECT_EQ(listed.first_k_dense_replace, 1);
}

TEST(FamilyConfig, RopeScalingOfTheDenseFamilies) {
  const std::string llama3 =
      "\"rope_scaling\": {\"rope_type\": \"llama3\", \"factor\": 8.0, \"low_freq_factor\": 1.0, "
      "\"high_freq_factor\": 4.0, \"original_max_position_embeddings\": 8192}";
  const ModelConfig c = accepted(of_type("llama", llama3));
  EXPECT_EQ(c.rope_scaling.kind, engine::RopeScalingKind::Llama3);
  EXPECT_EQ(c.rope_scaling.high_freq_factor, 4.0);
  EXPECT_EQ(c.rope_scaling.original_max_position_embeddings, 8192);
  // transformers lets the key beside the section win.
  EXPECT_EQ(accepted(of_type("llama", llama3 + ", \"original_max_position_embeddings\": 512"))
                .rope_scaling.original_max_position_embeddings,
            512);
  const ModelConfig linear =
      accepted(of_type("llama", "\"rope_scaling\": {\"type\": \"linear\", \"factor\": 4.0}"));
  EXPECT_EQ(linear.rope_scaling.kind, engine::RopeScalingKind::Linear);
  EXPECT_EQ(linear.rope_scaling.factor, 4.0);
}

TEST(FamilyConfig, C1RulesOfTheDenseFamilies) {
  const struct {
    std::string json;
    const char* expected;
  } cases[] = {
      {of_type("llama", "\"num_attention_heads\": 0"), "num_attention_heads (line"},
      {of_type("llama", "\"num_key_value_heads\": 0"), "num_key_value_heads (line"},
      {of_type("llama", "\"num_key_value_heads\": 5"), "num_attention_heads % num_key_value_heads"},
      {of_type("llama", "\"num_key_value_heads\": 64"),
       "num_attention_heads % num_key_value_heads"},
      {of_type("llama", "\"num_attention_heads\": 33"), "hidden_size % num_attention_heads = 0"},
      {of_type("llama", "\"head_dim\": 33"), "head_dim % 2 = 0"},
      {of_type("llama", "\"hidden_size\": 96"), "head_dim % 2 = 0"},
      {of_type("llama", "\"mlp_bias\": true"), "mlp_bias"},
      {of_type("mixtral", "\"num_local_experts\": 0"), "num_local_experts (line"},
      {of_type("mixtral", "\"num_experts_per_tok\": 9"), "≤ num_local_experts"},
      {of_type("mixtral", "\"num_experts_per_tok\": 0"), "≤ num_local_experts"},
      {of_type("deepseek_v2"), "1 ≤ num_experts_per_tok ≤ n_routed_experts"},
      {of_type("qwen2", "\"rms_norm_eps\": 0"), "rms_norm_eps"},
  };
  for (const auto& c : cases) EXPECT_THAT(error_of(c.json), HasSubstr(c.expected)) << c.json;
  EXPECT_EQ(accepted(of_type("llama", "\"head_dim\": 20")).head_dim, 20);
  EXPECT_EQ(accepted(of_type("llama", "\"head_dim\": null")).head_dim, 128);
}

TEST(FamilyConfig, TheClassStandsInForAMissingModelType) {
  EXPECT_EQ(accepted("{\"architectures\": [\"Qwen2ForCausalLM\"]}").architecture,
            Architecture::Qwen2);
  EXPECT_EQ(accepted(support::kimi_k2_config()).architecture, Architecture::DeepseekV3);
  EXPECT_EQ(accepted(support::kimi_k2_config()).model_type, "kimi_k2");
  EXPECT_THAT(error_of(of_type("llama", "\"architectures\": [\"DeepseekV2ForCausalLM\"]")),
              HasSubstr("whose class is \"LlamaForCausalLM\""));
  std::vector<std::string> warnings;
  accepted(of_type("llama", "\"architectures\": [\"LlamaForFun\"]"), &warnings);
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("read as that")));
}

TEST(FamilyConfig, OthersAreRefusedByNameWithTheReason) {
  const struct {
    std::string json;
    const char* reason;
  } cases[] = {
      {of_type("deepseek_v4"), "hyper-connections are not computed"},
      {"{\"architectures\": [\"DeepseekV4ForCausalLM\"]}", "hyper-connections are not computed"},
      {of_type("deepseek_vl_v2"), "a multimodal model"},
      {of_type("kimi_k25"), "a multimodal model"},
      {of_type("foo_vl", "\"text_config\": {\"model_type\": \"llama\"}"), "a multimodal model"},
      {of_type("llama", "\"text_config\": {}"), "a multimodal model"},
      {of_type("qwen3_moe"), "another family"},
      {of_type("foo9"), "foo9"},
  };
  for (const auto& c : cases) {
    const auto config = parse_model_config(c.json, "config.json", nullptr);
    ASSERT_FALSE(config.has_value()) << c.json;
    EXPECT_EQ(config.error().code, engine::ErrorCode::Unsupported);
    EXPECT_THAT(config.error().message, AllOf(HasSubstr(c.reason), HasSubstr("\"mixtral\"")));
  }
  EXPECT_THAT(error_of("{}"), HasSubstr("model_type: found nothing"));
}

/// The names of a config's table that contain `part`.
std::vector<std::string> names(const ModelConfig& config, const std::string& part,
                               engine::ExpertLayout experts = engine::ExpertLayout::PerExpert) {
  std::vector<std::string> found;
  for (const auto& spec : tensor_specs(config, {.experts = experts})) {
    if (spec.name.find(part) != std::string::npos) found.push_back(spec.name + spec.shape_formula);
  }
  return found;
}

TEST(FamilyTensors, NamesAndShapes) {
  const ModelConfig mixtral = accepted(support::mixtral_8x7b_config());
  EXPECT_THAT(names(mixtral, "layers.3.block_sparse_moe.experts.7."),
              ElementsAre("model.layers.3.block_sparse_moe.experts.7.w1.weight[intermediate_size="
                          "14336, hidden_size=4096]",
                          HasSubstr("w3.weight[intermediate_size=14336, hidden_size=4096]"),
                          HasSubstr("w2.weight[hidden_size=4096, intermediate_size=14336]")));
  EXPECT_THAT(names(mixtral, "layers.3.mlp", engine::ExpertLayout::Fused),
              ElementsAre(HasSubstr("mlp.gate.weight[num_local_experts=8, hidden_size=4096]"),
                          HasSubstr("mlp.experts.gate_up_proj[num_local_experts=8, "
                                    "2·intermediate_size=28672, hidden_size=4096]"),
                          HasSubstr("mlp.experts.down_proj")));
  EXPECT_THAT(names(mixtral, "layers.0.self_attn.k_proj"),
              ElementsAre(HasSubstr("[num_key_value_heads·head_dim=1024, hidden_size=4096]")));
  const ModelConfig qwen = accepted(support::r1_distill_qwen_config());
  EXPECT_EQ(names(qwen, "layers.27.self_attn.").size(), 7U);
  EXPECT_THAT(names(qwen, "layers.5.self_attn.v_proj.bias"),
              ElementsAre(HasSubstr("[num_key_value_heads·head_dim=512]")));
  EXPECT_THAT(names(accepted(support::deepseek_v2_config()), "e_score_correction_bias"), IsEmpty());
  EXPECT_EQ(names(accepted(support::deepseek_moe_16b_config()), "layers.0.mlp.").size(), 3U);
  EXPECT_THAT(names(accepted(support::deepseek_v32_config()), "layers.60.self_attn.indexer."),
              ElementsAre(HasSubstr("wq_b.weight[index_n_heads·index_head_dim=8192, "),
                          HasSubstr("wk.weight[index_head_dim=128, hidden_size=7168]"),
                          HasSubstr("k_norm.weight[index_head_dim=128]"),
                          HasSubstr("k_norm.bias[index_head_dim=128]"),
                          HasSubstr("weights_proj.weight[index_n_heads=64, hidden_size=7168]")));
}

}  // namespace
