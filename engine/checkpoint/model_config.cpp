// config.json: the table of keys, the table of rules between keys, and the order they are read in.
#include "engine/checkpoint/model_config.h"

#include <algorithm>
#include <array>
#include <string>

#include "engine/base/json.h"
#include "engine/checkpoint/config_reader.h"

namespace engine {

namespace {

using Severity = Finding::Severity;

constexpr JsonLimits kConfigLimits = {32, 200'000};
constexpr std::size_t kMaxConfigBytes = 16U << 20U;

struct IntegerKey {
  const char* key;
  std::int64_t ModelConfig::*field;
  IntegerLimits limits;  // fallback: DeepseekV3Config's default
};

constexpr std::int64_t kMillion = 1'000'000;
constexpr bool kNullable = true;

constexpr std::array<IntegerKey, 20> kIntegerKeys = {{
    {"vocab_size", &ModelConfig::vocab_size, {129280, 1, 16 * kMillion}},
    {"hidden_size", &ModelConfig::hidden_size, {7168, 1, kMillion}},
    {"intermediate_size", &ModelConfig::intermediate_size, {18432, 1, 16 * kMillion}},
    {"moe_intermediate_size", &ModelConfig::moe_intermediate_size, {2048, 1, kMillion}},
    {"num_hidden_layers", &ModelConfig::num_hidden_layers, {61, 1, 1024}},
    {"num_attention_heads", &ModelConfig::num_attention_heads, {128, 1, 4096}},
    {"n_shared_experts", &ModelConfig::n_shared_experts, {1, 0, 1024, kNullable, 0}},
    {"n_routed_experts", &ModelConfig::n_routed_experts, {256, 0, 65536, kNullable, 0}},
    {"num_experts_per_tok", &ModelConfig::num_experts_per_tok, {8, 0, 1024, kNullable, 0}},
    {"n_group", &ModelConfig::n_group, {8, 1, 65536, kNullable, 1}},
    {"topk_group", &ModelConfig::topk_group, {4, 1, 65536, kNullable, 1}},
    {"first_k_dense_replace", &ModelConfig::first_k_dense_replace, {3, 0, 1024}},
    {"moe_layer_freq", &ModelConfig::moe_layer_freq, {1, 1, 1024}},
    {"q_lora_rank", &ModelConfig::q_lora_rank, {1536, 1, kMillion, kNullable, 0}},
    {"kv_lora_rank", &ModelConfig::kv_lora_rank, {512, 1, kMillion}},
    {"qk_nope_head_dim", &ModelConfig::qk_nope_head_dim, {128, 1, 65536}},
    {"qk_rope_head_dim", &ModelConfig::qk_rope_head_dim, {64, 2, 65536}},
    {"v_head_dim", &ModelConfig::v_head_dim, {128, 1, 65536}},
    {"max_position_embeddings",
     &ModelConfig::max_position_embeddings,
     {4096, 1, std::int64_t{1} << 30}},
    {"num_nextn_predict_layers", &ModelConfig::num_nextn_predict_layers, {0, 0, 64, kNullable, 0}},
}};

/// A rule between keys. It is checked only when each of its keys is right by itself, so nothing is
/// divided by zero.
struct Rule {
  const char* key;      // the one to blame
  const char* formula;  // what must hold
  std::array<const char*, 4> keys;
  bool (*holds)(const ModelConfig&);
};

constexpr std::array<Rule, 8> kRules = {{
    {"num_key_value_heads",
     "num_attention_heads % num_key_value_heads = 0 (MLA does not use it; set it to "
     "num_attention_heads)",
     {"num_attention_heads", "num_key_value_heads"},
     [](const ModelConfig& c) { return c.num_attention_heads % c.num_key_value_heads == 0; }},
    {"qk_rope_head_dim",
     "qk_rope_head_dim % 2 = 0",
     {"qk_rope_head_dim"},
     [](const ModelConfig& c) { return c.qk_rope_head_dim % 2 == 0; }},
    {"num_experts_per_tok",
     "1 ≤ num_experts_per_tok ≤ n_routed_experts",
     {"num_experts_per_tok", "n_routed_experts"},
     [](const ModelConfig& c) {
       return c.n_routed_experts == 0 ||
              (c.num_experts_per_tok >= 1 && c.num_experts_per_tok <= c.n_routed_experts);
     }},
    {"n_routed_experts",
     "n_routed_experts · num_hidden_layers ≤ 65,536 (a guard; the largest released model has "
     "23,424)",
     {"n_routed_experts", "num_hidden_layers"},
     [](const ModelConfig& c) { return c.n_routed_experts * c.num_hidden_layers <= 65536; }},
    {"n_group",
     "n_routed_experts % n_group = 0",
     {"n_routed_experts", "n_group"},
     [](const ModelConfig& c) {
       return c.n_routed_experts == 0 || c.n_routed_experts % c.n_group == 0;
     }},
    {"n_group",
     "n_routed_experts / n_group ≥ 2 when there is more than one group (a group is scored by its "
     "two best)",
     {"n_routed_experts", "n_group"},
     [](const ModelConfig& c) {
       return c.n_routed_experts == 0 || c.n_group == 1 || c.n_routed_experts / c.n_group >= 2;
     }},
    {"topk_group",
     "topk_group ≤ n_group",
     {"topk_group", "n_group", "n_routed_experts"},
     [](const ModelConfig& c) { return c.n_routed_experts == 0 || c.topk_group <= c.n_group; }},
    {"num_experts_per_tok",
     "num_experts_per_tok ≤ topk_group · n_routed_experts / n_group (the experts in the open "
     "groups)",
     {"num_experts_per_tok", "topk_group", "n_routed_experts", "n_group"},
     [](const ModelConfig& c) {
       return c.n_routed_experts == 0 || c.topk_group > c.n_group ||
              c.num_experts_per_tok <= c.topk_group * (c.n_routed_experts / c.n_group);
     }},
}};

constexpr std::array<const char*, 7> kOtherFamilies = {
    "llama", "deepseek", "deepseek_v2", "kimi_k2", "deepseek_v32", "deepseek_v4", "mixtral"};

std::int64_t value_of(const ModelConfig& config, std::string_view key) {
  if (key == "num_key_value_heads") return config.num_key_value_heads;
  for (const IntegerKey& entry : kIntegerKeys) {
    if (key == entry.key) return config.*entry.field;
  }
  return 0;
}

void check_rule(const Rule& rule, const JsonValue& root, const ModelConfig& config,
                ConfigFields* fields) {
  std::string values;
  for (const char* key : rule.keys) {
    if (key == nullptr) break;
    if (fields->is_faulty(key)) return;
    values += (values.empty() ? "" : ", ") + std::string(key) + " = " +
              std::to_string(value_of(config, key));
  }
  if (rule.holds(config)) return;
  fields->fault(Severity::Error, "config-rule", rule.key, root.find(rule.key),
                "found " + values + ", allowed " + rule.formula);
}

/// False when nothing else in the file is worth reading.
bool check_model_type(const JsonValue& root, ConfigFields* fields, ModelConfig* config) {
  const JsonValue* value = root.find("model_type");
  if (value == nullptr || value->kind != JsonKind::String) {
    fields->fault(Severity::Error, "model-type-missing", "model_type", value,
                  "found " + (value == nullptr ? "nothing" : shown_value(*value)) +
                      ", allowed \"deepseek_v3\"");
    return false;
  }
  config->model_type = value->text;
  if (value->text == "deepseek_v3") return true;
  const bool known =
      std::find(kOtherFamilies.begin(), kOtherFamilies.end(), value->text) != kOtherFamilies.end();
  fields->fault(Severity::Error, "model-type-unsupported", "model_type", value,
                "found " + shown_value(*value) +
                    (known ? ", which is recognised but not supported yet" : "") +
                    "; supported: \"deepseek_v3\"");
  return false;
}

/// A key that must have one value when it is there at all.
void require_word(const JsonValue& root, const std::string& key, const std::string& allowed,
                  std::initializer_list<const char*> known, ConfigFields* fields) {
  const std::string word = fields->word(root, "", key, allowed);
  if (word == allowed || fields->is_faulty(key)) return;
  const bool is_known = std::any_of(known.begin(), known.end(),
                                    [&word](const char* candidate) { return word == candidate; });
  fields->fault(
      Severity::Error, is_known ? "config-unsupported" : "config-value", key, root.find(key),
      "found " + shown_value(*root.find(key)) +
          (is_known ? ", which no deepseek_v3 model uses" : "") + ", allowed \"" + allowed + "\"");
}

/// Special tokens: one id, a list, or null. One outside the vocabulary can never be produced.
/// `fallback` is DeepseekV3Config's value for an absent key.
std::vector<std::int32_t> token_ids(const JsonValue& root, const std::string& key,
                                    std::int32_t fallback, const ModelConfig& config,
                                    ConfigFields* fields) {
  std::vector<std::int32_t> ids;
  const JsonValue* value = root.find(key);
  if (value == nullptr) {
    if (fallback < config.vocab_size) ids.push_back(fallback);
    return ids;
  }
  if (value->kind == JsonKind::Null) return ids;
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

void note_defaults(const ConfigFields& fields, std::string_view file,
                   std::vector<Finding>* findings) {
  std::string list;
  for (const std::string& key : fields.defaulted()) {
    // Optional keys of sections, and keys most released files lack, are no news.
    if (key.find("›") != std::string::npos || key == "rope_theta" || key == "moe_layer_freq" ||
        key == "rope_interleave" || key == "num_nextn_predict_layers") {
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
  config->num_key_value_heads =
      fields->integer(root, "", "num_key_value_heads", {heads, 1, 4096, kNullable, heads});
  if (config->num_key_value_heads <= heads || fields->is_faulty("num_attention_heads")) return;
  fields->fault(Severity::Warning, "kv-heads-unused", "num_key_value_heads",
                root.find("num_key_value_heads"),
                "found " + std::to_string(config->num_key_value_heads) +
                    ", more than num_attention_heads = " + std::to_string(heads) +
                    "; MLA does not use it, ignored");
  config->num_key_value_heads = heads;
}

void read_keys(const JsonValue& root, ConfigFields* fields, ModelConfig* config) {
  for (const IntegerKey& entry : kIntegerKeys) {
    config->*entry.field = fields->integer(root, "", entry.key, entry.limits);
  }
  read_kv_heads(root, fields, config);
  config->routed_scaling_factor = fields->positive_number(root, "", "routed_scaling_factor", 2.5);
  config->rms_norm_eps = fields->positive_number(root, "", "rms_norm_eps", 1e-6);
  config->norm_topk_prob = fields->flag(root, "", "norm_topk_prob", true);
  config->rope_interleave = fields->flag(root, "", "rope_interleave", true);
  config->attention_bias = fields->flag(root, "", "attention_bias", false);
  config->tie_word_embeddings = fields->flag(root, "", "tie_word_embeddings", false);
  require_word(root, "hidden_act", "silu", {"gelu", "relu", "gelu_new", "gelu_pytorch_tanh"},
               fields);
  require_word(root, "scoring_func", "sigmoid", {"softmax", "sqrtsoftplus"}, fields);
  require_word(root, "topk_method", "noaux_tc", {"greedy", "group_limited_greedy"}, fields);
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
  if (!check_model_type(*root, &fields, &config)) return reading;
  read_keys(*root, &fields, &config);
  read_rope(*root, &fields, &config);
  read_quantization(*root, &fields, &config);
  for (const Rule& rule : kRules) check_rule(rule, *root, config, &fields);
  config.eos_token_ids = token_ids(*root, "eos_token_id", 1, config, &fields);
  const std::vector<std::int32_t> bos = token_ids(*root, "bos_token_id", 0, config, &fields);
  if (!bos.empty()) config.bos_token_id = bos.front();
  note_defaults(fields, file, &reading.findings);
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
