// config.json: the order its keys are read in, and those that are no plain whole number.
#include "engine/checkpoint/model_config.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "engine/base/json.h"
#include "engine/checkpoint/config_reader.h"

namespace engine {

namespace {

using Severity = Finding::Severity;

constexpr JsonLimits kConfigLimits = {32, 200'000};
constexpr std::size_t kMaxConfigBytes = 16U << 20U;

/// A key that must have one of the allowed values when it is there at all; the first is the
/// default.
std::string one_of(const JsonValue& root, const std::string& key,
                   std::initializer_list<const char*> allowed,
                   std::initializer_list<const char*> known, const ModelConfig& config,
                   ConfigFields* fields) {
  const std::string fallback = *allowed.begin();
  const std::string word = fields->word(root, "", key, fallback);
  std::string list;
  for (const char* candidate : allowed) {
    if (word == candidate) return word;
    list += (list.empty() ? "\"" : " or \"") + std::string(candidate) + "\"";
  }
  const bool is_known = std::any_of(known.begin(), known.end(),
                                    [&word](const char* candidate) { return word == candidate; });
  fields->fault(Severity::Error, is_known ? "config-unsupported" : "config-value", key,
                root.find(key),
                "found " + shown_value(*root.find(key)) +
                    (is_known ? ", which no " + config.model_type + " model uses" : "") +
                    ", allowed " + list);
  return fallback;
}

/// A flag this program only runs when it is off.
void require_off(const JsonValue& root, const char* key, ConfigFields* fields) {
  if (!fields->flag(root, "", key, false)) return;
  fields->fault(Severity::Error, "config-unsupported", key, root.find(key),
                "found true, allowed false");
}

/// Special tokens: one id, a list, or null. One outside the vocabulary can never be produced.
/// `fallback` is the family's for an absent key.
std::vector<std::int32_t> token_ids(const JsonValue& root, const std::string& key,
                                    const std::vector<std::int32_t>& fallback,
                                    const ModelConfig& config, ConfigFields* fields) {
  std::vector<std::int32_t> ids;
  const JsonValue* value = root.find(key);
  if (value == nullptr) {
    std::copy_if(fallback.begin(), fallback.end(), std::back_inserter(ids),
                 [&config](std::int32_t id) { return id < config.vocab_size; });
    return ids;
  }
  if (value->kind == JsonKind::Null || fields->is_faulty("vocab_size")) return ids;
  std::vector<const JsonValue*> entries;
  if (value->kind == JsonKind::Array) {
    for (const JsonValue& item : value->items) entries.push_back(&item);
  } else {
    entries.push_back(value);
  }
  for (const JsonValue* entry : entries) {
    const auto id = entry->kind == JsonKind::Number ? json_integer(entry->text) : std::nullopt;
    if (id && *id >= 0 && *id < config.vocab_size) {
      ids.push_back(static_cast<std::int32_t>(*id));
    } else {
      fields->fault(Severity::Warning, "token-id-outside-vocabulary", key, entry,
                    "found " + shown_value(*entry) + ", outside the vocabulary of " +
                        grouped_digits(config.vocab_size) + "; ignored");
    }
  }
  return ids;
}

void note_code_references(const JsonValue& root, ConfigFields* fields) {
  for (const char* key : {"auto_map", "trust_remote_code", "custom_pipelines"}) {
    const JsonValue* value = root.find(key);
    if (value == nullptr) continue;
    fields->fault(Severity::Warning, "code-reference", key, value,
                  "contains code references; not run");
  }
  const JsonValue* name = root.find("_name_or_path");
  if (name != nullptr && name->text.find("..") != std::string::npos) {
    fields->fault(Severity::Warning, "path-reference", "_name_or_path", name,
                  "contains a path out of its folder; ignored");
  }
}

void note_defaults(const ConfigFields& fields, std::string_view file, std::int64_t n_routed_experts,
                   std::vector<Finding>* findings) {
  std::string list;
  for (const std::string& key : fields.defaulted()) {
    // Optional keys of sections, and keys most released files lack, are no news.
    if (key.find("›") != std::string::npos || key == "rope_theta" || key == "moe_layer_freq" ||
        key == "rope_interleave" || (key == "norm_topk_prob" && n_routed_experts == 0) ||
        key == "num_nextn_predict_layers" || key == "head_dim" || key.ends_with("_bias") ||
        key.ends_with("sliding_window") || key == "max_window_layers") {
      continue;
    }
    list += (list.empty() ? "" : ", ") + key;
  }
  if (list.empty()) return;
  findings->push_back({Severity::Info, "config-defaults",
                       std::string(file) + ": not given, so transformers' defaults hold: " + list});
}

/// MLA has no key-value heads of its own. DeepseekV3Config writes its default of 128 into the file
/// of a model with fewer heads, and transformers runs such a model all the same.
void read_kv_heads(const JsonValue& root, ConfigFields* fields, ModelConfig* config) {
  const std::int64_t heads = config->num_attention_heads;
  const std::int64_t fallback =
      config->num_key_value_heads > 0 ? config->num_key_value_heads : heads;
  config->num_key_value_heads =
      fields->integer(root, "", "num_key_value_heads", {fallback, 1, 4096, true, heads});
  if (!config->is_mla() || config->num_key_value_heads <= heads ||
      fields->is_faulty("num_attention_heads")) {
    return;
  }
  fields->fault(Severity::Warning, "kv-heads-unused", "num_key_value_heads",
                root.find("num_key_value_heads"),
                "found " + std::to_string(config->num_key_value_heads) +
                    ", more than num_attention_heads = " + std::to_string(heads) +
                    "; MLA does not use it, ignored");
  config->num_key_value_heads = heads;
}

/// The width of a head: given, or hidden_size split evenly.
void read_head_dim(const JsonValue& root, ConfigFields* fields, ModelConfig* config) {
  if (config->is_mla()) return;
  config->head_dim = fields->integer(root, "", "head_dim", {0, 2, 65536, true, 0});
  if (config->head_dim > 0 || fields->is_faulty("head_dim") || fields->is_faulty("hidden_size") ||
      fields->is_faulty("num_attention_heads")) {
    return;
  }
  config->head_dim = config->hidden_size / config->num_attention_heads;
  if (config->hidden_size % config->num_attention_heads == 0) return;
  fields->fault(Severity::Error, "config-rule", "hidden_size", root.find("hidden_size"),
                "found hidden_size = " + std::to_string(config->hidden_size) +
                    ", num_attention_heads = " + std::to_string(config->num_attention_heads) +
                    ", allowed hidden_size % num_attention_heads = 0 when head_dim is not given");
}

/// How experts are scored and chosen. V2's flag follows transformers' native DeepseekV2, which
/// never normalises; DeepSeek's own code would normalise and then not scale. No released V2 sets
/// it.
void read_router(const JsonValue& root, ConfigFields* fields, ModelConfig* config) {
  const auto word = [&](const char* key, std::initializer_list<const char*> allowed,
                        std::initializer_list<const char*> known) {
    return one_of(root, key, allowed, known, *config, fields);
  };
  const bool flag_set = fields->flag(root, "", "norm_topk_prob", config->norm_topk_prob);
  switch (config->architecture) {
    case Architecture::Deepseek:
      word("scoring_func", {"softmax"}, {"sigmoid", "sqrtsoftplus"});
      config->norm_topk_prob = flag_set && config->num_experts_per_tok > 1;
      return;
    case Architecture::DeepseekV2:
      word("scoring_func", {"softmax"}, {"sigmoid", "sqrtsoftplus"});
      if (word("topk_method", {"greedy", "group_limited_greedy"}, {"noaux_tc"}) == "greedy") {
        config->n_group = config->topk_group = 1;  // not looked at
      } else {
        config->topk_method = TopkMethod::GroupLimitedGreedy;
      }
      if (!flag_set) break;
      fields->fault(Severity::Warning, "norm-ignored", "norm_topk_prob",
                    root.find("norm_topk_prob"),
                    "found true; weights are scaled and not normalised, as transformers' "
                    "deepseek_v2 does (DeepSeek's own code normalises and does not scale)");
      break;
    case Architecture::DeepseekV3:
    case Architecture::DeepseekV32:
      word("scoring_func", {"sigmoid"}, {"softmax", "sqrtsoftplus"});
      word("topk_method", {"noaux_tc"}, {"greedy", "group_limited_greedy"});
      config->norm_topk_prob = flag_set;
      break;
    default:
      return;
  }
  config->routed_scaling_factor =
      fields->positive_number(root, "", "routed_scaling_factor", config->routed_scaling_factor);
}

void read_keys(const JsonValue& root, ConfigFields* fields, ModelConfig* config) {
  read_integer_keys(root, fields, config);
  read_kv_heads(root, fields, config);
  read_head_dim(root, fields, config);
  read_router(root, fields, config);
  read_window(root, fields, config);
  config->rms_norm_eps = fields->positive_number(root, "", "rms_norm_eps", config->rms_norm_eps);
  if (config->architecture == Architecture::DeepseekV3) {
    config->rope_interleave = fields->flag(root, "", "rope_interleave", true);
  }
  if (config->architecture != Architecture::Qwen2 &&
      config->architecture != Architecture::Mixtral) {
    config->attention_bias = fields->flag(root, "", "attention_bias", false);
    require_off(root, "mlp_bias", fields);
  }
  config->tie_word_embeddings = fields->flag(root, "", "tie_word_embeddings", false);
  one_of(root, "hidden_act", {"silu"}, {"gelu", "relu", "gelu_new", "gelu_pytorch_tanh"}, *config,
         fields);
}

/// Sizes that follow from others.
void derive(ModelConfig* config) {
  if (config->architecture == Architecture::Mixtral) {
    config->moe_intermediate_size = config->intermediate_size;
  }
}

}  // namespace

std::vector<std::int32_t> ModelConfig::moe_layers() const {
  std::vector<std::int32_t> layers;
  for (std::int64_t layer = 0; layer < num_hidden_layers; ++layer) {
    if (is_moe_layer(layer)) layers.push_back(static_cast<std::int32_t>(layer));
  }
  return layers;
}

bool ConfigReading::valid() const {
  return std::none_of(findings.begin(), findings.end(),
                      [](const Finding& finding) { return finding.severity == Severity::Error; });
}

ConfigReading read_model_config(std::string_view json_text, std::string_view file) {
  ConfigReading reading;
  ConfigFields fields(json_text, file, &reading.findings);
  if (json_text.size() > kMaxConfigBytes) {
    fields.fault(Severity::Error, "config-json", "", nullptr,
                 "found " + grouped_digits(static_cast<std::int64_t>(json_text.size())) +
                     " bytes, allowed " + grouped_digits(kMaxConfigBytes));
    return reading;
  }
  const Result<JsonValue> root = parse_json(json_text, file, kConfigLimits);
  if (!root) {
    reading.findings.push_back({Severity::Error, "config-json", root.error().message});
    return reading;
  }
  if (root->kind != JsonKind::Object) {
    fields.fault(Severity::Error, "config-json", "", &*root,
                 "found " + shown_value(*root) + ", allowed an object");
    return reading;
  }
  note_code_references(*root, &fields);
  ModelConfig& config = reading.config;
  if (!read_family(*root, &fields, &config)) return reading;
  read_keys(*root, &fields, &config);
  derive(&config);
  read_rope(*root, &fields, &config);
  read_quantization(*root, &fields, &config);
  check_rules(*root, config, &fields);
  const ModelConfig defaults = family_defaults(config.architecture);
  config.eos_token_ids = token_ids(*root, "eos_token_id", defaults.eos_token_ids, config, &fields);
  std::vector<std::int32_t> bos;
  if (defaults.bos_token_id) bos.push_back(*defaults.bos_token_id);
  bos = token_ids(*root, "bos_token_id", bos, config, &fields);
  config.bos_token_id = bos.empty() ? std::nullopt : std::optional(bos.front());
  note_defaults(fields, file, config.n_routed_experts, &reading.findings);
  return reading;
}

Result<ModelConfig> parse_model_config(std::string_view json_text, std::string_view file,
                                       std::vector<std::string>* warnings) {
  const ConfigReading reading = read_model_config(json_text, file);
  std::string message;
  bool only_unsupported = true;
  for (const Finding& finding : reading.findings) {
    if (finding.severity == Severity::Error) {
      message += (message.empty() ? "" : "\n") + finding.message;
      only_unsupported &= finding.code.ends_with("unsupported");
    } else if (finding.severity == Severity::Warning && warnings != nullptr) {
      warnings->push_back(finding.message);
    }
  }
  if (message.empty()) return reading.config;
  return fail(only_unsupported ? ErrorCode::Unsupported : ErrorCode::InvalidConfig, message);
}

}  // namespace engine
