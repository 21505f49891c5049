// What the sampler leaves of a distribution, against transformers' processors; its edges.
#include "engine/runtime/sampler.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

namespace {

using engine::NextToken;
using engine::Sampler;
using engine::SamplingOptions;
using engine::TokenId;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

SamplingOptions options_of(const nlohmann::json& json) {
  SamplingOptions options;
  options.temperature = json.value("temperature", 1.0F);
  options.top_k = json.value("top_k", 0);
  options.top_p = json.value("top_p", 1.0F);
  options.min_p = json.value("min_p", 0.0F);
  options.repetition_penalty = json.value("repetition_penalty", 1.0F);
  return options;
}

TEST(Sampler, LeavesWhatTransformersLeaves) {
  std::ifstream file(BATHYSCOPE_SOURCE_DIR "/tests/golden/sampler.json");
  for (const nlohmann::json& entry : nlohmann::json::parse(file)) {
    const auto logits = entry["logits"].get<std::vector<float>>();
    const auto expected = entry["probabilities"].get<std::vector<float>>();
    std::vector<TokenId> context;
    for (const std::int32_t id : entry["context"]) context.emplace_back(id);
    Sampler sampler(options_of(entry["options"]), 60, 1);
    const auto next = sampler.draw(logits, context, 60);
    ASSERT_TRUE(next);
    ASSERT_EQ(next->top.size(), 60U);
    int n_kept = 0;
    for (const engine::TokenCandidate& c : next->top) {
      const float p = expected[static_cast<std::size_t>(c.token.value)];
      EXPECT_NEAR(c.sampled_probability, p, 1e-5) << entry["options"] << " " << c.token.value;
      EXPECT_EQ(c.sampled_probability > 0, p > 0);
      n_kept += p > 0 ? 1 : 0;
    }
    EXPECT_EQ(next->n_kept, n_kept);
    EXPECT_GT(next->chosen->sampled_probability, 0);
  }
}

// Thousands of ids are left, many of one logit: the best by logit and then by id, none else.
TEST(Sampler, TopPOfAFlatDistributionTakesTheBestInOrder) {
  std::vector<float> logits(6000);
  for (std::size_t i = 0; i < logits.size(); ++i) {
    logits[i] = static_cast<float>(i * 7919 % 41) * 0.05F - 1.0F;  // 41 values, −0.0 among them
  }
  logits[17] = -0.0F;
  logits[18] = 0.0F;
  double total = 0;
  for (const float logit : logits) total += std::exp(static_cast<double>(logit) - 1.0);
  for (const float top_p : {0.02F, 0.3F, 0.9F, 0.999F}) {
    SamplingOptions options;
    options.temperature = 1.0F;
    options.top_p = top_p;
    Sampler sampler(options, 6000, 5);
    const auto next = sampler.draw(logits, {}, 6000);
    ASSERT_TRUE(next);
    double sum = 0;
    int n_expected = 0;
    for (const engine::TokenCandidate& c : next->top) {
      EXPECT_EQ(c.sampled_probability > 0, sum < static_cast<double>(top_p) * total);
      if (sum < static_cast<double>(top_p) * total) ++n_expected;
      sum += std::exp(static_cast<double>(c.logit) - 1.0);
    }
    EXPECT_EQ(next->n_kept, n_expected);
  }
}

TEST(Sampler, DrawsInProportion) {
  const std::vector<float> logits{0.0F, std::log(3.0F), std::log(6.0F)};
  Sampler sampler({}, 3, 42);
  std::map<std::int32_t, int> counts;
  for (int i = 0; i < 10000; ++i) ++counts[sampler.draw(logits, {}, 1)->chosen->token.value];
  EXPECT_NEAR(counts[0], 1000, 120);
  EXPECT_NEAR(counts[1], 3000, 200);
  EXPECT_NEAR(counts[2], 6000, 200);
}

// The generator is specified: the same seed draws the same tokens on every machine.
TEST(Sampler, SeedIsReproducible) {
  const std::vector<float> logits(50, 0.0F);
  const auto draw_some = [&](std::uint64_t seed) {
    Sampler sampler({}, 50, seed);
    std::vector<std::int32_t> ids;
    for (int i = 0; i < 6; ++i) ids.push_back(sampler.draw(logits, {}, 1)->chosen->token.value);
    return ids;
  };
  EXPECT_EQ(draw_some(0), draw_some(0));
  EXPECT_NE(draw_some(0), draw_some(~std::uint64_t{0}));
  EXPECT_EQ(engine::Random(0).next(), 0xE220A8397B1DCDAFU);  // SplitMix64's published first value
}

TEST(Sampler, GreedyTakesTheBestAndTheLowerIdOfTwo) {
  SamplingOptions options;
  options.temperature = 0;
  const std::vector<float> logits{1.0F, 3.0F, 3.0F, 2.0F};
  const auto next = Sampler(options, 4, 1).draw(logits, {}, 2);
  EXPECT_EQ(next->chosen->token.value, 1);
  EXPECT_EQ(next->chosen->sampled_probability, 1.0F);
  EXPECT_EQ(next->n_kept, 1);
  EXPECT_EQ(next->chosen_rank, 0);
}

TEST(Sampler, NeverDrawsPaddingRows) {
  const std::vector<float> logits{0.0F, 0.0F, 50.0F, 50.0F};
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    EXPECT_LT(Sampler({}, 2, seed).draw(logits, {}, 4)->chosen->token.value, 2);
  }
}

