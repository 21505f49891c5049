#include "app/conversation_rows.h"

#include <QCryptographicHash>
#include <QtEndian>
#include <algorithm>
#include <array>
#include <string>

namespace app {

namespace {

// STRICT: a column never holds another type than it says. Content is a BLOB: its bytes come back
// exactly, whatever they are. The partial index finds answers that a crash left unfinished.
constexpr const char* kCreateVersion1 = R"sql(
CREATE TABLE conversations (
  id INTEGER PRIMARY KEY,
  title TEXT NOT NULL,
  first_user_text TEXT NOT NULL,
  system_prompt TEXT NOT NULL,
  active_leaf INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  updated_ms INTEGER NOT NULL,
  deleted_ms INTEGER NOT NULL,
  hash BLOB NOT NULL
) STRICT;
CREATE INDEX conversations_by_use ON conversations (sequence);
CREATE TABLE messages (
  id INTEGER PRIMARY KEY,
  conversation INTEGER NOT NULL,
  parent INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  role INTEGER NOT NULL,
  status INTEGER NOT NULL,
  content BLOB NOT NULL,
  error_code TEXT NOT NULL,
  error_text TEXT NOT NULL,
  model_name TEXT NOT NULL,
  token_count INTEGER NOT NULL,
  reasoning_ms INTEGER NOT NULL,
  prompt_opened_think INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  hash BLOB NOT NULL
) STRICT;
CREATE INDEX messages_by_conversation ON messages (conversation, sequence);
CREATE INDEX messages_unfinished ON messages (status) WHERE status IN (1, 2);
)sql";

constexpr std::array kMigrations = {kCreateVersion1};  // from version i to i + 1
static_assert(kMigrations.size() == kSchemaVersion);

enum class ColumnKind { Integer, Text, Blob };
using enum ColumnKind;
constexpr std::array kConversationColumns = {Integer, Text,    Text,    Text,   Integer,
                                             Integer, Integer, Integer, Integer};
constexpr std::array kMessageColumns = {Integer, Integer, Integer, Integer, Integer,
                                        Integer, Blob,    Text,    Text,    Text,
                                        Integer, Integer, Integer, Integer};

/// SHA-256 over the fields in column order, each with its length: no two rows share an encoding.
class RowHash {
 public:
  void add(std::int64_t value) {
    const auto bytes = qToLittleEndian(value);
    hash_.addData(QByteArrayView(reinterpret_cast<const char*>(&bytes), sizeof bytes));
  }
  void add(const QByteArray& bytes) {
    add(static_cast<std::int64_t>(bytes.size()));
    hash_.addData(bytes);
  }
  QByteArray result() const { return hash_.result(); }

 private:
  QCryptographicHash hash_{QCryptographicHash::Sha256};
};

/// Binds fields in column order and the hash over them last.
class RowWriter {
 public:
  explicit RowWriter(SqliteStatement& insert) : insert_(insert) {}
  void add(std::int64_t value) {
    hash_.add(value);
    insert_.bind(column_++, value);
  }
  void addText(const QByteArray& utf8) {
    hash_.add(utf8);
    insert_.bindText(column_++, utf8);
  }
  void addBlob(const QByteArray& bytes) {
    hash_.add(bytes);
    insert_.bindBlob(column_++, bytes);
  }
  StoreResult<void> run() {
    const QByteArray hash = hash_.result();
    insert_.bindBlob(column_, hash);
    return insert_.run();
  }

 private:
  SqliteStatement& insert_;
  RowHash hash_;
  int column_ = 0;
};

template <std::size_t N>
bool matchesHash(const SqliteStatement& row, const std::array<ColumnKind, N>& kinds) {
  RowHash hash;
  for (std::size_t i = 0; i < N; ++i) {
    const int column = static_cast<int>(i);
    if (kinds[i] == Integer) {
      hash.add(row.integer(column));
    } else {
      hash.add(row.bytes(column));
    }
  }
  return hash.result() == row.bytes(static_cast<int>(N));
}

template <std::size_t N>
StoreResult<void> copyRow(const SqliteStatement& row, SqliteStatement& insert,
                          const std::array<ColumnKind, N>& kinds) {
  std::array<QByteArray, N + 1> kept;  // bound bytes live until the row is written
  for (std::size_t i = 0; i < N; ++i) {
    const int column = static_cast<int>(i);
    if (kinds[i] == Integer) {
      insert.bind(column, row.integer(column));
      continue;
    }
    kept[i] = row.bytes(column);
    if (kinds[i] == Text) insert.bindText(column, kept[i]);
    if (kinds[i] == Blob) insert.bindBlob(column, kept[i]);
  }
  kept[N] = row.bytes(static_cast<int>(N));
  insert.bindBlob(static_cast<int>(N), kept[N]);
  return insert.run();
}

/// A number from the file that names an enumerator: what is out of range becomes `otherwise`.
template <class E>
E enumFrom(std::int64_t value, E last, E otherwise) {
  return value >= 0 && value <= static_cast<std::int64_t>(last) ? static_cast<E>(value) : otherwise;
}

}  // namespace

