// ByteAlphabet: the one-to-one map between the 256 bytes and the printable characters that
// byte-level vocabularies are spelt in (GPT-2's).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace engine {

/// The code point that stands for `byte` (below U+0144).
char32_t byte_to_character(std::uint8_t byte);

/// The byte a code point stands for, if it is one of the 256.
std::optional<std::uint8_t> character_to_byte(char32_t code_point);

/// The bytes a spelling stands for. As the ByteLevel decoder does it: when any character lies
/// outside the alphabet the whole spelling stands for its own UTF-8 bytes.
std::string bytes_of_spelling(std::string_view spelling);

}  // namespace engine
