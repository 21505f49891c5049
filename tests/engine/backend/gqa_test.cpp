// Grouped-query attention, V3.2's indexer and LayerNorm: every CPU variant against the reference,
// the reference against worked numbers, and the same bits whatever the chunking.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "tests/engine/backend/backend_fixture.h"

namespace engine::test {
namespace {

struct GqaCase {
  std::int64_t n_tokens, first_position, n_heads, n_kv_heads, head_dim, window;
};

std::vector<GqaCase> gqa_cases() {
  return {{1, 0, 1, 1, 2, 0},     {1, 300, 8, 2, 10, 0},    {7, 0, 4, 4, 32, 0},
          {70, 10, 6, 1, 16, 0},  {5, 600, 40, 2, 33, 0},   {40, 0, 6, 3, 8, 9},
          {3, 500, 6, 2, 20, 77}, {33, 280, 4, 2, 12, 256}, {2, 5, 2, 1, 4, 1}};
}

struct GqaInput {
  Matrix q, k, v;
  GqaAttentionArgs args;

  GqaInput(Random& random, const GqaCase& c)
      : q(random.matrix(c.n_tokens, c.n_heads * c.head_dim)),
        // Slots behind the last token belong to nobody yet: never read, whatever they hold.
        k(random.matrix(c.first_position + c.n_tokens + 5, c.n_kv_heads * c.head_dim)),
        v(random.matrix(c.first_position + c.n_tokens + 5, c.n_kv_heads * c.head_dim)) {
    for (std::int64_t s = c.first_position + c.n_tokens; s < k.rows; ++s) {
      std::fill_n(k.view().row(s), k.cols, NAN);
      std::fill_n(v.view().row(s), v.cols, NAN);
    }
    args.n_heads = c.n_heads;
    args.n_kv_heads = c.n_kv_heads;
    args.head_dim = c.head_dim;
    args.scale = 1.0F / std::sqrt(static_cast<float>(c.head_dim));
    args.window = c.window;
    args.first_position = c.first_position;
    args.q = std::as_const(q).view();
    args.k = std::as_const(k).view();
    args.v = std::as_const(v).view();
  }
};

struct Rows {
  std::vector<float> weights, scores;
  AttentionProbe probe;
  Rows(const GqaCase& c, std::int64_t row)
      : weights(static_cast<std::size_t>(c.n_heads * (c.first_position + row + 1))),
        scores(weights.size()),
        probe{row, weights.data(), scores.data(), nullptr} {}
  /// The scores with the unseen slots' -inf as 0, after counting them.
  std::vector<float> seen(std::int64_t* n_unseen) const {
    std::vector<float> out = scores;
    *n_unseen = std::count(out.begin(), out.end(), -INFINITY);
    std::replace(out.begin(), out.end(), -INFINITY, 0.0F);
    return out;
  }
};

class Gqa : public testing::TestWithParam<BackendOptions> {
 protected:
  std::unique_ptr<Backend> backend = make(GetParam());
  std::unique_ptr<Backend> reference = make({BackendKind::Reference, 1, ""});
  Random random{31};
};

TEST_P(Gqa, EqualsTheReference) {
  for (const GqaCase& c : gqa_cases()) {
    SCOPED_TRACE(testing::Message() << c.n_tokens << " tokens at " << c.first_position << ", "
                                    << c.n_heads << " heads, window " << c.window);
    GqaInput input(random, c);
    Rows actual(c, c.n_tokens - 1);
    Rows wanted(c, c.n_tokens - 1);
    Matrix out(c.n_tokens, c.n_heads * c.head_dim);
    Matrix expected(c.n_tokens, c.n_heads * c.head_dim);
    backend->gqa_attention(input.args, &actual.probe, out.view());
    reference->gqa_attention(input.args, &wanted.probe, expected.view());
    EXPECT_LE(relative_error(out.values, expected.values), kTolerances.attention_out);
    EXPECT_LE(relative_error(actual.weights, wanted.weights), kTolerances.attention_weights);
    std::int64_t n_actual = 0;
    std::int64_t n_wanted = 0;
    EXPECT_LE(relative_error(actual.seen(&n_actual), wanted.seen(&n_wanted)),
              kTolerances.attention_scores);
    const std::int64_t n_slots = c.first_position + c.n_tokens;
    EXPECT_EQ(n_wanted,
              c.window == 0 ? 0 : c.n_heads * std::max<std::int64_t>(n_slots - c.window, 0));
    EXPECT_EQ(n_actual, n_wanted);
  }
}

TEST_P(Gqa, ATokensBitsDoNotDependOnItsCompany) {
  for (const GqaCase& c : gqa_cases()) {
    GqaInput input(random, c);
    Matrix whole(c.n_tokens, c.n_heads * c.head_dim);
    backend->gqa_attention(input.args, nullptr, whole.view());
    for (std::int64_t t = 0; t < c.n_tokens; ++t) {
      GqaAttentionArgs one = input.args;
      one.q = std::as_const(input.q).slice(t, 1);
      one.first_position = c.first_position + t;
      Matrix out(1, whole.cols);
      Rows rows({1, one.first_position, c.n_heads, 1, 1, 0}, 0);
      backend->gqa_attention(one, t % 2 == 0 ? &rows.probe : nullptr, out.view());
      const auto row = whole.values.begin() + t * whole.cols;
      EXPECT_TRUE(same_bits(out.values, {row, row + whole.cols}));
    }
  }
}

struct IndexInput {
  Matrix q, weights, k;
  IndexerArgs args;
  IndexInput(Random& random, std::int64_t n_tokens, std::int64_t first, std::int64_t n_heads,
             std::int64_t dim, std::int64_t top_k)
      : q(random.matrix(n_tokens, n_heads * dim)),
        weights(random.matrix(n_tokens, n_heads)),
        k(random.matrix(first + n_tokens, dim)) {
    args = {n_heads,
            dim,
            top_k,
            first,
            std::as_const(q).view(),
            std::as_const(weights).view(),
            std::as_const(k).view()};
  }
};

TEST_P(Gqa, IndexerPicksAsTheReferenceDoes) {
  for (const auto& [n_tokens, first, top_k] : std::vector<std::array<std::int64_t, 3>>{
           {1, 0, 4}, {70, 0, 16}, {3, 700, 100}, {2, 9, 11}}) {
    IndexInput input(random, n_tokens, first, 16, 20, top_k);
    const auto n = static_cast<std::size_t>(n_tokens * top_k);
    std::vector<std::int32_t> picked(n), expected(n);
    std::vector<float> scores(static_cast<std::size_t>(first + n_tokens)), wanted(scores.size());
    backend->index_slots(input.args, picked, scores);
    reference->index_slots(input.args, expected, wanted);
    EXPECT_EQ(picked, expected);
    EXPECT_LE(relative_error(scores, wanted), kTolerances.attention_scores);
    for (std::int64_t t = 0; t < n_tokens; ++t) {
      const auto row = std::span(picked).subspan(static_cast<std::size_t>(t * top_k),
                                                 static_cast<std::size_t>(top_k));
      const auto count = static_cast<std::size_t>(std::min(top_k, first + t + 1));
      EXPECT_TRUE(std::is_sorted(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(count)));
      EXPECT_EQ(std::count(row.begin(), row.end(), -1), top_k - static_cast<std::int64_t>(count));
    }
  }
}

TEST_P(Gqa, IndexerTiesGoToTheLowerSlotAndNanLoses) {
  IndexInput input(random, 1, 9, 1, 2, 4);
  for (std::int64_t s = 0; s < 10; ++s) std::fill_n(input.k.view().row(s), 2, 1.0F);
  std::fill_n(input.k.view().row(1), 2, NAN);
  std::fill_n(input.k.view().row(7), 2, 2.0F);
  input.q.values = {1.0F, 1.0F};
  input.weights.values = {1.0F};
  for (Backend* on : {backend.get(), reference.get()}) {
    std::vector<std::int32_t> picked(4);
    on->index_slots(input.args, picked, {});
    EXPECT_EQ(picked, (std::vector<std::int32_t>{0, 2, 3, 7}));
  }
}

TEST_P(Gqa, LayerNormEqualsTheReference) {
  Matrix x = random.matrix(37, 20, 3.0F);
  const Matrix gamma = random.matrix(1, 20);
  const Matrix beta = random.matrix(1, 20);
  Matrix expected(37, 20);
  reference->layer_norm(std::as_const(x).view(), gamma.values.data(), beta.values.data(), 1e-6F,
                        expected.view());
  backend->layer_norm(x.view(), gamma.values.data(), beta.values.data(), 1e-6F, x.view());
  EXPECT_LE(relative_error(x.values, expected.values), kTolerances.rms_norm);
}

TEST(ReferenceGqa, WorkedExample) {
  // Two query heads share one KV head of dim 2; three slots, a window of two.
  const auto reference = make({BackendKind::Reference, 1, ""});
  const std::vector<float> q = {1, 0, 0, 2};
  const std::vector<float> k = {9, 9, 1, 0, 0, 1};
  const std::vector<float> v = {7, 7, 1, 2, 3, 4};
  GqaAttentionArgs args;
  args.n_heads = 2;
  args.n_kv_heads = 1;
  args.head_dim = 2;
  args.window = 2;
  args.first_position = 2;
  args.q = {q.data(), 1, 4, 4};
  args.k = {k.data(), 3, 2, 2};
  args.v = {v.data(), 3, 2, 2};
  float out[4];
  reference->gqa_attention(args, nullptr, {out, 1, 4, 4});
  const float a = std::exp(1.0F) / (std::exp(1.0F) + 1.0F);  // head 0: scores 1, 0
  const float b = 1.0F / (1.0F + std::exp(2.0F));            // head 1: scores 0, 2
  EXPECT_FLOAT_EQ(out[0], a * 1 + (1 - a) * 3);
  EXPECT_FLOAT_EQ(out[1], a * 2 + (1 - a) * 4);
  EXPECT_FLOAT_EQ(out[2], b * 1 + (1 - b) * 3);
  EXPECT_FLOAT_EQ(out[3], b * 2 + (1 - b) * 4);
}

TEST(ReferenceLayerNorm, WorkedExample) {
  const auto reference = make({BackendKind::Reference, 1, ""});
  const std::vector<float> x = {1, 3};  // mean 2, variance 1
  const std::vector<float> gamma = {2, 4};
  const std::vector<float> beta = {10, 20};
  float out[2];
  reference->layer_norm({x.data(), 1, 2, 2}, gamma.data(), beta.data(), 3.0F, {out, 1, 2, 2});
  EXPECT_FLOAT_EQ(out[0], 9.0F);  // (1 - 2) / sqrt(1 + 3) · 2 + 10
  EXPECT_FLOAT_EQ(out[1], 22.0F);
}

INSTANTIATE_TEST_SUITE_P(Cpu, Gqa, testing::ValuesIn(cpu_variants()), variant_name);

}  // namespace
}  // namespace engine::test
