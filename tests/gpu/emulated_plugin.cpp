// A whole plug-in over the emulator: what plugin.cpp asks of the CUDA runtime is known here.
#include <cstdio>

#include "engine/backend/cuda/plugin_abi.h"
#include "tests/gpu/emulator/device_memory.h"

extern "C" void bathyscope_cuda_probe_devices(BathyscopeCudaProbe* probe) {
  *probe = {};
  probe->n_devices = 1;
  probe->runtime_version = probe->driver_version = 13000;
  probe->compute_capability = 90;
  probe->free_bytes = simt::device_bytes_free();
  probe->total_bytes = simt::device_bytes_total();
  std::snprintf(probe->device_name, sizeof probe->device_name, "SIMT emulator");
}
