// State and loading. An answer under way is in chat_generation.cpp, the conversation in
// chat_conversation.cpp.
#include "app/chat_view_model.h"

#include <QCoreApplication>
#include <QFileInfo>

#include "app/app_settings.h"
#include "app/conversation_list_model.h"
#include "app/conversation_store.h"
#include "app/engine_bridge.h"
#include "app/engine_text.h"

namespace app {

namespace {

constexpr int kSaveDelayMs = 400;  // streamed text is at most 500 ms behind on the disk

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
  sendTimer_.setInterval(parts.longestSaveMs);
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
  if (isLoading()) {
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
    setLoadProblem(engineText(posted.error().message));
    return;
  }
  loads_.append(path);
  settle();
  Q_EMIT loadStatusChanged();
}

void ChatViewModel::cancelLoad() {
  if (!isLoading() || loadStatus_.isCancelling) return;
  loadStatus_.isCancelling = true;
  bridge_.cancelLoad();
  Q_EMIT loadStatusChanged();
}

void ChatViewModel::unloadModel() {
  if (!model_ || isLoading()) return;
  if (running_ && running_->sent) bridge_.cancelGeneration();
  const auto posted = bridge_.unload();
  if (!posted) setLoadProblem(engineText(posted.error().message));
}

void ChatViewModel::onLoadProgress(const engine::LoadProgress& progress) {
  if (!isLoading()) return;
  loadStatus_.step = engineText(progress.step);
  loadStatus_.bytesDone = progress.bytes_done;
  loadStatus_.bytesTotal = progress.bytes_total;
  Q_EMIT loadStatusChanged();
}

/// Loads end in the order in which they were asked for; one whose path the engine has resolved to
/// another ends all before it.
void ChatViewModel::loadEnded(const QString& path) {
  const qsizetype index = loads_.indexOf(path);
  loads_.remove(0, index < 0 ? loads_.size() : index + 1);
}

void ChatViewModel::onModelLoaded(const std::shared_ptr<const engine::ModelInfo>& info) {
  const QString path = QString::fromStdString(info->path);
  loadEnded(path);
  model_ = info;
  setLoadProblem({});
  setChatProblem(info->has_tokenizer ? QString()
                                     : tr("This checkpoint has no tokenizer, so it cannot chat: %1")
                                           .arg(engineText(info->tokenizer_description)));
  setSampling(samplingDefaults(info->generation_defaults));
  statistics_ = {};
  statistics_.contextLength = info->context_length;
  settle();
  Q_EMIT modelChanged();
  Q_EMIT modelOpened(path);
  Q_EMIT statisticsChanged();
  if (!running_ || running_->sent || isLoading()) return;
  if (chatProblem_.isEmpty()) {
    sendWhenSaved();
  } else {
    finishAnswer(MessageStatus::Failed, QStringLiteral("not-found"), chatProblem_);
  }
}

void ChatViewModel::onModelLoadFailed(const QString& path, const engine::Error& error) {
  loadEnded(path);
  if (isLoading()) return;  // replaced by a newer one, which goes on
  const bool cancelled = error.code == engine::ErrorCode::Cancelled;
  setLoadProblem(cancelled ? QString() : engineText(error.message));
  if (running_ && !running_->sent) {
    finishAnswer(MessageStatus::Failed, errorCodeOf(error),
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

}  // namespace app
