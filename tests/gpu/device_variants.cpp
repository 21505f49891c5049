// The backend tests on the GPU of this machine, through the plug-in beside the program. None where
// there is no GPU; tests/gpu/run.sh says so then.
#include "tests/engine/backend/backend_fixture.h"
#include "tests/gpu/host_view_backend.h"

namespace engine::test {

std::unique_ptr<Backend> make(const BackendOptions& options) {
  auto backend = make_backend(options);
  if (!backend) {
    ADD_FAILURE() << backend.error().message;
    return nullptr;
  }
  if (options.kind != BackendKind::Cuda) return std::move(*backend);
  Backend* device = backend->get();
  return make_host_view_backend(std::move(*backend), [device] {
    const auto health = device->health();
    if (!health) ADD_FAILURE() << health.error().message;
  });
}

std::vector<BackendOptions> cpu_variants() { return {{BackendKind::Cuda, 0, "device"}}; }
std::vector<BackendOptions> instruction_sets() { return cpu_variants(); }

}  // namespace engine::test
