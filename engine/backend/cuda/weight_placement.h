// A stored weight's bytes in the order weight_layout.h describes. Host side; used by place().
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/tensor/weight.h"

namespace engine::cuda {

/// Bytes of the whole weight in GPU memory.
std::int64_t placed_bytes(const WeightView& w);

/// Writes rows [first, first + n) as they lie in GPU memory. `to` holds n placed rows.
void arrange_rows(const WeightView& w, std::int64_t first, std::int64_t n, std::byte* to);

}  // namespace engine::cuda
