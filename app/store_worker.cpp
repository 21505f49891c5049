#include "app/store_worker.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <algorithm>

#include "app/unsaved_rows.h"

namespace app {

namespace {

constexpr std::chrono::seconds kLockRetry{3};
constexpr std::int64_t kKeepDeletedMs = std::int64_t{30} * 24 * 3600 * 1000;
constexpr int kMaxRecoveries = 3;  // in one program run: a disk that keeps failing is not fought

}  // namespace

StoreWorker::StoreWorker(QString path, std::function<void()> wake)
    : path_(std::move(path)), answers_(std::move(wake)) {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

StoreWorker::~StoreWorker() {
  thread_.request_stop();
  thread_.join();
}

void StoreWorker::post(StoreCommand command) {
  const std::lock_guard lock(mutex_);
  commands_.push_back(std::move(command));
  posted_.notify_one();
}

void StoreWorker::run(const std::stop_token& stop) {
  ensureOpen();
  while (true) {
    std::vector<StoreCommand> commands = waitForCommands(stop);
    const bool isTime = retryAt_ && std::chrono::steady_clock::now() >= *retryAt_;
    if (isTime || stop.stop_requested()) {
      retryAt_.reset();  // a failure sets the next time
      ensureOpen();
    }
    for (StoreCommand& command : commands) {
      if (auto* save = std::get_if<SaveRow>(&command)) {
        keep(std::move(save->row), save->version);
      } else {
        flush();  // what is asked for must know what was said before
        handle(command);
      }
    }
    flush();
    if (stop.stop_requested() && !hasCommands()) {  // some may have come while the others were done
      keepForNextStart();
      return;
    }
    if (commands.empty()) checkInBackground();
  }
}

bool StoreWorker::hasCommands() {
  const std::lock_guard lock(mutex_);
  return !commands_.empty();
}

/// Empty: it is time to try again, or to check, or to stop.
std::vector<StoreCommand> StoreWorker::waitForCommands(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const auto ready = [this] { return !commands_.empty(); };
  if (needsCheck_ && !ready()) return {};
  if (retryAt_) {
    posted_.wait_until(lock, stop, *retryAt_, ready);
  } else {
    posted_.wait(lock, stop, ready);
  }
  return std::exchange(commands_, {});
}

void StoreWorker::handle(StoreCommand& command) {
  if (std::holds_alternative<ListWanted>(command)) {
    answerList();
  } else if (const auto* wanted = std::get_if<ConversationWanted>(&command)) {
    answerConversation(wanted->id);
  } else if (const auto* change = std::get_if<SetDeleted>(&command)) {
    setDeleted(*change);
  }
}

// ---- opening
// ---------------------------------------------------------------------------------------------------

bool StoreWorker::ensureOpen() {
  if (database_) return true;
  if (retryAt_ && std::chrono::steady_clock::now() < *retryAt_) return false;
  if (!path_.isEmpty()) QDir().mkpath(QFileInfo(path_).absolutePath());
  auto opened = ConversationDatabase::open(path_);
  if (!opened) {
    openFailed(opened.error());
    return database_.has_value();
  }
  const bool wasElsewhere = state_ == StoreState::Locked || state_ == StoreState::Unavailable;
  database_.emplace(std::move(*opened));
  retryAt_.reset();
  if (database_->isReadOnly()) {
    const QString why =
        database_->isNewerFormat()
            ? QCoreApplication::translate("store",
                                          "The conversations were written by a newer version of "
                                          "this program. They can be read; new messages are not "
                                          "saved.")
            : QCoreApplication::translate("store",
                                          "The conversations cannot be written here. They can be "
                                          "read; new messages are not saved.");
    setState(StoreState::ReadOnly, why);
    tell(NoticeSeverity::Warning, why, path_);
    return true;
  }
  needsCheck_ = needsCheck_ || database_->wasUnclean();
  (void)database_->purgeDeletedBefore(QDateTime::currentMSecsSinceEpoch() - kKeepDeletedMs);
  takeOverUnsaved();
  setState(StoreState::Ready, {});
  if (wasElsewhere) answerList();
  return true;
}

/// What an earlier run could not save before it ended.
void StoreWorker::takeOverUnsaved() {
  if (path_.isEmpty()) return;
  const UnsavedRows unsaved = readUnsaved(path_);
  if (unsaved.files.isEmpty() || !database_->write(unsaved.rows)) return;
  removeUnsaved(unsaved);
  tell(NoticeSeverity::Info,
       QCoreApplication::translate("store",
                                   "Messages that could not be saved last time "
                                   "are saved now."),
       path_);
}

/// The last chance: a small database of its own, beside the one that could not be written.
void StoreWorker::keepForNextStart() {
  if (pending_.isEmpty() || path_.isEmpty()) return;
  QList<StoreRow> rows;
  for (const Pending& pending : std::as_const(pending_)) rows.append(pending.row);
  (void)writeUnsaved(path_, rows);
}

void StoreWorker::openFailed(const StoreError& error) {
  if (error.fault == StoreFault::Corrupt) {
    recover(error);
    return;
  }
  const bool locked = error.fault == StoreFault::Locked;
  retryAt_ = std::chrono::steady_clock::now() + (locked ? kLockRetry : retryDelay_);
  if (!locked) retryDelay_ = std::min(retryDelay_ * 2, kLastRetry);
  const QString text =
      locked ? QCoreApplication::translate("store",
                                           "Another window of this program has the conversations "
                                           "open. What you write here is kept in memory and saved "
                                           "when the other window is closed.")
             : QCoreApplication::translate("store",
                                           "The conversations cannot be opened. What you write is "
                                           "kept in memory; opening is tried again.");
  const StoreState state = locked ? StoreState::Locked : StoreState::Unavailable;
  if (state_ != state) {
    tell(NoticeSeverity::Warning, text, QStringLiteral("%1: %2").arg(path_, error.text));
  }
  setState(state, text);
}

/// The damaged file is set aside, never deleted; what can be read goes into a new one.
void StoreWorker::recover(const StoreError& error) {
  database_.reset();
  if (++nRecoveries_ > kMaxRecoveries || path_.isEmpty()) {
    retryAt_ = std::chrono::steady_clock::now() + kLastRetry;
    setState(StoreState::Unavailable, error.text);
    return;
  }
  const SalvageReport report = setAsideAndSalvage(path_);
  if (report.keptAs.isEmpty()) {
    openFailed({StoreFault::Io, 0, error.text});
    return;
  }
  const QString text =
      QCoreApplication::translate("store",
                                  "The conversation database was damaged. %n message(s) could be "
                                  "read and were kept; the damaged file was set aside.",
                                  nullptr, report.nMessages);
  tell(NoticeSeverity::Warning, text, QStringLiteral("%1\n%2").arg(report.keptAs, error.text));
  auto opened = ConversationDatabase::open(path_);
  if (!opened) {
    openFailed(opened.error().fault == StoreFault::Corrupt
                   ? StoreError{StoreFault::Io, 0, opened.error().text}
                   : opened.error());
    return;
  }
  database_.emplace(std::move(*opened));
  retryAt_.reset();
  setState(StoreState::Ready, {});
  answerList();
}

void StoreWorker::tell(NoticeSeverity severity, const QString& text, const QString& details) {
  answers_.push(Notice{severity, QStringLiteral("conversations"), text, details});
}

void StoreWorker::setState(StoreState state, const QString& text) {
  if (state_ == state && stateText_ == text) return;
  state_ = state;
  stateText_ = text;
  answers_.push(StoreStateChanged{state, text});
}

// ---- reading
// ---------------------------------------------------------------------------------------------------

void StoreWorker::afterReadError(const StoreError& error) {
  if (error.fault == StoreFault::Corrupt) {
    recover(error);
  } else {
    database_.reset();
    openFailed(error);
  }
}

void StoreWorker::answerList() {
  ListRead answer;
  if (ensureOpen()) {
    auto records = database_->list();
    if (!records) {
      afterReadError(records.error());
      if (!database_) return;
      records = database_->list();
    }
    if (records) answer.conversations = std::move(*records);
  }
  for (const Pending& pending : std::as_const(pending_)) {
    const auto* record = std::get_if<ConversationRecord>(&pending.row);
    if (record == nullptr) continue;
    answer.conversations.removeIf(
        [record](const ConversationRecord& other) { return other.id == record->id; });
    if (record->deletedMs == 0) answer.conversations.prepend(*record);
  }
  answers_.push(std::move(answer));
}

void StoreWorker::answerConversation(ConversationId id) {
  ConversationRead answer;
  QString reason = QCoreApplication::translate("store", "It is not in the database.");
  bool found = false;
  if (ensureOpen()) {
    auto content = database_->load(id);
    if (content && *content) {
      answer.content = std::move(**content);
      found = true;
    } else if (!content) {
      reason = content.error().text;
      afterReadError(content.error());
    }
  } else {
    reason = stateText_;
  }
  for (const Pending& pending : std::as_const(pending_)) {
    if (const auto* record = std::get_if<ConversationRecord>(&pending.row)) {
      if (record->id != id) continue;
      answer.content.conversation = *record;
      found = true;
    } else if (const auto& message = std::get<MessageRecord>(pending.row);
               message.conversation == id) {
      auto& messages = answer.content.messages;
      messages.removeIf([&message](const MessageRecord& m) { return m.id == message.id; });
      messages.append(message);
    }
  }
  if (found) {
    answers_.push(std::move(answer));
  } else {
    answers_.push(ConversationNotRead{id, reason});
  }
}

void StoreWorker::setDeleted(const SetDeleted& command) {
  const std::int64_t deletedMs = command.deleted ? QDateTime::currentMSecsSinceEpoch() : 0;
  for (Pending& pending : pending_) {
    auto* record = std::get_if<ConversationRecord>(&pending.row);
    if (record == nullptr || record->id != command.id) continue;
    record->deletedMs = deletedMs;
    return;
  }
  if (!ensureOpen()) return;
  auto record = database_->find(command.id);
  if (!record) {
    afterReadError(record.error());
    return;
  }
  if (!*record) return;
  (*record)->deletedMs = deletedMs;
  keep(**record, 0);
}

/// Once after an unclean exit, when nothing else is to be done.
void StoreWorker::checkInBackground() {
  if (!needsCheck_) return;
  needsCheck_ = false;
  if (!database_) return;
  const auto sound = database_->quickCheck();
  if (!sound) afterReadError(sound.error());
}

}  // namespace app
