// Reads the vocabulary of a GGUF file into a VocabularyListing, for tests of the tokenizer alone.
// Trusts the file: the product's own reader is engine/checkpoint's.
#pragma once

#include <cstring>
#include <string>
#include <vector>

#include "engine/base/vocabulary_listing.h"

namespace engine::test {

class GgufVocabulary {
 public:
  explicit GgufVocabulary(const std::string& bytes) : bytes_(bytes) {}

  VocabularyListing read() {
    at_ = 16;
    for (auto n = number<std::uint64_t>(); n > 0; --n) {
      const std::string key = text();
      value(key, number<std::uint32_t>());
    }
    return listing_;
  }

 private:
  template <class T>
  T number() {
    T out{};
    std::memcpy(&out, bytes_.data() + at_, sizeof(T));
    at_ += sizeof(T);
    return out;
  }
  std::string text() {
    const auto length = number<std::uint64_t>();
    at_ += length;
    return bytes_.substr(at_ - length, length);
  }
  // Integers of any width; floats as their bits.
  std::int64_t scalar(std::uint32_t type) {
    if (type == 4) return number<std::uint32_t>();
    if (type == 5 || type == 6) return number<std::int32_t>();
    if (type == 0 || type == 1 || type == 7) return number<std::uint8_t>();
    if (type == 2 || type == 3) return number<std::uint16_t>();
    return number<std::int64_t>();
  }
  void value(const std::string& key, std::uint32_t type) {
    if (type == 8) {
      const std::string found = text();
      if (key == "tokenizer.ggml.model") listing_.model = found;
      if (key == "tokenizer.ggml.pre") listing_.pre = found;
      return;
    }
    if (type == 9) {
      const auto inner = number<std::uint32_t>();
      for (auto n = number<std::uint64_t>(); n > 0; --n) element(key, inner);
      return;
    }
    const std::int64_t found = scalar(type);
    const auto id = static_cast<std::int32_t>(found);
    if (key == "tokenizer.ggml.bos_token_id") listing_.bos = id;
    if (key == "tokenizer.ggml.eos_token_id") listing_.eos = id;
    if (key == "tokenizer.ggml.unknown_token_id") listing_.unknown = id;
    if (key == "tokenizer.ggml.padding_token_id") listing_.padding = id;
    if (key == "tokenizer.ggml.add_bos_token") listing_.add_bos = found != 0;
    if (key == "tokenizer.ggml.add_space_prefix") listing_.add_space_prefix = found != 0;
  }
  void element(const std::string& key, std::uint32_t type) {
    if (type == 8) {
      const std::string found = text();
      if (key == "tokenizer.ggml.tokens") listing_.tokens.push_back(found);
      if (key == "tokenizer.ggml.merges") listing_.merges.push_back(found);
      return;
    }
    const std::int64_t found = scalar(type);
    const auto bits = static_cast<std::int32_t>(found);
    if (key == "tokenizer.ggml.scores") {
      float score = 0;
      std::memcpy(&score, &bits, 4);
      listing_.scores.push_back(score);
    }
    if (key == "tokenizer.ggml.token_type") listing_.token_types.push_back(bits);
  }

  const std::string& bytes_;
  std::size_t at_ = 0;
  VocabularyListing listing_;
};

}  // namespace engine::test
