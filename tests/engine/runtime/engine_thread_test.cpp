// The engine thread: commands, cancelling at every stage, inspection while it speaks, and that
// nothing is left behind by many starts and stops.
#include "engine/runtime/engine_thread.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/engine/runtime/chat_checkpoint.h"
#include "tests/engine/runtime/event_recorder.h"
#include "tests/support/temp_folder.h"

namespace {

using engine::EngineThread;
using engine::FinishReason;
using engine::GenerationFinished;
using engine::GenerationRequest;
using engine::Inspection;
using engine::InspectionFailed;
using engine::LoadFailed;
using engine::ModelLoaded;
using engine::Role;
using engine::TokenGenerated;
using engine::TokenRouted;
using support::EventRecorder;
using support::HeldAt;

class EngineThreadTest : public ::testing::Test {
 protected:
  void SetUp() override { support::write_chat_checkpoint(folder_.path()); }

  static engine::LoadOptions options(std::int64_t context) {
    engine::LoadOptions options;
    options.backend.n_threads = 2;
    options.context_length = context;
    return options;
  }
  static GenerationRequest request(std::uint64_t id, std::size_t prompt_bytes, int max_tokens) {
    GenerationRequest request;
    request.id = engine::GenerationId(id);
    request.messages = {{Role::User, std::string(prompt_bytes, 'z')}};
    request.sampling.temperature = 0;  // greedy: it repeats itself and draws no end of turn
    request.sampling.max_tokens = max_tokens;
    return request;
  }
  support::TempFolder folder_;
};

TEST_F(EngineThreadTest, LoadsAnswersAndUnloads) {
  EventRecorder events;
  EngineThread engine(events);
  EXPECT_FALSE(engine.count_tokens("abc"));
  ASSERT_TRUE(engine.load(folder_.path(), options(500)));
  ASSERT_TRUE(engine.generate(request(1, 10, 5)));
  ASSERT_TRUE(events.wait_for<GenerationFinished>());
  const auto loaded = events.all<ModelLoaded>();
  ASSERT_EQ(loaded.size(), 1U);
  EXPECT_EQ(loaded[0].info->context_length, 500);
  EXPECT_EQ(loaded[0].info->moe_layers, (std::vector<std::int32_t>{1, 2}));
  EXPECT_EQ(loaded[0].info->router_bias.size(), 16U);
  EXPECT_TRUE(loaded[0].info->has_tokenizer);
  EXPECT_EQ(*engine.count_tokens("abc"), 3);
  EXPECT_TRUE(*engine.contains_control_text("a<eos>"));
  EXPECT_NE(engine.preview_prompt({{Role::User, "hey"}})->text.find("hey"), std::string::npos);
  ASSERT_TRUE(engine.unload());
  ASSERT_TRUE(events.wait_for<engine::ModelUnloaded>());
  EXPECT_FALSE(engine.count_tokens("abc"));
  ASSERT_TRUE(engine.generate(request(2, 10, 5)));
  ASSERT_TRUE(events.wait_for<GenerationFinished>(2));
  EXPECT_EQ(events.all<GenerationFinished>()[1].reason, FinishReason::Failed);
}

TEST_F(EngineThreadTest, FailedLoadKeepsThePreviousModel) {
  EventRecorder events;
  EngineThread engine(events);
  ASSERT_TRUE(engine.load(folder_.path(), options(300)));
  ASSERT_TRUE(events.wait_for<ModelLoaded>());
  ASSERT_TRUE(engine.load(folder_.path() + "/nowhere", options(300)));
  ASSERT_TRUE(events.wait_for<LoadFailed>());
  ASSERT_TRUE(engine.generate(request(1, 4, 3)));
  ASSERT_TRUE(events.wait_for<GenerationFinished>());
  EXPECT_NE(events.all<GenerationFinished>()[0].reason, FinishReason::Failed);
}

TEST_F(EngineThreadTest, CancelReachesRunningAndWaitingAnswers) {
  HeldAt<TokenGenerated> held;
  EventRecorder events(held.watcher());
  EngineThread engine(events);
  ASSERT_TRUE(engine.load(folder_.path(), options(500)));
  ASSERT_TRUE(engine.generate(request(1, 5, 400)));
  ASSERT_TRUE(engine.generate(request(2, 5, 400)));
  ASSERT_TRUE(held.reached());
  engine.cancel_generation();
  held.release();
  ASSERT_TRUE(events.wait_for<GenerationFinished>(2));
  for (const auto& finished : events.all<GenerationFinished>()) {
    EXPECT_EQ(finished.reason, FinishReason::Cancelled);
  }
  ASSERT_TRUE(engine.generate(request(3, 5, 2)));
  ASSERT_TRUE(events.wait_for<GenerationFinished>(3));
  EXPECT_NE(events.all<GenerationFinished>()[2].reason, FinishReason::Cancelled);
}

TEST_F(EngineThreadTest, StopInALongPromptDoesNotGoThroughTheRest) {
  HeldAt<engine::PrefillProgress> held;
  EventRecorder events(held.watcher());
  EngineThread engine(events);
  ASSERT_TRUE(engine.load(folder_.path(), options(2000)));
  ASSERT_TRUE(engine.generate(request(1, 1900, 5)));
  ASSERT_TRUE(held.reached());
  engine.cancel_generation();
  held.release();
  ASSERT_TRUE(events.wait_for<GenerationFinished>());
  EXPECT_EQ(events.all<GenerationFinished>()[0].reason, FinishReason::Cancelled);
  const auto progress = events.all<engine::PrefillProgress>();
  ASSERT_EQ(progress.size(), 1U);
  EXPECT_LT(progress[0].n_done, progress[0].n_total);
}

TEST_F(EngineThreadTest, NewerLoadReplacesAnOlder) {
  EventRecorder events;
  EngineThread engine(events);
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(engine.load(folder_.path(), options(100 + i)));
  }
  ASSERT_TRUE(events.wait_for<ModelLoaded>());
  auto loaded = events.all<ModelLoaded>();
  while (loaded.back().info->context_length != 104) {
    ASSERT_TRUE(events.wait_for<ModelLoaded>(loaded.size() + 1));
    loaded = events.all<ModelLoaded>();
  }
  for (const auto& failed : events.all<LoadFailed>()) {
    EXPECT_EQ(failed.error.code, engine::ErrorCode::Cancelled);
  }
  EXPECT_EQ(loaded.size() + events.all<LoadFailed>().size(), 5U);
}

