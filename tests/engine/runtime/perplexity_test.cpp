// Perplexity: every token of the text once, in windows that know nothing of each other, with the
// probabilities that the logits themselves give.
#include "engine/runtime/perplexity.h"

#include <gtest/gtest.h>

#include <numeric>

#include "tests/engine/runtime/golden_checkpoint.h"
#include "tests/support/temp_folder.h"
#include "tests/support/tiny_checkpoint.h"

namespace {

using engine::measure_perplexity;
using engine::PerplexityOptions;
using engine::TokenId;

constexpr std::int64_t kContext = 40;
constexpr TokenId kBos{1};

class PerplexityTest : public ::testing::Test {
 protected:
  void SetUp() override {
    support::write_tiny_checkpoint(folder_.path(), {});
    model_ = load(kContext);
    for (std::int32_t i = 0; i < 100; ++i) tokens_.emplace_back((i * 37 + 11) % 96);
  }
  std::unique_ptr<engine::LoadedModel> load(std::int64_t chunk) {
    engine::LoadOptions options;
    options.context_length = kContext;
    options.prefill_chunk = chunk;
    auto model = engine::load_model(folder_.path(), options, nullptr, {});
    EXPECT_TRUE(model) << model.error().message;
    return std::move(*model);
  }
  engine::Session& session() { return *model_->session; }
  std::span<const TokenId> tokens(std::size_t begin, std::size_t n) const {
    return std::span(tokens_).subspan(begin, n);
  }
  /// −Σ ln p of text[1…], read off the logits of one pass.
  double nats_of(const std::vector<TokenId>& text) {
    const auto vocab_size = static_cast<std::size_t>(session().config().vocab_size);
    session().truncate(0);
    EXPECT_TRUE(session().extend(text, nullptr, {}));
    std::vector<float> logits(text.size() * vocab_size);
    session().logits(0, static_cast<std::int64_t>(text.size()), logits);
    double nats = 0;
    for (std::size_t t = 0; t + 1 < text.size(); ++t) {
      double sum = 0;
      for (std::size_t i = 0; i < vocab_size; ++i) {
        sum += std::exp(static_cast<double>(logits[t * vocab_size + i]));
      }
      const auto next = static_cast<std::size_t>(text[t + 1].value);
      nats += std::log(sum) - static_cast<double>(logits[t * vocab_size + next]);
    }
    return nats;
  }

  support::TempFolder folder_;
  std::unique_ptr<engine::LoadedModel> model_;
  std::vector<TokenId> tokens_;
};

TEST_F(PerplexityTest, WindowsBeginWithBosAndScoreEveryTokenOnce) {
  PerplexityOptions options;
  options.bos = kBos;
  std::vector<std::int64_t> reported;
  options.on_progress = [&](std::int64_t done, std::int64_t total) {
    reported.push_back(done);
    EXPECT_EQ(total, 100);
  };
  const auto measured = measure_perplexity(tokens_, options, session());
  ASSERT_TRUE(measured) << measured.error().message;
  EXPECT_EQ(measured->window, kContext);
  EXPECT_EQ(measured->n_windows, 3);  // 39 + 39 + 22
  EXPECT_EQ(measured->n_scored, 100);
  EXPECT_EQ(reported, (std::vector<std::int64_t>{39, 78, 100}));
  double nats = 0;
  for (std::size_t begin = 0; begin < 100; begin += 39) {
    std::vector<TokenId> text{kBos};
    const auto part = tokens(begin, std::min<std::size_t>(39, 100 - begin));
    text.insert(text.end(), part.begin(), part.end());
    nats += nats_of(text);
  }
  EXPECT_NEAR(measured->nats, nats, 1e-9 * nats);
  EXPECT_NEAR(measured->value(), std::exp(nats / 100), 1e-9 * std::exp(nats / 100));
}

TEST_F(PerplexityTest, WithoutBosTheFirstTokenOfAWindowIsNotScored) {
  PerplexityOptions options;
  options.window = 33;
  const auto measured = measure_perplexity(tokens_, options, session());
  ASSERT_TRUE(measured) << measured.error().message;
  // The hundredth token stands alone in its window: nothing predicts it.
  EXPECT_EQ(measured->n_windows, 3);
  EXPECT_EQ(measured->n_scored, 96);
  double nats = 0;
  for (std::size_t begin = 0; begin < 99; begin += 33) {
    const auto part = tokens(begin, 33);
    nats += nats_of({part.begin(), part.end()});
  }
  EXPECT_NEAR(measured->nats, nats, 1e-9 * nats);
}

TEST_F(PerplexityTest, TheSameBitsWhateverTheChunkAndWhatWasReadBefore) {
  PerplexityOptions options;
  options.bos = kBos;
  const auto whole = measure_perplexity(tokens_, options, session());
  const auto again = measure_perplexity(tokens_, options, session());
  const auto chunked_model = load(7);
  const auto chunked = measure_perplexity(tokens_, options, *chunked_model->session);
  ASSERT_TRUE(whole && again && chunked);
  EXPECT_EQ(whole->nats, again->nats);
  EXPECT_EQ(whole->nats, chunked->nats);
}

// The logits of an independent program give the same.
TEST(PerplexityGolden, AgreesWithTransformersLogits) {
  const support::GoldenCheckpoint golden(support::golden_names().front());
  const std::vector<TokenId> tokens = golden.tokens();
  const std::vector<float> logits = golden.floats("logits");
  const std::size_t vocab_size = logits.size() / tokens.size();
  double nats = 0;
  for (std::size_t t = 0; t + 1 < tokens.size(); ++t) {
    double sum = 0;
    for (std::size_t i = 0; i < vocab_size; ++i) {
      sum += std::exp(static_cast<double>(logits[t * vocab_size + i]));
    }
    const auto next = static_cast<std::size_t>(tokens[t + 1].value);
    nats += std::log(sum) - static_cast<double>(logits[t * vocab_size + next]);
  }
  const auto n = static_cast<std::int64_t>(tokens.size());
  const auto model = golden.load({engine::BackendKind::Cpu, 2, ""}, n);
  ASSERT_TRUE(model) << model.error().message;
  const auto measured = measure_perplexity(tokens, {}, *(*model)->session);
  ASSERT_TRUE(measured) << measured.error().message;
  EXPECT_EQ(measured->n_scored, n - 1);
  EXPECT_NEAR(measured->nats_per_token(), nats / static_cast<double>(n - 1), 1e-4);
}

TEST_F(PerplexityTest, RefusesWhatCannotBeMeasured) {
  PerplexityOptions options;
  options.window = kContext + 1;
  EXPECT_EQ(measure_perplexity(tokens_, options, session()).error().code,
            engine::ErrorCode::InvalidArgument);
  options.window = 1;
  EXPECT_FALSE(measure_perplexity(tokens_, options, session()));
  EXPECT_FALSE(measure_perplexity(tokens(0, 1), {}, session()));
  EXPECT_FALSE(measure_perplexity({}, {.bos = kBos}, session()));
  tokens_[50] = TokenId{96};
  EXPECT_NE(measure_perplexity(tokens_, {}, session()).error().message.find("96"),
            std::string::npos);
  std::stop_source stop;
  stop.request_stop();
  tokens_[50] = TokenId{3};
  EXPECT_EQ(measure_perplexity(tokens_, {.stop = stop.get_token()}, session()).error().code,
            engine::ErrorCode::Cancelled);
}

}  // namespace
