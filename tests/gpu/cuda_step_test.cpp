// Decode steps of whole checkpoints on the CUDA backend over the emulator: one wait for the device
// per token, steps recorded and launched again with the same bits, and everything that must make a
// recording give way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "engine/backend/cuda/cuda_backend.h"
#include "tests/engine/runtime/golden_checkpoint.h"
#include "tests/gpu/cache_prefix.h"
#include "tests/gpu/emulator/scheduler.h"

namespace {

using engine::KvCache;
using engine::TokenId;

constexpr std::int64_t kContext = 1100;

std::unique_ptr<engine::Backend> emulated(std::unique_ptr<engine::Backend>) {
  auto backend = engine::cuda::CudaBackend::create(0);
  EXPECT_TRUE(backend) << backend.error().message;
  return std::move(*backend);
}

/// Logits, experts and their weights of one pass.
struct Seen {
  std::vector<float> logits;
  std::vector<std::uint16_t> ids;
  std::vector<float> weights;
  std::vector<float> scores;
  bool operator==(const Seen&) const = default;
};

class CudaStep : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const std::string name = GetParam();
    engine::LoadOptions options;
    options.context_length = kContext;
    options.prefill_chunk = 16;
    const std::string folder = BATHYSCOPE_SOURCE_DIR "/tests/golden/" + name;
    auto loaded = engine::load_model(folder, options, nullptr, {}, emulated);
    ASSERT_TRUE(loaded) << loaded.error().message;
    model = std::move(*loaded);
    config = model->transformer->config();
    make_session();
    for (std::int32_t i = 0; i < 40; ++i) tokens.emplace_back((i % 20 * 7 + 3) % 40);
  }
  void TearDown() override {
    EXPECT_THAT(simt::take_faults(), testing::IsEmpty());
    simt::fail_captures(false);
  }
  void make_session() {
    cache.reset();
    activations.reset();
    auto made = KvCache::create(config, kContext, *model->backend);
    auto buffers = engine::Activations::create(config, 16, *model->backend);
    ASSERT_TRUE(made && buffers);
    cache.emplace(std::move(*made));
    activations.emplace(std::move(*buffers));
  }
  /// A past of small random values up to `n`: what the tokens behind it read.
  void fill(std::int64_t n) {
    auto host = engine::make_backend({engine::BackendKind::Reference, 1, ""});
    auto past = KvCache::create(config, kContext, **host);
    std::uint32_t state = 1;
    for (std::int64_t layer = 0; layer < config.num_hidden_layers; ++layer) {
      for (const engine::MatView rows : support::cached_rows(config, *past, layer, 0, n)) {
        for (std::int64_t i = 0; i < rows.rows * rows.cols; ++i) {
          state = state * 1664525U + 1013904223U;
          rows.data[i] = static_cast<float>(state >> 16) / 65536.0F - 0.5F;
        }
      }
    }
    support::copy_prefix(config, *past, n, *model->backend, *cache);
  }
  Seen run(std::int64_t first, std::int64_t n, bool scores = false) {
    engine::RoutingRecorder recorder(config, first, n, {scores, {}, false});
    Seen seen;
    // Where the logits go belongs to a step's shape: as in a generation, it is one place.
    logits.resize(static_cast<std::size_t>(config.vocab_size));
    const auto at = static_cast<std::size_t>(first) % 20;
    const auto done = model->transformer->forward(
        {std::span(tokens).subspan(at, static_cast<std::size_t>(n)), first},
        {engine::AttentionForm::Absorbed, &recorder, {}, logits, {{30, 0.7F}, &summary}}, *cache,
        *activations);
    EXPECT_TRUE(done) << done.error().message;
    expect_summary();
    seen.logits = logits;
    seen.ids = recorder.routing.back().expert_ids;
    seen.weights = recorder.routing.back().weights;
    for (const engine::RouterDecision& d : recorder.decisions) {
      seen.scores.insert(seen.scores.end(), d.scores.begin(), d.scores.end());
    }
    return seen;
  }
  /// The summary that came with the logits is theirs.
  void expect_summary() const {
    engine::LogitSummary expected;
    summarise_on_host(logits, {30, 0.7F}, &expected);
    EXPECT_EQ(summary.sums.best, expected.sums.best);
    EXPECT_EQ(summary.sums.sum, expected.sums.sum);
    EXPECT_EQ(summary.sums.sampler_sum, expected.sums.sampler_sum);
    EXPECT_EQ(summary.n_candidates, expected.n_candidates);
  }
  /// The same in one pass, which is never recorded; the token before `first` goes with it.
  std::vector<Seen> plainly(std::int64_t first, std::int64_t n) {
    engine::RoutingRecorder recorder(config, first - 1, n + 1, {});
    const auto at = static_cast<std::size_t>(first - 1) % 20;
    const auto done = model->transformer->forward(
        {std::span(tokens).subspan(at, static_cast<std::size_t>(n + 1)), first - 1},
        {engine::AttentionForm::Absorbed, &recorder, {}, {}}, *cache, *activations);
    EXPECT_TRUE(done) << done.error().message;
    std::vector<Seen> all;
    for (std::int64_t row = 1; row <= n; ++row) {
      Seen& seen = all.emplace_back();
      seen.logits.resize(static_cast<std::size_t>(config.vocab_size));
      model->transformer->logits(row, 1, *activations, seen.logits);
      seen.ids = recorder.routing[static_cast<std::size_t>(row)].expert_ids;
      seen.weights = recorder.routing[static_cast<std::size_t>(row)].weights;
    }
    return all;
  }

  std::unique_ptr<engine::LoadedModel> model;
  engine::ModelConfig config;
  std::optional<KvCache> cache;
  std::optional<engine::Activations> activations;
  std::vector<TokenId> tokens;
  std::vector<float> logits;
  engine::LogitSummary summary;
};

