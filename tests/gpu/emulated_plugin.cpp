// A whole plug-in over the emulator: what plugin.cpp asks of the CUDA runtime is known here. Tests
// say how much memory the device has, in bytes: by BATHYSCOPE_EMULATED_MEMORY when it is loaded, or
// later by a call. With BATHYSCOPE_EMULATED_GPUS=900,100,700 there are several that say to have so
// many MiB; 0: one that is too old.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "engine/backend/cuda/plugin_abi.h"
#include "tests/gpu/emulator/device_memory.h"

namespace {

[[maybe_unused]] const bool kMemoryIsSet = [] {
  const char* bytes = std::getenv("BATHYSCOPE_EMULATED_MEMORY");
  if (bytes != nullptr) simt::set_device_limit(std::atoll(bytes));
  return bytes != nullptr;
}();

}  // namespace

extern "C" void emulated_device_has(std::int64_t n_bytes) { simt::set_device_limit(n_bytes); }

extern "C" void bathyscope_cuda_probe_device(std::int32_t ordinal, BathyscopeCudaProbe* probe) {
  *probe = {};
  probe->n_devices = 1;
  probe->runtime_version = probe->driver_version = 13000;
  probe->compute_capability = 90;
  probe->free_bytes = simt::device_bytes_free();
  probe->total_bytes = simt::device_bytes_total();
  std::snprintf(probe->device_name, sizeof probe->device_name, "SIMT emulator");
  const char* gpus = std::getenv("BATHYSCOPE_EMULATED_GPUS");
  if (gpus == nullptr) return;
  probe->n_devices = 0;
  for (const char* at = gpus; at != nullptr; at = std::strchr(at, ',')) {
    at += *at == ',' ? 1 : 0;
    if (probe->n_devices++ != ordinal) continue;
    probe->free_bytes = probe->total_bytes = std::int64_t{std::atoi(at)} << 20;
  }
  if (probe->free_bytes == 0) std::snprintf(probe->problem, sizeof probe->problem, "it is too old");
}
