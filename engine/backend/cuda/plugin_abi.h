// The C interface between the program and libbathyscope_cuda.so: the only thing the two sides
// share. The program never links CUDA; it loads the plug-in by absolute path
// (engine/backend/cuda_plugin.h).
#pragma once

#include <cstdint>

extern "C" {

/// What the CUDA runtime says about this machine. Strings are UTF-8 and end with NUL.
struct BathyscopeCudaProbe {
  std::int32_t n_devices;
  std::int32_t runtime_version;  // 13000 for 13.0
  std::int32_t driver_version;   // 0 when there is no driver
  std::int64_t free_bytes;       // of device 0
  std::int64_t total_bytes;
  char device_name[256];  // of device 0, "" when there is none
  char problem[256];      // why no device can be used, "" when one can
};

/// Raised when the struct or a function changes; the program refuses another version by name.
constexpr std::int32_t kBathyscopeCudaAbi = 1;

using BathyscopeCudaAbiVersion = std::int32_t (*)();
using BathyscopeCudaProbeDevices = void (*)(BathyscopeCudaProbe* probe);

}  // extern "C"
