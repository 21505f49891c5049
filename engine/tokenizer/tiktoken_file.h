// A tiktoken file (lines of a token's bytes in base64, and its rank) → TokenizerTables.
#pragma once

#include <string_view>

#include "engine/tokenizer/tokenizer_tables.h"

namespace engine {

/// The pattern that cuts text is not in the file: it follows from tokenizer_config.json's
/// tokenizer_class. Special tokens are those of added_tokens_decoder, and reserved rows up to 256
/// beyond the file's. Throws TokenizerFault naming the line.
void read_tiktoken_file(std::string_view text, std::string_view tokenizer_config_json,
                        TokenizerTables* tables);

}  // namespace engine
