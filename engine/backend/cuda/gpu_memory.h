// How much memory a GPU has free, without opening it: from the driver's management library. Used by
// plugin.cpp where there are several.
#pragma once

#include <cstdint>

namespace engine::cuda {

struct GpuMemory {
  std::int64_t free_bytes = 0;
  std::int64_t total_bytes = 0;  // 0: nobody knows
};

/// Of the GPU at "0000:65:00.0". Nothing where there is no such library or it knows no such GPU.
GpuMemory gpu_memory(const char* pci_bus_id);

}  // namespace engine::cuda
