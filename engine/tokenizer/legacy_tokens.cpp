// The older files of a slow tokenizer → the same list that tokenizer_config.json has today.
#include "engine/tokenizer/legacy_tokens.h"

#include <algorithm>

#include "engine/tokenizer/json_input.h"
#include "engine/tokenizer/model_json.h"

namespace engine {
namespace {

constexpr const char* kAddedTokens = "added_tokens.json";
constexpr const char* kSpecialMap = "special_tokens_map.json";

// {"content": id, …}
void read_added_tokens(std::string_view text, TokenizerConfigFields* fields) {
  JsonInput input(text, kAddedTokens);
  if (input.peek() != JsonKind::Object) input.fail("expected an object");
  std::string content;
  input.begin_object();
  while (input.next_key(&content)) {
    const std::int64_t id = input.read_integer();
    check_token(input, content, id, std::string("'") + content.substr(0, 64) + "'");
    ListedToken token;
    token.id = static_cast<std::int32_t>(id);
    token.content = content;
    token.special = std::find(fields->special_names.begin(), fields->special_names.end(),
                              content) != fields->special_names.end();
    token.file = kAddedTokens;
    fields->added.push_back(std::move(token));
  }
  input.finish();
}

}  // namespace

TokenizerConfigFields read_token_lists(std::string_view tokenizer_config_json,
                                       const LegacyTokenFiles& legacy, TokenizerTables* tables) {
  TokenizerConfigFields fields;
  if (!tokenizer_config_json.empty()) {
    read_tokenizer_config_json(tokenizer_config_json, tables, &fields);
  }
  if (fields.lists_added) return fields;
  if (!legacy.special_tokens_map_json.empty()) {
    read_special_tokens(legacy.special_tokens_map_json, kSpecialMap, tables, &fields);
  }
  if (!legacy.added_tokens_json.empty()) read_added_tokens(legacy.added_tokens_json, &fields);
  return fields;
}

}  // namespace engine
