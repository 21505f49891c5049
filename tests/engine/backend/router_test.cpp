// The router's decision: worked vectors, ties, closed groups, and a second way of computing it.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "tests/engine/backend/backend_fixture.h"

namespace engine::test {
namespace {

struct Decision {
  std::vector<std::int32_t> ids;
  std::vector<float> weights, scores, group_scores;
  std::vector<std::uint8_t> group_mask;
};

Decision decide(Backend& backend, ConstMatView logits, const RouterArgs& args) {
  const auto n = static_cast<std::size_t>(logits.rows);
  const auto k = static_cast<std::size_t>(args.top_k);
  const auto g = static_cast<std::size_t>(args.n_group);
  const auto e = static_cast<std::size_t>(logits.cols);
  Decision d{std::vector<std::int32_t>(n * k), std::vector<float>(n * k), std::vector<float>(n * e),
             std::vector<float>(n * g), std::vector<std::uint8_t>(n * g)};
  backend.route(logits, args, {d.ids, d.weights, d.scores, d.group_scores, d.group_mask});
  return d;
}

void expect_near(const std::vector<float>& actual, const std::vector<float>& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) EXPECT_NEAR(actual[i], expected[i], 2e-6F) << i;
}

class Router : public testing::TestWithParam<BackendOptions> {
 protected:
  std::unique_ptr<Backend> backend = make(GetParam());
  std::vector<float> logits = {0.3F, -1.2F, 2.0F, 0.1F, -0.5F, 1.5F, 0.9F, -2.0F};
  std::vector<float> bias = {0, 0.4F, -0.3F, 0, 0.35F, -0.2F, 0.05F, 0.6F};
  ConstMatView row{logits.data(), 1, 8, 8};
};

TEST_P(Router, NoauxTc) {
  const Decision d = decide(*backend, row, {true, 4, 2, 3, true, true, 2.5F, bias.data()});
  EXPECT_EQ(d.ids, (std::vector<std::int32_t>{6, 4, 7}));
  EXPECT_EQ(d.group_mask, (std::vector<std::uint8_t>{0, 0, 1, 1}));
  expect_near(d.group_scores, {1.205918F, 1.105776F, 1.345115F, 1.480152F});
  expect_near(d.weights, {1.471710F, 0.781533F, 0.246757F});
  expect_near(d.scores, {0.574443F, 0.231475F, 0.880797F, 0.524979F, 0.377541F, 0.817574F,
                         0.710950F, 0.119203F});
}

TEST_P(Router, GroupLimitedGreedySoftmax) {
  const Decision d = decide(*backend, row, {false, 4, 2, 3, false, false, 16.0F, nullptr});
  EXPECT_EQ(d.ids, (std::vector<std::int32_t>{2, 5, 3}));
  expect_near(d.weights, {6.631254F, 4.022059F, 0.991827F});
}

TEST_P(Router, GreedySoftmax) {
  Decision d = decide(*backend, row, {false, 1, 1, 3, false, false, 1.0F, nullptr});
  EXPECT_EQ(d.ids, (std::vector<std::int32_t>{2, 5, 6}));
  expect_near(d.weights, {0.414453F, 0.251379F, 0.137960F});
  d = decide(*backend, row, {false, 1, 1, 3, false, true, 1.0F, nullptr});
  expect_near(d.weights, {0.515623F, 0.312741F, 0.171636F});
}

TEST_P(Router, TiesGoToTheLowerIndex) {
  std::vector<float> equal(8, 0.25F);
  const Decision d =
      decide(*backend, {equal.data(), 1, 8, 8}, {true, 4, 2, 3, true, true, 1.0F, nullptr});
  EXPECT_EQ(d.ids, (std::vector<std::int32_t>{0, 1, 2}));
  EXPECT_EQ(d.group_mask, (std::vector<std::uint8_t>{1, 1, 0, 0}));
}

TEST_P(Router, ClosedGroupsAreNeverChosen) {
  // Every open biased score is negative: a mask of 0.0 would let closed experts win.
  const std::vector<float> negative(8, -3.0F);
  const Decision d = decide(*backend, row, {true, 4, 2, 4, true, true, 1.0F, negative.data()});
  std::vector<std::int32_t> ids = d.ids;
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(ids, (std::vector<std::int32_t>{2, 3, 4, 5}));
}

TEST_P(Router, NanLogitsStillGiveDistinctExperts) {
  std::vector<float> broken = logits;
  broken[0] = NAN;
  broken[5] = INFINITY;
  for (const bool sigmoid : {true, false}) {
    Decision d =
        decide(*backend, {broken.data(), 1, 8, 8}, {sigmoid, 4, 2, 4, true, true, 1.0F, nullptr});
    std::sort(d.ids.begin(), d.ids.end());
    EXPECT_EQ(std::adjacent_find(d.ids.begin(), d.ids.end()), d.ids.end());
    EXPECT_GE(d.ids.front(), 0);
    EXPECT_LT(d.ids.back(), 8);
  }
}

TEST_P(Router, RecordsMayBeLeftOut) {
  std::vector<std::int32_t> ids(3);
  std::vector<float> weights(3);
  const RouterArgs args{true, 4, 2, 3, true, true, 2.5F, bias.data()};
  backend->route(row, args, {ids, weights, {}, {}, {}});
  EXPECT_EQ(ids, decide(*backend, row, args).ids);
}

/// transformers' noaux_tc by sorting, in double.
std::vector<std::int32_t> by_sorting(const float* logits, const RouterArgs& args,
                                     std::int64_t n_experts) {
  const std::int64_t size = n_experts / args.n_group;
  std::vector<double> choice;
  for (std::int64_t e = 0; e < n_experts; ++e) {
    choice.push_back(1.0 / (1.0 + std::exp(-static_cast<double>(logits[e]))) + args.bias[e]);
  }
  std::vector<std::pair<double, std::int64_t>> groups;
  for (std::int64_t g = 0; g < args.n_group; ++g) {
    std::vector<double> members(choice.begin() + g * size, choice.begin() + (g + 1) * size);
    std::sort(members.rbegin(), members.rend());
    groups.emplace_back(-(members[0] + (size > 1 ? members[1] : 0.0)), g);
  }
  std::sort(groups.begin(), groups.end());
  std::vector<std::pair<double, std::int32_t>> open;
  for (std::int64_t i = 0; i < args.topk_group; ++i) {
    const std::int64_t g = groups[static_cast<std::size_t>(i)].second;
    for (std::int64_t e = g * size; e < (g + 1) * size; ++e) {
      open.emplace_back(-choice[static_cast<std::size_t>(e)], static_cast<std::int32_t>(e));
    }
  }
  std::sort(open.begin(), open.end());
  std::vector<std::int32_t> ids;
  for (std::int64_t j = 0; j < args.top_k; ++j) {
    ids.push_back(open[static_cast<std::size_t>(j)].second);
  }
  return ids;
}

TEST_P(Router, EqualsSortingOnRandomLogits) {
  Random random(5);
  for (const auto& [n_experts, n_group, topk_group, top_k] :
       {std::array<std::int64_t, 4>{256, 8, 4, 8}, {64, 1, 1, 6}, {12, 12, 5, 5}, {30, 3, 1, 10}}) {
    const Matrix many = random.matrix(200, n_experts, 2.0F);
    const Matrix random_bias = random.matrix(1, n_experts, 0.1F);
    const RouterArgs args{true, n_group, topk_group, top_k,
                          true, true,    2.5F,       random_bias.values.data()};
    const Decision d = decide(*backend, many.view(), args);
    for (std::int64_t t = 0; t < 200; ++t) {
      const auto from = d.ids.begin() + t * top_k;
      EXPECT_EQ(std::vector<std::int32_t>(from, from + top_k),
                by_sorting(many.view().row(t), args, n_experts));
      const float sum =
          std::accumulate(d.weights.begin() + t * top_k, d.weights.begin() + (t + 1) * top_k, 0.0F);
      EXPECT_NEAR(sum, 2.5F, 1e-5F);
    }
  }
}

std::vector<BackendOptions> routers() {
#if defined(BATHYSCOPE_TEST_CUDA)
  return cpu_variants();
#endif
  return {{BackendKind::Reference, 1, "reference"},
          {BackendKind::Cpu, 1, "generic"},
          {BackendKind::Cpu, 3, "generic"}};
}
INSTANTIATE_TEST_SUITE_P(All, Router, testing::ValuesIn(routers()), variant_name);

}  // namespace
}  // namespace engine::test
