#include "engine/tokenizer/jinja/case_mapping.h"

#include <unicode/uchar.h>
#include <unicode/ustring.h>

#include <algorithm>
#include <vector>

#include "engine/tokenizer/utf8.h"

namespace engine::jinja {
namespace {

using CaseFunction = int32_t (*)(UChar*, int32_t, const UChar*, int32_t, const char*, UErrorCode*);

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::vector<UChar> to_utf16(std::string_view text) {
  std::vector<UChar> out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Unit unit = decode_utf8(text, at);
    if (unit.code_point < 0x10000) {
      out.push_back(static_cast<UChar>(unit.code_point));
    } else {
      out.push_back(static_cast<UChar>(0xD7C0 + (unit.code_point >> 10)));
      out.push_back(static_cast<UChar>(0xDC00 + (unit.code_point & 0x3FF)));
    }
    at += unit.length;
  }
  return out;
}

std::string to_utf8(const std::vector<UChar>& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char32_t c = text[i];
    if (c >= 0xD800 && c < 0xDC00 && i + 1 < text.size()) {
      c = 0x10000 + ((c - 0xD800) << 10) + (text[++i] - 0xDC00u);
    }
    append_utf8(&out, c);
  }
  return out;
}

// The root locale: no Turkish i, no Lithuanian dots.
std::string map_with(CaseFunction function, std::string_view text) {
  const std::vector<UChar> in = to_utf16(text);
  std::vector<UChar> out(in.size() * 3 + 4);  // no character grows beyond three
  UErrorCode status = U_ZERO_ERROR;
  const int32_t length = function(out.data(), static_cast<int32_t>(out.size()), in.data(),
                                  static_cast<int32_t>(in.size()), "", &status);
  if (U_FAILURE(status)) return std::string(text);
  out.resize(static_cast<std::size_t>(length));
  return to_utf8(out);
}

}  // namespace

std::string to_upper(std::string_view text) {
  if (!is_ascii(text)) return map_with(u_strToUpper, text);
  std::string out(text);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return out;
}

std::string to_lower(std::string_view text) {
  if (!is_ascii(text)) return map_with(u_strToLower, text);
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

std::string to_capitalized(std::string_view text) {
  if (text.empty()) return {};
  const Utf8Unit first = decode_utf8(text, 0);
  std::string out;
  if (first.valid) {
    append_utf8(&out, static_cast<char32_t>(u_totitle(static_cast<UChar32>(first.code_point))));
  } else {
    out.append(text.substr(0, first.length));
  }
  return out + to_lower(text.substr(first.length));
}

std::string to_title(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    const auto is_cased = [&text](std::size_t where, std::uint32_t* length) {
      const Utf8Unit unit = decode_utf8(text, where);
      *length = unit.length;
      return unit.valid &&
             u_hasBinaryProperty(static_cast<UChar32>(unit.code_point), UCHAR_CASED) != 0;
    };
    std::uint32_t length = 0;
    while (end < text.size() && is_cased(end, &length)) end += length;
    if (end > at) {
      out += to_capitalized(text.substr(at, end - at));
    } else {
      end = at + length;
      out.append(text.substr(at, length));
    }
    at = end;
  }
  return out;
}

bool is_alphabetic(char32_t c) { return u_isalpha(static_cast<UChar32>(c)) != 0; }
bool is_decimal_digit(char32_t c) { return u_isdigit(static_cast<UChar32>(c)) != 0; }
bool is_upper(char32_t c) { return u_isUUppercase(static_cast<UChar32>(c)) != 0; }
bool is_lower(char32_t c) { return u_isULowercase(static_cast<UChar32>(c)) != 0; }

}  // namespace engine::jinja
