// Attention on matrix instructions around the edges of its tiles: slots, heads, tokens and columns
// that fill them, are one short or one over, against the reference; and the same bits however
// tokens and runs of slots are spread over blocks.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "tests/engine/backend/backend_fixture.h"

namespace engine::test {
namespace {

/// Orders of blocks and threads, tokens in one call: up to four spread their runs over blocks.
struct Spread {
  int order;
  std::int64_t chunk;
};
constexpr Spread kSpread[] = {{2, 1}, {3, 4}};

constexpr std::int64_t kBehind = 3;  // slots behind the last, which nobody may read

/// The largest difference as a share of the largest finite magnitude; infinite where only one is.
double share_of_largest(std::span<const float> actual, std::span<const float> expected) {
  double largest = 0.0;
  double worst = 0.0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (actual[i] == expected[i]) continue;
    const double difference = std::fabs(double{actual[i]} - double{expected[i]});
    worst = std::isfinite(difference) ? std::max(worst, difference) : HUGE_VAL;
  }
  for (const float x : expected) {
    if (std::isfinite(x)) largest = std::max(largest, std::fabs(double{x}));
  }
  return worst == 0.0 ? 0.0 : worst / largest;
}

/// What an observed token gives, all heads of all slots.
struct Seen {
  std::vector<float> weights, content, rope;
  Seen(std::int64_t n_heads, std::int64_t n_slots)
      : weights(static_cast<std::size_t>(n_heads * n_slots)),
        content(weights.size()),
        rope(weights.size()) {}
  AttentionProbe probe(std::int64_t row) {
    return {row, weights.data(), content.data(), rope.data()};
  }
};

class CudaAttention : public testing::Test {
 protected:
  Backend& backend(int order) {
    auto& made = backends_[static_cast<std::size_t>(order)];
    if (!made) made = make({BackendKind::Cuda, order, "emulated"});
    return *made;
  }
  /// Slots behind the last are not numbers.
  Matrix cache(std::int64_t slots, std::int64_t cols) {
    Matrix m = random.matrix(slots + kBehind, cols);
    std::fill(m.values.begin() + slots * cols, m.values.end(), NAN);
    return m;
  }
  void expect_close(const Seen& actual, const Seen& expected) {
    EXPECT_LE(share_of_largest(actual.content, expected.content), kTolerances.attention_scores);
    EXPECT_LE(share_of_largest(actual.rope, expected.rope), kTolerances.attention_scores);
    EXPECT_LE(share_of_largest(actual.weights, expected.weights), kTolerances.attention_weights);
  }

  Random random{53};
  std::unique_ptr<Backend> reference = make({BackendKind::Reference, 1, ""});
  std::array<std::unique_ptr<Backend>, 5> backends_;
};

struct Grouped {
  std::int64_t n_heads, n_kv, head_dim, n_tokens, slots;
  std::int64_t window = 0;
};

/// One layer's grouped attention over a random past.
struct GroupedLayer {
  Matrix q, k, v;
  GqaAttentionArgs args;

