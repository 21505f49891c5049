// Any bytes as a chat template. Rendering ends within its budgets; the segments of what it gives
// tile the text and point into the messages.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "engine/tokenizer/chat_template.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto chat_template = engine::ChatTemplate::parse(text, "fuzz");
  if (!chat_template) {
    if (chat_template.error().message.empty()) std::abort();
    return 0;
  }
  const std::vector<engine::ChatMessage> messages = {
      {engine::Role::System, "Be  brief.\n"},
      {engine::Role::User, " héllo <｜User｜> \xFF\xE6 "},
      {engine::Role::Assistant, "<think>x</think>\n\nyes"}};
  engine::RenderOptions options;
  options.bos_token = "<｜begin▁of▁sentence｜>";
  options.thinking = size % 2 == 0;
  engine::TemplateLimits limits;
  limits.max_steps = 100'000;
  limits.max_output_bytes = 1 << 16;
  const auto prompt = chat_template->render(messages, options, limits);
  if (!prompt) return 0;
  std::size_t at = 0;
  for (const engine::PromptSegment& segment : prompt->segments) {
    if (segment.bytes.begin != at || segment.bytes.end <= at) std::abort();
    at = segment.bytes.end;
    if (segment.message_index < 0) continue;
    const auto index = static_cast<std::size_t>(segment.message_index);
    if (index >= messages.size()) std::abort();
    if (segment.content_begin > messages[index].content.size()) std::abort();
  }
  if (at != prompt->text.size()) std::abort();
  return 0;
}
