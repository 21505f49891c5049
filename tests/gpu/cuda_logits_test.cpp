// The summary of logits on the GPU: the very bits the host sums up, so that both draw the same
// token.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "tests/engine/backend/backend_fixture.h"

namespace engine::test {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::uint64_t bits(double x) { return std::bit_cast<std::uint64_t>(x); }

void sort_candidates(LogitSummary& summary) {
  const auto n = std::min(summary.n_candidates, kMostLogitCandidates);
  std::sort(summary.candidates, summary.candidates + n,
            [](const LogitCandidate& a, const LogitCandidate& b) { return a.id < b.id; });
}

class CudaLogits : public testing::Test {
 protected:
  void expect_same(std::vector<float> logits, const LogitSummaryArgs& args) {
    SCOPED_TRACE(testing::Message() << logits.size() << " logits, " << args.n_sampleable
                                    << " drawn, temperature " << args.temperature);
    LogitSummary expected;
    summarise_on_host(logits, args, &expected);
    for (const int order : {1, 2, 3}) {
      const auto backend = make({BackendKind::Cuda, order, "emulated"});
      LogitSummary actual;
      const auto n = static_cast<std::int64_t>(logits.size());
      backend->summarise_logits({logits.data(), 1, n, n}, {args, &actual});
      EXPECT_EQ(actual.sums.maximum, expected.sums.maximum);
      EXPECT_EQ(actual.sums.best, expected.sums.best);
      EXPECT_EQ(bits(actual.sums.sum), bits(expected.sums.sum));
      EXPECT_EQ(bits(actual.sums.weighted), bits(expected.sums.weighted));
      EXPECT_EQ(bits(actual.sums.sampler_sum), bits(expected.sums.sampler_sum));
      EXPECT_EQ(actual.sums.n_bad, expected.sums.n_bad);
      EXPECT_EQ(actual.threshold, expected.threshold);
      ASSERT_EQ(actual.n_candidates, expected.n_candidates);
      if (expected.n_candidates > kMostLogitCandidates) continue;
      sort_candidates(actual);
      for (std::int32_t i = 0; i < expected.n_candidates; ++i) {
        ASSERT_EQ(actual.candidates[i].id, expected.candidates[i].id);
        ASSERT_EQ(actual.candidates[i].logit, expected.candidates[i].logit);
      }
    }
  }
  std::vector<float> logits(std::int64_t n) {
    std::vector<float> values = random.matrix(1, n).values;
    for (float& v : values) v *= 9.0F;
    return values;
  }
  Random random{91};
};

// One logit; a block and one more; as many as are all candidates, and one more; blocks that are
// longer than their lanes.
TEST_F(CudaLogits, SameBitsAsTheHost) {
  for (const std::int64_t n : {1, 32, 33, 300, 2048, 2049, 8191, 33000}) {
    expect_same(logits(n), {n, 0.6F});
  }
  expect_same(logits(5000), {5000, 0.0F});
}

TEST_F(CudaLogits, RowsThatPadTheVocabularyAreNotDrawn) {
  std::vector<float> values = logits(3000);
  values[2700] = 90.0F;
  for (const std::int64_t n : {0, 1, 2600, 2601, 2999}) expect_same(values, {n, 1.5F});
}

TEST_F(CudaLogits, TiesAndFlatRows) {
  std::vector<float> values(4000, 1.0F);
  expect_same(values, {4000, 1.0F});  // more candidates than there is room for
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i / 16 % 5);
  expect_same(values, {4000, 0.3F});
}

TEST_F(CudaLogits, LogitsThatAreNoNumbersAreCounted) {
  std::vector<float> values = logits(3000);
  values[5] = NAN;
  values[2999] = kInfinity;
  expect_same(values, {3000, 1.0F});
  std::fill(values.begin(), values.begin() + 64, -kInfinity);  // whole blocks of them
  values[2999] = -kInfinity;
  expect_same(values, {3000, 1.0F});
  expect_same(std::vector<float>(2100, -kInfinity), {2100, 1.0F});
}

}  // namespace
}  // namespace engine::test
