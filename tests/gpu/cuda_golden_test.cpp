// Whole checkpoints on the CUDA backend, loaded through the plug-in beside this program: the logits
// transformers computed, the reference's expert choices, and the same bits token by token as in one
// piece. Runs on the emulated plug-in here and on the real one where there is a GPU.
#include <gtest/gtest.h>

#include "tests/engine/runtime/golden_checkpoint.h"

namespace {

using engine::BackendKind;
using support::GoldenCheckpoint;

// The table asks for 1e-4 of F32; the fixtures hold F32, BF16 and FP8.
constexpr float kLogits = 1e-4F;

class CudaGolden : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    auto loaded = golden.load({BackendKind::Cuda, 0, ""});
    if (!loaded && loaded.error().code == engine::ErrorCode::Unsupported) {
      GTEST_SKIP() << loaded.error().message;
    }
    ASSERT_TRUE(loaded) << loaded.error().message;
    model = std::move(*loaded);
  }
  std::size_t vocab_size() const {
    return static_cast<std::size_t>(model->session->config().vocab_size);
  }
  const GoldenCheckpoint golden{GetParam()};
  std::unique_ptr<engine::LoadedModel> model;
};

TEST_P(CudaGolden, LogitsEqualTransformersHoweverTheTokensAreSplit) {
  const auto tokens = golden.tokens();
  auto whole = engine::Session::create(*model->transformer, *model->backend, {64, 64});
  ASSERT_TRUE(whole) << whole.error().message;
  ASSERT_TRUE(whole->extend(tokens, nullptr, {}));
  std::vector<float> logits(tokens.size() * vocab_size());
  whole->logits(0, static_cast<std::int64_t>(tokens.size()), logits);
  ASSERT_TRUE(whole->health()) << whole->health().error().message;
  EXPECT_LT(support::relative_difference(logits, golden.floats("logits")), kLogits);

  auto one_by_one = engine::Session::create(*model->transformer, *model->backend, {64, 64});
  ASSERT_TRUE(one_by_one);
  std::vector<float> row(vocab_size());
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    ASSERT_TRUE(one_by_one->extend(std::span(tokens).subspan(t, 1), nullptr, {}));
    one_by_one->logits(0, 1, row);
    EXPECT_TRUE(std::equal(row.begin(), row.end(),
                           logits.begin() + static_cast<std::ptrdiff_t>(t * vocab_size())))
        << "token " << t;
  }
}

TEST_P(CudaGolden, RoutingEqualsTransformers) {
  engine::Session& session = *model->session;
  if (session.config().moe_layers().empty()) GTEST_SKIP() << "this variant has no experts";
  const auto n = static_cast<std::int64_t>(golden.tokens().size());
  engine::RoutingRecorder recorder(session.config(), 0, n, {true, {}});
  ASSERT_TRUE(session.extend(golden.tokens(), &recorder, {}));
  std::vector<std::int32_t> ids;
  for (const engine::TokenRouting& routing : recorder.routing) {
    ids.insert(ids.end(), routing.expert_ids.begin(), routing.expert_ids.end());
  }
  EXPECT_EQ(ids, golden.integers("routing.topk_ids"));
}

INSTANTIATE_TEST_SUITE_P(Variants, CudaGolden, ::testing::ValuesIn(support::golden_names()),
                         [](const auto& test) { return test.param; });

}  // namespace
