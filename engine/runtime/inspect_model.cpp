#include "engine/runtime/inspect_model.h"

#include <algorithm>

#include "engine/base/mapped_file.h"
#include "engine/checkpoint/checkpoint.h"
#include "engine/checkpoint/checkpoint_scan.h"
#include "engine/checkpoint/config_fields.h"

namespace engine {

namespace {

constexpr const char* kNoChat = "; the model can be inspected, but not talked to";
constexpr const char* kChoose = "; choose a built-in template";

class TextReporter {
 public:
  TextReporter(const TextSources& sources, CheckpointReport* report)
      : sources_(sources), report_(*report) {}

  void failed(const Error& error) {
    const bool was_read = sources_.tokenizer.has_value();
    const bool missing = error.code == ErrorCode::NotFound && (was_read || is_gguf());
    const char* const flaw =
        error.code == ErrorCode::Unsupported ? "tokenizer-unsupported" : "tokenizer-invalid";
    warn(missing ? "tokenizer-missing" : flaw, error.message + kNoChat);
    if (missing) {
      report_.tokenizer = is_gguf() ? "none: no tokenizer.ggml.model" : "none: no tokenizer.json";
    } else {
      report_.tokenizer = was_read ? file() + " · cannot be used" + ignored() : "cannot be read";
    }
    report_.chat_template = "none: no tokenizer";
  }

  void made(const TextModel& text) {
    report_.tokenizer = file() + " · " + text.tokenizer.description() + ignored();
    report_.chat_template = text.template_name;
    const std::int64_t rows = report_.config_valid ? report_.config.vocab_size : 0;
    if (rows > 0 && text.tokenizer.size() > rows) {
      warn("tokenizer-size", file() + ": found " + grouped_digits(text.tokenizer.size()) +
                                 " tokens, more than the embedding's " + grouped_digits(rows) +
                                 " rows; a text that needs one of the others is refused");
    }
    if (!text.template_problem.empty()) {
      warn("chat-template", text.template_problem + "; " + text.template_name + " is used instead");
    }
    try_template(text);
  }

 private:
  void warn(const char* code, std::string message) {
    report_.findings.push_back({Finding::Severity::Warning, code, std::move(message)});
  }
  bool is_gguf() const { return report_.format == CheckpointFormat::Gguf; }
  std::string file() const { return quoted_name(sources_.tokenizer->file); }
  std::string ignored() const {
    std::string text;
    for (const std::string& name : sources_.tokenizer->ignored) {
      text += (text.empty() ? " · not used: " : ", ") + name;
    }
    return text;
  }

  /// The plainest conversation there is: a template that fails on it cannot be chatted with.
  void try_template(const TextModel& text) {
    const auto prompt = render_messages(text, {{Role::User, "Hello"}}, unix_seconds_now());
    if (!prompt) {
      warn("chat-template-fails", text.template_name + ": a plain question is not rendered (" +
                                      prompt.error().message + ")" + kChoose);
      return;
    }
    const bool is_there =
        std::any_of(prompt->segments.begin(), prompt->segments.end(),
                    [](const PromptSegment& segment) { return segment.message_index == 0; });
    if (is_there) return;
    warn("chat-template-fails",
         text.template_name + ": the prompt it makes does not contain the question" + kChoose);
  }

  const TextSources& sources_;
  CheckpointReport& report_;
};

}  // namespace

void report_text(const TextSources& sources, const Result<TextModel>& text,
                 CheckpointReport* report) {
  TextReporter reporter(sources, report);
  if (text) {
    reporter.made(*text);
  } else if (text.error().code != ErrorCode::Cancelled) {
    reporter.failed(text.error());
  }
}

CheckpointReport inspect_model(const std::string& path, std::int64_t context_length,
                               const std::stop_token& stop) {
  const CheckpointScan scan = scan_checkpoint(path, stop);
  CheckpointReport report = report_of(scan, path, context_length);
  if (!has_texts(scan) || stop.stop_requested()) return report;
  const TextSources sources{tokenizer_assets_of(scan), chat_template_of(scan),
                            scan.config.model_type, report.name};
  report_text(sources, make_text_model(sources, "", stop), &report);
  return report;
}

}  // namespace engine
