// Same bits: logits do not depend on threads, prefill chunks or a reused prefix, and a replay
// recomputes exactly what was there.
#include "engine/runtime/session.h"

#include <gtest/gtest.h>

#include <cstring>

#include "tests/engine/runtime/golden_checkpoint.h"
#include "tests/support/temp_folder.h"
#include "tests/support/tiny_checkpoint.h"

namespace {

using engine::BackendKind;
using engine::Position;
using engine::RoutingRecorder;
using engine::Session;
using engine::TokenId;

constexpr std::int64_t kTokens = 150;

std::vector<TokenId> some_tokens(std::uint64_t seed) {
  std::vector<TokenId> tokens;
  for (std::int64_t i = 0; i < kTokens; ++i) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    tokens.emplace_back(static_cast<std::int32_t>((seed >> 33U) % 96));
  }
  return tokens;
}

class SameBits : public ::testing::TestWithParam<std::tuple<BackendKind, std::string>> {
 protected:
  void SetUp() override {
    support::TinyCheckpointOptions options;
    // Block types, whose latents a backend may keep in whole numbers, are made on loading.
    is_quantised_ = std::get<1>(GetParam()) == "Q8_0";
    options.dtype = is_quantised_ ? "F32" : std::get<1>(GetParam());
    if (is_quantised_) options.qk_rope_head_dim = 32;
    options.yarn = true;
    support::write_tiny_checkpoint(folder_.path(), options);
  }

  std::unique_ptr<engine::LoadedModel> load(int n_threads, std::int64_t chunk) {
    engine::LoadOptions options;
    options.backend = {std::get<0>(GetParam()), n_threads, ""};
    options.context_length = kTokens;
    options.prefill_chunk = chunk;
    if (is_quantised_) options.weight_format = engine::WeightFormat::Q8_0;
    auto model = engine::load_model(folder_.path(), options, nullptr, {});
    EXPECT_TRUE(model) << model.error().message;
    return std::move(*model);
  }

  // Logits of all tokens from the session's length on.
  static std::vector<float> run(Session& session, std::span<const TokenId> tokens) {
    const auto vocab_size = static_cast<std::size_t>(session.config().vocab_size);
    std::vector<float> logits;
    while (session.length() < static_cast<std::int64_t>(tokens.size())) {
      const auto first = static_cast<std::size_t>(session.length());
      const auto n =
          std::min(tokens.size() - first, static_cast<std::size_t>(session.longest_chunk()));
      EXPECT_TRUE(session.extend(tokens.subspan(first, n), nullptr, {}));
      logits.resize(logits.size() + n * vocab_size);
      session.logits(0, static_cast<std::int64_t>(n), std::span(logits).last(n * vocab_size));
    }
    return logits;
  }

  support::TempFolder folder_;
  bool is_quantised_ = false;
};

