// StoreWorker, the writing side: what waits is written whole, kept after a failure and tried again.
#include <QCoreApplication>
#include <algorithm>

#include "app/store_worker.h"

namespace app {

namespace {

std::int64_t idOf(const StoreRow& row) {
  return std::visit([](const auto& record) { return record.id.value; }, row);
}

}  // namespace

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
  tell(NoticeSeverity::Error,
       QCoreApplication::translate("store",
                                   "A message is too large to be saved (limit 256 MiB). Copy it "
                                   "before you close the window."),
       path_);
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
          ? QCoreApplication::translate("store",
                                        "The disk is full: messages are kept in memory and saved "
                                        "when there is room. Free some space.")
          : QCoreApplication::translate("store",
                                        "Messages cannot be saved at present. They are kept in "
                                        "memory; saving is tried again.");
  if (!std::exchange(writeFailing_, true)) {
    tell(NoticeSeverity::Error, text, QStringLiteral("%1: %2").arg(path_, error.text));
  }
  setState(StoreState::Unavailable, text);
}

}  // namespace app
