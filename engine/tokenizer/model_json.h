// The "model" of tokenizer.json: vocabulary, merges, and the settings that change what they mean.
#pragma once

#include <string>

#include "engine/tokenizer/json_input.h"
#include "engine/tokenizer/tokenizer_tables.h"

namespace engine {

struct ModelFields {
  std::string type = "BPE";
  std::string unk_token;
  bool byte_fallback = false;
  bool fuse_unk = false;
  bool ignore_merges = false;
};

/// Fills the vocabulary (flag kInModel) and the merges. Throws TokenizerFault.
ModelFields read_model(JsonInput& input, TokenizerTables* tables, BpeModel* bpe);

/// Refuses ids and spellings beyond the limits; `where` begins the message.
void check_token(JsonInput& input, std::string_view token, std::int64_t id,
                 const std::string& where);

}  // namespace engine
