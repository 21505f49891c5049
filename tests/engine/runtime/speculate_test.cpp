// Speculative decoding with the demo checkpoint's MTP module: the same tokens, distributions and
// routing as without it, whatever was kept, rejected or cut off before; and when it is chosen.
#include "engine/runtime/speculate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "engine/runtime/generate.h"
#include "tests/engine/runtime/chat_checkpoint.h"
#include "tests/engine/runtime/event_recorder.h"
#include "tests/support/temp_folder.h"

namespace {

using engine::GenerationFinished;
using engine::GenerationRequest;
using engine::Speculation;
using engine::TokenGenerated;
using engine::TokenRouted;
using support::EventRecorder;

std::unique_ptr<engine::LoadedModel> load(const std::string& folder,
                                          Speculation speculation = Speculation::Auto,
                                          std::int64_t context = 400) {
  engine::LoadOptions options;
  options.context_length = context;
  options.prefill_chunk = 24;
  options.speculation = speculation;
  auto model = engine::load_model(folder, options, nullptr, {});
  EXPECT_TRUE(model) << model.error().message;
  return std::move(*model);
}

std::unique_ptr<engine::LoadedModel> load_demo(Speculation speculation = Speculation::Auto,
                                               std::int64_t context = 400) {
  return load(BATHYSCOPE_SOURCE_DIR "/resources/demo-model", speculation, context);
}

GenerationRequest request(const std::string& prompt, Speculation speculation, float temperature) {
  GenerationRequest request;
  request.id = engine::GenerationId(7);
  request.raw_prompt = prompt;  // to be continued: long answers
  request.sampling.seed = 11;
  request.sampling.temperature = temperature;
  request.sampling.repetition_penalty = 1.1F;
  request.sampling.max_tokens = 70;
  request.speculation = speculation;
  return request;
}

struct Answer {
  std::vector<TokenGenerated> tokens;
  std::vector<TokenRouted> routed;
  GenerationFinished finished;
};

Answer answer(const GenerationRequest& request, engine::LoadedModel& model,
              const EventRecorder::Watcher& watcher = {}) {
  EventRecorder events(watcher);
  engine::generate(request, model, events, {}, {});
  return {events.all<TokenGenerated>(), events.all<TokenRouted>(),
          events.all<GenerationFinished>()[0]};
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

void expect_same(const Answer& drafted, const Answer& plain) {
  ASSERT_EQ(drafted.tokens.size(), plain.tokens.size());
  for (std::size_t i = 0; i < plain.tokens.size(); ++i) {
    ASSERT_EQ(drafted.tokens[i].token, plain.tokens[i].token) << i;
    EXPECT_EQ(drafted.tokens[i].position, plain.tokens[i].position);
    EXPECT_EQ(drafted.tokens[i].text, plain.tokens[i].text);
    EXPECT_EQ(drafted.tokens[i].next_token.top[0].logit, plain.tokens[i].next_token.top[0].logit);
    EXPECT_EQ(drafted.tokens[i].next_token.entropy, plain.tokens[i].next_token.entropy);
  }
  ASSERT_EQ(drafted.routed.size(), plain.routed.size());
  for (std::size_t i = 0; i < plain.routed.size(); ++i) {
    const auto& a = drafted.routed[i];
    const auto& b = plain.routed[i];
    EXPECT_EQ(a.routing.position, b.routing.position);
    EXPECT_EQ(a.routing.expert_ids, b.routing.expert_ids) << i;
    EXPECT_TRUE(same_bits(a.routing.weights, b.routing.weights)) << i;
    ASSERT_EQ(a.decisions->size(), b.decisions->size());
    for (std::size_t m = 0; m < b.decisions->size(); ++m) {
      EXPECT_TRUE(same_bits((*a.decisions)[m].scores, (*b.decisions)[m].scores)) << i;
      EXPECT_EQ((*a.decisions)[m].expert_ids, (*b.decisions)[m].expert_ids) << i;
    }
  }
  EXPECT_EQ(drafted.finished.reason, plain.finished.reason);
  EXPECT_EQ(drafted.finished.n_context_used, plain.finished.n_context_used);
}

std::int64_t n_marked(const Answer& a) {
  return std::count_if(a.tokens.begin(), a.tokens.end(),
                       [](const TokenGenerated& t) { return t.drafted; });
}

TEST(Speculate, GivesTheSameAnswerBitForBit) {
  const auto plain_model = load_demo(Speculation::Off);
  const auto model = load_demo();
  EXPECT_FALSE(plain_model->info->has_mtp);
  ASSERT_TRUE(model->info->has_mtp) << model->info->mtp_problem;
  EXPECT_GT(model->info->mtp_bytes, 0);
  EXPECT_GT(model->info->cache_bytes, plain_model->info->cache_bytes);
  for (const float temperature : {0.0F, 0.8F, 1.5F}) {
    SCOPED_TRACE(temperature);
    const std::string prompt = "Once upon a time there was a small lighthouse by the sea.";
    const Answer plain = answer(request(prompt, Speculation::Off, temperature), *plain_model);
    const Answer drafted = answer(request(prompt, Speculation::Always, temperature), *model);
    const Answer automatic = answer(request(prompt, Speculation::Auto, temperature), *model);
    expect_same(drafted, plain);
    expect_same(automatic, plain);
    EXPECT_EQ(plain.finished.statistics.n_drafted_tokens, 0);
    EXPECT_EQ(n_marked(drafted), drafted.finished.statistics.n_accepted_tokens);
    EXPECT_GT(drafted.finished.statistics.n_drafted_tokens, 20);
    EXPECT_GT(drafted.finished.statistics.acceptance(), temperature < 1 ? 0.2 : 0.0);
    std::printf("temperature %.1f: %lld of %lld drafts accepted\n",
                static_cast<double>(temperature),
                static_cast<long long>(drafted.finished.statistics.n_accepted_tokens),
                static_cast<long long>(drafted.finished.statistics.n_drafted_tokens));
  }
}

// What is cut off, kept or replaced between answers changes drafts at most.
TEST(Speculate, TheSameAfterOtherTurns) {
  const auto plain_model = load_demo(Speculation::Off);
  const auto model = load_demo();
  const char* prompts[] = {"Once upon a time there was a cat.", "Once upon a time there was a dog.",
                           "What is a mountain?", "Once upon a time there was a cat."};
  for (const char* prompt : prompts) {
    SCOPED_TRACE(prompt);
    expect_same(answer(request(prompt, Speculation::Always, 0.7F), *model),
                answer(request(prompt, Speculation::Off, 0.7F), *plain_model));
  }
}

TEST(Speculate, TheSameUpToAFullContext) {
  for (const std::int64_t context : {40, 41, 42, 43}) {
    SCOPED_TRACE(context);
    const auto plain_model = load_demo(Speculation::Off, context);
    const auto model = load_demo(Speculation::Auto, context);
    const std::string prompt = "Once upon a time there was a cat.";
    expect_same(answer(request(prompt, Speculation::Always, 0.0F), *model),
                answer(request(prompt, Speculation::Off, 0.0F), *plain_model));
  }
}

// Answers that end at every length: after a kept draft, a refused one, none.
TEST(Speculate, TheSameForEveryTokenLimit) {
  const auto plain_model = load_demo(Speculation::Off);
  const auto model = load_demo();
  for (int limit = 1; limit <= 12; ++limit) {
    SCOPED_TRACE(limit);
    GenerationRequest with = request("Tell me about the sea.", Speculation::Always, 0.9F);
    with.sampling.max_tokens = limit;
    GenerationRequest without = with;
    without.speculation = Speculation::Off;
    expect_same(answer(with, *model), answer(without, *plain_model));
  }
}

// A module that knows nothing (random weights) drafts nonsense, and nothing else happens.
TEST(Speculate, BadDraftsAreRefused) {
  const support::TempFolder folder;
  auto options = support::chat_options();
  options.mtp_layer = true;
  support::write_chat_checkpoint(folder.path(), options);
  const auto model = load(folder.path());
  ASSERT_TRUE(model->info->has_mtp) << model->info->mtp_problem;
  const auto plain_model = load(folder.path(), Speculation::Off);
  const Answer drafted = answer(request("hello", Speculation::Always, 1.0F), *model);
  expect_same(drafted, answer(request("hello", Speculation::Off, 1.0F), *plain_model));
  EXPECT_LT(drafted.finished.statistics.acceptance(), 0.5);
}

TEST(SpeculationGauge, KeepsToTheFasterWayAndTriesTheOtherNowAndThen) {
  for (const bool drafting_pays : {true, false}) {
    engine::SpeculationGauge gauge;
    int n_drafted = 0;
    constexpr int kSteps = 2000;
    for (int i = 0; i < kSteps; ++i) {
      const bool drafts = gauge.should_draft();
      n_drafted += drafts ? 1 : 0;
      const double seconds = drafts ? 1.4 : 1.0;
      gauge.record(drafts && (drafting_pays || i % 4 == 0) ? 2 : 1, seconds);
    }
    EXPECT_NEAR(static_cast<double>(n_drafted) / kSteps, drafting_pays ? 0.9 : 0.1, 0.05);
  }
}

TEST(SpeculationGauge, FollowsAChangeOfTheText) {
  engine::SpeculationGauge gauge;
  for (int i = 0; i < 500; ++i) gauge.record(1, gauge.should_draft() ? 1.4 : 1.0);
  int n_drafted = 0;
  for (int i = 0; i < 500; ++i) {
    const bool drafts = gauge.should_draft();
    n_drafted += drafts ? 1 : 0;
    gauge.record(drafts ? 2 : 1, drafts ? 1.4 : 1.0);
  }
  EXPECT_GT(n_drafted, 350);
}

}  // namespace
