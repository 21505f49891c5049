// Block-quantised rows → float32, compiled for the plain machine.
#include "engine/tensor/quant_block.h"

#include "engine/base/check.h"

namespace engine {

namespace {

#include "engine/tensor/quant_decode_body.h"

template <class Block>
void decode_all(const std::byte* blocks, std::int64_t n_blocks, float* out) {
  const auto* block = reinterpret_cast<const Block*>(blocks);  // alignment 1
  for (std::int64_t i = 0; i < n_blocks; ++i) decode_block(block[i], out + i * Block::kElements);
}

}  // namespace

void decode_blocks(DType dtype, const std::byte* blocks, std::int64_t n_blocks, float* out) {
  switch (dtype) {
    case DType::Q4_0:
      return decode_all<quant::BlockQ4_0>(blocks, n_blocks, out);
    case DType::Q4_1:
      return decode_all<quant::BlockQ4_1>(blocks, n_blocks, out);
    case DType::Q5_0:
      return decode_all<quant::BlockQ5_0>(blocks, n_blocks, out);
    case DType::Q5_1:
      return decode_all<quant::BlockQ5_1>(blocks, n_blocks, out);
    case DType::Q8_0:
      return decode_all<quant::BlockQ8_0>(blocks, n_blocks, out);
    case DType::Q2_K:
      return decode_all<quant::BlockQ2_K>(blocks, n_blocks, out);
    case DType::Q3_K:
      return decode_all<quant::BlockQ3_K>(blocks, n_blocks, out);
    case DType::Q4_K:
      return decode_all<quant::BlockQ4_K>(blocks, n_blocks, out);
    case DType::Q5_K:
      return decode_all<quant::BlockQ5_K>(blocks, n_blocks, out);
    case DType::Q6_K:
      return decode_all<quant::BlockQ6_K>(blocks, n_blocks, out);
    case DType::IQ4_NL:
      return decode_all<quant::BlockIQ4_NL>(blocks, n_blocks, out);
    case DType::IQ4_XS:
      return decode_all<quant::BlockIQ4_XS>(blocks, n_blocks, out);
    default:
      CHECK(is_block_quantised(dtype));
  }
}

}  // namespace engine
