#include "engine/tokenizer/json_reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "engine/tokenizer/utf8.h"

namespace engine {
namespace {

constexpr int kMaxDepth = 60;  // one bit of `fresh_` each

}  // namespace

std::size_t JsonReader::line() const {
  const auto end = text_.begin() + static_cast<std::ptrdiff_t>(std::min(at_, text_.size()));
  return 1 + static_cast<std::size_t>(std::count(text_.begin(), end, '\n'));
}

void JsonReader::fail(const std::string& problem) const {
  throw JsonError(std::string("line ") + std::to_string(line()) + ", byte " + std::to_string(at_) +
                  ": " + problem);
}

void JsonReader::skip_space() {
  while (at_ < text_.size() &&
         (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t')) {
    ++at_;
  }
}

char JsonReader::current() {
  skip_space();
  if (at_ >= text_.size()) fail("the text ends in the middle of a value");
  return text_[at_];
}

void JsonReader::expect(char c) {
  if (current() != c) {
    fail(std::string("expected '") + c + "', found '" + text_[at_] + "'");
  }
  ++at_;
}

void JsonReader::expect_word(std::string_view word) {
  skip_space();
  if (text_.substr(at_, word.size()) != word) fail("expected a JSON value");
  at_ += word.size();
}

JsonReaderKind JsonReader::peek() {
  switch (current()) {
    case '{':
      return JsonReaderKind::Object;
    case '[':
      return JsonReaderKind::Array;
    case '"':
      return JsonReaderKind::String;
    case 't':
    case 'f':
      return JsonReaderKind::Boolean;
    case 'n':
      return JsonReaderKind::Null;
    default:
      return JsonReaderKind::Number;
  }
}

void JsonReader::read_null() { expect_word("null"); }

bool JsonReader::read_boolean() {
  const bool value = current() == 't';
  expect_word(value ? "true" : "false");
  return value;
}

double JsonReader::read_number(bool* is_integer, std::int64_t* integer) {
  current();
  const char* const begin = text_.data() + at_;
  const char* const end = text_.data() + text_.size();
  const char* stop = begin;
  const auto digits = [&] {
    const char* const from = stop;
    while (stop != end && *stop >= '0' && *stop <= '9') ++stop;
    if (stop == from) fail("expected a JSON value");
  };
  if (*stop == '-') ++stop;
  const bool leading_zero = stop != end && *stop == '0';
  const char* const first_digit = stop;
  digits();
  if (leading_zero && stop != first_digit + 1) fail("a number with a leading zero");
  *is_integer = true;
  if (stop != end && *stop == '.') {
    *is_integer = false;
    ++stop;
    digits();
  }
  if (stop != end && (*stop == 'e' || *stop == 'E')) {
    *is_integer = false;
    ++stop;
    if (stop != end && (*stop == '+' || *stop == '-')) ++stop;
    digits();
  }
  double value = 0;
  std::from_chars(begin, stop, value);
  if (*is_integer) *is_integer = std::from_chars(begin, stop, *integer).ec == std::errc{};
  at_ = static_cast<std::size_t>(stop - text_.data());
  return value;
}

std::int64_t JsonReader::read_integer() {
  if (peek() != JsonReaderKind::Number) fail("expected a whole number");
  bool is_integer = false;
  std::int64_t value = 0;
  read_number(&is_integer, &value);
  if (!is_integer) fail("expected a whole number below 2^63");
  return value;
}

std::string_view JsonReader::read_string() {
  expect('"');
  const std::size_t begin = at_;
  buffer_.clear();
  std::size_t copied = begin;
  while (true) {
    if (at_ >= text_.size()) fail("a string has no end");
    const auto c = static_cast<unsigned char>(text_[at_]);
    if (c == '"') break;
    if (c == '\\') {
      buffer_.append(text_, copied, at_ - copied);
      read_escape();
      copied = at_;
    } else if (c < 0x20) {
      fail("a control character inside a string");
    } else if (c < 0x80) {
      ++at_;
    } else {
      const Utf8Unit unit = decode_utf8(text_, at_);
      if (!unit.valid) fail("a string is not valid UTF-8");
      at_ += unit.length;
    }
  }
  const std::size_t end = at_++;
  if (copied == begin) return text_.substr(begin, end - begin);
  buffer_.append(text_, copied, end - copied);
  return buffer_;
}

char32_t JsonReader::read_hex4() {
  char32_t value = 0;
  for (int i = 0; i < 4; ++i, ++at_) {
    const char c = at_ < text_.size() ? text_[at_] : '\0';
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) fail("a \\u escape needs four hexadecimal digits");
    value = value * 16 + static_cast<char32_t>(digit);
  }
  return value;
}

void JsonReader::read_escape() {
  ++at_;
  const char kind = at_ < text_.size() ? text_[at_] : '\0';
  ++at_;
  constexpr std::string_view kNames = "\"\\/bfnrt";
  constexpr std::string_view kValues = "\"\\/\b\f\n\r\t";
  if (const std::size_t which = kNames.find(kind); kind != '\0' && which != kNames.npos) {
    buffer_.push_back(kValues[which]);
    return;
  }
  if (kind != 'u') fail("an unknown escape in a string");
  char32_t code_point = read_hex4();
  if (code_point >= 0xD800 && code_point < 0xDC00) {
    if (text_.substr(at_, 2) != "\\u") fail("half of a surrogate pair");
    at_ += 2;
    const char32_t low = read_hex4();
    if (low < 0xDC00 || low > 0xDFFF) fail("half of a surrogate pair");
    code_point = 0x10000 + ((code_point - 0xD800) << 10) + (low - 0xDC00);
  } else if (code_point >= 0xDC00 && code_point <= 0xDFFF) {
    fail("half of a surrogate pair");
  }
  append_utf8(&buffer_, code_point);
}

void JsonReader::begin_object() {
  expect('{');
  if (++depth_ > kMaxDepth) fail(std::string("nested deeper than ") + std::to_string(kMaxDepth));
  fresh_ |= std::uint64_t{1} << depth_;
}

void JsonReader::begin_array() {
  expect('[');
  if (++depth_ > kMaxDepth) fail(std::string("nested deeper than ") + std::to_string(kMaxDepth));
  fresh_ |= std::uint64_t{1} << depth_;
}

bool JsonReader::next_item(char close) {
  const std::uint64_t bit = std::uint64_t{1} << depth_;
  const bool first = (fresh_ & bit) != 0;
  fresh_ &= ~bit;
  if (current() == close) {
    ++at_;
    --depth_;
    return false;
  }
  if (!first) expect(',');
  return true;
}

bool JsonReader::next_key(std::string* key) {
  if (!next_item('}')) return false;
  if (peek() != JsonReaderKind::String) fail("expected a key in quotes");
  *key = read_string();
  expect(':');
  return true;
}

bool JsonReader::next_element() {
  if (!next_item(']')) return false;
  if (current() == ']') fail("a comma before ']'");
  return true;
}

void JsonReader::skip_value() {
  bool is_integer = false;
  std::int64_t integer = 0;
  switch (peek()) {
    case JsonReaderKind::Null:
      return read_null();
    case JsonReaderKind::Boolean:
      read_boolean();
      return;
    case JsonReaderKind::Number:
      read_number(&is_integer, &integer);
      return;
    case JsonReaderKind::String:
      read_string();
      return;
    case JsonReaderKind::Array:
      begin_array();
      while (next_element()) skip_value();
      return;
    case JsonReaderKind::Object: {
      std::string key;
      begin_object();
      while (next_key(&key)) skip_value();
      return;
    }
  }
}

void JsonReader::finish() {
  skip_space();
  if (at_ != text_.size()) fail("something follows the end of the document");
}

}  // namespace engine
