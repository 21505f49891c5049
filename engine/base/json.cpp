// The forward reader: grammar, encoding and depth are checked here and nowhere else.
#include "engine/base/json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "engine/base/utf8.h"

namespace engine {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Length of the number at the front of `text` by the grammar; 0 when there is none.
std::size_t number_length(std::string_view text) {
  std::size_t i = 0;
  const auto at = [&](std::size_t k) { return k < text.size() ? text[k] : '\0'; };
  const auto digits = [&] {
    const std::size_t start = i;
    while (is_digit(at(i))) ++i;
    return i > start;
  };
  if (at(i) == '-') ++i;
  if (at(i) == '0') {
    ++i;
  } else if (!digits()) {
    return 0;
  }
  if (at(i) == '.') {
    ++i;
    if (!digits()) return 0;
  }
  if (at(i) == 'e' || at(i) == 'E') {
    ++i;
    if (at(i) == '+' || at(i) == '-') ++i;
    if (!digits()) return 0;
  }
  return i;
}

}  // namespace

std::string_view json_kind_name(JsonKind kind) {
  switch (kind) {
    case JsonKind::Object:
      return "an object";
    case JsonKind::Array:
      return "an array";
    case JsonKind::String:
      return "a string";
    case JsonKind::Number:
      return "a number";
    case JsonKind::Boolean:
      return "true or false";
    case JsonKind::Null:
      return "null";
  }
  return "a value";
}

