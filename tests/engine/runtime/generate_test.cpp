// One answer: its events and their order, stop conditions, context rules, determinism.
#include "engine/runtime/generate.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>

#include "engine/base/mapping_guard.h"
#include "tests/engine/runtime/chat_checkpoint.h"
#include "tests/engine/runtime/event_recorder.h"
#include "tests/support/temp_folder.h"

namespace {

using engine::FinishReason;
using engine::GenerationFinished;
using engine::GenerationRequest;
using engine::GenerationStarted;
using engine::PrefillProgress;
using engine::Role;
using engine::TokenGenerated;
using engine::TokenRouted;
using support::EventRecorder;

class Generate : public ::testing::Test {
 protected:
  void SetUp() override { support::write_chat_checkpoint(folder_.path()); }

  std::unique_ptr<engine::LoadedModel> load(std::int64_t context = 200, std::int64_t chunk = 16) {
    engine::LoadOptions options;
    options.context_length = context;
    options.prefill_chunk = chunk;
    auto model = engine::load_model(folder_.path(), options, nullptr, {});
    EXPECT_TRUE(model) << model.error().message;
    return std::move(*model);
  }
  static GenerationRequest request(const std::string& prompt, int max_tokens) {
    GenerationRequest request;
    request.id = engine::GenerationId(7);
    request.messages = {{Role::User, prompt}};
    request.sampling.seed = 5;
    request.sampling.max_tokens = max_tokens;
    return request;
  }
  static std::vector<std::int32_t> ids(const EventRecorder& events) {
    std::vector<std::int32_t> ids;
    for (const auto& token : events.all<TokenGenerated>()) ids.push_back(token.token.value);
    return ids;
  }
  support::TempFolder folder_;
};

TEST_F(Generate, EventsComeInOrderAndComplete) {
  const auto model = load();
  EventRecorder events;
  engine::generate(request(std::string(40, 'x'), 8), *model, events, {}, {});
  const auto started = events.all<GenerationStarted>();
  ASSERT_EQ(started.size(), 1U);
  const auto n_prompt = static_cast<std::int64_t>(started[0].prompt->size());
  EXPECT_EQ(n_prompt, 43);
  EXPECT_EQ(started[0].seed, 5U);

  std::int64_t n_routed = 0;
  for (const auto& progress : events.all<PrefillProgress>()) {
    for (const auto& routing : *progress.routing) EXPECT_EQ(routing.position.value, n_routed++);
    EXPECT_EQ(progress.n_done, n_routed);
    EXPECT_EQ(progress.n_total, n_prompt);
  }
  EXPECT_EQ(n_routed, n_prompt);

  const auto tokens = events.all<TokenGenerated>();
  const auto routed = events.all<TokenRouted>();
  ASSERT_EQ(routed.size(), tokens.size() + 1);  // the prompt's last token first
  EXPECT_EQ(routed[0].routing.position.value, n_prompt - 1);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    EXPECT_EQ(tokens[i].position.value, n_prompt + static_cast<std::int64_t>(i));
    EXPECT_EQ(routed[i + 1].routing.position, tokens[i].position);
    EXPECT_EQ(routed[i + 1].decisions->size(), 2U);
    EXPECT_EQ((*routed[i + 1].decisions)[0].scores.size(), 8U);
    EXPECT_EQ(routed[i + 1].routing.expert_ids.size(), 6U);
    EXPECT_EQ(tokens[i].next_token.top.size(), 20U);
    EXPECT_TRUE(tokens[i].next_token.chosen.has_value());
  }
  const auto finished = events.all<GenerationFinished>();
  ASSERT_EQ(finished.size(), 1U);
  EXPECT_EQ(finished[0].id.value, 7U);
  EXPECT_EQ(finished[0].statistics.n_prompt_tokens, n_prompt);
  EXPECT_EQ(finished[0].statistics.n_generated_tokens, static_cast<std::int64_t>(tokens.size()));
  EXPECT_EQ(finished[0].n_context_used, n_prompt + static_cast<std::int64_t>(tokens.size()));
  EXPECT_GT(finished[0].statistics.decode_tokens_per_second(), 0);
}

TEST_F(Generate, SameSeedSameAnswerWhateverWasBefore) {
  const auto model = load();
  EventRecorder first;
  EventRecorder again;
  EventRecorder other;
  engine::generate(request("hello", 20), *model, first, {}, {});
  engine::generate(request("something else entirely", 3), *model, other, {}, {});
  engine::generate(request("hello", 20), *model, again, {}, {});
  EXPECT_EQ(ids(first), ids(again));
  EXPECT_GT(again.all<GenerationStarted>()[0].n_reused, 0);  // <bos><user>
}

