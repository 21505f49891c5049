// A plug-in that is there and does not help: of another version, or without a usable device.
#include <cstdio>

#include "engine/backend/cuda/plugin_abi.h"

extern "C" {

#if defined(FAKE_OTHER_VERSION)
std::int32_t bathyscope_cuda_abi_version() { return kBathyscopeCudaAbi + 7; }
#elif defined(FAKE_NO_DEVICE)
std::int32_t bathyscope_cuda_abi_version() { return kBathyscopeCudaAbi; }
const char* bathyscope_cuda_build() { return engine::cuda::kBuild; }
std::uint64_t bathyscope_cuda_layout() { return engine::cuda::backend_layout(); }
void* bathyscope_cuda_make_backend(std::int32_t, std::int32_t*, char*, std::size_t) {
  return nullptr;
}
void bathyscope_cuda_probe_device(std::int32_t, BathyscopeCudaProbe* probe) {
  *probe = {};
  std::snprintf(probe->problem, sizeof probe->problem, "no CUDA-capable device is detected");
}
#elif defined(FAKE_OTHER_BUILD)
std::int32_t bathyscope_cuda_abi_version() { return kBathyscopeCudaAbi; }
const char* bathyscope_cuda_build() { return "another compiler"; }
std::uint64_t bathyscope_cuda_layout() { return engine::cuda::backend_layout(); }
void* bathyscope_cuda_make_backend(std::int32_t, std::int32_t*, char*, std::size_t) {
  return nullptr;
}
void bathyscope_cuda_probe_device(std::int32_t, BathyscopeCudaProbe*) {}
#else
std::int32_t something_else() { return 0; }
#endif

}  // extern "C"
