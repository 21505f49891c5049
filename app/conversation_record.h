// What the store keeps, as values: one conversation, one message, and the tree that messages form.
// Regenerating or editing adds a sibling; nothing is overwritten.
#pragma once

#include <QByteArray>
#include <QHash>
#include <QList>
#include <QString>
#include <cstdint>
#include <optional>

#include "app/values.h"

namespace app {

struct ConversationRecord {
  ConversationId id;
  QString title;              // given by the user; empty: `firstUserText` is shown
  QString firstUserText;      // one line, at most 120 characters
  QString systemPrompt;       // of this conversation
  MessageId activeLeaf;       // the branch that is shown ends here
  std::int64_t sequence = 0;  // last use; larger is newer, never a clock. Saved as 0: newest of all
  std::int64_t createdMs = 0;  // Unix milliseconds, for showing only
  std::int64_t updatedMs = 0;
  std::int64_t deletedMs = 0;  // 0: not deleted
  bool damaged = false;        // the row does not match its hash
  bool operator==(const ConversationRecord&) const = default;
};

struct MessageRecord {
  MessageId id;
  ConversationId conversation;
  MessageId parent;           // none: first of the conversation
  std::int64_t sequence = 0;  // order of creation inside the conversation
  engine::Role role = engine::Role::User;
  QByteArray content;  // UTF-8 bytes exactly as they came
  MessageStatus status = MessageStatus::Ok;
  QString errorCode;
  QString errorText;
  QString modelName;
  std::int64_t tokenCount = 0;
  std::int64_t reasoningMs = 0;
  bool promptOpenedThink = false;  // the template opened <think> for this answer
  std::int64_t createdMs = 0;
  bool damaged = false;  // the row does not match its hash: shown, and marked
  bool operator==(const MessageRecord&) const = default;
};

struct ConversationContent {
  ConversationRecord conversation;
  QList<MessageRecord> messages;  // every version, by sequence
};

/// The tree of one conversation's messages. Walks are bounded: cycles and missing parents in a
/// damaged database end a branch, they do not hang.
class MessageTree {
 public:
  MessageTree() = default;
  explicit MessageTree(QList<MessageRecord> messages);

  const QList<MessageRecord>& messages() const { return messages_; }
  const MessageRecord* find(MessageId id) const;
  MessageRecord* find(MessageId id);
  void insert(MessageRecord record);
  std::int64_t nextSequence() const;
  /// Root … leaf. For a leaf that does not exist: the newest branch.
  QList<MessageId> pathTo(MessageId leaf) const;
  /// All versions of a message: same parent and same role, by sequence, itself included.
  QList<MessageId> versionsOf(MessageId id) const;
  /// The newest message below `id`, taking the newest child at each step; `id` itself without
  /// children.
  MessageId newestLeafUnder(MessageId id) const;

 private:
  void index();

  QList<MessageRecord> messages_;                     // by sequence
  QHash<std::int64_t, qsizetype> places_;             // id → index in messages_
  QHash<std::int64_t, QList<MessageId>> childrenOf_;  // by sequence; 0: the first messages
};

}  // namespace app
