// ChatViewModel, the conversation's side: rows, versions, saving.
#include <QDateTime>
#include <algorithm>

#include "app/chat_view_model.h"
#include "app/conversation_list_model.h"
#include "app/conversation_store.h"
#include "app/engine_bridge.h"

namespace app {

namespace {

constexpr int kTitleLength = 120;

QString titleFrom(const QString& text) {
  const QString line = text.left(4 * kTitleLength).simplified();
  return line.size() <= kTitleLength ? line : line.left(kTitleLength - 1) + QChar(0x2026);
}

std::int64_t now() { return QDateTime::currentMSecsSinceEpoch(); }

}  // namespace

void ChatViewModel::connectStore() {
  connect(&store_, &ConversationStore::conversationReady, this,
          &ChatViewModel::onConversationReady);
  connect(&store_, &ConversationStore::conversationMissing, this,
          &ChatViewModel::onConversationMissing);
  connect(&store_, &ConversationStore::messageSaveStateChanged, this,
          &ChatViewModel::onMessageSaveState);
  connect(&conversations_, &ConversationListModel::conversationRenamed, this,
          &ChatViewModel::onRenamed);
  connect(&conversations_, &ConversationListModel::conversationRemoved, this,
          &ChatViewModel::onRemoved);
}

QString ChatViewModel::conversationTitle() const { return displayTitle(conversation_); }

// ---- which conversation
// ----------------------------------------------------------------------------------------

void ChatViewModel::newConversation() {
  abandonAnswer(MessageStatus::Stopped);
  awaited_ = {};
  ConversationContent content;
  content.conversation.id = newConversationId();
  content.conversation.systemPrompt = defaultSystemPrompt_;
  content.conversation.createdMs = now();
  showConversation(content);
}

void ChatViewModel::openConversation(ConversationId id) {
  if (id.value == 0 || id == conversation_.id) return;
  abandonAnswer(MessageStatus::Stopped);
  awaited_ = id;
  store_.requestConversation(id);
}

void ChatViewModel::onConversationReady(const ConversationContent& content) {
  if (content.conversation.id != awaited_) return;
  awaited_ = {};
  showConversation(content);
}

void ChatViewModel::onConversationMissing(ConversationId id, const QString& reason) {
  if (id != awaited_) return;
  awaited_ = {};
  Q_EMIT noticeRaised({NoticeSeverity::Warning, QStringLiteral("conversations"),
                       tr("The conversation could not be opened."), reason});
}

void ChatViewModel::showConversation(const ConversationContent& content) {
  conversation_ = content.conversation;
  tree_ = MessageTree(content.messages);
  saveStates_.clear();
  setContextNotice({});
  statistics_ = {};
  statistics_.contextLength = model_ ? model_->context_length : 0;
  timeline_.setConversation(conversation_.id);
  showBranch();
  conversations_.setCurrent(conversation_.id);
  Q_EMIT conversationChanged();
  Q_EMIT conversationTitleChanged();
  Q_EMIT systemPromptChanged();
  Q_EMIT statisticsChanged();
}

void ChatViewModel::showBranch() {
  QList<MessageRow> rows;
  const QList<MessageId> path = tree_.pathTo(conversation_.activeLeaf);
  for (const MessageId id : path) {
    if (const MessageRecord* record = tree_.find(id)) rows.append(makeRow(*record));
  }
  messages_.reset(std::move(rows));
  for (int i = 0; i < messages_.rowCount(); ++i) {
    const MessageRow& row = messages_.row(i);
    if (row.record.role == engine::Role::User && row.text.contains(QLatin1Char('<'))) {
      bridge_.requestControlTextCheck(row.record.id, row.text);
    }
  }
}

MessageRow ChatViewModel::makeRow(const MessageRecord& record) const {
  MessageRow row;
  row.record = record;
  row.text = QString::fromUtf8(record.content);
  const QList<MessageId> versions = tree_.versionsOf(record.id);
  row.versionIndex = std::max(0, static_cast<int>(versions.indexOf(record.id)));
  row.versionCount = std::max(1, static_cast<int>(versions.size()));
  row.saveState = saveStates_.value(record.id.value, SaveState::Saved);
  return row;
}

void ChatViewModel::onRenamed(ConversationId id, const QString& title) {
  if (id != conversation_.id) return;
  conversation_.title = title;
  Q_EMIT conversationTitleChanged();
}

void ChatViewModel::onRemoved(ConversationId id) {
  if (id == conversation_.id || id == awaited_) newConversation();
}

void ChatViewModel::setSystemPrompt(const QString& text) {
  if (conversation_.systemPrompt == text) return;
  conversation_.systemPrompt = text;
  if (!tree_.messages().isEmpty()) touchConversation();
  Q_EMIT systemPromptChanged();
}

void ChatViewModel::setDefaultSystemPrompt(const QString& text) {
  const bool untouched =
      tree_.messages().isEmpty() && conversation_.systemPrompt == defaultSystemPrompt_;
  defaultSystemPrompt_ = text;
  if (untouched) setSystemPrompt(text);
}

// ---- asking
// ----------------------------------------------------------------------------------------------------

bool ChatViewModel::submit(const QString& text) {
  if (!canSubmit() || text.trimmed().isEmpty()) return false;
  const int nRows = messages_.rowCount();
  const MessageId parent = nRows > 0 ? messages_.row(nRows - 1).record.id : MessageId{};
  startAnswer(addUserMessage(parent, text));
  return true;
}

bool ChatViewModel::canRegenerate(int row) const {
  return row >= 0 && row < messages_.rowCount() && canSubmit();
}

void ChatViewModel::regenerate(int row) {
  if (!canRegenerate(row)) return;
  const MessageRecord record = messages_.row(row).record;
  const bool isUser = record.role == engine::Role::User;
  if (!isUser && row == 0) return;  // an answer to nothing: its question is lost
  const int userRow = isUser ? row : row - 1;
  messages_.truncate(userRow + 1);
  startAnswer(messages_.row(userRow).record.id);
}

bool ChatViewModel::canEdit(int row) const {
  return canRegenerate(row) && messages_.row(row).record.role == engine::Role::User;
}

void ChatViewModel::editAndResend(int row, const QString& text) {
  if (!canEdit(row) || text.trimmed().isEmpty()) return;
  const MessageId parent = messages_.row(row).record.parent;
  messages_.truncate(row);
  startAnswer(addUserMessage(parent, text));
}

bool ChatViewModel::canSelectVersion(int row) const {
  return !running_ && row >= 0 && row < messages_.rowCount() && messages_.row(row).versionCount > 1;
}

void ChatViewModel::selectVersion(int row, int versionIndex) {
  if (!canSelectVersion(row)) return;
  const QList<MessageId> versions = tree_.versionsOf(messages_.row(row).record.id);
  if (versionIndex < 0 || versionIndex >= versions.size()) return;
  if (versionIndex == messages_.row(row).versionIndex) return;
  conversation_.activeLeaf = tree_.newestLeafUnder(versions.at(versionIndex));
  conversations_.update(conversation_);
  store_.saveConversation(conversation_);
  showBranch();
}

MessageId ChatViewModel::addUserMessage(MessageId parent, const QString& text) {
  MessageRecord record;
  record.id = newMessageId();
  record.conversation = conversation_.id;
  record.parent = parent;
  record.sequence = tree_.nextSequence();
  record.role = engine::Role::User;
  record.content = text.toUtf8();  // what cannot be said in UTF-8 is replaced here, once
  record.createdMs = now();
  const bool first = conversation_.firstUserText.isEmpty();
  if (first) conversation_.firstUserText = titleFrom(text);
  tree_.insert(record);
  saveStates_.insert(record.id.value, SaveState::Saving);
  messages_.append(makeRow(record));
  conversation_.activeLeaf = record.id;
  touchConversation();
  store_.saveMessage(record);
  bridge_.requestControlTextCheck(record.id, text);
  if (first) Q_EMIT conversationTitleChanged();
  return record.id;
}

void ChatViewModel::startAnswer(MessageId userMessage) {
  MessageRecord record;
  record.id = newMessageId();
  record.conversation = conversation_.id;
  record.parent = userMessage;
  record.sequence = tree_.nextSequence();
  record.role = engine::Role::Assistant;
  record.status = MessageStatus::Waiting;
  record.createdMs = now();
  tree_.insert(record);
  messages_.append(makeRow(record));
  refreshVersions();
  conversation_.activeLeaf = record.id;
  touchConversation();
  store_.saveMessage(record);
  setContextNotice({});
  running_ = Running{};
  running_->id = bridge_.nextGenerationId();
  running_->answer = record.id;
  conversations_.setAnswering(conversation_.id);
  Q_EMIT answeringRowChanged();
  if (!isLoading()) sendWhenSaved();
}

/// A new sibling changes the count that its versions show.
void ChatViewModel::refreshVersions() {
  for (int i = 0; i < messages_.rowCount(); ++i) {
    const QList<MessageId> versions = tree_.versionsOf(messages_.row(i).record.id);
    messages_.setVersion(i, static_cast<int>(versions.indexOf(messages_.row(i).record.id)),
                         static_cast<int>(versions.size()));
  }
}

void ChatViewModel::touchConversation() {
  conversation_.updatedMs = now();
  const std::int64_t sequence = conversations_.nextSequence();
  // Already the newest: keep its number.
  const bool isNewest = conversation_.sequence > 0 && conversation_.sequence + 1 == sequence;
  if (!isNewest) conversation_.sequence = sequence;
  conversations_.touch(conversation_);
  conversations_.setCurrent(conversation_.id);
  store_.saveConversation(conversation_);
}

// ---- the end of an answer, and saving
// --------------------------------------------------------------------------

void ChatViewModel::finishAnswer(MessageStatus status, const QString& errorCode,
                                 const QString& errorText) {
  if (!running_) return;
  sendTimer_.stop();
  if (const auto row = messages_.rowOf(running_->answer)) {
    messages_.setStatus(*row, status, errorCode, errorText);
  }
  saveAnswer();
  running_.reset();
  conversations_.setAnswering({});
  settle();
  if (state_ == ChatState::Stopping) setState(ChatState::Idle);
  Q_EMIT answeringRowChanged();
}

/// The answer is left as far as it got; what the engine still sends for it is dropped.
void ChatViewModel::abandonAnswer(MessageStatus status) {
  if (!running_) return;
  if (running_->sent) bridge_.cancelGeneration();
  finishAnswer(status, {}, {});
}

void ChatViewModel::saveAnswerSoon() {
  if (!saveTimer_.isActive()) saveTimer_.start();
}

void ChatViewModel::saveAnswer() {
  saveTimer_.stop();
  if (!running_) return;
  const auto row = messages_.rowOf(running_->answer);
  MessageRecord* record = tree_.find(running_->answer);
  if (!row || record == nullptr) return;
  *record = messages_.row(*row).record;
  record->content = messages_.row(*row).text.toUtf8();
  saveStates_.insert(record->id.value, SaveState::Saving);
  store_.saveMessage(*record);
}

void ChatViewModel::onMessageSaveState(MessageId id, SaveState state) {
  if (!saveStates_.contains(id.value) && tree_.find(id) == nullptr) return;
  saveStates_.insert(id.value, state);
  if (const auto row = messages_.rowOf(id)) messages_.setSaveState(*row, state);
  const MessageRecord* answer = running_ ? tree_.find(running_->answer) : nullptr;
  const bool isAwaited = sendTimer_.isActive() && answer != nullptr && answer->parent == id;
  if (isAwaited && state != SaveState::Saving) sendRequest();
}

void ChatViewModel::onControlText(MessageId id, bool contains) {
  if (const auto row = messages_.rowOf(id)) messages_.setControlText(*row, contains);
}

}  // namespace app
