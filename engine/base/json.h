// Strict JSON (RFC 8259) from files nobody vouches for. JsonCursor reads forward without building
// anything, for large files; parse_json builds a small tree that remembers where each value stood.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"

namespace engine {

enum class JsonKind { Object, Array, String, Number, Boolean, Null };

/// "an object", "a string", …
std::string_view json_kind_name(JsonKind kind);

/// The integer a number's spelling stands for; nothing for fractions, exponents and overflow.
std::optional<std::int64_t> json_integer(std::string_view spelling);
/// The same for offsets and sizes: no sign at all, up to 2^64 − 1.
std::optional<std::uint64_t> json_unsigned(std::string_view spelling);
/// Nothing when the value does not fit a double.
std::optional<double> json_double(std::string_view spelling);

/// How messages name a place: in a text a person edits, or in a binary header that starts at a byte
/// of its file.
struct JsonPlaces {
  bool as_bytes = false;
  std::uint64_t first_byte = 0;
};

/// Reads one JSON text from front to back. Depth is limited, recursion is not used. After an error
/// the cursor must not be used further.
class JsonCursor {
 public:
  /// Checks the encoding of the whole text. `text` must outlive the cursor; `file` is for messages.
  static Result<JsonCursor> create(std::string_view text, std::string_view file, int max_depth,
                                   JsonPlaces places = {});

  /// Kind of the value that comes next, by its first character.
  Result<JsonKind> kind();
  Result<void> enter_object();
  /// True: `key` is set and its value comes next. False: the object has ended.
  Result<bool> next_key(std::string* key);
  Result<void> enter_array();
  Result<bool> next_item();
  Result<void> read_string(std::string* out);
  /// The spelling, checked against the grammar.
  Result<std::string_view> read_number();
  Result<bool> read_boolean();
  Result<void> read_null();
  /// Passes over a whole value, checking it.
  Result<void> skip();
  /// Nothing but white space may follow the one value.
  Result<void> finish();

  /// Where the next value starts (white space passed over).
  std::size_t offset();
  /// `file (line 3, column 7): problem` at that offset.
  unexpected<Error> error_at(std::size_t offset, const std::string& problem) const;
  unexpected<Error> error_here(const std::string& problem) { return error_at(offset(), problem); }

 private:
  struct Level {
    bool is_object = false;
    bool has_members = false;
  };
  JsonCursor(std::string_view text, std::string_view file, int max_depth, JsonPlaces places)
      : text_(text),
        file_(file),
        max_depth_(static_cast<std::size_t>(max_depth)),
        places_(places) {}

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_space();
  Result<void> enter(bool is_object);
  Result<bool> next_member(char close);
  Result<void> scan_string(std::string* out);
  Result<void> scan_escape(std::string* out);
  Result<char32_t> scan_hex4();
  Result<void> skip_scalar(JsonKind kind);
  Result<void> expect_word(std::string_view word);
  std::string found() const;

  std::string_view text_;
  std::string file_;
  std::size_t max_depth_;
  JsonPlaces places_;
  std::size_t at_ = 0;
  std::vector<Level> levels_;
};

/// One value of a small document.
struct JsonValue {
  JsonKind kind = JsonKind::Null;
  bool boolean = false;
  std::string text;  // a string's contents, or a number's spelling
  std::vector<JsonValue> items;
  std::vector<std::pair<std::string, JsonValue>> members;  // in file order, keys distinct
  std::size_t offset = 0;                                  // in the text

  /// Null when there is no such member.
  const JsonValue* find(std::string_view key) const;
};

struct JsonLimits {
  int max_depth = 32;
  std::size_t max_values = 200'000;
};

/// Parses a whole text. Duplicate keys are refused with both places.
Result<JsonValue> parse_json(std::string_view text, std::string_view file, JsonLimits limits = {});

/// "line 3, column 7" of an offset in a text; columns count code points from 1.
std::string line_and_column(std::string_view text, std::size_t offset);

/// `text` as a JSON string literal, quotes included; invalid UTF-8 becomes U+FFFD.
std::string json_quoted(std::string_view text);

}  // namespace engine
