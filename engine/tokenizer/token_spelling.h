// How a vocabulary spells the bytes of its tokens, and back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace engine {

enum class TokenSpelling {
  ByteAlphabet,  // one printable character per byte (GPT-2)
  Metaspace,     // text with U+2581 for a space; "<0x0A>" for single bytes
  Bytes,         // the bytes themselves (tiktoken)
};

inline constexpr std::string_view kMetaspace = "\xE2\x96\x81";  // U+2581

/// "<0x0A>" → 10. Exactly two hexadecimal digits, upper or lower case.
std::optional<std::uint8_t> byte_of_spelling(std::string_view spelling);
/// 10 → "<0x0A>".
std::string spelling_of_byte(std::uint8_t byte);

/// The bytes a token adds to the text. `is_byte`: the token is flagged to stand for one byte.
std::string token_text(TokenSpelling kind, std::string_view spelling, bool is_byte);

}  // namespace engine
