#include "engine/tokenizer/chat_template.h"

#include <new>

#include "engine/tokenizer/built_in_templates.h"
#include "engine/tokenizer/jinja/interpreter.h"
#include "engine/tokenizer/jinja/parser.h"
#include "engine/tokenizer/utf8_stream.h"

namespace engine {
namespace {

constexpr std::size_t kMaxSourceBytes = std::size_t{1} << 20;

Error to_error(const std::string& name, const jinja::TemplateError& error) {
  // The text of raise_exception is the model's own and stands as it is.
  if (error.line == 0) return {error.code, sanitize_utf8(error.message)};
  return {error.code,
          name + " › line " + std::to_string(error.line) + ": " + sanitize_utf8(error.message)};
}

jinja::Value message_list(jinja::Interpreter& interpreter, std::span<const ChatMessage> messages) {
  std::vector<jinja::Value> list;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const std::string role(role_name(messages[i].role));
    list.push_back(
        interpreter.make_dict({{jinja::Value::string("role"), jinja::Value::string(role)},
                               {jinja::Value::string("content"),
                                jinja::Value(jinja::Text::of_message(
                                    messages[i].content, static_cast<std::int32_t>(i)))}}));
  }
  return interpreter.make_list(std::move(list));
}

// What transformers hands to a template; tools and documents are never given.
void set_variables(jinja::Interpreter& interpreter, std::span<const ChatMessage> messages,
                   const RenderOptions& options) {
  interpreter.set_variable("messages", message_list(interpreter, messages));
  interpreter.set_variable("tools", jinja::Value(jinja::None{}));
  interpreter.set_variable("documents", jinja::Value(jinja::None{}));
  interpreter.set_variable("add_generation_prompt", jinja::Value(options.add_generation_prompt));
  if (!options.bos_token.empty()) {
    interpreter.set_variable("bos_token", jinja::Value::string(options.bos_token));
  }
  if (!options.eos_token.empty()) {
    interpreter.set_variable("eos_token", jinja::Value::string(options.eos_token));
  }
  if (options.thinking) {
    interpreter.set_variable("thinking", jinja::Value(*options.thinking));
    interpreter.set_variable("enable_thinking", jinja::Value(*options.thinking));
  }
}

RenderedPrompt to_prompt(const jinja::Text& text) {
  RenderedPrompt prompt;
  prompt.text = text.bytes();
  std::size_t at = 0;
  for (const jinja::Run& run : text.runs()) {
    prompt.segments.push_back(
        {{at, at + run.length}, run.origin.message, run.origin.message < 0 ? 0 : run.origin.begin});
    at += run.length;
  }
  return prompt;
}

}  // namespace

std::vector<ByteRange> RenderedPrompt::control_ranges() const {
  std::vector<ByteRange> ranges;
  for (const PromptSegment& segment : segments) {
    if (segment.message_index >= 0) continue;
    if (!ranges.empty() && ranges.back().end == segment.bytes.begin) {
      ranges.back().end = segment.bytes.end;
    } else {
      ranges.push_back(segment.bytes);
    }
  }
  return ranges;
}

struct ChatTemplate::Impl {
  std::string name;
  jinja::Body body;
};

ChatTemplate::ChatTemplate(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ChatTemplate::ChatTemplate(ChatTemplate&&) noexcept = default;
ChatTemplate& ChatTemplate::operator=(ChatTemplate&&) noexcept = default;
ChatTemplate::~ChatTemplate() = default;

Result<ChatTemplate> ChatTemplate::parse(std::string_view source, std::string name) {
  if (source.size() > kMaxSourceBytes) {
    return fail(ErrorCode::LimitExceeded, name + ": found " + std::to_string(source.size()) +
                                              " bytes, allowed " + std::to_string(kMaxSourceBytes));
  }
  auto impl = std::make_unique<Impl>();
  impl->name = std::move(name);
  try {
    impl->body = jinja::parse_template(source, TemplateLimits{}.max_depth);
  } catch (const jinja::TemplateError& error) {
    return unexpected<Error>(to_error(impl->name, error));
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::OutOfMemory, impl->name + ": not enough memory to read the template");
  }
  return ChatTemplate(std::move(impl));
}

Result<ChatTemplate> ChatTemplate::built_in(std::string_view family) {
  const std::string_view source = built_in_template(family);
  if (source.empty()) {
    return fail(ErrorCode::NotFound, "no built-in chat template for '" + std::string(family) + "'");
  }
  return parse(source, "built-in " + std::string(family));
}

Result<RenderedPrompt> ChatTemplate::render(std::span<const ChatMessage> messages,
                                            const RenderOptions& options,
                                            const TemplateLimits& limits) const {
  std::size_t message_bytes = 0;
  for (const ChatMessage& message : messages) message_bytes += message.content.size();
  try {
    jinja::Interpreter interpreter(limits, message_bytes, options.now_unix_seconds);
    set_variables(interpreter, messages, options);
    return to_prompt(interpreter.run(impl_->body));
  } catch (const jinja::TemplateError& error) {
    return unexpected<Error>(to_error(impl_->name, error));
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::OutOfMemory, impl_->name + ": not enough memory to render the prompt");
  }
}

const std::string& ChatTemplate::name() const { return impl_->name; }

}  // namespace engine
