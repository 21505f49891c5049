// config.json's whole numbers and the rules between them, as two tables; and the attention window.
#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "engine/checkpoint/config_reader.h"

namespace engine {

namespace {

using Severity = Finding::Severity;
using A = Architecture;

/// A set of families, one bit each.
template <class... Architectures>
constexpr unsigned families(Architectures... list) {
  return ((1U << static_cast<unsigned>(list)) | ...);
}

constexpr unsigned kMla = families(A::DeepseekV2, A::DeepseekV3, A::DeepseekV32);
constexpr unsigned kGqa = families(A::Llama, A::Qwen2, A::Mixtral, A::Deepseek);
constexpr unsigned kAll = kMla | kGqa;
constexpr unsigned kDeepseekMoe = kMla | families(A::Deepseek);
constexpr unsigned kMixtral = families(A::Mixtral);
constexpr unsigned kV32 = families(A::DeepseekV32);
constexpr unsigned kSigmoid = families(A::DeepseekV3, A::DeepseekV32);

bool is_of(const ModelConfig& config, unsigned set) {
  return (set & families(config.architecture)) != 0;
}

/// An absent key keeps the family's default.
struct IntegerKey {
  unsigned set;
  const char* key;
  std::int64_t ModelConfig::*field;
  std::int64_t min;
  std::int64_t max;
  bool may_be_null = false;
  std::int64_t null_value = 0;
};

constexpr std::int64_t kMillion = 1'000'000;
constexpr bool kNullable = true;

constexpr std::array<IntegerKey, 25> kIntegerKeys = {{
    {kAll, "vocab_size", &ModelConfig::vocab_size, 1, 16 * kMillion},
    {kAll, "hidden_size", &ModelConfig::hidden_size, 1, kMillion},
    {kAll, "intermediate_size", &ModelConfig::intermediate_size, 1, 16 * kMillion},
    {kAll, "num_hidden_layers", &ModelConfig::num_hidden_layers, 1, 1024},
    {kAll, "num_attention_heads", &ModelConfig::num_attention_heads, 1, 4096},
    {kAll, "max_position_embeddings", &ModelConfig::max_position_embeddings, 1,
     std::int64_t{1} << 30},
    {kDeepseekMoe, "moe_intermediate_size", &ModelConfig::moe_intermediate_size, 1, kMillion},
    {kDeepseekMoe, "n_shared_experts", &ModelConfig::n_shared_experts, 0, 1024, kNullable},
    {kDeepseekMoe, "n_routed_experts", &ModelConfig::n_routed_experts, 0, 65536, kNullable},
    {kDeepseekMoe, "num_experts_per_tok", &ModelConfig::num_experts_per_tok, 0, 1024, kNullable},
    {kDeepseekMoe, "first_k_dense_replace", &ModelConfig::first_k_dense_replace, 0, 1024},
    {kDeepseekMoe, "moe_layer_freq", &ModelConfig::moe_layer_freq, 1, 1024},
    {kMixtral, "num_local_experts", &ModelConfig::n_routed_experts, 1, 65536},
    {kMixtral, "num_experts_per_tok", &ModelConfig::num_experts_per_tok, 0, 1024},
    {kMla, "n_group", &ModelConfig::n_group, 1, 65536, kNullable, 1},
    {kMla, "topk_group", &ModelConfig::topk_group, 1, 65536, kNullable, 1},
    {kMla, "q_lora_rank", &ModelConfig::q_lora_rank, 1, kMillion, kNullable},
    {kMla, "kv_lora_rank", &ModelConfig::kv_lora_rank, 1, kMillion},
    {kMla, "qk_nope_head_dim", &ModelConfig::qk_nope_head_dim, 1, 65536},
    {kMla, "qk_rope_head_dim", &ModelConfig::qk_rope_head_dim, 2, 65536},
    {kMla, "v_head_dim", &ModelConfig::v_head_dim, 1, 65536},
    {kSigmoid, "num_nextn_predict_layers", &ModelConfig::num_nextn_predict_layers, 0, 64,
     kNullable},
    {kV32, "index_n_heads", &ModelConfig::index_n_heads, 1, 4096},
    {kV32, "index_head_dim", &ModelConfig::index_head_dim, 2, 65536},
    {kV32, "index_topk", &ModelConfig::index_topk, 1, std::int64_t{1} << 30},
}};

/// A rule between keys. It is checked only when each of its keys is right by itself, so nothing is
/// divided by zero.
struct Rule {
  unsigned set;
  const char* key;      // the one to blame
  const char* formula;  // what must hold
  std::array<const char*, 4> keys;
  bool (*holds)(const ModelConfig&);
};

bool has_groups(const ModelConfig& c) {
  return c.n_routed_experts > 0 && c.topk_method != TopkMethod::Greedy;
}

bool chooses_within_experts(const ModelConfig& c) {
  return c.n_routed_experts == 0 ||
         (c.num_experts_per_tok >= 1 && c.num_experts_per_tok <= c.n_routed_experts);
}

bool is_guarded(const ModelConfig& c) { return c.n_routed_experts * c.num_hidden_layers <= 65536; }

bool heads_divide(const ModelConfig& c) {
  return c.num_attention_heads % c.num_key_value_heads == 0;
}

constexpr std::array<Rule, 14> kRules = {{
    {kMla,
     "num_key_value_heads",
     "num_attention_heads % num_key_value_heads = 0 (MLA does not use it; set it to "
     "num_attention_heads)",
     {"num_attention_heads", "num_key_value_heads"},
     heads_divide},
    {kGqa,
     "num_key_value_heads",
     "num_attention_heads % num_key_value_heads = 0",
     {"num_attention_heads", "num_key_value_heads"},
     heads_divide},
    {kGqa,
     "head_dim",
     "head_dim % 2 = 0 (the rotary embedding turns pairs)",
     {"head_dim", "hidden_size", "num_attention_heads"},
     [](const ModelConfig& c) { return c.head_dim % 2 == 0; }},
    {kMla,
     "qk_rope_head_dim",
     "qk_rope_head_dim % 2 = 0",
     {"qk_rope_head_dim"},
     [](const ModelConfig& c) { return c.qk_rope_head_dim % 2 == 0; }},
    {kDeepseekMoe,
     "num_experts_per_tok",
     "1 ≤ num_experts_per_tok ≤ n_routed_experts",
     {"num_experts_per_tok", "n_routed_experts"},
     chooses_within_experts},
    {kMixtral,
     "num_experts_per_tok",
     "1 ≤ num_experts_per_tok ≤ num_local_experts",
     {"num_experts_per_tok", "num_local_experts"},
     chooses_within_experts},
    {kDeepseekMoe,
     "n_routed_experts",
     "n_routed_experts · num_hidden_layers ≤ 65,536 (a guard; the largest released model has "
     "23,424)",
     {"n_routed_experts", "num_hidden_layers"},
     is_guarded},
    {kMixtral,
     "num_local_experts",
     "num_local_experts · num_hidden_layers ≤ 65,536 (a guard; the largest released model has 448)",
     {"num_local_experts", "num_hidden_layers"},
     is_guarded},
    {kMla,
     "n_group",
     "n_routed_experts % n_group = 0",
     {"n_routed_experts", "n_group"},
     [](const ModelConfig& c) { return !has_groups(c) || c.n_routed_experts % c.n_group == 0; }},
    {kSigmoid,
     "n_group",
     "n_routed_experts / n_group ≥ 2 when there is more than one group (a group is scored by its "
     "two best)",
     {"n_routed_experts", "n_group"},
     [](const ModelConfig& c) {
       return !has_groups(c) || c.n_group == 1 || c.n_routed_experts / c.n_group >= 2;
     }},
    {kMla,
     "topk_group",
     "topk_group ≤ n_group",
     {"topk_group", "n_group", "n_routed_experts"},
     [](const ModelConfig& c) { return !has_groups(c) || c.topk_group <= c.n_group; }},
    {kMla,
     "num_experts_per_tok",
     "num_experts_per_tok ≤ topk_group · n_routed_experts / n_group (the experts in the open "
     "groups)",
     {"num_experts_per_tok", "topk_group", "n_routed_experts", "n_group"},
     [](const ModelConfig& c) {
       return !has_groups(c) || c.topk_group > c.n_group ||
              c.num_experts_per_tok <= c.topk_group * (c.n_routed_experts / c.n_group);
     }},
    {kV32,
     "q_lora_rank",
     "q_lora_rank ≥ 1 (the indexer reads the compressed query)",
     {"q_lora_rank"},
     [](const ModelConfig& c) { return c.q_lora_rank >= 1; }},
    {kV32,
     "index_head_dim",
     "index_head_dim ≥ qk_rope_head_dim (the rotary part comes first in it)",
     {"index_head_dim", "qk_rope_head_dim"},
     [](const ModelConfig& c) { return c.index_head_dim >= c.qk_rope_head_dim; }},
}};

void check_rule(const Rule& rule, const JsonValue& root, const ModelConfig& config,
                ConfigFields* fields) {
  std::string values;
  for (const char* key : rule.keys) {
    if (key == nullptr) break;
    if (fields->is_faulty(key)) return;
    values += (values.empty() ? "" : ", ") + std::string(key) + " = " +
              std::to_string(integer_key_value(config, key));
  }
  if (rule.holds(config)) return;
  fields->fault(Severity::Error, "config-rule", rule.key, root.find(rule.key),
                "found " + values + ", allowed " + rule.formula);
}

/// A list of two words, one per layer, the first up to some layer and the second from there on:
/// where the second begins. Nothing when the list is absent; a finding when it is of another form.
std::optional<std::int64_t> change_of_layers(const JsonValue& root, const char* key,
                                             const char* first_word, const char* second_word,
                                             const ModelConfig& config, ConfigFields* fields) {
  const JsonValue* list = root.find(key);
  if (list == nullptr || list->kind == JsonKind::Null) return std::nullopt;
  const auto is_second = [&](const JsonValue& item) { return item.text == second_word; };
  const auto change = std::find_if(list->items.begin(), list->items.end(), is_second);
  const bool in_order =
      std::all_of(list->items.begin(), change,
                  [&](const JsonValue& item) { return item.text == first_word; }) &&
      std::all_of(change, list->items.end(), is_second);
  if (!in_order || static_cast<std::int64_t>(list->items.size()) != config.num_hidden_layers) {
    fields->fault(Severity::Error, "config-unsupported", key, list,
                  std::string("found another list, allowed one entry per layer: \"") + first_word +
                      "\" up to some layer, \"" + second_word + "\" from there on");
    return std::nullopt;
  }
  return change - list->items.begin();
}

}  // namespace

void read_integer_keys(const JsonValue& root, ConfigFields* fields, ModelConfig* config) {
  for (const IntegerKey& entry : kIntegerKeys) {
    if (!is_of(*config, entry.set)) continue;
    config->*entry.field = fields->integer(
        root, "", entry.key,
        {config->*entry.field, entry.min, entry.max, entry.may_be_null, entry.null_value});
  }
  if (!is_of(*config, kV32)) return;
  if (const auto first =
          change_of_layers(root, "mlp_layer_types", "dense", "sparse", *config, fields)) {
    config->first_k_dense_replace = *first;
  }
}

std::int64_t integer_key_value(const ModelConfig& config, std::string_view key) {
  if (key == "num_key_value_heads") return config.num_key_value_heads;
  if (key == "head_dim") return config.head_dim;
  for (const IntegerKey& entry : kIntegerKeys) {
    if (is_of(config, entry.set) && key == entry.key) return config.*entry.field;
  }
  return 0;
}

void read_window(const JsonValue& root, ConfigFields* fields, ModelConfig* config) {
  const bool qwen = config->architecture == Architecture::Qwen2;
  if (!qwen && config->architecture != Architecture::Mixtral) return;
  const bool used = !qwen || fields->flag(root, "", "use_sliding_window", false);
  if (!used) return;  // released Qwen2 files name a window they do not use
  constexpr std::int64_t kLongest = std::int64_t{1} << 30;
  config->sliding_window =
      fields->integer(root, "", "sliding_window", {qwen ? 4096 : 0, 1, kLongest, kNullable, 0});
  if (qwen) {
    config->first_windowed_layer =
        fields->integer(root, "", "max_window_layers", {28, 0, 1024, kNullable, 0});
    if (const auto first = change_of_layers(root, "layer_types", "full_attention",
                                            "sliding_attention", *config, fields)) {
      config->first_windowed_layer = *first;
    }
  }
  if (config->first_windowed_layer >= config->num_hidden_layers) {
    config->sliding_window = config->first_windowed_layer = 0;
  }
  if (config->sliding_window <= config->max_position_embeddings) return;
  fields->fault(Severity::Warning, "window-unused", "sliding_window", root.find("sliding_window"),
                "found " + std::to_string(config->sliding_window) +
                    ", more than max_position_embeddings = " +
                    std::to_string(config->max_position_embeddings) + "; it never takes effect");
}

void check_rules(const JsonValue& root, const ModelConfig& config, ConfigFields* fields) {
  for (const Rule& rule : kRules) {
    if (is_of(config, rule.set)) check_rule(rule, root, config, fields);
  }
}

}  // namespace engine
