// TextCoder: plain text between control tokens → tokens; one implementation per kind of tokenizer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/bpe.h"

namespace engine {

class TextCoder {
 public:
  TextCoder() = default;
  TextCoder(const TextCoder&) = delete;
  TextCoder& operator=(const TextCoder&) = delete;
  virtual ~TextCoder() = default;

  /// Appends the tokens of text[begin, end), which is valid UTF-8 and shorter than 2^31. A token's
  /// length counts bytes of `text`. What the text needs beyond its end decides nothing: neighbours
  /// are control tokens. `cache` lives as long as `text`. TokenizerFault if the library behind it
  /// fails.
  virtual void encode(std::string_view text, std::size_t begin, std::size_t end, PieceCache* cache,
                      std::vector<BpeToken>* out) const = 0;

  /// "BPE", "SentencePiece BPE", …
  virtual std::string kind() const = 0;
  /// "deepseek-v3 pre-tokenizer", "no pre-tokenizer", …
  virtual std::string cutting() const = 0;
};

}  // namespace engine
