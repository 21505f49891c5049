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

constexpr std::int64_t kContext = 320;
constexpr std::size_t kOneByOne = 20;

/// "v3/groups" or "families/v32".
class CudaGolden : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    auto loaded = golden.load({BackendKind::Cuda, 0, ""}, kContext);
    if (!loaded && loaded.error().code == engine::ErrorCode::Unsupported) {
      GTEST_SKIP() << loaded.error().message;
    }
    ASSERT_TRUE(loaded) << loaded.error().message;
    model = std::move(*loaded);
  }
  static std::string folder() {
    return GetParam().starts_with("families/") ? support::family_folder()
                                               : support::golden_folder();
  }
  std::size_t vocab_size() const {
    return static_cast<std::size_t>(model->session->config().vocab_size);
  }
  /// Logits of all tokens, read in chunks.
  std::vector<float> logits(std::span<const engine::TokenId> tokens, std::size_t chunk) {
    auto session =
        engine::Session::create(*model->transformer, *model->backend, {kContext, kContext});
    EXPECT_TRUE(session) << session.error().message;
    std::vector<float> all(tokens.size() * vocab_size());
    for (std::size_t done = 0; done < tokens.size(); done += chunk) {
      const std::size_t n = std::min(chunk, tokens.size() - done);
      EXPECT_TRUE(session->extend(tokens.subspan(done, n), nullptr, {}));
      session->logits(0, static_cast<std::int64_t>(n),
                      std::span(all).subspan(done * vocab_size(), n * vocab_size()));
    }
    EXPECT_TRUE(session->health()) << session->health().error().message;
    return all;
  }
  const GoldenCheckpoint golden{GetParam().substr(GetParam().find('/') + 1), folder()};
  std::unique_ptr<engine::LoadedModel> model;
};

TEST_P(CudaGolden, LogitsEqualTheOracle) {
  const auto tokens = golden.tokens();
  std::vector<float> all = logits(tokens, tokens.size());
  const std::vector<float> expected = golden.floats("logits");  // of the last rows
  all.erase(all.begin(), all.end() - static_cast<std::ptrdiff_t>(expected.size()));
  EXPECT_LT(support::relative_difference(all, expected), kLogits);
}

TEST_P(CudaGolden, SameBitsOneByOne) {
  auto tokens = golden.tokens();
  tokens.resize(std::min(tokens.size(), kOneByOne));
  const std::vector<float> whole = logits(tokens, tokens.size());
  EXPECT_EQ(logits(tokens, 1), whole);
  EXPECT_EQ(logits(tokens, 9), whole);
}

TEST_P(CudaGolden, RoutingEqualsTransformers) {
  engine::Session& session = *model->session;
  if (!golden.expected().has("routing.topk_ids")) GTEST_SKIP() << "no experts";
  const auto n = static_cast<std::int64_t>(golden.tokens().size());
  engine::RoutingRecorder recorder(session.config(), 0, n, {true, {}});
  ASSERT_TRUE(session.extend(golden.tokens(), &recorder, {}));
  std::vector<std::int32_t> ids;
  for (const engine::TokenRouting& routing : recorder.routing) {
    ids.insert(ids.end(), routing.expert_ids.begin(), routing.expert_ids.end());
  }
  EXPECT_EQ(ids, golden.integers("routing.topk_ids"));
}

std::vector<std::string> all_names() {
  std::vector<std::string> names;
  for (const std::string& name : support::golden_names()) names.push_back("v3/" + name);
  for (const std::string& name : support::golden_names(support::family_folder())) {
    names.push_back("families/" + name);
  }
  return names;
}

INSTANTIATE_TEST_SUITE_P(Variants, CudaGolden, ::testing::ValuesIn(all_names()),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '/', '_');
                           return name;
                         });

}  // namespace