TEST_F(EngineThreadTest, InspectsWhileItSpeaks) {
  EventRecorder events;
  EngineThread engine(events);
  ASSERT_TRUE(engine.load(folder_.path(), options(1500)));
  ASSERT_TRUE(engine.generate(request(1, 5, 1200)));
  ASSERT_TRUE(events.wait_for<TokenRouted>(4));
  engine.inspect({11, engine::Position(3), engine::LayerIndex(2), true});
  ASSERT_TRUE(events.wait_for<Inspection>());
  const auto inspection = events.all<Inspection>()[0];
  EXPECT_EQ(inspection.key, 11U);
  EXPECT_EQ(inspection.attention->n_positions, 4);
  EXPECT_EQ(inspection.attention->weights.size(), 16U);
  EXPECT_EQ(inspection.decisions->size(), 2U);
  EXPECT_FALSE(inspection.next_token->sampler_known);
  EXPECT_TRUE(inspection.next_token->chosen);
  engine.inspect({12, engine::Position(5000), {}, true});
  ASSERT_TRUE(events.wait_for<InspectionFailed>());
  EXPECT_EQ(events.all<InspectionFailed>()[0].key, 12U);
  engine.cancel_generation();
  ASSERT_TRUE(events.wait_for<GenerationFinished>());
}

