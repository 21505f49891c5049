// Rotary tables and softmax scales against transformers, at positions up to 163,839.
#include "engine/model/rope.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

namespace {

using engine::ModelConfig;

nlohmann::json golden() {
  std::ifstream file(BATHYSCOPE_SOURCE_DIR "/tests/golden/rope.json");
  return nlohmann::json::parse(file);
}

ModelConfig config_of(const nlohmann::json& entry) {
  const nlohmann::json& p = entry["parameters"];
  ModelConfig config;
  config.head_dim = entry["dim"];
  if (entry["mla"]) {
    config.kv_lora_rank = 512;
    config.qk_nope_head_dim = 128;
    config.qk_rope_head_dim = entry["dim"];
  }
  config.rope_theta = p["rope_theta"];
  config.rope_scaling.factor = p.value("factor", 1.0);
  config.rope_scaling.original_max_position_embeddings =
      p.value("original_max_position_embeddings", 0);
  if (p["rope_type"] == "linear") config.rope_scaling.kind = engine::RopeScalingKind::Linear;
  if (p["rope_type"] == "llama3") {
    config.rope_scaling.kind = engine::RopeScalingKind::Llama3;
    config.rope_scaling.low_freq_factor = p["low_freq_factor"];
    config.rope_scaling.high_freq_factor = p["high_freq_factor"];
  }
  if (p["rope_type"] != "yarn") return config;
  config.rope_scaling.kind = engine::RopeScalingKind::Yarn;
  config.rope_scaling.beta_fast = p["beta_fast"];
  config.rope_scaling.beta_slow = p["beta_slow"];
  config.rope_scaling.mscale = p.value("mscale", 0.0);
  config.rope_scaling.mscale_all_dim = p.value("mscale_all_dim", 0.0);
  config.rope_scaling.truncate = p.value("truncate", true);
  return config;
}

TEST(Rope, FrequenciesEqualTransformers) {
  const nlohmann::json all = golden();
  for (const auto& [name, entry] : all.items()) {
    const std::vector<float> frequencies = rope_frequencies(config_of(entry));
    ASSERT_EQ(frequencies.size(), entry["inv_freq"].size());
    for (std::size_t i = 0; i < frequencies.size(); ++i) {
      EXPECT_EQ(frequencies[i], entry["inv_freq"][i].get<float>()) << name << " " << i;
    }
  }
}

TEST(Rope, TablesEqualTransformersAtFarPositions) {
  auto backend = engine::make_backend({engine::BackendKind::Reference, 1, ""});
  ASSERT_TRUE(backend);
  const nlohmann::json all = golden();
  for (const auto& [name, entry] : all.items()) {
    const auto table = make_rope_table(config_of(entry), 163840, **backend);
    ASSERT_TRUE(table);
    const std::int64_t half = table->table.dim / 2;
    for (std::size_t p = 0; p < entry["positions"].size(); ++p) {
      const std::int64_t row = entry["positions"][p].get<std::int64_t>() * half;
      for (std::int64_t i = 0; i < half; ++i) {
        const auto at = p * static_cast<std::size_t>(half) + static_cast<std::size_t>(i);
        EXPECT_NEAR(table->table.cos[row + i], entry["cos"][at].get<float>(), 1e-6) << name;
        EXPECT_NEAR(table->table.sin[row + i], entry["sin"][at].get<float>(), 1e-6) << name;
      }
    }
  }
}

TEST(Rope, SoftmaxScaleEqualsTransformers) {
  const nlohmann::json all = golden();
  for (const auto& [name, entry] : all.items()) {
    EXPECT_NEAR(attention_softmax_scale(config_of(entry)), entry["scaling"].get<double>(), 1e-12)
        << name;
  }
}

// The fact sheet's worked vector for V3: correction range 10 to 23.
TEST(Rope, YarnOfV3) {
  const std::vector<float> f = rope_frequencies(config_of(golden()["v3"]));
  EXPECT_FLOAT_EQ(f[10], 0.0562341325F);
  EXPECT_FLOAT_EQ(f[16], 0.0055F);
  EXPECT_FLOAT_EQ(f[23], 3.33380358e-05F);
}

}  // namespace
