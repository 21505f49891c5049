// Any bytes as text. Tokens must tile it, and their bytes must give it back (with U+FFFD for what
// is not UTF-8), with and without control tokens, whole and in ranges.
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/tokenizer.h"
#include "engine/tokenizer/utf8_stream.h"

namespace {

engine::Tokenizer load() {
  std::ifstream file(BATHYSCOPE_SOURCE_DIR "/tests/golden/tokenizer_tiny.json", std::ios::binary);
  std::stringstream json;
  json << file.rdbuf();
  auto tokenizer = engine::Tokenizer::from_json(json.str(), "");
  if (!tokenizer) std::abort();
  return std::move(*tokenizer);
}

void check(const engine::Tokenizer& tokenizer, std::string_view text,
           const std::vector<engine::ByteRange>& ranges) {
  const auto tokens = tokenizer.encode(text, ranges);
  if (!tokens) std::abort();
  std::vector<engine::TokenId> ids;
  engine::Utf8Stream stream;
  std::string streamed;
  std::size_t at = 0;
  for (const engine::EncodedToken& token : *tokens) {
    if (token.bytes.begin != at || token.bytes.end < at) std::abort();
    at = token.bytes.end;
    ids.push_back(token.id);
    streamed += stream.push(tokenizer.token_bytes(token.id));
    if (ranges.empty() && tokenizer.is_control(token.id)) std::abort();
  }
  streamed += stream.finish();
  if (at != text.size()) std::abort();
  if (tokenizer.decode(ids, false) != engine::sanitize_utf8(text)) std::abort();
  if (streamed != engine::sanitize_utf8(text)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const engine::Tokenizer tokenizer = load();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(tokenizer, text, {});
  check(tokenizer, text, {{0, size}});
  if (size > 0) {
    const std::size_t cut = data[0] % size;
    check(tokenizer, text, {{0, cut}, {cut, size}});
    check(tokenizer, text, {{cut / 2, cut}});
  }
  return 0;
}
