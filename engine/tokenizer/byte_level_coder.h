// ByteLevelCoder: text is cut by a pre-tokenizer, and the bytes of each piece are merged: by a
// list of merges (tokenizer.json, GGUF's "gpt2") or by the tokens' own ranks (tiktoken).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engine/tokenizer/piece_merger.h"
#include "engine/tokenizer/pre_tokenizer.h"
#include "engine/tokenizer/text_coder.h"
#include "engine/tokenizer/unicode_classes.h"

namespace engine {

class ByteLevelCoder : public TextCoder {
 public:
  struct Setup {
    PreTokenizer pre_tokenizer;
    std::string pre_tokenizer_name;  // for descriptions
    BpeModel bpe;
    bool ignore_merges = false;  // a piece that is a token is that token
    // [id]: tokens that whole pieces may be, for `ignore_merges`.
    std::vector<std::uint8_t> in_model;
  };
  /// `vocabulary` must outlive the coder.
  ByteLevelCoder(const Vocabulary& vocabulary, Setup setup)
      : vocabulary_(vocabulary), setup_(std::move(setup)) {}

  void encode(std::string_view text, std::size_t begin, std::size_t end, PieceCache* cache,
              std::vector<BpeToken>* out) const override;
  std::string kind() const override { return "BPE"; }
  std::string cutting() const override { return setup_.pre_tokenizer_name + " pre-tokenizer"; }

 private:
  std::optional<std::int32_t> whole_token(std::string_view piece) const;

  const Vocabulary& vocabulary_;
  Setup setup_;
  UnicodeClasses classes_;
};

/// tiktoken: the vocabulary is spelt in bytes, and the token's id is its rank.
class RankCoder : public TextCoder {
 public:
  RankCoder(const Vocabulary& vocabulary, PieceMerger merger, PreTokenizer pre_tokenizer,
            std::string pre_tokenizer_name)
      : vocabulary_(vocabulary),
        merger_(std::move(merger)),
        pre_tokenizer_(std::move(pre_tokenizer)),
        pre_tokenizer_name_(std::move(pre_tokenizer_name)) {}

  void encode(std::string_view text, std::size_t begin, std::size_t end, PieceCache* cache,
              std::vector<BpeToken>* out) const override;
  std::string kind() const override { return "tiktoken BPE"; }
  std::string cutting() const override { return pre_tokenizer_name_ + " pre-tokenizer"; }

 private:
  void encode_piece(std::string_view piece, std::vector<BpeToken>* out) const;

  const Vocabulary& vocabulary_;
  PieceMerger merger_;
  PreTokenizer pre_tokenizer_;
  std::string pre_tokenizer_name_;
  UnicodeClasses classes_;
};

}  // namespace engine
