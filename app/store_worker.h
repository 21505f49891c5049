// StoreWorker: the store thread. Takes commands, keeps what is not written yet, writes, tries
// again. Values in, values out; part of conversation_store.
#pragma once

#include <QHash>
#include <QList>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <variant>
#include <vector>

#include "app/conversation_database.h"
#include "app/conversation_store.h"
#include "app/mailbox.h"

namespace app {

// ---- down
struct SaveRow {
  StoreRow row;
  quint64 version = 0;  // comes back in RowsSaved
};
struct SetDeleted {
  ConversationId id;
  bool deleted = true;
};
struct ListWanted {};
struct ConversationWanted {
  ConversationId id;
};
using StoreCommand = std::variant<SaveRow, SetDeleted, ListWanted, ConversationWanted>;

// ---- up
struct StoreStateChanged {
  StoreState state = StoreState::Opening;
  QString text;
};
struct ListRead {
  QList<ConversationRecord> conversations;
};
struct ConversationRead {
  ConversationContent content;
};
struct ConversationNotRead {
  ConversationId id;
  QString reason;
};
struct MessagesSaved {
  QList<std::pair<MessageId, quint64>> messages;  // with the version that was written, or failed
  SaveState state = SaveState::Saved;
};
struct PendingCount {
  int n = 0;
};
using StoreAnswer = std::variant<StoreStateChanged, ListRead, ConversationRead, ConversationNotRead,
                                 MessagesSaved, PendingCount, Notice>;

class StoreWorker {
 public:
  static constexpr std::chrono::seconds kFirstRetry{1};
  static constexpr std::chrono::seconds kLastRetry{30};

  /// `wake` is called on the store thread when answers wait.
  StoreWorker(QString path, std::function<void()> wake);
  /// Writes what waits, once, and joins.
  ~StoreWorker();

  void post(StoreCommand command);
  std::vector<StoreAnswer> takeAnswers() { return answers_.take(); }

 private:
  struct Pending {
    StoreRow row;
    quint64 version = 0;
  };

  void run(const std::stop_token& stop);
  bool hasCommands();
  std::vector<StoreCommand> waitForCommands(const std::stop_token& stop);
  void handle(StoreCommand& command);
  void keep(StoreRow row, quint64 version);
  void setDeleted(const SetDeleted& command);
  void answerList();
  void answerConversation(ConversationId id);

  bool ensureOpen();
  void openFailed(const StoreError& error);
  void recover(const StoreError& error);
  void takeOverUnsaved();
  void keepForNextStart();
  void flush();
  void flushOneByOne();
  void announceSaved(const QList<Pending>& rows, SaveState state);
  void writeFailed(const StoreError& error);
  void checkInBackground();
  void tell(NoticeSeverity severity, const QString& text, const QString& details);
  void setState(StoreState state, const QString& text);
  /// Closes after an error that leaves the connection doubtful; true: the file is corrupt.
  void afterReadError(const StoreError& error);

  const QString path_;
  Mailbox<StoreAnswer> answers_;

  // Store thread only.
  std::optional<ConversationDatabase> database_;
  QList<Pending> pending_;  // in the order of their first save
  StoreState state_ = StoreState::Opening;
  QString stateText_;
  std::chrono::seconds retryDelay_ = kFirstRetry;
  std::optional<std::chrono::steady_clock::time_point> retryAt_;
  bool needsCheck_ = false;
  bool writeFailing_ = false;
  int nRecoveries_ = 0;

  std::mutex mutex_;
  std::condition_variable_any posted_;
  std::vector<StoreCommand> commands_;
  std::jthread thread_;  // last: it uses everything above
};

}  // namespace app
