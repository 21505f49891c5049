// HostViewBackend: lets tests written for backends in main memory run on a device. Every op copies
// its operands there, runs, and copies the result back.
#pragma once

#include <functional>
#include <memory>

#include "engine/backend/backend.h"

namespace engine::test {

/// `check` runs after every op: the place to ask for faults.
std::unique_ptr<Backend> make_host_view_backend(std::unique_ptr<Backend> device,
                                                std::function<void()> check);

}  // namespace engine::test