TEST_F(Generate, TheNextTurnReusesThePrefix) {
  const auto model = load();
  EventRecorder first;
  auto turn = request("hi", 0);
  turn.raw_prompt = "abcdefgh";
  turn.sampling.max_tokens = 4;
  engine::generate(turn, *model, first, {}, {});
  turn.raw_prompt = "abcdefghijk";
  EventRecorder second;
  engine::generate(turn, *model, second, {}, {});
  EXPECT_EQ(second.all<GenerationStarted>()[0].n_reused, 9);
  const auto progress = second.all<PrefillProgress>();
  ASSERT_FALSE(progress.empty());
  EXPECT_EQ(progress[0].routing->front().position.value, 9);
}

TEST_F(Generate, EndsAtTheEndToken) {
  support::write_file(
      folder_.path() + "/generation_config.json", "{\"eos_token_id\": " + [] {
        std::string all = "[0";
        for (int i = 1; i < 288; ++i) all += "," + std::to_string(i);
        return all + "]}";
      }());
  const auto model = load();
  EventRecorder events;
  engine::generate(request("hi", 9), *model, events, {}, {});
  const auto tokens = events.all<TokenGenerated>();
  ASSERT_EQ(tokens.size(), 1U);
  EXPECT_TRUE(tokens[0].ends_turn);
  EXPECT_EQ(tokens[0].text, "");
  EXPECT_EQ(events.all<GenerationFinished>()[0].reason, FinishReason::EndOfTurn);
}

// T18: the checkpoint has 288 rows, the tokenizer 261 tokens.
TEST_F(Generate, NeverShowsIdsBeyondTheTokenizer) {
  const auto model = load(2000);
  EventRecorder events;
  auto r = request("hi", 300);
  r.sampling.temperature = 5;
  engine::generate(r, *model, events, {}, {});
  for (const std::int32_t id : ids(events)) EXPECT_LT(id, support::kTokenizerSize);
}

TEST_F(Generate, PromptLongerThanTheContextIsRefusedWithCounts) {
  const auto model = load(20);
  EventRecorder events;
  engine::generate(request(std::string(30, 'x'), 5), *model, events, {}, {});
  ASSERT_EQ(events.events().size(), 1U);
  const auto finished = events.all<GenerationFinished>();
  EXPECT_EQ(finished[0].reason, FinishReason::ContextFull);
  ASSERT_TRUE(finished[0].error);
  EXPECT_NE(finished[0].error->message.find("34 tokens needed"), std::string::npos);
  EXPECT_NE(finished[0].error->message.find("20 available"), std::string::npos);
  EXPECT_EQ(model->session->length(), 0);
}

TEST_F(Generate, FullContextEndsTheAnswerAndSaysSo) {
  const auto model = load(20);
  EventRecorder events;
  auto r = request("0123456789", 0);
  r.sampling.temperature = 0;
  engine::generate(r, *model, events, {}, {});
  const auto finished = events.all<GenerationFinished>();
  if (finished[0].reason == FinishReason::EndOfTurn) GTEST_SKIP() << "the noise said <eos>";
  EXPECT_EQ(finished[0].reason, FinishReason::ContextFull);
  EXPECT_TRUE(finished[0].error);
  EXPECT_EQ(finished[0].n_context_used, 20);
  EXPECT_EQ(ids(events).size(), 7U);
}

TEST_F(Generate, StopInTheMiddleOfThePrompt) {
  const auto model = load(2000, 8);
  std::stop_source stop;
  EventRecorder events([&](const engine::Event& event) {
    if (std::holds_alternative<PrefillProgress>(event)) stop.request_stop();
  });
  engine::generate(request(std::string(500, 'y'), 5), *model, events, {}, stop.get_token());
  EXPECT_EQ(events.all<PrefillProgress>().size(), 1U);
  EXPECT_EQ(events.all<GenerationFinished>()[0].reason, FinishReason::Cancelled);
  EXPECT_EQ(model->session->length(), 8);

  EventRecorder after;
  EventRecorder fresh;
  engine::generate(request(std::string(500, 'y'), 5), *model, after, {}, {});
  engine::generate(request(std::string(500, 'y'), 5), *load(2000, 64), fresh, {}, {});
  EXPECT_EQ(ids(after), ids(fresh));
}

TEST_F(Generate, InspectingBetweenStepsChangesNothing) {
  const auto model = load();
  EventRecorder plain;
  engine::generate(request("hello", 12), *model, plain, {}, {});
  model->session->truncate(0);
  EventRecorder watched;
  int n_inspected = 0;
  engine::generate(request("hello", 12), *model, watched,
                   [&](std::stop_token) {
                     const auto position = engine::Position(model->session->length() / 2);
                     EXPECT_TRUE(model->session->replay(position, engine::LayerIndex(0), true, {}));
                     ++n_inspected;
                   },
                   {});
  EXPECT_EQ(ids(plain), ids(watched));
  EXPECT_GT(n_inspected, 12);
}

