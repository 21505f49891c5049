#include "app/conversation_database.h"

#include <QFile>
#include <QFileInfo>
#include <QHash>
#include <QSet>
#include <algorithm>

#include "app/conversation_rows.h"

namespace app {

namespace {

StoreError corrupt(const QString& text) { return {StoreFault::Corrupt, 0, text}; }

/// Conversations are private: the file is made readable for its owner only, before SQLite fills it.
void createPrivately(const QString& path) {
  QFile file(path);
  if (file.open(QIODevice::WriteOnly | QIODevice::NewOnly)) {
    file.setPermissions(QFileDevice::ReadOwner | QFileDevice::WriteOwner);
  }
}

/// A parent always comes before its children. Links that say otherwise come from damage: those
/// messages follow the one before them, so that nothing becomes unreachable and no walk is endless.
void mendParents(QList<MessageRecord>& messages) {
  QHash<std::int64_t, std::int64_t> sequences;
  for (const MessageRecord& record : std::as_const(messages)) {
    sequences.insert(record.id.value, record.sequence);
  }
  MessageId before;
  for (MessageRecord& record : messages) {
    const bool isRoot = record.parent.value == 0;
    const auto parent = sequences.constFind(record.parent.value);
    if (!isRoot && (parent == sequences.cend() || *parent >= record.sequence)) {
      record.parent = before;
      record.damaged = true;
    }
    before = record.id;
  }
}

}  // namespace

StoreResult<ConversationDatabase> ConversationDatabase::open(const QString& path) {
  const QString file = path.isEmpty() ? QStringLiteral(":memory:") : path;
  if (!path.isEmpty()) createPrivately(path);
  const bool unclean = QFileInfo(file + QStringLiteral("-wal")).size() > 0;
  auto connection = SqliteConnection::open(file, SqliteConnection::Mode::ReadWrite);
  if (!connection) return tl::unexpected(std::move(connection.error()));
  ConversationDatabase database(std::move(*connection));
  auto configured = database.configure();
  if (!configured && configured.error().fault == StoreFault::ReadOnly) {
    // A medium that cannot be written has no place for the log either.
    auto immutable = SqliteConnection::open(file, SqliteConnection::Mode::ReadOnlyImmutable);
    if (!immutable) return tl::unexpected(std::move(immutable.error()));
    database.db_ = std::move(*immutable);
    configured = database.configure();
  }
  if (!configured) return tl::unexpected(std::move(configured.error()));
  database.unclean_ = unclean;
  if (!database.readOnly_) STORE_RETURN_IF_ERROR(database.endInterrupted());
  return database;
}

StoreResult<void> ConversationDatabase::configure() {
  STORE_RETURN_IF_ERROR(
      db_.execute("PRAGMA locking_mode = EXCLUSIVE; PRAGMA mmap_size = 0; "
                  "PRAGMA cell_size_check = ON; PRAGMA synchronous = FULL;"));
  const auto version = db_.integer("PRAGMA user_version");
  if (!version) return tl::unexpected(version.error());
  STORE_RETURN_IF_ERROR(checkForeign());
  newerFormat_ = *version > kSchemaVersion;
  readOnly_ = newerFormat_ || db_.isReadOnly();
  if (readOnly_) return db_.execute("PRAGMA query_only = ON");
  STORE_RETURN_IF_ERROR(db_.execute("PRAGMA journal_mode = WAL"));
  if (*version < kSchemaVersion) return migrateSchema(db_, *version);
  // Takes the lock now: a second program learns at once that it is not alone.
  return db_.execute("BEGIN EXCLUSIVE; COMMIT");
}

/// Another program's database, or one with code in it, is not opened.
StoreResult<void> ConversationDatabase::checkForeign() const {
  const auto id = db_.integer("PRAGMA application_id");
  if (!id) return tl::unexpected(id.error());
  const auto nObjects = db_.integer("SELECT count(*) FROM sqlite_schema");
  if (!nObjects) return tl::unexpected(nObjects.error());
  if (*nObjects > 0 && *id != kApplicationId) {
    return tl::unexpected(corrupt(QStringLiteral("not a conversation database of this program")));
  }
  const auto nCode =
      db_.integer("SELECT count(*) FROM sqlite_schema WHERE type IN ('trigger', 'view')");
  if (!nCode) return tl::unexpected(nCode.error());
  if (*nCode > 0) {
    return tl::unexpected(corrupt(QStringLiteral("the database holds triggers or views")));
  }
  return {};
}

StoreResult<void> ConversationDatabase::endInterrupted() {
  QList<StoreRow> rows;
  {
    const QByteArray sql = QByteArray(kSelectMessages) + "WHERE status IN (1, 2)";
    auto select = db_.prepare(sql.constData());
    if (!select) return tl::unexpected(std::move(select.error()));
    auto row = select->step();
    for (; row && *row; row = select->step()) {
      MessageRecord record = readMessage(*select);
      if (record.damaged) continue;  // a new hash would hide the damage
      record.status = MessageStatus::Interrupted;
      rows.append(record);
    }
    if (!row) return tl::unexpected(std::move(row.error()));
  }
  return rows.isEmpty() ? StoreResult<void>{} : write(rows);
}

StoreResult<QList<ConversationRecord>> ConversationDatabase::list() const {
  const QByteArray sql =
      QByteArray(kSelectConversations) + "WHERE deleted_ms = 0 ORDER BY sequence DESC, id DESC";
  auto select = db_.prepare(sql.constData());
  if (!select) return tl::unexpected(std::move(select.error()));
  QList<ConversationRecord> records;
  auto row = select->step();
  for (; row && *row; row = select->step()) records.append(readConversation(*select));
  if (!row) return tl::unexpected(std::move(row.error()));
  return records;
}

StoreResult<std::optional<ConversationRecord>> ConversationDatabase::find(ConversationId id) const {
  const QByteArray sql = QByteArray(kSelectConversations) + "WHERE id = ?";
  auto select = db_.prepare(sql.constData());
  if (!select) return tl::unexpected(std::move(select.error()));
  select->bind(0, id.value);
  const auto row = select->step();
  if (!row) return tl::unexpected(row.error());
  if (!*row) return std::optional<ConversationRecord>();
  return std::optional(readConversation(*select));
}

StoreResult<std::optional<ConversationContent>> ConversationDatabase::load(
    ConversationId id) const {
  auto conversation = find(id);
  if (!conversation) return tl::unexpected(std::move(conversation.error()));
  if (!*conversation) return std::optional<ConversationContent>();
  ConversationContent content;
  content.conversation = **conversation;
  const QByteArray sql =
      QByteArray(kSelectMessages) + "WHERE conversation = ? ORDER BY sequence, id";
  auto select = db_.prepare(sql.constData());
  if (!select) return tl::unexpected(std::move(select.error()));
  select->bind(0, id.value);
  auto row = select->step();
  for (; row && *row; row = select->step()) content.messages.append(readMessage(*select));
  if (!row) return tl::unexpected(std::move(row.error()));
  mendParents(content.messages);
  return std::optional(std::move(content));
}

StoreResult<QList<StoreRow>> ConversationDatabase::allRows() const {
  QList<StoreRow> rows;
  auto conversations = db_.prepare(kSelectConversations);
  if (!conversations) return tl::unexpected(std::move(conversations.error()));
  auto row = conversations->step();
  for (; row && *row; row = conversations->step()) {
    const ConversationRecord record = readConversation(*conversations);
    if (!record.damaged) rows.append(record);
  }
  if (!row) return tl::unexpected(std::move(row.error()));
  auto messages = db_.prepare(kSelectMessages);
  if (!messages) return tl::unexpected(std::move(messages.error()));
  for (row = messages->step(); row && *row; row = messages->step()) {
    const MessageRecord record = readMessage(*messages);
    if (!record.damaged) rows.append(record);
  }
  if (!row) return tl::unexpected(std::move(row.error()));
  return rows;
}

StoreResult<void> ConversationDatabase::write(const QList<StoreRow>& rows) {
  if (readOnly_) {
    return tl::unexpected(StoreError{StoreFault::ReadOnly, 0, QStringLiteral("opened read-only")});
  }
  STORE_RETURN_IF_ERROR(db_.execute("BEGIN IMMEDIATE"));
  auto written = writeRows(rows);
  if (written) written = db_.execute("COMMIT");
  if (!written) rollBack();
  return written;
}

/// After a failed statement. SQLite may have rolled back already; then there is nothing to do.
void ConversationDatabase::rollBack() { (void)db_.execute("ROLLBACK"); }

StoreResult<void> ConversationDatabase::writeRows(const QList<StoreRow>& rows) {
  auto insertConversation = db_.prepare(kInsertConversation);
  if (!insertConversation) return tl::unexpected(std::move(insertConversation.error()));
  auto insertMessage = db_.prepare(kInsertMessage);
  if (!insertMessage) return tl::unexpected(std::move(insertMessage.error()));
  for (const StoreRow& row : rows) {
    if (const auto* message = std::get_if<MessageRecord>(&row)) {
      if (message->content.size() > kMaxMessageBytes) {
        return tl::unexpected(StoreError{StoreFault::TooBig, 0, QStringLiteral("too large")});
      }
      STORE_RETURN_IF_ERROR(writeMessage(*insertMessage, *message));
      continue;
    }
    ConversationRecord record = std::get<ConversationRecord>(row);
    if (record.sequence == 0) {
      const auto newest = db_.integer("SELECT max(sequence) FROM conversations");
      if (!newest) return tl::unexpected(newest.error());
      record.sequence = *newest + 1;
    }
    STORE_RETURN_IF_ERROR(writeConversation(*insertConversation, record));
  }
  return {};
}

StoreResult<void> ConversationDatabase::purgeDeletedBefore(std::int64_t unixMs) {
  auto messages = db_.prepare(
      "DELETE FROM messages WHERE conversation IN (SELECT id FROM conversations "
      "WHERE deleted_ms > 0 AND deleted_ms < ?)");
  if (!messages) return tl::unexpected(std::move(messages.error()));
  auto conversations =
      db_.prepare("DELETE FROM conversations WHERE deleted_ms > 0 AND deleted_ms < ?");
  if (!conversations) return tl::unexpected(std::move(conversations.error()));
  messages->bind(0, unixMs);
  conversations->bind(0, unixMs);
  STORE_RETURN_IF_ERROR(db_.execute("BEGIN IMMEDIATE"));
  auto done = messages->run();
  if (done) done = conversations->run();
  if (done) done = db_.execute("COMMIT");
  if (!done) rollBack();
  return done;
}

StoreResult<void> ConversationDatabase::quickCheck() const {
  const auto finding = db_.text("PRAGMA quick_check(1)");
  if (!finding) return tl::unexpected(finding.error());
  if (*finding == "ok") return {};
  return tl::unexpected(corrupt(QString::fromUtf8(*finding)));
}

}  // namespace app