std::optional<std::int64_t> json_integer(std::string_view spelling) {
  std::int64_t value = 0;
  const char* end = spelling.data() + spelling.size();
  const auto [stop, error] = std::from_chars(spelling.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> json_unsigned(std::string_view spelling) {
  std::uint64_t value = 0;
  const char* end = spelling.data() + spelling.size();
  const auto [stop, error] = std::from_chars(spelling.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::optional<double> json_double(std::string_view spelling) {
  double value = 0.0;
  const char* end = spelling.data() + spelling.size();
  const auto [stop, error] = std::from_chars(spelling.data(), end, value);
  if (error != std::errc() || stop != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::string line_and_column(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t newline = before.rfind('\n');
  const std::string_view row =
      newline == std::string_view::npos ? before : before.substr(newline + 1);
  const auto column =
      std::count_if(row.begin(), row.end(),
                    [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }) +
      1;
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

Result<JsonCursor> JsonCursor::create(std::string_view text, std::string_view file, int max_depth,
                                      JsonPlaces places) {
  const JsonCursor cursor(text, file, max_depth, places);
  if (text.substr(0, 3) == "\xEF\xBB\xBF") {
    return cursor.error_at(
        0, "found a byte order mark, allowed plain UTF-8; save the file without it");
  }
  const std::string_view first = text.substr(0, 2);
  if (first == "\xFF\xFE" || first == "\xFE\xFF" || first == std::string_view("{\0", 2) ||
      first == std::string_view("\0{", 2)) {
    return cursor.error_at(0, "found UTF-16 text, allowed UTF-8; save the file as UTF-8");
  }
  const std::size_t invalid = find_invalid_utf8(text);
  if (invalid != std::string_view::npos) {
    char byte[16];
    std::snprintf(byte, sizeof(byte), "0x%02X", static_cast<unsigned char>(text[invalid]));
    return cursor.error_at(invalid,
                           std::string("found the byte ") + byte + ", allowed well-formed UTF-8");
  }
  return cursor;
}

unexpected<Error> JsonCursor::error_at(std::size_t offset, const std::string& problem) const {
  const std::string place = places_.as_bytes ? "byte " + std::to_string(places_.first_byte + offset)
                                             : line_and_column(text_, offset);
  return fail(ErrorCode::InvalidFile, file_ + " (" + place + "): " + problem);
}

std::size_t JsonCursor::offset() {
  skip_space();
  return at_;
}

void JsonCursor::skip_space() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c != ' ' && c != '\n' && c != '\t' && c != '\r') return;
    ++at_;
  }
}

/// What stands at the cursor, for a message; common departures from JSON by name.
std::string JsonCursor::found() const {
  if (at_ >= text_.size()) return "found the end of the text";
  const std::string_view rest = text_.substr(at_);
  if (rest[0] == '/' || rest[0] == '#') return "found a comment (JSON has none)";
  if (rest[0] == '\'') return "found a single quote (JSON strings stand in double quotes)";
  if (rest.starts_with("NaN") || rest.starts_with("Infinity") || rest.starts_with("-Infinity")) {
    return "found NaN or Infinity (JSON has neither)";
  }
  const std::size_t length = std::max<std::size_t>(1, utf8_sequence_length(rest));
  const auto byte = static_cast<unsigned char>(rest[0]);
  if (byte < 0x20U || byte == 0x7FU) {
    char escape[16];
    std::snprintf(escape, sizeof(escape), "0x%02X", byte);
    return std::string("found the control character ") + escape;
  }
  return "found '" + std::string(rest.substr(0, length)) + "'";
}

Result<JsonKind> JsonCursor::kind() {
  skip_space();
  switch (peek()) {
    case '{':
      return JsonKind::Object;
    case '[':
      return JsonKind::Array;
    case '"':
      return JsonKind::String;
    case 't':
    case 'f':
      return JsonKind::Boolean;
    case 'n':
      return JsonKind::Null;
    default:
      if (is_digit(peek()) || (peek() == '-' && number_length(text_.substr(at_)) > 0)) {
        return JsonKind::Number;
      }
      return error_at(at_, found() + ", allowed a value");
  }
}

Result<void> JsonCursor::enter(bool is_object) {
  skip_space();
  if (peek() != (is_object ? '{' : '[')) {
    return error_at(at_, found() + ", allowed " + (is_object ? "an object" : "an array"));
  }
  if (levels_.size() >= max_depth_) {
    return error_at(at_, "found nesting deeper than " + std::to_string(max_depth_) +
                             " levels, allowed " + std::to_string(max_depth_));
  }
  ++at_;
  levels_.push_back({is_object, false});
  return {};
}

Result<void> JsonCursor::enter_object() { return enter(true); }
Result<void> JsonCursor::enter_array() { return enter(false); }

/// Passes the comma before a member, or the closing bracket.
Result<bool> JsonCursor::next_member(char close) {
  skip_space();
  Level& level = levels_.back();
  if (at_ < text_.size() && peek() == close) {
    ++at_;
    levels_.pop_back();
    return false;
  }
  if (level.has_members) {
    if (peek() != ',') return error_at(at_, found() + ", allowed ',' or '" + close + "'");
    ++at_;
    skip_space();
    if (peek() == close) {
      return error_at(at_, "found a trailing comma, allowed another member or none");
    }
  }
  level.has_members = true;
  return true;
}

Result<bool> JsonCursor::next_key(std::string* key) {
  ASSIGN_OR_RETURN(const bool more, next_member('}'));
  if (!more) return false;
  if (peek() != '"') return error_at(at_, found() + ", allowed a key in double quotes");
  RETURN_IF_ERROR(scan_string(key));
  skip_space();
  if (peek() != ':') return error_at(at_, found() + ", allowed ':' after a key");
  ++at_;
  return true;
}

Result<bool> JsonCursor::next_item() { return next_member(']'); }

Result<void> JsonCursor::read_string(std::string* out) {
  skip_space();
  if (peek() != '"') return error_at(at_, found() + ", allowed a string");
  return scan_string(out);
}

/// Passes a string; `out` may be null.
Result<void> JsonCursor::scan_string(std::string* out) {
  const std::size_t start = at_;
  if (out != nullptr) out->clear();
  ++at_;
  while (true) {
    const std::size_t piece = at_;
    while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\\' &&
           static_cast<unsigned char>(text_[at_]) >= 0x20U) {
      ++at_;
    }
    if (out != nullptr) out->append(text_.substr(piece, at_ - piece));
    if (at_ >= text_.size()) return error_at(start, "found a string that does not end");
    if (text_[at_] == '"') break;
    if (text_[at_] != '\\') {
      return error_at(at_, found() + " in a string, allowed only as an escape such as \\n");
    }
    RETURN_IF_ERROR(scan_escape(out));
  }
  ++at_;
  return {};
}

Result<void> JsonCursor::scan_escape(std::string* out) {
  constexpr std::string_view kLetters = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  const std::size_t start = at_;
  ++at_;
  const std::size_t letter = at_ < text_.size() ? kLetters.find(peek()) : std::string_view::npos;
  if (letter != std::string_view::npos) {
    ++at_;
    if (out != nullptr) out->push_back(kMeanings[letter]);
    return {};
  }
  if (peek() != 'u') return error_at(start, "found an unknown escape, allowed those of JSON");
  ++at_;
  ASSIGN_OR_RETURN(char32_t code, scan_hex4());
  if (code >= 0xDC00U && code <= 0xDFFFU) {
    return error_at(start, "found the second half of a surrogate pair without the first");
  }
  if (code >= 0xD800U && code <= 0xDBFFU) {
    if (text_.substr(at_, 2) != "\\u") {
      return error_at(start, "found the first half of a surrogate pair without the second");
    }
    at_ += 2;
    ASSIGN_OR_RETURN(const char32_t low, scan_hex4());
    if (low < 0xDC00U || low > 0xDFFFU) {
      return error_at(start, "found the first half of a surrogate pair without the second");
    }
    code = 0x10000U + ((code - 0xD800U) << 10) + (low - 0xDC00U);
  }
  if (out != nullptr) append_utf8(code, out);
  return {};
}

Result<char32_t> JsonCursor::scan_hex4() {
  const std::string_view digits = text_.substr(std::min(at_, text_.size()), 4);
  std::uint32_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value, 16);
  if (digits.size() != 4 || error != std::errc() || stop != end) {
    return error_at(at_, "found \\u without four hexadecimal digits");
  }
  at_ += 4;
  return static_cast<char32_t>(value);
}

Result<std::string_view> JsonCursor::read_number() {
  skip_space();
  const std::size_t length = number_length(text_.substr(at_));
  if (length == 0) {
    return error_at(at_, (is_digit(peek()) ? "found a malformed number" : found()) +
                             std::string(", allowed a number such as 1 or -2.5e3"));
  }
  const std::string_view spelling = text_.substr(at_, length);
  at_ += length;
  if (is_digit(peek()) || peek() == '.') {
    return error_at(at_ - length, "found a malformed number, such as one with leading zeros");
  }
  return spelling;
}

Result<void> JsonCursor::expect_word(std::string_view word) {
  skip_space();
  if (text_.substr(at_, word.size()) != word) {
    return error_at(at_, found() + ", allowed a value such as " + std::string(word));
  }
  at_ += word.size();
  return {};
}

Result<bool> JsonCursor::read_boolean() {
  skip_space();
  const bool value = peek() == 't';
  RETURN_IF_ERROR(expect_word(value ? "true" : "false"));
  return value;
}

Result<void> JsonCursor::read_null() { return expect_word("null"); }

Result<void> JsonCursor::skip_scalar(JsonKind kind) {
  switch (kind) {
    case JsonKind::String:
      return scan_string(nullptr);
    case JsonKind::Number:
      RETURN_IF_ERROR(read_number());
      return {};
    case JsonKind::Boolean:
      RETURN_IF_ERROR(read_boolean());
      return {};
    default:
      return read_null();
  }
}

Result<void> JsonCursor::skip() {
  const std::size_t depth = levels_.size();
  std::string key;
  do {
    if (levels_.size() > depth) {
      ASSIGN_OR_RETURN(const bool more, levels_.back().is_object ? next_key(&key) : next_item());
      if (!more) continue;
    }
    ASSIGN_OR_RETURN(const JsonKind value, kind());
    if (value == JsonKind::Object || value == JsonKind::Array) {
      RETURN_IF_ERROR(enter(value == JsonKind::Object));
    } else {
      RETURN_IF_ERROR(skip_scalar(value));
    }
  } while (levels_.size() > depth);
  return {};
}

Result<void> JsonCursor::finish() {
  skip_space();
  if (at_ >= text_.size()) return {};
  if (peek() == '\0') {
    return error_at(at_, "padded with NUL; only spaces (0x20) are allowed there");
  }
  return error_at(at_, found() + " after the end of the value, allowed nothing");
}

}  // namespace engine
