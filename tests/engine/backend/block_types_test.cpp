// The CPU kernels on ggml's block types: decoded exactly, products as the reference has them, the
// same bits however the rows are split.
#include "engine/backend/weight_rows.h"
#include "tests/engine/backend/backend_fixture.h"

namespace engine::test {
namespace {

class BlockTypes : public testing::TestWithParam<BackendOptions> {
 protected:
  std::unique_ptr<Backend> backend = make(GetParam());
  std::unique_ptr<Backend> reference = make({BackendKind::Reference, 1, ""});
  Random random{31};
};

/// The narrowest rows of a type, rows over several panels, and rows whose last panel is short.
std::vector<std::int64_t> widths(DType dtype) {
  if (dtype_block(dtype).elements == 256) return {256, 768, 1024};
  return {32, 96, 544, 1024};
}

TEST_P(BlockTypes, EmbedIsExact) {
  for (const DType dtype : kBlockTypes) {
    for (const std::int64_t cols : widths(dtype)) {
      const StoredWeight table = random_weight(random, dtype, 9, cols, 1.0F);
      const std::vector<TokenId> tokens = {TokenId(0), TokenId(8), TokenId(3)};
      Matrix actual(3, cols);
      Matrix expected(3, cols);
      backend->embed(table.view, tokens, actual.view());
      reference->embed(table.view, tokens, expected.view());
      EXPECT_TRUE(same_bits(actual.values, expected.values)) << dtype_name(dtype) << " " << cols;
    }
  }
}

TEST_P(BlockTypes, Matmul) {
  for (const DType dtype : kBlockTypes) {
    for (const std::int64_t cols : widths(dtype)) {
      for (const std::int64_t n_tokens : {1, 3, 4, 19}) {
        const StoredWeight w = random_weight(random, dtype, 70, cols, 0.1F);
        const Matrix x = random.matrix(n_tokens, cols);
        const Matrix bias = random.matrix(1, 70);
        Matrix actual(n_tokens, 70);
        Matrix expected(n_tokens, 70);
        backend->matmul(x.view(), w.view, bias.values.data(), actual.view());
        reference->matmul(x.view(), w.view, bias.values.data(), expected.view());
        EXPECT_LE(relative_error(actual.values, expected.values), kTolerances.rounded)
            << dtype_name(dtype) << " " << n_tokens << "×70×" << cols;
      }
    }
  }
}

TEST_P(BlockTypes, GatedMlpMixesTypes) {
  const Matrix x = random.matrix(7, 512);
  for (const DType down : {DType::Q5_0, DType::Q8_0, DType::Q6_K}) {
    StoredMlp mlp;
    mlp.gate = random_weight(random, DType::Q4_K, 256, 512, 0.002F);
    mlp.up = random_weight(random, DType::Q4_K, 256, 512, 0.002F);
    mlp.down = random_weight(random, down, 512, 256, 0.01F);
    Matrix actual(7, 512);
    Matrix expected(7, 512);
    backend->gated_mlp(x.view(), mlp.view(), actual.view());
    reference->gated_mlp(x.view(), mlp.view(), expected.view());
    EXPECT_LE(relative_error(actual.values, expected.values), kTolerances.rounded_mlp);
  }
}

TEST_P(BlockTypes, SameBitsHoweverTheRowsAreSplit) {
  constexpr std::int64_t kTokens = 22;
  for (const DType dtype : kBlockTypes) {
    const std::int64_t cols = widths(dtype)[1];
    const StoredWeight w = random_weight(random, dtype, 131, cols, 0.1F);
    const Matrix x = random.matrix(kTokens, cols);
    Matrix whole(kTokens, 131);
    backend->matmul(x.view(), w.view, nullptr, whole.view());
    for (const std::int64_t chunk : {1, 2, 3, 4, 5, 16}) {
      Matrix parts(kTokens, 131);
      for (std::int64_t first = 0; first < kTokens; first += chunk) {
        const std::int64_t n = std::min(chunk, kTokens - first);
        backend->matmul(x.slice(first, n), w.view, nullptr, parts.slice(first, n));
      }
      ASSERT_TRUE(same_bits(parts.values, whole.values)) << dtype_name(dtype) << " by " << chunk;
    }
  }
}

/// Rows [first, first + n) of every op that multiplies, at once and in parts.
TEST_P(BlockTypes, SameBitsOfMlpsAndExpertsHoweverTheRowsAreSplit) {
  constexpr std::int64_t kTokens = 19;
  constexpr std::int64_t kTopK = 2;
  const DType gates[] = {DType::Q4_K, DType::Q8_0, DType::BF16, DType::Q6_K};
  const DType downs[] = {DType::Q6_K, DType::F16, DType::Q5_0, DType::Q8_0};
  std::vector<StoredMlp> stored(4);
  std::vector<MlpWeights> experts;
  for (std::size_t e = 0; e < 4; ++e) {
    stored[e].gate = random_weight(random, gates[e], 256, 256, 0.01F);
    stored[e].up = random_weight(random, gates[(e + e / 2) % 4], 256, 256, 0.01F);
    stored[e].down = random_weight(random, downs[e], 256, 256, 0.01F);
    experts.push_back(stored[e].view());
  }
  const Matrix x = random.matrix(kTokens, 256);
  const Matrix weights = random.matrix(kTokens, kTopK);
  std::vector<std::int32_t> ids;
  for (std::int64_t t = 0; t < kTokens; ++t) {
    ids.push_back(static_cast<std::int32_t>(t % 4));
    ids.push_back(static_cast<std::int32_t>((t + 1 + t / 7) % 4));
  }
  const auto run = [&](Backend& b, std::int64_t chunk) {
    Matrix out(2 * kTokens, 256);
    for (std::int64_t first = 0; first < kTokens; first += chunk) {
      const std::int64_t n = std::min(chunk, kTokens - first);
      const auto from = static_cast<std::size_t>(first * kTopK);
      const auto count = static_cast<std::size_t>(n * kTopK);
      b.moe(x.slice(first, n), experts, std::span(ids).subspan(from, count),
            std::span(weights.values).subspan(from, count), kTopK, out.slice(first, n));
      b.gated_mlp(x.slice(first, n), experts[0], out.slice(kTokens + first, n));
    }
    return out.values;
  };
  BackendOptions alone = GetParam();
  alone.n_threads = 1;
  const auto one_thread = make(alone);
  const std::vector<float> whole = run(*one_thread, kTokens);
  for (const std::int64_t chunk : {1, 2, 3, 5, 8}) {
    ASSERT_TRUE(same_bits(run(*backend, chunk), whole)) << "by " << chunk;
  }
  Matrix expected(kTokens, 256);
  reference->moe(x.view(), experts, ids, weights.values, kTopK, expected.view());
  const std::vector<float> moe(whole.begin(), whole.begin() + kTokens * 256);
  EXPECT_LE(relative_error(moe, expected.values), kTolerances.rounded_mlp);
}

INSTANTIATE_TEST_SUITE_P(Cpu, BlockTypes, testing::ValuesIn(cpu_variants()), variant_name);

}  // namespace
}  // namespace engine::test
