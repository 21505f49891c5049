// Any bytes as a GGUF header in memory, and on as metadata, config and vocabulary. What is accepted
// must lie inside the file.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <span>

#include "engine/checkpoint/gguf_config.h"
#include "engine/checkpoint/gguf_file.h"
#include "engine/checkpoint/gguf_text.h"
#include "engine/checkpoint/tensor_check.h"

namespace {

void check_header(const engine::GgufHeader& header, std::size_t size) {
  for (std::size_t i = 0; i < header.n_keys(); ++i) {
    const engine::GgufValue value = header.value(i);
    if (value.shown().empty() || !header.find(header.key(i))) std::abort();
    if (value.strings().size() > value.count) std::abort();
  }
  for (std::size_t i = 0; i < header.n_tensors(); ++i) {
    const engine::GgufHeader::Entry entry = header.tensor(i);
    if (entry.begin > entry.end || entry.end > size) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read_at = [&](std::uint64_t offset, std::span<char> out) -> engine::Result<void> {
    if (offset > size || out.size() > size - offset) std::abort();
    if (!out.empty()) std::memcpy(out.data(), data + offset, out.size());
    return {};
  };
  const auto header = engine::GgufHeader::read(read_at, size, "fuzz");
  if (!header) {
    if (header.error().message.empty()) std::abort();
    return 0;
  }
  check_header(*header, size);
  std::vector<engine::StoredTensor> tensors;
  for (std::size_t i = 0; i < header->n_tensors(); ++i) {
    const engine::GgufHeader::Entry entry = header->tensor(i);
    tensors.push_back({std::string(entry.name),
                       entry.dtype,
                       entry.shape,
                       {reinterpret_cast<const std::byte*>(data) + entry.begin,
                        static_cast<std::size_t>(entry.end - entry.begin)},
                       "fuzz"});
  }
  std::sort(tensors.begin(), tensors.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  const engine::ConfigReading reading = engine::read_gguf_config(*header, "fuzz", tensors);
  engine::FindingList findings;
  // A config of 65,536 experts asks for a long table; only its reading is of interest here.
  if (reading.valid() && reading.config.num_hidden_layers <= 8 &&
      reading.config.n_routed_experts <= 64) {
    engine::check_tensors(reading.config, tensors, {}, &findings);
  }
  (void)engine::read_gguf_vocabulary(*header, "fuzz");
  (void)engine::read_gguf_chat_template(*header, "fuzz");
  (void)engine::read_gguf_generation_defaults(*header, "fuzz", reading.config, &findings);
  return 0;
}
