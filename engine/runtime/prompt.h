// TextModel: how text becomes tokens for one checkpoint (tokenizer and chat template, immutable),
// and a prompt whose tokens remember where their text came from. Used by generate and previews.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/checkpoint/checkpoint.h"
#include "engine/runtime/events.h"
#include "engine/tokenizer/chat_template.h"
#include "engine/tokenizer/tokenizer.h"

namespace engine {

struct TextModel {
  Tokenizer tokenizer;
  ChatTemplate chat_template;
  std::string template_name;     // its file, or "built-in deepseek-v3"
  std::string template_problem;  // why the checkpoint's own template is not used; empty if it is
  std::string template_reason;   // why a built-in one was chosen; empty otherwise
};

/// What decides which chat template is used.
struct TemplateRequest {
  ChatTemplateSource own;  // the checkpoint's
  std::string problem;     // why that cannot be read; empty if it can
  std::string chosen;      // by the person: a built-in's name or Jinja text; "": own, else built-in
  std::string model_type;  // "deepseek_v3"; with model_name for the choice among the built-in ones
  std::string model_name;
};

Result<Tokenizer> make_tokenizer(const TokenizerAssets& assets);

/// A template that cannot run is replaced by the built-in one that fits, with the reasons kept.
Result<TextModel> make_text_model(const TokenizerAssets& assets, const TemplateRequest& request);

/// A built-in's name, or Jinja text (anything with "{{" or "{%"). InvalidArgument lists the names.
Result<ChatTemplate> chosen_template(const std::string& chosen);

/// The exact prompt for a person to look at.
struct PromptPreview {
  RenderedPrompt prompt;  // text and segments
  std::vector<PromptToken> tokens;
  std::string template_name;
  std::string template_reason;
};

std::int64_t unix_seconds_now();

/// The conversation as the model is given it. `now_unix_seconds` is for templates that print a
/// date.
Result<RenderedPrompt> render_messages(const TextModel& text,
                                       const std::vector<ChatMessage>& messages,
                                       std::int64_t now_unix_seconds);

/// The same with another template, as GenerationRequest::chat_template names it ("": the model's).
Result<PromptPreview> preview_prompt(const TextModel& text,
                                     const std::vector<ChatMessage>& messages,
                                     const std::string& chat_template,
                                     std::int64_t now_unix_seconds);

/// Tokens of a rendered prompt with their origin in the messages. User text never becomes control
/// tokens.
Result<std::vector<PromptToken>> tokenize_prompt(const TextModel& text,
                                                 const RenderedPrompt& prompt);

/// `raw` as it is, after BOS where the tokenizer has one.
Result<std::vector<PromptToken>> tokenize_raw(const TextModel& text, std::string_view raw);

}  // namespace engine
