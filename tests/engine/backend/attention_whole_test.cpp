// The routines of attention in whole numbers, against double sums and the float32 softmax.
#include <cmath>

#include "engine/backend/cpu/cpu_features.h"
#include "tests/engine/backend/backend_fixture.h"

namespace engine::test {
namespace {

constexpr std::int64_t kBlock = 64;

/// Rows and their whole numbers.
struct Whole {
  std::vector<std::int16_t> words;
  std::vector<float> scales;
  std::int64_t dim;

  Whole(const kernels::RoundedAttention& kernels, const Matrix& from)
      : words(from.values.size()), scales(std::max(from.rows, kBlock)), dim(from.cols) {
    for (std::int64_t r = 0; r < from.rows; ++r) {
      kernels.round_row(from.values.data() + r * dim, dim, words.data() + r * dim,
                        scales.data() + r);
    }
  }
  kernels::WholeSlots slots(std::int64_t n) const { return {words.data(), dim, scales.data(), n}; }
};

/// Rows as the queries of scores.
struct Turned {
  Whole whole;
  std::vector<std::int32_t> words;

  Turned(const kernels::RoundedAttention& kernels, const Matrix& from) : whole(kernels, from) {
    constexpr std::int64_t kGroup = kernels::kTurnedRows;
    const std::int64_t n_groups = (from.rows + kGroup - 1) / kGroup;
    words.resize(static_cast<std::size_t>(n_groups * kernels::turned_words(from.cols)));
    for (std::int64_t r = 0; r < from.rows; r += kGroup) {
      kernels.turn_rows(whole.words.data() + r * from.cols, std::min(kGroup, from.rows - r),
                        from.cols, words.data() + r / kGroup * kernels::turned_words(from.cols));
    }
  }
  kernels::TurnedRows rows() { return {words.data(), whole.scales.data(), whole.dim}; }
};

/// The lanes of groups of rows that scores leaves.
float score_of(const std::vector<float>& groups, std::int64_t row, std::int64_t slot) {
  const std::int64_t group = row / kernels::kTurnedRows;
  return groups[static_cast<std::size_t>(group * kernels::kGroupScores +
                                         slot * kernels::kTurnedRows + row % kernels::kTurnedRows)];
}

class RoundedAttentionKernels : public testing::Test {
 protected:
  void SetUp() override {
    kernels = usable_instruction_sets().back().rounded_attention;
    if (kernels == nullptr) GTEST_SKIP() << "this processor has no rounded attention";
  }

