// A token drawn from a summary of the logits is the token drawn from all of them, with the same
// numbers beside it; and where the summary does not tell enough, it says so.
#include <gtest/gtest.h>

#include <cmath>

#include "engine/runtime/sampler.h"

namespace {

using engine::LogitSummary;
using engine::NextToken;
using engine::Sampler;
using engine::SamplingOptions;

constexpr std::int64_t kTokens = 20000;
constexpr int kShown = 20;

SamplingOptions settings(float temperature, int top_k, float top_p, float min_p) {
  SamplingOptions options;
  options.temperature = temperature;
  options.top_k = top_k;
  options.top_p = top_p;
  options.min_p = min_p;
  return options;
}

std::vector<float> logits_of(std::uint64_t seed, double spread) {
  engine::Random random(seed);
  std::vector<float> logits(kTokens);
  for (float& logit : logits) {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += random.uniform();
    logit = static_cast<float>(sum * spread);
  }
  return logits;
}

void expect_equal(const engine::TokenCandidate& a, const engine::TokenCandidate& b) {
  EXPECT_EQ(a.token, b.token);
  EXPECT_EQ(a.logit, b.logit);
  EXPECT_EQ(a.probability, b.probability);
  EXPECT_EQ(a.sampled_probability, b.sampled_probability);
}

void expect_equal(const NextToken& a, const NextToken& b) {
  expect_equal(*a.chosen, *b.chosen);
  EXPECT_EQ(a.chosen_rank, b.chosen_rank);
  EXPECT_EQ(a.entropy, b.entropy);
  EXPECT_EQ(a.sampled_entropy, b.sampled_entropy);
  EXPECT_EQ(a.n_kept, b.n_kept);
  EXPECT_EQ(a.sampler_known, b.sampler_known);
  ASSERT_EQ(a.top.size(), b.top.size());
  for (std::size_t i = 0; i < a.top.size(); ++i) expect_equal(a.top[i], b.top[i]);
}

/// How many of eight draws the summary told.
int compare(const SamplingOptions& options, std::int64_t n_sampleable, double spread) {
  int told = 0;
  Sampler of_all(options, n_sampleable, 7);
  Sampler of_summary(options, n_sampleable, 7);
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const std::vector<float> logits = logits_of(seed, spread);
    LogitSummary summary;
    summarise_on_host(logits, of_summary.summary_args(kTokens), &summary);
    const auto expected = of_all.draw(logits, {}, kShown);
    EXPECT_TRUE(expected);
    if (of_summary.take(summary, kTokens, kShown)) {
      expect_equal(of_summary.draw_taken(kShown), *expected);
      ++told;
    } else {
      const auto fallback = of_summary.draw(logits, {}, kShown);
      expect_equal(*fallback, *expected);  // the refusal drew nothing
    }
  }
  return told;
}

TEST(SamplerSummary, CommonSettingsDrawTheSameToken) {
  const SamplingOptions common[] = {settings(0, 0, 1, 0),          settings(0.6F, 0, 0.95F, 0),
                                    settings(1, 50, 1, 0),         settings(1.3F, 40, 0.9F, 0.02F),
                                    settings(0.8F, 0, 0.9F, 0.1F), settings(1, 0, 1, 0.05F),
                                    settings(0.7F, 1, 1, 0)};
  for (const SamplingOptions& options : common) {
    SCOPED_TRACE(testing::Message() << options.temperature << " " << options.top_k << " "
                                    << options.top_p << " " << options.min_p);
    EXPECT_EQ(compare(options, kTokens, 6.0), 8);
    EXPECT_EQ(compare(options, kTokens - 3000, 6.0), 8);
  }
}

TEST(SamplerSummary, WhatItDoesNotTellIsRefused) {
  EXPECT_EQ(compare(settings(1, 0, 0.95F, 0), kTokens, 0.3), 0);   // too flat
  EXPECT_EQ(compare(settings(1, 0, 1, 0.001F), kTokens, 0.3), 0);  // too many are left
  EXPECT_EQ(compare(settings(1, 3000, 1, 0), kTokens, 3.0), 0);    // more than its candidates
  EXPECT_EQ(compare(settings(1, 0, 1, 0), kTokens, 6.0), 0);       // every token may be drawn
  EXPECT_EQ(compare(settings(0, 0, 1, 0), 1, 0.0), 0);             // all are candidates
  SamplingOptions penalty = settings(0, 0, 1, 0);
  penalty.repetition_penalty = 1.1F;
  EXPECT_EQ(compare(penalty, kTokens, 6.0), 0);
}

TEST(SamplerSummary, SmallVocabulariesAreWholeInIt) {
  const std::vector<float> logits{1.0F, -2.0F, 3.0F, 3.0F, 0.5F};
  for (const float temperature : {0.0F, 0.5F, 2.0F}) {
    for (const float top_p : {0.0F, 0.4F, 0.999F}) {
      const SamplingOptions options = settings(temperature, 0, top_p, 0);
      for (std::uint64_t seed = 0; seed < 10; ++seed) {
        Sampler of_all(options, 4, seed);
        Sampler of_summary(options, 4, seed);
        LogitSummary summary;
        summarise_on_host(logits, of_summary.summary_args(5), &summary);
        ASSERT_TRUE(of_summary.take(summary, 5, kShown));
        expect_equal(of_summary.draw_taken(kShown), *of_all.draw(logits, {}, kShown));
      }
    }
  }
}

TEST(SamplerSummary, SumsAreThoseOfASoftmax) {
  for (const double spread : {0.1, 1.0, 8.0}) {
    const std::vector<float> logits = logits_of(3, spread);
    const engine::LogitSums sums = engine::sum_logits(logits, {15000, 0.7F});
    double sum = 0;
    double weighted = 0;
    double sampler = 0;
    for (std::size_t i = 0; i < logits.size(); ++i) {
      const double apart = static_cast<double>(logits[i]) - static_cast<double>(sums.maximum);
      sum += std::exp(apart);
      weighted += std::exp(apart) * apart;
      if (i < 15000) {
        sampler += std::exp((static_cast<double>(logits[i]) - static_cast<double>(sums.best)) /
                            static_cast<double>(0.7F));
      }
    }
    EXPECT_NEAR(sums.sum, sum, 1e-12 * sum);
    EXPECT_NEAR(sums.weighted, weighted, 1e-12 * std::fabs(weighted));
    EXPECT_NEAR(sums.sampler_sum, sampler, 1e-12 * sampler);
  }
}

TEST(SamplerSummary, LogitsThatAreNoNumbersAreRefused) {
  std::vector<float> logits = logits_of(1, 6.0);
  logits[77] = NAN;
  Sampler sampler(settings(0, 0, 1, 0), kTokens, 1);
  LogitSummary summary;
  summarise_on_host(logits, sampler.summary_args(kTokens), &summary);
  EXPECT_FALSE(sampler.take(summary, kTokens, kShown));
}

}  // namespace
