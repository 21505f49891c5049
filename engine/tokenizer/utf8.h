// Reading UTF-8 one code point at a time; shared by the pre-tokenizer, the streams and the
// templates.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/utf8.h"

namespace engine {

/// One decoded unit of a text: a code point, or an invalid subpart of `length` bytes.
struct Utf8Unit {
  char32_t code_point = 0;
  std::uint32_t length = 0;
  bool valid = false;
};

/// Decodes at `at` (< text.size()). Invalid bytes come as maximal subparts (Unicode 15 §3.9), the
/// same cuts as Rust's from_utf8_lossy. `truncated`, when given, becomes true if the subpart only
/// lacks bytes that may still come.
Utf8Unit decode_utf8(std::string_view text, std::size_t at, bool* truncated = nullptr);

/// For text already known to be valid: no checks.
inline char32_t decode_valid_utf8(const char* p, std::uint32_t* length) {
  const auto b = [p](int i) { return static_cast<char32_t>(static_cast<unsigned char>(p[i])); };
  if (b(0) < 0x80) {
    *length = 1;
    return b(0);
  }
  if (b(0) < 0xE0) {
    *length = 2;
    return ((b(0) & 0x1F) << 6) | (b(1) & 0x3F);
  }
  if (b(0) < 0xF0) {
    *length = 3;
    return ((b(0) & 0x0F) << 12) | ((b(1) & 0x3F) << 6) | (b(2) & 0x3F);
  }
  *length = 4;
  return ((b(0) & 0x07) << 18) | ((b(1) & 0x3F) << 12) | ((b(2) & 0x3F) << 6) | (b(3) & 0x3F);
}

void append_utf8(std::string* out, char32_t code_point);

inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";  // U+FFFD

}  // namespace engine
