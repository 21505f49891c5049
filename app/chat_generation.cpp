// ChatViewModel, the engine's side of one answer: asking, streaming, stopping, ending.
#include <algorithm>

#include "app/chat_view_model.h"
#include "app/conversation_list_model.h"
#include "app/conversation_store.h"
#include "app/engine_bridge.h"
#include "app/engine_text.h"

namespace app {

namespace {

double perSecond(qint64 count, double seconds) {
  return seconds > 0.0 ? static_cast<double>(count) / seconds : 0.0;
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

void ChatViewModel::stop() {
  if (!canStop()) return;
  if (!running_->sent) {
    finishAnswer(MessageStatus::Stopped, {}, {});
    return;
  }
  bridge_.cancelGeneration();
  if (!isLoading()) setState(ChatState::Stopping);
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
  if (!running_ || running_->sent || isLoading()) return;
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
    finishAnswer(MessageStatus::Failed, errorCodeOf(posted.error()),
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
  const int end = messages_.rowOf(running_->answer).value_or(messages_.rowCount());
  for (const int i : promptRows(end)) {
    const MessageRow& row = messages_.row(i);
    add(row.record.role, row.record.id, row.text);
  }
  return request;
}

std::vector<int> ChatViewModel::promptRows(int end) const {
  std::vector<int> rows;
  for (int i = 0; i < end; ++i) {
    const MessageRow& row = messages_.row(i);
    const bool emptyAnswer = row.record.role == engine::Role::Assistant && row.text.isEmpty();
    if (!emptyAnswer) rows.push_back(i);
  }
  return rows;
}

std::vector<engine::ChatMessage> ChatViewModel::promptMessages(const QString& draft) const {
  std::vector<engine::ChatMessage> messages;
  if (!systemPrompt().isEmpty()) {
    messages.push_back({engine::Role::System, systemPrompt().toStdString()});
  }
  int end = messages_.rowCount();
  const bool answered = end > 0 && messages_.row(end - 1).record.role == engine::Role::Assistant;
  if (draft.isEmpty() && answered) --end;
  for (const int i : promptRows(end)) {
    const MessageRow& row = messages_.row(i);
    messages.push_back({row.record.role, row.text.toStdString()});
  }
  if (!draft.isEmpty()) messages.push_back({engine::Role::User, draft.toStdString()});
  return messages;
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
  const qint64 ms = std::max<qint64>(1, running_->sinceFirstToken.elapsed());  // 0 is "unknown"
  messages_.setReasoningSeconds(row, static_cast<double>(ms) / 1000.0);
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
  finishAnswer(status, finished.error ? errorCodeOf(*finished.error) : QString(),
               finished.error ? QString::fromStdString(finished.error->message) : QString());
}

void ChatViewModel::applyFinalStatistics(const engine::GenerationFinished& finished) {
  const engine::GenerationStatistics& s = finished.statistics;
  statistics_.promptTokens = s.n_prompt_tokens;
  statistics_.promptReused = s.n_reused_tokens;
  statistics_.answerTokens = s.n_generated_tokens;
  statistics_.contextUsed = finished.n_context_used;
  // Rates only of what was really computed: a prompt kept whole has none.
  if (s.prefill_tokens_per_second() > 0.0) {
    statistics_.promptTokensPerSecond = s.prefill_tokens_per_second();
  }
  if (s.n_generated_tokens > 0) statistics_.timeToFirstToken = s.time_to_first_token;
  if (s.decode_tokens_per_second() > 0.0) {
    statistics_.answerTokensPerSecond = s.decode_tokens_per_second();
  }
  Q_EMIT statisticsChanged();
}

void ChatViewModel::onEngineFault(const engine::Error& error) {
  Q_EMIT noticeRaised({NoticeSeverity::Error, QStringLiteral("engine"),
                       tr("The engine met an unexpected problem. Your conversation is safe; if it "
                          "happens again, restart the program."),
                       engineText(error.message)});
  if (running_ && running_->sent) {
    finishAnswer(MessageStatus::Failed, errorCodeOf(error), QString::fromStdString(error.message));
  }
}

}  // namespace app
