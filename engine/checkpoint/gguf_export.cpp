// Tensors and types of an exported model. The mixture follows llama.cpp's quantiser, so that sizes
// and speeds compare.
#include "engine/checkpoint/gguf_export.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace engine {

namespace {

constexpr std::int64_t kMixtralExperts = 8;

/// The layers whose down-projections (and values) llama.cpp gives more bits: the first and last
/// eighth, and every third between.
bool gets_more_bits(std::int64_t layer, std::int64_t n_layers) {
  return layer < n_layers / 8 || layer >= 7 * n_layers / 8 || (layer - n_layers / 8) % 3 == 2;
}

/// Before the rows' width is looked at.
DType mixed_dtype(const TensorSpec& spec, const ModelConfig& config) {
  const bool more = gets_more_bits(spec.layer, config.num_hidden_layers);
  const bool mixtral = config.n_routed_experts == kMixtralExperts;
  switch (spec.role) {
    case WeightRole::OutputHead:
      return DType::Q6_K;
    case WeightRole::Embedding:
      return config.tie_word_embeddings ? DType::Q6_K : DType::Q4_K;
    case WeightRole::Wv:
      if (mixtral) return DType::Q8_0;
      return more ? DType::Q6_K : DType::Q4_K;
    case WeightRole::Wk:
      return mixtral ? DType::Q8_0 : DType::Q4_K;
    case WeightRole::Wo:
      return mixtral ? DType::Q6_K : DType::Q4_K;  // llama.cpp: Q5_K, which is not encoded here
    case WeightRole::DenseDown:
    case WeightRole::SharedDown:
    case WeightRole::ExpertDown:
    case WeightRole::MergedExpertDown:
      return more ? DType::Q6_K : DType::Q4_K;
    default:
      return DType::Q4_K;
  }
}

DType fitting_dtype(DType wanted, std::int64_t cols) {
  if (wanted == DType::F32 || cols % dtype_block(wanted).elements == 0) return wanted;
  if (cols % 32 != 0) return DType::BF16;
  return wanted == DType::Q4_K ? DType::Q5_0 : DType::Q8_0;
}

bool has_half_split_pairs(const ModelConfig& config) {
  return !config.rope_interleave && config.architecture != Architecture::Qwen2;
}

}  // namespace

std::optional<TypeMix> type_mix_from_name(std::string_view name) {
  if (name == "f32") return TypeMix::F32;
  if (name == "bf16") return TypeMix::BF16;
  if (name == "q8_0") return TypeMix::Q8_0;
  if (name == "q4_k" || name == "q4_k_m") return TypeMix::Q4_K_M;
  return std::nullopt;
}

DType exported_dtype(TypeMix mix, const TensorSpec& spec, const ModelConfig& config) {
  const bool exact = !spec.may_be_quantised || spec.role == WeightRole::Router ||
                     spec.role == WeightRole::IndexerWeights;
  if (exact || mix == TypeMix::F32) return DType::F32;
  if (mix == TypeMix::BF16) return DType::BF16;
  const DType wanted = mix == TypeMix::Q8_0 ? DType::Q8_0 : mixed_dtype(spec, config);
  return fitting_dtype(wanted, spec.shape.back());
}

TensorLayout export_layout(const ModelConfig& config) {
  TensorLayout layout;
  layout.naming = TensorNaming::Gguf;
  layout.experts = ExpertLayout::Merged;
  layout.split_kv_b = config.is_mla();
  return layout;
}

Result<void> check_exportable(const ModelConfig& config) {
  const auto refuse = [](const std::string& what) {
    return fail(ErrorCode::Unsupported, "GGUF has no place for " + what);
  };
  if (config.is_mla() && config.attention_bias) {
    return refuse("biases in multi-head latent attention (attention_bias)");
  }
  if (config.n_routed_experts > 0 && config.moe_layer_freq != 1) {
    return refuse("expert layers every " + std::to_string(config.moe_layer_freq) +
                  " layers (moe_layer_freq)");
  }
  if (config.architecture == Architecture::Qwen2 && config.rope_interleave) {
    return refuse("Qwen2 with neighbouring rotary pairs");
  }
  if (config.sliding_window > 0 && config.architecture != Architecture::Llama &&
      config.architecture != Architecture::Mixtral) {
    return refuse("a sliding window in this architecture (sliding_window)");
  }
  const RopeScaling& scaling = config.rope_scaling;
  if (scaling.kind == RopeScalingKind::Yarn &&
      (!scaling.truncate || scaling.attention_factor.has_value() ||
       (config.is_mla() && scaling.mscale != scaling.mscale_all_dim))) {
    return refuse(
        "this YaRN: mscale other than mscale_all_dim, attention_factor, or no truncation");
  }
  return {};
}

bool exports_interleaved(const ModelConfig& config) { return has_half_split_pairs(config); }

// The ramp of Llama 3.1 over wavelengths, as the divisor of each frequency.
std::vector<float> llama3_factors(const ModelConfig& config) {
  const RopeScaling& scaling = config.rope_scaling;
  if (scaling.kind != RopeScalingKind::Llama3) return {};
  if (!scaling.frequency_factors.empty()) return scaling.frequency_factors;
  const auto dim = static_cast<double>(config.rope_head_dim());
  const auto original = static_cast<double>(scaling.original_max_position_embeddings);
  std::vector<float> factors(static_cast<std::size_t>(config.rope_head_dim() / 2));
  for (std::size_t i = 0; i < factors.size(); ++i) {
    const double period = std::pow(config.rope_theta, 2.0 * static_cast<double>(i) / dim);
    const double wavelength = 2.0 * std::numbers::pi * period;
    const double turns = original / wavelength;
    const double share = std::clamp(
        (turns - scaling.low_freq_factor) / (scaling.high_freq_factor - scaling.low_freq_factor),
        0.0, 1.0);
    factors[i] = static_cast<float>(1.0 / ((1.0 - share) / scaling.factor + share));
  }
  return factors;
}

std::vector<ExportedTensor> exported_tensors(const ModelConfig& config, TypeMix mix) {
  std::vector<ExportedTensor> tensors;
  for (TensorSpec& spec : tensor_specs(config, export_layout(config))) {
    if (!spec.required) continue;
    GgufTensor tensor{spec.name, exported_dtype(mix, spec, config), spec.shape};
    tensors.push_back({std::move(spec), std::move(tensor)});
  }
  const std::vector<float> factors = llama3_factors(config);
  if (factors.empty()) return tensors;
  TensorSpec spec;
  spec.role = WeightRole::FinalNorm;  // a vector; the exporter tells it by its name
  spec.name = "rope_freqs.weight";
  spec.shape = {static_cast<std::int64_t>(factors.size())};
  tensors.push_back({spec, {spec.name, DType::F32, spec.shape}});
  return tensors;
}

}  // namespace engine
