// A chat message as the engine sees it: a role, text, and what tools were asked for. All of it is
// always plain: control tokens come from the template only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace engine {

enum class Role { System, User, Assistant, Tool };

std::string_view role_name(Role role);  // "system", "user", "assistant", "tool"

/// A call that an assistant's message asks for.
struct ToolCall {
  std::string id = {};
  std::string name = {};
  std::string arguments = {};  // as the model wrote them: JSON, or any text
  bool structured = false;     // templates are given the JSON's value instead of its text
  bool operator==(const ToolCall&) const = default;
};

struct ChatMessage {
  Role role = Role::User;
  std::string content = {};               // UTF-8
  std::string reasoning = {};             // templates know it as reasoning_content
  std::vector<ToolCall> tool_calls = {};  // of an assistant
  std::string tool_call_id = {};          // of a tool: the call it answers
  std::string name = {};                  // of a tool
  bool operator==(const ChatMessage&) const = default;
};

}  // namespace engine
