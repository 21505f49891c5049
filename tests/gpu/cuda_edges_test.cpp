// The CUDA backend at the edges of its tiles, against the reference: experts that get nothing or
// everything, group limits, picks and their ties. Attention has a file of its own.
#include <algorithm>
#include <cmath>

#include "tests/engine/backend/backend_fixture.h"

namespace engine::test {
namespace {

class CudaEdges : public testing::Test {
 protected:
  std::unique_ptr<Backend> backend = make({BackendKind::Cuda, 3, "emulated"});
  std::unique_ptr<Backend> reference = make({BackendKind::Reference, 1, ""});
  Random random{37};
};

TEST_F(CudaEdges, ExpertsThatGetNothingOrEverything) {
  struct Case {
    std::int64_t n_tokens, n_experts, top_k, only;  // only ≥ 0: this expert takes all
  };
  // Tiles of 4, 32 and 64 rows: full, one over, one short.
  const Case cases[] = {{1, 40, 4, -1}, {4, 2, 1, 1},  {5, 2, 1, 1},   {31, 3, 1, 2},
                        {32, 3, 1, 0},  {33, 3, 1, 2}, {65, 3, 2, -1}, {64, 2, 1, 0},
                        {63, 1, 1, 0},  {66, 2, 1, 1}};
  for (const Case& c : cases) {
    SCOPED_TRACE(testing::Message() << c.n_tokens << " tokens, " << c.n_experts << " experts");
    std::vector<StoredMlp> stored;
    std::vector<MlpWeights> experts;
    for (std::int64_t e = 0; e < c.n_experts; ++e) {
      stored.push_back(random_mlp(random, DType::BF16, 33, 18));
    }
    for (const StoredMlp& mlp : stored) experts.push_back(mlp.view());
    std::vector<std::int32_t> ids;
    for (std::int64_t t = 0; t < c.n_tokens; ++t) {
      const std::int64_t first = c.only >= 0 ? c.only : random.below(c.n_experts);
      for (std::int64_t j = 0; j < c.top_k; ++j) {
        ids.push_back(static_cast<std::int32_t>((first + j) % c.n_experts));
      }
    }
    const Matrix weights = random.matrix(c.n_tokens, c.top_k);
    const Matrix x = random.matrix(c.n_tokens, 33);
    Matrix actual(c.n_tokens, 33);
    Matrix expected(c.n_tokens, 33);
    backend->moe(x.view(), experts, ids, weights.values, c.top_k, actual.view());
    reference->moe(x.view(), experts, ids, weights.values, c.top_k, expected.view());
    EXPECT_LE(relative_error(actual.values, expected.values), kTolerances.moe);
  }
}

TEST_F(CudaEdges, ExpertsWhoseGateAndUpDiffer) {
  StoredMlp mlp = random_mlp(random, DType::BF16, 64, 64);
  mlp.up = random_weight(random, DType::Q8_0, 64, 64, 0.01F);
  const std::vector<MlpWeights> experts(3, mlp.view());
  const Matrix x = random.matrix(2, 64);
  const std::vector<std::int32_t> ids = {0, 2, 1, 0};
  const Matrix weights = random.matrix(2, 2);
  Matrix actual(2, 64);
  Matrix expected(2, 64);
  backend->moe(x.view(), experts, ids, weights.values, 2, actual.view());
  reference->moe(x.view(), experts, ids, weights.values, 2, expected.view());
  EXPECT_LE(relative_error(actual.values, expected.values), kTolerances.moe);
  backend->gated_mlp(x.view(), mlp.view(), actual.view());
  reference->gated_mlp(x.view(), mlp.view(), expected.view());
  EXPECT_LE(relative_error(actual.values, expected.values), kTolerances.gated_mlp);
}

TEST_F(CudaEdges, RouterGroupLimits) {
  struct Case {
    std::int64_t n_experts, n_group, topk_group, top_k;
  };
  const Case cases[] = {{1, 1, 1, 1},   {5, 5, 5, 5},     {33, 11, 1, 3}, {64, 64, 7, 7},
                        {256, 8, 4, 8}, {1024, 16, 2, 8}, {96, 3, 3, 96}};
  for (const Case& c : cases) {
    SCOPED_TRACE(testing::Message() << c.n_experts << " in " << c.n_group);
    const Matrix logits = random.matrix(3, c.n_experts, 2.0F);
    const Matrix bias = random.matrix(1, c.n_experts, 0.1F);
    for (const bool top2 : {true, false}) {
      const RouterArgs args{true, c.n_group, c.topk_group, c.top_k,
                            top2, true,      2.5F,         bias.values.data()};
      const auto n = static_cast<std::size_t>(3 * c.top_k);
      const auto groups = static_cast<std::size_t>(3 * c.n_group);
      std::vector<std::int32_t> ids(n), wanted_ids(n);
      std::vector<float> weights(n), wanted_weights(n), scores(groups), wanted_scores(groups);
      std::vector<std::uint8_t> mask(groups), wanted_mask(groups);
      backend->route(logits.view(), args, {ids, weights, {}, scores, mask});
      reference->route(logits.view(), args,
                       {wanted_ids, wanted_weights, {}, wanted_scores, wanted_mask});
      EXPECT_EQ(ids, wanted_ids);
      EXPECT_EQ(mask, wanted_mask);
      EXPECT_LE(relative_error(weights, wanted_weights), 1e-5);
      EXPECT_LE(relative_error(scores, wanted_scores), 1e-5);
    }
  }
}

TEST_F(CudaEdges, IndexerPicksWithTies) {
  for (const std::int64_t slots : {1, 7, 8, 9, 255, 256, 257, 600}) {
    for (const std::int64_t n_tokens : {std::int64_t{1}, std::min<std::int64_t>(slots, 3)}) {
      SCOPED_TRACE(testing::Message() << slots << " slots, " << n_tokens << " tokens");
      IndexerArgs args;
      args.n_heads = 3;
      args.head_dim = 4;
      args.top_k = 8;
      args.first_position = slots - n_tokens;
      // Small integers: exact sums, so equal scores are really equal.
      Matrix q(n_tokens, 12), weights(n_tokens, 3), k(slots, 4);
      for (Matrix* m : {&q, &weights, &k}) {
        for (float& v : m->values) v = static_cast<float>(random.below(5) - 2);
      }
      args.q = std::as_const(q).view();
      args.weights = std::as_const(weights).view();
      args.k = std::as_const(k).view();
      const auto n = static_cast<std::size_t>(n_tokens * 8);
      std::vector<std::int32_t> picked(n), wanted(n);
      std::vector<float> scores(static_cast<std::size_t>(slots)), wanted_scores(scores.size());
      backend->index_slots(args, picked, scores);
      reference->index_slots(args, wanted, wanted_scores);
      EXPECT_EQ(picked, wanted);
      EXPECT_EQ(scores, wanted_scores);
    }
  }
}

TEST_F(CudaEdges, LayerNorm) {
  for (const std::int64_t cols : {1, 31, 256, 300}) {
    const Matrix x = random.matrix(3, cols);
    const Matrix gamma = random.matrix(1, cols);
    const Matrix beta = random.matrix(1, cols);
    Matrix actual(3, cols);
    Matrix expected(3, cols);
    backend->layer_norm(x.view(), gamma.values.data(), beta.values.data(), 1e-5F, actual.view());
    reference->layer_norm(x.view(), gamma.values.data(), beta.values.data(), 1e-5F,
                          expected.view());
    EXPECT_LE(relative_error(actual.values, expected.values), 2e-6);
  }
}

}  // namespace
}  // namespace engine::test
