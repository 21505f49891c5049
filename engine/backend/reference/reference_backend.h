// ReferenceBackend: every op as the obvious loop, float32 values with double accumulation, one
// thread. The oracle the other backends are tested against.
#pragma once

#include <memory>

#include "engine/backend/backend.h"

namespace engine {

std::unique_ptr<Backend> make_reference_backend();

}  // namespace engine
