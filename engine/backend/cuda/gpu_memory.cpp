#include "engine/backend/cuda/gpu_memory.h"

#include <dlfcn.h>

#include <memory>

namespace engine::cuda {

namespace {

// NVML's interface as its manual has it; the library comes with the driver.
struct NvmlMemory {
  unsigned long long total, free, used;
};
using NvmlInit = int (*)();
using NvmlShutdown = int (*)();
using NvmlDeviceByBusId = int (*)(const char* pci_bus_id, void** device);
using NvmlMemoryInfo = int (*)(void* device, NvmlMemory* memory);

struct CloseLibrary {
  void operator()(void* handle) const { dlclose(handle); }
};

template <class Function>
Function symbol(void* library, const char* name) {
  return reinterpret_cast<Function>(dlsym(library, name));
}

}  // namespace

GpuMemory gpu_memory(const char* pci_bus_id) {
  const std::unique_ptr<void, CloseLibrary> library(
      dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL));
  if (!library) return {};
  const auto init = symbol<NvmlInit>(library.get(), "nvmlInit_v2");
  const auto shutdown = symbol<NvmlShutdown>(library.get(), "nvmlShutdown");
  const auto by_bus_id =
      symbol<NvmlDeviceByBusId>(library.get(), "nvmlDeviceGetHandleByPciBusId_v2");
  const auto memory_info = symbol<NvmlMemoryInfo>(library.get(), "nvmlDeviceGetMemoryInfo");
  if (init == nullptr || shutdown == nullptr || by_bus_id == nullptr || memory_info == nullptr) {
    return {};
  }
  if (init() != 0) return {};
  void* device = nullptr;
  NvmlMemory memory{};
  const bool known = by_bus_id(pci_bus_id, &device) == 0 && memory_info(device, &memory) == 0;
  shutdown();
  if (!known) return {};
  return {static_cast<std::int64_t>(memory.free), static_cast<std::int64_t>(memory.total)};
}

}  // namespace engine::cuda
