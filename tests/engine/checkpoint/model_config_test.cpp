// Rows C1 to C7 of the fault catalogue: config.json. And what must be accepted.
#include "engine/checkpoint/model_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/released_configs.h"
#include "tests/support/tiny_checkpoint.h"

namespace {

using engine::ModelConfig;
using engine::parse_model_config;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// The tiny config with one key's value replaced (or the key added).
std::string config_with(const std::string& key, const std::string& value) {
  std::string json = support::tiny_config_json({});
  const std::size_t at = json.find("\"" + key + "\":");
  if (at == std::string::npos) return json.insert(2, "  \"" + key + "\": " + value + ",\n");
  const std::size_t start = json.find(": ", at) + 2;
  return json.replace(start, json.find_first_of("\n", start) - start,
                      value + (json[json.find('\n', start) - 1] == ',' ? "," : ""));
}

std::string error_of(const std::string& json) {
  std::vector<std::string> warnings;
  const auto config = parse_model_config(json, "config.json", &warnings);
  return config ? "accepted" : config.error().message;
}

std::string error_with(const std::string& key, const std::string& value) {
  return error_of(config_with(key, value));
}

ModelConfig accepted(const std::string& json, std::vector<std::string>* warnings = nullptr) {
  const auto config = parse_model_config(json, "config.json", warnings);
  EXPECT_TRUE(config.has_value()) << config.error().message;
  return config ? *config : ModelConfig{};
}

TEST(ModelConfig, ReadsDeepseekV3) {
  std::vector<std::string> warnings;
  const ModelConfig c = accepted(support::deepseek_v3_config(), &warnings);
  EXPECT_EQ(c.num_hidden_layers, 61);
  EXPECT_EQ(c.qk_head_dim(), 192);
  EXPECT_EQ(c.latent_dim(), 576);
  EXPECT_EQ(c.moe_layers().size(), 58U);
  EXPECT_EQ(c.moe_layers().front(), 3);
  EXPECT_TRUE(c.fp8_blocks);
  EXPECT_EQ(c.rope_scaling.kind, engine::RopeScalingKind::Yarn);
  EXPECT_EQ(c.rope_scaling.factor, 40.0);
  EXPECT_EQ(c.rope_scaling.mscale_all_dim, 1.0);
  EXPECT_EQ(c.rope_scaling.original_max_position_embeddings, 4096);
  EXPECT_EQ(c.num_nextn_predict_layers, 1);
  EXPECT_THAT(c.eos_token_ids, ElementsAre(1));
  EXPECT_EQ(c.bos_token_id, 0);
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("auto_map")));
}

TEST(ModelConfig, ReadsMoonlightWithoutQueryCompression) {
  const ModelConfig c = accepted(support::moonlight_config());
  EXPECT_EQ(c.q_lora_rank, 0);
  EXPECT_EQ(c.rms_norm_eps, 1e-5);
  EXPECT_EQ(c.rope_scaling.kind, engine::RopeScalingKind::None);
}

TEST(ModelConfig, AbsentKeysTakeDeepseekV3ConfigsDefaults) {
  const ModelConfig c = accepted("{\"model_type\": \"deepseek_v3\"}");
  ModelConfig v3 = accepted(support::deepseek_v3_config());
  v3.max_position_embeddings = 4096;
  v3.rope_scaling = {};
  v3.fp8_blocks = false;
  v3.num_nextn_predict_layers = 0;
  EXPECT_EQ(c, v3);
}

TEST(ModelConfig, BothSpellingsOfRopeAreRead) {
  const char* yarn =
      "\"factor\": 8.0, \"original_max_position_embeddings\": 64, \"mscale\": 0.707, "
      "\"mscale_all_dim\": 0.5, \"beta_fast\": 16, \"beta_slow\": 2}";
  const ModelConfig old =
      accepted(config_with("rope_scaling", std::string("{\"type\": \"yarn\", ") + yarn));
  const ModelConfig renamed =
      accepted(config_with("rope_scaling", std::string("{\"rope_type\": \"yarn\", ") + yarn));
  EXPECT_EQ(old, renamed);
  const ModelConfig newer = accepted(
      config_with("rope_parameters",
                  std::string("{\"rope_theta\": 10000.0, \"rope_type\": \"yarn\", ") + yarn));
  EXPECT_EQ(old, newer);
  EXPECT_EQ(newer.rope_scaling.mscale, 0.707);
  EXPECT_EQ(newer.rope_scaling.beta_fast, 16.0);
  const ModelConfig theta = accepted(
      config_with("rope_parameters", "{\"rope_theta\": 777.0, \"rope_type\": \"default\"}"));
  EXPECT_EQ(theta.rope_theta, 777.0);
  EXPECT_EQ(theta.rope_scaling, engine::RopeScaling{});
}

