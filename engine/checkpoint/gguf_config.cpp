// GGUF metadata: the table of architectures, the keys of each, and the rules between them.
#include "engine/checkpoint/gguf_config.h"

#include <algorithm>
#include <array>

#include "engine/checkpoint/tensor_check.h"

namespace engine {

namespace {

using Severity = Finding::Severity;

constexpr std::int64_t kMillion = 1'000'000;

struct ArchitectureRow {
  std::string_view name;  // general.architecture
  Architecture architecture;
  bool mla;
  bool interleaved;  // rotary pairs are neighbours: converters permute llama and deepseek for it
};

// deepseek2 is V2 or V3, by its gating; llama with experts is Mixtral.
constexpr std::array<ArchitectureRow, 5> kArchitectures = {{
    {"llama", Architecture::Llama, false, true},
    {"qwen2", Architecture::Qwen2, false, false},
    {"deepseek", Architecture::Deepseek, false, true},
    {"deepseek2", Architecture::DeepseekV2, true, true},
    {"deepseek32", Architecture::DeepseekV32, true, true},
}};

struct RefusedRow {
  std::string_view name;
  std::string_view reason;
};

constexpr std::array<RefusedRow, 10> kRefused = {{
    {"deepseek4", "DeepSeek-V4: its compressed attention and hyper-connections are not run here"},
    {"deepseek2-ocr", "DeepSeek-OCR: the language half of a model that reads images"},
    {"glm-dsa", "GLM with sparse attention: not of the DeepSeek family"},
    {"kimi-linear", "Kimi Linear: its linear attention is not run here"},
    {"qwen2moe", "Qwen2-MoE: its gated shared expert is not run here"},
    {"qwen3", "Qwen3: its norms on queries and keys are not run here"},
    {"qwen3moe", "Qwen3-MoE: its norms on queries and keys are not run here"},
    {"gpt-oss", "gpt-oss: its attention sinks are not run here"},
    {"clip", "an image encoder (mmproj), not a language model; open the model's own file"},
    {"bert", "an encoder: it embeds text and writes none"},
}};

// Keys of other models under a name this program runs: they change the arithmetic.
constexpr std::array<std::string_view, 13> kForeignKeys = {{
    "attention.scale",
    "attention.clamp_kqv",
    "attention.max_alibi_bias",
    "attn_logit_softcapping",
    "final_logit_softcapping",
    "router_logit_softcapping",
    "logit_scale",
    "embedding_scale",
    "residual_scale",
    "attention.temperature_length",
    "attention.temperature_scale",
    "expert_group_scale",
    "swiglu_clamp_exp",
}};

/// A rule between values, with the key to blame.
struct Rule {
  const char* key;
  const char* formula;
  bool (*holds)(const ModelConfig&);
};

constexpr std::array<Rule, 8> kRules = {{
    {"attention.head_count_kv", "attention.head_count a multiple of attention.head_count_kv",
     [](const ModelConfig& c) { return c.num_attention_heads % c.num_key_value_heads == 0; }},
    {"rope.dimension_count", "an even number",
     [](const ModelConfig& c) { return c.qk_rope_head_dim % 2 == 0 && c.head_dim % 2 == 0; }},
    {"expert_used_count", "1 ≤ expert_used_count ≤ expert_count",
     [](const ModelConfig& c) {
       return c.n_routed_experts == 0 ||
              (c.num_experts_per_tok >= 1 && c.num_experts_per_tok <= c.n_routed_experts);
     }},
    {"expert_count", "expert_count · block_count ≤ 65,536 (a guard)",
     [](const ModelConfig& c) { return c.n_routed_experts * c.num_hidden_layers <= 65536; }},
    {"expert_group_count", "expert_count a multiple of expert_group_count",
     [](const ModelConfig& c) { return c.n_routed_experts % c.n_group == 0; }},
    {"expert_group_used_count", "expert_group_used_count ≤ expert_group_count",
     [](const ModelConfig& c) { return c.topk_group <= c.n_group; }},
    {"expert_group_count", "at least 2 experts in a group that is scored by its two best",
     [](const ModelConfig& c) {
       return c.n_group == 1 || c.topk_method != TopkMethod::NoauxTc ||
              c.n_routed_experts / c.n_group >= 2;
     }},
    {"expert_used_count", "expert_used_count ≤ the experts in the open groups",
     [](const ModelConfig& c) {
       return c.n_routed_experts == 0 ||
              c.num_experts_per_tok <= c.topk_group * (c.n_routed_experts / c.n_group);
     }},
}};

std::string block_name(std::int64_t layer, std::string_view rest) {
  return "blk." + std::to_string(layer) + "." + std::string(rest);
}

class GgufConfigReader {
 public:
  GgufConfigReader(const GgufHeader& header, const std::string& file,
                   std::span<const StoredTensor> tensors)
      : header_(header), file_(file), tensors_(tensors), general_(header, file, "", &findings()) {}

