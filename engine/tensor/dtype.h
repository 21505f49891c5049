// Element formats of stored tensors, and the scalar decoders every other decoder is tested against.
#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <string_view>

namespace engine {

/// The element types safetensors and GGUF know. Weights run in F32, F16, BF16, F8_E4M3 and the
/// block types Q4_0 … IQ4_XS; the others are named in reports and refused as weights.
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
  // GGUF's block types: `dtype_block` elements of one row share scales. Layouts: ggml-quants, see
  // quant_block.h. Q4_0 … IQ4_XS can be computed with.
  Q4_0,
  Q4_1,
  Q5_0,
  Q5_1,
  Q8_0,
  Q2_K,
  Q3_K,
  Q4_K,
  Q5_K,
  Q6_K,
  IQ4_NL,
  IQ4_XS,
  // Named and refused.
  Q8_1,
  Q8_K,
  IQ1_S,
  IQ1_M,
  IQ2_XXS,
  IQ2_XS,
  IQ2_S,
  IQ3_XXS,
  IQ3_S,
  TQ1_0,
  TQ2_0,
  MXFP4,
  NVFP4,
  Q1_0,
  Q2_0,
};

/// How elements lie in a row: `elements` at a time in `bytes` bytes. {1, 4} for F32, {256, 144} for
/// Q4_K. Types of less than a byte outside GGUF (F4 …) give a block of whole bytes.
struct DTypeBlock {
  std::int64_t elements = 1;
  std::int64_t bytes = 1;
};
DTypeBlock dtype_block(DType dtype);
/// Bytes of n elements; n is a multiple of the block's elements.
std::int64_t dtype_bytes(DType dtype, std::int64_t n_elements);
/// Average bits of one element, for people: 4.5 for Q4_K.
double dtype_bits_per_weight(DType dtype);
/// Q4_0 … IQ4_XS.
bool is_block_quantised(DType dtype);
/// The spelling of the safetensors header ("BF16") or of ggml ("Q4_K").
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
/// Round to nearest even, subnormals included; above the largest half infinity; NaN stays NaN.
std::uint16_t float_to_f16(float value);

}  // namespace engine