  GroupedLayer(Random& random, const Grouped& c, Matrix keys, Matrix values)
      : q(random.matrix(c.n_tokens, c.n_heads * c.head_dim)),
        k(std::move(keys)),
        v(std::move(values)) {
    args.n_heads = c.n_heads;
    args.n_kv_heads = c.n_kv;
    args.head_dim = c.head_dim;
    args.scale = 0.3F;
    args.window = c.window;
    args.first_position = c.slots - c.n_tokens;
    args.q = std::as_const(q).view();
    args.k = std::as_const(k).view();
    args.v = std::as_const(v).view();
  }
  /// Rows [first, first + n) alone.
  GqaAttentionArgs rows(std::int64_t first, std::int64_t n) const {
    GqaAttentionArgs part = args;
    part.first_position += first;
    part.q = q.slice(first, n);
    return part;
  }
};

// Widths: 8 and 128 go to the narrow kernel, 136 and 288 to the wide one, 7 has no whole 16 bytes.
TEST_F(CudaAttention, GroupedAroundEveryTile) {
  const Grouped cases[] = {
      {1, 1, 8, 1, 1},       {3, 1, 8, 2, 15},      {8, 1, 8, 3, 16},       {16, 1, 8, 4, 17},
      {17, 1, 8, 5, 63},     {20, 1, 8, 6, 64},     {40, 2, 8, 7, 65},      {6, 2, 128, 8, 127},
      {16, 2, 4, 9, 128},    {5, 5, 12, 9, 129},    {1, 1, 7, 1, 16},       {3, 3, 7, 9, 33},
      {20, 1, 7, 5, 65},     {17, 1, 136, 1, 17},   {4, 2, 136, 9, 66},     {2, 1, 288, 2, 31},
      {4, 2, 8, 1, 80, 1},   {4, 2, 8, 9, 80, 5},   {4, 2, 8, 9, 80, 16},   {6, 2, 8, 4, 140, 30},
      {6, 2, 8, 9, 140, 64}, {6, 2, 7, 3, 199, 70}, {8, 2, 8, 1, 257, 129}, {8, 2, 8, 17, 257, 65}};
  for (const Grouped& c : cases) {
    SCOPED_TRACE(testing::Message()
                 << c.n_heads << " heads, " << c.n_kv << " of keys, width " << c.head_dim << ", "
                 << c.n_tokens << " tokens, " << c.slots << " slots, window " << c.window);
    const GroupedLayer layer(random, c, cache(c.slots, c.n_kv * c.head_dim),
                             cache(c.slots, c.n_kv * c.head_dim));
    const std::int64_t row = c.n_tokens / 2;
    Seen actual(c.n_heads, layer.args.first_position + row + 1);
    Seen expected(c.n_heads, layer.args.first_position + row + 1);
    const AttentionProbe seeing{row, actual.weights.data(), actual.content.data(), nullptr};
    const AttentionProbe wanting{row, expected.weights.data(), expected.content.data(), nullptr};
    Matrix out(c.n_tokens, layer.q.cols);
    Matrix wanted(c.n_tokens, layer.q.cols);
    backend(3).gqa_attention(layer.args, &seeing, out.view());
    reference->gqa_attention(layer.args, &wanting, wanted.view());
    EXPECT_LE(relative_error(out.values, wanted.values), kTolerances.attention_out);
    expect_close(actual, expected);
  }
}

// The emulator has four multiprocessors: blocks take spans of four runs with 1,700 and 900 slots,
// some runs with 2,150, one elsewhere.
TEST_F(CudaAttention, GroupedBitsInAnyCall) {
  const Grouped cases[] = {{6, 2, 8, 5, 1700},
                           {1, 1, 4, 5, 2150},
                           {6, 2, 8, 7, 420, 200},
                           {5, 1, 6, 7, 331, 65},
                           {3, 1, 132, 6, 150}};
  for (const Grouped& c : cases) {
    SCOPED_TRACE(testing::Message() << "width " << c.head_dim << ", window " << c.window);
    const GroupedLayer layer(random, c, cache(c.slots, c.n_kv * c.head_dim),
                             cache(c.slots, c.n_kv * c.head_dim));
    Matrix whole(c.n_tokens, layer.q.cols);
    backend(1).gqa_attention(layer.args, nullptr, whole.view());
    for (const auto& [order, chunk] : kSpread) {
      Matrix out(c.n_tokens, layer.q.cols);
      for (std::int64_t first = 0; first < c.n_tokens; first += chunk) {
        const std::int64_t n = std::min(chunk, c.n_tokens - first);
        backend(order).gqa_attention(layer.rows(first, n), nullptr, out.slice(first, n));
      }
      EXPECT_TRUE(same_bits(out.values, whole.values)) << "in chunks of " << chunk;
    }
  }
}

struct Latent {
  std::int64_t n_heads, rank, rope, n_tokens, slots;
  std::int64_t top_k = 0;
};

/// One layer's latent attention over a random past; with top_k over every third slot or so.
struct LatentLayer {
  static constexpr std::int64_t kNope = 4, kValue = 4;
  Matrix q, c_kv, k_rope;
  StoredWeight w;
  std::vector<std::int32_t> picked;
  MlaAttentionArgs args;

