// Block-quantised rows → float32: the scalar definition that every faster decoder must equal bit
// for bit, itself equal to PyPI `gguf`. The layouts are in quant_layout.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/tensor/dtype.h"
#include "engine/tensor/quant_layout.h"

namespace engine {

/// n_blocks blocks of a block type at `blocks` (any alignment) → n_blocks · dtype_block(dtype)
/// elements.
void decode_blocks(DType dtype, const std::byte* blocks, std::int64_t n_blocks, float* out);

}  // namespace engine
