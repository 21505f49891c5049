// The backends in main memory that the backend tests run on: the CPU's variants.
#include "engine/backend/cpu/cpu_features.h"
#include "tests/engine/backend/backend_fixture.h"

namespace engine::test {

std::unique_ptr<Backend> make(const BackendOptions& options) {
  auto backend = make_backend(options);
  if (!backend) {
    ADD_FAILURE() << backend.error().message;
    return nullptr;
  }
  return std::move(*backend);
}

std::vector<BackendOptions> cpu_variants() {
  std::vector<BackendOptions> variants;
  for (const InstructionSet& set : usable_instruction_sets()) {
    if (set.split != nullptr) continue;  // amx_split_test, with its own tolerance
    for (const int n_threads : {1, 2, 3, 8}) {
      variants.push_back({BackendKind::Cpu, n_threads, std::string(set.name)});
    }
  }
  return variants;
}

std::vector<BackendOptions> instruction_sets() {
  std::vector<BackendOptions> variants = cpu_variants();
  std::erase_if(variants, [](const BackendOptions& v) { return v.n_threads != 1; });
  return variants;
}

}  // namespace engine::test
