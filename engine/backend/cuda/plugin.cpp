// libbathyscope_cuda.so: answers what the CUDA runtime sees. Linked with the static CUDA runtime,
// so it loads without a driver and says so.
#include <cuda_runtime_api.h>

#include <cstdio>
#include <string>

#include "engine/backend/cuda/device_problem.h"
#include "engine/backend/cuda/gpu_memory.h"
#include "engine/backend/cuda/plugin_abi.h"

namespace {

void say(BathyscopeCudaProbe* probe, const std::string& problem) {
  std::snprintf(probe->problem, sizeof probe->problem, "%s", problem.c_str());
}

void describe_problem(BathyscopeCudaProbe* probe, cudaError_t status) {
  say(probe,
      engine::cuda::driver_problem({probe->driver_version, probe->runtime_version,
                                    status == cudaErrorInsufficientDriver,
                                    std::string(cudaGetErrorString(status)) + " (CUDA error " +
                                        std::to_string(static_cast<int>(status)) + ")"}));
}

// Asking the runtime opens a device, and takes some hundred MiB of its memory until the program
// ends: of several, only where nobody else can tell.
cudaError_t memory_of(int ordinal, int n_devices, engine::cuda::GpuMemory* memory) {
  char pci_bus_id[32] = {};
  if (n_devices > 1 &&
      cudaDeviceGetPCIBusId(pci_bus_id, sizeof pci_bus_id, ordinal) == cudaSuccess) {
    *memory = engine::cuda::gpu_memory(pci_bus_id);
    if (memory->total_bytes > 0) return cudaSuccess;
  }
  std::size_t free_bytes = 0;
  std::size_t total_bytes = 0;
  cudaError_t status = cudaSetDevice(ordinal);
  if (status == cudaSuccess) status = cudaMemGetInfo(&free_bytes, &total_bytes);
  *memory = {static_cast<std::int64_t>(free_bytes), static_cast<std::int64_t>(total_bytes)};
  return status;
}

}  // namespace

extern "C" {

void bathyscope_cuda_probe_device(std::int32_t ordinal, BathyscopeCudaProbe* probe) {
  *probe = {};
  cudaRuntimeGetVersion(&probe->runtime_version);
  cudaDriverGetVersion(&probe->driver_version);
  int n_devices = 0;
  if (const cudaError_t status = cudaGetDeviceCount(&n_devices); status != cudaSuccess) {
    describe_problem(probe, status);
    return;
  }
  probe->n_devices = n_devices;
  cudaDeviceProp properties{};
  engine::cuda::GpuMemory memory;
  cudaError_t status = cudaGetDeviceProperties(&properties, ordinal);
  if (status == cudaSuccess) status = memory_of(ordinal, n_devices, &memory);
  if (status != cudaSuccess) {
    describe_problem(probe, status);
    return;
  }
  probe->compute_capability = properties.major * 10 + properties.minor;
  say(probe, engine::cuda::device_problem(
                 {properties.name, probe->compute_capability, memory.free_bytes}));
  probe->free_bytes = memory.free_bytes;
  probe->total_bytes = memory.total_bytes;
  std::snprintf(probe->device_name, sizeof probe->device_name, "%s", properties.name);
}

}  // extern "C"
