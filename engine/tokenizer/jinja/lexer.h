// Lexer: template source → tokens, with white-space control as chat templates get it
// (trim_blocks, lstrip_blocks, "-" and "+" marks, raw blocks, comments).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace engine::jinja {

enum class TokenKind {
  Data,
  VariableBegin,
  VariableEnd,
  BlockBegin,
  BlockEnd,
  Name,
  String,
  Integer,
  Float,
  Operator,
  End
};

struct Token {
  TokenKind kind = TokenKind::End;
  int line = 1;
  std::string text;  // Data, Name, Operator; String: its value
  std::int64_t integer = 0;
  double number = 0;
};

/// Throws TemplateError. The last token is End.
std::vector<Token> tokenize(std::string_view source);

}  // namespace engine::jinja
