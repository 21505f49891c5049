// Bytes as the lists of a GGUF vocabulary: the first two choose the kinds, the rest are lines; a
// line's first character is its token's type, its second one the score. What is accepted must be
// able to encode and decode.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/tokenizer/tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const bool by_scores = (data[0] & 1) != 0;
  const char* const pres[] = {"deepseek-v3", "deepseek-llm", "kimi-k2", "llama-bpe", "", "other"};
  engine::VocabularyListing listing;
  listing.model = by_scores ? "llama" : "gpt2";
  listing.pre = pres[data[1] % 6];
  listing.bos = data[0] >> 4;
  listing.eos = data[1] >> 4;
  listing.unknown = 0;
  bytes.remove_prefix(2);
  while (!bytes.empty()) {
    const std::size_t end = std::min(bytes.find('\n'), bytes.size());
    const std::string_view line = bytes.substr(0, end);
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
    if (line.starts_with('=')) {
      listing.merges.emplace_back(line.substr(1));
    } else if (line.size() >= 2) {
      listing.token_types.push_back(line[0] - '0');
      listing.scores.push_back(static_cast<float>(line[1]));
      listing.tokens.emplace_back(line.substr(2));
    }
  }
  const auto tokenizer = engine::Tokenizer::from_listing(listing);
  if (!tokenizer) {
    if (tokenizer.error().message.empty()) std::abort();
    return 0;
  }
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto ids = tokenizer->encode_ids(text, true);
  if (!ids) std::abort();
  for (const engine::TokenId id : *ids) {
    if (!tokenizer->is_known(id)) std::abort();
  }
  (void)tokenizer->decode(*ids, true);
  return 0;
}
