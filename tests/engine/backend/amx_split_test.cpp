// Products of BF16 weights with split activations, through an emulated tile unit: the bits that
// their definition gives, for every shape; the same alone as among many; how near they are to the
// exact product; and the ops made of them.
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cfloat>
#include <cmath>
#include <cstring>
#include <limits>

#include "engine/backend/cpu/amx_support.h"
#include "engine/backend/cpu/cpu_ops.h"
#include "engine/base/mapped_file.h"
#include "engine/base/mapping_guard.h"
#include "tests/engine/backend/amx_fixture.h"
#include "tests/engine/backend/backend_fixture.h"
#include "tests/support/temp_folder.h"

namespace engine::test {
namespace {

using kernels::SplitTable;

// 2^-17 of an activation, and float32 sums; an MLP is a cube of one value, two products deep.
constexpr double kProduct = 2e-5;
constexpr double kMlp = 8e-5;

float bf16(float v) {
  std::uint32_t bits;
  std::memcpy(&bits, &v, sizeof bits);
  bits = (bits + 0x7FFFU + (bits >> 16 & 1U)) & 0xFFFF0000U;
  std::memcpy(&v, &bits, sizeof v);
  return v;
}

/// Row j of the weights times x, as kernels_split.h and the unit's manual define it.
float defined_product(const StoredWeight& w, std::int64_t j, const float* x) {
  float sum = 0.0F;
  const std::int64_t cols = w.view.cols;
  for (std::int64_t k = 0; k < cols; k += 32) {
    for (const bool low : {false, true}) {
      float parts[2] = {0.0F, 0.0F};
      for (std::int64_t i = k; i < std::min(k + 32, cols); ++i) {
        std::uint16_t stored;
        std::memcpy(&stored, w.view.data + (j * cols + i) * 2, sizeof stored);
        const std::uint32_t bits = std::uint32_t{stored} << 16;
        float weight;
        std::memcpy(&weight, &bits, sizeof weight);
        const float high = bf16(x[i]);
        parts[i % 2] = std::fma(weight, low ? bf16(x[i] - high) : high, parts[i % 2]);
      }
      sum += parts[0] + parts[1];
    }
  }
  return sum;
}

class AmxSplit : public EmulatedTiles {
 protected:
  struct Call {
    std::int64_t first_row;
    std::int64_t n_rows;
    std::int64_t n_x;
    const std::int32_t* index = nullptr;
    const float* bias = nullptr;
  };

  /// Tokens from `first` on, with a margin on the right that must stay as it is.
  Matrix run(const StoredWeight& w, const Matrix& x, std::int64_t first, const Call& call) {
    constexpr std::int64_t kMargin = 3;
    Matrix out(call.n_x, call.n_rows + kMargin);
    std::fill(out.values.begin(), out.values.end(), 7.5F);
    allow_tiles_from(w.view.data, static_cast<std::size_t>(w.view.rows * w.view.cols * 2));
    scratch.ensure(1, kernels::split_elements(w.view.cols));
    emulated_amx_split().product(kernel_weight(w.view), call.first_row, call.n_rows,
                                 {x.values.data() + first * x.cols, x.cols, call.index}, call.n_x,
                                 call.bias, {out.values.data(), out.cols}, scratch.part(0));
    const char* const fault = take_tile_fault();
    EXPECT_EQ(fault, nullptr) << fault;
    for (std::int64_t t = 0; t < call.n_x; ++t) {
      for (std::int64_t j = call.n_rows; j < out.cols; ++j) {
        EXPECT_EQ(out.view().row(t)[j], 7.5F) << "behind the last row";
      }
    }
    return out;
  }