  ConfigReading read() {
    const ArchitectureRow* row = architecture();
    if (row == nullptr) return std::move(reading_);
    config().architecture = row->architecture;
    config().model_type = row->name;
    config().rope_interleave = row->interleaved;
    GgufFields fields(header_, file_, std::string(row->name) + ".", &findings());
    for (const std::string_view key : kForeignKeys) refuse_foreign(key, &fields);
    sizes(&fields);
    layers(&fields);
    if (row->mla) {
      mla(&fields);
    } else {
      gqa(&fields);
    }
    read_gguf_experts(tensors_, &fields, &config());
    read_gguf_rope(tensors_, &fields, &config());
    special_tokens();
    if (!fields.any_error()) check_rules(&fields);
    return std::move(reading_);
  }

 private:
  std::vector<Finding>& findings() { return reading_.findings; }
  ModelConfig& config() { return reading_.config; }

  const ArchitectureRow* architecture() {
    const std::optional<std::string> name = general_.word("general.architecture");
    if (!name) {
      if (!general_.has("general.architecture")) {
        general_.missing("general.architecture", "the name of a model architecture");
      }
      return nullptr;
    }
    std::string supported;
    for (const ArchitectureRow& row : kArchitectures) {
      if (row.name == *name) return &row;
      supported += (supported.empty() ? "" : ", ") + std::string(row.name);
    }
    std::string reason;
    for (const RefusedRow& row : kRefused) {
      if (row.name == *name) reason = " (" + std::string(row.reason) + ")";
    }
    general_.fault(Severity::Error, "model-type-unsupported", "general.architecture",
                   "found \"" + quoted_name(*name) + "\"" + reason +
                       ", which is not supported; supported: " + supported);
    return nullptr;
  }

  void refuse_foreign(std::string_view key, GgufFields* fields) {
    const std::optional<GgufValue> value = fields->value(key);
    if (!value || (value->number() && *value->number() == 0.0)) return;
    fields->fault(Severity::Error, "config-unsupported", key,
                  "found " + value->shown() + ", which no model this program runs has");
  }

  const StoredTensor* tensor(const std::string& name) const { return find_tensor(tensors_, name); }

  void sizes(GgufFields* fields) {
    ModelConfig& c = config();
    c.hidden_size = fields->required_integer("embedding_length", 1, kMillion);
    c.num_attention_heads = fields->required_integer("attention.head_count", 1, 4096);
    c.max_position_embeddings =
        fields->required_integer("context_length", 1, std::int64_t{1} << 30);
    c.intermediate_size = fields->required_integer("feed_forward_length", 0, 16 * kMillion);
    if (!fields->has("attention.layer_norm_rms_epsilon")) {
      fields->missing("attention.layer_norm_rms_epsilon", "a number above 0");
    }
    c.rms_norm_eps = fields->number("attention.layer_norm_rms_epsilon", 1e-30, 1.0).value_or(1e-6);
    c.latent_norm_eps = c.rms_norm_eps;  // one eps for every norm
    c.vocab_size = vocabulary(fields);
    c.tie_word_embeddings = tensor("output.weight") == nullptr;
    c.sliding_window = sliding_window(fields);
  }

