// Utf8Stream: bytes of successive tokens in, whole characters out. Keeps an incomplete tail until
// it is complete.
#pragma once

#include <string>
#include <string_view>

namespace engine {

class Utf8Stream {
 public:
  /// Appends bytes; returns the text that is now complete. Bytes that can never become valid are
  /// U+FFFD each.
  std::string push(std::string_view bytes);
  /// What is left at the end, as U+FFFD; empty when nothing is pending.
  std::string finish();

 private:
  std::string pending_;
};

/// `text` with every invalid byte replaced by U+FFFD (maximal subparts, Unicode 15 §3.9).
std::string sanitize_utf8(std::string_view text);

}  // namespace engine
