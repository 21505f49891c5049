#include "app/engine_bridge.h"

#include <QMetaObject>
#include <QPointer>
#include <algorithm>
#include <variant>

#include "app/engine_text.h"
#include "app/mailbox.h"
#include "app/question_worker.h"

namespace app {

namespace {

/// Progress and inspections: only the latest matters. Everything else keeps its place.
bool foldEvent(std::vector<engine::Event>& waiting, engine::Event& event) {
  if (std::holds_alternative<engine::LoadProgress>(event)) {
    if (!std::holds_alternative<engine::LoadProgress>(waiting.back())) return false;
    waiting.back() = std::move(event);
    return true;
  }
  if (std::holds_alternative<engine::Inspection>(event)) {
    std::erase_if(waiting, [](const engine::Event& other) {
      return std::holds_alternative<engine::Inspection>(other);
    });
    waiting.push_back(std::move(event));
    return true;
  }
  return false;
}

/// What one drain has gathered and not yet announced.
struct Gathered {
  std::vector<engine::PrefillProgress> prefill;
  std::vector<engine::TokenGenerated> generated;
  std::vector<engine::TokenRouted> routed;
};

}  // namespace

/// The engine's side: called on the engine thread.
class EngineBridge::Sink : public engine::EventSink {
 public:
  explicit Sink(EngineBridge* bridge)
      : mailbox([bridge] { QMetaObject::invokeMethod(bridge, "drain", Qt::QueuedConnection); }) {}
  void on_event(engine::Event event) override { mailbox.push(std::move(event), foldEvent); }

