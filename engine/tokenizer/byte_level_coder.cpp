#include "engine/tokenizer/byte_level_coder.h"

#include "engine/tokenizer/byte_alphabet.h"
#include "engine/tokenizer/utf8.h"

namespace engine {
namespace {

// Calls `each(piece)` for every piece of text[begin, end). A piece whose bytes have no symbols
// leaves no token; what it covers goes to the token after it.
template <class Each>
void for_each_piece(const PreTokenizer& pre_tokenizer, const UnicodeClasses& classes,
                    std::string_view text, std::size_t begin, std::size_t end,
                    std::vector<BpeToken>* out, Each each) {
  std::vector<std::size_t> ends;
  pre_tokenizer.split(classes, text, begin, end, &ends);
  std::size_t at = begin;
  std::uint32_t uncovered = 0;
  for (const std::size_t piece_end : ends) {
    const std::size_t before = out->size();
    each(text.substr(at, piece_end - at));
    if (out->size() == before) {
      uncovered += static_cast<std::uint32_t>(piece_end - at);
    } else {
      (*out)[before].length += uncovered;
      uncovered = 0;
    }
    at = piece_end;
  }
}

}  // namespace

// A piece that is a token as a whole, for models that ignore merges then.
std::optional<std::int32_t> ByteLevelCoder::whole_token(std::string_view piece) const {
  std::string spelling;
  for (const char c : piece) {
    append_utf8(&spelling, byte_to_character(static_cast<std::uint8_t>(c)));
  }
  const auto id = vocabulary_.find(spelling);
  if (!id || static_cast<std::size_t>(*id) >= setup_.in_model.size()) return std::nullopt;
  return setup_.in_model[static_cast<std::size_t>(*id)] != 0 ? id : std::nullopt;
}

void ByteLevelCoder::encode(std::string_view text, std::size_t begin, std::size_t end,
                            PieceCache* cache, std::vector<BpeToken>* out) const {
  const auto by_merges = [this](std::string_view piece, std::vector<BpeToken>* tokens) {
    const auto whole = setup_.ignore_merges ? whole_token(piece) : std::optional<std::int32_t>{};
    if (whole) {
      tokens->push_back({*whole, static_cast<std::uint32_t>(piece.size())});
    } else {
      setup_.bpe.encode(piece, tokens);
    }
  };
  for_each_piece(setup_.pre_tokenizer, classes_, text, begin, end, out,
                 [&](std::string_view piece) { cache->encode(piece, by_merges, out); });
}

void RankCoder::encode_piece(std::string_view piece, std::vector<BpeToken>* out) const {
  const std::int32_t whole = merger_.piece(vocabulary_, piece);
  if (whole >= 0) {
    out->push_back({whole, static_cast<std::uint32_t>(piece.size())});
    return;
  }
  std::vector<PieceMerger::Part> parts;
  parts.reserve(piece.size());
  for (std::uint32_t at = 0; at < piece.size(); ++at) parts.push_back({at, 1, -1});
  merger_.merge(vocabulary_, piece, &parts);
  for (const PieceMerger::Part& part : parts) out->push_back({part.id, part.length});
}

void RankCoder::encode(std::string_view text, std::size_t begin, std::size_t end, PieceCache* cache,
                       std::vector<BpeToken>* out) const {
  const auto by_rank = [this](std::string_view piece, std::vector<BpeToken>* tokens) {
    encode_piece(piece, tokens);
  };
  for_each_piece(pre_tokenizer_, classes_, text, begin, end, out,
                 [&](std::string_view piece) { cache->encode(piece, by_rank, out); });
}

}  // namespace engine
