// Chooses the backend the user asked for, or says why it cannot be had. Part of backend.h.
#include "engine/backend/backend.h"
#include "engine/backend/cpu/cpu_backend.h"
#include "engine/backend/cuda_plugin.h"
#include "engine/backend/reference/reference_backend.h"

namespace engine {

std::vector<BackendDescription> available_backends() {
  std::vector<BackendDescription> all = {
      {BackendKind::Cpu, true, describe_cpu(), 0, 0},
      {BackendKind::Reference, true, make_reference_backend()->description(), 0, 0}};
  for (BackendDescription& gpu : describe_cuda(cuda_plugin_path())) all.push_back(std::move(gpu));
  return all;
}

Result<std::unique_ptr<Backend>> make_backend(const BackendOptions& options) {
  switch (options.kind) {
    case BackendKind::Reference:
      return make_reference_backend();
    case BackendKind::Cpu:
      return make_cpu_backend(options.n_threads, options.instruction_set);
    case BackendKind::Cuda:
      return make_cuda_backend(cuda_plugin_path(), options.device);
  }
  return fail(ErrorCode::InvalidArgument, "backend: found an unknown kind");
}

}  // namespace engine
