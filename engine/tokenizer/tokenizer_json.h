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
struct ListedToken {
  std::int32_t id = 0;
  std::string content;
  bool special = false;
  const char* file = "tokenizer_config.json › added_tokens_decoder";  // where it is listed
};
struct TokenizerConfigFields {
  std::string tokenizer_class;
  std::vector<ListedToken> added;          // added_tokens_decoder
  bool lists_added = false;                // there is such a list
  std::vector<std::string> special_names;  // what bos_token, pad_token, … are
};
/// The texts of BOS and EOS; `fields` for those who have no tokenizer.json to say it.
void read_tokenizer_config_json(std::string_view text, TokenizerTables* tables,
                                TokenizerConfigFields* fields = nullptr);
/// The same of special_tokens_map.json, or another file of such keys.
void read_special_tokens(std::string_view text, std::string_view file, TokenizerTables* tables,
                         TokenizerConfigFields* fields);

}  // namespace engine
