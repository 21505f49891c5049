// Products of block types with rounded activations, for every instruction set: the rounding as
// kernels_int.h defines it, the products exact but for float32 sums, nothing overflowing at the
// ends of every range, and how far all of it is from the reference.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "engine/backend/cpu/cpu_features.h"
#include "tests/engine/backend/backend_fixture.h"

namespace engine::test {
namespace {

/// The definition in kernels_int.h in its plainest form: what the rounded row stands for.
Matrix rounded(const Matrix& x) {
  Matrix out = x;
  for (std::size_t i = 0; i < x.values.size(); i += 32) {
    float peak = 0.0F;
    for (std::size_t k = 0; k < 32; ++k) peak = std::max(peak, std::abs(x.values[i + k]));
    const float factor = peak < 0x1p-100F ? 0.0F : 127.0F / peak;
    for (std::size_t k = 0; k < 32; ++k) {
      out.values[i + k] = std::nearbyintf(x.values[i + k] * factor) * (peak / 127.0F);
    }
  }
  return out;
}

std::vector<std::int64_t> widths(DType dtype) {
  if (dtype_block(dtype).elements == 256) return {256, 512, 1280};
  return {32, 96, 512, 544};
}

class RoundedProducts : public testing::TestWithParam<BackendOptions> {
 protected:
  std::unique_ptr<Backend> backend = make(GetParam());
  std::unique_ptr<Backend> reference = make({BackendKind::Reference, 1, ""});
  Random random{57};

  void expect_exact(const WeightView& w, const Matrix& x, double tolerance) {
    Matrix actual(x.rows, w.rows);
    Matrix expected(x.rows, w.rows);
    backend->matmul(x.view(), w, nullptr, actual.view());
    reference->matmul(rounded(x).view(), w, nullptr, expected.view());
    EXPECT_LE(relative_error(actual.values, expected.values), tolerance)
        << dtype_name(w.dtype) << " " << x.rows << "×" << w.rows << "×" << w.cols;
  }
};

TEST_P(RoundedProducts, AreTheReferenceOfRoundedRows) {
  for (const DType dtype : kBlockTypes) {
    for (const std::int64_t cols : widths(dtype)) {
      for (const std::int64_t rows : {1, 5, 16, 33, 70}) {
        const StoredWeight w = random_weight(random, dtype, rows, cols, 0.1F);
        for (const std::int64_t n_tokens : {1, 2, 3, 4, 5, 6, 7, 8, 9, 13}) {
          expect_exact(w.view, random.matrix(n_tokens, cols), kTolerances.rounded_exact);
        }
      }
    }
  }
}

TEST_P(RoundedProducts, HoldAtTheEndsOfEveryRange) {
  for (const DType dtype : kBlockTypes) {
    const std::int64_t cols = widths(dtype)[1];
    StoredWeight w = random_weight(random, dtype, 40, cols, 0.1F);
    // Every byte the same, from all bits clear to all bits set; the scales stay what they were.
    for (const int fill : {0x00, 0x7F, 0x80, 0xFF}) {
      fill_quants(w, fill);
      for (const float sign : {1.0F, -1.0F}) {
        Matrix x(7, cols);
        for (std::size_t i = 0; i < x.values.size(); ++i) {
          x.values[i] = i % 5 == 0 ? -sign : sign;
        }
        expect_exact(w.view, x, kTolerances.rounded_exact);
        std::fill(x.values.begin(), x.values.end(), 3.0F * sign);
        expect_exact(w.view, x, kTolerances.rounded_exact);
      }
    }
  }
}

TEST_P(RoundedProducts, ZeroBlocksAndZeroScalesGiveZero) {
  for (const DType dtype : kBlockTypes) {
    const std::int64_t cols = widths(dtype)[1];
    StoredWeight w = random_weight(random, dtype, 20, cols, 0.1F);
    for (const std::int64_t n_tokens : {1, 8}) {
      Matrix out(n_tokens, 20);
      backend->matmul(Matrix(n_tokens, cols).view(), w.view, nullptr, out.view());
      for (const float v : out.values) EXPECT_EQ(v, 0.0F) << dtype_name(dtype);
    }
    const auto block = static_cast<std::size_t>(dtype_block(dtype).bytes);
    for (std::size_t at = 1; at < w.bytes.size(); at += block) {
      for (const std::size_t half : half_offsets(dtype)) std::memset(&w.bytes[at + half], 0, 2);
    }
    Matrix out(3, 20);
    backend->matmul(random.matrix(3, cols).view(), w.view, nullptr, out.view());
    for (const float v : out.values) EXPECT_EQ(v, 0.0F) << dtype_name(dtype);
  }
}

TEST_P(RoundedProducts, WhatIsNotFiniteStaysInItsRow) {
  for (const DType dtype : {DType::Q8_0, DType::Q4_K, DType::Q6_K}) {
    const StoredWeight w = random_weight(random, dtype, 20, 256, 0.1F);
    for (const float bad :
         {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
      Matrix x = random.matrix(5, 256);
      x.values[2 * 256 + 77] = bad;
      Matrix out(5, 20);
      backend->matmul(x.view(), w.view, nullptr, out.view());
      for (std::size_t i = 0; i < out.values.size(); ++i) {
        EXPECT_EQ(std::isfinite(out.values[i]), i / 20 != 2) << dtype_name(dtype) << " " << i;
      }
    }
  }
}

TEST_P(RoundedProducts, TinyRowsRoundToZeroAndLargeOnesStayFinite) {
  const StoredWeight w = random_weight(random, DType::Q8_0, 20, 64, 0.1F);
  Matrix x = random.matrix(2, 64);
  for (std::size_t i = 0; i < 64; ++i) x.values[i] *= 0x1p-110F;
  for (std::size_t i = 64; i < 128; ++i) x.values[i] *= 0x1p100F;
  Matrix out(2, 20);
  backend->matmul(x.view(), w.view, nullptr, out.view());
  for (std::size_t i = 0; i < 20; ++i) EXPECT_EQ(out.values[i], 0.0F);
  for (std::size_t i = 20; i < 40; ++i) EXPECT_TRUE(std::isfinite(out.values[i]));
}

INSTANTIATE_TEST_SUITE_P(Cpu, RoundedProducts, testing::ValuesIn(instruction_sets()), variant_name);

}  // namespace
}  // namespace engine::test