  /// The rows of the embedding; the tokenizer may know fewer tokens.
  std::int64_t vocabulary(GgufFields* fields) {
    const std::optional<std::int64_t> key = fields->integer("vocab_size", 1, 16 * kMillion);
    const std::optional<GgufValue> tokens = header_.find("tokenizer.ggml.tokens");
    const StoredTensor* embedding = tensor("token_embd.weight");
    if (embedding != nullptr && embedding->shape.size() == 2 && embedding->shape[0] > 0 &&
        embedding->shape[0] <= 16 * kMillion) {
      return embedding->shape[0];
    }
    if (key) return *key;
    if (tokens && tokens->count > 0 && tokens->count <= 16 * kMillion) {
      return static_cast<std::int64_t>(tokens->count);
    }
    if (!fields->has("vocab_size")) fields->missing("vocab_size", "the size of the vocabulary");
    return 0;
  }

  std::int64_t sliding_window(GgufFields* fields) {
    const std::int64_t window =
        fields->integer("attention.sliding_window", 0, std::int64_t{1} << 31).value_or(0);
    if (window == 0 || window >= config().max_position_embeddings) return 0;
    if (config().architecture == Architecture::Llama) return window;
    fields->fault(Severity::Warning, "sliding-window-unused", "attention.sliding_window",
                  "found " + std::to_string(window) +
                      ", which released models of this architecture do not use; ignored");
    return 0;
  }

  /// Newer converters count MTP layers among the blocks; they come last, and may be left out of
  /// the file.
  void layers(GgufFields* fields) {
    ModelConfig& c = config();
    c.num_hidden_layers = fields->required_integer("block_count", 1, 1024);
    const std::int64_t n_mtp = fields->integer("nextn_predict_layers", 0, 64).value_or(0);
    for (std::int64_t i = 0; i < n_mtp && c.num_hidden_layers > 1; ++i) {
      const std::int64_t last = c.num_hidden_layers - 1;
      const bool is_mtp = tensor(block_name(last, "nextn.eh_proj.weight")) != nullptr ||
                          tensor(block_name(last, "attn_norm.weight")) == nullptr;
      if (!is_mtp) break;
      --c.num_hidden_layers;
    }
    c.num_nextn_predict_layers =
        tensor(block_name(c.num_hidden_layers, "nextn.eh_proj.weight")) != nullptr ? n_mtp : 0;
  }

  void mla(GgufFields* fields) {
    ModelConfig& c = config();
    c.num_key_value_heads = c.num_attention_heads;  // the file's own number is of its cache
    c.q_lora_rank = fields->integer("attention.q_lora_rank", 0, kMillion).value_or(0);
    c.kv_lora_rank = fields->required_integer("attention.kv_lora_rank", 1, kMillion);
    c.qk_rope_head_dim = fields->required_integer("rope.dimension_count", 2, 65536);
    // Newer files have the lengths of the absorbed form under the old keys.
    const bool absorbed = fields->has("attention.key_length_mla");
    const char* key_length = absorbed ? "attention.key_length_mla" : "attention.key_length";
    const char* value_length = absorbed ? "attention.value_length_mla" : "attention.value_length";
    const std::int64_t qk = fields->required_integer(key_length, 3, 65536);
    c.v_head_dim = fields->required_integer(value_length, 1, 65536);
    c.qk_nope_head_dim = qk - c.qk_rope_head_dim;
    if (qk > 0 && c.qk_rope_head_dim > 0 && c.qk_nope_head_dim <= 0) {
      fields->fault(Severity::Error, "config-rule", key_length,
                    "found " + std::to_string(qk) + ", allowed more than rope.dimension_count = " +
                        std::to_string(c.qk_rope_head_dim));
    }
    // 0 where there is none, or a length it is made of is not known.
    const std::int64_t length =
        absorbed ? fields->integer("attention.key_length", 1, kMillion).value_or(0) : 0;
    const bool known = length > 0 && c.kv_lora_rank > 0 && c.qk_rope_head_dim > 0;
    if (known && length != c.latent_dim()) {
      fields->fault(Severity::Error, "config-rule", "attention.key_length",
                    "found " + std::to_string(length) +
                        ", allowed attention.kv_lora_rank + rope.dimension_count = " +
                        std::to_string(c.latent_dim()));
    }
    if (c.architecture != Architecture::DeepseekV32) return;
    c.index_n_heads = fields->required_integer("attention.indexer.head_count", 1, 4096);
    c.index_head_dim = fields->required_integer("attention.indexer.key_length", 1, 65536);
    c.index_topk = fields->required_integer("attention.indexer.top_k", 1, kMillion);
  }