TEST(Sampler, ExtremeSettingsHaveAResult) {
  const std::vector<float> logits{0.5F, -kInfinity, 3.0F, 1.0F};
  for (const float temperature : {1e-9F, 1e9F, 0.0F}) {
    for (const float top_p : {0.0F, 0.5F, 1.0F}) {
      for (const int top_k : {0, 1, 1 << 30}) {
        SamplingOptions options;
        options.temperature = temperature;
        options.top_p = top_p;
        options.top_k = top_k;
        options.min_p = 1.0F;
        const auto next = Sampler(options, 4, 9).draw(logits, {}, 4);
        ASSERT_TRUE(next);
        EXPECT_EQ(next->chosen->token.value, 2);
      }
    }
  }
}

TEST(Sampler, RefusesLogitsThatAreNoNumbers) {
  for (const std::vector<float>& logits :
       {std::vector<float>{0.0F, std::nanf("")}, std::vector<float>{0.0F, kInfinity},
        std::vector<float>{-kInfinity, -kInfinity}}) {
    EXPECT_FALSE(Sampler({}, 2, 1).draw(logits, {}, 2));
  }
  EXPECT_TRUE(Sampler({}, 2, 1).draw(std::vector<float>{0.0F, -kInfinity}, {}, 2));
}

TEST(Sampler, OptionsOutOfRangeAreNamed) {
  const auto message = [](auto change) {
    SamplingOptions options;
    change(options);
    const auto checked = engine::check_sampling_options(options);
    return checked ? std::string() : checked.error().message;
  };
  EXPECT_NE(message([](auto& o) { o.top_p = std::nanf(""); }).find("top_p"), std::string::npos);
  EXPECT_NE(message([](auto& o) { o.temperature = -1; }).find("temperature"), std::string::npos);
  EXPECT_NE(message([](auto& o) { o.min_p = 1.5F; }).find("min_p"), std::string::npos);
  EXPECT_NE(message([](auto& o) { o.repetition_penalty = 0; }).find("repetition_penalty"),
            std::string::npos);
  EXPECT_NE(message([](auto& o) { o.max_tokens = -1; }).find("max_tokens"), std::string::npos);
  EXPECT_EQ(message([](auto&) {}), "");
}

TEST(Sampler, DistributionOfTheModel) {
  const std::vector<float> logits{0.0F, std::log(2.0F), std::log(5.0F)};
  const NextToken next = engine::model_distribution(logits, 2, 0);
  ASSERT_EQ(next.top.size(), 2U);
  EXPECT_EQ(next.top[0].token.value, 2);
  EXPECT_FLOAT_EQ(next.top[0].probability, 0.625F);
  EXPECT_EQ(next.chosen_rank, 2);
  EXPECT_FALSE(next.sampler_known);
  const double entropy =
      -(0.125 * std::log(0.125) + 0.25 * std::log(0.25) + 0.625 * std::log(0.625));
  EXPECT_NEAR(next.entropy, entropy, 1e-6);
}

}  // namespace