TEST(ModelConfig, VariantsAreKeptAsFields) {
  EXPECT_FALSE(accepted(config_with("rope_interleave", "false")).rope_interleave);
  EXPECT_TRUE(accepted(config_with("attention_bias", "true")).attention_bias);
  EXPECT_TRUE(accepted(config_with("tie_word_embeddings", "true")).tie_word_embeddings);
  const ModelConfig every_second = accepted(config_with("moe_layer_freq", "2"));
  EXPECT_THAT(every_second.moe_layers(), ElementsAre(2));
  EXPECT_THAT(accepted(config_with("eos_token_id", "[3, 5]")).eos_token_ids, ElementsAre(3, 5));
  EXPECT_THAT(accepted(config_with("eos_token_id", "null")).eos_token_ids, IsEmpty());
}

TEST(ModelConfig, C1EveryRuleHasKeyAndFormula) {
  const struct {
    const char* key;
    const char* value;
    const char* expected;
  } cases[] = {
      {"num_attention_heads", "0", "num_attention_heads (line"},
      {"num_key_value_heads", "0", "num_key_value_heads (line"},
      {"num_key_value_heads", "3", "num_attention_heads % num_key_value_heads = 0"},
      {"qk_rope_head_dim", "7", "qk_rope_head_dim % 2 = 0"},
      {"qk_rope_head_dim", "0", "allowed a whole number from 2"},
      {"num_hidden_layers", "0", "found 0, allowed a whole number from 1 to 1,024"},
      {"num_hidden_layers", "2147483648", "found 2147483648"},
      {"hidden_size", "0", "hidden_size (line"},
      {"vocab_size", "0", "vocab_size (line"},
      {"max_position_embeddings", "0", "max_position_embeddings (line"},
      {"max_position_embeddings", "1099511627776", "found 1099511627776"},
      {"num_experts_per_tok", "9", "1 ≤ num_experts_per_tok ≤ n_routed_experts"},
      {"num_experts_per_tok", "0", "1 ≤ num_experts_per_tok ≤ n_routed_experts"},
      {"num_experts_per_tok", "5", "num_experts_per_tok ≤ topk_group · n_routed_experts / n_group"},
      {"n_routed_experts", "9", "n_routed_experts % n_group = 0"},
      {"n_routed_experts", "65536", "n_routed_experts · num_hidden_layers ≤ 65,536"},
      {"n_group", "0", "n_group (line"},
      {"n_group", "8", "n_routed_experts / n_group ≥ 2"},
      {"topk_group", "5", "topk_group ≤ n_group"},
      {"kv_lora_rank", "0", "kv_lora_rank (line"},
      {"q_lora_rank", "0", "q_lora_rank (line"},
      {"v_head_dim", "-1", "found -1"},
      {"moe_layer_freq", "0", "moe_layer_freq (line"},
      {"first_k_dense_replace", "-1", "first_k_dense_replace (line"},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(error_with(c.key, c.value), HasSubstr(c.expected)) << c.key << " = " << c.value;
  }
}

TEST(ModelConfig, C1ListsEveryBrokenRule) {
  std::string json = config_with("hidden_size", "0");
  json.replace(json.find("\"vocab_size\": 96"), 16, "\"vocab_size\": \"96\"");
  json.replace(json.find("\"topk_group\": 2"), 15, "\"topk_group\": 5");
  const std::string error = error_of(json);
  EXPECT_EQ(std::count(error.begin(), error.end(), '\n'), 2) << error;
  EXPECT_THAT(error,
              AllOf(HasSubstr("hidden_size"), HasSubstr("vocab_size"), HasSubstr("topk_group")));
}

TEST(ModelConfig, C2LegitimateZerosAreAccepted) {
  EXPECT_EQ(accepted(config_with("n_shared_experts", "0")).n_shared_experts, 0);
  EXPECT_EQ(accepted(config_with("n_shared_experts", "null")).n_shared_experts, 0);
  EXPECT_THAT(accepted(config_with("n_routed_experts", "0")).moe_layers(), IsEmpty());
  EXPECT_THAT(accepted(config_with("n_routed_experts", "null")).moe_layers(), IsEmpty());
  EXPECT_EQ(accepted(config_with("num_nextn_predict_layers", "0")).num_nextn_predict_layers, 0);
  EXPECT_EQ(accepted(config_with("first_k_dense_replace", "0")).moe_layers().size(), 3U);
  EXPECT_THAT(accepted(config_with("first_k_dense_replace", "9")).moe_layers(), IsEmpty());
}

