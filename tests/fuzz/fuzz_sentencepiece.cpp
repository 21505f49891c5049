// Any bytes as a SentencePiece file. What is accepted must be able to encode and decode.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "engine/tokenizer/tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto tokenizer = engine::Tokenizer::from_sentencepiece(bytes, "");
  if (!tokenizer) {
    if (tokenizer.error().message.empty()) std::abort();
    return 0;
  }
  for (const std::string_view text : {std::string_view("The expert  that ½ answers 深海"), bytes}) {
    const auto ids = tokenizer->encode_ids(text, true);
    if (ids) (void)tokenizer->decode(*ids, true);
  }
  (void)tokenizer->description();
  return 0;
}
