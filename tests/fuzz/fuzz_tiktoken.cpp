// Any bytes as a tiktoken file and as the tokenizer_config.json beside it. What is accepted must be
// able to encode and decode.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/tokenizer/tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)engine::Tokenizer::from_tiktoken(bytes, bytes);
  const auto tokenizer =
      engine::Tokenizer::from_tiktoken(bytes, R"({"tokenizer_class":"TikTokenTokenizer"})");
  if (!tokenizer) {
    if (tokenizer.error().message.empty()) std::abort();
    return 0;
  }
  const auto ids = tokenizer->encode_ids(bytes, true);
  if (!ids) std::abort();
  (void)tokenizer->decode(*ids, true);
  return 0;
}
