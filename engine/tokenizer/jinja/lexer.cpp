#include "engine/tokenizer/jinja/lexer.h"

#include <charconv>
#include <cstdlib>

#include "engine/tokenizer/jinja/value.h"
#include "engine/tokenizer/unicode_classes.h"
#include "engine/tokenizer/utf8.h"

namespace engine::jinja {
namespace {

// Every kind of line break becomes \n; one at the very end goes.
std::string with_plain_line_breaks(std::string_view source) {
  std::string out;
  out.reserve(source.size());
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (source[i] == '\r') {
      out.push_back('\n');
      if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
    } else {
      out.push_back(source[i]);
    }
  }
  if (out.ends_with('\n')) out.pop_back();
  return out;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

class Lexer {
 public:
  explicit Lexer(std::string source) : source_(std::move(source)), text_(source_) {}

  std::vector<Token> run() {
    while (at_ < text_.size()) {
      const std::size_t tag = find_tag();
      if (tag == text_.npos) {
        add_data(text_.substr(at_));
        at_ = text_.size();
        break;
      }
      take_tag(tag);
    }
    add(TokenKind::End, {});
    return std::move(tokens_);
  }

 private:
  [[noreturn]] void error(const std::string& problem) const {
    throw TemplateError{ErrorCode::InvalidFile, problem, line_};
  }

  std::size_t find_tag() const {
    for (std::size_t at = text_.find('{', at_); at != text_.npos; at = text_.find('{', at + 1)) {
      const char next = at + 1 < text_.size() ? text_[at + 1] : '\0';
      if (next == '{' || next == '%' || next == '#') return at;
    }
    return text_.npos;
  }

  void count_lines(std::string_view part) {
    for (const char c : part) line_ += c == '\n' ? 1 : 0;
  }

  void add(TokenKind kind, std::string text) {
    Token token;
    token.kind = kind;
    token.line = line_;
    token.text = std::move(text);
    tokens_.push_back(std::move(token));
  }

  void add_data(std::string_view data) {
    if (!data.empty()) add(TokenKind::Data, std::string(data));
  }

  // White space (as Python's) from the end of `data`.
  static std::string_view without_trailing_space(std::string_view data) {
    while (!data.empty()) {
      std::size_t start = data.size() - 1;
      while (start > 0 && (static_cast<unsigned char>(data[start]) & 0xC0) == 0x80) --start;
      const Utf8Unit unit = decode_utf8(data, start);
      if (!unit.valid || !is_python_space(unit.code_point)) break;
      data = data.substr(0, start);
    }
    return data;
  }

  void skip_space() {
    while (at_ < text_.size()) {
      const Utf8Unit unit = decode_utf8(text_, at_);
      if (!unit.valid || !is_python_space(unit.code_point)) break;
      if (text_[at_] == '\n') ++line_;
      at_ += unit.length;
    }
  }

  // The text before a tag, after what the tag's mark and lstrip_blocks take from it.
  void take_data(std::size_t tag, char mark, bool is_block) {
    const std::string_view before = text_.substr(at_, tag - at_);
    std::string_view data = before;
    if (mark == '-') {
      data = without_trailing_space(before);
    } else if (mark != '+' && is_block) {
      const std::size_t line_break = before.rfind('\n');
      const std::size_t line_start = line_break == before.npos ? 0 : line_break + 1;
      if ((line_start > 0 || at_line_start_) && line_start < before.size() &&
          without_trailing_space(before.substr(line_start)).empty()) {
        data = before.substr(0, line_start);
      }
    }
    add_data(data);
    count_lines(before);
    at_ = tag;
  }

  void take_tag(std::size_t tag) {
    const char kind = text_[tag + 1];
    const char mark = tag + 2 < text_.size() ? text_[tag + 2] : '\0';
    const bool marked = mark == '-' || mark == '+';
    take_data(tag, marked ? mark : '\0', kind != '{');
    const std::size_t begin = at_;
    at_ += marked ? 3 : 2;
    if (kind == '#') {
      take_comment();
    } else if (kind == '%' && take_raw()) {
      // its text is already data
    } else {
      take_expression(kind == '{');
    }
    at_line_start_ = at_ > begin && text_[at_ - 1] == '\n';
  }

