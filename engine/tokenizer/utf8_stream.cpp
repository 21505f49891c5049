#include "engine/tokenizer/utf8_stream.h"

#include <cstring>

#include "engine/tokenizer/utf8.h"

namespace engine {
namespace {

struct LeadRule {
  int extra = -1;                         // continuation bytes, -1: not a lead byte
  unsigned char low = 0x80, high = 0xBF;  // bounds of the second byte
};

// Table 3-7 of the Unicode standard: no overlong forms, no surrogates, nothing above U+10FFFF.
LeadRule lead_rule(unsigned char lead) {
  if (lead >= 0xC2 && lead <= 0xDF) return {1, 0x80, 0xBF};
  if (lead == 0xE0) return {2, 0xA0, 0xBF};
  if (lead == 0xED) return {2, 0x80, 0x9F};
  if (lead >= 0xE1 && lead <= 0xEF) return {2, 0x80, 0xBF};
  if (lead == 0xF0) return {3, 0x90, 0xBF};
  if (lead >= 0xF1 && lead <= 0xF3) return {3, 0x80, 0xBF};
  if (lead == 0xF4) return {3, 0x80, 0x8F};
  return {};
}

}  // namespace

Utf8Unit decode_utf8(std::string_view text, std::size_t at, bool* truncated) {
  if (truncated != nullptr) *truncated = false;
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) return {lead, 1, true};
  const LeadRule rule = lead_rule(lead);
  if (rule.extra < 0) return {0xFFFD, 1, false};
  char32_t code_point = lead & (0x3Fu >> rule.extra);
  std::uint32_t length = 1;
  for (int i = 0; i < rule.extra; ++i, ++length) {
    if (at + length >= text.size()) {
      if (truncated != nullptr) *truncated = true;
      return {0xFFFD, length, false};
    }
    const auto byte = static_cast<unsigned char>(text[at + length]);
    const unsigned char low = i == 0 ? rule.low : 0x80;
    const unsigned char high = i == 0 ? rule.high : 0xBF;
    if (byte < low || byte > high) return {0xFFFD, length, false};
    code_point = (code_point << 6) | (byte & 0x3Fu);
  }
  return {code_point, length, true};
}

void append_utf8(std::string* out, char32_t code_point) {
  const auto put = [out](char32_t byte) { out->push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | (code_point >> 6));
    put(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    put(0xE0 | (code_point >> 12));
    put(0x80 | ((code_point >> 6) & 0x3F));
    put(0x80 | (code_point & 0x3F));
  } else {
    put(0xF0 | (code_point >> 18));
    put(0x80 | ((code_point >> 12) & 0x3F));
    put(0x80 | ((code_point >> 6) & 0x3F));
    put(0x80 | (code_point & 0x3F));
  }
}

std::string Utf8Stream::push(std::string_view bytes) {
  pending_.append(bytes);
  std::string out;
  std::size_t at = 0;
  while (at < pending_.size()) {
    bool truncated = false;
    const Utf8Unit unit = decode_utf8(pending_, at, &truncated);
    if (truncated) break;
    if (unit.valid) {
      out.append(pending_, at, unit.length);
    } else {
      out.append(kReplacementCharacter);
    }
    at += unit.length;
  }
  pending_.erase(0, at);
  return out;
}

std::string Utf8Stream::finish() {
  std::string out;
  if (!pending_.empty()) out = kReplacementCharacter;  // one incomplete character is all it can be
  pending_.clear();
  return out;
}

std::string sanitize_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t bad = find_invalid_utf8(text.substr(at));
    if (bad == std::string_view::npos) break;
    out.append(text, at, bad);
    out.append(kReplacementCharacter);
    at += bad + decode_utf8(text, at + bad).length;
  }
  out.append(text.substr(at));
  return out;
}

}  // namespace engine
