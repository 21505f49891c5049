// The encoders against ggml's own (fixture of tests/golden/make_quant_blocks.py): the same bytes
// where the format leaves no choice, no larger error where a search is involved.
#include "engine/tensor/quantise.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "engine/tensor/quant_block.h"
#include "engine/tensor/quantise_search.h"
#include "tests/support/tensor_file.h"

namespace {

using engine::DType;

std::vector<std::byte> encoded(DType dtype, std::span<const float> x) {
  const auto n = static_cast<std::int64_t>(x.size());
  std::vector<std::byte> bytes(static_cast<std::size_t>(engine::dtype_bytes(dtype, n)));
  engine::encode_blocks(dtype, x, bytes.data());
  return bytes;
}

std::vector<float> decoded(DType dtype, const std::vector<std::byte>& bytes) {
  const engine::DTypeBlock block = engine::dtype_block(dtype);
  const auto n_blocks = static_cast<std::int64_t>(bytes.size()) / block.bytes;
  std::vector<float> values(static_cast<std::size_t>(n_blocks * block.elements));
  engine::decode_blocks(dtype, bytes.data(), n_blocks, values.data());
  return values;
}

std::vector<float> normal_values(std::size_t n, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> x(n);
  for (float& v : x) v = normal(random);
  return x;
}

const support::TensorFile& golden() {
  static const support::TensorFile file(BATHYSCOPE_SOURCE_DIR
                                        "/tests/golden/quant/encoded.safetensors");
  return file;
}

TEST(Quantise, TypesWithoutAChoiceGiveGgmlsBytes) {
  for (const char* set : {"normal", "demo", "skewed", "scales"}) {
    const auto x = golden().read<float>(set);
    ASSERT_GE(x.size(), 4096U);
    for (const DType dtype : {DType::Q4_0, DType::Q5_0, DType::Q8_0}) {
      const std::string name = std::string(set) + "." + std::string(engine::dtype_name(dtype));
      EXPECT_EQ(encoded(dtype, x), golden().read<std::byte>(name)) << name;
    }
  }
}

TEST(Quantise, SearchedTypesAreNoWorseThanGgml) {
  for (const char* set : {"normal", "demo", "skewed"}) {
    const auto x = golden().read<float>(set);
    for (const DType dtype : {DType::Q4_K, DType::Q6_K}) {
      const std::string name = std::string(set) + "." + std::string(engine::dtype_name(dtype));
      const std::string text = golden().header()["__metadata__"][name];
      const double reference = std::stod(text);
      const std::vector<float> values = decoded(dtype, encoded(dtype, x));
      double error = 0.0;
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double miss = static_cast<double>(values[i]) - static_cast<double>(x[i]);
        error += miss * miss / static_cast<double>(x.size());
      }
      EXPECT_LT(error, 1.02 * reference) << name;
      EXPECT_GT(error, 0.5 * reference) << name << ": too good to be true";
    }
  }
}

TEST(Quantise, EveryInstructionSetGivesTheSameBytes) {
  std::vector<const engine::quant::SearchTable*> tables;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) tables.push_back(&engine::quant::avx2_search());
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")) {
    tables.push_back(&engine::quant::avx512_search());
  }
#endif
  const std::vector<float> x = normal_values(7 * 256, 3);  // an odd number of blocks
  std::vector<std::byte> q4(7 * 144);
  std::vector<std::byte> q6(7 * 210);
  const auto run = [&](const engine::quant::SearchTable& table) {
    table.q4_k(x.data(), 7, reinterpret_cast<engine::quant::BlockQ4_K*>(q4.data()));
    table.q6_k(x.data(), 7, reinterpret_cast<engine::quant::BlockQ6_K*>(q6.data()));
  };
  run(engine::quant::generic_search());
  const std::vector<std::byte> expected_q4 = q4;
  const std::vector<std::byte> expected_q6 = q6;
  for (const auto* table : tables) {
    run(*table);
    EXPECT_EQ(q4, expected_q4);
    EXPECT_EQ(q6, expected_q6);
  }
}

TEST(Quantise, OddBlocksStayFiniteAndClose) {
  std::vector<std::vector<float>> rows;
  for (const float v : {0.0F, 1.0F, -1.0F, 1e-30F, 3e-5F, 262144.0F, -262144.0F}) {
    rows.emplace_back(256, v);
  }
  rows.emplace_back(256, 0.0F);
  rows.back()[17] = -5.0F;  // a lone outlier
  rows.emplace_back(256, 2.0F);
  rows.back()[200] = 100.0F;
  rows.push_back(normal_values(256, 4));
  for (float& v : rows.back()) v = -std::fabs(v);
  // Share of the largest magnitude that a block of the type may miss.
  const std::pair<DType, float> types[] = {{DType::Q8_0, 0.005F},
                                           {DType::Q6_K, 0.04F},
                                           {DType::Q5_0, 0.07F},
                                           {DType::Q4_0, 0.13F},
                                           {DType::Q4_K, 0.10F}};
  for (const auto& [dtype, share] : types) {
    for (std::size_t r = 0; r < rows.size(); ++r) {
      const std::vector<float> values = decoded(dtype, encoded(dtype, rows[r]));
      float largest = 0.0F;
      for (const float v : rows[r]) largest = std::max(largest, std::fabs(v));
      for (std::size_t i = 0; i < values.size(); ++i) {
        const float allowed = share * largest + 3e-8F * 4096.0F;  // scales are halves
        ASSERT_LE(std::fabs(values[i] - rows[r][i]), allowed)
            << engine::dtype_name(dtype) << " row " << r << " element " << i;
      }
    }
  }
}

TEST(Quantise, FindsWhatCannotBeEncoded) {
  std::vector<float> x(64, 1.0F);
  EXPECT_EQ(engine::first_unencodable(x), -1);
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), -3e5F}) {
    x[40] = bad;
    EXPECT_EQ(engine::first_unencodable(x), 40);
  }
  EXPECT_TRUE(engine::can_encode(DType::Q4_K));
  EXPECT_FALSE(engine::can_encode(DType::Q2_K));
}

TEST(Quantise, HalfRoundsToNearestEven) {
  for (unsigned bits = 0; bits < 0x10000U; ++bits) {
    const float value = engine::f16_to_float(static_cast<std::uint16_t>(bits));
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(engine::f16_to_float(engine::float_to_f16(value))));
      continue;
    }
    ASSERT_EQ(engine::float_to_f16(value), bits);
    if ((bits & 0x7FFFU) >= 0x7BFFU) continue;
    // Halfway to the next larger magnitude: to the even one of the two.
    const float next = engine::f16_to_float(static_cast<std::uint16_t>(bits + 1));
    const float middle = value + (next - value) / 2.0F;
    ASSERT_EQ(engine::float_to_f16(middle), bits % 2 == 0 ? bits : bits + 1) << bits;
  }
  EXPECT_EQ(engine::float_to_f16(65519.9F), 0x7BFFU);
  EXPECT_EQ(engine::float_to_f16(65520.0F), 0x7C00U);
  EXPECT_EQ(engine::float_to_f16(1e-9F), 0U);
}

}  // namespace
