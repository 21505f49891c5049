// Reports of checkpoints that are on no disk, for the tests of loading.
#pragma once

#include <memory>

#include "engine/checkpoint/report.h"

namespace fixture {

inline constexpr std::int64_t kGiB = std::int64_t{1} << 30;

/// Sixteen billion parameters in BF16 on a machine with 16 GiB.
inline std::shared_ptr<engine::CheckpointReport> largeReport() {
  auto report = std::make_shared<engine::CheckpointReport>();
  report->path = "/large";
  report->name = "large";
  report->config_valid = true;
  report->config.max_position_embeddings = 8192;
  report->config.hidden_size = 2048;
  report->config.vocab_size = 1000;
  report->weight_bytes = 31 * kGiB;
  report->weight_bytes_by_format = {31 * kGiB, 17 * kGiB, 9 * kGiB};
  report->cache_bytes_per_token = 62'208;
  report->context_length = 4096;
  report->memory_available = 16 * kGiB;
  return report;
}

}  // namespace fixture
