#include "engine/tokenizer/tokenizer_tables.h"

#include <algorithm>

#include "engine/tokenizer/utf8.h"

namespace engine {
namespace {

bool is_plain_text(std::string_view content) {
  if (decode_utf8(content, 0).length == content.size()) return true;
  return std::all_of(content.begin(), content.end(), [](char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
  });
}

}  // namespace

void TokenizerTables::set_flags(std::int32_t id, std::uint8_t more) {
  const auto at = static_cast<std::size_t>(id);
  if (at >= flags.size()) flags.resize(std::max(at + 1, flags.size() * 2));
  flags[at] = static_cast<std::uint8_t>(flags[at] | more);
}

void TokenizerTables::place_added(std::string_view content, std::int32_t id, bool special,
                                  bool normalized) {
  if (content.empty()) return;  // can never be found in a text
  if (special) set_flags(id, kSpecial);
  if (!special && is_plain_text(content)) {
    text_tokens.add(content, id);
    return;
  }
  set_flags(id, kAdded);
  (normalized ? normalized_tokens : raw_tokens).add(content, id);
}

void TokenizerTables::build_added() {
  raw_tokens.build();
  normalized_tokens.build();
  text_tokens.build();
}

}  // namespace engine
