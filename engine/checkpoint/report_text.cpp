// A report as aligned text for a terminal.
#include <algorithm>
#include <cstdio>
#include <utility>
#include <vector>

#include "engine/base/mapped_file.h"
#include "engine/checkpoint/checkpoint.h"
#include "engine/checkpoint/config_fields.h"
#include "engine/checkpoint/report.h"

namespace engine {

namespace {

constexpr std::size_t kLabelWidth = 16;
constexpr std::size_t kDetailWidth = 36;
constexpr std::size_t kPartWidth = 16;
constexpr std::size_t kNumberWidth = 20;
constexpr std::size_t kBytesWidth = 13;
constexpr std::size_t kFormWidth = 24;

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
  lines->add("Attention", describe_attention(c));
  if (n_moe > 0) {
    lines->add("Experts", number(c.n_routed_experts) + " routed, " + number(c.num_experts_per_tok) +
                              " per token · " + number(c.n_shared_experts) + " shared");
  }
  lines->add("Router", describe_router(c));
}

/// "BF16 91 %, F32 9 %": what a part's bytes are made of.
std::string dtype_shares(const PartTotals& part) {
  std::vector<std::pair<std::int64_t, std::string>> sorted;
  for (const auto& [dtype, bytes] : part.bytes_by_dtype) sorted.emplace_back(-bytes, dtype);
  std::sort(sorted.begin(), sorted.end());
  std::string text;
  for (const auto& [bytes, dtype] : sorted) text += (text.empty() ? "" : " + ") + dtype;
  return text;
}

std::string right(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

std::string left(const std::string& text, std::size_t width) {
  return text + std::string(width - std::min(width, text.size()), ' ');
}

void add_parameters(const CheckpointReport& r, Lines* lines) {
  const ParameterCount& p = r.parameters;
  lines->add("Parameters", short_count(p.total) + " (" + grouped_digits(p.total) + ") · " +
                               short_count(p.activated) + " (" + grouped_digits(p.activated) +
                               ") activated per token");
  lines->add("",
             "activated: all but the embedding and the experts not chosen; the output head "
             "included");
  lines->add("Parts", left("", kPartWidth) + right("parameters", kNumberWidth) +
                          right("activated", kNumberWidth) + right("on disk", kBytesWidth) +
                          "  types");
  for (const PartTotals& part : r.parts) {
    const bool is_run = part.part != ModelPart::Mtp && part.part != ModelPart::Other;
    lines->add("", left(std::string(model_part_name(part.part)), kPartWidth) +
                       right(grouped_digits(part.parameters), kNumberWidth) +
                       right(is_run ? grouped_digits(part.activated) : "skipped", kNumberWidth) +
                       right(short_bytes(part.bytes.as_stored), kBytesWidth) + "  " +
                       dtype_shares(part));
  }
}

/// One line for each form the weights can be loaded in.
void add_forms(const CheckpointReport& r, Lines* lines) {
  const std::pair<WeightFormat, const char*> forms[] = {
      {WeightFormat::AsStored, "as stored, mapped"},
      {WeightFormat::Q8_0, "as Q8_0"},
      {WeightFormat::Q4_K, "experts Q4_K, rest Q8_0"}};
  for (const auto& [form, name] : forms) {
    const MemoryNeed need = memory_need(r, r.context_length, form);
    const std::int64_t longest = longest_context(r, form);
    const MemoryVerdict verdict = memory_verdict(r, need);
    std::string words = longest > 0
                            ? "longest context that fits: " + grouped_digits(longest) + " tokens"
                            : "no context fits";
    if (verdict == MemoryVerdict::ReadFromDisk) {
      words = "does not fit: weights are read from disk as needed, slow";
    } else if (verdict == MemoryVerdict::TooMuch) {
      words += "; cannot be loaded for " + grouped_digits(r.context_length);
    }
    lines->add(
        form == WeightFormat::AsStored ? "Memory needed" : "",
        left(name, kFormWidth) + right(short_bytes(need.total()), kBytesWidth) + "  " + words);
  }
}

void add_memory(const CheckpointReport& r, Lines* lines) {
  std::string files = r.dtype_summary + " · " + short_bytes(r.weight_bytes) + " · " +
                      grouped_digits(r.n_tensors) + " tensors in " + grouped_digits(r.n_files) +
                      (r.n_files == 1 ? " file" : " files");
  if (r.drafter_bytes > 0) files += " · " + short_bytes(r.drafter_bytes) + " to draft with (MTP)";
  const std::int64_t skipped = r.skipped_bytes - r.drafter_bytes;
  if (skipped > 0) files += " · " + short_bytes(skipped) + " skipped";
  lines->add("Weights", files);
  lines->add("Cache", grouped_digits(r.cache_bytes_per_token) + " bytes per token · " +
                          short_bytes(r.cache_bytes) + " for " + grouped_digits(r.context_length) +
                          " tokens");
  if (r.kept_bytes_per_token.as_stored > 0) {
    lines->add("", "besides, for attention on this processor: " +
                       grouped_digits(r.kept_bytes_per_token.as_stored) + " bytes per token");
  }
  for (const CacheLedgerRow& row : r.cache_ledger) {
    lines->add("", detail(row.kind, row.bytes_per_token) + " bytes per token");
  }
  add_forms(r, lines);
  lines->add("", "of it about " + short_bytes(r.scratch_bytes) + " to work in; " +
                     short_bytes(r.memory_available) + " are free");
}

}  // namespace

std::string report_to_text(const CheckpointReport& report) {
  Lines lines;
  lines.add("Checkpoint", quoted_name(report.name));
  lines.add("Path", quoted_name(report.path));
  lines.add("Format", report.format == CheckpointFormat::Gguf ? "GGUF" : "Hugging Face folder");
  if (report.config_valid) {
    add_architecture(report.config, &lines);
    add_parameters(report, &lines);
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

}  // namespace engine
