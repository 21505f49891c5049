// The rotary and quantisation sections of config.json, whose spelling changed over the years.
#include <array>
#include <string>

#include "engine/checkpoint/config_reader.h"

namespace engine {

namespace {

using Severity = Finding::Severity;

constexpr std::int64_t kMaxPositions = std::int64_t{1} << 30;

/// The object that describes RoPE, or null. `rope_parameters` is the newer spelling and wins.
const JsonValue* rope_section(const JsonValue& root, ConfigFields* fields, std::string* section) {
  for (const char* key : {"rope_parameters", "rope_scaling"}) {
    const JsonValue* value = root.find(key);
    if (value == nullptr || value->kind == JsonKind::Null) continue;
    if (value->kind != JsonKind::Object) {
      fields->fault(Severity::Error, "config-type", key, value,
                    "found " + shown_value(*value) + ", allowed an object or null");
      continue;
    }
    *section = std::string(key) + " › ";
    return value;
  }
  return nullptr;
}

bool is_other_known_scaling(const std::string& type) {
  for (const char* known : {"dynamic", "longrope", "su", "mrope", "ntk", "proportional"}) {
    if (type == known) return true;
  }
  return false;
}

double required_number(const JsonValue& rope, const std::string& section, const std::string& key,
                       ConfigFields* fields) {
  const JsonValue* value = rope.find(key);
  if (value == nullptr || value->kind == JsonKind::Null) {
    fields->fault(Severity::Error, "config-missing", section + key, &rope,
                  "found nothing, allowed a finite number above 0");
  }
  return fields->positive_number(rope, section, key, 1.0);
}

/// The context length the model was trained for. transformers takes the key beside the section
/// first, then the section's own, then the whole context length.
void read_original_context(const JsonValue& root, const JsonValue& rope, const std::string& section,
                           ConfigFields* fields, ModelConfig* config) {
  const char* key = "original_max_position_embeddings";
  const JsonValue* outside = root.find(key);
  const bool is_outside = outside != nullptr && outside->kind != JsonKind::Null;
  config->rope_scaling.original_max_position_embeddings = fields->integer(
      is_outside ? root : rope, is_outside ? "" : section, key,
      {config->max_position_embeddings, 1, kMaxPositions, true, config->max_position_embeddings});
}

/// Llama 3.1's ramp between two wavelengths.
void read_llama3(const JsonValue& root, const JsonValue& rope, const std::string& section,
                 ConfigFields* fields, ModelConfig* config) {
  RopeScaling& scaling = config->rope_scaling;
  scaling.kind = RopeScalingKind::Llama3;
  scaling.factor = required_number(rope, section, "factor", fields);
  scaling.low_freq_factor = required_number(rope, section, "low_freq_factor", fields);
  scaling.high_freq_factor = required_number(rope, section, "high_freq_factor", fields);
  read_original_context(root, rope, section, fields, config);
  if (fields->is_faulty(section + "low_freq_factor") ||
      fields->is_faulty(section + "high_freq_factor") ||
      scaling.high_freq_factor > scaling.low_freq_factor) {
    return;
  }
  fields->fault(
      Severity::Error, "config-rule", section + "high_freq_factor", rope.find("high_freq_factor"),
      "found " + shown_value(*rope.find("high_freq_factor")) +
          ", allowed above low_freq_factor = " + shown_value(*rope.find("low_freq_factor")));
}

void read_yarn(const JsonValue& root, const JsonValue& rope, const std::string& section,
               ConfigFields* fields, ModelConfig* config) {
  RopeScaling& scaling = config->rope_scaling;
  scaling.kind = RopeScalingKind::Yarn;
  scaling.factor = required_number(rope, section, "factor", fields);
  scaling.beta_fast = fields->positive_number(rope, section, "beta_fast", 32.0);
  scaling.beta_slow = fields->positive_number(rope, section, "beta_slow", 1.0);
  scaling.mscale = fields->number(rope, section, "mscale", 0.0, 0.0, 1e6);
  scaling.mscale_all_dim = fields->number(rope, section, "mscale_all_dim", 0.0, 0.0, 1e6);
  scaling.truncate = fields->flag(rope, section, "truncate", true);
  const JsonValue* attention_factor = rope.find("attention_factor");
  if (attention_factor != nullptr && attention_factor->kind != JsonKind::Null) {
    scaling.attention_factor = fields->positive_number(rope, section, "attention_factor", 1.0);
  }
  read_original_context(root, rope, section, fields, config);
}

/// A YaRN ramp takes logarithms of the base, and some transformers releases ignore `factor`.
void check_yarn(const JsonValue& rope, const std::string& section, ConfigFields* fields,
                const ModelConfig& config) {
  const RopeScaling& scaling = config.rope_scaling;
  if (config.rope_theta <= 1.0) {
    fields->fault(
        Severity::Error, "config-value", section + "rope_theta", &rope,
        "found a base of " + std::to_string(config.rope_theta) + ", allowed above 1 with YaRN");
  }
  if (fields->is_faulty(section + "factor") ||
      rope.find("original_max_position_embeddings") == nullptr) {
    return;
  }
  const double ratio = static_cast<double>(config.max_position_embeddings) /
                       static_cast<double>(scaling.original_max_position_embeddings);
  if (ratio != scaling.factor) {
    fields->fault(
        Severity::Warning, "yarn-factor-ratio", section + "factor", rope.find("factor"),
        "found " + shown_value(*rope.find("factor")) +
            ", while max_position_embeddings / original_max_position_embeddings is " +
            std::to_string(ratio) +
            "; the factor is used, as written (some transformers releases use the ratio)");
  }
}

constexpr const char* kOtherFiles = "; use the model's BF16 or FP8 files, or a GGUF file";

/// One word of quantization_config that must have one of the given values, or be absent.
bool is_word_supported(const JsonValue& section, const std::string& key,
                       std::initializer_list<const char*> allowed, ConfigFields* fields) {
  const std::string path = "quantization_config › " + key;
  const std::string word = fields->word(section, "quantization_config › ", key, "");
  if (word.empty()) return !fields->is_faulty(path);
  std::string list;
  for (const char* candidate : allowed) {
    if (word == candidate) return true;
    list += (list.empty() ? "\"" : " or \"") + std::string(candidate) + "\"";
  }
  fields->fault(
      Severity::Error, "quantisation-unsupported", path, section.find(key),
      "found \"" + word + "\", which this program does not run; allowed " + list + kOtherFiles);
  return false;
}

/// Two numbers as they are written, or the value's kind.
std::string block_text(const JsonValue& value) {
  if (value.kind != JsonKind::Array || value.items.size() != 2) return shown_value(value);
  return "[" + shown_value(value.items[0]) + ", " + shown_value(value.items[1]) + "]";
}

bool is_block_128(const JsonValue& value) {
  return value.kind == JsonKind::Array && value.items.size() == 2 &&
         value.items[0].kind == JsonKind::Number && value.items[0].text == "128" &&
         value.items[1].kind == JsonKind::Number && value.items[1].text == "128";
}

}  // namespace

void read_rope(const JsonValue& root, ConfigFields* fields, ModelConfig* config) {
  std::string section;
  const JsonValue* rope = rope_section(root, fields, &section);
  config->rope_theta = fields->positive_number(root, "", "rope_theta", config->rope_theta);
  if (rope == nullptr) return;
  if (rope->find("rope_theta") != nullptr) {
    config->rope_theta = fields->positive_number(*rope, section, "rope_theta", config->rope_theta);
  }
  const std::string old_spelling = fields->word(*rope, section, "type", "");
  const std::string type = fields->word(*rope, section, "rope_type", old_spelling);
  if (!old_spelling.empty() && old_spelling != type) {
    fields->fault(Severity::Error, "config-value", section + "rope_type", rope,
                  "found \"" + type + "\" as rope_type and \"" + old_spelling +
                      "\" as type, allowed the same in both");
    return;
  }
  const JsonValue* partial = rope->find("partial_rotary_factor");
  if (partial != nullptr && partial->kind != JsonKind::Null && json_double(partial->text) != 1.0) {
    fields->fault(Severity::Error, "config-unsupported", section + "partial_rotary_factor", partial,
                  "found " + shown_value(*partial) + ", allowed 1");
  }
  if (type.empty() || type == "default") return;
  if (type == "yarn") {
    read_yarn(root, *rope, section, fields, config);
    check_yarn(*rope, section, fields, *config);
    return;
  }
  if (type == "llama3") return read_llama3(root, *rope, section, fields, config);
  if (type == "linear") {
    config->rope_scaling.kind = RopeScalingKind::Linear;
    config->rope_scaling.factor = required_number(*rope, section, "factor", fields);
    return;
  }
  fields->fault(Severity::Error,
                is_other_known_scaling(type) ? "config-unsupported" : "config-value",
                section + "rope_type", rope,
                "found \"" + type + "\", which " +
                    (is_other_known_scaling(type) ? "this program does not run yet"
                                                  : "is no scaling known to this program") +
                    "; allowed \"yarn\", \"llama3\", \"linear\", \"default\" or none");
}

void read_quantization(const JsonValue& root, ConfigFields* fields, ModelConfig* config) {
  const JsonValue* section = root.find("quantization_config");
  if (section == nullptr || section->kind == JsonKind::Null) return;
  if (section->kind != JsonKind::Object) {
    fields->fault(Severity::Error, "config-type", "quantization_config", section,
                  "found " + shown_value(*section) + ", allowed an object or null");
    return;
  }
  if (section->find("quant_method") == nullptr) {
    fields->fault(Severity::Error, "config-missing", "quantization_config › quant_method", section,
                  "found nothing, allowed \"fp8\"" + std::string(kOtherFiles));
    return;
  }
  if (!is_word_supported(*section, "quant_method", {"fp8"}, fields)) return;
  is_word_supported(*section, "fmt", {"e4m3"}, fields);
  is_word_supported(*section, "activation_scheme", {"dynamic"}, fields);
  is_word_supported(*section, "scale_fmt", {"ue8m0", "float"}, fields);
  const JsonValue* block = section->find("weight_block_size");
  if (block != nullptr && block->kind != JsonKind::Null && !is_block_128(*block)) {
    fields->fault(Severity::Error, "quantisation-unsupported",
                  "quantization_config › weight_block_size", block,
                  "found " + block_text(*block) + ", allowed [128, 128]" + kOtherFiles);
  }
  config->fp8_blocks = true;
}

}  // namespace engine
