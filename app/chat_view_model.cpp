// Loading, generating, stopping: the engine's side of the chat. The conversation's side is in
// chat_conversation.cpp.
#include "app/chat_view_model.h"

#include <QCoreApplication>
#include <QFileInfo>

#include "app/app_settings.h"
#include "app/conversation_list_model.h"
#include "app/conversation_store.h"
#include "app/engine_bridge.h"

namespace app {

namespace {

constexpr int kSaveDelayMs = 400;  // streamed text is at most 500 ms behind on the disk
constexpr int kSendDelayMs = 250;  // how long a slow disk may hold back a request

double perSecond(qint64 count, double seconds) {
  return seconds > 0.0 ? static_cast<double>(count) / seconds : 0.0;
}

/// The engine names its steps in English; those we know are translated.
QString stepText(const std::string& step) {
  if (step == "Reading headers") return ChatViewModel::tr("Reading headers");
  if (step == "Mapping weights") return ChatViewModel::tr("Mapping weights");
  if (step == "Reserving the cache") return ChatViewModel::tr("Reserving the cache");
  return QString::fromStdString(step);
}

QString errorCode(const engine::Error& error) {
  return QString::fromLatin1(engine::error_code_name(error.code));
}

/// The template's own text at the end of the prompt already opened <think> (DeepSeek-R1).
bool promptOpensThink(const std::vector<engine::PromptToken>& prompt) {
  QByteArray tail;
  for (auto it = prompt.rbegin(); it != prompt.rend() && it->message_index < 0; ++it) {
    tail.prepend(QByteArray::fromStdString(it->bytes));
    if (tail.size() > 64) break;
  }
  return tail.trimmed().endsWith("<think>");
}

}  // namespace

ChatViewModel::ChatViewModel(Parts parts, QObject* parent)
    : QObject(parent),
      bridge_(parts.bridge),
      store_(parts.store),
      conversations_(parts.conversations),
      messages_(parts.messages),
      timeline_(parts.timeline) {
  saveTimer_.setSingleShot(true);
  saveTimer_.setInterval(kSaveDelayMs);
  connect(&saveTimer_, &QTimer::timeout, this, &ChatViewModel::saveAnswer);
  sendTimer_.setSingleShot(true);
  sendTimer_.setInterval(kSendDelayMs);
  connect(&sendTimer_, &QTimer::timeout, this, &ChatViewModel::sendRequest);
  connectBridge();
  connectStore();
  newConversation();
}

void ChatViewModel::connectBridge() {
  connect(&bridge_, &EngineBridge::modelLoadProgress, this, &ChatViewModel::onLoadProgress);
  connect(&bridge_, &EngineBridge::modelLoaded, this, &ChatViewModel::onModelLoaded);
  connect(&bridge_, &EngineBridge::modelLoadFailed, this, &ChatViewModel::onModelLoadFailed);
  connect(&bridge_, &EngineBridge::modelUnloaded, this, &ChatViewModel::onModelUnloaded);
  connect(&bridge_, &EngineBridge::generationStarted, this, &ChatViewModel::onGenerationStarted);
  connect(&bridge_, &EngineBridge::prefillProgress, this, &ChatViewModel::onPrefill);
  connect(&bridge_, &EngineBridge::tokensGenerated, this, &ChatViewModel::onTokensGenerated);
  connect(&bridge_, &EngineBridge::generationFinished, this, &ChatViewModel::onGenerationFinished);
  connect(&bridge_, &EngineBridge::engineFault, this, &ChatViewModel::onEngineFault);
  connect(&bridge_, &EngineBridge::controlTextChecked, this, &ChatViewModel::onControlText);
}

// ---- state
// -----------------------------------------------------------------------------------------------------

void ChatViewModel::setState(ChatState state) {
  if (state_ == state) return;
  state_ = state;
  Q_EMIT stateChanged(state);
}

void ChatViewModel::settle() {
  if (isLoading_) {
    setState(ChatState::Loading);
  } else if (running_) {
    if (state_ != ChatState::Stopping && state_ != ChatState::Answering) {
      setState(ChatState::Prefilling);
    }
  } else {
    setState(model_ ? ChatState::Idle : ChatState::NoModel);
  }
}

bool ChatViewModel::canSubmit() const {
  if (running_ || awaited_.value != 0) return false;
  return state_ == ChatState::Loading || (state_ == ChatState::Idle && chatProblem_.isEmpty());
}

bool ChatViewModel::canStop() const { return running_ && state_ != ChatState::Stopping; }

int ChatViewModel::answeringRow() const {
  return running_ ? messages_.rowOf(running_->answer).value_or(-1) : -1;
}

void ChatViewModel::setLoadProblem(const QString& text) {
  if (loadProblem_ == text) return;
  loadProblem_ = text;
  Q_EMIT loadProblemChanged();
}

void ChatViewModel::setChatProblem(const QString& text) {
  if (chatProblem_ == text) return;
  chatProblem_ = text;
  Q_EMIT chatProblemChanged();
}

void ChatViewModel::setContextNotice(const QString& text) {
  if (contextNotice_ == text) return;
  contextNotice_ = text;
  Q_EMIT contextNoticeChanged();
}

void ChatViewModel::dismissContextNotice() { setContextNotice({}); }

void ChatViewModel::setSampling(const engine::SamplingOptions& options) {
  const engine::SamplingOptions clamped = clampSampling(options);
  if (sampling_ == clamped) return;
  sampling_ = clamped;
  Q_EMIT samplingChanged();
}

// ---- the model
// -------------------------------------------------------------------------------------------------

void ChatViewModel::openModel(const QString& path, const engine::LoadOptions& options) {
  if (path.isEmpty()) return;
  if (running_ && running_->sent) bridge_.cancelGeneration();
  setLoadProblem({});
  loadStatus_ = {path, QFileInfo(path).fileName(), tr("Opening"), 0, 0, false};
  const auto posted = bridge_.load(path, options);
  if (!posted) {
    setLoadProblem(QString::fromStdString(posted.error().message));
    return;
  }
  isLoading_ = true;
  settle();
  Q_EMIT loadStatusChanged();
}

void ChatViewModel::cancelLoad() {
  if (!isLoading_ || loadStatus_.isCancelling) return;
  loadStatus_.isCancelling = true;
  bridge_.cancelLoad();
  Q_EMIT loadStatusChanged();
}

void ChatViewModel::unloadModel() {
  if (!model_ || isLoading_) return;
  if (running_ && running_->sent) bridge_.cancelGeneration();
  const auto posted = bridge_.unload();
  if (!posted) setLoadProblem(QString::fromStdString(posted.error().message));
}

void ChatViewModel::onLoadProgress(const engine::LoadProgress& progress) {
  if (!isLoading_) return;
  loadStatus_.step = stepText(progress.step);
  loadStatus_.bytesDone = progress.bytes_done;
  loadStatus_.bytesTotal = progress.bytes_total;
  Q_EMIT loadStatusChanged();
}

void ChatViewModel::onModelLoaded(const std::shared_ptr<const engine::ModelInfo>& info) {
  const QString path = QString::fromStdString(info->path);
  // A load that a newer one has replaced may still have come through; the newer one goes on.
  if (!isLoading_ || QFileInfo(loadStatus_.path) == QFileInfo(path)) isLoading_ = false;
  model_ = info;
  setLoadProblem({});
  setChatProblem(info->has_tokenizer
                     ? QString()
                     : tr("This checkpoint has no tokenizer, so it cannot chat: %1")
                           .arg(QString::fromStdString(info->tokenizer_description)));
  setSampling(samplingDefaults(info->generation_defaults));
  statistics_ = {};
  statistics_.contextLength = info->context_length;
  settle();
  Q_EMIT modelChanged();
  Q_EMIT modelOpened(path);
  Q_EMIT statisticsChanged();
  if (!running_ || running_->sent || isLoading_) return;
  if (chatProblem_.isEmpty()) {
    sendWhenSaved();
  } else {
    finishAnswer(MessageStatus::Failed, QStringLiteral("not-found"), chatProblem_);
  }
}

void ChatViewModel::onModelLoadFailed(const QString& path, const engine::Error& error) {
  // The failure of a replaced load says nothing about the one that runs now.
  if (!isLoading_ || path != loadStatus_.path) return;
  isLoading_ = false;
  const bool cancelled = error.code == engine::ErrorCode::Cancelled;
  setLoadProblem(cancelled ? QString() : QString::fromStdString(error.message));
  if (running_ && !running_->sent) {
    finishAnswer(MessageStatus::Failed, errorCode(error),
                 tr("Not sent: the checkpoint was not loaded. Regenerate sends it again."));
  }
  settle();
}

void ChatViewModel::onModelUnloaded() {
  model_.reset();
  statistics_ = {};
  settle();
  Q_EMIT modelChanged();
  Q_EMIT statisticsChanged();
}

// ---- a generation
// ----------------------------------------------------------------------------------------------

void ChatViewModel::stop() {
  if (!canStop()) return;
  if (!running_->sent) {
    finishAnswer(MessageStatus::Stopped, {}, {});
    return;
  }
  bridge_.cancelGeneration();
  if (!isLoading_) setState(ChatState::Stopping);
}

/// The user's message should be on the disk before the engine is asked; a stalled disk holds the
/// request back only for a moment.
void ChatViewModel::sendWhenSaved() {
  statistics_ = {};
  statistics_.contextLength = model_ ? model_->context_length : 0;
  Q_EMIT statisticsChanged();
  setState(ChatState::Prefilling);
  const MessageRecord* answer = tree_.find(running_->answer);
  const MessageId user = answer != nullptr ? answer->parent : MessageId{};
  const bool saving = saveStates_.value(user.value, SaveState::Saved) == SaveState::Saving;
  if (saving && store_.state() == StoreState::Ready) {
    sendTimer_.start();
  } else {
    sendRequest();
  }
}

void ChatViewModel::sendRequest() {
  sendTimer_.stop();
  if (!running_ || running_->sent || isLoading_) return;
  TokenTimeline::Expected expected;
  engine::GenerationRequest request = makeRequest(&expected);
  timeline_.expect(running_->id, std::move(expected));
  running_->sent = true;
  running_->sinceSent.start();
  if (const auto row = messages_.rowOf(running_->answer)) {
    messages_.setStatus(*row, MessageStatus::Streaming, {}, {});
    if (model_) messages_.setModelName(*row, QString::fromStdString(model_->name));
  }
  const auto posted = bridge_.generate(std::move(request));
  if (!posted) {
    finishAnswer(MessageStatus::Failed, errorCode(posted.error()),
                 QString::fromStdString(posted.error().message));
  }
}

engine::GenerationRequest ChatViewModel::makeRequest(TokenTimeline::Expected* expected) const {
  engine::GenerationRequest request;
  request.id = running_->id;
  request.sampling = sampling_;
  expected->conversation = conversation_.id;
  expected->answer = running_->answer;
  const auto add = [&request, expected](engine::Role role, MessageId id, const QString& text) {
    const QByteArray content = text.toUtf8();
    request.messages.push_back({role, content.toStdString()});
    expected->messages.append({id, content});
  };
  if (!conversation_.systemPrompt.isEmpty()) {
    add(engine::Role::System, MessageId{}, conversation_.systemPrompt);
  }
  for (int i = 0; i < messages_.rowCount(); ++i) {
    const MessageRow& row = messages_.row(i);
    if (row.record.id == running_->answer) break;
    const bool emptyAnswer = row.record.role == engine::Role::Assistant && row.text.isEmpty();
    if (!emptyAnswer) add(row.record.role, row.record.id, row.text);
  }
  return request;
}

void ChatViewModel::onGenerationStarted(const engine::GenerationStarted& started) {
  if (!running_ || started.id != running_->id) return;
  running_->started = true;
  statistics_.promptTokens = static_cast<qint64>(started.prompt->size());
  statistics_.promptReused = started.n_reused;
  statistics_.promptDone = started.n_reused;
  statistics_.contextUsed = started.n_reused;
  statistics_.seed = started.seed;
  if (const auto row = messages_.rowOf(running_->answer)) {
    messages_.setPromptOpenedThink(*row, promptOpensThink(*started.prompt));
  }
  Q_EMIT statisticsChanged();
}

void ChatViewModel::onPrefill(const std::vector<engine::PrefillProgress>& chunks) {
  const engine::PrefillProgress& latest = chunks.back();
  if (!running_ || latest.id != running_->id) return;
  const double seconds = static_cast<double>(running_->sinceSent.elapsed()) / 1000.0;
  statistics_.promptDone = latest.n_done;
  statistics_.promptTokens = latest.n_total;
  statistics_.contextUsed = latest.n_done;
  statistics_.promptTokensPerSecond = perSecond(latest.n_done - statistics_.promptReused, seconds);
  Q_EMIT statisticsChanged();
}

void ChatViewModel::onTokensGenerated(const std::vector<engine::TokenGenerated>& tokens) {
  if (!running_) return;
  QString text;
  int nTokens = 0;
  for (const engine::TokenGenerated& token : tokens) {
    if (token.id != running_->id) continue;
    text += QString::fromStdString(token.text);
    ++nTokens;
    statistics_.contextUsed = token.position.value + 1;
  }
  if (nTokens == 0) return;
  if (!running_->hasFirstToken) {
    running_->hasFirstToken = true;
    running_->sinceFirstToken.start();
    statistics_.timeToFirstToken = static_cast<double>(running_->sinceSent.elapsed()) / 1000.0;
    if (state_ == ChatState::Prefilling) setState(ChatState::Answering);
  }
  statistics_.answerTokens += nTokens;
  const double seconds = static_cast<double>(running_->sinceFirstToken.elapsed()) / 1000.0;
  if (statistics_.answerTokens > 1 && seconds > 0.0) {
    statistics_.answerTokensPerSecond = perSecond(statistics_.answerTokens - 1, seconds);
  }
  if (const auto row = messages_.rowOf(running_->answer)) {
    messages_.appendText(*row, text, nTokens);
    updateReasoning(*row);
  }
  saveAnswerSoon();
  Q_EMIT statisticsChanged();
}

void ChatViewModel::updateReasoning(int row) {
  const MessageRow& answer = messages_.row(row);
  if (running_->reasoningDone || !answer.split.hasReasoning || answer.split.reasoningOpen) return;
  running_->reasoningDone = true;
  messages_.setReasoningSeconds(row,
                                static_cast<double>(running_->sinceFirstToken.elapsed()) / 1000.0);
}

void ChatViewModel::onGenerationFinished(const engine::GenerationFinished& finished) {
  if (!running_ || finished.id != running_->id) return;
  if (const auto row = messages_.rowOf(running_->answer); row && !finished.tail_text.empty()) {
    messages_.appendText(*row, QString::fromStdString(finished.tail_text), 0);
  }
  applyFinalStatistics(finished);
  MessageStatus status = MessageStatus::Ok;
  switch (finished.reason) {
    case engine::FinishReason::EndOfTurn:
      break;
    case engine::FinishReason::MaxTokens:
      status = MessageStatus::MaxTokens;
      break;
    case engine::FinishReason::ContextFull:
      status = MessageStatus::ContextFull;
      setContextNotice(tr("The context is full (%L1 tokens). Start a new chat, or load the "
                          "checkpoint with a larger context.")
                           .arg(statistics_.contextLength));
      break;
    case engine::FinishReason::Cancelled:
      status = MessageStatus::Stopped;
      break;
    case engine::FinishReason::Failed:
      status = MessageStatus::Failed;
      break;
  }
  finishAnswer(status, finished.error ? errorCode(*finished.error) : QString(),
               finished.error ? QString::fromStdString(finished.error->message) : QString());
}

void ChatViewModel::applyFinalStatistics(const engine::GenerationFinished& finished) {
  const engine::GenerationStatistics& s = finished.statistics;
  statistics_.promptTokens = s.n_prompt_tokens;
  statistics_.promptReused = s.n_reused_tokens;
  statistics_.answerTokens = s.n_generated_tokens;
  statistics_.contextUsed = finished.n_context_used;
  const qint64 computed = s.n_prompt_tokens - s.n_reused_tokens;
  if (computed > 0 && s.prefill_seconds > 0.0) {
    statistics_.promptTokensPerSecond = perSecond(computed, s.prefill_seconds);
  }
  if (s.n_generated_tokens > 0) statistics_.timeToFirstToken = s.time_to_first_token;
  if (s.n_generated_tokens > 0 && s.decode_seconds > 0.0) {
    statistics_.answerTokensPerSecond = s.decode_tokens_per_second();
  }
  Q_EMIT statisticsChanged();
}

void ChatViewModel::onEngineFault(const engine::Error& error) {
  Q_EMIT noticeRaised({NoticeSeverity::Error, QStringLiteral("engine"),
                       tr("The engine met an unexpected problem. Your conversation is safe; if it "
                          "happens again, restart the program."),
                       QString::fromStdString(error.message)});
  if (running_ && running_->sent) {
    finishAnswer(MessageStatus::Failed, errorCode(error), QString::fromStdString(error.message));
  }
}

}  // namespace app
