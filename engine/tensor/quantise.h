// Float32 values → stored formats: what `quantize` writes and what quantise-on-load holds. The same
// values give the same bytes on every machine and thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/tensor/dtype.h"

namespace engine {

/// F32, BF16, Q4_0, Q5_0, Q8_0, Q4_K, Q6_K.
bool can_encode(DType dtype);

/// The largest magnitude every encodable type can hold: blocks keep their scale as a half.
inline constexpr float kLargestEncodable = 262144.0F;

/// The place of the first value that is NaN or larger than kLargestEncodable; −1: none.
std::int64_t first_unencodable(std::span<const float> x);

/// Encodes x, whole blocks, all of it encodable, into dtype_bytes(dtype, x.size()) bytes at `out`.
/// Q4_0, Q5_0 and Q8_0 give the very bytes of ggml's reference encoder; Q4_K and Q6_K search each
/// sub-block's scale (and minimum) for the least weighted squared error.
void encode_blocks(DType dtype, std::span<const float> x, std::byte* out);

}  // namespace engine