// What TokenRouted said of a token when it was generated is what a replay says later.
TEST_F(EngineThreadTest, InspectionRepeatsTheLiveDecision) {
  EventRecorder events;
  EngineThread engine(events);
  ASSERT_TRUE(engine.load(folder_.path(), options(300)));
  ASSERT_TRUE(engine.generate(request(1, 5, 10)));
  ASSERT_TRUE(events.wait_for<GenerationFinished>());
  const auto live = events.all<TokenRouted>()[1];
  engine.inspect({1, live.routing.position, {}, false});
  ASSERT_TRUE(events.wait_for<Inspection>());
  const auto replayed = events.all<Inspection>()[0];
  for (std::size_t m = 0; m < live.decisions->size(); ++m) {
    EXPECT_EQ((*replayed.decisions)[m].scores, (*live.decisions)[m].scores);
    EXPECT_EQ((*replayed.decisions)[m].expert_ids, (*live.decisions)[m].expert_ids);
    EXPECT_EQ((*replayed.decisions)[m].weights, (*live.decisions)[m].weights);
  }
}

TEST_F(EngineThreadTest, FullQueueIsAnError) {
  HeldAt<TokenGenerated> held;
  EventRecorder events(held.watcher());
  EngineThread engine(events);
  ASSERT_TRUE(engine.load(folder_.path(), options(500)));
  ASSERT_TRUE(engine.generate(request(0, 5, 400)));
  ASSERT_TRUE(held.reached());
  int n_refused = 0;
  for (std::uint64_t i = 1; i <= 70; ++i) {
    const auto posted = engine.generate(request(i, 5, 1));
    if (posted) continue;
    EXPECT_EQ(posted.error().code, engine::ErrorCode::LimitExceeded);
    ++n_refused;
  }
  EXPECT_EQ(n_refused, 6);
  engine.cancel_generation();
  held.release();
  ASSERT_TRUE(events.wait_for<GenerationFinished>(65));
}

std::size_t count_entries(const char* folder) {
  const std::filesystem::directory_iterator entries(folder);
  return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

// A thread that was joined may still be on its way out of the process.
bool threads_become_at_most(std::size_t n) {
  for (int i = 0; i < 6000 && count_entries("/proc/self/task") > n; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return count_entries("/proc/self/task") <= n;
}

std::ptrdiff_t count_mappings() {
  std::ifstream maps("/proc/self/maps");
  return std::count(std::istreambuf_iterator<char>(maps), {}, '\n');
}

// On the heap. A sanitizer's keeps freed memory back and tells nothing.
std::size_t bytes_in_use() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return 0;
#else
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
#endif
}

// E6: 200 starts, loads, answers stopped somewhere, and shutdowns.
TEST_F(EngineThreadTest, ManyStartsAndStopsLeaveNothingBehind) {
  const auto cycle = [&](int i) {
    EventRecorder events;
    EngineThread engine(events);
    ASSERT_TRUE(engine.load(folder_.path(), options(400)));
    ASSERT_TRUE(engine.generate(request(1, 50, 300)));
    engine.inspect({1, engine::Position(0), engine::LayerIndex(0), true});
    if (i % 4 == 0) return;
    ASSERT_TRUE(events.wait_for<ModelLoaded>());
    if (i % 4 == 1) return;
    ASSERT_TRUE(events.wait_for<TokenGenerated>());
    if (i % 4 == 2) engine.cancel_generation();
  };
  const std::size_t n_threads = count_entries("/proc/self/task");
  for (int i = 0; i < 20; ++i) cycle(i);
  const std::size_t n_files = count_entries("/proc/self/fd");
  const std::ptrdiff_t n_mappings = count_mappings();
  const std::size_t n_bytes = bytes_in_use();
  for (int i = 0; i < 200; ++i) cycle(i);
  EXPECT_TRUE(threads_become_at_most(n_threads + 1));  // one may be a sanitizer's
  EXPECT_EQ(count_entries("/proc/self/fd"), n_files);
  // Less than one each: malloc keeps some of its own.
  EXPECT_LT(count_mappings(), n_mappings + 100);
  EXPECT_LT(bytes_in_use(), n_bytes + (1U << 20U));
}

}  // namespace
