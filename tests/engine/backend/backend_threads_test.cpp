// Every op that is split over threads, once, small: what ThreadSanitizer looks at. That the bits
// are the same is same_bits_test's.
#include "tests/engine/backend/backend_fixture.h"

namespace engine::test {
namespace {

class BackendThreads : public testing::TestWithParam<int> {};

TEST_P(BackendThreads, OneLayerOfOps) {
  Random random(17);
  const auto backend = make({BackendKind::Cpu, GetParam(), ""});
  const auto one = make({BackendKind::Cpu, 1, ""});
  const StoredWeight w = random_weight(random, DType::BF16, 300, 200, 1.0F);
  const StoredWeight w_ukv = random_weight(random, DType::BF16, 6 * 30, 34, 0.3F);
  std::vector<StoredMlp> stored;
  std::vector<MlpWeights> experts;
  for (int e = 0; e < 6; ++e) stored.push_back(random_mlp(random, DType::BF16, 200, 90));
  for (const StoredMlp& mlp : stored) experts.push_back(mlp.view());
  const Matrix gamma = random.matrix(1, 200);
  const Matrix k_rope = random.matrix(60, 8);
  const Matrix c_kv = random.matrix(60, 34);
  for (const std::int64_t n : {1, 2, 20}) {
    const Matrix x = random.matrix(n, 200, 0.5F);
    const Matrix q = random.matrix(n, 6 * 25);
    const Matrix logits = random.matrix(n, 6);
    const auto run = [&](Backend& b) {
      Matrix normed(n, 200), product(n, 300), attended(n, 6 * 13), out(n, 200);
      std::vector<std::int32_t> ids(static_cast<std::size_t>(2 * n));
      std::vector<float> weights(ids.size());
      b.rms_norm(x.view(), gamma.values.data(), 1e-6F, normed.view());
      b.matmul(std::as_const(normed).view(), w.view, nullptr, product.view());
      for (const AttentionForm form : {AttentionForm::Absorbed, AttentionForm::Expanded}) {
        b.mla_attention({6,
                         34,
                         17,
                         8,
                         13,
                         0.2F,
                         60 - n,
                         q.view(),
                         {.w_ukv = w_ukv.view, .w_uk_t = {}, .w_uv = {}},
                         c_kv.view(),
                         k_rope.view()},
                        form, nullptr, attended.view());
      }
      b.route(logits.view(), {true, 2, 1, 2, true, true, 1.0F, nullptr},
              {ids, weights, {}, {}, {}});
      b.moe(std::as_const(normed).view(), experts, ids, weights, 2, out.view());
      b.add(x.view(), out.view());
      b.gated_mlp(x.view(), experts[0], normed.view());
      std::vector<float> all = out.values;
      for (const Matrix* m : {&normed, &product, &attended}) {
        all.insert(all.end(), m->values.begin(), m->values.end());
      }
      return all;
    };
    EXPECT_TRUE(same_bits(run(*backend), run(*one)));
  }
}

INSTANTIATE_TEST_SUITE_P(Threads, BackendThreads, testing::Values(2, 3, 8));

}  // namespace
}  // namespace engine::test