  // After a block or comment: "-" takes all white space, "+" nothing, otherwise one line break.
  void after_block(char mark) {
    if (mark == '-') {
      skip_space();
    } else if (mark != '+' && at_ < text_.size() && text_[at_] == '\n') {
      ++line_;
      ++at_;
    }
  }

  void take_comment() {
    const std::size_t close = text_.find("#}", at_);
    if (close == text_.npos) error("a comment has no end");
    const char mark = close > at_ ? text_[close - 1] : '\0';
    count_lines(text_.substr(at_, close - at_));
    at_ = close + 2;
    after_block(mark == '-' || mark == '+' ? mark : '\0');
  }

  bool take_word(std::size_t* at, std::string_view word) const {
    std::size_t from = *at;
    while (from < text_.size() && is_python_space(static_cast<unsigned char>(text_[from]))) ++from;
    if (text_.substr(from, word.size()) != word) return false;
    from += word.size();
    while (from < text_.size() && is_python_space(static_cast<unsigned char>(text_[from]))) ++from;
    *at = from;
    return true;
  }

  // {% raw %} … {% endraw %}; false when this block is something else.
  bool take_raw() {
    std::size_t at = at_;
    if (!take_word(&at, "raw")) return false;
    const bool trim = text_.substr(at, 3) == "-%}";
    if (!trim && text_.substr(at, 2) != "%}") return false;
    count_lines(text_.substr(at_, at - at_));
    at_ = at + (trim ? 3 : 2);
    if (trim) skip_space();
    for (std::size_t tag = text_.find("{%", at_); tag != text_.npos;
         tag = text_.find("{%", tag + 1)) {
      const char mark = tag + 2 < text_.size() ? text_[tag + 2] : '\0';
      const bool marked = mark == '-' || mark == '+';
      std::size_t end = tag + (marked ? 3 : 2);
      if (!take_word(&end, "endraw")) continue;
      const char end_mark = end < text_.size() ? text_[end] : '\0';
      const bool end_marked = end_mark == '-' || end_mark == '+';
      if (text_.substr(end + (end_marked ? 1 : 0), 2) != "%}") continue;
      at_line_start_ = false;
      take_data(tag, marked ? mark : '\0', true);
      count_lines(text_.substr(tag, end - tag));
      at_ = end + (end_marked ? 3 : 2);
      after_block(end_marked ? end_mark : '\0');
      return true;
    }
    error("a raw block has no end");
  }

  void take_expression(bool is_variable) {
    add(is_variable ? TokenKind::VariableBegin : TokenKind::BlockBegin, {});
    const std::string_view close = is_variable ? "}}" : "%}";
    std::string open;  // brackets not yet closed: inside them "}}" is two braces
    while (true) {
      skip_space();
      if (at_ >= text_.size()) error(is_variable ? "'{{' has no '}}'" : "'{%' has no '%}'");
      if (open.empty()) {
        const char mark = text_[at_];
        const bool marked = mark == '-' || (mark == '+' && !is_variable);
        if (text_.substr(at_ + (marked ? 1 : 0), 2) == close) {
          at_ += marked ? 3 : 2;
          add(is_variable ? TokenKind::VariableEnd : TokenKind::BlockEnd, {});
          if (is_variable) {
            if (marked) skip_space();
          } else {
            after_block(marked ? mark : '\0');
          }
          return;
        }
      }
      take_token(&open);
    }
  }

  void take_token(std::string* open) {
    const char c = text_[at_];
    if (c == '"' || c == '\'') return take_string(c);
    if (is_digit(c)) return take_number();
    if (is_name_start(c)) {
      const std::size_t begin = at_;
      while (at_ < text_.size() && (is_name_start(text_[at_]) || is_digit(text_[at_]))) ++at_;
      return add(TokenKind::Name, std::string(text_.substr(begin, at_ - begin)));
    }
    for (const std::string_view op : {"**", "//", "==", "!=", ">=", "<="}) {
      if (text_.substr(at_, 2) == op) {
        at_ += 2;
        return add(TokenKind::Operator, std::string(op));
      }
    }
    if (std::string_view("+-/*%~[](){}<>=.:|,;").find(c) == std::string_view::npos) {
      error(std::string("unexpected character '") + c + "'");
    }
    if (c == '(' || c == '[' || c == '{') open->push_back(c == '(' ? ')' : c == '[' ? ']' : '}');
    if (c == ')' || c == ']' || c == '}') {
      if (open->empty() || open->back() != c) error(std::string("unexpected '") + c + "'");
      open->pop_back();
    }
    ++at_;
    add(TokenKind::Operator, std::string(1, c));
  }

