// Attention in whole numbers: its routines against double sums, and the op with block types, whose
// bits depend on nothing but the token's query and its slots.
#include <cmath>
#include <limits>

#include "engine/backend/cpu/cpu_features.h"
#include "tests/engine/backend/backend_fixture.h"

namespace engine::test {
namespace {

using kernels::WholeRows;

constexpr std::int64_t kBlock = 64;

/// Rows and their whole numbers.
struct Whole {
  std::vector<std::int16_t> words;
  std::vector<float> scales;
  std::int64_t dim;

  Whole(const kernels::RoundedAttention& kernels, const Matrix& from)
      : words(from.values.size()), scales(std::max(from.rows, kBlock)), dim(from.cols) {
    for (std::int64_t r = 0; r < from.rows; ++r) {
      kernels.round_row(from.values.data() + r * dim, 0, r, rows());
    }
  }
  WholeRows rows() { return {words.data(), scales.data(), dim}; }
};

class RoundedAttentionKernels : public testing::Test {
 protected:
  void SetUp() override {
    kernels = usable_instruction_sets().back().rounded_attention;
    if (kernels == nullptr) GTEST_SKIP() << "this processor has no rounded attention";
  }

  const kernels::RoundedAttention* kernels = nullptr;
  Random random{29};
};

TEST_F(RoundedAttentionKernels, ScoresAndSumsAreThoseOfTheFloats) {
  for (const std::int64_t dim : {32, 64, 96, 512}) {
    for (const std::int64_t n_slots : {1, 2, 15, 17, 33, 47, 63, 64}) {
      SCOPED_TRACE(testing::Message() << dim << " columns, " << n_slots << " slots");
      constexpr std::int64_t kRows = 7, kStride = 80;
      const Matrix q = random.matrix(kRows, dim);
      const Matrix slots = random.matrix(n_slots, dim);
      Matrix weights(kRows, n_slots);
      for (float& w : weights.values)
        w = std::exp(-8.0F * static_cast<float>(random.below(100)) / 100);
      Whole whole_q(*kernels, q);
      Whole whole(*kernels, slots);
      std::vector<std::int32_t> columns(static_cast<std::size_t>(dim / 2 * kBlock));
      std::vector<std::int16_t> pairs(static_cast<std::size_t>(dim * kBlock));
      kernels->turn_rows(whole.rows(), n_slots, columns.data());
      kernels->pair_rows(whole.rows(), n_slots, pairs.data());
      std::vector<float> scores(kRows * kStride);
      kernels->scores(whole_q.rows(), 0, kRows, {columns.data(), whole.scales.data(), n_slots},
                      scores.data(), kStride, {});
      std::vector<std::int16_t> whole_weights(kRows * kBlock);
      float weight_scales[kRows], factors[kRows];
      const float before = 0.25F;
      Matrix sums(kRows, dim);
      for (std::int64_t r = 0; r < kRows; ++r) {
        weight_scales[r] =
            kernels->round_weights(weights.values.data() + r * n_slots, whole.scales.data(),
                                   n_slots, whole_weights.data() + r * kBlock);
        factors[r] = r == 0 ? 0.0F : 0.5F;
        for (std::int64_t k = 0; k < dim; ++k) sums.view().row(r)[k] = r == 0 ? NAN : before;
      }
      kernels->combine(whole_weights.data(), weight_scales, factors, kRows, pairs.data(), n_slots,
                       dim, sums.values.data(), dim);
      std::vector<float> actual_scores, wanted_scores, wanted_sums;
      for (std::int64_t r = 0; r < kRows; ++r) {
        std::vector<double> sum(static_cast<std::size_t>(dim), r == 0 ? 0.0 : 0.5 * before);
        for (std::int64_t j = 0; j < n_slots; ++j) {
          double dot = 0.0;
          for (std::int64_t k = 0; k < dim; ++k) {
            const double value = slots.view().row(j)[k];
            dot += value * q.view().row(r)[k];
            sum[static_cast<std::size_t>(k)] += value * weights.view().row(r)[j];
          }
          actual_scores.push_back(scores[static_cast<std::size_t>(r * kStride + j)]);
          wanted_scores.push_back(static_cast<float>(dot));
        }
        for (const double v : sum) wanted_sums.push_back(static_cast<float>(v));
      }
      EXPECT_LE(relative_error(actual_scores, wanted_scores), kTolerances.whole_scores);
      EXPECT_LE(relative_error(sums.values, wanted_sums), kTolerances.whole_sums);
    }
  }
}

TEST_F(RoundedAttentionKernels, SumsHoldWhereEveryProductIsTheLargest) {
  Matrix rows(kBlock, 512);
  for (float& v : rows.values) v = -3.0F;
  Whole whole(*kernels, rows);
  std::vector<std::int32_t> columns(256 * kBlock);
  std::vector<std::int16_t> pairs(512 * kBlock), weights(kBlock);
  kernels->turn_rows(whole.rows(), kBlock, columns.data());
  kernels->pair_rows(whole.rows(), kBlock, pairs.data());
  std::vector<float> scores(kBlock), ones(kBlock, 1.0F), sums(512);
  kernels->scores(whole.rows(), 0, 1, {columns.data(), whole.scales.data(), kBlock}, scores.data(),
                  kBlock, {});
  const float scale =
      kernels->round_weights(ones.data(), whole.scales.data(), kBlock, weights.data());
  const float factor = 0.0F;
  kernels->combine(weights.data(), &scale, &factor, 1, pairs.data(), kBlock, 512, sums.data(), 512);
  for (const float s : scores) EXPECT_NEAR(s, 9.0F * 512, 0.01F);
  for (const float s : sums) EXPECT_NEAR(s, -3.0F * kBlock, 0.001F);
}

class RoundedAttention : public testing::TestWithParam<BackendOptions> {
 protected:
  static constexpr std::int64_t kHeads = 5, kRank = 96, kNope = 32, kRope = 32, kV = 32;
  static constexpr std::int64_t kTokens = 70, kStart = 250;

