// libbathyscope_cuda.so: answers what the CUDA runtime sees. Linked with the static CUDA runtime,
// so it loads without a driver and says so.
#include <cuda_runtime_api.h>

#include <cstdio>

#include "engine/backend/cuda/plugin_abi.h"

namespace {

constexpr int kOldest = 75;  // compute capability 7.5: what the plug-in is built for
constexpr std::size_t kLeastFree = std::size_t{512} << 20;

void describe_problem(BathyscopeCudaProbe* probe, cudaError_t status) {
  if (probe->driver_version == 0) {
    std::snprintf(probe->problem, sizeof probe->problem, "no NVIDIA driver is installed");
  } else if (status == cudaErrorInsufficientDriver) {
    std::snprintf(probe->problem, sizeof probe->problem,
                  "the driver supports CUDA %d.%d, this plug-in needs %d.%d: update the driver",
                  probe->driver_version / 1000, probe->driver_version % 1000 / 10,
                  probe->runtime_version / 1000, probe->runtime_version % 1000 / 10);
  } else {
    std::snprintf(probe->problem, sizeof probe->problem, "%s (CUDA error %d)",
                  cudaGetErrorString(status), static_cast<int>(status));
  }
}

}  // namespace

extern "C" {

void bathyscope_cuda_probe_devices(BathyscopeCudaProbe* probe) {
  *probe = {};
  cudaRuntimeGetVersion(&probe->runtime_version);
  cudaDriverGetVersion(&probe->driver_version);
  int n_devices = 0;
  if (const cudaError_t status = cudaGetDeviceCount(&n_devices); status != cudaSuccess) {
    describe_problem(probe, status);
    return;
  }
  cudaDeviceProp properties{};
  std::size_t free_bytes = 0;
  std::size_t total_bytes = 0;
  cudaError_t status = cudaGetDeviceProperties(&properties, 0);
  if (status == cudaSuccess) status = cudaSetDevice(0);
  if (status == cudaSuccess) status = cudaMemGetInfo(&free_bytes, &total_bytes);
  if (status != cudaSuccess) {
    describe_problem(probe, status);
    return;
  }
  probe->compute_capability = properties.major * 10 + properties.minor;
  if (probe->compute_capability < kOldest) {
    std::snprintf(probe->problem, sizeof probe->problem,
                  "%.100s has compute capability %d.%d, this plug-in needs %d.%d or newer",
                  properties.name, properties.major, properties.minor, kOldest / 10, kOldest % 10);
  } else if (free_bytes < kLeastFree) {
    std::snprintf(probe->problem, sizeof probe->problem,
                  "not enough memory: %zu MiB of %.100s are free, at least %zu MiB are needed",
                  free_bytes >> 20, properties.name, kLeastFree >> 20);
  }
  probe->n_devices = n_devices;
  probe->free_bytes = static_cast<std::int64_t>(free_bytes);
  probe->total_bytes = static_cast<std::int64_t>(total_bytes);
  std::snprintf(probe->device_name, sizeof probe->device_name, "%s", properties.name);
}

}  // extern "C"
