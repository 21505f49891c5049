// ConversationDatabase: the file behind the conversation store; plain calls, errors as values.
// Owned and used by the store thread; tests use it directly.
#pragma once

#include <QList>
#include <QString>
#include <cstdint>
#include <optional>
#include <variant>

#include "app/conversation_record.h"
#include "app/sqlite_handle.h"

namespace app {

/// Larger ones are refused (TooBig) before anything is done with them.
inline constexpr qsizetype kMaxMessageBytes = qsizetype{256} << 20;

using StoreRow = std::variant<ConversationRecord, MessageRecord>;

/// One connection, exclusive lock, write-ahead log, every commit synced, a hash per row.
class ConversationDatabase {
 public:
  /// Opens or creates; marks answers that a crash left unfinished as interrupted. "" is a database
  /// in memory. StoreFault::Corrupt: see setAsideAndSalvage.
  static StoreResult<ConversationDatabase> open(const QString& path);

  /// Written by a newer version, or the medium cannot be written.
  bool isReadOnly() const { return readOnly_; }
  bool isNewerFormat() const { return newerFormat_; }
  /// The last program that had it open did not close it.
  bool wasUnclean() const { return unclean_; }

  /// Not deleted, newest use first.
  StoreResult<QList<ConversationRecord>> list() const;
  StoreResult<std::optional<ConversationRecord>> find(ConversationId id) const;
  /// Messages by sequence; those whose parent is missing or comes later are attached to the one
  /// before and marked as damaged.
  StoreResult<std::optional<ConversationContent>> load(ConversationId id) const;
  /// Every row, undamaged ones only.
  StoreResult<QList<StoreRow>> allRows() const;
  /// All rows or none. A conversation with sequence 0 becomes the newest.
  StoreResult<void> write(const QList<StoreRow>& rows);
  StoreResult<void> purgeDeletedBefore(std::int64_t unixMs);
  /// SQLite's own structural check; StoreFault::Corrupt names the first finding.
  StoreResult<void> quickCheck() const;

 private:
  explicit ConversationDatabase(SqliteConnection db) : db_(std::move(db)) {}
  StoreResult<void> configure();
  StoreResult<void> checkForeign() const;
  StoreResult<void> endInterrupted();
  StoreResult<void> writeRows(const QList<StoreRow>& rows);
  void rollBack();

  SqliteConnection db_;
  bool readOnly_ = false;
  bool newerFormat_ = false;
  bool unclean_ = false;
};

struct SalvageReport {
  QString keptAs;  // where the damaged file lies now; "" when it could not be moved
  int nConversations = 0;
  int nMessages = 0;
};

/// Moves the database (with its -wal and -shm) to `<path>.corrupt-<time>`, starts a new one in its
/// place and copies every row that can still be read into it.
SalvageReport setAsideAndSalvage(const QString& path);

}  // namespace app