const char* const kSelectConversations =
    "SELECT id, title, first_user_text, system_prompt, active_leaf, sequence, created_ms, "
    "updated_ms, deleted_ms, hash FROM conversations ";
const char* const kInsertConversation =
    "INSERT OR REPLACE INTO conversations (id, title, first_user_text, system_prompt, "
    "active_leaf, sequence, created_ms, updated_ms, deleted_ms, hash) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
const char* const kSelectMessages =
    "SELECT id, conversation, parent, sequence, role, status, content, error_code, error_text, "
    "model_name, token_count, reasoning_ms, prompt_opened_think, created_ms, hash FROM messages ";
const char* const kInsertMessage =
    "INSERT OR REPLACE INTO messages (id, conversation, parent, sequence, role, status, content, "
    "error_code, error_text, model_name, token_count, reasoning_ms, prompt_opened_think, "
    "created_ms, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

StoreResult<void> migrateSchema(const SqliteConnection& db, std::int64_t from) {
  STORE_RETURN_IF_ERROR(db.execute("BEGIN IMMEDIATE"));
  std::string script;
  for (auto version = static_cast<std::size_t>(from); version < kMigrations.size(); ++version) {
    script += kMigrations[version];
  }
  script += "PRAGMA user_version = " + std::to_string(kSchemaVersion) + ";";
  script += "PRAGMA application_id = " + std::to_string(kApplicationId) + ";";
  script += "COMMIT;";
  auto done = db.execute(script.c_str());
  if (!done) (void)db.execute("ROLLBACK");
  return done;
}

ConversationRecord readConversation(const SqliteStatement& row) {
  ConversationRecord record;
  record.id = ConversationId{row.integer(0)};
  record.title = QString::fromUtf8(row.bytes(1));
  record.firstUserText = QString::fromUtf8(row.bytes(2));
  record.systemPrompt = QString::fromUtf8(row.bytes(3));
  record.activeLeaf = MessageId{row.integer(4)};
  record.sequence = row.integer(5);
  record.createdMs = row.integer(6);
  record.updatedMs = row.integer(7);
  record.deletedMs = row.integer(8);
  record.damaged = !matchesHash(row, kConversationColumns);
  return record;
}

MessageRecord readMessage(const SqliteStatement& row) {
  MessageRecord record;
  record.id = MessageId{row.integer(0)};
  record.conversation = ConversationId{row.integer(1)};
  record.parent = MessageId{row.integer(2)};
  record.sequence = row.integer(3);
  record.role = enumFrom(row.integer(4), engine::Role::Assistant, engine::Role::User);
  record.status = enumFrom(row.integer(5), MessageStatus::Failed, MessageStatus::Interrupted);
  record.content = row.bytes(6);
  record.errorCode = QString::fromUtf8(row.bytes(7));
  record.errorText = QString::fromUtf8(row.bytes(8));
  record.modelName = QString::fromUtf8(row.bytes(9));
  record.tokenCount = row.integer(10);
  record.reasoningMs = row.integer(11);
  record.promptOpenedThink = row.integer(12) != 0;
  record.createdMs = row.integer(13);
  record.damaged = !matchesHash(row, kMessageColumns);
  return record;
}

StoreResult<void> writeConversation(SqliteStatement& insert, const ConversationRecord& record) {
  const QByteArray title = record.title.toUtf8();
  const QByteArray firstUserText = record.firstUserText.toUtf8();
  const QByteArray systemPrompt = record.systemPrompt.toUtf8();
  RowWriter row(insert);
  row.add(record.id.value);
  row.addText(title);
  row.addText(firstUserText);
  row.addText(systemPrompt);
  row.add(record.activeLeaf.value);
  row.add(record.sequence);
  row.add(record.createdMs);
  row.add(record.updatedMs);
  row.add(record.deletedMs);
  return row.run();
}

StoreResult<void> writeMessage(SqliteStatement& insert, const MessageRecord& record) {
  const QByteArray errorCode = record.errorCode.toUtf8();
  const QByteArray errorText = record.errorText.toUtf8();
  const QByteArray modelName = record.modelName.toUtf8();
  RowWriter row(insert);
  row.add(record.id.value);
  row.add(record.conversation.value);
  row.add(record.parent.value);
  row.add(record.sequence);
  row.add(static_cast<std::int64_t>(record.role));
  row.add(static_cast<std::int64_t>(record.status));
  row.addBlob(record.content);
  row.addText(errorCode);
  row.addText(errorText);
  row.addText(modelName);
  row.add(record.tokenCount);
  row.add(record.reasoningMs);
  row.add(record.promptOpenedThink ? 1 : 0);
  row.add(record.createdMs);
  return row.run();
}

StoreResult<void> copyConversation(const SqliteStatement& row, SqliteStatement& insert) {
  return copyRow(row, insert, kConversationColumns);
}

StoreResult<void> copyMessage(const SqliteStatement& row, SqliteStatement& insert) {
  return copyRow(row, insert, kMessageColumns);
}

}  // namespace app
