// A report as aligned text for a terminal, and as JSON for scripts.
#include <algorithm>
#include <cstdio>

#include "engine/base/json.h"
#include "engine/base/mapped_file.h"
#include "engine/checkpoint/config_fields.h"
#include "engine/checkpoint/report.h"

namespace engine {

namespace {

constexpr std::size_t kLabelWidth = 16;
constexpr std::size_t kDetailWidth = 36;

std::string fixed(double value, int decimals) {
  char text[64];
  std::snprintf(text, sizeof(text), "%.*f", decimals, value);
  return text;
}

std::string short_bytes(std::int64_t bytes) {
  const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024.0 && unit < 4) {
    value /= 1024.0;
    ++unit;
  }
  return fixed(value, unit == 0 ? 0 : 2) + " " + units[unit];
}

std::string short_count(std::int64_t count) {
  if (count >= 1'000'000'000) return fixed(static_cast<double>(count) / 1e9, 2) + " B";
  if (count >= 1'000'000) return fixed(static_cast<double>(count) / 1e6, 2) + " M";
  return grouped_digits(count);
}

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

/// Lines of "label   value".
class Lines {
 public:
  void add(const std::string& label, const std::string& value) {
    text_ += label + std::string(kLabelWidth - std::min(label.size(), kLabelWidth - 1), ' ') +
             value + "\n";
  }
  void raw(const std::string& line) { text_ += line + "\n"; }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

/// "attention              43,944": a label and a number in columns of their own.
std::string detail(const std::string& label, std::int64_t number) {
  const std::string digits = grouped_digits(number);
  const std::size_t used = label.size() + digits.size();
  return label + std::string(used < kDetailWidth ? kDetailWidth - used : 1, ' ') + digits;
}

void add_architecture(const ModelConfig& c, Lines* lines) {
  const auto n_moe = static_cast<std::int64_t>(c.moe_layers().size());
  const auto number = [](std::int64_t n) { return grouped_digits(n); };
  lines->add("Architecture", c.model_type + " · " + number(c.num_hidden_layers) + " layers (" +
                                 number(c.num_hidden_layers - n_moe) + " dense, " + number(n_moe) +
                                 " with experts) · hidden size " + number(c.hidden_size) +
                                 " · vocabulary " + number(c.vocab_size));
  lines->add("Attention", "MLA · " + number(c.num_attention_heads) + " heads · latent " +
                              number(c.kv_lora_rank) + " + " + number(c.qk_rope_head_dim) +
                              (c.q_lora_rank > 0 ? " · query rank " + number(c.q_lora_rank) : "") +
                              (c.rope_scaling.kind == RopeScalingKind::Yarn
                                   ? " · YaRN ×" + fixed(c.rope_scaling.factor, 0)
                                   : ""));
  if (n_moe > 0) {
    lines->add("Experts", number(c.n_routed_experts) + " routed in " + number(c.n_group) +
                              " group(s), " + number(c.topk_group) + " open · " +
                              number(c.num_experts_per_tok) + " per token · " +
                              number(c.n_shared_experts) + " shared");
  }
}

void add_parameters(const ParameterCount& p, Lines* lines) {
  lines->add("Parameters", short_count(p.total) + " · " + short_count(p.activated) +
                               " activated per token (with the output head)");
  const std::pair<const char*, std::int64_t> parts[] = {{"total", p.total},
                                                        {"attention", p.attention},
                                                        {"routed experts", p.routed_experts},
                                                        {"shared experts", p.shared_experts},
                                                        {"dense MLP", p.dense_mlp},
                                                        {"router", p.router},
                                                        {"norms", p.norms},
                                                        {"embedding", p.embedding},
                                                        {"output head", p.output_head},
                                                        {"MTP, skipped", p.mtp}};
  for (const auto& [label, count] : parts) {
    if (count == 0) continue;
    lines->add("", detail(label, count));
  }
}

void add_memory(const CheckpointReport& r, Lines* lines) {
  std::string files = r.dtype_summary + " · " + short_bytes(r.weight_bytes) + " · " +
                      grouped_digits(r.n_tensors) + " tensors in " + grouped_digits(r.n_files) +
                      (r.n_files == 1 ? " file" : " files");
  if (r.skipped_bytes > 0) files += " · " + short_bytes(r.skipped_bytes) + " skipped";
  lines->add("Weights", files);
  lines->add("Cache", grouped_digits(r.cache_bytes_per_token) + " bytes per token · " +
                          short_bytes(r.cache_bytes) + " for " + grouped_digits(r.context_length) +
                          " tokens");
  for (const CacheLedgerRow& row : r.cache_ledger) {
    lines->add("", detail(row.kind, row.bytes_per_token) + " bytes per token");
  }
  lines->add("Memory", short_bytes(r.weight_bytes + r.cache_bytes + r.scratch_bytes) +
                           " needed (about " + short_bytes(r.scratch_bytes) +
                           " of it to work in) · " + short_bytes(r.memory_available) + " free");
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

std::string report_to_text(const CheckpointReport& report) {
  Lines lines;
  lines.add("Checkpoint", quoted_name(report.name));
  lines.add("Path", quoted_name(report.path));
  if (report.config_valid) {
    add_architecture(report.config, &lines);
    add_parameters(report.parameters, &lines);
    add_memory(report, &lines);
  }
  if (!report.tokenizer.empty()) lines.add("Tokenizer", report.tokenizer);
  if (!report.chat_template.empty()) lines.add("Chat template", report.chat_template);
  lines.add("Can be loaded", report.loadable() ? "yes" : "no");
  for (const Finding& finding : report.findings) {
    lines.add(severity_name(finding.severity), finding.message + "  [" + finding.code + "]");
  }
  return lines.take();
}

std::string report_to_json(const CheckpointReport& report) {
  ObjectWriter out(0);
  out.text("path", report.path);
  out.text("name", report.name);
  out.flag("loadable", report.loadable());
  out.flag("config_valid", report.config_valid);
  out.raw("config", report.config_valid ? config_json(report.config) : "null");
  out.raw("parameters", parameters_json(report.parameters));
  ObjectWriter dtypes(2);
  for (const auto& [dtype, bytes] : report.bytes_by_dtype) dtypes.number(dtype, bytes);
  out.raw("bytes_by_dtype", dtypes.take());
  out.text("dtype_summary", report.dtype_summary);
  out.number("weight_bytes", report.weight_bytes);
  out.number("skipped_bytes", report.skipped_bytes);
  out.number("cache_bytes_per_token", report.cache_bytes_per_token);
  out.number("context_length", report.context_length);
  out.number("cache_bytes", report.cache_bytes);
  out.number("scratch_bytes", report.scratch_bytes);
  out.number("memory_available", report.memory_available);
  out.raw("cache_ledger", ledger_json(report.cache_ledger));
  out.text("tokenizer", report.tokenizer);
  out.text("chat_template", report.chat_template);
  out.number("n_files", report.n_files);
  out.number("n_tensors", report.n_tensors);
  out.raw("findings", findings_json(report.findings));
  return out.take() + "\n";
}

}  // namespace engine
