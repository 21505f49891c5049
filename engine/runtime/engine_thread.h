// EngineThread: the background thread that owns model, cache and session. Commands in, events out;
// nothing shared.
#pragma once

#include <memory>
#include <string>

#include "engine/runtime/event_sink.h"
#include "engine/runtime/events.h"
#include "engine/runtime/prompt.h"
#include "engine/tokenizer/chat_template.h"

namespace engine {

class EngineThread {
 public:
  /// `sink` outlives the thread.
  explicit EngineThread(EventSink& sink);
  /// Stops whatever runs and joins.
  ~EngineThread();
  EngineThread(const EngineThread&) = delete;
  EngineThread& operator=(const EngineThread&) = delete;

  /// All post functions return at once; LimitExceeded when the queue (64 commands) is full.
  /// A newer load replaces a waiting older one and cancels a running one.
  Result<void> load(std::string path, LoadOptions options);
  Result<void> unload();
  Result<void> generate(GenerationRequest request);
  /// Keeps only the newest waiting request; served between decode steps and prefill chunks too.
  void inspect(InspectRequest request);
  /// Not queued: the running (or waiting) generation ends within one layer, with
  /// FinishReason::Cancelled.
  void cancel_generation();
  /// Not queued: the running load ends; LoadFailed with ErrorCode::Cancelled follows; the previous
  /// model stays.
  void cancel_load();
  /// What the model would be given for these messages, with its tokens; computed on the caller's
  /// thread from the loaded model's immutable tokenizer and template. NotFound when no model (or no
  /// tokenizer) is loaded.
  Result<RenderedPrompt> preview_prompt(const std::vector<ChatMessage>& messages) const;
  /// The tokens of that prompt, with their origin in the messages. Same rules as preview_prompt.
  Result<std::vector<PromptToken>> preview_tokens(const RenderedPrompt& prompt) const;
  /// How many tokens a text is (plain text, no control tokens). Same rules as preview_prompt.
  Result<std::int64_t> count_tokens(const std::string& text) const;
  Result<bool> contains_control_text(const std::string& text) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace engine
