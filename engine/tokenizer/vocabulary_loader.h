// A VocabularyListing (GGUF's tokenizer.ggml.*) → TokenizerTables.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/vocabulary_listing.h"
#include "engine/tokenizer/pre_tokenizer.h"
#include "engine/tokenizer/tokenizer_tables.h"

namespace engine {

/// Throws TokenizerFault naming the key, the token and both sides of what does not fit.
void read_vocabulary_listing(const VocabularyListing& listing, TokenizerTables* tables);

/// What a value of tokenizer.ggml.pre stands for.
struct NamedPreTokenizer {
  PreTokenizer pre_tokenizer;
  bool ignore_merges = false;
  bool adds_bos = false;  // where the file does not say
};
std::optional<NamedPreTokenizer> pre_tokenizer_named(std::string_view pre);

}  // namespace engine
