// EngineDoor: what the bridge asks of the engine, as an interface, so that tests can stand in for
// it. The real one wraps engine::EngineThread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/checkpoint/report.h"
#include "engine/checkpoint/tensor_inventory.h"
#include "engine/runtime/event_sink.h"
#include "engine/runtime/events.h"
#include "engine/tokenizer/chat_template.h"

namespace app {

/// The same contract as engine::EngineThread: posts return at once; the destructor stops and joins.
/// previewPrompt, previewTokens, countTokens and containsControlText may be called from any thread.
class EngineDoor {
 public:
  virtual ~EngineDoor() = default;
  virtual engine::Result<void> load(std::string path, engine::LoadOptions options) = 0;
  virtual engine::Result<void> unload() = 0;
  virtual engine::Result<void> generate(engine::GenerationRequest request) = 0;
  virtual void inspect(engine::InspectRequest request) = 0;
  virtual void cancelGeneration() = 0;
  virtual void cancelLoad() = 0;
  virtual engine::Result<engine::RenderedPrompt> previewPrompt(
      const std::vector<engine::ChatMessage>& messages) const = 0;
  virtual engine::Result<std::vector<engine::PromptToken>> previewTokens(
      const engine::RenderedPrompt& prompt) const = 0;
  virtual engine::Result<std::int64_t> countTokens(const std::string& text) const = 0;
  virtual engine::Result<bool> containsControlText(const std::string& text) const = 0;
};

/// What the model would be given: the text, and the tokens it becomes.
struct PromptPreview {
  engine::RenderedPrompt prompt;
  std::vector<engine::PromptToken> tokens;
};

/// The tensors of one checkpoint, loaded or not. Used by one thread at a time.
class TensorSource {
 public:
  virtual ~TensorSource() = default;
  virtual const std::vector<engine::TensorRow>& rows() const = 0;
  virtual engine::Result<engine::TensorStatistics> statistics(
      const std::string& name, const std::stop_token& stop) const = 0;
};

/// How to reach an engine: given to Workspace and EngineBridge.
struct EngineFactory {
  std::function<std::unique_ptr<EngineDoor>(engine::EventSink& sink)> makeDoor;
  /// Reads headers only; called on a worker thread.
  std::function<engine::CheckpointReport(const std::string& path, std::int64_t contextLength)>
      inspectCheckpoint;
  using OpenTensors = std::function<engine::Result<std::shared_ptr<const TensorSource>>(
      const std::string& path, const std::stop_token& stop)>;
  /// Called on a worker thread.
  OpenTensors openTensors;
  /// What a model could run on here; may wake drivers up. Called on a worker thread.
  std::function<std::vector<engine::BackendDescription>()> describeBackends;
};

/// The engine of this program.
EngineFactory realEngine();

}  // namespace app
