// The scalar decoders of the block types against PyPI `gguf`, bit for bit; the fixture is made by
// tests/golden/make_quant_blocks.py.
#include "engine/tensor/quant_block.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "tests/support/tensor_file.h"

namespace {

using engine::DType;

class QuantBlock : public testing::TestWithParam<DType> {};

TEST_P(QuantBlock, DecodesAsGgufDoes) {
  const support::TensorFile golden(BATHYSCOPE_SOURCE_DIR "/tests/golden/quant/blocks.safetensors");
  const std::string name(engine::dtype_name(GetParam()));
  const auto blocks = golden.read<std::byte>(name + ".blocks");
  const auto expected = golden.read<float>(name + ".values");
  const engine::DTypeBlock block = engine::dtype_block(GetParam());
  const auto n_blocks = static_cast<std::int64_t>(blocks.size()) / block.bytes;
  ASSERT_EQ(n_blocks * block.elements, static_cast<std::int64_t>(expected.size()));
  ASSERT_GE(n_blocks, 24);
  std::vector<float> actual(expected.size());
  engine::decode_blocks(GetParam(), blocks.data(), n_blocks, actual.data());
  int n_nan = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (std::isnan(expected[i])) {
      ++n_nan;
      ASSERT_TRUE(std::isnan(actual[i])) << i;
    } else {
      ASSERT_EQ(std::bit_cast<std::uint32_t>(actual[i]), std::bit_cast<std::uint32_t>(expected[i]))
          << "element " << i << ": " << actual[i] << " and " << expected[i];
    }
  }
  EXPECT_LT(n_nan, static_cast<int>(expected.size()) / 2);
  EXPECT_TRUE(engine::is_weight_dtype(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Types, QuantBlock,
                         testing::Values(DType::Q4_0, DType::Q4_1, DType::Q5_0, DType::Q5_1,
                                         DType::Q8_0, DType::Q2_K, DType::Q3_K, DType::Q4_K,
                                         DType::Q5_K, DType::Q6_K, DType::IQ4_NL, DType::IQ4_XS),
                         [](const auto& type) {
                           return std::string(engine::dtype_name(type.param));
                         });

}  // namespace
