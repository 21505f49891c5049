// TokenizerTables: everything a tokenizer's files say that encoding and decoding need, checked
// once. Filled by the loaders (one per kind of file), used by Tokenizer.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/added_tokens.h"
#include "engine/tokenizer/text_coder.h"
#include "engine/tokenizer/token_spelling.h"
#include "engine/tokenizer/vocabulary.h"

namespace engine {

struct TokenizerTables {
  static constexpr std::uint8_t kInModel = 1;  // merges may give it
  static constexpr std::uint8_t kAdded = 2;    // structure: read in control ranges only
  static constexpr std::uint8_t kSpecial = 4;  // left out of decoded text
  static constexpr std::uint8_t kByte = 8;     // spelt "<0x0A>", stands for that byte

  Vocabulary vocabulary;            // every token with its spelling
  std::vector<std::uint8_t> flags;  // [id]
  TokenSpelling spelling = TokenSpelling::ByteAlphabet;
  bool drops_first_space = false;  // of decoded text, as SentencePiece does
  bool cuts_long_runs = false;     // long texts are cut first (tiktoken_file.h › long_run_cuts)
  // Searched one after the other: in tokenizer.json those with "normalized": false come first.
  AddedTokens raw_tokens;
  AddedTokens normalized_tokens;
  AddedTokens text_tokens;  // not structure: recognised in every text
  std::unique_ptr<TextCoder> coder;
  std::string bos_text;
  std::string eos_text;
  // Where the file gives ids; otherwise they follow from the texts.
  std::optional<std::int32_t> bos;
  std::optional<std::int32_t> eos;
  std::optional<std::int32_t> eot;  // of a turn, where the file names one
  bool adds_bos = true;             // raw text is encoded after BOS

  std::uint8_t flags_of(std::int32_t id) const {
    return id >= 0 && static_cast<std::size_t>(id) < flags.size()
               ? flags[static_cast<std::size_t>(id)]
               : std::uint8_t{0};
  }
  void set_flags(std::int32_t id, std::uint8_t more);

  /// A token of the vocabulary that is found in texts as a whole. One that is neither special nor
  /// more than a single character or white space is ordinary text ("ü" of DeepSeek LLM) and found
  /// everywhere; all others are structure. Call once per token; `build_added` after the last one.
  void place_added(std::string_view content, std::int32_t id, bool special, bool normalized);
  void build_added();
};

}  // namespace engine
