// Any bytes as a safetensors file in memory. What is accepted must lie inside the data, in order.
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "engine/checkpoint/safetensors_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::uint64_t length = 0;
  if (size < sizeof(length)) return 0;
  std::memcpy(&length, data, sizeof(length));
  size -= sizeof(length);
  // A wrong length is refused before the header is looked at; here it only says where to cut.
  if (length > size) length = size;
  const std::string_view json(reinterpret_cast<const char*>(data) + sizeof(length), length);
  const auto header = engine::SafetensorsHeader::parse(json, size - length, "fuzz");
  if (!header) {
    if (header.error().message.empty()) std::abort();
    return 0;
  }
  std::uint64_t end = 0;
  for (std::size_t i = 0; i < header->n_tensors(); ++i) {
    const auto entry = header->entry(i);
    if (entry.begin != end || entry.end < entry.begin) std::abort();
    end = entry.end;
  }
  if (end != size - length) std::abort();
  return 0;
}
