// Readers of tokenizer.json and tokenizer_config.json.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/tokenizer_tables.h"

namespace engine {

/// Both throw TokenizerFault. What the file's post_processor, truncation and padding say is
/// ignored: prompts get their control tokens from the chat template, and nothing is cut or padded.
void read_tokenizer_json(std::string_view text, TokenizerTables* tables);
/// The texts of BOS and EOS; unless `added` is null, also the tokens of added_tokens_decoder.
struct ListedToken {
  std::int32_t id = 0;
  std::string content;
  bool special = false;
};
void read_tokenizer_config_json(std::string_view text, TokenizerTables* tables,
                                std::vector<ListedToken>* added = nullptr);

}  // namespace engine