  const kernels::RoundedAttention* kernels = nullptr;
  Random random{29};
};

TEST_F(RoundedAttentionKernels, ScoresAreThoseOfTheFloats) {
  for (const auto& [dim, n_rows] : {std::pair<std::int64_t, std::int64_t>{32, 7},
                                    {64, 16},
                                    {96, 23},
                                    {160, 61},
                                    {288, 128},
                                    {512, 16}}) {
    for (const std::int64_t n_slots : {1, 2, 15, 17, 33, 47, 63, 64}) {
      SCOPED_TRACE(testing::Message()
                   << n_rows << " rows, " << dim << " columns, " << n_slots << " slots");
      const Matrix q = random.matrix(n_rows, dim);
      const Matrix slots = random.matrix(n_slots, dim);
      Turned turned(*kernels, q);
      std::vector<float> groups(8 * kernels::kGroupScores), actual, wanted;
      kernels->scores(turned.rows(), 0, (n_rows + 15) / 16, Whole(*kernels, slots).slots(n_slots),
                      groups.data());
      for (std::int64_t r = 0; r < n_rows; ++r) {
        for (std::int64_t j = 0; j < n_slots; ++j) {
          double dot = 0.0;
          for (std::int64_t k = 0; k < dim; ++k) {
            dot += static_cast<double>(slots.view().row(j)[k]) * q.view().row(r)[k];
          }
          actual.push_back(score_of(groups, r, j));
          wanted.push_back(static_cast<float>(dot));
        }
      }
      EXPECT_LE(relative_error(actual, wanted), kTolerances.whole_scores);
    }
  }
}

TEST_F(RoundedAttentionKernels, AnyGroupsOfATileHaveTheSameScores) {
  constexpr std::int64_t kDim = 288;
  Turned turned(*kernels, random.matrix(128, kDim));
  const Whole whole(*kernels, random.matrix(kBlock, kDim));
  for (const std::int64_t n_slots : {5, 31, 64}) {
    std::vector<float> all(8 * kernels::kGroupScores), part(all);
    kernels->scores(turned.rows(), 0, 8, whole.slots(n_slots), all.data());
    for (const auto& [first, n] :
         {std::pair<std::int64_t, std::int64_t>{0, 1}, {1, 3}, {3, 5}, {4, 2}, {7, 1}}) {
      std::fill(part.begin(), part.end(), NAN);
      kernels->scores(turned.rows(), first, n, whole.slots(n_slots), part.data());
      for (std::int64_t r = 16 * first; r < 16 * (first + n); ++r) {
        for (std::int64_t j = 0; j < n_slots; ++j) {
          ASSERT_EQ(score_of(part, r, j), score_of(all, r, j)) << r << " " << j;
        }
      }
    }
  }
}

/// The softmax of 16 rows at a time has the bits of one row at a time.
TEST_F(RoundedAttentionKernels, SoftmaxHasTheBitsOfSingleRows) {
  constexpr std::int64_t kRows = kernels::kTurnedRows;
  const kernels::AttentionTable& single = attention_for(*usable_instruction_sets().back().table);
  const Whole whole(*kernels, random.matrix(kBlock, 32));
  std::vector<kernels::SoftmaxState> states(kRows, {-INFINITY, 0.0F});
  float largest[kRows], total[kRows], factors[kRows], scales[kRows];
  std::fill_n(largest, kRows, -INFINITY);
  std::fill_n(total, kRows, 0.0F);
  for (const std::int64_t n : {64, 1, 15, 33, 64, 47}) {
    Matrix content = random.matrix(n, kRows);
    Matrix rope = random.matrix(n, kRows);
    const Matrix content_before = content, rope_before = rope;
    std::vector<std::int16_t> words(kRows * kBlock, 77);
    kernels->soften(content.values.data(), rope.values.data(), 3.3F, whole.slots(n),
                    {largest, total, factors, words.data(), scales});
    for (std::int64_t r = 0; r < kRows; ++r) {
      float c[kBlock], p[kBlock], weights[kBlock];
      for (std::int64_t j = 0; j < n; ++j) {
        c[j] = content_before.values[static_cast<std::size_t>(j * kRows + r)];
        p[j] = rope_before.values[static_cast<std::size_t>(j * kRows + r)];
      }
      auto& state = states[static_cast<std::size_t>(r)];
      ASSERT_EQ(single.soften(c, p, 3.3F, n, &state, weights), factors[r]) << r;
      ASSERT_EQ(state.largest, largest[r]) << r;
      ASSERT_EQ(state.total, total[r]) << r;
      float peak = 0.0F;
      for (std::int64_t j = 0; j < n; ++j) {
        ASSERT_EQ(c[j], content.values[static_cast<std::size_t>(j * kRows + r)]);
        ASSERT_EQ(p[j], rope.values[static_cast<std::size_t>(j * kRows + r)]);
        peak = std::max(peak, weights[j] * whole.scales[static_cast<std::size_t>(j)]);
      }
      EXPECT_EQ(scales[r], peak / kernels::kRoundedWeight);
      for (std::int64_t j = 0; j < kBlock; ++j) {
        const float exact = j < n ? weights[j] * whole.scales[static_cast<std::size_t>(j)] *
                                        (kernels::kRoundedWeight / peak)
                                  : 0.0F;
        ASSERT_EQ(words[static_cast<std::size_t>(r * kBlock + j)], std::nearbyint(exact)) << j;
      }
    }
  }
}

TEST_F(RoundedAttentionKernels, SumsAreThoseOfTheFloats) {
  for (const auto& [dim, n_rows] :
       {std::pair<std::int64_t, std::int64_t>{32, 7}, {96, 16}, {160, 29}, {512, 5}}) {
    for (const std::int64_t n_slots : {1, 2, 15, 33, 63, 64}) {
      SCOPED_TRACE(testing::Message()
                   << n_rows << " rows, " << dim << " columns, " << n_slots << " slots");
      const Matrix slots = random.matrix(n_slots, dim);
      const Whole whole(*kernels, slots);
      std::vector<std::int16_t> words(static_cast<std::size_t>(n_rows * kBlock));
      std::vector<float> scales(static_cast<std::size_t>(n_rows), 0.01F), wanted;
      std::vector<float> factors(scales.size(), 0.5F);
      factors[0] = 0.0F;
      Matrix sums(n_rows, dim);
      for (std::int64_t r = 0; r < n_rows; ++r) {
        std::vector<double> sum(static_cast<std::size_t>(dim), r == 0 ? 0.0 : 0.125);
        std::fill_n(sums.view().row(r), dim, r == 0 ? NAN : 0.25F);
        for (std::int64_t j = 0; j < n_slots; ++j) {
          const std::int64_t word = random.below(4096);
          words[static_cast<std::size_t>(r * kBlock + j)] = static_cast<std::int16_t>(word);
          const double weight =
              0.01 * static_cast<double>(word) / whole.scales[static_cast<std::size_t>(j)];
          for (std::int64_t k = 0; k < dim; ++k) {
            sum[static_cast<std::size_t>(k)] += weight * slots.view().row(j)[k];
          }
        }
        for (const double v : sum) wanted.push_back(static_cast<float>(v));
      }
      kernels->combine(words.data(), scales.data(), factors.data(), n_rows, whole.slots(n_slots),
                       dim, sums.values.data(), dim);
      EXPECT_LE(relative_error(sums.values, wanted), kTolerances.whole_sums);
    }
  }
}

TEST_F(RoundedAttentionKernels, SumsHoldWhereEveryProductIsTheLargest) {
  Matrix rows(kBlock, 512);
  for (float& v : rows.values) v = -3.0F;
  const Whole whole(*kernels, rows);
  Turned turned(*kernels, rows);
  std::vector<std::int16_t> weights(kBlock, static_cast<std::int16_t>(kernels::kRoundedWeight));
  std::vector<float> scores(kernels::kGroupScores), sums(512);
  kernels->scores(turned.rows(), 0, 1, whole.slots(kBlock), scores.data());
  const float scale = whole.scales[0] / kernels::kRoundedWeight;
  const float factor = 0.0F;
  kernels->combine(weights.data(), &scale, &factor, 1, whole.slots(kBlock), 512, sums.data(), 512);
  for (const float s : scores) EXPECT_NEAR(s, 9.0F * 512, 0.01F);
  for (const float s : sums) EXPECT_NEAR(s, -3.0F * kBlock, 0.001F);
}

}  // namespace
}  // namespace engine::test
