// What loading takes and whether it is there: sums over the report's numbers, so that a dialog can
// ask for every length without reading a file.
#include <algorithm>

#include "engine/checkpoint/report.h"

namespace engine {

namespace {

/// The program itself with its Unicode tables, and what a tokenizer takes for each byte of its
/// file: resident memory measured over vocabularies of 8,000 to 129,000 pieces.
constexpr std::int64_t kProgramBytes = 19'000'000;
constexpr double kTokenizerPerFileByte = 1.45;

std::int64_t bytes_in(const WeightBytes& bytes, WeightFormat form) {
  switch (form) {
    case WeightFormat::Q8_0:
      return bytes.q8_0;
    case WeightFormat::Q4_K:
      return bytes.q4_k;
    case WeightFormat::AsStored:
      break;
  }
  return bytes.as_stored;
}

}  // namespace

MemoryNeed memory_need(const CheckpointReport& report, std::int64_t context_length,
                       WeightFormat form) {
  MemoryNeed need;
  need.weights = form == WeightFormat::AsStored ? report.weight_bytes
                                                : bytes_in(report.weight_bytes_by_format, form);
  need.weights_are_mapped = form == WeightFormat::AsStored;
  need.cache = report.cache_bytes_per_token * context_length;
  if (report.drafter_bytes > 0) {  // one more layer
    need.drafter = report.drafter_bytes;
    need.cache += report.config.cached_values() * kCacheElementBytes * context_length;
  }
  need.kept = bytes_in(report.kept_bytes_per_token, form) * context_length;
  need.scratch = scratch_bytes(report.config, context_length);
  need.program = kProgramBytes + static_cast<std::int64_t>(kTokenizerPerFileByte *
                                                           static_cast<double>(report.text_bytes));
  return need;
}

MemoryVerdict memory_verdict(const CheckpointReport& report, const MemoryNeed& need) {
  if (report.memory_available == 0 || need.total() <= report.memory_available) {
    return MemoryVerdict::Fits;
  }
  return need.own() > report.memory_available ? MemoryVerdict::TooMuch
                                              : MemoryVerdict::ReadFromDisk;
}

std::int64_t longest_context(const CheckpointReport& report, WeightFormat form) {
  const std::int64_t most = report.config.max_position_embeddings;
  const auto fits = [&](std::int64_t n) {
    return memory_verdict(report, memory_need(report, n, form)) == MemoryVerdict::Fits;
  };
  if (most < 1 || fits(most)) return most;
  std::int64_t low = 0;  // fits, or is no context at all
  std::int64_t high = most;
  while (high - low > 1) {
    const std::int64_t middle = low + (high - low) / 2;
    (fits(middle) ? low : high) = middle;
  }
  return low;
}

}  // namespace engine
