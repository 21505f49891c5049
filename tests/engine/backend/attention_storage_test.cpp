// MLA attention with W_UK and W_UV split as newer GGUF files have them, and over picked slots only.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "tests/engine/backend/backend_fixture.h"

namespace engine::test {
namespace {

constexpr std::int64_t kHeads = 5, kRank = 48, kNope = 17, kRope = 6, kV = 9;

WeightView float_view(const std::vector<float>& values, std::int64_t rows, std::int64_t cols) {
  return {reinterpret_cast<const std::byte*>(values.data()), DType::F32, rows, cols, nullptr, 0};
}

/// One layer's input with W_UKV joined, and the same values split.
struct Storage {
  Matrix q, c_kv, k_rope, w_ukv;
  std::vector<float> w_uk_t, w_uv;
  MlaAttentionArgs joined, split;

  Storage(Random& random, std::int64_t n_tokens, std::int64_t first)
      : q(random.matrix(n_tokens, kHeads * (kNope + kRope))),
        c_kv(random.matrix(first + n_tokens, kRank)),
        k_rope(random.matrix(first + n_tokens, kRope)),
        w_ukv(random.matrix(kHeads * (kNope + kV), kRank, 0.3F)) {
    for (std::int64_t h = 0; h < kHeads; ++h) {
      const float* head = w_ukv.view().row(h * (kNope + kV));
      for (std::int64_t l = 0; l < kRank; ++l) {
        for (std::int64_t d = 0; d < kNope; ++d) w_uk_t.push_back(head[d * kRank + l]);
      }
      w_uv.insert(w_uv.end(), head + kNope * kRank, head + (kNope + kV) * kRank);
    }
    joined = {kHeads,
              kRank,
              kNope,
              kRope,
              kV,
              0.2F,
              first,
              std::as_const(q).view(),
              {.w_ukv = float_view(w_ukv.values, w_ukv.rows, kRank), .w_uk_t = {}, .w_uv = {}},
              std::as_const(c_kv).view(),
              std::as_const(k_rope).view()};
    split = joined;
    split.w_up = {.w_ukv = {},
                  .w_uk_t = float_view(w_uk_t, kHeads * kRank, kNope),
                  .w_uv = float_view(w_uv, kHeads * kV, kRank)};
  }
};

class AttentionStorage : public testing::TestWithParam<BackendOptions> {
 protected:
  std::unique_ptr<Backend> backend = make(GetParam());
  std::unique_ptr<Backend> reference = make({BackendKind::Reference, 1, ""});
  Random random{23};

  static Matrix attend(Backend& on, const MlaAttentionArgs& args, AttentionForm form,
                       const AttentionProbe* probe = nullptr) {
    Matrix out(args.q.rows, kHeads * kV);
    on.mla_attention(args, form, probe, out.view());
    return out;
  }
};

constexpr AttentionForm kForms[] = {AttentionForm::Absorbed, AttentionForm::Expanded};

TEST_P(AttentionStorage, SplitEqualsJoined) {
  for (const std::int64_t n_tokens : {1, 5, 40}) {
    Storage s(random, n_tokens, 300);
    const Matrix expected = attend(*reference, s.joined, AttentionForm::Expanded);
    for (const AttentionForm form : kForms) {
      EXPECT_LE(relative_error(attend(*reference, s.split, form).values, expected.values),
                kTolerances.forms);
      EXPECT_LE(relative_error(attend(*backend, s.split, form).values, expected.values),
                kTolerances.forms);
    }
  }
}

/// Every third slot and the token's own, as many as it may have.
std::vector<std::int32_t> picks(std::int64_t first, std::int64_t n_tokens, std::int64_t top_k) {
  std::vector<std::int32_t> all;
  for (std::int64_t t = 0; t < n_tokens; ++t) {
    const std::int64_t position = first + t;
    std::vector<std::int32_t> mine;
    for (std::int64_t j = 0; j < std::min(top_k, position + 1); ++j) {
      mine.push_back(static_cast<std::int32_t>(position < top_k ? j : (3 * j + t) % position));
    }
    std::sort(mine.begin(), mine.end());
    mine.erase(std::unique(mine.begin(), mine.end()), mine.end());
    for (std::int32_t slot = 0;
         static_cast<std::int64_t>(mine.size()) < std::min(top_k, position + 1); ++slot) {
      if (!std::binary_search(mine.begin(), mine.end(), slot)) {
        mine.insert(std::lower_bound(mine.begin(), mine.end(), slot), slot);
      }
    }
    mine.resize(static_cast<std::size_t>(top_k), -1);
    all.insert(all.end(), mine.begin(), mine.end());
  }
  return all;
}

TEST_P(AttentionStorage, AllSlotsPickedGivesTheSameBits) {
  Storage s(random, 7, 20);
  const std::vector<std::int32_t> all = picks(20, 7, 64);
  for (const AttentionForm form : kForms) {
    const Matrix expected = attend(*backend, s.joined, form);
    MlaAttentionArgs picked = s.joined;
    picked.picked_slots = all;
    picked.index_topk = 64;
    EXPECT_TRUE(same_bits(attend(*backend, picked, form).values, expected.values));
  }
}

TEST_P(AttentionStorage, WeightsAreTheSoftmaxOverThePickedSlotsOnly) {
  constexpr std::int64_t kFirst = 290, kTokens = 3, kTopK = 37, kSlots = kFirst + kTokens;
  Storage s(random, kTokens, kFirst);
  const std::vector<std::int32_t> slots = picks(kFirst, kTokens, kTopK);
  const auto n = static_cast<std::size_t>(kHeads * kSlots);
  std::vector<float> all_content(n), all_rope(n), weights(n), content(n), rope(n);
  const AttentionProbe everything{kTokens - 1, nullptr, all_content.data(), all_rope.data()};
  attend(*reference, s.joined, AttentionForm::Absorbed, &everything);
  MlaAttentionArgs picked = s.joined;
  picked.picked_slots = slots;
  picked.index_topk = kTopK;
  const std::span<const std::int32_t> mine = std::span(slots).last(kTopK);
  const double near = std::max(1e-5, 2 * kTolerances.attention_scores);  // scores are about 1
  for (const AttentionForm form : kForms) {
    const AttentionProbe probe{kTokens - 1, weights.data(), content.data(), rope.data()};
    const Matrix out = attend(*backend, picked, form, &probe);
    EXPECT_LE(relative_error(out.values, attend(*reference, picked, form).values),
              kTolerances.attention_out);
    for (std::int64_t h = 0; h < kHeads; ++h) {
      double sum = 0.0;
      const auto score = [&](std::int64_t slot) {
        const auto i = static_cast<std::size_t>(h * kSlots + slot);
        return std::exp(static_cast<double>(all_content[i]) + all_rope[i]);
      };
      for (const std::int32_t slot : mine) sum += score(slot);
      for (std::int32_t slot = 0; slot < kSlots; ++slot) {
        const auto i = static_cast<std::size_t>(h * kSlots + slot);
        if (std::binary_search(mine.begin(), mine.end(), slot)) {
          EXPECT_NEAR(weights[i], score(slot) / sum, near);
          EXPECT_NEAR(content[i], all_content[i], near);
        } else {
          EXPECT_EQ(weights[i], 0.0F);
          EXPECT_EQ(content[i], -INFINITY);
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cpu, AttentionStorage, testing::ValuesIn(cpu_variants()), variant_name);

}  // namespace
}  // namespace engine::test