  std::int64_t start = kStart;
  Random random{31};
  Matrix q = random.matrix(kTokens, kHeads*(kNope + kRope));
  Matrix c_kv = random.matrix(kStart + kTokens, kRank);
  Matrix k_rope = random.matrix(kStart + kTokens, kRope);
  StoredWeight w_uk_t = random_weight(random, DType::Q8_0, kHeads* kRank, kNope, 0.3F);
  StoredWeight w_uv = random_weight(random, DType::Q8_0, kHeads* kV, kRank, 0.3F);

  Matrix attend(Backend& on, std::int64_t first, std::int64_t n, const AttentionProbe* probe,
                std::span<const std::int32_t> picks = {}) {
    const MlaAttentionArgs args{kHeads,
                                kRank,
                                kNope,
                                kRope,
                                kV,
                                0.02F,
                                start + first,
                                std::as_const(q).slice(first, n),
                                {.w_ukv = {}, .w_uk_t = w_uk_t.view, .w_uv = w_uv.view},
                                std::as_const(c_kv).view(),
                                std::as_const(k_rope).view(),
                                picks,
                                picks.empty() ? 0 : kStart + kTokens};
    Matrix out(n, kHeads * kV);
    on.mla_attention(args, AttentionForm::Absorbed, probe, out.view());
    return out;
  }
};

TEST_P(RoundedAttention, HasTheSameBitsInAnyChunk) {
  const auto backend = make(GetParam());
  const Matrix whole =
      attend(*make({BackendKind::Cpu, 1, GetParam().instruction_set}), 0, kTokens, nullptr);
  for (const std::int64_t chunk : {1, 3, 4, 5, 8, 9, 33, 64}) {
    Matrix parts(kTokens, whole.cols);
    for (std::int64_t first = 0; first < kTokens; first += chunk) {
      const Matrix part = attend(*backend, first, std::min(chunk, kTokens - first), nullptr);
      std::copy(part.values.begin(), part.values.end(), parts.view().row(first));
    }
    EXPECT_TRUE(same_bits(parts.values, whole.values)) << "in chunks of " << chunk;
  }
}

/// More slots than are turned into whole numbers for all tiles at once.
TEST_P(RoundedAttention, HasTheSameBitsFarBehindTheFirstSlot) {
  const auto backend = make(GetParam());
  start = 8300;
  c_kv = random.matrix(start + 9, kRank);
  k_rope = random.matrix(start + 9, kRope);
  const Matrix whole = attend(*backend, 0, 9, nullptr);
  for (std::int64_t t = 0; t < 9; ++t) {
    const Matrix alone = attend(*backend, t, 1, nullptr);
    EXPECT_TRUE(std::equal(alone.values.begin(), alone.values.end(), whole.view().row(t)))
        << "token " << t;
  }
}

TEST_P(RoundedAttention, AllSlotsPickedGivesTheSameBits) {
  const auto backend = make(GetParam());
  std::vector<std::int32_t> picks;
  for (std::int64_t t = 0; t < kTokens; ++t) {
    for (std::int64_t s = 0; s < kStart + kTokens; ++s) {
      picks.push_back(static_cast<std::int32_t>(s <= kStart + t ? s : -1));
    }
  }
  EXPECT_TRUE(same_bits(attend(*backend, 0, kTokens, nullptr, picks).values,
                        attend(*backend, 0, kTokens, nullptr).values));
}

TEST_P(RoundedAttention, EqualsTheReferenceAsNearAsItsProducts) {
  constexpr std::int64_t kSlots = kStart + kTokens;
  std::vector<float> weights(kHeads * kSlots), wanted(weights);
  const AttentionProbe seen{kTokens - 1, weights.data(), nullptr, nullptr};
  const AttentionProbe expected{kTokens - 1, wanted.data(), nullptr, nullptr};
  const Matrix out = attend(*make(GetParam()), 0, kTokens, &seen);
  const Matrix exact = attend(*make({BackendKind::Reference, 1, ""}), 0, kTokens, &expected);
  EXPECT_LE(relative_error(out.values, exact.values), kTolerances.rounded_mlp);
  EXPECT_LE(relative_error(weights, wanted), kTolerances.rounded);
  for (std::int64_t h = 0; h < kHeads; ++h) {
    double sum = 0.0;
    for (std::int64_t s = 0; s < kSlots; ++s)
      sum += weights[static_cast<std::size_t>(h * kSlots + s)];
    EXPECT_NEAR(sum, 1.0, 1e-5);
  }
}

TEST_P(RoundedAttention, WhatIsNotFiniteReachesWhoeverReadsIt) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    const float before = c_kv.view().row(kStart + 30)[7];
    c_kv.view().row(kStart + 30)[7] = bad;
    const Matrix out = attend(*make(GetParam()), 0, kTokens, nullptr);
    c_kv.view().row(kStart + 30)[7] = before;
    for (std::int64_t t = 0; t < kTokens; ++t) {
      bool finite = true;
      for (std::int64_t i = 0; i < out.cols; ++i) finite &= std::isfinite(out.view().row(t)[i]);
      EXPECT_EQ(finite, t < 30) << t;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cpu, RoundedAttention, testing::ValuesIn(cpu_variants()), variant_name);

}  // namespace
}  // namespace engine::test