  void gqa(GgufFields* fields) {
    ModelConfig& c = config();
    const std::int64_t heads = c.num_attention_heads;
    c.num_key_value_heads = fields->integer("attention.head_count_kv", 1, 4096)
                                .value_or(std::max<std::int64_t>(heads, 1));
    const bool has_length = fields->has("attention.key_length");
    // 0 where it cannot be known: what is wrong has its own finding.
    c.head_dim = fields->integer("attention.key_length", 1, 65536)
                     .value_or(!has_length && heads > 0 ? c.hidden_size / heads : 0);
    const bool divides = heads > 0 && c.hidden_size % heads == 0;
    if (!has_length && heads > 0 && !divides) {
      fields->fault(
          Severity::Error, "config-rule", "attention.head_count",
          "found " + std::to_string(heads) +
              ", allowed a divisor of embedding_length = " + std::to_string(c.hidden_size));
    }
    for (const char* key : {"attention.value_length", "rope.dimension_count"}) {
      const std::optional<std::int64_t> length = fields->integer(key, 1, 65536);
      if (!length || c.head_dim == 0 || *length == c.head_dim) continue;
      fields->fault(Severity::Error, "config-unsupported", key,
                    "found " + std::to_string(*length) + ", allowed the length of a key, " +
                        std::to_string(c.head_dim));
    }
    const bool qkv_bias = tensor("blk.0.attn_q.bias") != nullptr;
    c.attention_bias = qkv_bias && tensor("blk.0.attn_output.bias") != nullptr;
    c.qkv_bias = (qkv_bias && !c.attention_bias) || c.architecture == Architecture::Qwen2;
  }

  void special_tokens() {
    ModelConfig& c = config();
    const auto token = [&](const char* key) -> std::optional<std::int32_t> {
      const std::optional<GgufValue> value = header_.find(key);
      if (!value || c.vocab_size == 0) return std::nullopt;
      const std::optional<std::int64_t> id = value->integer();
      if (id && *id >= 0 && *id < c.vocab_size) return static_cast<std::int32_t>(*id);
      general_.fault(Severity::Warning, "token-id-outside-vocabulary", key,
                     "found " + value->shown() + ", outside the vocabulary of " +
                         grouped_digits(c.vocab_size) + "; ignored");
      return std::nullopt;
    };
    c.bos_token_id = token("tokenizer.ggml.bos_token_id");
    for (const char* key : {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id",
                            "tokenizer.ggml.eom_token_id"}) {
      const std::optional<std::int32_t> id = token(key);
      std::vector<std::int32_t>& ids = c.eos_token_ids;
      if (id && std::find(ids.begin(), ids.end(), *id) == ids.end()) ids.push_back(*id);
    }
  }

  void check_rules(GgufFields* fields) {
    for (const Rule& rule : kRules) {
      if (rule.holds(config())) continue;
      const std::optional<GgufValue> value = fields->value(rule.key);
      fields->fault(Severity::Error, "config-rule", rule.key,
                    "found " + (value ? value->shown() : std::string("nothing")) + ", allowed " +
                        rule.formula);
    }
  }

  const GgufHeader& header_;
  const std::string& file_;
  std::span<const StoredTensor> tensors_;
  ConfigReading reading_;
  GgufFields general_;
};

}  // namespace

ConfigReading read_gguf_config(const GgufHeader& header, const std::string& file,
                               std::span<const StoredTensor> tensors) {
  return GgufConfigReader(header, file, tensors).read();
}

}  // namespace engine
