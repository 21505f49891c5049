// Any bytes as config.json. A config that is accepted must give a table of tensors with whole
// shapes.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "engine/checkpoint/report.h"
#include "engine/checkpoint/tensor_spec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<std::string> warnings;
  const auto config = engine::parse_model_config(text, "fuzz", &warnings);
  if (!config) {
    if (config.error().message.empty()) std::abort();
    return 0;
  }
  for (const auto& spec : engine::tensor_specs(*config, {.experts = engine::ExpertLayout::Fused})) {
    for (const std::int64_t extent : spec.shape) {
      if (extent <= 0) std::abort();
    }
  }
  if (engine::count_parameters(*config).total <= 0) std::abort();
  if (engine::scratch_bytes(*config, 4096) <= 0) std::abort();
  return 0;
}
