// MetaspaceText: text as SentencePiece vocabularies spell it (U+2581 for a space), with the way
// back to the original's offsets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace engine {

struct MetaspaceText {
  std::string text;
  /// [text.size() + 1]: how many bytes of the original lie before this byte.
  std::vector<std::uint32_t> origin;

  /// Every space of `original` becomes U+2581; `prefix` puts one more in front.
  MetaspaceText(std::string_view original, bool prefix);
};

}  // namespace engine
