#include "engine/tokenizer/chat_template.h"

#include <new>
#include <utility>

#include "engine/tokenizer/built_in_templates.h"
#include "engine/tokenizer/jinja/interpreter.h"
#include "engine/tokenizer/jinja/json.h"
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

// One message as a template sees it. Fields beyond role and content are there when they say
// something, as in the messages that transformers is given.
class MessageValue {
 public:
  MessageValue(jinja::Interpreter& interpreter, const ChatMessage& message, std::int32_t index)
      : interpreter_(interpreter), message_(message), index_(index) {}

  jinja::Value make() {
    const jinja::Value content = text(message_.content);
    const bool only_calls = !message_.tool_calls.empty() && message_.content.empty();
    add("role", jinja::Value::string(std::string(role_name(message_.role))));
    add("content", only_calls ? jinja::Value(jinja::None{}) : content);
    add_text("reasoning_content", message_.reasoning);
    add_text("name", message_.name);
    add_text("tool_call_id", message_.tool_call_id);
    if (!message_.tool_calls.empty()) add("tool_calls", calls());
    return interpreter_.make_dict(std::move(fields_));
  }

 private:
  jinja::Value text(const std::string& bytes) {
    const std::size_t begin = offset_;
    offset_ += bytes.size();
    return jinja::Value(jinja::Text::of_message(bytes, index_, begin));
  }
  void add(const char* key, jinja::Value value) {
    fields_.emplace_back(jinja::Value::string(key), std::move(value));
  }
  void add_text(const char* key, const std::string& bytes) {
    if (!bytes.empty()) add(key, text(bytes));
  }
  jinja::Value calls() {
    std::vector<jinja::Value> list;
    for (const ToolCall& call : message_.tool_calls) {
      const auto key = [](const char* name) { return jinja::Value::string(name); };
      const jinja::Value id = text(call.id);
      const jinja::Value name = text(call.name);
      const auto arguments_text = jinja::Text::of_message(
          call.arguments, index_, std::exchange(offset_, offset_ + call.arguments.size()));
      const jinja::Value arguments = call.structured
                                         ? jinja::from_json(interpreter_, arguments_text)
                                         : jinja::Value(arguments_text);
      const jinja::Value function =
          interpreter_.make_dict({{key("name"), name}, {key("arguments"), arguments}});
      list.push_back(interpreter_.make_dict({{key("id"), id},
                                             {key("type"), jinja::Value::string("function")},
                                             {key("function"), function}}));
    }
    return interpreter_.make_list(std::move(list));
  }

  jinja::Interpreter& interpreter_;
  const ChatMessage& message_;
  const std::int32_t index_;
  std::size_t offset_ = 0;
  std::vector<std::pair<jinja::Value, jinja::Value>> fields_;
};

std::size_t bytes_of(const ChatMessage& message) {
  std::size_t n = message.content.size() + message.reasoning.size() + message.name.size() +
                  message.tool_call_id.size();
  for (const ToolCall& call : message.tool_calls) {
    n += call.id.size() + call.name.size() + call.arguments.size();
  }
  return n;
}

jinja::Value message_list(jinja::Interpreter& interpreter, std::span<const ChatMessage> messages) {
  std::vector<jinja::Value> list;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    list.push_back(MessageValue(interpreter, messages[i], static_cast<std::int32_t>(i)).make());
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
  const std::string source = built_in_template(family);
  if (source.empty()) {
    std::string names;
    for (const std::string& name : built_in_template_names()) {
      names += (names.empty() ? "" : ", ") + name;
    }
    return fail(ErrorCode::NotFound,
                "no built-in chat template '" + std::string(family) + "'; there are " + names);
  }
  return parse(source, "built-in " + std::string(family));
}

Result<RenderedPrompt> ChatTemplate::render(std::span<const ChatMessage> messages,
                                            const RenderOptions& options,
                                            const TemplateLimits& limits) const {
  std::size_t message_bytes = 0;
  for (const ChatMessage& message : messages) message_bytes += bytes_of(message);
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
