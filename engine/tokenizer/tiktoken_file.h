// A tiktoken file (lines of a token's bytes in base64, and its rank) → TokenizerTables.
#pragma once

#include <string_view>
#include <vector>

#include "engine/tokenizer/legacy_tokens.h"
#include "engine/tokenizer/tokenizer_tables.h"

namespace engine {

/// The pattern that cuts text is not in the file: it follows from tokenizer_config.json's
/// tokenizer_class. Special tokens are those of added_tokens_decoder (or of the older files), and
/// reserved rows up to 256 beyond the file's. Throws TokenizerFault naming the line.
void read_tiktoken_file(std::string_view text, std::string_view tokenizer_config_json,
                        const LegacyTokenFiles& legacy, TokenizerTables* tables);

/// Where the class cuts a long text before anything else looks at it: every 400,000 characters, and
/// within those wherever 25,000 characters of white space, or without any, follow each other.
/// Ascending byte offsets. `text` is valid UTF-8.
std::vector<std::size_t> long_run_cuts(std::string_view text);

}  // namespace engine
