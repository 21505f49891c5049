#include "engine/runtime/prompt.h"

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

namespace engine {

namespace {

PromptToken describe(const TextModel& text, TokenId id) {
  PromptToken token;
  token.token = id;
  token.bytes = text.tokenizer.token_bytes(id);
  token.is_control = text.tokenizer.is_control(id);
  return token;
}

// Where a token's bytes come from: the first message segment it overlaps, else the template.
void set_origin(const std::vector<PromptSegment>& segments, ByteRange bytes, PromptToken& token) {
  auto segment = std::lower_bound(
      segments.begin(), segments.end(), bytes.begin,
      [](const PromptSegment& s, std::size_t begin) { return s.bytes.end <= begin; });
  for (; segment != segments.end() && segment->bytes.begin < bytes.end; ++segment) {
    if (segment->message_index < 0) continue;
    const std::size_t begin = std::max(bytes.begin, segment->bytes.begin);
    const std::size_t end = std::min(bytes.end, segment->bytes.end);
    token.message_index = segment->message_index;
    token.content_begin = segment->content_begin + (begin - segment->bytes.begin);
    token.content_end = segment->content_begin + (end - segment->bytes.begin);
    return;
  }
}

}  // namespace

Result<TextModel> make_text_model(std::string_view tokenizer_json,
                                  std::string_view tokenizer_config_json,
                                  std::string_view template_source, std::string template_file) {
  ASSIGN_OR_RETURN(Tokenizer tokenizer,
                   Tokenizer::from_json(tokenizer_json, tokenizer_config_json));
  std::string problem;
  if (!template_source.empty()) {
    auto own = ChatTemplate::parse(template_source, template_file);
    if (own) {
      return TextModel{std::move(tokenizer), std::move(*own), std::move(template_file), ""};
    }
    problem = own.error().message;
  }
  ASSIGN_OR_RETURN(ChatTemplate built_in, ChatTemplate::built_in("deepseek-v3"));
  return TextModel{std::move(tokenizer), std::move(built_in), "built-in deepseek-v3",
                   std::move(problem)};
}

std::int64_t unix_seconds_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Result<RenderedPrompt> render_messages(const TextModel& text,
                                       const std::vector<ChatMessage>& messages,
                                       std::int64_t now_unix_seconds) {
  RenderOptions options;
  options.bos_token = text.tokenizer.bos_text();
  options.eos_token = text.tokenizer.eos_text();
  options.now_unix_seconds = now_unix_seconds;
  return text.chat_template.render(messages, options);
}

Result<std::vector<PromptToken>> tokenize_prompt(const TextModel& text,
                                                 const RenderedPrompt& prompt) {
  ASSIGN_OR_RETURN(const std::vector<EncodedToken> encoded,
                   text.tokenizer.encode(prompt.text, prompt.control_ranges()));
  std::vector<PromptToken> tokens;
  tokens.reserve(encoded.size());
  for (const EncodedToken& e : encoded) {
    tokens.push_back(describe(text, e.id));
    set_origin(prompt.segments, e.bytes, tokens.back());
  }
  return tokens;
}

Result<std::vector<PromptToken>> tokenize_raw(const TextModel& text, std::string_view raw) {
  ASSIGN_OR_RETURN(const std::vector<TokenId> ids, text.tokenizer.encode_ids(raw, false));
  std::vector<PromptToken> tokens;
  tokens.reserve(ids.size() + 1);
  if (const auto bos = text.tokenizer.bos()) tokens.push_back(describe(text, *bos));
  for (const TokenId id : ids) tokens.push_back(describe(text, id));
  return tokens;
}

}  // namespace engine
