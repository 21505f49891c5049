// TextModel: how text becomes tokens for one checkpoint (tokenizer and chat template, immutable),
// and a prompt whose tokens remember where their text came from. Used by generate and previews.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/runtime/events.h"
#include "engine/tokenizer/chat_template.h"
#include "engine/tokenizer/tokenizer.h"

namespace engine {

struct TextModel {
  Tokenizer tokenizer;
  ChatTemplate chat_template;
  std::string template_name;     // its file, or "built-in deepseek-v3"
  std::string template_problem;  // why the checkpoint's own template is not used; empty if it is
};

/// `template_source` empty: the checkpoint has none. A template the subset cannot run is replaced
/// by the built-in one, with the reason kept. `template_file` is where the source was.
Result<TextModel> make_text_model(std::string_view tokenizer_json,
                                  std::string_view tokenizer_config_json,
                                  std::string_view template_source, std::string template_file);

std::int64_t unix_seconds_now();

/// The conversation as the model is given it. `now_unix_seconds` is for templates that print a
/// date.
Result<RenderedPrompt> render_messages(const TextModel& text,
                                       const std::vector<ChatMessage>& messages,
                                       std::int64_t now_unix_seconds);

/// Tokens of a rendered prompt with their origin in the messages. User text never becomes control
/// tokens.
Result<std::vector<PromptToken>> tokenize_prompt(const TextModel& text,
                                                 const RenderedPrompt& prompt);

/// `raw` as it is, after BOS where the tokenizer has one.
Result<std::vector<PromptToken>> tokenize_raw(const TextModel& text, std::string_view raw);

}  // namespace engine
