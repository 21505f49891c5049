#include "engine/runtime/prompt.h"

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

#include "engine/base/mapped_file.h"
#include "engine/tokenizer/built_in_templates.h"

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

/// A listing knows its keys, not its file.
Result<Tokenizer> from_gguf(const TokenizerAssets& assets) {
  auto tokenizer = Tokenizer::from_listing(assets.listing);
  if (!tokenizer) {
    Error& error = tokenizer.error();
    error.message = quoted_name(assets.file) + " › metadata › " + error.message;
  }
  return tokenizer;
}

}  // namespace

Result<Tokenizer> make_tokenizer(const TokenizerAssets& assets) {
  const LegacyTokenFiles legacy{assets.added_tokens_json, assets.special_tokens_json};
  switch (assets.kind) {
    case TokenizerAssets::Kind::TokenizerJson:
      return Tokenizer::from_json(assets.contents, assets.config_json);
    case TokenizerAssets::Kind::SentencePiece:
      return Tokenizer::from_sentencepiece(assets.contents, assets.config_json, legacy);
    case TokenizerAssets::Kind::Tiktoken:
      return Tokenizer::from_tiktoken(assets.contents, assets.config_json, legacy);
    case TokenizerAssets::Kind::Listing:
      return from_gguf(assets);
    case TokenizerAssets::Kind::None:
      break;
  }
  return fail(ErrorCode::NotFound,
              "no tokenizer: none of tokenizer.json, tokenizer.model, tiktoken.model is there");
}

Result<ChatTemplate> chosen_template(const std::string& chosen) {
  const bool is_source = chosen.find("{{") != chosen.npos || chosen.find("{%") != chosen.npos;
  if (is_source) return ChatTemplate::parse(chosen, "the chosen template");
  auto built_in = ChatTemplate::built_in(chosen);
  if (!built_in) return fail(ErrorCode::InvalidArgument, built_in.error().message);
  return built_in;
}

Result<TextModel> make_text_model(const TokenizerAssets& assets, const TemplateRequest& request) {
  ASSIGN_OR_RETURN(Tokenizer tokenizer, make_tokenizer(assets));
  std::string problem;
  if (!request.chosen.empty()) {
    auto chosen = chosen_template(request.chosen);
    if (chosen) {
      std::string name = chosen->name();
      return TextModel{std::move(tokenizer), std::move(*chosen), std::move(name), "",
                       "chosen by hand"};
    }
    problem = chosen.error().message;
  }
  if (!request.problem.empty()) problem += (problem.empty() ? "" : "; ") + request.problem;
  if (!request.own.text.empty()) {
    auto own = ChatTemplate::parse(request.own.text, request.own.file);
    if (own) {
      return TextModel{std::move(tokenizer), std::move(*own), request.own.file, std::move(problem),
                       ""};
    }
    problem += (problem.empty() ? "" : "; ") + own.error().message;
  }
  const TemplateChoice choice =
      choose_built_in_template(tokenizer, request.model_type, request.model_name);
  ASSIGN_OR_RETURN(ChatTemplate built_in, ChatTemplate::built_in(choice.name));
  return TextModel{std::move(tokenizer), std::move(built_in), "built-in " + choice.name,
                   std::move(problem), choice.reason};
}

std::int64_t unix_seconds_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

namespace {

RenderOptions options_for(const TextModel& text, std::int64_t now_unix_seconds) {
  RenderOptions options;
  options.bos_token = text.tokenizer.bos_text();
  options.eos_token = text.tokenizer.eos_text();
  options.now_unix_seconds = now_unix_seconds;
  return options;
}

}  // namespace

Result<RenderedPrompt> render_messages(const TextModel& text,
                                       const std::vector<ChatMessage>& messages,
                                       std::int64_t now_unix_seconds) {
  return text.chat_template.render(messages, options_for(text, now_unix_seconds));
}

Result<PromptPreview> preview_prompt(const TextModel& text,
                                     const std::vector<ChatMessage>& messages,
                                     const std::string& chat_template,
                                     std::int64_t now_unix_seconds) {
  PromptPreview preview;
  if (chat_template.empty()) {
    ASSIGN_OR_RETURN(preview.prompt, render_messages(text, messages, now_unix_seconds));
    preview.template_name = text.template_name;
    preview.template_reason = text.template_reason;
  } else {
    ASSIGN_OR_RETURN(const ChatTemplate chosen, chosen_template(chat_template));
    ASSIGN_OR_RETURN(preview.prompt, chosen.render(messages, options_for(text, now_unix_seconds)));
    preview.template_name = chosen.name();
    preview.template_reason = "chosen by hand";
  }
  ASSIGN_OR_RETURN(preview.tokens, tokenize_prompt(text, preview.prompt));
  return preview;
}

Result<std::vector<PromptToken>> tokenize_prompt(const TextModel& text,
                                                 const RenderedPrompt& prompt) {
  ASSIGN_OR_RETURN(const std::vector<EncodedToken> encoded,
                   text.tokenizer.encode(prompt.text, prompt.control_ranges()));
  std::vector<PromptToken> tokens;
  tokens.reserve(encoded.size());
  for (const EncodedToken& e : encoded) {
    tokens.push_back(describe(text, e.id));
    tokens.back().text_begin = e.bytes.begin;
    tokens.back().text_end = e.bytes.end;
    set_origin(prompt.segments, e.bytes, tokens.back());
  }
  return tokens;
}

Result<std::vector<PromptToken>> tokenize_raw(const TextModel& text, std::string_view raw) {
  ASSIGN_OR_RETURN(const std::vector<EncodedToken> encoded, text.tokenizer.encode(raw, {}));
  std::vector<PromptToken> tokens;
  tokens.reserve(encoded.size() + 1);
  if (text.tokenizer.adds_bos()) tokens.push_back(describe(text, *text.tokenizer.bos()));
  for (const EncodedToken& e : encoded) {
    tokens.push_back(describe(text, e.id));
    tokens.back().text_begin = e.bytes.begin;
    tokens.back().text_end = e.bytes.end;
  }
  return tokens;
}

}  // namespace engine
