// A cache that holds what came before: computed by the reference, copied to a device. So that tests
// of long contexts run only their last tokens on the emulator.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "engine/backend/host_memory.h"
#include "engine/model/activations.h"
#include "engine/model/kv_cache.h"
#include "engine/model/transformer.h"

namespace support {

/// Rows [first, first + n) of every kind that one layer caches.
inline std::vector<engine::MatView> cached_rows(const engine::ModelConfig& config,
                                                const engine::KvCache& cache, std::int64_t layer,
                                                std::int64_t first, std::int64_t n) {
  if (!config.is_mla()) return {cache.keys(layer, first, n), cache.values(layer, first, n)};
  std::vector<engine::MatView> rows{cache.c_kv(layer, first, n), cache.k_rope(layer, first, n)};
  if (config.has_indexer()) rows.push_back(cache.index_keys(layer, first, n));
  return rows;
}

/// The first n_prefix rows of `from`, which lies in main memory; NaN behind them: nobody may read
/// what was not written.
inline void copy_prefix(const engine::ModelConfig& config, const engine::KvCache& from,
                        std::int64_t n_prefix, engine::Backend& device, engine::KvCache& to) {
  const std::int64_t n = to.context_length();
  for (std::int64_t layer = 0; layer < config.num_hidden_layers; ++layer) {
    const auto sources = cached_rows(config, from, layer, 0, n_prefix);
    const auto targets = cached_rows(config, to, layer, 0, n);
    for (std::size_t kind = 0; kind < targets.size(); ++kind) {
      std::vector<float> values(static_cast<std::size_t>(n * targets[kind].cols), NAN);
      engine::copy_from_rows(
          sources[kind],
          std::span(values).first(static_cast<std::size_t>(n_prefix * targets[kind].cols)));
      device.upload(values, targets[kind]);
    }
  }
  to.truncate(0);
  to.mark_valid_to(n_prefix);
}

}  // namespace support
