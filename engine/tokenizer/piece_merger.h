// PieceMerger: byte-pair merging where the rank belongs to the joined piece, as SentencePiece (by
// score) and tiktoken (by id) have it. The neighbours whose joined text is the best-ranked piece
// are joined first, leftmost among equals.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/tokenizer/vocabulary.h"

namespace engine {

class PieceMerger {
 public:
  static constexpr std::uint32_t kNotAPiece = ~std::uint32_t{0};

  struct Part {
    std::uint32_t begin = 0;  // of the text
    std::uint32_t length = 0;
    std::int32_t id = -1;  // -1: no piece is spelt like this
  };

  /// Lower ranks are joined first. Ids without a rank are never the result of joining.
  void set_rank(std::int32_t id, std::uint32_t rank, std::size_t spelling_bytes);

  /// The piece spelt exactly like this, if it has a rank; -1 otherwise.
  std::int32_t piece(const Vocabulary& vocabulary, std::string_view spelling) const;

  /// `parts` tile a stretch of `text`; joins them until nothing can be joined, and sets their ids.
  void merge(const Vocabulary& vocabulary, std::string_view text, std::vector<Part>* parts) const;

 private:
  struct Joint {
    std::uint32_t rank = kNotAPiece;
    std::int32_t id = -1;
  };
  struct Chain;
  Joint joint(const Vocabulary& vocabulary, std::string_view text, const Part& left,
              const Part& right) const;
  void merge_short(const Vocabulary& vocabulary, std::string_view text,
                   std::vector<Part>* parts) const;
  void merge_long(const Vocabulary& vocabulary, std::string_view text,
                  std::vector<Part>* parts) const;

  std::vector<std::uint32_t> ranks_;  // [id]
  std::size_t longest_ = 0;           // bytes of the longest piece
};

}  // namespace engine
