#include "app/store_worker.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <algorithm>

namespace app {

namespace {

constexpr std::chrono::seconds kFirstRetry{1};
constexpr std::chrono::seconds kLastRetry{30};
constexpr std::chrono::seconds kLockRetry{3};
constexpr std::int64_t kKeepDeletedMs = std::int64_t{30} * 24 * 3600 * 1000;
constexpr int kMaxRecoveries = 3;  // in one program run: a disk that keeps failing is not fought

QString say(const char* text) { return QCoreApplication::translate("store", text); }

Notice notice(NoticeSeverity severity, const QString& text, const QString& details) {
  return {severity, QStringLiteral("conversations"), text, details};
}

std::int64_t idOf(const StoreRow& row) {
  return std::visit([](const auto& record) { return record.id.value; }, row);
}

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
    for (StoreCommand& command : commands) {
      if (auto* save = std::get_if<SaveRow>(&command)) {
        keep(std::move(save->row), save->version);
      } else {
        flush();  // what is asked for must know what was said before
        handle(command);
      }
    }
    flush();
    if (stop.stop_requested()) return;
    if (commands.empty()) checkInBackground();
  }
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
            ? say(QT_TRANSLATE_NOOP("store",
                                    "The conversations were written by a newer version of "
                                    "this program. They can be read; new messages are not "
                                    "saved."))
            : say(QT_TRANSLATE_NOOP("store",
                                    "The conversations cannot be written here. They can be "
                                    "read; new messages are not saved."));
    setState(StoreState::ReadOnly, why);
    answers_.push(notice(NoticeSeverity::Warning, why, path_));
    return true;
  }
  needsCheck_ = needsCheck_ || database_->wasUnclean();
  (void)database_->purgeDeletedBefore(QDateTime::currentMSecsSinceEpoch() - kKeepDeletedMs);
  setState(StoreState::Ready, {});
  if (wasElsewhere) answerList();
  return true;
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
      locked ? say(QT_TRANSLATE_NOOP("store",
                                     "Another window of this program has the conversations "
                                     "open. What you write here is kept in memory and saved "
                                     "when the other window is closed."))
             : say(QT_TRANSLATE_NOOP("store",
                                     "The conversations cannot be opened. What you write is "
                                     "kept in memory; opening is tried again."));
  const StoreState state = locked ? StoreState::Locked : StoreState::Unavailable;
  if (state_ != state) {
    answers_.push(
        notice(NoticeSeverity::Warning, text, QStringLiteral("%1: %2").arg(path_, error.text)));
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
  answers_.push(notice(NoticeSeverity::Warning, text,
                       QStringLiteral("%1\n%2").arg(report.keptAs, error.text)));
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
  QString reason = say(QT_TRANSLATE_NOOP("store", "It is not in the database."));
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

// ---- writing
// ---------------------------------------------------------------------------------------------------

void StoreWorker::keep(StoreRow row, quint64 version) {
  const auto same = [&row](const Pending& other) {
    return other.row.index() == row.index() && idOf(other.row) == idOf(row);
  };
  const auto it = std::find_if(pending_.begin(), pending_.end(), same);
  if (it != pending_.end()) {
    *it = {std::move(row), version};
  } else {
    pending_.append({std::move(row), version});
  }
}

void StoreWorker::flush() {
  if (pending_.isEmpty()) return;
  const bool waiting = retryAt_ && std::chrono::steady_clock::now() < *retryAt_;
  if (waiting || !ensureOpen()) {
    announceSaved(pending_, SaveState::NotSaved);
    answers_.push(PendingCount{static_cast<int>(pending_.size())});
    return;
  }
  QList<StoreRow> rows;
  for (const Pending& pending : std::as_const(pending_)) rows.append(pending.row);
  const auto written = database_->write(rows);
  if (!written && written.error().fault == StoreFault::TooBig) {
    flushOneByOne();
    return;
  }
  if (!written) {
    writeFailed(written.error());
    return;
  }
  announceSaved(std::exchange(pending_, {}), SaveState::Saved);
  answers_.push(PendingCount{0});
  retryAt_.reset();
  retryDelay_ = kFirstRetry;
  if (std::exchange(writeFailing_, false)) setState(StoreState::Ready, {});
}

/// One row that cannot be stored must not keep the others from it.
void StoreWorker::flushOneByOne() {
  QList<Pending> saved;
  QList<Pending> refused;
  for (const Pending& pending : std::as_const(pending_)) {
    const auto written = database_->write({pending.row});
    (written ? saved : refused).append(pending);
  }
  announceSaved(saved, SaveState::Saved);
  announceSaved(refused, SaveState::NotSaved);
  pending_.clear();  // it will never fit: trying again is of no use
  answers_.push(PendingCount{0});
  answers_.push(
      notice(NoticeSeverity::Error,
             say(QT_TRANSLATE_NOOP("store",
                                   "A message is too large to be saved (limit 512 MiB). Copy it "
                                   "before you close the window.")),
             path_));
}

void StoreWorker::announceSaved(const QList<Pending>& rows, SaveState state) {
  MessagesSaved answer;
  answer.state = state;
  for (const Pending& pending : rows) {
    if (const auto* message = std::get_if<MessageRecord>(&pending.row)) {
      answer.messages.append({message->id, pending.version});
    }
  }
  if (!answer.messages.isEmpty()) answers_.push(std::move(answer));
}

void StoreWorker::writeFailed(const StoreError& error) {
  announceSaved(pending_, SaveState::NotSaved);
  answers_.push(PendingCount{static_cast<int>(pending_.size())});
  if (error.fault == StoreFault::ReadOnly && database_->isReadOnly()) return;  // already said
  if (error.fault == StoreFault::Corrupt) {
    recover(error);
    retryAt_ = std::chrono::steady_clock::now();
    return;
  }
  if (error.fault != StoreFault::Full) database_.reset();  // a doubtful connection is not kept
  retryAt_ = std::chrono::steady_clock::now() + retryDelay_;
  retryDelay_ = std::min(retryDelay_ * 2, kLastRetry);
  const QString text =
      error.fault == StoreFault::Full
          ? say(QT_TRANSLATE_NOOP("store",
                                  "The disk is full: messages are kept in memory and saved "
                                  "when there is room. Free some space."))
          : say(QT_TRANSLATE_NOOP("store",
                                  "Messages cannot be saved at present. They are kept in "
                                  "memory; saving is tried again."));
  if (!std::exchange(writeFailing_, true)) {
    answers_.push(
        notice(NoticeSeverity::Error, text, QStringLiteral("%1: %2").arg(path_, error.text)));
  }
  setState(StoreState::Unavailable, text);
}

}  // namespace app
