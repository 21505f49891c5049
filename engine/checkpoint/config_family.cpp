// Which family a config.json is of, what it is when keys are absent, and by what name the others
// are refused. Defaults are those of transformers' config classes; DeepSeekMoE's and Kimi-K2's,
// which come with their checkpoints, those of their own.
#include <algorithm>
#include <array>
#include <string>

#include "engine/checkpoint/config_reader.h"

namespace engine {

namespace {

using Severity = Finding::Severity;

struct Family {
  const char* model_type;
  const char* class_name;
  Architecture architecture;
};

constexpr std::array<Family, 8> kFamilies = {{
    {"llama", "LlamaForCausalLM", Architecture::Llama},
    {"qwen2", "Qwen2ForCausalLM", Architecture::Qwen2},
    {"mixtral", "MixtralForCausalLM", Architecture::Mixtral},
    {"deepseek", "DeepseekForCausalLM", Architecture::Deepseek},
    {"deepseek_v2", "DeepseekV2ForCausalLM", Architecture::DeepseekV2},
    {"deepseek_v3", "DeepseekV3ForCausalLM", Architecture::DeepseekV3},
    {"kimi_k2", "DeepseekV3ForCausalLM", Architecture::DeepseekV3},
    {"deepseek_v32", "DeepseekV32ForCausalLM", Architecture::DeepseekV32},
}};

constexpr const char* kMultimodal =
    "a multimodal model; this program runs text models: open its language model alone if it is "
    "published so";
constexpr const char* kOther = "another family, which this program does not run";

struct Refused {
  const char* name;  // model_type or class name; a prefix when it ends with '*'
  const char* reason;
};

constexpr std::array<Refused, 22> kRefused = {{
    {"deepseek_v4",
     "DeepSeek-V4: its compressed and sliding attention branches, hash-routed experts and "
     "hyper-connections are not computed by this program"},
    {"DeepseekV4ForCausalLM",
     "DeepSeek-V4: its compressed and sliding attention branches, hash-routed experts and "
     "hyper-connections are not computed by this program"},
    {"deepseek_vl*", kMultimodal},
    {"deepseek_ocr*", kMultimodal},
    {"DeepseekVL*", kMultimodal},
    {"DeepseekOCR*", kMultimodal},
    {"multi_modality", kMultimodal},
    {"janus", kMultimodal},
    {"kimi_vl", kMultimodal},
    {"kimi_k25", kMultimodal},
    {"KimiVL*", kMultimodal},
    {"KimiK25*", kMultimodal},
    {"llava*", kMultimodal},
    {"mllama", kMultimodal},
    {"qwen2_vl", kMultimodal},
    {"qwen2_5_vl", kMultimodal},
    {"kimi_linear", kOther},
    {"mistral", kOther},
    {"qwen2_moe", kOther},
    {"qwen3*", kOther},
    {"gemma*", kOther},
    {"gpt_oss", kOther},
}};

const Refused* find_refused(std::string_view name) {
  for (const Refused& refused : kRefused) {
    std::string_view pattern = refused.name;
    const bool is_prefix = pattern.ends_with('*');
    if (is_prefix) pattern.remove_suffix(1);
    if (is_prefix ? name.starts_with(pattern) : name == pattern) return &refused;
  }
  return nullptr;
}

std::string supported_list() {
  std::string list;
  for (const Family& family : kFamilies) {
    list += (list.empty() ? "\"" : ", \"") + std::string(family.model_type) + "\"";
  }
  return list;
}

const JsonValue* first_architecture(const JsonValue& root) {
  const JsonValue* list = root.find("architectures");
  if (list == nullptr || list->kind != JsonKind::Array || list->items.empty()) return nullptr;
  const JsonValue& first = list->items.front();
  return first.kind == JsonKind::String ? &first : nullptr;
}

template <class Field>
const Family* find_family(std::string_view name, Field field) {
  const auto at = std::find_if(kFamilies.begin(), kFamilies.end(),
                               [&](const Family& family) { return name == family.*field; });
  return at == kFamilies.end() ? nullptr : &*at;
}

/// The family's key when it is one this program runs; else a finding says what it is.
const Family* identify(const JsonValue& root, ConfigFields* fields) {
  const JsonValue* type = root.find("model_type");
  const JsonValue* class_name = first_architecture(root);
  const bool by_type = type != nullptr && type->kind == JsonKind::String;
  if (!by_type && class_name == nullptr) {
    fields->fault(Severity::Error, "model-type-missing", "model_type", type,
                  "found " + (type == nullptr ? "nothing" : shown_value(*type)) + ", allowed " +
                      supported_list());
    return nullptr;
  }
  const JsonValue& name = by_type ? *type : *class_name;
  const char* key = by_type ? "model_type" : "architectures";
  const Refused* refused = find_refused(name.text);
  if (refused == nullptr && class_name != nullptr) refused = find_refused(class_name->text);
  const char* reason = refused != nullptr ? refused->reason : nullptr;
  if (reason == nullptr && root.find("text_config") != nullptr) reason = kMultimodal;
  const Family* family = by_type ? find_family(name.text, &Family::model_type)
                                 : find_family(name.text, &Family::class_name);
  if (family != nullptr && reason == nullptr) return family;
  fields->fault(Severity::Error, "model-type-unsupported", key, &name,
                "found " + shown_value(name) + (reason != nullptr ? ", " : "") +
                    (reason != nullptr ? reason : "") + "; supported: " + supported_list());
  return nullptr;
}

/// model_type decides; a class name of another family beside it betrays an edited file.
bool agrees(const Family& family, const JsonValue& root, ConfigFields* fields) {
  const JsonValue* class_name = first_architecture(root);
  if (class_name == nullptr || class_name->text == family.class_name) return true;
  const Family* other = find_family(class_name->text, &Family::class_name);
  const bool conflict = other != nullptr && other->architecture != family.architecture;
  fields->fault(conflict ? Severity::Error : Severity::Warning, "architectures", "architectures",
                class_name,
                "found " + shown_value(*class_name) + " beside model_type \"" + family.model_type +
                    "\", whose class is \"" + family.class_name + "\"" +
                    (conflict ? ", allowed only that" : "; read as that"));
  return !conflict;
}

ModelConfig llama_like(std::int64_t vocab, std::int64_t intermediate, std::int64_t positions) {
  ModelConfig c;
  c.vocab_size = vocab;
  c.hidden_size = 4096;
  c.intermediate_size = intermediate;
  c.num_hidden_layers = 32;
  c.num_attention_heads = 32;
  c.max_position_embeddings = positions;
  c.rope_interleave = false;
  c.scoring_func = ScoreFunction::Softmax;
  c.topk_method = TopkMethod::Greedy;
  c.norm_topk_prob = false;
  c.bos_token_id = 1;
  c.eos_token_ids = {2};
  return c;
}

ModelConfig qwen2_defaults() {
  ModelConfig c = llama_like(151936, 22016, 32768);
  c.num_key_value_heads = 32;
  c.qkv_bias = true;
  c.bos_token_id.reset();
  c.eos_token_ids.clear();
  return c;
}

ModelConfig mixtral_defaults() {
  ModelConfig c = llama_like(32000, 14336, 131072);
  c.num_key_value_heads = 8;
  c.n_routed_experts = 8;
  c.num_experts_per_tok = 2;
  c.norm_topk_prob = true;
  c.norm_topk_epsilon = 0.0;
  c.rms_norm_eps = 1e-5;
  c.rope_theta = 1e6;
  return c;
}

ModelConfig deepseek_defaults() {
  ModelConfig c = llama_like(102400, 11008, 2048);
  c.num_hidden_layers = 30;
  c.num_key_value_heads = 32;
  c.moe_intermediate_size = 1407;
  c.bos_token_id = 100000;
  c.eos_token_ids = {100001};
  return c;
}

void set_mla(ModelConfig* c) {
  c->q_lora_rank = 1536;
  c->kv_lora_rank = 512;
  c->qk_nope_head_dim = 128;
  c->qk_rope_head_dim = 64;
  c->v_head_dim = 128;
  c->rope_interleave = true;
}

ModelConfig deepseek_v2_defaults() {
  ModelConfig c = llama_like(102400, 11008, 2048);
  c.moe_intermediate_size = 1407;
  c.n_shared_experts = 2;
  c.n_routed_experts = 64;
  set_mla(&c);
  return c;
}

ModelConfig deepseek_v3_defaults() {
  ModelConfig c = llama_like(129280, 18432, 4096);
  c.hidden_size = 7168;
  c.num_hidden_layers = 61;
  c.num_attention_heads = 128;
  c.moe_intermediate_size = 2048;
  c.n_shared_experts = 1;
  c.n_routed_experts = 256;
  c.num_experts_per_tok = 8;
  c.n_group = 8;
  c.topk_group = 4;
  c.first_k_dense_replace = 3;
  c.norm_topk_prob = true;
  c.routed_scaling_factor = 2.5;
  c.scoring_func = ScoreFunction::Sigmoid;
  c.topk_method = TopkMethod::NoauxTc;
  c.bos_token_id = 0;
  c.eos_token_ids = {1};
  set_mla(&c);
  return c;
}

ModelConfig deepseek_v32_defaults() {
  ModelConfig c = deepseek_v3_defaults();
  c.max_position_embeddings = 163840;
  c.index_n_heads = 64;
  c.index_head_dim = 128;
  c.index_topk = 2048;
  return c;
}

}  // namespace

std::string_view architecture_name(Architecture architecture) {
  constexpr std::array<std::string_view, 7> kNames = {
      "Llama", "Qwen2", "Mixtral", "Deepseek", "DeepseekV2", "DeepseekV3", "DeepseekV32"};
  return kNames[static_cast<std::size_t>(architecture)];
}

ModelConfig family_defaults(Architecture architecture) {
  ModelConfig config;
  switch (architecture) {
    case Architecture::Llama:
      config = llama_like(32000, 11008, 2048);
      break;
    case Architecture::Qwen2:
      config = qwen2_defaults();
      break;
    case Architecture::Mixtral:
      config = mixtral_defaults();
      break;
    case Architecture::Deepseek:
      config = deepseek_defaults();
      break;
    case Architecture::DeepseekV2:
      config = deepseek_v2_defaults();
      break;
    case Architecture::DeepseekV3:
      config = deepseek_v3_defaults();
      break;
    case Architecture::DeepseekV32:
      config = deepseek_v32_defaults();
      break;
  }
  config.architecture = architecture;
  return config;
}

bool read_family(const JsonValue& root, ConfigFields* fields, ModelConfig* config) {
  const Family* family = identify(root, fields);
  if (family == nullptr || !agrees(*family, root, fields)) return false;
  *config = family_defaults(family->architecture);
  config->model_type = family->model_type;
  return true;
}

}  // namespace engine
