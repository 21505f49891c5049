// ConversationStore: conversations on disk, from the GUI thread's side. Every call returns at once;
// a store thread with one SQLite connection does the work and answers through a mailbox.
#pragma once

#include <QHash>
#include <QList>
#include <QObject>
#include <QString>
#include <memory>

#include "app/conversation_record.h"
#include "app/values.h"

namespace app {

class StoreWorker;

enum class StoreState {
  Opening,
  Ready,
  Locked,       // another program has the database open; tried again every few seconds
  ReadOnly,     // written by a newer version, or the medium is read-only: can be read only
  Unavailable,  // cannot be opened or written at present; tried again
};

/// Writes are whole rows by id, kept in order in memory until they are committed and tried again
/// after a failure: a full disk loses nothing and duplicates nothing. The destructor writes what
/// waits once more and joins; what still cannot be written waits in a file beside the database for
/// the next start.
class ConversationStore : public QObject {
  Q_OBJECT

 public:
  /// Opens (or creates) the database file in the background. An empty path keeps everything in
  /// memory only.
  explicit ConversationStore(const QString& path, QObject* parent = nullptr);
  ~ConversationStore() override;

  StoreState state() const { return state_; }
  /// Why it is not Ready, for people; "" when Ready.
  QString stateText() const { return stateText_; }
  /// Rows waiting to be written.
  int pendingWrites() const { return pendingWrites_; }

  void requestList();                           // → listReady
  void requestConversation(ConversationId id);  // → conversationReady or conversationMissing
  void saveConversation(const ConversationRecord& record);
  void saveMessage(const MessageRecord& record);
  /// Soft: kept for 30 days. Sets deletedMs; undelete clears it.
  void deleteConversation(ConversationId id);
  void undeleteConversation(ConversationId id);

 Q_SIGNALS:
  void stateChanged();
  /// Conversations that are not deleted, newest use first.
  void listReady(const QList<app::ConversationRecord>& conversations);
  void conversationReady(const app::ConversationContent& content);
  void conversationMissing(app::ConversationId id, const QString& reason);
  void messageSaveStateChanged(app::MessageId id, app::SaveState state);
  void pendingWritesChanged(int n);
  void noticeRaised(const app::Notice& notice);

 private:
  Q_INVOKABLE void drain();  // by name, as EngineBridge's
  void announceSaved(const QList<std::pair<MessageId, quint64>>& messages, SaveState state);

  StoreState state_ = StoreState::Opening;
  QString stateText_;
  int pendingWrites_ = 0;
  quint64 lastVersion_ = 0;
  QHash<std::int64_t, quint64> newestVersion_;  // of messages on their way to the disk
  std::unique_ptr<StoreWorker> worker_;
};

}  // namespace app
