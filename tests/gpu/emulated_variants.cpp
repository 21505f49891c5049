// The backend tests on the CUDA backend over the emulator, blocks and threads shuffled. n_threads
// carries the order; that all orders give the same bits is cuda_bits_test's.
#include "engine/backend/cuda/cuda_backend.h"
#include "tests/engine/backend/backend_fixture.h"
#include "tests/gpu/emulator/scheduler.h"
#include "tests/gpu/host_view_backend.h"

namespace engine::test {

std::unique_ptr<Backend> make(const BackendOptions& options) {
  if (options.kind != BackendKind::Cuda) {
    auto host = make_backend(options);
    if (!host) ADD_FAILURE() << host.error().message;
    return host ? std::move(*host) : nullptr;
  }
  const auto order = static_cast<unsigned>(options.n_threads - 1);
  simt::set_order(order);
  auto backend = cuda::CudaBackend::create(0);
  if (!backend) {
    ADD_FAILURE() << backend.error().message;
    return nullptr;
  }
  return make_host_view_backend(std::move(*backend), [order] {
    for (const std::string& fault : simt::take_faults()) ADD_FAILURE() << fault;
    simt::set_order(order);
  });
}

std::vector<BackendOptions> cpu_variants() { return {{BackendKind::Cuda, 3, "emulated"}}; }

std::vector<BackendOptions> instruction_sets() { return cpu_variants(); }

}  // namespace engine::test