TEST_P(CudaStep, WaitsOncePerToken) {
  fill(30);
  for (std::int64_t p = 30; p < 35; ++p) {
    const simt::Counts before = simt::counts();
    run(p, 1);
    const simt::Counts after = simt::counts();
    EXPECT_EQ(after.waits - before.waits, 1) << p;
    const bool recorded = p > 30;  // the first time takes memory and fills tables
    EXPECT_EQ(after.graph_launches - before.graph_launches, recorded ? 1 : 0) << p;
    if (recorded) {
      EXPECT_EQ(after.launches, before.launches) << p;
    }
  }
}

// What a token costs in launches decides how fast small weights can be: whoever adds one has to
// write it here.
class CudaLaunches : public CudaStep {};
TEST_P(CudaLaunches, PerToken) {
  fill(30);
  run(30, 1);
  simt::fail_captures(true);  // so that each is counted
  run(31, 1);
  const simt::Counts before = simt::counts();
  run(32, 1);
  const std::int64_t sparse = std::ssize(config.moe_layers());
  const std::int64_t dense = config.num_hidden_layers - sparse;
  // Norm; q, k, v; rotations; attention, its end; terms; output.
  std::int64_t attention = 9;
  if (config.is_mla()) {
    // Norm; latents; queries; norm of latents, rotations, terms; absorbed queries; attention, its
    // end; values; output.
    attention = 9;
    if (config.q_lora_rank > 0) attention += 3;  // queries' down product, their norm, rotation
    if (config.num_attention_heads * config.v_head_dim % 256 != 0) attention += 1;  // terms
  }
  // Norm; router and its choice; gate and up, down, of the routed and of the shared experts.
  const std::int64_t experts = config.n_shared_experts > 0 ? 7 : 5;
  const std::int64_t mlp = 3;  // norm; gate and up; down
  // Embedding; norm and logits; their summary.
  EXPECT_EQ(simt::counts().launches - before.launches,
            config.num_hidden_layers * attention + sparse * experts + dense * mlp + 6);
}

// The heads' results come with their terms where they fill them.
TEST(CudaTerms, OfHeadsAreThoseOfTheirValues) {
  auto made = engine::cuda::CudaBackend::create(0);
  ASSERT_TRUE(made) << made.error().message;
  engine::Backend& b = **made;
  constexpr std::int64_t kHeads = 4, kRank = 64, kNope = 32, kRope = 16, kValue = 64, kSlots = 9;
  std::uint32_t state = 7;
  const auto values = [&](std::int64_t n) {
    std::vector<float> v(static_cast<std::size_t>(n));
    for (float& x : v) {
      state = state * 1664525U + 1013904223U;
      x = static_cast<float>(state >> 16) / 65536.0F - 0.5F;
    }
    return v;
  };
  const auto weight = [&](std::vector<float>& stored, std::int64_t n_rows, std::int64_t cols) {
    stored = values(n_rows * cols);
    return *b.place({reinterpret_cast<const std::byte*>(stored.data()), engine::DType::F32, n_rows,
                     cols, nullptr, 0});
  };
  const auto rows = [&](engine::Buffer& buffer, std::int64_t n_rows, std::int64_t cols) {
    buffer = std::move(*b.allocate(n_rows * cols));
    const engine::MatView view = buffer.view(n_rows, cols);
    b.upload(values(n_rows * cols), view);
    return view;
  };
  for (const std::int64_t n : {1, 5, 9}) {
    engine::Buffer q, c_kv, k_rope, heads, again, out, out_again;
    std::vector<float> uk, uv, o;
    engine::MlaAttentionArgs args;
    args.n_heads = kHeads;
    args.kv_lora_rank = kRank;
    args.qk_nope_head_dim = kNope;
    args.qk_rope_head_dim = kRope;
    args.v_head_dim = kValue;
    args.scale = 0.2F;
    args.first_position = kSlots - n;
    args.q = rows(q, n, kHeads * (kNope + kRope));
    args.c_kv = rows(c_kv, kSlots, kRank);
    args.k_rope = rows(k_rope, kSlots, kRope);
    args.w_up.w_uk_t = weight(uk, kHeads * kRank, kNope);
    args.w_up.w_uv = weight(uv, kHeads * kValue, kRank);
    const engine::WeightView w_o = weight(o, 40, kHeads * kValue);
    const engine::MatView heads_out = rows(heads, n, kHeads * kValue);
    const engine::MatView copied = rows(again, n, kHeads * kValue);
    const engine::MatView products[] = {rows(out, n, 40), rows(out_again, n, 40)};
    b.mla_attention(args, engine::AttentionForm::Absorbed, nullptr, heads_out);
    const simt::Counts before = simt::counts();
    b.matmul(heads_out, w_o, nullptr, products[0]);
    EXPECT_EQ(simt::counts().launches - before.launches, 1);
    b.copy(heads_out, copied);
    b.matmul(copied, w_o, nullptr, products[1]);
    std::vector<float> results[2];
    for (int i = 0; i < 2; ++i) {
      results[i].resize(static_cast<std::size_t>(n * 40));
      b.download(products[i], results[i]);
    }
    EXPECT_EQ(results[0], results[1]);
    EXPECT_TRUE(b.health());
  }
  EXPECT_THAT(simt::take_faults(), testing::IsEmpty());
}

