#include "engine/model/rope.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace engine {

namespace {

// YaRN's get_mscale (arXiv 2309.00071 §3.4, with DeepSeek's factor m).
double yarn_mscale(double factor, double m) {
  return factor <= 1.0 ? 1.0 : 0.1 * m * std::log(factor) + 1.0;
}

// The dimension whose wave turns `rotations` times over the original context.
double yarn_correction_dim(double rotations, double dim, double theta, double original_context) {
  return dim * std::log(original_context / (rotations * 2.0 * std::numbers::pi)) /
         (2.0 * std::log(theta));
}

struct CorrectionRange {
  double low = 0;
  double high = 0;
};

CorrectionRange yarn_correction_range(const ModelConfig& config) {
  const RopeScaling& scaling = config.rope_scaling;
  const auto dim = static_cast<double>(config.rope_head_dim());
  const auto original = static_cast<double>(scaling.original_max_position_embeddings);
  double low = yarn_correction_dim(scaling.beta_fast, dim, config.rope_theta, original);
  double high = yarn_correction_dim(scaling.beta_slow, dim, config.rope_theta, original);
  if (scaling.truncate) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  CorrectionRange range{std::max(low, 0.0), std::min(high, dim - 1.0)};
  if (range.low == range.high) range.high += 0.001;
  return range;
}

/// Fast pairs turn as trained, slow ones `factor` times slower, a ramp between.
float yarn_frequency(const RopeScaling& scaling, const CorrectionRange& range, std::size_t i,
                     float period) {
  const float extrapolated = 1.0F / period;
  const float interpolated = 1.0F / (static_cast<float>(scaling.factor) * period);
  const float ramp = std::clamp((static_cast<float>(i) - static_cast<float>(range.low)) /
                                    static_cast<float>(range.high - range.low),
                                0.0F, 1.0F);
  const float keep = 1.0F - ramp;
  return interpolated * (1.0F - keep) + extrapolated * keep;
}

/// Llama 3.1: the same idea, the ramp given by wavelengths. A quotient of a number and a float32
/// tensor is the number times the reciprocal in torch.
float llama3_frequency(const RopeScaling& scaling, float frequency) {
  const auto factor = static_cast<float>(scaling.factor);
  const auto low = static_cast<float>(scaling.low_freq_factor);
  const auto high = static_cast<float>(scaling.high_freq_factor);
  const auto original = static_cast<double>(scaling.original_max_position_embeddings);
  const float wavelength = static_cast<float>(2.0 * std::numbers::pi) * (1.0F / frequency);
  if (wavelength < static_cast<float>(original / scaling.high_freq_factor)) return frequency;
  if (wavelength > static_cast<float>(original / scaling.low_freq_factor)) {
    return frequency / factor;
  }
  const float turns = static_cast<float>(original) * (1.0F / wavelength);
  const float smooth = (turns - low) / (high - low);
  return (1.0F - smooth) * frequency / factor + smooth * frequency;
}

}  // namespace

std::vector<float> rope_frequencies(const ModelConfig& config) {
  const std::int64_t dim = config.rope_head_dim();
  const RopeScaling& scaling = config.rope_scaling;
  const bool yarn = scaling.kind == RopeScalingKind::Yarn;
  const CorrectionRange range = yarn ? yarn_correction_range(config) : CorrectionRange{};
  std::vector<float> frequencies(static_cast<std::size_t>(dim / 2));
  for (std::size_t i = 0; i < frequencies.size(); ++i) {
    const float exponent = static_cast<float>(2 * i) / static_cast<float>(dim);
    // The power in double, rounded once: the correctly rounded float32 power.
    const auto period = static_cast<float>(std::pow(
        static_cast<double>(static_cast<float>(config.rope_theta)), static_cast<double>(exponent)));
    frequencies[i] = 1.0F / period;
    switch (scaling.kind) {
      case RopeScalingKind::None:
        break;
      case RopeScalingKind::Linear:
        frequencies[i] /= static_cast<float>(scaling.factor);
        break;
      case RopeScalingKind::Yarn:
        frequencies[i] = yarn_frequency(scaling, range, i, period);
        break;
      case RopeScalingKind::Llama3:
        frequencies[i] = scaling.frequency_factors.empty()
                             ? llama3_frequency(scaling, frequencies[i])
                             : frequencies[i] / scaling.frequency_factors[i];
        break;
    }
  }
  return frequencies;
}

double rope_attention_factor(const ModelConfig& config) {
  const RopeScaling& scaling = config.rope_scaling;
  if (scaling.kind != RopeScalingKind::Yarn) return 1.0;
  if (scaling.attention_factor) return *scaling.attention_factor;
  if (scaling.mscale != 0.0 && scaling.mscale_all_dim != 0.0) {
    return yarn_mscale(scaling.factor, scaling.mscale) /
           yarn_mscale(scaling.factor, scaling.mscale_all_dim);
  }
  return yarn_mscale(scaling.factor, 1.0);
}

double attention_softmax_scale(const ModelConfig& config) {
  const double scale = std::pow(static_cast<double>(config.query_head_dim()), -0.5);
  const RopeScaling& scaling = config.rope_scaling;
  if (!config.is_mla() || scaling.kind != RopeScalingKind::Yarn || scaling.mscale_all_dim == 0.0)
    return scale;
  const double mscale = yarn_mscale(scaling.factor, scaling.mscale_all_dim);
  return scale * mscale * mscale;
}

Result<RopeTableOwner> make_rope_table(const ModelConfig& config, std::int64_t n_positions,
                                       Backend& backend) {
  const std::vector<float> frequencies = rope_frequencies(config);
  const auto factor = static_cast<float>(rope_attention_factor(config));
  const auto half = static_cast<std::int64_t>(frequencies.size());
  RopeTableOwner owner;
  ASSIGN_OR_RETURN(owner.cos, backend.allocate(n_positions * half));
  ASSIGN_OR_RETURN(owner.sin, backend.allocate(n_positions * half));
  // Blocks of positions: to a device, a copy per row would take longer than the table.
  constexpr std::int64_t kBlock = 4096;
  std::vector<float> cos_rows;
  std::vector<float> sin_rows;
  for (std::int64_t first = 0; first < n_positions; first += kBlock) {
    const std::int64_t n = std::min(kBlock, n_positions - first);
    cos_rows.clear();
    sin_rows.clear();
    for (std::int64_t position = first; position < first + n; ++position) {
      for (const float frequency : frequencies) {
        // The angle is rounded to float32 before cos and sin, as the float32 reference does.
        const float angle = static_cast<float>(position) * frequency;
        cos_rows.push_back(std::cos(angle) * factor);
        sin_rows.push_back(std::sin(angle) * factor);
      }
    }
    backend.upload(cos_rows, {owner.cos.data() + first * half, n, half, half});
    backend.upload(sin_rows, {owner.sin.data() + first * half, n, half, half});
  }
  owner.table = {owner.cos.data(), owner.sin.data(), config.rope_head_dim(),
                 config.rope_interleave ? RopeLayout::Interleaved : RopeLayout::HalfSplit};
  return owner;
}

}  // namespace engine
