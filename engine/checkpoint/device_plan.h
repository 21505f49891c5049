// DevicePlan: what of a model lies in a GPU's memory and what stays in main memory, told before
// anything is loaded. Only the routed experts of whole layers can stay behind: they are most of the
// bytes, and few of them are read for a token.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/base/result.h"
#include "engine/checkpoint/report.h"
#include "engine/checkpoint/weight_format.h"

namespace engine {

struct DevicePlanRequest {
  std::int64_t context_length = 0;
  std::int64_t prefill_chunk = 512;
  WeightFormat weight_format = WeightFormat::AsStored;
  std::int64_t free_bytes = 0;  // of the GPU
  /// MoE layers whose routed experts stay in main memory; none: as few as possible.
  std::optional<std::int64_t> main_memory_layers;
  bool operator==(const DevicePlanRequest&) const = default;
};

struct DevicePlan {
  std::int64_t n_moe_layers = 0;
  /// Of them, the last so many have their routed experts in main memory.
  std::int64_t main_memory_layers = 0;
  std::int64_t layer_bytes = 0;        // the routed experts of one layer
  std::int64_t device_bytes = 0;       // what the GPU is to hold, cache and scratch included
  std::int64_t main_memory_bytes = 0;  // the routed experts that stay behind
  std::int64_t free_bytes = 0;
  bool fits() const { return device_bytes <= free_bytes; }
  bool operator==(const DevicePlan&) const = default;
};

/// An estimate: sums over the report's numbers. A plan that does not fit is given all the same.
DevicePlan device_plan(const CheckpointReport& report, const DevicePlanRequest& request);

/// "all on the GPU: 31.4 of 79.1 GB", "routed experts of 12 of 26 layers in main memory: 6.9 of
/// 7.6 GB on the GPU, 4.4 GB in main memory"; English.
std::string describe_plan(const DevicePlan& plan);

/// OutOfMemory with what is needed, what is free, and what would fit; InvalidArgument for more
/// layers than there are.
Result<void> check_plan(const DevicePlan& plan, const DevicePlanRequest& request);

}  // namespace engine