  Mailbox<engine::Event> mailbox;
};

EngineBridge::EngineBridge(EngineFactory factory, QObject* parent)
    : QObject(parent), sink_(std::make_unique<Sink>(this)), door_(factory.makeDoor(*sink_)) {
  worker_ = std::make_unique<QuestionWorker>(factory, *door_, [this] {
    QMetaObject::invokeMethod(this, "drainAnswers", Qt::QueuedConnection);
  });
  tensors_ = std::make_unique<TensorWorker>(factory.openTensors, [this] {
    QMetaObject::invokeMethod(this, "drainTensors", Qt::QueuedConnection);
  });
}

EngineBridge::~EngineBridge() {
  door_->cancelLoad();
  door_->cancelGeneration();
  tensors_.reset();
  worker_.reset();
  door_.reset();
}

engine::Result<void> EngineBridge::load(const QString& path, const engine::LoadOptions& options) {
  return door_->load(path.toStdString(), options);
}

engine::Result<void> EngineBridge::unload() { return door_->unload(); }

engine::Result<void> EngineBridge::generate(engine::GenerationRequest request) {
  return door_->generate(std::move(request));
}

void EngineBridge::inspect(const engine::InspectRequest& request) { door_->inspect(request); }

void EngineBridge::cancelGeneration() { door_->cancelGeneration(); }

void EngineBridge::cancelLoad() { door_->cancelLoad(); }

engine::GenerationId EngineBridge::nextGenerationId() {
  return engine::GenerationId{++lastGenerationId_};
}

void EngineBridge::requestReport(const QString& path, std::int64_t contextLength) {
  worker_->askReport(path.toStdString(), contextLength);
}

void EngineBridge::requestTextMeasure(quint64 key, const QString& text) {
  worker_->askMeasure(key, text.toStdString());
}

void EngineBridge::requestPromptPreview(quint64 key, std::vector<engine::ChatMessage> messages) {
  worker_->askPreview(key, std::move(messages));
}

void EngineBridge::requestControlTextCheck(MessageId message, const QString& text) {
  worker_->askControlText(message.value, text.toStdString());
}

void EngineBridge::requestBackends() { worker_->askBackends(); }

void EngineBridge::requestTensors(const QString& path) { tensors_->askList(path.toStdString()); }

quint64 EngineBridge::requestTensorStatistics(const QString& path, const std::string& name) {
  tensors_->askStatistics(++lastTensorKey_, path.toStdString(), name);
  return lastTensorKey_;
}

void EngineBridge::cancelTensorStatistics() { tensors_->cancelStatistics(); }

void EngineBridge::drain() {
  // A receiver may destroy the bridge in answer to any signal.
  const QPointer<EngineBridge> alive(this);
  Gathered gathered;
  const auto flush = [&alive, &gathered] {
    const Gathered batch = std::exchange(gathered, {});
    if (alive && !batch.prefill.empty()) Q_EMIT alive->prefillProgress(batch.prefill);
    if (alive && !batch.generated.empty()) Q_EMIT alive->tokensGenerated(batch.generated);
    if (alive && !batch.routed.empty()) Q_EMIT alive->tokensRouted(batch.routed);
  };
  for (engine::Event& event : sink_->mailbox.take()) {
    if (auto* prefill = std::get_if<engine::PrefillProgress>(&event)) {
      gathered.prefill.push_back(std::move(*prefill));
    } else if (auto* generated = std::get_if<engine::TokenGenerated>(&event)) {
      gathered.generated.push_back(std::move(*generated));
    } else if (auto* routed = std::get_if<engine::TokenRouted>(&event)) {
      gathered.routed.push_back(std::move(*routed));
    } else {
      flush();
      if (alive) announce(event);
    }
    if (!alive) return;
  }
  flush();
}

void EngineBridge::announce(const engine::Event& event) {
  if (const auto* progress = std::get_if<engine::LoadProgress>(&event)) {
    Q_EMIT modelLoadProgress(*progress);
  } else if (const auto* loaded = std::get_if<engine::ModelLoaded>(&event)) {
    Q_EMIT modelLoaded(loaded->info);
  } else if (const auto* failed = std::get_if<engine::LoadFailed>(&event)) {
    Q_EMIT modelLoadFailed(QString::fromStdString(failed->path), failed->error);
  } else if (std::holds_alternative<engine::ModelUnloaded>(event)) {
    Q_EMIT modelUnloaded();
  } else if (const auto* started = std::get_if<engine::GenerationStarted>(&event)) {
    Q_EMIT generationStarted(*started);
  } else if (const auto* finished = std::get_if<engine::GenerationFinished>(&event)) {
    Q_EMIT generationFinished(*finished);
  } else if (const auto* inspection = std::get_if<engine::Inspection>(&event)) {
    Q_EMIT inspectionReady(*inspection);
  } else if (const auto* refusal = std::get_if<engine::InspectionFailed>(&event)) {
    Q_EMIT inspectionFailed(refusal->key, refusal->error);
  } else if (const auto* fault = std::get_if<engine::EngineFault>(&event)) {
    Q_EMIT engineFault(fault->error);
  }
}

void EngineBridge::drainAnswers() {
  const QPointer<EngineBridge> alive(this);
  for (const Answer& answer : worker_->takeAnswers()) {
    if (const auto* report = std::get_if<ReportAnswer>(&answer)) {
      Q_EMIT reportReady(QString::fromStdString(report->path), report->contextLength,
                         report->report);
    } else if (const auto* measure = std::get_if<MeasureAnswer>(&answer)) {
      Q_EMIT textMeasured(measure->key, measure->nTokens, measure->containsControlText,
                          engineText(measure->problem));
    } else if (const auto* preview = std::get_if<PreviewAnswer>(&answer)) {
      Q_EMIT promptPreviewed(preview->key, preview->preview, engineText(preview->problem));
    } else if (const auto* control = std::get_if<ControlTextAnswer>(&answer)) {
      Q_EMIT controlTextChecked(MessageId{control->message}, control->contains);
    } else if (const auto* backends = std::get_if<BackendsAnswer>(&answer)) {
      Q_EMIT backendsDescribed(backends->backends);
    }
    if (!alive) return;
  }
}

void EngineBridge::drainTensors() {
  const QPointer<EngineBridge> alive(this);
  for (const TensorAnswer& answer : tensors_->takeAnswers()) {
    if (const auto* list = std::get_if<TensorListAnswer>(&answer)) {
      Q_EMIT tensorsListed(QString::fromStdString(list->path), list->rows,
                           engineText(list->problem));
    } else if (const auto* read = std::get_if<TensorStatisticsAnswer>(&answer)) {
      Q_EMIT tensorStatisticsReady(read->key, read->statistics, engineText(read->problem));
    }
    if (!alive) return;
  }
}

}  // namespace app