TEST(ModelConfig, C2UnusedKvHeadsOfTheDefaultAreAccepted) {
  // What transformers writes for a tiny model whose maker did not set it.
  std::vector<std::string> warnings;
  EXPECT_EQ(accepted(config_with("num_key_value_heads", "128"), &warnings).num_key_value_heads, 4);
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("MLA does not use it")));
}

TEST(ModelConfig, C3NumbersThatWouldMakeNan) {
  const struct {
    const char* key;
    const char* value;
    const char* expected;
  } cases[] = {
      {"rms_norm_eps", "0", "found 0, allowed a finite number above 0"},
      {"rms_norm_eps", "-1e-6", "found -1e-6"},
      {"rms_norm_eps", "NaN", "NaN or Infinity"},
      {"rope_theta", "0", "rope_theta (line"},
      {"rope_theta", "-1", "rope_theta (line"},
      {"rope_theta", "Infinity", "NaN or Infinity"},
      {"rope_theta", "1e999", "found 1e999"},
      {"routed_scaling_factor", "0", "routed_scaling_factor (line"},
      {"rope_scaling", "{\"type\": \"yarn\", \"factor\": 0}", "rope_scaling › factor"},
      {"rope_scaling", "{\"type\": \"yarn\"}", "rope_scaling › factor"},
      {"rope_scaling", "{\"type\": \"yarn\", \"factor\": 4, \"beta_fast\": 0}", "beta_fast"},
      {"rope_scaling", "{\"type\": \"yarn\", \"factor\": 4, \"mscale\": -1}", "mscale"},
      {"rope_scaling",
       "{\"type\": \"yarn\", \"factor\": 4, \"original_max_position_embeddings\": 0}",
       "original_max_position_embeddings"},
      {"rope_scaling", "{\"type\": \"wavy\", \"factor\": 4}",
       "\"wavy\", which is no scaling known"},
      {"rope_scaling", "{\"type\": \"dynamic\", \"factor\": 4}",
       "\"dynamic\", which this program does not run"},
      {"rope_scaling", "{\"rope_type\": \"longrope\"}",
       "\"longrope\", which this program does not run"},
      {"rope_scaling", "{\"type\": \"linear\"}", "rope_scaling › factor"},
      {"rope_scaling", "{\"rope_type\": \"llama3\", \"factor\": 8}",
       "rope_scaling › low_freq_factor"},
      {"rope_scaling",
       "{\"rope_type\": \"llama3\", \"factor\": 8, \"low_freq_factor\": 4, \"high_freq_factor\": "
       "4}",
       "allowed above low_freq_factor = 4"},
      {"rope_scaling", "{\"type\": \"yarn\", \"rope_type\": \"linear\"}", "the same in both"},
      {"rope_scaling", "7", "allowed an object or null"},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(error_with(c.key, c.value), HasSubstr(c.expected)) << c.key << " = " << c.value;
  }
}

TEST(ModelConfig, C3YarnFactorAndRatioThatDisagreeAreMentioned) {
  std::vector<std::string> warnings;
  const ModelConfig c = accepted(
      config_with(
          "rope_scaling",
          "{\"type\": \"yarn\", \"factor\": 4.0, \"original_max_position_embeddings\": 64}"),
      &warnings);
  EXPECT_EQ(c.rope_scaling.factor, 4.0);
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("the factor is used, as written")));
}

