// BpeModel: merges symbols by rank, lowest first, leftmost among equals, as Hugging Face's BPE
// model does. Works on raw bytes: byte-level vocabularies spell one symbol per byte.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace engine {

struct BpeToken {
  std::int32_t id;
  std::uint32_t length;  // bytes of the piece it covers
};

class BpeModel {
 public:
  BpeModel() { byte_ids_.fill(-1); }
  void set_byte(std::uint8_t byte, std::int32_t id) { byte_ids_[byte] = id; }
  std::int32_t byte_id(std::uint8_t byte) const { return byte_ids_[byte]; }

  void reserve_merges(std::size_t n_merges);
  /// Merges must come in rank order. Gives the rank of an earlier merge of the same pair, if any
  /// (nothing changes then).
  std::optional<std::uint32_t> add_merge(std::int32_t left, std::int32_t right,
                                         std::int32_t merged);
  std::uint32_t n_merges() const { return n_merges_; }

  /// Appends the piece's tokens. Bytes without a symbol vanish, as in Hugging Face; their length
  /// goes to the neighbouring token. `piece` shorter than 2^31.
  void encode(std::string_view piece, std::vector<BpeToken>* out) const;
  /// The same from symbols that somebody else chose, for pieces whose symbols are not bytes.
  void merge(std::vector<BpeToken> symbols, std::vector<BpeToken>* out) const;

 private:
  struct Merge {
    std::uint64_t pair = ~std::uint64_t{0};  // left << 32 | right; all ones: free slot
    std::uint32_t rank = 0;
    std::int32_t merged = 0;
  };
  struct Chain;
  const Merge* find(std::int32_t left, std::int32_t right) const;
  const Merge* find_next(const Chain& chain, std::uint32_t at) const;
  void merge_at(Chain* chain, std::uint32_t at, std::int32_t merged) const;
  void merge_long(std::vector<BpeToken> symbols, std::vector<BpeToken>* out) const;
  void merge_short(BpeToken* symbols, std::size_t n, std::vector<BpeToken>* out) const;
  void merge_in_rank_order(Chain* chain) const;
  void merge_with_heap(Chain* chain) const;
  void note_use(std::int32_t id);

  std::array<std::int32_t, 256> byte_ids_{};  // -1: the byte has no symbol
  std::vector<Merge> slots_;                  // open addressing, power of two
  std::uint32_t n_merges_ = 0;
  // A pair can only appear after the merge that makes its parts (true of every trained
  // vocabulary): then ranks are met in increasing order and no heap is needed.
  bool ranks_increase_ = true;
  std::vector<std::uint8_t> used_as_part_;  // [id], while merges are added
};

/// Remembers how short pieces were cut within one encode call: text repeats its words.
class PieceCache {
 public:
  static constexpr std::size_t kMaxPiece = 32;  // bytes; longer pieces are rarely seen twice
  /// Appends the remembered tokens, or encodes with `encode_piece(piece, out)` and remembers.
  /// `piece` must outlive the cache.
  template <class EncodePiece>
  void encode(std::string_view piece, const EncodePiece& encode_piece, std::vector<BpeToken>* out) {
    if (piece.size() > kMaxPiece || piece.empty()) return encode_piece(piece, out);
    const auto hash = static_cast<std::uint32_t>(std::hash<std::string_view>{}(piece));
    std::size_t slot = 0;
    if (const Entry* const entry = find(piece, hash, &slot)) {
      const auto first = tokens_.begin() + entry->first;
      out->insert(out->end(), first, first + entry->count);
      return;
    }
    const std::size_t before = out->size();
    encode_piece(piece, out);
    remember(piece, hash, slot, std::span(*out).subspan(before));
  }

 private:
  struct Entry {
    std::string_view piece;
    std::uint32_t hash = 0;
    std::uint32_t first = 0;  // into tokens_
    std::uint32_t count = 0;
  };
  /// Null when the piece is not there; then `slot` is where it belongs.
  const Entry* find(std::string_view piece, std::uint32_t hash, std::size_t* slot) const;
  void remember(std::string_view piece, std::uint32_t hash, std::size_t slot,
                std::span<const BpeToken> tokens);
  void grow();

  std::vector<Entry> slots_ = std::vector<Entry>(256);
  std::size_t n_entries_ = 0;
  std::vector<BpeToken> tokens_;
};

}  // namespace engine
