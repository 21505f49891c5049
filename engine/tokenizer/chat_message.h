// A chat message as the engine sees it: a role and text. Text is always plain: control tokens come
// from the template only.
#pragma once

#include <string>
#include <string_view>

namespace engine {

enum class Role { System, User, Assistant };

std::string_view role_name(Role role);  // "system", "user", "assistant"

struct ChatMessage {
  Role role = Role::User;
  std::string content;  // UTF-8
  bool operator==(const ChatMessage&) const = default;
};

}  // namespace engine
