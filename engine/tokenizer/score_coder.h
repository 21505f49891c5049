// ScoreCoder: SentencePiece's BPE over a listed vocabulary, as GGUF files of model "llama" have it:
// neighbours with the highest-scored joined piece first, single bytes for what is left.
#pragma once

#include <array>
#include <string>

#include "engine/tokenizer/piece_merger.h"
#include "engine/tokenizer/text_coder.h"

namespace engine {

class ScoreCoder : public TextCoder {
 public:
  struct Setup {
    PieceMerger merger;
    std::array<std::int32_t, 256> byte_ids{};  // -1: no token for this byte
    std::int32_t unknown = -1;
    bool space_prefix = true;  // every stretch of text begins with a space of its own
  };
  /// `vocabulary` must outlive the coder.
  ScoreCoder(const Vocabulary& vocabulary, Setup setup)
      : vocabulary_(vocabulary), setup_(std::move(setup)) {}

  void encode(std::string_view text, std::size_t begin, std::size_t end, PieceCache* cache,
              std::vector<BpeToken>* out) const override;
  std::string kind() const override { return "SentencePiece BPE"; }
  std::string cutting() const override { return "whole text"; }

 private:
  const Vocabulary& vocabulary_;
  Setup setup_;
};

}  // namespace engine
