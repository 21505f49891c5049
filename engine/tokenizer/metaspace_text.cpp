#include "engine/tokenizer/metaspace_text.h"

#include "engine/tokenizer/token_spelling.h"

namespace engine {

MetaspaceText::MetaspaceText(std::string_view original, bool prefix) {
  text.reserve(original.size() + original.size() / 2 + 3);
  origin.reserve(text.capacity() + 1);
  const auto put_space = [&](std::uint32_t before) {
    text += kMetaspace;
    origin.insert(origin.end(), kMetaspace.size(), before);
  };
  if (prefix) put_space(0);
  for (std::uint32_t at = 0; at < original.size(); ++at) {
    if (original[at] == ' ') {
      put_space(at);
      continue;
    }
    text.push_back(original[at]);
    origin.push_back(at);
  }
  origin.push_back(static_cast<std::uint32_t>(original.size()));
}

}  // namespace engine
