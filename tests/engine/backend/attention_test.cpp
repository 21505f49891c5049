// MLA attention: every CPU variant against the reference, absorbed against expanded, the probe's
// rows against the pass they belong to.
#include <cmath>

#include "tests/engine/backend/backend_fixture.h"

namespace engine::test {
namespace {

struct AttentionCase {
  std::int64_t n_tokens, first_position, n_heads, rank, nope, rope, v;
  DType dtype;
};

std::vector<AttentionCase> attention_cases() {
  return {{1, 0, 1, 4, 2, 2, 2, DType::F32},       {1, 300, 5, 36, 17, 6, 9, DType::BF16},
          {7, 0, 4, 64, 32, 16, 32, DType::F16},   {3, 255, 3, 130, 40, 8, 24, DType::F8_E4M3},
          {70, 10, 6, 33, 16, 8, 15, DType::BF16}, {2, 600, 18, 16, 33, 4, 8, DType::F32}};
}

/// One layer's attention input: random queries, latents and W_UKV.
struct AttentionInput {
  Matrix q, c_kv, k_rope;
  StoredWeight w_ukv;
  MlaAttentionArgs args;

  AttentionInput(Random& random, const AttentionCase& c)
      : q(random.matrix(c.n_tokens, c.n_heads * (c.nope + c.rope))),
        // Slots behind the last token belong to nobody yet: never read, whatever they hold.
        c_kv(random.matrix(c.first_position + c.n_tokens + 5, c.rank)),
        k_rope(random.matrix(c.first_position + c.n_tokens + 5, c.rope)),
        w_ukv(random_weight(random, c.dtype, c.n_heads * (c.nope + c.v), c.rank, 0.3F)) {
    for (std::int64_t s = c.first_position + c.n_tokens; s < c_kv.rows; ++s) {
      for (std::int64_t i = 0; i < c.rank; ++i) c_kv.view().row(s)[i] = NAN;
      for (std::int64_t i = 0; i < c.rope; ++i) k_rope.view().row(s)[i] = NAN;
    }
    const float scale = 1.0F / std::sqrt(static_cast<float>(c.nope + c.rope));
    args = {c.n_heads,
            c.rank,
            c.nope,
            c.rope,
            c.v,
            scale,
            c.first_position,
            std::as_const(q).view(),
            {.w_ukv = w_ukv.view, .w_uk_t = {}, .w_uv = {}},
            std::as_const(c_kv).view(),
            std::as_const(k_rope).view()};
  }
};

struct Observed {
  std::vector<float> weights, content, rope;
  AttentionProbe probe;
  Observed(const AttentionCase& c, std::int64_t token_row)
      : weights(static_cast<std::size_t>(c.n_heads * (c.first_position + token_row + 1))),
        content(weights.size()),
        rope(weights.size()),
        probe{token_row, weights.data(), content.data(), rope.data()} {}
};

class Attention : public testing::TestWithParam<BackendOptions> {
 protected:
  std::unique_ptr<Backend> backend = make(GetParam());
  std::unique_ptr<Backend> reference = make({BackendKind::Reference, 1, ""});
  Random random{11};
};

TEST_P(Attention, BothFormsEqualTheReference) {
  for (const AttentionCase& c : attention_cases()) {
    SCOPED_TRACE(testing::Message()
                 << c.n_tokens << " tokens at " << c.first_position << ", " << dtype_name(c.dtype));
    AttentionInput input(random, c);
    for (const AttentionForm form : {AttentionForm::Absorbed, AttentionForm::Expanded}) {
      Observed seen(c, c.n_tokens - 1);
      Observed wanted(c, c.n_tokens - 1);
      Matrix actual(c.n_tokens, c.n_heads * c.v);
      Matrix expected(c.n_tokens, c.n_heads * c.v);
      backend->mla_attention(input.args, form, &seen.probe, actual.view());
      reference->mla_attention(input.args, form, &wanted.probe, expected.view());
      EXPECT_LE(relative_error(actual.values, expected.values), kTolerances.attention_out);
      EXPECT_LE(relative_error(seen.content, wanted.content), kTolerances.attention_scores);
      EXPECT_LE(relative_error(seen.rope, wanted.rope), kTolerances.attention_scores);
      EXPECT_LE(relative_error(seen.weights, wanted.weights), kTolerances.attention_weights);
    }
  }
}

TEST_P(Attention, AbsorbedEqualsExpanded) {
  for (const AttentionCase& c : attention_cases()) {
    AttentionInput input(random, c);
    Matrix absorbed(c.n_tokens, c.n_heads * c.v);
    Matrix expanded(c.n_tokens, c.n_heads * c.v);
    backend->mla_attention(input.args, AttentionForm::Absorbed, nullptr, absorbed.view());
    backend->mla_attention(input.args, AttentionForm::Expanded, nullptr, expanded.view());
    EXPECT_LE(relative_error(absorbed.values, expanded.values), kTolerances.forms);
  }
}

TEST_P(Attention, ObservingChangesNoBit) {
  const AttentionCase c = attention_cases()[4];
  AttentionInput input(random, c);
  for (const AttentionForm form : {AttentionForm::Absorbed, AttentionForm::Expanded}) {
    Matrix plain(c.n_tokens, c.n_heads * c.v);
    backend->mla_attention(input.args, form, nullptr, plain.view());
    for (const std::int64_t row : {0, 33, 69}) {
      Observed seen(c, row);
      Matrix observed(c.n_tokens, c.n_heads * c.v);
      backend->mla_attention(input.args, form, &seen.probe, observed.view());
      EXPECT_TRUE(same_bits(observed.values, plain.values));
      float sum = 0.0F;
      for (const float w : seen.weights) sum += w;
      EXPECT_NEAR(sum, static_cast<float>(c.n_heads), 1e-4);
    }
  }
}

TEST_P(Attention, ProbeMayAskForOneKindOfRow) {
  const AttentionCase c = attention_cases()[1];
  AttentionInput input(random, c);
  Observed all(c, 0);
  Observed one(c, 0);
  one.probe.content_scores = nullptr;
  one.probe.rope_scores = nullptr;
  Matrix out(c.n_tokens, c.n_heads * c.v);
  backend->mla_attention(input.args, AttentionForm::Absorbed, &all.probe, out.view());
  backend->mla_attention(input.args, AttentionForm::Absorbed, &one.probe, out.view());
  EXPECT_TRUE(same_bits(one.weights, all.weights));
}

TEST_P(Attention, SplitWeightsEqualJoinedOnes) {
  const AttentionCase c{5, 300, 5, 36, 17, 6, 9, DType::F32};
  AttentionInput input(random, c);
  StoredWeight w_uk_t = random_weight(random, DType::F32, c.n_heads * c.rank, c.nope, 0.3F, false);
  StoredWeight w_uv = random_weight(random, DType::F32, c.n_heads * c.v, c.rank, 0.3F, false);
  StoredWeight joined =
      random_weight(random, DType::F32, c.n_heads * (c.nope + c.v), c.rank, 0.3F, false);
  const auto element = [](StoredWeight& w, std::int64_t row, std::int64_t col) {
    return reinterpret_cast<float*>(w.bytes.data()) + row * w.view.cols + col;
  };
  for (std::int64_t h = 0; h < c.n_heads; ++h) {
    for (std::int64_t l = 0; l < c.rank; ++l) {
      for (std::int64_t d = 0; d < c.nope; ++d) {
        *element(joined, h * (c.nope + c.v) + d, l) = *element(w_uk_t, h * c.rank + l, d);
      }
      for (std::int64_t d = 0; d < c.v; ++d) {
        *element(joined, h * (c.nope + c.v) + c.nope + d, l) = *element(w_uv, h * c.v + d, l);
      }
    }
  }
  input.args.w_up = {.w_ukv = joined.view, .w_uk_t = {}, .w_uv = {}};
  Matrix expected(c.n_tokens, c.n_heads * c.v);
  Matrix actual(c.n_tokens, c.n_heads * c.v);
  backend->mla_attention(input.args, AttentionForm::Absorbed, nullptr, expected.view());
  input.args.w_up = {.w_ukv = {}, .w_uk_t = w_uk_t.view, .w_uv = w_uv.view};
  backend->mla_attention(input.args, AttentionForm::Absorbed, nullptr, actual.view());
  EXPECT_LE(relative_error(actual.values, expected.values), kTolerances.forms);
}

TEST_P(Attention, PickingEverySlotChangesNoBit) {
  const AttentionCase c{3, 400, 5, 36, 17, 6, 9, DType::BF16};
  AttentionInput input(random, c);
  Matrix all(c.n_tokens, c.n_heads * c.v);
  Matrix picked(c.n_tokens, c.n_heads * c.v);
  backend->mla_attention(input.args, AttentionForm::Absorbed, nullptr, all.view());
  constexpr std::int64_t kTopK = 500;
  std::vector<std::int32_t> slots;
  for (std::int64_t t = 0; t < c.n_tokens; ++t) {
    for (std::int32_t j = 0; j < kTopK; ++j) slots.push_back(j < 401 + t ? j : -1);
  }
  input.args.picked_slots = slots;
  input.args.index_topk = kTopK;
  backend->mla_attention(input.args, AttentionForm::Absorbed, nullptr, picked.view());
  EXPECT_TRUE(same_bits(picked.values, all.values));
}

TEST_P(Attention, PickedSlotsAreTheOnlyOnesRead) {
  const AttentionCase c{1, 400, 5, 36, 17, 6, 9, DType::BF16};
  AttentionInput input(random, c);
  constexpr std::int64_t kTopK = 70;
  std::vector<std::int32_t> slots;
  for (std::int32_t j = 0; j < kTopK; ++j) slots.push_back(3 + 5 * j);
  Matrix c_kv(kTopK, c.rank);
  Matrix k_rope(kTopK, c.rope);
  for (std::int64_t j = 0; j < kTopK; ++j) {
    std::copy_n(input.args.c_kv.row(slots[static_cast<std::size_t>(j)]), c.rank,
                c_kv.view().row(j));
    std::copy_n(input.args.k_rope.row(slots[static_cast<std::size_t>(j)]), c.rope,
                k_rope.view().row(j));
  }
  MlaAttentionArgs alone = input.args;
  alone.c_kv = std::as_const(c_kv).view();
  alone.k_rope = std::as_const(k_rope).view();
  alone.first_position = kTopK - 1;
  Matrix expected(c.n_tokens, c.n_heads * c.v);
  backend->mla_attention(alone, AttentionForm::Absorbed, nullptr, expected.view());

  input.args.picked_slots = slots;
  input.args.index_topk = kTopK;
  Matrix actual(c.n_tokens, c.n_heads * c.v);
  Observed seen(c, 0);
  backend->mla_attention(input.args, AttentionForm::Absorbed, &seen.probe, actual.view());
  EXPECT_TRUE(same_bits(actual.values, expected.values));
  float sum = 0.0F;
  for (std::size_t s = 0; s < 401; ++s) {
    sum += seen.weights[s];
    const bool picked = s >= 3 && s < 353 && s % 5 == 3;
    EXPECT_EQ(std::isinf(seen.content[s]), !picked) << s;
    EXPECT_EQ(seen.weights[s] == 0.0F, !picked) << s;
  }
  EXPECT_NEAR(sum, 1.0F, 1e-5F);
}

TEST(ReferenceAttention, WorkedExample) {
  // One head, rank 2, nope 1, rope 2, v 1. W_UK = (1 0), W_UV = (0 2). q_nope 2, q_rope (1 0).
  // Slots c = (1 0), (0 1); k_rope = (0 1), (1 0). Scores: 2·1 + 0 = 2 and 2·0 + 1 = 1, scale ½.
  const auto reference = make({BackendKind::Reference, 1, ""});
  const std::vector<float> w = {1, 0, 0, 2};
  const std::vector<float> q = {2, 1, 0};
  const std::vector<float> c_kv = {1, 0, 0, 1};
  const std::vector<float> k_rope = {0, 1, 1, 0};
  const WeightView w_ukv{
      reinterpret_cast<const std::byte*>(w.data()), DType::F32, 2, 2, nullptr, 0};
  const MlaAttentionArgs args{1,
                              2,
                              1,
                              2,
                              1,
                              0.5F,
                              1,
                              {q.data(), 1, 3, 3},
                              {.w_ukv = w_ukv, .w_uk_t = {}, .w_uv = {}},
                              {c_kv.data(), 2, 2, 2},
                              {k_rope.data(), 2, 2, 2}};
  const float second = 1.0F / (1.0F + std::exp(0.5F));
  for (const AttentionForm form : {AttentionForm::Absorbed, AttentionForm::Expanded}) {
    float out = 0.0F;
    float weights[2];
    float content[2];
    float rope[2];
    const AttentionProbe probe{0, weights, content, rope};
    reference->mla_attention(args, form, &probe, {&out, 1, 1, 1});
    EXPECT_FLOAT_EQ(out, 2.0F * second);
    EXPECT_FLOAT_EQ(weights[1], second);
    EXPECT_FLOAT_EQ(content[0], 1.0F);
    EXPECT_FLOAT_EQ(rope[1], 0.5F);
  }
}

INSTANTIATE_TEST_SUITE_P(Cpu, Attention, testing::ValuesIn(cpu_variants()), variant_name);

}  // namespace
}  // namespace engine::test
