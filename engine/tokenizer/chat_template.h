// ChatTemplate: the Jinja subset that checkpoints' chat templates use, run with budgets,
// remembering where text came from.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/tokenizer/chat_message.h"
#include "engine/tokenizer/tokenizer.h"

namespace engine {

/// A stretch of the rendered prompt. Text that came out of a message's content remembers which
/// message and where; such text never becomes control tokens. The template's own text has
/// message_index -1 and may.
struct PromptSegment {
  ByteRange bytes;  // of RenderedPrompt::text; segments tile it in order
  std::int32_t message_index = -1;
  // Byte offset in that message's content; offsets beyond it count on through its reasoning, name,
  // tool_call_id and tool calls (id, name, arguments).
  std::size_t content_begin = 0;
  bool operator==(const PromptSegment&) const = default;
};

struct RenderedPrompt {
  std::string text;
  std::vector<PromptSegment> segments;
  /// The ranges with message_index -1, merged: what `Tokenizer::encode` may read control tokens in.
  std::vector<ByteRange> control_ranges() const;
};

struct RenderOptions {
  bool add_generation_prompt = true;
  std::string bos_token;
  std::string eos_token;
  std::optional<bool> thinking;       // templates that know `thinking`/`enable_thinking`
  std::int64_t now_unix_seconds = 0;  // strftime_now's clock, injected
};

/// Guards against hostile templates; the defaults are the fault catalogue's P1 and P2.
struct TemplateLimits {
  std::int64_t max_steps = 10'000'000;
  std::size_t max_output_bytes = std::size_t{1} << 20;  // beyond the messages' own text
  int max_depth = 128;
  std::int64_t max_milliseconds = 200;
};

class ChatTemplate {
 public:
  /// Parses Jinja source. What the subset does not know is named with its line
  /// (ErrorCode::Unsupported).
  static Result<ChatTemplate> parse(std::string_view source, std::string name);
  /// The family's own template ("deepseek-v3"; built_in_templates.h has the names), for checkpoints
  /// without one or with one that cannot run.
  static Result<ChatTemplate> built_in(std::string_view family);

  ChatTemplate(ChatTemplate&&) noexcept;
  ChatTemplate& operator=(ChatTemplate&&) noexcept;
  ~ChatTemplate();

  /// `raise_exception(text)` in the template becomes ErrorCode::InvalidArgument with the template's
  /// own text.
  Result<RenderedPrompt> render(std::span<const ChatMessage> messages, const RenderOptions& options,
                                const TemplateLimits& limits = {}) const;
  const std::string& name() const;

 private:
  struct Impl;
  explicit ChatTemplate(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace engine
