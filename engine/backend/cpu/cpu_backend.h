// CpuBackend: the kernels of one instruction set, split over a thread pool. Same bits whatever the
// number of threads or rows (see backend.h).
#pragma once

#include <memory>
#include <string>

#include "engine/backend/backend.h"

namespace engine {

/// n_threads 0: one per processor this process may use. instruction_set "": the fastest here.
Result<std::unique_ptr<Backend>> make_cpu_backend(int n_threads,
                                                  const std::string& instruction_set);

/// What make_cpu_backend(0, "") describes itself as, without starting threads.
std::string describe_cpu();

}  // namespace engine
