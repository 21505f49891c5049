// The plug-in's part that makes backends; plugin.cpp answers what is there.
#include <cstdio>

#include "engine/backend/cuda/cuda_backend.h"
#include "engine/backend/cuda/plugin_abi.h"

extern "C" {

std::int32_t bathyscope_cuda_abi_version() { return kBathyscopeCudaAbi; }
const char* bathyscope_cuda_build() { return engine::cuda::kBuild; }
std::uint64_t bathyscope_cuda_layout() { return engine::cuda::backend_layout(); }

void* bathyscope_cuda_make_backend(std::int32_t ordinal, std::int32_t* code, char* problem,
                                   std::size_t problem_bytes) {
  auto backend = engine::cuda::CudaBackend::create(ordinal);
  if (backend) return backend->release();
  *code = static_cast<std::int32_t>(backend.error().code);
  std::snprintf(problem, problem_bytes, "%s", backend.error().message.c_str());
  return nullptr;
}

}  // extern "C"