  LatentLayer(Random& random, const Latent& c, Matrix latents, Matrix rotary)
      : q(random.matrix(c.n_tokens, c.n_heads * (kNope + c.rope), 0.4F)),
        c_kv(std::move(latents)),
        k_rope(std::move(rotary)),
        w(random_weight(random, DType::BF16, c.n_heads * (kNope + kValue), c.rank, 0.1F)) {
    args.n_heads = c.n_heads;
    args.kv_lora_rank = c.rank;
    args.qk_nope_head_dim = kNope;
    args.qk_rope_head_dim = c.rope;
    args.v_head_dim = kValue;
    args.scale = 0.5F;
    args.first_position = c.slots - c.n_tokens;
    args.q = std::as_const(q).view();
    args.w_up.w_ukv = w.view;
    args.c_kv = std::as_const(c_kv).view();
    args.k_rope = std::as_const(k_rope).view();
    if (c.top_k == 0) return;
    args.index_topk = c.top_k;
    for (std::int64_t t = 0; t < c.n_tokens; ++t) {
      const std::int64_t n = args.first_position + t + 1;
      const std::int64_t count = std::min(c.top_k, n);
      for (std::int64_t i = 0; i < c.top_k; ++i) {
        picked.push_back(static_cast<std::int32_t>(i < count ? (i * n + t % 2) / count : 0));
      }
    }
    args.picked_slots = picked;
  }
  MlaAttentionArgs rows(std::int64_t first, std::int64_t n) const {
    MlaAttentionArgs part = args;
    part.first_position += first;
    part.q = q.slice(first, n);
    if (!picked.empty()) {
      part.picked_slots =
          std::span(picked).subspan(static_cast<std::size_t>(first * args.index_topk),
                                    static_cast<std::size_t>(n * args.index_topk));
    }
    return part;
  }
};

// Rank 512 with 64 rotary columns is the kernel of DeepSeek's own latents; 33 has no whole 16
// bytes.
TEST_F(CudaAttention, LatentsAroundEveryTile) {
  const Latent cases[] = {
      {16, 512, 64, 1, 17},    {3, 512, 64, 2, 65},    {17, 512, 64, 1, 16},
      {1, 512, 64, 6, 129},    {20, 512, 64, 5, 63},   {16, 512, 64, 2, 150, 70},
      {1, 32, 8, 1, 1},        {3, 32, 8, 2, 15},      {8, 48, 80, 3, 64},
      {16, 64, 16, 4, 127},    {17, 32, 4, 9, 128},    {20, 496, 16, 1, 33},
      {20, 32, 8, 9, 129, 16}, {3, 32, 8, 5, 100, 17}, {17, 32, 8, 2, 90, 65},
      {9, 33, 6, 6, 66},       {16, 33, 5, 1, 64, 15}};
  for (const Latent& c : cases) {
    SCOPED_TRACE(testing::Message()
                 << c.n_heads << " heads, " << c.rank << " + " << c.rope << " columns, "
                 << c.n_tokens << " tokens, " << c.slots << " slots, " << c.top_k << " picked");
    const LatentLayer layer(random, c, cache(c.slots, c.rank), cache(c.slots, c.rope));
    const std::int64_t row = c.n_tokens / 2;
    Seen actual(c.n_heads, layer.args.first_position + row + 1);
    Seen expected(c.n_heads, layer.args.first_position + row + 1);
    const AttentionProbe seeing = actual.probe(row);
    const AttentionProbe wanting = expected.probe(row);
    Matrix out(c.n_tokens, c.n_heads * LatentLayer::kValue);
    Matrix wanted(c.n_tokens, out.cols);
    backend(2).mla_attention(layer.args, AttentionForm::Absorbed, &seeing, out.view());
    reference->mla_attention(layer.args, AttentionForm::Absorbed, &wanting, wanted.view());
    EXPECT_LE(relative_error(out.values, wanted.values), kTolerances.attention_out);
    expect_close(actual, expected);
  }
}

TEST_F(CudaAttention, LatentBitsInAnyCall) {
  const Latent cases[] = {{16, 512, 64, 6, 70},
                          {3, 32, 8, 11, 600},
                          {5, 33, 6, 9, 150},
                          {17, 32, 8, 6, 300, 90},
                          {20, 36, 8, 7, 130, 64}};
  for (const Latent& c : cases) {
    SCOPED_TRACE(testing::Message()
                 << c.n_heads << " heads, rank " << c.rank << ", " << c.top_k << " picked");
    const LatentLayer layer(random, c, cache(c.slots, c.rank), cache(c.slots, c.rope));
    Matrix whole(c.n_tokens, c.n_heads * LatentLayer::kValue);
    backend(1).mla_attention(layer.args, AttentionForm::Absorbed, nullptr, whole.view());
    for (const auto& [order, chunk] : kSpread) {
      Matrix out(c.n_tokens, whole.cols);
      for (std::int64_t first = 0; first < c.n_tokens; first += chunk) {
        const std::int64_t n = std::min(chunk, c.n_tokens - first);
        backend(order).mla_attention(layer.rows(first, n), AttentionForm::Absorbed, nullptr,
                                     out.slice(first, n));
      }
      EXPECT_TRUE(same_bits(out.values, whole.values)) << "in chunks of " << chunk;
    }
  }
}

// Scores far apart and far from nothing: the parts of a run are rescaled, the runs joined, in both
// directions; one slot can outweigh all others.
TEST_F(CudaAttention, ScoresThatRiseAndFall) {
  for (const float slope : {0.5F, -0.5F, 30.0F, -30.0F}) {
    for (const std::int64_t n_tokens : {1, 6}) {
      const Grouped c{2, 1, 4, n_tokens, 200};
      GroupedLayer layer(random, c, cache(c.slots, 4), cache(c.slots, 4));
      for (std::int64_t s = 0; s < c.slots; ++s) {
        layer.k.values[static_cast<std::size_t>(s * 4)] = slope * static_cast<float>(s);
      }
      for (std::int64_t i = 0; i < n_tokens * 2; ++i) {
        layer.q.values[static_cast<std::size_t>(i * 4)] = i % 2 == 0 ? 1.0F : -0.5F;
      }
      Matrix out(n_tokens, 8);
      Matrix wanted(n_tokens, 8);
      backend(4).gqa_attention(layer.args, nullptr, out.view());
      reference->gqa_attention(layer.args, nullptr, wanted.view());
      EXPECT_LE(relative_error(out.values, wanted.values), 3e-5) << slope;
    }
  }
}

// More columns than the kernels hold are said, not computed wrongly.
TEST_F(CudaAttention, RefusesWhatItCannotHold) {
  const Grouped c{1, 1, 300, 1, 4};
  const GroupedLayer layer(random, c, cache(c.slots, 300), cache(c.slots, 300));
  Matrix out(1, 300);
  const std::unique_ptr<Backend> own = make({BackendKind::Cuda, 1, "emulated"});
  own->gqa_attention(layer.args, nullptr, out.view());
  const auto health = own->health();
  ASSERT_FALSE(health);
  EXPECT_NE(health.error().message.find("300 columns of keys"), std::string::npos)
      << health.error().message;
}

}  // namespace
}  // namespace engine::test
