// FakeEngine: stands in for the engine behind EngineDoor. Either streams made-up tokens from its
// own thread, or does nothing by itself and lets the test send events.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "app/engine_door.h"

namespace fake {

/// Of tokens and load steps: more than any test waits for.
inline constexpr int kEndless = 10'000'000;

/// What the fake does, and what it was asked. Shared between the test and the door; thread-safe.
struct Control {
  // Set before the door is made.
  bool automatic = true;
  int nAnswerTokens = 12;
  int prefillChunk = 16;
  int prefillStopsAt = 0;  // goes no further than so many tokens until it is cancelled; 0: it does
  int tokenMicroseconds = 0;
  int chunkMicroseconds = 0;
  int loadSteps = 3;
  int loadStepMicroseconds = 0;
  std::string loadFailure;  // not empty: every load fails with this text
  bool hasTokenizer = true;
  std::vector<engine::BackendDescription> backends = {
      {engine::BackendKind::Cpu, true, "CPU · AVX2 · 2 threads"},
      {engine::BackendKind::Cuda, false, "CUDA is not used: no NVIDIA driver is installed"}};
  std::string backendDescription;
  std::optional<engine::DevicePlan> devicePlan;
  std::vector<engine::Finding> findings;  // of the loaded model's report
  bool realReports = false;               // of checkpoints on the disk
  std::int64_t contextLength = 4096;
  int nLayers = 4;  // the first one dense
  int nExperts = 8;
  int nActivated = 2;
  int nHeads = 3;
  std::string answerText = "The sea is déjà vu 🌊 and deep. ";  // repeated, cut into 3-byte tokens
  std::string promptEnd = "<assistant>";
  engine::FinishReason finish = engine::FinishReason::EndOfTurn;
  bool answerInspections = true;
  bool refuseGenerate = false;

  std::mutex mutex;
  engine::EventSink* sink = nullptr;
  std::vector<std::string> loads;
  std::vector<engine::GenerationRequest> requests;
  std::vector<engine::InspectRequest> inspections;
  std::atomic<int> nCancels{0};

  /// As if the engine had sent it.
  void send(engine::Event event);
  std::size_t nInspections();
  std::size_t nRequests();
  engine::GenerationRequest request(std::size_t i);
};

/// The fake vocabulary's id of a token.
std::int32_t tokenOf(const std::string& bytes);
std::shared_ptr<const engine::ModelInfo> modelInfo(const Control& control, const std::string& path);
engine::TokenRouting routing(const Control& control, std::int64_t position);
std::shared_ptr<const std::vector<engine::RouterDecision>> decisions(const Control& control,
                                                                     std::int64_t position);
/// The fake's tokenisation: a template token per role, contents in pieces of three bytes.
std::vector<engine::PromptToken> prompt(const Control& control,
                                        const std::vector<engine::ChatMessage>& messages);
app::EngineFactory factory(std::shared_ptr<Control> control);

}  // namespace fake