TEST(ModelConfig, C4TextThatIsNotWhatItShouldBe) {
  EXPECT_THAT(
      error_with("hidden_size", "\"64\""),
      AllOf(HasSubstr("config.json › hidden_size (line "), HasSubstr("found \"64\" (a string)"),
            HasSubstr("write the number without quotes")));
  EXPECT_THAT(error_with("hidden_size", "64.0"), HasSubstr("found 64.0"));
  EXPECT_THAT(error_with("hidden_size", "true"), HasSubstr("found true"));
  EXPECT_THAT(error_with("hidden_size", "null"), HasSubstr("found null"));
  EXPECT_THAT(error_with("hidden_size", "1e999"), HasSubstr("found 1e999"));
  EXPECT_THAT(error_with("hidden_size", "9007199254740993"), HasSubstr("found 9007199254740993"));
  EXPECT_THAT(error_with("norm_topk_prob", "1"), HasSubstr("allowed true or false"));
  EXPECT_THAT(error_of("{\"model_type\": \"deepseek_v3\",\n\"a\": 1, \"a\": 2}"),
              AllOf(HasSubstr("line 2, column 14"), HasSubstr("twice")));
  EXPECT_THAT(error_of("{\"model_type\": \"deepseek_v3\",}"), HasSubstr("trailing comma"));
  EXPECT_THAT(error_of("{\n # comment\n}"), HasSubstr("line 2, column 2): found a comment"));
  EXPECT_THAT(error_of(std::string("\xFF\xFE{\0", 4)), HasSubstr("UTF-16"));
  EXPECT_THAT(error_of("{\"a\": " + std::string(100'000, '[')), HasSubstr("deeper than 32"));
  EXPECT_THAT(error_of(std::string(100'000'000, ' ')), HasSubstr("found 100,000,000 bytes"));
  EXPECT_THAT(error_of("[]"), HasSubstr("found an array, allowed an object"));
  EXPECT_THAT(error_of(""), HasSubstr("line 1, column 1"));
}

TEST(ModelConfig, C5CodeReferencesAreShownNotRun) {
  std::string json = config_with("auto_map", "{\"AutoModel\": \"evil.Model\"}");
  json.insert(2, "  \"trust_remote_code\": true,\n  \"_name_or_path\": \"../../x\",\n");
  std::vector<std::string> warnings;
  accepted(json, &warnings);
  EXPECT_THAT(warnings,
              testing::UnorderedElementsAre(
                  AllOf(HasSubstr("auto_map"), HasSubstr("contains code references; not run")),
                  HasSubstr("trust_remote_code"), HasSubstr("_name_or_path")));
}

TEST(ModelConfig, C7QuantisationsAreNamed) {
  const auto with = [](const std::string& body) {
    return error_with("quantization_config", "{" + body + "}");
  };
  const std::string fp8 = "\"quant_method\": \"fp8\"";
  EXPECT_EQ(with(fp8 + ", \"fmt\": \"e4m3\", \"weight_block_size\": [128, 128], "
                       "\"activation_scheme\": \"dynamic\", \"scale_fmt\": \"ue8m0\""),
            "accepted");
  for (const char* method : {"gptq", "awq", "bitsandbytes", "compressed-tensors", "mxfp4"}) {
    EXPECT_THAT(with(std::string("\"quant_method\": \"") + method + "\", \"bits\": 4"),
                AllOf(HasSubstr(method), HasSubstr("which this program does not run")));
  }
  EXPECT_THAT(with("\"bits\": 4"), HasSubstr("quant_method"));
  EXPECT_THAT(with(fp8 + ", \"fmt\": \"e5m2\""), HasSubstr("e5m2"));
  EXPECT_THAT(with(fp8 + ", \"activation_scheme\": \"static\""), HasSubstr("static"));
  EXPECT_THAT(with(fp8 + ", \"weight_block_size\": [64, 64]"), HasSubstr("allowed [128, 128]"));
  EXPECT_THAT(with(fp8 + ", \"weight_block_size\": [128, 128, 1]"),
              HasSubstr("allowed [128, 128]"));
}

TEST(ModelConfig, OtherRoutersAreNamed) {
  EXPECT_THAT(error_with("scoring_func", "\"softmax\""), HasSubstr("no deepseek_v3 model uses"));
  EXPECT_THAT(error_with("scoring_func", "\"tanh\""), HasSubstr("allowed \"sigmoid\""));
  EXPECT_THAT(error_with("topk_method", "\"greedy\""), HasSubstr("allowed \"noaux_tc\""));
  EXPECT_THAT(error_with("hidden_act", "\"gelu\""), HasSubstr("allowed \"silu\""));
}

TEST(ModelConfig, T1SpecialTokensOutsideTheVocabularyAreIgnoredAndNamed) {
  for (const char* id : {"-1", "96", "2147483648", "4294967295", "\"1\"", "1.0"}) {
    std::vector<std::string> warnings;
    EXPECT_THAT(accepted(config_with("eos_token_id", id), &warnings).eos_token_ids, IsEmpty());
    EXPECT_THAT(warnings, ElementsAre(HasSubstr("outside the vocabulary of 96"))) << id;
  }
}

TEST(ModelConfig, EveryPrefixAndEveryFlippedBitEndsCleanly) {
  const std::string json = support::deepseek_v3_config();
  for (std::size_t n = 0; n < json.size(); ++n) {
    EXPECT_FALSE(parse_model_config(json.substr(0, n), "f", nullptr).has_value());
  }
  for (std::size_t byte = 0; byte < json.size(); ++byte) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = json;
      flipped[byte] = static_cast<char>(flipped[byte] ^ (1 << bit));
      const auto config = parse_model_config(flipped, "f", nullptr);
      if (!config) {
        EXPECT_FALSE(config.error().message.empty());
      }
    }
  }
}

}  // namespace
