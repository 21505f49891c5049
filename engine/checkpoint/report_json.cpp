// A report as JSON for scripts: stable keys in snake_case.
#include <cstdio>

#include "engine/base/json.h"
#include "engine/checkpoint/checkpoint.h"
#include "engine/checkpoint/report.h"

namespace engine {

namespace {

const char* severity_name(Finding::Severity severity) {
  switch (severity) {
    case Finding::Severity::Error:
      return "error";
    case Finding::Severity::Warning:
      return "warning";
    default:
      return "info";
  }
}

/// Writes one JSON object, comma by comma.
class ObjectWriter {
 public:
  explicit ObjectWriter(int indent) : indent_(static_cast<std::size_t>(indent), ' ') {}
  void raw(const std::string& key, const std::string& json) {
    text_ += (text_.empty() ? "\n" : ",\n") + indent_ + "  " + json_quoted(key) + ": " + json;
  }
  void text(const std::string& key, const std::string& value) { raw(key, json_quoted(value)); }
  void number(const std::string& key, std::int64_t value) { raw(key, std::to_string(value)); }
  void real(const std::string& key, double value) {
    char digits[40];
    std::snprintf(digits, sizeof(digits), "%.17g", value);
    raw(key, digits);
  }
  void flag(const std::string& key, bool value) { raw(key, value ? "true" : "false"); }
  std::string take() const { return "{" + text_ + "\n" + indent_ + "}"; }