bool same_bits(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

TEST_P(SameBits, WhateverTheThreads) {
  const auto tokens = some_tokens(1);
  const auto expected = run(*load(1, 64)->session, tokens);
  for (const int n_threads : {2, 3, 8}) {
    EXPECT_TRUE(same_bits(run(*load(n_threads, 64)->session, tokens), expected)) << n_threads;
  }
}

TEST_P(SameBits, WhateverTheChunk) {
  const auto tokens = some_tokens(2);
  const auto expected = run(*load(2, kTokens)->session, tokens);
  for (const std::int64_t chunk : {1, 7, 64}) {
    EXPECT_TRUE(same_bits(run(*load(2, chunk)->session, tokens), expected)) << chunk;
  }
}

TEST_P(SameBits, FreshOrReusedPrefix) {
  const auto model = load(2, 64);
  const auto tokens = some_tokens(3);
  const auto expected = run(*model->session, tokens);
  auto other = tokens;
  other[100] = TokenId(other[100].value ^ 1);
  EXPECT_EQ(model->session->keep_common_prefix(other), 100);
  const auto other_tail = run(*model->session, other);
  const auto expected_other = run(*load(2, 64)->session, other);
  EXPECT_TRUE(same_bits(other_tail, std::span(expected_other).last(other_tail.size())));
  EXPECT_EQ(model->session->keep_common_prefix(tokens), 100);
  const auto tail = run(*model->session, tokens);
  EXPECT_TRUE(same_bits(tail, std::span(expected).last(tail.size())));
}

TEST_P(SameBits, ReplayRecomputesWhatWasThere) {
  const auto model = load(2, 64);
  Session& session = *model->session;
  const auto tokens = some_tokens(4);
  RoutingRecorder recorder(session.config(), 0, 64, {true, engine::LayerIndex(1)});
  ASSERT_TRUE(session.extend(std::span(tokens).first(64), &recorder, {}));
  std::vector<float> logits(static_cast<std::size_t>(session.config().vocab_size));
  session.logits(63, 1, logits);
  run(session, tokens);
  std::vector<float> c_kv(static_cast<std::size_t>(kTokens * session.config().kv_lora_rank));
  std::vector<float> k_rope(static_cast<std::size_t>(kTokens * session.config().qk_rope_head_dim));
  session.read_latents(engine::LayerIndex(2), c_kv, k_rope);

  const auto replay = session.replay(Position(63), engine::LayerIndex(1), true, {});
  ASSERT_TRUE(replay);
  EXPECT_TRUE(same_bits(replay->logits, logits));
  EXPECT_TRUE(same_bits(replay->attention->weights, recorder.attention->weights));
  EXPECT_TRUE(same_bits(replay->attention->rope_scores, recorder.attention->rope_scores));
  EXPECT_TRUE(same_bits(replay->decisions[1].scores, recorder.decisions[1].scores));
  EXPECT_EQ(replay->decisions[1].expert_ids, recorder.decisions[1].expert_ids);
  EXPECT_EQ(session.length(), kTokens);
  auto c_kv_after = c_kv;
  auto k_rope_after = k_rope;
  session.read_latents(engine::LayerIndex(2), c_kv_after, k_rope_after);
  EXPECT_TRUE(same_bits(c_kv_after, c_kv));
  EXPECT_TRUE(same_bits(k_rope_after, k_rope));
}

/// What is kept beside the cache is counted, and only where attention reads it.
TEST_P(SameBits, MemoryBesideTheCacheIsTold) {
  const auto model = load(2, 64);
  const engine::KvCache& cache = model->session->cache();
  const engine::LatentUpWeights& w_up = model->transformer->weights().layers[0].attention.w_up;
  const engine::ModelConfig& config = model->session->config();
  const std::int64_t width =
      model->backend->kept_latent_elements(w_up, config.kv_lora_rank, config.qk_rope_head_dim);
  if (!is_quantised_ || std::get<0>(GetParam()) == BackendKind::Reference) {
    EXPECT_EQ(width, 0);
  }
  EXPECT_EQ(cache.kept_bytes_per_token(), 4 * width * config.num_hidden_layers);
  for (std::int64_t layer = 0; layer < config.num_hidden_layers; ++layer) {
    EXPECT_EQ(cache.kept(layer).data != nullptr, width > 0) << layer;
  }
  EXPECT_EQ(model->info->cache_bytes_per_token,
            engine::KvCache::bytes_per_token(config) + cache.kept_bytes_per_token());
  EXPECT_EQ(model->info->cache_bytes, model->info->cache_bytes_per_token * kTokens);
  if (std::get<0>(GetParam()) == BackendKind::Reference) return;
  EXPECT_EQ(engine::memory_need(model->info->report, 1, model->info->options.weight_format).kept,
            cache.kept_bytes_per_token());
}

INSTANTIATE_TEST_SUITE_P(
    Backends, SameBits,
    ::testing::Combine(::testing::Values(BackendKind::Reference, BackendKind::Cpu),
                       ::testing::Values("F32", "BF16", "F8_E4M3", "Q8_0")),
    [](const auto& test) {
      return std::string(std::get<0>(test.param) == BackendKind::Cpu ? "Cpu" : "Reference") +
             std::get<1>(test.param);
    });

TEST(Session, AbsorbedAndExpandedAgree) {
  const support::GoldenCheckpoint golden("yarn");
  auto model = golden.load({BackendKind::Cpu, 2, ""});
  ASSERT_TRUE(model);
  std::vector<std::vector<float>> logits;
  for (const auto form : {engine::AttentionForm::Absorbed, engine::AttentionForm::Expanded}) {
    auto session = Session::create(*(*model)->transformer, *(*model)->backend, {64, 64, form});
    ASSERT_TRUE(session);
    ASSERT_TRUE(session->extend(golden.tokens(), nullptr, {}));
    logits.emplace_back(static_cast<std::size_t>(session->config().vocab_size));
    session->logits(static_cast<std::int64_t>(golden.tokens().size()) - 1, 1, logits.back());
  }
  EXPECT_LT(support::relative_difference(logits[0], logits[1]), 1e-5);
}

TEST(Session, RefusesByName) {
  const support::GoldenCheckpoint golden("groups");
  auto model = golden.load({BackendKind::Reference, 1, ""});
  ASSERT_TRUE(model);
  Session& session = *(*model)->session;
  const std::vector<TokenId> outside{TokenId(3), TokenId(40)};
  const auto refused = session.extend(outside, nullptr, {});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("[1]: found 40, allowed 0 to 39"), std::string::npos);
  const std::vector<TokenId> some(40, TokenId(1));
  ASSERT_TRUE(session.extend(some, nullptr, {}));
  const auto full = session.extend(some, nullptr, {});
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, engine::ErrorCode::ContextFull);
  EXPECT_EQ(session.replay(Position(40), {}, false, {}).error().code, engine::ErrorCode::NotFound);
  EXPECT_EQ(session.replay(Position(1), engine::LayerIndex(2), false, {}).error().code,
            engine::ErrorCode::InvalidArgument);
  EXPECT_EQ(session.length(), 40);
}

}  // namespace
