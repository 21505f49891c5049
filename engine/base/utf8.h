// The rules of UTF-8, strictly: no overlong forms, no surrogates, nothing above U+10FFFF.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace engine {

/// Length in bytes of the code point `text` begins with: 1 to 4, or 0 when it is not well-formed.
std::size_t utf8_sequence_length(std::string_view text);

/// Offset of the first byte that is not part of well-formed UTF-8; npos when all of it is.
std::size_t find_invalid_utf8(std::string_view text);

/// Appends a code point (a Unicode scalar value).
void append_utf8(char32_t code_point, std::string* out);

}  // namespace engine
