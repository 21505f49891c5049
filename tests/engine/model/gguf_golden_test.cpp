// The GGUF twins of the families' checkpoints (fixtures of make_gguf_twins.py, written by another
// program) compute what the Hugging Face folders compute, bit for bit.
#include <gtest/gtest.h>

#include "tests/engine/runtime/golden_checkpoint.h"

namespace {

using engine::BackendKind;

constexpr std::size_t kTokens = 40;  // more than any window, group of slots or index_topk here
constexpr std::size_t kQwen2Window = 11;

std::string gguf_folder() { return BATHYSCOPE_SOURCE_DIR "/tests/golden/gguf"; }

std::vector<float> logits_of(const std::string& path, BackendKind kind,
                             std::span<const engine::TokenId> tokens) {
  engine::LoadOptions options;
  options.backend = {kind, 2, ""};
  options.context_length = 64;
  const auto model = engine::load_model(path, options, nullptr, {});
  EXPECT_TRUE(model.has_value()) << model.error().message;
  if (!model) return {};
  engine::Session& session = *(*model)->session;
  EXPECT_TRUE(session.extend(tokens, nullptr, {}).has_value());
  const auto n = static_cast<std::int64_t>(tokens.size());
  std::vector<float> logits(tokens.size() * static_cast<std::size_t>(session.config().vocab_size));
  session.logits(0, n, logits);
  return logits;
}

class GgufTwin : public ::testing::TestWithParam<std::string> {};

TEST_P(GgufTwin, ComputesTheSameBits) {
  const std::string name = GetParam().substr(0, GetParam().find('.'));
  const support::GoldenCheckpoint folder(name, support::family_folder());
  std::vector<engine::TokenId> tokens = folder.tokens();
  // A GGUF file cannot say that only some layers have a window; within it all are alike.
  const std::size_t n = name == "qwen2_window" ? kQwen2Window : kTokens;
  tokens.resize(std::min(tokens.size(), n));
  for (const BackendKind kind : {BackendKind::Reference, BackendKind::Cpu}) {
    const std::vector<float> expected = logits_of(folder.path(), kind, tokens);
    const std::vector<float> actual = logits_of(gguf_folder() + "/" + GetParam(), kind, tokens);
    ASSERT_FALSE(expected.empty());
    // The CPU multiplies the two forms of W_UK in different orders.
    const float allowed = kind == BackendKind::Reference ? 0.0F : 1e-5F;
    EXPECT_LE(support::relative_difference(actual, expected), allowed);
  }
}

INSTANTIATE_TEST_SUITE_P(Files, GgufTwin, ::testing::ValuesIn(support::golden_names(gguf_folder())),
                         [](const auto& test) {
                           return test.param.substr(0, test.param.find('.'));
                         });

}  // namespace
