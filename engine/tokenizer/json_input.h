// JsonInput: base's JsonCursor for loaders that give up by throwing TokenizerFault.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/json.h"
#include "engine/tokenizer/tokenizer_fault.h"

namespace engine {

class JsonInput {
 public:
  /// Checks the encoding of the whole text, which must outlive the input.
  JsonInput(std::string_view text, std::string_view file)
      : cursor_(get(JsonCursor::create(text, file, kMaxDepth))) {}

  JsonKind peek() { return get(cursor_.kind()); }
  void read_null() { get(cursor_.read_null()); }
  bool read_boolean() { return get(cursor_.read_boolean()); }
  double read_number();
  /// A number as it is written.
  std::string_view read_spelling() { return get(cursor_.read_number()); }
  std::int64_t read_integer();
  /// Valid until the next string is read.
  const std::string& read_string() {
    get(cursor_.read_string(&string_));
    return string_;
  }
  /// `input.begin_object(); while (input.next_key(&key)) { …read the value… }`
  void begin_object() { get(cursor_.enter_object()); }
  bool next_key(std::string* key) { return get(cursor_.next_key(key)); }
  /// `input.begin_array(); while (input.next_element()) { …read the value… }`
  void begin_array() { get(cursor_.enter_array()); }
  bool next_element() { return get(cursor_.next_item()); }
  void skip_value() { get(cursor_.skip()); }
  void finish() { get(cursor_.finish()); }

  [[noreturn]] void fail(const std::string& problem);    // the file is wrong here
  [[noreturn]] void refuse(const std::string& problem);  // right, but cannot be reproduced

 private:
  static constexpr int kMaxDepth = 64;
  template <class T>
  static T get(Result<T>&& result) {
    if (!result) throw TokenizerFault(result.error().code, std::move(result.error().message));
    if constexpr (!std::is_void_v<T>) return *std::move(result);
  }

  JsonCursor cursor_;
  std::string string_;
};

}  // namespace engine