TEST_P(CudaStep, RecordedStepsHaveTheSameBits) {
  fill(20);
  const std::vector<Seen> expected = plainly(21, 8);
  fill(20);
  run(20, 1);
  for (std::int64_t p = 21; p < 29; ++p) {
    EXPECT_TRUE(run(p, 1) == expected[static_cast<std::size_t>(p - 21)]) << p;
  }
}

TEST_P(CudaStep, BeyondTheRangeOfARecording) {
  fill(1021);
  const std::vector<Seen> expected = plainly(1022, 4);  // 1,024 begins another range
  fill(1021);
  run(1021, 1);
  const simt::Counts before = simt::counts();
  for (std::int64_t p = 1022; p < 1026; ++p) {
    EXPECT_TRUE(run(p, 1) == expected[static_cast<std::size_t>(p - 1022)]) << p;
  }
  EXPECT_EQ(simt::counts().graph_launches - before.graph_launches, 4);
}

TEST_P(CudaStep, MemoryThatMovedIsNotUsed) {
  fill(20);
  const std::vector<Seen> expected = plainly(21, 4);
  fill(20);
  for (const std::int64_t p : {20, 21, 22}) run(p, 1);
  run(5, 15);  // takes more scratch than a step
  fill(20);
  run(20, 1);
  EXPECT_TRUE(run(21, 1) == expected[0]);
  EXPECT_TRUE(run(22, 1) == expected[1]);
  make_session();
  fill(20);
  run(20, 1);
  for (std::int64_t p = 21; p < 25; ++p) {
    EXPECT_TRUE(run(p, 1) == expected[static_cast<std::size_t>(p - 21)]) << p;
  }
}

TEST_P(CudaStep, OtherWishesAreOtherSteps) {
  fill(20);
  for (const std::int64_t p : {20, 21, 22}) run(p, 1);
  const Seen with = run(23, 1, true);
  EXPECT_EQ(with.scores.empty(), config.n_routed_experts == 0);
  const Seen again = run(23, 1, true);
  const Seen once_more = run(23, 1, true);
  EXPECT_TRUE(again == with && once_more == with);
  Seen without = run(23, 1);
  without.scores = with.scores;
  EXPECT_TRUE(without == with);
}

TEST_P(CudaStep, StoppedWhileRecording) {
  fill(20);
  const std::vector<Seen> expected = plainly(21, 3);
  fill(20);
  run(20, 1);
  std::stop_source stop;
  stop.request_stop();
  engine::RoutingRecorder recorder(config, 21, 1, {false, {}, false});
  const auto stopped = model->transformer->forward(
      {std::span(tokens).subspan(1, 1), 21},
      {engine::AttentionForm::Absorbed, &recorder, stop.get_token(), logits}, *cache, *activations);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, engine::ErrorCode::Cancelled);
  for (std::int64_t p = 21; p < 24; ++p) {
    EXPECT_TRUE(run(p, 1) == expected[static_cast<std::size_t>(p - 21)]) << p;
  }
}

TEST_P(CudaStep, ADeviceThatCapturesNothingRunsPlainly) {
  fill(20);
  const std::vector<Seen> expected = plainly(21, 4);
  fill(20);
  run(20, 1);
  simt::fail_captures(true);
  const simt::Counts before = simt::counts();
  for (std::int64_t p = 21; p < 25; ++p) {
    EXPECT_TRUE(run(p, 1) == expected[static_cast<std::size_t>(p - 21)]) << p;
  }
  EXPECT_EQ(simt::counts().graph_launches, before.graph_launches);
}

constexpr auto name_of = [](const auto& test) {
  std::string name = test.param;
  std::replace(name.begin(), name.end(), '/', '_');
  return name;
};
INSTANTIATE_TEST_SUITE_P(Families, CudaStep,
                         testing::Values("v3/groups", "families/v32",
                                         "families/mixtral_top2_window",
                                         "families/llama_mha_bias_tied"),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Families, CudaLaunches,
                         testing::Values("v3/groups", "families/mixtral_top2_window",
                                         "families/llama_mha_bias_tied"),
                         name_of);

}  // namespace