TEST_F(Generate, WrongSamplingOptionsAreNamed) {
  const auto model = load();
  EventRecorder events;
  auto r = request("hi", 3);
  r.sampling.top_p = 2;
  engine::generate(r, *model, events, {}, {});
  const auto finished = events.all<GenerationFinished>();
  EXPECT_EQ(finished[0].reason, FinishReason::Failed);
  EXPECT_NE(finished[0].error->message.find("top_p"), std::string::npos);
}

TEST_F(Generate, CheckpointWithoutTokenizerSaysWhy) {
  std::filesystem::remove(folder_.path() + "/tokenizer.json");
  const auto model = load();
  EXPECT_FALSE(model->info->has_tokenizer);
  EventRecorder events;
  engine::generate(request("hi", 3), *model, events, {}, {});
  const auto finished = events.all<GenerationFinished>();
  EXPECT_EQ(finished[0].reason, FinishReason::Failed);
  EXPECT_NE(finished[0].error->message.find("tokenizer.json"), std::string::npos);
}

// E11: not a random token, not an abort: the layer where it began is named.
TEST_F(Generate, NonFiniteValuesEndTheAnswerAndNameTheLayer) {
  auto tensors = support::tiny_tensors(support::chat_options());
  for (auto& tensor : tensors) {
    if (tensor.name != "model.layers.1.post_attention_layernorm.weight") continue;
    const float nan = std::numeric_limits<float>::quiet_NaN();
    std::memcpy(tensor.bytes.data(), &nan, sizeof(nan));
  }
  support::write_tensor_files(folder_.path(), tensors, 1);
  const auto model = load();
  EventRecorder events;
  engine::generate(request("hi", 3), *model, events, {}, {});
  const auto finished = events.all<GenerationFinished>();
  EXPECT_EQ(finished[0].reason, FinishReason::Failed);
  ASSERT_TRUE(finished[0].error);
  EXPECT_NE(finished[0].error->message.find("first after layer 1"), std::string::npos)
      << finished[0].error->message;
}

// E7: the answer ends before a token that the lost bytes could have touched; so does the next one.
TEST_F(Generate, AFileThatLosesItsBytesEndsTheAnswerAndIsNamed) {
  engine::install_mapping_guard();
  const auto model = load();
  const std::string file = folder_.file("model.safetensors");
  const auto bytes = std::filesystem::file_size(file);
  int n_tokens = 0;
  EventRecorder events([&](const engine::Event& event) {
    if (!std::holds_alternative<TokenGenerated>(event) || ++n_tokens != 3) return;
    std::filesystem::resize_file(file, bytes / 2);
  });
  engine::generate(request("hi", 50), *model, events, {}, {});
  const auto finished = events.all<GenerationFinished>();
  EXPECT_EQ(finished[0].reason, FinishReason::Failed);
  ASSERT_TRUE(finished[0].error);
  EXPECT_NE(finished[0].error->message.find(file), std::string::npos) << finished[0].error->message;
  EXPECT_EQ(events.all<TokenGenerated>().size(), 3U);

  EventRecorder again;
  engine::generate(request("hi", 50), *model, again, {}, {});
  EXPECT_EQ(again.all<GenerationFinished>()[0].reason, FinishReason::Failed);
  EXPECT_TRUE(again.all<TokenGenerated>().empty());
}

// E8: the same when somebody writes into the file.
TEST_F(Generate, AFileWrittenToInPlaceEndsTheAnswer) {
  const auto model = load();
  const std::string file = folder_.file("model.safetensors");
  int n_tokens = 0;
  EventRecorder events([&](const engine::Event& event) {
    if (!std::holds_alternative<TokenGenerated>(event) || ++n_tokens != 2) return;
    // Dated explicitly: the clock of a file system may tick slowly.
    std::filesystem::last_write_time(
        file, std::filesystem::file_time_type::clock::now() + std::chrono::hours(1));
  });
  engine::generate(request("hi", 50), *model, events, {}, {});
  const auto finished = events.all<GenerationFinished>();
  EXPECT_EQ(finished[0].reason, FinishReason::Failed);
  ASSERT_TRUE(finished[0].error);
  EXPECT_NE(finished[0].error->message.find("written to while in use"), std::string::npos);
  EXPECT_EQ(events.all<TokenGenerated>().size(), 2U);
}

}  // namespace
