// Rows of the conversation database ↔ records, with the hash that every row carries.
// The one place that knows column order.
#pragma once

#include "app/conversation_record.h"
#include "app/sqlite_handle.h"

namespace app {

inline constexpr int kSchemaVersion = 1;
inline constexpr int kApplicationId = 0x42617468;  // "Bath"

/// Brings a new or older database to kSchemaVersion; one entry per version, in one transaction.
StoreResult<void> migrateSchema(const SqliteConnection& db, std::int64_t from);

// Column lists in the order that the read and bind functions below use.
extern const char* const kSelectConversations;  // … FROM conversations
extern const char* const kInsertConversation;   // INSERT OR REPLACE … VALUES (?, …)
extern const char* const kSelectMessages;
extern const char* const kInsertMessage;

/// `damaged` is set when the row does not match its hash. A row is read whatever its state.
ConversationRecord readConversation(const SqliteStatement& row);
MessageRecord readMessage(const SqliteStatement& row);
StoreResult<void> writeConversation(SqliteStatement& insert, const ConversationRecord& record);
StoreResult<void> writeMessage(SqliteStatement& insert, const MessageRecord& record);
/// Copies a row with its hash as it is, so that a damaged row stays recognisable.
StoreResult<void> copyConversation(const SqliteStatement& row, SqliteStatement& insert);
StoreResult<void> copyMessage(const SqliteStatement& row, SqliteStatement& insert);

}  // namespace app
