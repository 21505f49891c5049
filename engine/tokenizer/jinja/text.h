// Text: a string that remembers which message each of its bytes came from. Bytes of the template
// itself have no message; only they may become control tokens.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace engine::jinja {

struct Origin {
  std::int32_t message = -1;  // -1: the template's own text
  std::size_t begin = 0;      // byte offset in that message's content
  bool operator==(const Origin&) const = default;
};

/// Consecutive bytes with one origin. `exact`: byte i of the run is byte origin.begin + i of the
/// message; otherwise the run was made from what stands there (upper case, JSON escapes, …).
struct Run {
  std::size_t length = 0;
  Origin origin;
  bool exact = true;
  bool operator==(const Run&) const = default;
};

class Text {
 public:
  Text() = default;
  explicit Text(std::string template_text) : bytes_(std::move(template_text)) {}
  static Text of_message(std::string content, std::int32_t message, std::size_t begin = 0);

  const std::string& bytes() const { return bytes_; }
  std::size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }

  /// The runs in order; they tile the bytes.
  std::vector<Run> runs() const;
  /// The origin of the first byte in [begin, end) that came from a message, if there is one;
  /// otherwise the template's.
  Origin first_message_origin(std::size_t begin, std::size_t end) const;

  Text slice(std::size_t begin, std::size_t end) const;
  void append(std::string_view template_text);
  void append(const Text& other) { append_slice(other, 0, other.size()); }
  void append_slice(const Text& other, std::size_t begin, std::size_t end);
  /// Bytes made out of other[begin, end): they belong to its message, or to the template when it
  /// has none.
  void append_derived(std::string_view bytes, const Text& other, std::size_t begin,
                      std::size_t end);
  void reserve(std::size_t n_bytes) { bytes_.reserve(n_bytes); }

 private:
  void add_run(const Run& run);

  std::string bytes_;
  std::vector<Run> runs_;  // empty: everything is the template's own text
};

}  // namespace engine::jinja
