// added_tokens.json and special_tokens_map.json: where older folders list the tokens that were
// added to a SentencePiece or tiktoken model.
#pragma once

#include <string_view>

#include "engine/tokenizer/tokenizer_json.h"

namespace engine {

/// The files' texts; empty where there is none.
struct LegacyTokenFiles {
  std::string_view added_tokens_json;        // {"<|im_end|>": 32000, …}
  std::string_view special_tokens_map_json;  // {"eos_token": "<|im_end|>", …}
};

/// tokenizer_config.json, and the older files where it lists no added tokens, as transformers reads
/// them: a token of added_tokens.json is special when one of the others names it. Throws
/// TokenizerFault naming file and token.
TokenizerConfigFields read_token_lists(std::string_view tokenizer_config_json,
                                       const LegacyTokenFiles& legacy, TokenizerTables* tables);

}  // namespace engine
