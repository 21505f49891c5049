// Every family against an independent oracle in float32 (fixtures of make_family_checkpoints.py),
// on every backend: logits, routing, attention and picked slots of tiny random checkpoints.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "tests/engine/runtime/golden_checkpoint.h"

namespace {

using engine::AttentionForm;
using engine::BackendKind;
using support::GoldenCheckpoint;
using support::max_difference;
using support::relative_difference;

constexpr std::int64_t kContext = 320;

class Family : public ::testing::TestWithParam<std::string> {
 protected:
  GoldenCheckpoint golden{GetParam(), support::family_folder()};

  std::unique_ptr<engine::LoadedModel> load(BackendKind kind) const {
    auto model = golden.load({kind, 2, ""}, kContext);
    EXPECT_TRUE(model) << model.error().message;
    return model ? std::move(*model) : nullptr;
  }
  /// A session that has read the fixture's tokens in chunks of at most `chunk`.
  engine::Session read(engine::LoadedModel& model, std::int64_t chunk, AttentionForm form) const {
    auto session =
        engine::Session::create(*model.transformer, *model.backend, {kContext, chunk, form});
    EXPECT_TRUE(session.has_value());
    const std::vector<engine::TokenId> tokens = golden.tokens();
    for (std::size_t done = 0; done < tokens.size();) {
      const std::size_t n = std::min(static_cast<std::size_t>(chunk), tokens.size() - done);
      EXPECT_TRUE(session->extend(std::span(tokens).subspan(done, n), nullptr, {}).has_value());
      done += n;
    }
    return std::move(*session);
  }
};

std::vector<float> logits_of_last(engine::Session& session, std::int64_t n_rows,
                                  std::int64_t rows_of_call) {
  std::vector<float> logits(static_cast<std::size_t>(n_rows * session.config().vocab_size));
  session.logits(rows_of_call - n_rows, n_rows, logits);
  return logits;
}

TEST_P(Family, LogitsEqualTheOracle) {
  const std::vector<float> expected = golden.floats("logits");
  for (const BackendKind kind : {BackendKind::Reference, BackendKind::Cpu}) {
    const auto model = load(kind);
    ASSERT_TRUE(model);
    const engine::ModelConfig& config = model->session->config();
    const std::int64_t n_rows = static_cast<std::int64_t>(expected.size()) / config.vocab_size;
    for (const AttentionForm form : {AttentionForm::Absorbed, AttentionForm::Expanded}) {
      if (form == AttentionForm::Expanded && !config.is_mla()) continue;
      engine::Session session = read(*model, kContext, form);
      EXPECT_LT(relative_difference(logits_of_last(session, n_rows, session.length()), expected),
                1e-5);
    }
  }
}

TEST_P(Family, RoutingEqualsTheOracle) {
  if (!golden.expected().has("routing.topk_ids")) GTEST_SKIP() << "a family without experts";
  for (const BackendKind kind : {BackendKind::Reference, BackendKind::Cpu}) {
    const auto model = load(kind);
    ASSERT_TRUE(model);
    const auto tokens = golden.tokens();
    engine::RoutingRecorder recorder(model->session->config(), 0,
                                     static_cast<std::int64_t>(tokens.size()), {true, {}});
    auto session = engine::Session::create(*model->transformer, *model->backend,
                                           {kContext, kContext, AttentionForm::Absorbed});
    ASSERT_TRUE(session);
    ASSERT_TRUE(session->extend(tokens, &recorder, {}));
    std::vector<std::int32_t> ids;
    std::vector<float> weights;
    for (const engine::TokenRouting& routing : recorder.routing) {
      ids.insert(ids.end(), routing.expert_ids.begin(), routing.expert_ids.end());
      weights.insert(weights.end(), routing.weights.begin(), routing.weights.end());
    }
    EXPECT_EQ(ids, golden.integers("routing.topk_ids"));
    // Relative: V2 scales weights by 16.
    EXPECT_LT(relative_difference(weights, golden.floats("routing.topk_weights")), 1e-5);
  }
}

TEST_P(Family, ReplayShowsWhereTheLastTokenReads) {
  for (const BackendKind kind : {BackendKind::Reference, BackendKind::Cpu}) {
    const auto model = load(kind);
    ASSERT_TRUE(model);
    engine::Session session = read(*model, 33, AttentionForm::Absorbed);
    const engine::ModelConfig& config = session.config();
    const engine::Position last(session.length() - 1);
    std::vector<float> weights;
    std::vector<std::int32_t> picked;
    for (std::int32_t layer = 0; layer < config.num_hidden_layers; ++layer) {
      const auto replay = session.replay(last, engine::LayerIndex(layer), false, {});
      ASSERT_TRUE(replay && replay->attention);
      EXPECT_EQ(replay->decisions.size(), config.moe_layers().size());
      const engine::AttentionRows& rows = *replay->attention;
      weights.insert(weights.end(), rows.weights.begin(), rows.weights.end());
      picked.insert(picked.end(), rows.picked.begin(), rows.picked.end());
      EXPECT_EQ(rows.rope_scores.empty(), !config.is_mla());
      for (std::size_t i = 0; i < rows.weights.size(); ++i) {
        EXPECT_EQ(rows.weights[i] == 0.0F, std::isinf(rows.content_scores[i]));
      }
    }
    EXPECT_LT(max_difference(weights, golden.floats("attention.last")), 1e-5);
    if (golden.expected().has("indexer.picked")) {
      EXPECT_EQ(picked, golden.integers("indexer.picked"));
    } else {
      EXPECT_TRUE(picked.empty());
    }
  }
}

TEST_P(Family, ChunksAndReplayChangeNoBit) {
  for (const BackendKind kind : {BackendKind::Reference, BackendKind::Cpu}) {
    const auto model = load(kind);
    ASSERT_TRUE(model);
    engine::Session whole = read(*model, kContext, AttentionForm::Absorbed);
    const std::vector<float> logits = logits_of_last(whole, 1, whole.length());
    for (const std::int64_t chunk : {std::int64_t{1}, std::int64_t{29}}) {
      engine::Session session = read(*model, chunk, AttentionForm::Absorbed);
      const std::int64_t in_last = (session.length() - 1) % chunk + 1;
      EXPECT_EQ(logits_of_last(session, 1, in_last), logits) << "chunks of " << chunk;
    }
    const auto replay = whole.replay(engine::Position(whole.length() - 1), {}, true, {});
    ASSERT_TRUE(replay);
    EXPECT_EQ(replay->logits, logits);
  }
}

// A really trained model: its greedy continuation, from a Hugging Face folder and from GGUF.
TEST(Stories, ContinueTheirKnownText) {
  const std::string folder = std::string(BATHYSCOPE_SHARED_DATA) + "/models/stories260K";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is not there";
  std::ifstream file(folder + "/greedy_ids_logits.json");
  const nlohmann::json known = nlohmann::json::parse(file);
  const std::vector<std::int32_t> ids = known["ids"];
  for (const std::string& path : {folder, folder + "/stories260K-f32.gguf"}) {
    for (const BackendKind kind : {BackendKind::Reference, BackendKind::Cpu}) {
      engine::LoadOptions options;
      options.backend = {kind, 2, ""};
      const auto model = engine::load_model(path, options, nullptr, {});
      ASSERT_TRUE(model) << model.error().message;
      engine::Session& session = *(*model)->session;
      std::vector<float> logits(static_cast<std::size_t>(session.config().vocab_size));
      std::vector<std::int32_t> written{ids.front()};
      while (written.size() < ids.size()) {
        const engine::TokenId last(written.back());
        ASSERT_TRUE(session.extend(std::span(&last, 1), nullptr, {}));
        session.logits(0, 1, logits);
        if (written.size() == 32) {
          EXPECT_LT(relative_difference(logits, known["logits_last_of_first_32"]), 1e-5);
        }
        const auto best = std::max_element(logits.begin(), logits.end());
        written.push_back(static_cast<std::int32_t>(best - logits.begin()));
      }
      EXPECT_EQ(written, ids) << path;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Variants, Family,
                         ::testing::ValuesIn(support::golden_names(support::family_folder())),
                         [](const auto& test) { return test.param; });

}  // namespace
