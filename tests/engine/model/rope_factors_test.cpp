// Llama 3's rotary scaling given as a list of divisors, as GGUF files have it, against the formula
// config.json's parameters stand for.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "engine/model/rope.h"

namespace {

/// The divisors a converter writes for Llama 3.1's parameters.
std::vector<float> converted_factors(const engine::ModelConfig& config) {
  const engine::RopeScaling& s = config.rope_scaling;
  std::vector<float> factors;
  for (std::int64_t i = 0; i < config.head_dim / 2; ++i) {
    const double exponent = static_cast<double>(2 * i) / static_cast<double>(config.head_dim);
    const double wavelength = 2.0 * std::numbers::pi * std::pow(config.rope_theta, exponent);
    const auto original = static_cast<double>(s.original_max_position_embeddings);
    if (wavelength < original / s.high_freq_factor) {
      factors.push_back(1.0F);
    } else if (wavelength > original / s.low_freq_factor) {
      factors.push_back(static_cast<float>(s.factor));
    } else {
      const double smooth =
          (original / wavelength - s.low_freq_factor) / (s.high_freq_factor - s.low_freq_factor);
      factors.push_back(static_cast<float>(1.0 / ((1.0 - smooth) / s.factor + smooth)));
    }
  }
  return factors;
}

TEST(RopeFactors, DivideTheFrequencies) {
  engine::ModelConfig config;
  config.head_dim = 128;
  config.rope_theta = 500000.0;
  config.rope_scaling.kind = engine::RopeScalingKind::Llama3;
  config.rope_scaling.factor = 8.0;
  config.rope_scaling.original_max_position_embeddings = 8192;
  const std::vector<float> by_formula = engine::rope_frequencies(config);
  config.rope_scaling.frequency_factors = converted_factors(config);
  config.rope_scaling.original_max_position_embeddings = 0;  // not in a GGUF file
  const std::vector<float> by_factors = engine::rope_frequencies(config);
  ASSERT_EQ(by_formula.size(), by_factors.size());
  for (std::size_t i = 0; i < by_formula.size(); ++i) {
    EXPECT_NEAR(by_factors[i] / by_formula[i], 1.0, 1e-6) << i;
  }
  EXPECT_FLOAT_EQ(by_factors.back(), 1.0F / std::pow(500000.0F, 126.0F / 128.0F) / 8.0F);
}

}  // namespace
