// The whole forward pass against transformers in float32 (fixtures of make_v3_checkpoints.py), on
// every backend and in both attention forms; and what a stop leaves behind.
#include "engine/model/transformer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "tests/engine/runtime/golden_checkpoint.h"

namespace {

using engine::AttentionForm;
using engine::BackendKind;
using support::GoldenCheckpoint;
using support::max_difference;
using support::relative_difference;

class Golden : public ::testing::TestWithParam<std::string> {};

std::vector<float> run_logits(engine::LoadedModel& model, AttentionForm form,
                              std::span<const engine::TokenId> tokens) {
  auto session =
      engine::Session::create(*model.transformer, *model.backend,
                              {static_cast<std::int64_t>(tokens.size()), 64, form});
  EXPECT_TRUE(session.has_value());
  EXPECT_TRUE(session->extend(tokens, nullptr, {}).has_value());
  std::vector<float> logits(tokens.size() *
                            static_cast<std::size_t>(session->config().vocab_size));
  session->logits(0, static_cast<std::int64_t>(tokens.size()), logits);
  return logits;
}

TEST_P(Golden, LogitsEqualTransformers) {
  const GoldenCheckpoint golden(GetParam());
  for (const BackendKind kind : {BackendKind::Reference, BackendKind::Cpu}) {
    auto model = golden.load({kind, 2, ""});
    ASSERT_TRUE(model) << model.error().message;
    for (const AttentionForm form : {AttentionForm::Absorbed, AttentionForm::Expanded}) {
      const std::vector<float> logits = run_logits(**model, form, golden.tokens());
      EXPECT_LT(relative_difference(logits, golden.floats("logits")), 1e-5);
    }
  }
}

TEST_P(Golden, RoutingEqualsTransformers) {
  const GoldenCheckpoint golden(GetParam());
  auto model = golden.load({BackendKind::Reference, 1, ""});
  ASSERT_TRUE(model) << model.error().message;
  const engine::ModelConfig& config = (*model)->session->config();
  if (config.moe_layers().empty()) GTEST_SKIP() << "this variant has no experts";
  const auto n = static_cast<std::int64_t>(golden.tokens().size());
  engine::RoutingRecorder recorder(config, 0, n, {true, {}});
  ASSERT_TRUE((*model)->session->extend(golden.tokens(), &recorder, {}));
  std::vector<std::int32_t> ids;
  std::vector<float> weights;
  for (const engine::TokenRouting& routing : recorder.routing) {
    ids.insert(ids.end(), routing.expert_ids.begin(), routing.expert_ids.end());
    weights.insert(weights.end(), routing.weights.begin(), routing.weights.end());
  }
  EXPECT_EQ(ids, golden.integers("routing.topk_ids"));
  EXPECT_LT(max_difference(weights, golden.floats("routing.topk_weights")), 1e-5);
  EXPECT_EQ(recorder.decisions.size(), config.moe_layers().size());
}

INSTANTIATE_TEST_SUITE_P(Variants, Golden, ::testing::ValuesIn(support::golden_names()),
                         [](const auto& info) { return info.param; });

// Asks to stop when a layer is reached.
class StoppingProbe : public engine::Probe {
 public:
  explicit StoppingProbe(std::stop_source stop) : stop_(std::move(stop)) {}
  void on_layer_done(engine::LayerIndex, engine::ConstMatView) override { stop_.request_stop(); }

 private:
  std::stop_source stop_;
};

TEST(Transformer, StopLeavesTheCacheAsItWas) {
  const GoldenCheckpoint golden("groups");
  auto model = golden.load({BackendKind::Reference, 1, ""});
  ASSERT_TRUE(model) << model.error().message;
  engine::Session& session = *(*model)->session;
  const auto tokens = golden.tokens();
  ASSERT_TRUE(session.extend(std::span(tokens).first(4), nullptr, {}));
  std::stop_source stop;
  StoppingProbe probe(stop);
  const auto stopped = session.extend(std::span(tokens).subspan(4), &probe, stop.get_token());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, engine::ErrorCode::Cancelled);
  EXPECT_EQ(session.length(), 4);
  EXPECT_EQ(session.cache().length(), 4);

  ASSERT_TRUE(session.extend(std::span(tokens).subspan(4), nullptr, {}));
  std::vector<float> after(static_cast<std::size_t>(session.config().vocab_size));
  session.logits(static_cast<std::int64_t>(tokens.size()) - 5, 1, after);
  const std::vector<float> whole = run_logits(**model, AttentionForm::Absorbed, tokens);
  EXPECT_TRUE(std::equal(after.begin(), after.end(),
                         whole.end() - static_cast<std::ptrdiff_t>(after.size())));
}

}  // namespace