  void take_number() {
    const std::size_t begin = at_;
    int base = 10;
    if (text_[at_] == '0' && at_ + 1 < text_.size()) {
      const char kind = static_cast<char>(text_[at_ + 1] | 0x20);
      base = kind == 'x' ? 16 : kind == 'o' ? 8 : kind == 'b' ? 2 : 10;
    }
    if (base != 10) at_ += 2;
    std::string digits;
    const auto take_digits = [&] {
      while (at_ < text_.size()) {
        const char c = text_[at_];
        const bool is_hex = base == 16 && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'));
        if (!is_digit(c) && c != '_' && !is_hex) break;
        if (c != '_') digits.push_back(c);
        ++at_;
      }
    };
    take_digits();
    bool is_float = false;
    if (base == 10 && at_ + 1 < text_.size() && text_[at_] == '.' && is_digit(text_[at_ + 1])) {
      is_float = true;
      digits.push_back('.');
      ++at_;
      take_digits();
    }
    if (base == 10 && at_ < text_.size() && (text_[at_] | 0x20) == 'e') {
      const std::size_t sign =
          at_ + 1 < text_.size() && (text_[at_ + 1] == '+' || text_[at_ + 1] == '-') ? 1 : 0;
      if (at_ + 1 + sign < text_.size() && is_digit(text_[at_ + 1 + sign])) {
        is_float = true;
        digits.append(text_.substr(at_, 1 + sign));
        at_ += 1 + sign;
        take_digits();
      }
    }
    add(is_float ? TokenKind::Float : TokenKind::Integer,
        std::string(text_.substr(begin, at_ - begin)));
    Token& token = tokens_.back();
    const char* const end = digits.data() + digits.size();
    const auto result = is_float ? std::from_chars(digits.data(), end, token.number)
                                 : std::from_chars(digits.data(), end, token.integer, base);
    if (result.ec != std::errc{} || result.ptr != end) error("a number that cannot be held");
  }

  void take_string(char quote) {
    const int line = line_;
    ++at_;
    std::string value;
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] == '\n') ++line_;
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
        ++at_;
        take_escape(&value);
      } else {
        value.push_back(text_[at_++]);
      }
    }
    if (at_ >= text_.size()) error("a string has no end");
    ++at_;
    add(TokenKind::String, std::move(value));
    tokens_.back().line = line;
  }

  // As in a Python string literal; unknown escapes keep their backslash.
  void take_escape(std::string* value) {
    const char c = text_[at_++];
    constexpr std::string_view kNames = "\\'\"abfnrtv";
    constexpr std::string_view kValues = "\\'\"\a\b\f\n\r\t\v";
    if (const std::size_t which = kNames.find(c); which != kNames.npos) {
      value->push_back(kValues[which]);
    } else if (c == '\n') {
      ++line_;
    } else if (c >= '0' && c <= '7') {
      char32_t code = static_cast<char32_t>(c - '0');
      for (int i = 0; i < 2 && at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '7'; ++i) {
        code = code * 8 + static_cast<char32_t>(text_[at_++] - '0');
      }
      append_utf8(value, code);
    } else if (c == 'x' || c == 'u' || c == 'U') {
      take_hex_escape(c == 'x' ? 2 : c == 'u' ? 4 : 8, value);
    } else if (c == 'N') {
      throw TemplateError{ErrorCode::Unsupported, "the escape \\N{…} is not supported", line_};
    } else {
      value->push_back('\\');
      value->push_back(c);
    }
  }

  void take_hex_escape(std::size_t n_digits, std::string* value) {
    const std::string_view digits = text_.substr(at_, n_digits);
    std::uint32_t code = 0;
    const char* const end = digits.data() + digits.size();
    const auto result = std::from_chars(digits.data(), end, code, 16);
    if (digits.size() < n_digits || result.ptr != end || code > 0x10FFFF) {
      error("a bad escape in a string");
    }
    if (code >= 0xD800 && code <= 0xDFFF) error("half of a surrogate pair in a string");
    at_ += n_digits;
    append_utf8(value, code);
  }

  std::string source_;
  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
  bool at_line_start_ = true;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokenize(std::string_view source) {
  return Lexer(with_plain_line_breaks(source)).run();
}

}  // namespace engine::jinja
