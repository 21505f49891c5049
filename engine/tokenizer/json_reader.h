// JsonReader: a strict pull parser. Reads tokenizer.json straight into its tables, without building
// a tree first; every failure names its line.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

namespace engine {

/// Thrown inside the layer only; the public functions turn it into an Error.
struct JsonError : std::exception {
  explicit JsonError(std::string text) : message(std::move(text)) {}
  const char* what() const noexcept override { return message.c_str(); }
  std::string message;
};

enum class JsonReaderKind { Null, Boolean, Number, String, Array, Object };

class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : text_(text) {}

  JsonReaderKind peek();
  void read_null();
  bool read_boolean();
  double read_number(bool* is_integer, std::int64_t* integer);
  std::int64_t read_integer();
  /// The string's value; valid until the next read_string (or as long as the text, when it holds no
  /// escape).
  std::string_view read_string();

  /// `reader.begin_object(); while (reader.next_key(&key)) { …read the value… }`
  void begin_object();
  bool next_key(std::string* key);
  /// `reader.begin_array(); while (reader.next_element()) { …read the value… }`
  void begin_array();
  bool next_element();
  void skip_value();
  /// Nothing but white space may follow the value.
  void finish();

  [[noreturn]] void fail(const std::string& problem) const;  // "line 12: …"
  std::size_t line() const;

 private:
  void skip_space();
  char current();
  void expect(char c);
  void expect_word(std::string_view word);
  bool next_item(char close);
  char32_t read_hex4();
  void read_escape();

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  std::uint64_t fresh_ = 0;  // bit d: container at depth d has no item yet
  std::string buffer_;
};

}  // namespace engine
