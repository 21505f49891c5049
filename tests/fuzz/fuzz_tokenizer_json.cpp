// Any bytes as tokenizer.json and tokenizer_config.json. A tokenizer that is accepted must be able
// to encode and decode.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "engine/tokenizer/tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)engine::Tokenizer::from_json("{}", text);
  const auto tokenizer = engine::Tokenizer::from_json(text, text);
  if (!tokenizer) {
    if (tokenizer.error().message.empty()) std::abort();
    return 0;
  }
  const auto ids = tokenizer->encode_ids(text, true);
  if (!ids) std::abort();
  for (const engine::TokenId id : *ids) {
    if (!tokenizer->is_known(id)) std::abort();
  }
  (void)tokenizer->decode(*ids, true);
  (void)tokenizer->description();
  return 0;
}
