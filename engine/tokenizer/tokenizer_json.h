// TokenizerTables: everything tokenizer.json and tokenizer_config.json say that encoding and
// decoding need, checked once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/added_tokens.h"
#include "engine/tokenizer/bpe.h"
#include "engine/tokenizer/pre_tokenizer.h"
#include "engine/tokenizer/vocabulary.h"

namespace engine {

struct TokenizerTables {
  static constexpr std::uint8_t kInModel = 1;  // in model.vocab: byte-pair merges may give it
  static constexpr std::uint8_t kAdded = 2;    // in added_tokens
  static constexpr std::uint8_t kSpecial = 4;  // flagged special there

  Vocabulary vocabulary;            // model.vocab and added_tokens together
  std::vector<std::uint8_t> flags;  // [id]
  BpeModel bpe;
  bool ignore_merges = false;  // a piece that is a token is that token
  PreTokenizer pre_tokenizer;
  // Searched one after the other: tokens with "normalized": false come first.
  AddedTokens raw_tokens;
  AddedTokens normalized_tokens;
  std::string bos_text;
  std::string eos_text;

  std::uint8_t flags_of(std::int32_t id) const {
    return id >= 0 && static_cast<std::size_t>(id) < flags.size()
               ? flags[static_cast<std::size_t>(id)]
               : std::uint8_t{0};
  }
};

/// Both throw JsonError. What the file's post_processor, truncation and padding say is ignored:
/// prompts get their control tokens from the chat template, and nothing is cut or padded.
void read_tokenizer_json(std::string_view text, TokenizerTables* tables);
void read_tokenizer_config_json(std::string_view text, TokenizerTables* tables);

}  // namespace engine