  ScratchArea scratch;
  Random random{17};
};

TEST_F(AmxSplit, HasTheBitsOfItsDefinitionForEveryShape) {
  for (const std::int64_t cols : {8, 32, 40, 96, 200}) {
    const StoredWeight w = random_weight(random, DType::BF16, 70, cols, 0.1F);
    const Matrix x = random.matrix(130, cols);
    Matrix expected(130, 70);
    for (std::int64_t t = 0; t < 130; ++t) {
      for (std::int64_t j = 0; j < 70; ++j) {
        expected.view().row(t)[j] = defined_product(w, j, x.view().row(t));
      }
    }
    for (const std::int64_t n_rows : {1, 15, 16, 17, 32, 33, 48, 70}) {
      for (const std::int64_t n_x : {1, 2, 5, 15, 16, 17, 32, 33, 48, 63, 64, 65, 97, 130}) {
        const std::int64_t from = 70 - n_rows;
        const Matrix out = run(w, x, 0, {from, n_rows, n_x});
        for (std::int64_t t = 0; t < n_x; ++t) {
          ASSERT_EQ(std::memcmp(out.view().row(t), expected.view().row(t) + from,
                                static_cast<std::size_t>(n_rows) * sizeof(float)),
                    0)
              << n_x << " tokens × " << n_rows << " rows × " << cols << ", token " << t;
        }
      }
    }
  }
}

TEST_F(AmxSplit, FollowsAnIndexAndAddsABias) {
  const StoredWeight w = random_weight(random, DType::BF16, 40, 72, 0.1F);
  const Matrix x = random.matrix(20, 72);
  const Matrix bias = random.matrix(1, 40);
  std::vector<std::int32_t> index(50);
  for (std::int32_t& i : index) i = static_cast<std::int32_t>(random.below(20));
  const Matrix out = run(w, x, 0, {0, 40, 50, index.data(), bias.values.data()});
  for (std::int64_t t = 0; t < 50; ++t) {
    const Matrix alone = run(w, x, index[static_cast<std::size_t>(t)], {0, 40, 1});
    for (std::int64_t j = 0; j < 40; ++j) {
      ASSERT_EQ(out.view().row(t)[j], alone.values[static_cast<std::size_t>(j)] +
                                          bias.values[static_cast<std::size_t>(j)]);
    }
  }
}

TEST_F(AmxSplit, WhatIsNotFiniteReachesItsTokenOnly) {
  const StoredWeight w = random_weight(random, DType::BF16, 20, 64, 0.1F);
  Matrix x = random.matrix(7, 64);
  const Matrix clean = run(w, x, 0, {0, 20, 7});
  x.view().row(1)[5] = std::numeric_limits<float>::infinity();
  x.view().row(3)[63] = std::numeric_limits<float>::quiet_NaN();
  x.view().row(5)[0] = std::bit_cast<float>(0x7F800001U);
  const Matrix out = run(w, x, 0, {0, 20, 7});
  for (std::int64_t j = 0; j < 20; ++j) {
    EXPECT_TRUE(std::isinf(out.view().row(1)[j]));
    EXPECT_TRUE(std::isnan(out.view().row(3)[j]));
    EXPECT_TRUE(std::isnan(out.view().row(5)[j]));
    for (const std::int64_t t : {0, 2, 4, 6}) {
      EXPECT_EQ(out.view().row(t)[j], clean.view().row(t)[j]);
    }
  }
}

TEST_F(AmxSplit, KeepsTheLargestAndLosesTheSmallest) {
  StoredWeight w = random_weight(random, DType::BF16, 1, 1, 0.1F);
  const std::uint16_t one = 0x3F80;
  std::memcpy(w.bytes.data() + (w.view.data - w.bytes.data()), &one, sizeof one);
  Matrix x(1, 1);
  for (const float v : {3.4e38F, -3.4e38F, 1e38F, 1.0F, 0.1F, 3e-30F, -3e-30F, 0.0F}) {
    x.values[0] = v;
    const float got = run(w, x, 0, {0, 1, 1}).values[0];
    EXPECT_NEAR(double{got}, double{v}, std::abs(double{v}) * 0x1p-16);
  }
  x.values[0] = FLT_MIN / 4;
  EXPECT_EQ(run(w, x, 0, {0, 1, 1}).values[0], 0.0F);
}

/// The ops of a backend with this table, without a backend around them.
struct Ops {
  explicit Ops(const SplitTable& split)
      : pool(std::move(*ThreadPool::create(1))),
        cpu{kernels::avx512_table(),
            kernels::avx512_attention(),
            nullptr,
            kernels::avx512_vnni_ints(),
            &split,
            *pool,
            scratch} {
    allow_tiles_from(nullptr, SIZE_MAX);
  }
  std::unique_ptr<ThreadPool> pool;
  CpuScratch scratch;
  CpuContext cpu;
};

TEST_F(AmxSplit, ProductsAndExpertsAreNearTheReferenceAndTheSameInParts) {
  const auto reference = make({BackendKind::Reference, 0, ""});
  Ops ops(emulated_amx_split());
  constexpr std::int64_t kTokens = 70, kHidden = 96, kWidth = 72, kExperts = 5, kTop = 2;
  const Matrix x = random.matrix(kTokens, kHidden);
  const StoredWeight w = random_weight(random, DType::BF16, 300, kHidden, 0.1F);
  std::vector<StoredMlp> stored;
  std::vector<MlpWeights> experts;
  for (std::int64_t e = 0; e < kExperts; ++e) {
    stored.push_back(random_mlp(random, DType::BF16, kHidden, kWidth));
  }
  for (const StoredMlp& mlp : stored) experts.push_back(mlp.view());
  std::vector<std::int32_t> ids;
  for (std::int64_t t = 0; t < kTokens; ++t) {
    const std::int64_t first = random.below(kExperts);
    ids.push_back(static_cast<std::int32_t>(first));
    ids.push_back(static_cast<std::int32_t>((first + 1) % kExperts));
  }
  const std::vector<float> shares(ids.size(), 0.5F);

  Matrix product(kTokens, 300), mlp(kTokens, kHidden), moe(kTokens, kHidden);
  const long long before = n_tile_products();
  cpu_matmul(ops.cpu, x.view(), w.view, nullptr, product.view());
  cpu_gated_mlp(ops.cpu, x.view(), experts[0], mlp.view());
  cpu_moe(ops.cpu, x.view(), experts, ids, shares, kTop, moe.view());
  EXPECT_GT(n_tile_products(), before);

  Matrix exact_product(kTokens, 300), exact_mlp(kTokens, kHidden), exact_moe(kTokens, kHidden);
  reference->matmul(x.view(), w.view, nullptr, exact_product.view());
  reference->gated_mlp(x.view(), experts[0], exact_mlp.view());
  reference->moe(x.view(), experts, ids, shares, kTop, exact_moe.view());
  EXPECT_LE(relative_error(product.values, exact_product.values), kProduct);
  EXPECT_LE(relative_error(mlp.values, exact_mlp.values), kMlp);
  EXPECT_LE(relative_error(moe.values, exact_moe.values), kMlp);
  EXPECT_GT(relative_error(product.values, exact_product.values), 0.0);

  for (const std::int64_t chunk : {1, 4, 5, 33}) {
    Matrix parts(kTokens, 300), mlp_parts(kTokens, kHidden), moe_parts(kTokens, kHidden);
    for (std::int64_t t = 0; t < kTokens; t += chunk) {
      const std::int64_t n = std::min(chunk, kTokens - t);
      const auto from = static_cast<std::size_t>(t * kTop);
      const auto count = static_cast<std::size_t>(n * kTop);
      cpu_matmul(ops.cpu, x.slice(t, n), w.view, nullptr, parts.slice(t, n));
      cpu_gated_mlp(ops.cpu, x.slice(t, n), experts[0], mlp_parts.slice(t, n));
      cpu_moe(ops.cpu, x.slice(t, n), experts, std::span(ids).subspan(from, count),
              std::span(shares).subspan(from, count), kTop, moe_parts.slice(t, n));
    }
    EXPECT_TRUE(same_bits(parts.values, product.values)) << "in chunks of " << chunk;
    EXPECT_TRUE(same_bits(mlp_parts.values, mlp.values)) << "in chunks of " << chunk;
    EXPECT_TRUE(same_bits(moe_parts.values, moe.values)) << "in chunks of " << chunk;
  }
  const char* const fault = take_tile_fault();
  EXPECT_EQ(fault, nullptr) << fault;
}

TEST_F(AmxSplit, TheSelfCheckPassesTheUnitAndNoOthers) {
  allow_tiles_from(nullptr, SIZE_MAX);
  EXPECT_TRUE(sound_products(emulated_amx_split()));
  // Another result for one token than for many.
  const SplitTable unequal = {"unequal", 32,
                              [](const kernels::Weight& w, std::int64_t first_row,
                                 std::int64_t n_rows, const kernels::Rows& x, std::int64_t n_x,
                                 const float* bias, const kernels::Out& out, float* space) {
                                emulated_amx_split().product(w, first_row, n_rows, x, n_x, bias,
                                                             out, space);
                                if (n_x == 1) out.data[1] = std::nextafter(out.data[1], 1e30F);
                              }};
  EXPECT_FALSE(sound_products(unequal));
  // Activations rounded to BF16.
  const SplitTable coarse = {"coarse", 32,
                             [](const kernels::Weight& w, std::int64_t first_row,
                                std::int64_t n_rows, const kernels::Rows& x, std::int64_t n_x,
                                const float* bias, const kernels::Out& out, float* space) {
                               std::vector<float> rounded(x.data, x.data + n_x * x.stride);
                               for (float& v : rounded) v = bf16(v);
                               emulated_amx_split().product(w, first_row, n_rows,
                                                            {rounded.data(), x.stride, nullptr},
                                                            n_x, bias, out, space);
                             }};
  EXPECT_FALSE(sound_products(coarse));
}

/// On a processor that has the unit.
TEST(AmxSplitBackend, IsNearTheReference) {
  if (!amx_support().bf16_refusal.empty()) GTEST_SKIP() << amx_support().bf16_refusal;
  const auto backend = make({BackendKind::Cpu, 3, "amx-bf16"});
  const auto reference = make({BackendKind::Reference, 0, ""});
  Random random{5};
  const StoredWeight w = random_weight(random, DType::BF16, 300, 200, 0.1F);
  const Matrix x = random.matrix(70, 200);
  Matrix out(70, 300), expected(70, 300), alone(1, 300);
  backend->matmul(x.view(), w.view, nullptr, out.view());
  reference->matmul(x.view(), w.view, nullptr, expected.view());
  EXPECT_LE(relative_error(out.values, expected.values), kProduct);
  for (std::int64_t t = 0; t < 70; ++t) {
    backend->matmul(x.slice(t, 1), w.view, nullptr, alone.view());
    EXPECT_TRUE(std::equal(alone.values.begin(), alone.values.end(), out.view().row(t)));
  }
}

/// A file that loses its bytes within a tile's load: the load goes on with zeros where it stopped,
/// on every thread, and what comes after is right again.
TEST(AmxSplitBackend, GoesOnWithZerosWhereAFileEndsInATile) {
  if (!amx_support().bf16_refusal.empty()) GTEST_SKIP() << amx_support().bf16_refusal;
  install_mapping_guard();
  constexpr std::int64_t kRows = 300, kCols = 200, kKept = 40960;  // up to row 102 of 96 … 111
  Random random{6};
  StoredWeight w = random_weight(random, DType::BF16, kRows, kCols, 0.1F);
  const Matrix x = random.matrix(70, kCols);
  const auto backend = make({BackendKind::Cpu, 3, "amx-bf16"});
  const std::string bytes(reinterpret_cast<const char*>(w.view.data), kRows * kCols * 2);
  const support::TempFolder folder;
  support::write_file(folder.file("model"), bytes);
  const MappedFile file = std::move(MappedFile::open(folder.file("model")).value());
  WeightView mapped = w.view;
  mapped.data = file.bytes().data();
  ASSERT_EQ(::truncate(folder.file("model").c_str(), kKept), 0);
  Matrix out(70, kRows), expected(70, kRows), again(70, kRows);
  backend->matmul(x.view(), mapped, nullptr, out.view());
  EXPECT_FALSE(file.check_unchanged().has_value());
  backend->matmul(x.view(), mapped, nullptr, again.view());
  std::fill(w.bytes.begin() + (w.view.data - w.bytes.data()) + kKept, w.bytes.end(), std::byte{0});
  backend->matmul(x.view(), w.view, nullptr, expected.view());
  EXPECT_TRUE(same_bits(out.values, expected.values));
  EXPECT_TRUE(same_bits(again.values, expected.values));
}

}  // namespace
}  // namespace engine::test
