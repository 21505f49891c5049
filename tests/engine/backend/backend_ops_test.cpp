// Every op of every CPU variant against the reference backend: one body per op. Sizes are ragged on
// purpose.
#include <algorithm>
#include <cmath>

#include "tests/engine/backend/backend_fixture.h"

namespace engine::test {
namespace {

class BackendOps : public testing::TestWithParam<BackendOptions> {
 protected:
  std::unique_ptr<Backend> backend = make(GetParam());
  std::unique_ptr<Backend> reference = make({BackendKind::Reference, 1, ""});
  Random random{7};
};

TEST_P(BackendOps, Embed) {
  for (const DType dtype : kWeightTypes) {
    for (const std::int64_t cols : {1, 15, 17, 130}) {
      const StoredWeight table = random_weight(random, dtype, 150, cols, 1.0F);
      const std::vector<TokenId> tokens = {TokenId(0), TokenId(149), TokenId(3), TokenId(3)};
      Matrix actual(4, cols);
      Matrix expected(4, cols);
      backend->embed(table.view, tokens, actual.view());
      reference->embed(table.view, tokens, expected.view());
      EXPECT_EQ(actual.values, expected.values) << dtype_name(dtype) << " " << cols;
    }
  }
}

TEST_P(BackendOps, RmsNorm) {
  for (const std::int64_t cols : {1, 15, 64, 129, 2048}) {
    const Matrix x = random.matrix(9, cols);
    const Matrix gamma = random.matrix(1, cols);
    Matrix actual(9, cols);
    Matrix expected(9, cols);
    backend->rms_norm(x.view(), gamma.values.data(), 1e-6F, actual.view());
    reference->rms_norm(x.view(), gamma.values.data(), 1e-6F, expected.view());
    EXPECT_LE(relative_error(actual.values, expected.values), kTolerances.rms_norm) << cols;
    Matrix in_place = x;
    backend->rms_norm(in_place.view(), gamma.values.data(), 1e-6F, in_place.view());
    EXPECT_TRUE(same_bits(in_place.values, actual.values));
  }
}

struct MatmulShape {
  std::int64_t n_tokens, n_out, n_in;
};

TEST_P(BackendOps, Matmul) {
  const MatmulShape shapes[] = {{1, 1, 1},     {1, 7, 15},  {2, 9, 17},     {3, 130, 129},
                                {4, 5, 127},   {5, 33, 64}, {17, 300, 100}, {70, 67, 259},
                                {1, 700, 300}, {0, 4, 8}};
  for (const DType dtype : kWeightTypes) {
    for (const auto& [n_tokens, n_out, n_in] : shapes) {
      const StoredWeight w = random_weight(random, dtype, n_out, n_in, 1.0F);
      const Matrix x = random.matrix(n_tokens, n_in);
      const Matrix bias = random.matrix(1, n_out);
      for (const float* b : {static_cast<const float*>(nullptr), bias.values.data()}) {
        Matrix actual(n_tokens, n_out);
        Matrix expected(n_tokens, n_out);
        backend->matmul(x.view(), w.view, b, actual.view());
        reference->matmul(x.view(), w.view, b, expected.view());
        EXPECT_LE(relative_error(actual.values, expected.values), kTolerances.matmul)
            << dtype_name(dtype) << " " << n_tokens << "×" << n_out << "×" << n_in;
      }
    }
  }
}

TEST_P(BackendOps, MatmulReadsAndWritesStridedRows) {
  const StoredWeight w = random_weight(random, DType::BF16, 20, 33, 1.0F);
  for (const std::int64_t n_tokens : {2, 11}) {
    const Matrix x = random.matrix(n_tokens, 40);
    Matrix out(n_tokens, 50);
    const ConstMatView x_view{x.values.data() + 3, n_tokens, 33, 40};
    backend->matmul(x_view, w.view, nullptr, {out.values.data() + 5, n_tokens, 20, 50});
    Matrix expected(n_tokens, 20);
    reference->matmul(x_view, w.view, nullptr, expected.view());
    for (std::int64_t t = 0; t < n_tokens; ++t) {
      for (std::int64_t i = 0; i < 50; ++i) {
        const float value = out.view().row(t)[i];
        if (i < 5 || i >= 25) {
          EXPECT_EQ(value, 0.0F) << "written outside its columns";
        } else {
          EXPECT_NEAR(value, expected.view().row(t)[i - 5], 1e-4);
        }
      }
    }
  }
}

TEST_P(BackendOps, MatmulIgnoresWhatLiesBehindTheRow) {
  // A NaN right behind the last column must not be multiplied by a padding zero.
  Matrix x(5, 20);
  for (float& v : x.values) v = NAN;
  for (std::int64_t t = 0; t < 5; ++t) {
    for (std::int64_t i = 0; i < 19; ++i) x.view().row(t)[i] = 1.0F;
  }
  const StoredWeight w = random_weight(random, DType::F32, 6, 19, 1.0F);
  for (const std::int64_t n_tokens : {1, 5}) {
    Matrix out(n_tokens, 6);
    backend->matmul({x.values.data(), n_tokens, 19, 20}, w.view, nullptr, out.view());
    for (const float v : out.values) EXPECT_TRUE(std::isfinite(v));
  }
}

TEST_P(BackendOps, AddAndCopy) {
  const Matrix a = random.matrix(6, 33);
  Matrix actual = random.matrix(6, 33);
  Matrix expected = actual;
  backend->add(a.view(), actual.view());
  reference->add(a.view(), expected.view());
  EXPECT_EQ(actual.values, expected.values);
  backend->copy(a.view(), actual.view());
  EXPECT_EQ(actual.values, a.values);
}

TEST_P(BackendOps, Rope) {
  for (const RopeLayout layout : {RopeLayout::Interleaved, RopeLayout::HalfSplit}) {
    for (const std::int64_t dim : {2, 6, 64}) {
      Matrix cos(80, dim / 2);
      Matrix sin(80, dim / 2);
      for (std::size_t i = 0; i < cos.values.size(); ++i) {
        cos.values[i] = std::cos(static_cast<float>(i));
        sin.values[i] = std::sin(static_cast<float>(i));
      }
      const RopeTable table{cos.values.data(), sin.values.data(), dim, layout};
      const std::int64_t stride = dim + 5;
      Matrix actual = random.matrix(70, 3 + 4 * stride);
      Matrix expected = actual;
      backend->rope(actual.view(), 4, stride, 3, 10, table);
      reference->rope(expected.view(), 4, stride, 3, 10, table);
      EXPECT_LE(relative_error(actual.values, expected.values), kTolerances.elementwise) << dim;
    }
  }
}

TEST(ReferenceRope, RotatesTheTwoLayouts) {
  const auto reference = make({BackendKind::Reference, 1, ""});
  const std::vector<float> cos = {0.6F, 0.0F};
  const std::vector<float> sin = {0.8F, 1.0F};
  std::vector<float> x = {1, 2, 3, 4};
  reference->rope({x.data(), 1, 4, 4}, 1, 4, 0, 0,
                  {cos.data(), sin.data(), 4, RopeLayout::Interleaved});
  const std::vector<float> interleaved = {0.6F - 1.6F, 1.2F + 0.8F, -4, 3};
  EXPECT_LE(relative_error(x, interleaved), 1e-6);
  x = {1, 2, 3, 4};
  reference->rope({x.data(), 1, 4, 4}, 1, 4, 0, 0,
                  {cos.data(), sin.data(), 4, RopeLayout::HalfSplit});
  const std::vector<float> half_split = {0.6F - 2.4F, -4, 1.8F + 0.8F, 2};
  EXPECT_LE(relative_error(x, half_split), 1e-6);
}

TEST_P(BackendOps, GatedMlp) {
  for (const DType dtype : kWeightTypes) {
    for (const std::int64_t n_tokens : {1, 3, 5, 41}) {
      for (const std::int64_t width : {1, 30, 141}) {
        const StoredMlp mlp = random_mlp(random, dtype, 67, width);
        const Matrix x = random.matrix(n_tokens, 67);
        Matrix actual(n_tokens, 67);
        Matrix expected(n_tokens, 67);
        backend->gated_mlp(x.view(), mlp.view(), actual.view());
        reference->gated_mlp(x.view(), mlp.view(), expected.view());
        EXPECT_LE(relative_error(actual.values, expected.values), kTolerances.gated_mlp)
            << dtype_name(dtype) << " " << n_tokens << " " << width;
      }
    }
  }
}

TEST_P(BackendOps, SiluOfExtremeGates) {
  // gate = x itself: from where exp overflows to where it vanishes.
  const std::vector<float> one = {1.0F};
  const WeightView w{reinterpret_cast<const std::byte*>(one.data()), DType::F32, 1, 1, nullptr, 0};
  const std::vector<float> gates = {-200, -104, -90, -88, -20, -1e-6F, 0, 1e-6F, 1, 20, 88, 200};
  for (const float g : gates) {
    float actual = -1.0F;
    float expected = -1.0F;
    backend->gated_mlp({&g, 1, 1, 1}, {w, w, w}, {&actual, 1, 1, 1});
    reference->gated_mlp({&g, 1, 1, 1}, {w, w, w}, {&expected, 1, 1, 1});
    // Below -88.8 float32's exp(-gate) is infinite: exactly 0 there, as in float32 PyTorch.
    EXPECT_NEAR(actual, expected,
                std::max(std::abs(expected) * static_cast<float>(kTolerances.silu), 1e-35F))
        << g;
  }
}

struct MoeCase {
  std::string name;
  std::int64_t n_tokens, n_experts, top_k;
};

TEST_P(BackendOps, Moe) {
  constexpr std::int64_t kHidden = 35;
  for (const MoeCase& c : {MoeCase{"alone", 1, 8, 3}, MoeCase{"batch", 23, 8, 3},
                           MoeCase{"many empty experts", 3, 40, 2}, MoeCase{"one", 9, 1, 1}}) {
    std::vector<StoredMlp> stored;
    std::vector<MlpWeights> experts;
    for (std::int64_t e = 0; e < c.n_experts; ++e) {
      stored.push_back(random_mlp(random, kWeightTypes[e % 4], kHidden, 50));
    }
    for (const StoredMlp& mlp : stored) experts.push_back(mlp.view());
    std::vector<std::int32_t> ids;
    for (std::int64_t t = 0; t < c.n_tokens; ++t) {
      const std::int64_t first = random.below(c.n_experts);
      for (std::int64_t j = 0; j < c.top_k; ++j) {
        ids.push_back(static_cast<std::int32_t>((first + j) % c.n_experts));
      }
    }
    const Matrix weights = random.matrix(c.n_tokens, c.top_k);
    const Matrix x = random.matrix(c.n_tokens, kHidden);
    Matrix actual(c.n_tokens, kHidden);
    Matrix expected(c.n_tokens, kHidden);
    backend->moe(x.view(), experts, ids, weights.values, c.top_k, actual.view());
    reference->moe(x.view(), experts, ids, weights.values, c.top_k, expected.view());
    EXPECT_LE(relative_error(actual.values, expected.values), kTolerances.moe) << c.name;
  }
}

TEST_P(BackendOps, UploadAndDownload) {
  auto buffer = backend->allocate(6 * 10);
  ASSERT_TRUE(buffer.has_value());
  const Matrix host = random.matrix(6, 7);
  const MatView view{buffer->data(), 6, 7, 10};
  backend->upload(host.values, view);
  std::vector<float> back(42);
  backend->download(view, back);
  EXPECT_EQ(back, host.values);
  EXPECT_EQ(buffer->data()[7], 0.0F) << "padding must stay untouched";
}

INSTANTIATE_TEST_SUITE_P(Cpu, BackendOps, testing::ValuesIn(cpu_variants()), variant_name);

}  // namespace
}  // namespace engine::test
