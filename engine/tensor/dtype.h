// Element formats of stored tensors, and the scalar decoders every other decoder is tested against.
#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <string_view>

namespace engine {

/// The element types the safetensors format knows. Weights run in F32, F16, BF16 and F8_E4M3; the
/// others are named in reports and refused as weights.
enum class DType : std::uint8_t {
  F32,
  F16,
  BF16,
  F8_E4M3,
  F8_E5M2,
  F8_E8M0,
  F64,
  I8,
  I16,
  I32,
  I64,
  U8,
  U16,
  U32,
  U64,
  BOOL,
  F4,
  F6_E2M3,
  F6_E3M2,
  F8_E4M3FNUZ,
  F8_E5M2FNUZ,
  C64,
};

/// Bits of one element: 4 to 64.
int dtype_bits(DType dtype);
/// The spelling of the safetensors header ("BF16").
std::string_view dtype_name(DType dtype);
std::optional<DType> dtype_from_name(std::string_view name);
/// Whether weights of this type can be computed with.
bool is_weight_dtype(DType dtype);

inline float bf16_to_float(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}
/// IEEE half, subnormals, infinities and NaN included.
float f16_to_float(std::uint16_t bits);
/// E4M3FN: bias 7, no infinities, 0x7F and 0xFF are NaN, largest 448.
float f8_e4m3_to_float(std::uint8_t bits);
/// Round to nearest even; NaN stays NaN.
std::uint16_t float_to_bf16(float value);

}  // namespace engine
