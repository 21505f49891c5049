// Host memory of the backends that compute on the CPU: buffers and row copies. Used by reference
// and cpu.
#pragma once

#include <cstdint>
#include <span>

#include "engine/backend/backend.h"

namespace engine {

/// Zeroed float32 elements, 64-byte aligned; large buffers are mapped with huge pages where the
/// system gives them. OutOfMemory names the bytes that could not be had.
Result<Buffer> allocate_host(std::int64_t n_elements);

void copy_rows(ConstMatView from, MatView to);
void copy_to_rows(std::span<const float> from, MatView to);
void copy_from_rows(ConstMatView from, std::span<float> to);

}  // namespace engine
