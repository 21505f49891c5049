// MetaspaceCoder: tokenizer.json's BPE over characters with U+2581 for spaces and single bytes for
// what the vocabulary lacks (llama, Mistral, Mixtral).
#pragma once

#include <array>
#include <string>

#include "engine/tokenizer/text_coder.h"
#include "engine/tokenizer/vocabulary.h"

namespace engine {

class MetaspaceCoder : public TextCoder {
 public:
  enum class Prefix {
    Never,
    Always,            // normalizer Prepend: also before a space
    UnlessSpace,       // Metaspace "always": not where a space is already
    FirstUnlessSpace,  // Metaspace "first": the same, at the beginning of the whole text only
  };
  struct Setup {
    Prefix prefix = Prefix::Always;
    bool split = false;  // every U+2581 begins a piece
    BpeModel bpe;
    std::vector<std::uint8_t> in_model;      // [id]
    std::array<std::int32_t, 256> byte_ids;  // -1: no token for this byte
    bool byte_fallback = false;
    std::int32_t unknown = -1;
    bool fuse_unknown = false;
    bool ignore_merges = false;
  };
  /// `vocabulary` must outlive the coder.
  MetaspaceCoder(const Vocabulary& vocabulary, Setup setup)
      : vocabulary_(vocabulary), setup_(std::move(setup)) {}

  void encode(std::string_view text, std::size_t begin, std::size_t end, PieceCache* cache,
              std::vector<BpeToken>* out) const override;
  std::string kind() const override { return "BPE"; }
  std::string cutting() const override {
    return setup_.split ? "cut at spaces (metaspace)" : "whole text (metaspace)";
  }

 private:
  bool needs_prefix(std::string_view stretch, std::size_t begin) const;
  std::int32_t model_id(std::string_view spelling) const;
  void encode_piece(std::string_view piece, std::vector<BpeToken>* out) const;

  const Vocabulary& vocabulary_;
  Setup setup_;
};

}  // namespace engine
