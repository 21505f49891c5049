#include "engine/tokenizer/token_spelling.h"

#include "engine/tokenizer/byte_alphabet.h"

namespace engine {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

std::optional<std::uint8_t> byte_of_spelling(std::string_view spelling) {
  if (spelling.size() != 6 || !spelling.starts_with("<0x") || spelling[5] != '>') return {};
  const int high = hex_digit(spelling[3]);
  const int low = hex_digit(spelling[4]);
  if (high < 0 || low < 0) return {};
  return static_cast<std::uint8_t>(high * 16 + low);
}

std::string spelling_of_byte(std::uint8_t byte) {
  constexpr const char* kHex = "0123456789ABCDEF";
  return {'<', '0', 'x', kHex[byte >> 4], kHex[byte & 15], '>'};
}

std::string token_text(TokenSpelling kind, std::string_view spelling, bool is_byte) {
  if (kind == TokenSpelling::ByteAlphabet) return bytes_of_spelling(spelling);
  if (kind == TokenSpelling::Bytes) return std::string(spelling);
  if (is_byte) {
    if (const auto byte = byte_of_spelling(spelling)) {
      return std::string(1, static_cast<char>(*byte));
    }
  }
  std::string text;
  std::size_t at = 0;
  for (std::size_t hit = spelling.find(kMetaspace); hit != spelling.npos;
       hit = spelling.find(kMetaspace, at)) {
    text.append(spelling, at, hit - at);
    text.push_back(' ');
    at = hit + kMetaspace.size();
  }
  text.append(spelling, at);
  return text;
}

}  // namespace engine
