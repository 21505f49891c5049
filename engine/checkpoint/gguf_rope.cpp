// The rotary section of GGUF metadata.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "engine/checkpoint/gguf_config.h"
#include "engine/checkpoint/tensor_check.h"
#include "engine/checkpoint/weight_source.h"

namespace engine {

namespace {

using Severity = Finding::Severity;

constexpr const char* kFactors = "rope_freqs.weight";
constexpr std::int64_t kMaxPositions = std::int64_t{1} << 30;
constexpr std::int64_t kKimiExperts = 384;

/// yarn_log_multiplier is 0.1·mscale_all_dim, rounded to float32.
double mscale_of(double log_multiplier) {
  std::array<char, 32> text{};
  const auto written = std::to_chars(text.data(), text.data() + text.size(),
                                     static_cast<float>(10.0 * log_multiplier));
  double mscale = 10.0 * log_multiplier;
  std::from_chars(text.data(), written.ptr, mscale);
  return mscale;
}

void read_yarn(GgufFields* fields, ModelConfig* config) {
  RopeScaling& scaling = config->rope_scaling;
  scaling.kind = RopeScalingKind::Yarn;
  if (!fields->has("rope.scaling.factor")) {
    fields->missing("rope.scaling.factor", "a number above 0");
  }
  scaling.factor = fields->number("rope.scaling.factor", 1e-6, 1e6).value_or(1.0);
  scaling.beta_fast = fields->number("rope.scaling.yarn_beta_fast", 1e-6, 1e6).value_or(32.0);
  scaling.beta_slow = fields->number("rope.scaling.yarn_beta_slow", 1e-6, 1e6).value_or(1.0);
  scaling.original_max_position_embeddings =
      fields->integer("rope.scaling.original_context_length", 1, kMaxPositions)
          .value_or(config->max_position_embeddings);
  const bool mla = config->attention_kind() == AttentionKind::Mla;
  if (mla && fields->has("rope.scaling.yarn_log_multiplier")) {
    scaling.mscale_all_dim =
        mscale_of(fields->number("rope.scaling.yarn_log_multiplier", 0.0, 1e5).value_or(0.0));
    scaling.mscale = scaling.mscale_all_dim;
  } else if (mla) {
    fields->fault(Severity::Warning, "yarn-multiplier-missing", "rope.scaling.yarn_log_multiplier",
                  "found nothing, while DeepSeek's models with YaRN have one (0.1 · "
                  "mscale_all_dim); without it the softmax scale is not corrected, as "
                  "transformers does for a config without mscale_all_dim");
  }
  if (config->n_routed_experts == kKimiExperts && !fields->has("rope.scaling.yarn_beta_fast")) {
    fields->fault(
        Severity::Warning, "yarn-betas-missing", "rope.scaling.yarn_beta_fast",
        "found nothing, so 32 is used; Kimi-K2's own config has 1, which older converters "
        "did not write; convert the model again to be exact");
  }
  if (config->rope_theta <= 1.0) {
    fields->fault(Severity::Error, "config-value", "rope.freq_base",
                  "found " + std::to_string(config->rope_theta) + ", allowed above 1 with YaRN");
  }
}

/// Keys that change YaRN in a way no model of these families asks for.
void refuse_extras(GgufFields* fields) {
  struct Extra {
    const char* key;
    double harmless;
  };
  for (const Extra& extra :
       {Extra{"rope.scaling.yarn_ext_factor", 1.0}, Extra{"rope.scaling.yarn_attn_factor", 1.0},
        Extra{"rope.scaling.attn_factor", 1.0}, Extra{"rope.scaling.alpha", 0.0}}) {
    const std::optional<double> found = fields->number(extra.key, -1e6, 1e6);
    if (!found || *found == extra.harmless || *found < 0.0) continue;
    fields->fault(Severity::Error, "config-unsupported", extra.key,
                  "found " + std::to_string(*found) + ", which this program does not run");
  }
}

/// Llama 3's scaling: a divisor for each pair of rotary dims.
void read_factors(const StoredTensor& tensor, GgufFields* fields, ModelConfig* config) {
  const std::string place = quoted_name(tensor.file) + " › " + kFactors;
  const std::int64_t n = (config->attention_kind() == AttentionKind::Mla ? config->qk_rope_head_dim
                                                                         : config->head_dim) /
                         2;
  Result<std::vector<float>> values = read_floats(tensor);
  const bool fits = values && static_cast<std::int64_t>(values->size()) == n &&
                    std::all_of(values->begin(), values->end(),
                                [](float v) { return std::isfinite(v) && v > 0.0F; });
  if (!fits) {
    fields->fault(
        Severity::Error, "rope-factors", "rope.dimension_count",
        place + ": found " +
            (values ? std::to_string(values->size()) + " factors" : values.error().message) +
            ", allowed " + std::to_string(n) + " finite ones above 0");
    return;
  }
  if (std::all_of(values->begin(), values->end(), [](float v) { return v == 1.0F; })) return;
  if (config->rope_scaling.kind != RopeScalingKind::None) {
    fields->fault(Severity::Error, "config-unsupported", "rope.scaling.type",
                  "found a scaling beside " + place + ", allowed one of the two");
    return;
  }
  config->rope_scaling.kind = RopeScalingKind::Llama3;
  config->rope_scaling.factor = *std::max_element(values->begin(), values->end());
  config->rope_scaling.frequency_factors = std::move(*values);
}

void read_scaling(GgufFields* fields, ModelConfig* config) {
  const std::string type = fields->word("rope.scaling.type").value_or("");
  if (type == "yarn") return read_yarn(fields, config);
  if (type == "none") return;
  if (!type.empty() && type != "linear") {
    fields->fault(
        Severity::Error, "config-unsupported", "rope.scaling.type",
        "found \"" + quoted_name(type) +
            "\", which this program does not run; allowed \"yarn\", \"linear\", \"none\"");
    return;
  }
  // Without a type a factor means linear scaling; rope.scale_linear is its older name.
  const char* key =
      fields->has("rope.scaling.factor") ? "rope.scaling.factor" : "rope.scale_linear";
  const double factor = fields->number(key, 0.0, 1e6).value_or(1.0);
  if (factor == 0.0 || factor == 1.0) return;
  config->rope_scaling.kind = RopeScalingKind::Linear;
  config->rope_scaling.factor = factor;
}

}  // namespace

void read_gguf_rope(std::span<const StoredTensor> tensors, GgufFields* fields,
                    ModelConfig* config) {
  config->rope_theta = fields->number("rope.freq_base", 1e-6, 1e12).value_or(10000.0);
  read_scaling(fields, config);
  refuse_extras(fields);
  if (const StoredTensor* factors = find_tensor(tensors, kFactors)) {
    read_factors(*factors, fields, config);
  }
}

}  // namespace engine
