#include "engine/tokenizer/byte_alphabet.h"

#include <array>

#include "engine/tokenizer/utf8.h"

namespace engine {
namespace {

constexpr bool stands_for_itself(unsigned byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

struct Tables {
  std::array<std::uint16_t, 256> to_character{};
  std::array<std::int16_t, 0x144> to_byte{};
};

// The bytes that are not printable take U+0100, U+0101, … in increasing order.
constexpr Tables make_tables() {
  Tables tables;
  for (auto& entry : tables.to_byte) entry = -1;
  std::uint16_t next = 0x100;
  for (unsigned byte = 0; byte < 256; ++byte) {
    const auto character = stands_for_itself(byte) ? static_cast<std::uint16_t>(byte) : next++;
    tables.to_character[byte] = character;
    tables.to_byte[character] = static_cast<std::int16_t>(byte);
  }
  return tables;
}

constexpr Tables kTables = make_tables();

}  // namespace

char32_t byte_to_character(std::uint8_t byte) { return kTables.to_character[byte]; }

std::optional<std::uint8_t> character_to_byte(char32_t code_point) {
  if (code_point >= kTables.to_byte.size() || kTables.to_byte[code_point] < 0) return std::nullopt;
  return static_cast<std::uint8_t>(kTables.to_byte[code_point]);
}

std::string bytes_of_spelling(std::string_view spelling) {
  std::string out;
  out.reserve(spelling.size());
  for (std::size_t at = 0; at < spelling.size();) {
    const Utf8Unit unit = decode_utf8(spelling, at);
    const auto byte = unit.valid ? character_to_byte(unit.code_point) : std::nullopt;
    if (!byte) return std::string(spelling);
    out.push_back(static_cast<char>(*byte));
    at += unit.length;
  }
  return out;
}

}  // namespace engine
