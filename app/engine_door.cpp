// The engine of this program behind EngineDoor's interface: one call each, nothing added.
#include "app/engine_door.h"

#include "engine/runtime/engine_thread.h"
#include "engine/runtime/inspect_model.h"

namespace app {

namespace {

class ThreadDoor : public EngineDoor {
 public:
  explicit ThreadDoor(engine::EventSink& sink) : thread_(sink) {}
  engine::Result<void> load(std::string path, engine::LoadOptions options) override {
    return thread_.load(std::move(path), std::move(options));
  }
  engine::Result<void> unload() override { return thread_.unload(); }
  engine::Result<void> generate(engine::GenerationRequest request) override {
    return thread_.generate(std::move(request));
  }
  void inspect(engine::InspectRequest request) override { thread_.inspect(request); }
  void cancelGeneration() override { thread_.cancel_generation(); }
  void cancelLoad() override { thread_.cancel_load(); }
  engine::Result<engine::RenderedPrompt> previewPrompt(
      const std::vector<engine::ChatMessage>& messages) const override {
    return thread_.preview_prompt(messages);
  }
  engine::Result<std::vector<engine::PromptToken>> previewTokens(
      const engine::RenderedPrompt& prompt) const override {
    return thread_.preview_tokens(prompt);
  }
  engine::Result<std::int64_t> countTokens(const std::string& text) const override {
    return thread_.count_tokens(text);
  }
  engine::Result<bool> containsControlText(const std::string& text) const override {
    return thread_.contains_control_text(text);
  }

 private:
  engine::EngineThread thread_;
};

class Inventory : public TensorSource {
 public:
  explicit Inventory(engine::TensorInventory inventory) : inventory_(std::move(inventory)) {}
  const std::vector<engine::TensorRow>& rows() const override { return inventory_.rows(); }
  engine::Result<engine::TensorStatistics> statistics(const std::string& name,
                                                      const std::stop_token& stop) const override {
    return inventory_.statistics(name, stop);
  }

 private:
  engine::TensorInventory inventory_;
};

engine::Result<std::shared_ptr<const TensorSource>> openTensors(const std::string& path,
                                                                const std::stop_token& stop) {
  ASSIGN_OR_RETURN(auto inventory, engine::TensorInventory::open(path, stop));
  return std::make_shared<const Inventory>(std::move(inventory));
}

}  // namespace

EngineFactory realEngine() {
  return {[](engine::EventSink& sink) { return std::make_unique<ThreadDoor>(sink); },
          [](const std::string& path, std::int64_t contextLength) {
            return engine::inspect_model(path, contextLength);
          },
          openTensors, engine::available_backends};
}

}  // namespace app