 private:
  std::string indent_;
  std::string text_;
};

std::string array_of(const std::vector<std::string>& items) {
  if (items.empty()) return "[]";
  std::string text = "[";
  for (std::size_t i = 0; i < items.size(); ++i) text += (i == 0 ? "\n    " : ",\n    ") + items[i];
  return text + "\n  ]";
}

std::string rope_scaling_json(const RopeScaling& s) {
  if (s.kind == RopeScalingKind::None) return "null";
  ObjectWriter out(4);
  out.text("rope_type", "yarn");
  out.real("factor", s.factor);
  out.real("beta_fast", s.beta_fast);
  out.real("beta_slow", s.beta_slow);
  out.real("mscale", s.mscale);
  out.real("mscale_all_dim", s.mscale_all_dim);
  if (s.attention_factor) out.real("attention_factor", *s.attention_factor);
  out.number("original_max_position_embeddings", s.original_max_position_embeddings);
  out.flag("truncate", s.truncate);
  return out.take();
}

std::string config_json(const ModelConfig& c) {
  ObjectWriter out(2);
  out.text("model_type", c.model_type);
  const std::pair<const char*, std::int64_t> sizes[] = {
      {"vocab_size", c.vocab_size},
      {"hidden_size", c.hidden_size},
      {"intermediate_size", c.intermediate_size},
      {"moe_intermediate_size", c.moe_intermediate_size},
      {"num_hidden_layers", c.num_hidden_layers},
      {"num_attention_heads", c.num_attention_heads},
      {"num_key_value_heads", c.num_key_value_heads},
      {"n_shared_experts", c.n_shared_experts},
      {"n_routed_experts", c.n_routed_experts},
      {"num_experts_per_tok", c.num_experts_per_tok},
      {"n_group", c.n_group},
      {"topk_group", c.topk_group},
      {"first_k_dense_replace", c.first_k_dense_replace},
      {"moe_layer_freq", c.moe_layer_freq},
      {"q_lora_rank", c.q_lora_rank},
      {"kv_lora_rank", c.kv_lora_rank},
      {"qk_nope_head_dim", c.qk_nope_head_dim},
      {"qk_rope_head_dim", c.qk_rope_head_dim},
      {"v_head_dim", c.v_head_dim},
      {"max_position_embeddings", c.max_position_embeddings},
      {"num_nextn_predict_layers", c.num_nextn_predict_layers}};
  for (const auto& [key, value] : sizes) out.number(key, value);
  out.flag("norm_topk_prob", c.norm_topk_prob);
  out.real("routed_scaling_factor", c.routed_scaling_factor);
  out.text("scoring_func", c.scoring_func == ScoreFunction::Sigmoid ? "sigmoid" : "softmax");
  out.text("topk_method", c.topk_method == TopkMethod::NoauxTc  ? "noaux_tc"
                          : c.topk_method == TopkMethod::Greedy ? "greedy"
                                                                : "group_limited_greedy");
  out.real("rope_theta", c.rope_theta);
  out.flag("rope_interleave", c.rope_interleave);
  out.raw("rope_scaling", rope_scaling_json(c.rope_scaling));
  out.real("rms_norm_eps", c.rms_norm_eps);
  out.flag("attention_bias", c.attention_bias);
  out.flag("tie_word_embeddings", c.tie_word_embeddings);
  out.flag("fp8_blocks", c.fp8_blocks);
  return out.take();
}

std::string parameters_json(const ParameterCount& p) {
  ObjectWriter out(2);
  out.number("total", p.total);
  out.number("activated", p.activated);
  out.number("embedding", p.embedding);
  out.number("output_head", p.output_head);
  out.number("attention", p.attention);
  out.number("routed_experts", p.routed_experts);
  out.number("shared_experts", p.shared_experts);
  out.number("dense_mlp", p.dense_mlp);
  out.number("router", p.router);
  out.number("norms", p.norms);
  out.number("mtp", p.mtp);
  return out.take();
}

std::string formats_json(const WeightBytes& bytes, int indent = 2) {
  ObjectWriter out(indent);
  out.number("as_stored", bytes.as_stored);
  out.number("q8_0", bytes.q8_0);
  out.number("q4_k", bytes.q4_k);
  return out.take();
}

std::string parts_json(const std::vector<PartTotals>& parts) {
  std::vector<std::string> items;
  for (const PartTotals& part : parts) {
    ObjectWriter out(4);
    out.text("part", std::string(model_part_key(part.part)));
    out.number("parameters", part.parameters);
    out.number("activated", part.activated);
    out.number("n_tensors", part.n_tensors);
    out.raw("bytes", formats_json(part.bytes, 6));
    ObjectWriter dtypes(6);
    for (const auto& [dtype, bytes] : part.bytes_by_dtype) dtypes.number(dtype, bytes);
    out.raw("bytes_by_dtype", dtypes.take());
    items.push_back(out.take());
  }
  return array_of(items);
}

/// Of the report's context length, for every form of the weights.
std::string memory_json(const CheckpointReport& report) {
  const auto total = [&report](WeightFormat form) {
    return memory_need(report, report.context_length, form).total();
  };
  return formats_json(
      {total(WeightFormat::AsStored), total(WeightFormat::Q8_0), total(WeightFormat::Q4_K)});
}

std::string ledger_json(const std::vector<CacheLedgerRow>& rows) {
  std::vector<std::string> items;
  for (const CacheLedgerRow& row : rows) {
    ObjectWriter out(4);
    out.text("kind", row.kind);
    out.number("elements_per_token", row.elements_per_token);
    out.number("bytes_per_token", row.bytes_per_token);
    items.push_back(out.take());
  }
  return array_of(items);
}

std::string findings_json(const std::vector<Finding>& findings) {
  std::vector<std::string> items;
  for (const Finding& finding : findings) {
    ObjectWriter out(4);
    out.text("severity", severity_name(finding.severity));
    out.text("code", finding.code);
    out.text("message", finding.message);
    items.push_back(out.take());
  }
  return array_of(items);
}

}  // namespace

std::string report_to_json(const CheckpointReport& report) {
  ObjectWriter out(0);
  out.text("path", report.path);
  out.text("name", report.name);
  out.text("format", report.format == CheckpointFormat::Gguf ? "gguf" : "huggingface");
  out.flag("loadable", report.loadable());
  out.flag("config_valid", report.config_valid);
  out.raw("config", report.config_valid ? config_json(report.config) : "null");
  out.raw("parameters", parameters_json(report.parameters));
  ObjectWriter dtypes(2);
  for (const auto& [dtype, bytes] : report.bytes_by_dtype) dtypes.number(dtype, bytes);
  out.raw("bytes_by_dtype", dtypes.take());
  out.text("dtype_summary", report.dtype_summary);
  out.raw("parts", parts_json(report.parts));
  out.number("weight_bytes", report.weight_bytes);
  out.raw("weight_bytes_by_format", formats_json(report.weight_bytes_by_format));
  out.number("skipped_bytes", report.skipped_bytes);
  out.number("drafter_bytes", report.drafter_bytes);
  out.number("cache_bytes_per_token", report.cache_bytes_per_token);
  out.raw("kept_bytes_per_token", formats_json(report.kept_bytes_per_token));
  out.number("context_length", report.context_length);
  out.number("cache_bytes", report.cache_bytes);
  out.number("scratch_bytes", report.scratch_bytes);
  out.number("memory_available", report.memory_available);
  out.raw("memory_needed", memory_json(report));
  out.number("longest_context", longest_context(report, WeightFormat::AsStored));
  out.raw("cache_ledger", ledger_json(report.cache_ledger));
  out.text("router_rule", report.router_rule);
  out.text("attention", report.attention_summary);
  out.text("tokenizer", report.tokenizer);
  out.text("chat_template", report.chat_template);
  out.number("n_files", report.n_files);
  out.number("n_tensors", report.n_tensors);
  out.raw("findings", findings_json(report.findings));
  return out.take() + "\n";
}

}  // namespace engine
