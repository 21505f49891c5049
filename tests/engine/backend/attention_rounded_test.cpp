// Attention in whole numbers: the op with block types, whose bits depend on nothing but the token's
// query and its slots, read from the cache or from what is kept beside it.
#include <cmath>
#include <limits>

#include "engine/backend/cpu/cpu_features.h"
#include "tests/engine/backend/backend_fixture.h"

namespace engine::test {
namespace {

class RoundedAttention : public testing::TestWithParam<BackendOptions> {
 protected:
  static constexpr std::int64_t kHeads = 5, kRank = 96, kNope = 32, kRope = 32, kV = 32;
  static constexpr std::int64_t kTokens = 70, kStart = 250;

  std::int64_t start = kStart;
  KeptLatents kept;  // attend() reads it
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
                                picks.empty() ? 0 : kStart + kTokens,
                                kept};
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

/// A backend with what it keeps beside c_kv and k_rope.
class KeptSlots : public RoundedAttention {
 protected:
  void SetUp() override {
    backend = make(GetParam());
    const std::int64_t width = backend->kept_latent_elements(
        {.w_ukv = {}, .w_uk_t = w_uk_t.view, .w_uv = w_uv.view}, kRank, kRope);
    ASSERT_GT(width, 0);
    memory.assign(static_cast<std::size_t>((kStart + kTokens) * width), NAN);
    kept = {memory.data(), kStart + kTokens};
  }
  void keep(std::int64_t first, std::int64_t n) {
    backend->keep_latents(std::as_const(c_kv).slice(first, n),
                          std::as_const(k_rope).slice(first, n), first, kept);
  }
  Matrix attend_floats(std::int64_t first, std::int64_t n) {
    const KeptLatents before = std::exchange(kept, {});
    Matrix out = attend(*backend, first, n, nullptr);
    kept = before;
    return out;
  }

  std::unique_ptr<Backend> backend;
  std::vector<float> memory;
};

/// A slot is kept when its token comes: blocks fill token by token or by chunks.
TEST_P(KeptSlots, GiveTheBitsOfTheFloatsInAnyChunk) {
  const Matrix whole = attend_floats(0, kTokens);
  for (const std::int64_t chunk : {1, 5, 17, 70}) {
    std::fill(memory.begin(), memory.end(), NAN);
    for (std::int64_t slot = 0; slot < kStart; slot += chunk) {
      keep(slot, std::min(chunk, kStart - slot));
    }
    for (std::int64_t t = 0; t < kTokens; t += chunk) {
      const std::int64_t n = std::min(chunk, kTokens - t);
      keep(kStart + t, n);
      const Matrix part = attend(*backend, t, n, nullptr);
      EXPECT_TRUE(std::equal(part.values.begin(), part.values.end(), whole.view().row(t)))
          << "token " << t << " in chunks of " << chunk;
    }
  }
}

/// Without this the tests above and below would hold for a backend that ignores what is kept.
TEST_P(KeptSlots, AreReadInPlaceOfTheFloats) {
  keep(0, kStart + kTokens);
  const Matrix right = attend(*backend, 0, kTokens, nullptr);
  c_kv.view().row(70)[3] += 100.0F;
  EXPECT_TRUE(same_bits(attend(*backend, 0, kTokens, nullptr).values, right.values));
  EXPECT_FALSE(same_bits(attend_floats(0, kTokens).values, right.values));
}

TEST_P(KeptSlots, FollowWhereSlotsAreWrittenAgain) {
  keep(0, kStart + kTokens);
  constexpr std::int64_t kAgain = 197;  // amidst a block
  const Matrix others = random.matrix(kStart + kTokens - kAgain, kRank + kRope);
  for (std::int64_t j = 0; j < others.rows; ++j) {
    std::copy_n(others.view().row(j), kRank, c_kv.view().row(kAgain + j));
    std::copy_n(others.view().row(j) + kRank, kRope, k_rope.view().row(kAgain + j));
  }
  for (std::int64_t slot = kAgain; slot < kStart + kTokens; ++slot) keep(slot, 1);
  EXPECT_TRUE(
      same_bits(attend(*backend, 0, kTokens, nullptr).values, attend_floats(0, kTokens).values));
}

TEST_P(KeptSlots, ArePickedLikeTheFloats) {
  keep(0, kStart + kTokens);
  std::vector<std::int32_t> picks;
  for (std::int64_t t = 0; t < kTokens; ++t) {
    for (std::int64_t s = 0; s < kStart + kTokens; ++s) {
      picks.push_back(static_cast<std::int32_t>(s <= kStart + t ? s : -1));
    }
  }
  EXPECT_TRUE(same_bits(attend(*backend, 0, kTokens, nullptr, picks).values,
                        attend_floats(0, kTokens).values));
}

std::vector<BackendOptions> rounding_variants() {
  std::vector<BackendOptions> variants = cpu_variants();
  std::erase_if(variants, [](const BackendOptions& v) {
    return choose_kernels(v.instruction_set)->rounded_attention == nullptr;
  });
  return variants;
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(KeptSlots);
INSTANTIATE_TEST_SUITE_P(Cpu, KeptSlots, testing::ValuesIn(rounding_variants()), variant_name);

/// Where attention stays in float32 nothing must be taken, and nothing may be read.
TEST_P(RoundedAttention, KeepsNothingForTypesAndSizesThatAreNotRounded) {
  const auto backend = make(GetParam());
  for (const DType dtype : {DType::F32, DType::BF16, DType::F16, DType::F8_E4M3}) {
    const StoredWeight w = random_weight(random, dtype, kHeads * (kNope + kV), kRank, 0.3F);
    EXPECT_EQ(
        backend->kept_latent_elements({.w_ukv = w.view, .w_uk_t = {}, .w_uv = {}}, kRank, kRope),
        0);
  }
  const LatentUpWeights blocks{.w_ukv = {}, .w_uk_t = w_uk_t.view, .w_uv = w_uv.view};
  EXPECT_EQ(backend->kept_latent_elements(blocks, kRank + 8, kRope), 0);
  EXPECT_EQ(backend->kept_latent_elements(blocks, kRank, kRope + 8), 0);
  const std::int64_t width = backend->kept_latent_elements(blocks, kRank, kRope);
  EXPECT_TRUE(width == 0 || width == (kRank + kRope) / 2 + 2) << width;
  const auto reference = make({BackendKind::Reference, 1, ""});
  EXPECT_EQ(reference->kept_latent_elements(blocks, kRank, kRope), 0);
}

INSTANTIATE_TEST_SUITE_P(Cpu, RoundedAttention, testing::ValuesIn(cpu_variants()), variant_name);

}  // namespace
}  // namespace engine::test
