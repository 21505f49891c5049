// EngineBridge: the one crossing between the GUI thread and the engine. Requests go down as values;
// events come up through a mailbox and one queued drain, as batched signals.
#pragma once

#include <QObject>
#include <QString>
#include <cstdint>
#include <memory>
#include <vector>

#include "app/engine_door.h"
#include "app/tensor_worker.h"
#include "app/values.h"
#include "engine/runtime/events.h"

namespace app {

class QuestionWorker;

/// Lives on the GUI thread; every signal is emitted there, from drain(). May be destroyed at any
/// moment: the engine is stopped and joined first, then the mailbox goes.
///
/// Order of signals: events that change what the others mean (loaded, started, finished, fault)
/// keep their place. Between two of those, one drain emits first all prefill chunks, then all
/// generated tokens, then all routed tokens, each as one batch in the engine's order.
class EngineBridge : public QObject {
  Q_OBJECT

 public:
  explicit EngineBridge(EngineFactory factory, QObject* parent = nullptr);
  ~EngineBridge() override;

  // ---- down: all return at once -----------------------------------------------------------------
  engine::Result<void> load(const QString& path, const engine::LoadOptions& options);
  engine::Result<void> unload();
  engine::Result<void> generate(engine::GenerationRequest request);
  void inspect(const engine::InspectRequest& request);
  void cancelGeneration();
  void cancelLoad();
  /// A number never used before in this program run.
  engine::GenerationId nextGenerationId();

  /// Reads a checkpoint's headers on a worker thread → reportReady. Of waiting requests only the
  /// newest is served. `contextLength` 0: the default.
  void requestReport(const QString& path, std::int64_t contextLength);
  /// What a model could run on here → backendsDescribed. Worker thread.
  void requestBackends();
  /// How many tokens a text is, and whether it spells control tokens → textMeasured. Worker thread;
  /// newest wins.
  void requestTextMeasure(quint64 key, const QString& text);
  /// What the model would be given → promptPreviewed. Worker thread; newest wins.
  void requestPromptPreview(quint64 key, std::vector<engine::ChatMessage> messages);

  /// Every tensor of a checkpoint, loaded or not → tensorsListed. Another worker thread.
  void requestTensors(const QString& path);
  /// Reads one tensor → tensorStatisticsReady with the key returned; a newer request ends it.
  quint64 requestTensorStatistics(const QString& path, const std::string& name);
  void cancelTensorStatistics();

  /// Whether a message spells control tokens → controlTextChecked. Every one is answered, in order.
  void requestControlTextCheck(MessageId message, const QString& text);

 Q_SIGNALS:
  void modelLoadProgress(const engine::LoadProgress& progress);
  void modelLoaded(const std::shared_ptr<const engine::ModelInfo>& info);
  void modelLoadFailed(const QString& path, const engine::Error& error);
  void modelUnloaded();
  void generationStarted(const engine::GenerationStarted& started);
  /// Every chunk since the last drain, oldest first; the last one holds the newest numbers.
  void prefillProgress(const std::vector<engine::PrefillProgress>& chunks);
  void tokensGenerated(const std::vector<engine::TokenGenerated>& tokens);
  void tokensRouted(const std::vector<engine::TokenRouted>& tokens);
  void generationFinished(const engine::GenerationFinished& finished);
  void inspectionReady(const engine::Inspection& inspection);
  void inspectionFailed(quint64 key, const engine::Error& error);
  void engineFault(const engine::Error& error);

  /// `path` and `contextLength` as asked for, so that an answer to an old question can be told.
  void reportReady(const QString& path, qint64 contextLength,
                   const std::shared_ptr<const engine::CheckpointReport>& report);
  void backendsDescribed(const std::vector<engine::BackendDescription>& backends);
  /// -1 tokens and a reason when there is no tokenizer.
  void textMeasured(quint64 key, qint64 nTokens, bool containsControlText, const QString& problem);
  void controlTextChecked(app::MessageId message, bool contains);
  /// Null rows and a reason when there are none.
  void tensorsListed(const QString& path, const app::TensorRows& rows, const QString& problem);
  /// No value and a reason when the tensor cannot be read; neither when it was stopped.
  void tensorStatisticsReady(quint64 key, const std::optional<engine::TensorStatistics>& statistics,
                             const QString& problem);
  /// Null preview and a reason when it cannot be rendered.
  void promptPreviewed(quint64 key, const std::shared_ptr<const app::PromptPreview>& preview,
                       const QString& problem);

 private:
  class Sink;
  // Called by name from the other threads: ThreadSanitizer does not see Qt's own locks, and a call
  // object made by us there and run here would look like a race.
  Q_INVOKABLE void drain();
  void announce(const engine::Event& event);
  Q_INVOKABLE void drainAnswers();
  Q_INVOKABLE void drainTensors();

  // Destroyed in reverse: workers (join), door (stops, joins), then the sink with its mailbox.
  std::unique_ptr<Sink> sink_;
  std::unique_ptr<EngineDoor> door_;
  std::unique_ptr<QuestionWorker> worker_;
  std::unique_ptr<TensorWorker> tensors_;
  std::uint64_t lastGenerationId_ = 0;
  quint64 lastTensorKey_ = 0;
};

}  // namespace app
