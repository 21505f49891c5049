// Tokenizer files → the plain lists that GGUF keeps (the way back from vocabulary_loader). Used by
// bathyscope-cli quantize.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/base/result.h"
#include "engine/base/vocabulary_listing.h"
#include "engine/tokenizer/legacy_tokens.h"

namespace engine {

/// Of a tokenizer.json that this program can run; rows up to `vocab_size` that no token has are
/// filled with "[PAD…]". Unsupported when GGUF has no name for its pre-tokenizer.
Result<VocabularyListing> list_tokenizer_json(std::string_view tokenizer_json,
                                              std::string_view tokenizer_config_json,
                                              std::int64_t vocab_size);

/// Of a SentencePiece BPE model.
Result<VocabularyListing> list_sentencepiece(std::string_view model,
                                             std::string_view tokenizer_config_json,
                                             std::int64_t vocab_size,
                                             const LegacyTokenFiles& legacy = {});

}  // namespace engine
