// Any bytes as model.safetensors.index.json. Every tensor accepted must be found again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "engine/checkpoint/shard_index.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto index = engine::ShardIndex::parse(text, "fuzz");
  if (!index) {
    if (index.error().message.empty()) std::abort();
    return 0;
  }
  for (const auto& entry : index->entries) {
    if (index->find(entry.tensor) != &entry || entry.file >= index->files.size()) std::abort();
  }
  return 0;
}
