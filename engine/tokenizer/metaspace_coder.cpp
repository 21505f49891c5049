#include "engine/tokenizer/metaspace_coder.h"

#include <algorithm>

#include "engine/tokenizer/metaspace_text.h"
#include "engine/tokenizer/token_spelling.h"
#include "engine/tokenizer/utf8.h"

namespace engine {

bool MetaspaceCoder::needs_prefix(std::string_view stretch, std::size_t begin) const {
  const bool has_space = stretch.starts_with(' ') || stretch.starts_with(kMetaspace);
  switch (setup_.prefix) {
    case Prefix::Never:
      return false;
    case Prefix::Always:
      return true;
    case Prefix::UnlessSpace:
      return !has_space;
    case Prefix::FirstUnlessSpace:
      return !has_space && begin == 0;
  }
  return false;
}

std::int32_t MetaspaceCoder::model_id(std::string_view spelling) const {
  const auto id = vocabulary_.find(spelling);
  if (!id || static_cast<std::size_t>(*id) >= setup_.in_model.size()) return -1;
  return setup_.in_model[static_cast<std::size_t>(*id)] != 0 ? *id : -1;
}

// Symbols are the piece's characters; those the vocabulary lacks are their bytes, or one unknown
// token for a run of them. The order is Hugging Face's: an unknown token waits for a known symbol.
void MetaspaceCoder::encode_piece(std::string_view piece, std::vector<BpeToken>* out) const {
  const std::int32_t whole = setup_.ignore_merges ? model_id(piece) : -1;
  if (whole >= 0) {
    out->push_back({whole, static_cast<std::uint32_t>(piece.size())});
    return;
  }
  std::vector<BpeToken> symbols;
  BpeToken unknown{setup_.unknown, 0};
  const auto flush = [&] {
    if (unknown.length > 0) symbols.push_back(unknown);
    unknown.length = 0;
  };
  for (std::size_t at = 0; at < piece.size();) {
    std::uint32_t length = 0;
    decode_valid_utf8(piece.data() + at, &length);
    const std::string_view character = piece.substr(at, length);
    at += length;
    const auto byte_id = [&](char c) { return setup_.byte_ids[static_cast<unsigned char>(c)]; };
    if (const std::int32_t id = model_id(character); id >= 0) {
      flush();
      symbols.push_back({id, length});
    } else if (setup_.byte_fallback && std::all_of(character.begin(), character.end(),
                                                   [&](char c) { return byte_id(c) >= 0; })) {
      for (const char c : character) symbols.push_back({byte_id(c), 1});
    } else if (setup_.unknown >= 0) {
      if (!setup_.fuse_unknown) flush();
      unknown.length += length;
    } else if (!symbols.empty()) {
      symbols.back().length += length;  // vanishes; the token before it covers its text
    }
  }
  flush();
  setup_.bpe.merge(std::move(symbols), out);
}

void MetaspaceCoder::encode(std::string_view text, std::size_t begin, std::size_t end,
                            PieceCache* cache, std::vector<BpeToken>* out) const {
  if (begin == end) return;
  const std::string_view stretch = text.substr(begin, end - begin);
  const MetaspaceText spelt(stretch, needs_prefix(stretch, begin));
  const std::string_view all = spelt.text;
  const std::size_t first = out->size();
  const auto encode_one = [this](std::string_view piece, std::vector<BpeToken>* tokens) {
    encode_piece(piece, tokens);
  };
  PieceCache own;  // pieces view `spelt`, which does not live as long as `cache`
  (void)cache;
  for (std::size_t at = 0; at < all.size();) {
    std::size_t stop = all.size();
    if (setup_.split) stop = std::min(stop, all.find(kMetaspace, at + 1));
    own.encode(all.substr(at, stop - at), encode_one, out);
    at = stop;
  }
  std::uint32_t upto = 0;  // of the spelt text; lengths become those of the original
  std::uint32_t covered = 0;
  for (std::size_t i = first; i < out->size(); ++i) {
    upto = std::min(upto + (*out)[i].length, static_cast<std::uint32_t>(all.size()));
    (*out)[i].length = spelt.origin[upto] - covered;
    covered = spelt.origin[upto];
  }
}

}  // namespace engine
