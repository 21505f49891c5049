#include "app/conversation_record.h"

#include <QHash>
#include <QSet>
#include <algorithm>

namespace app {

namespace {

bool bySequence(const MessageRecord& a, const MessageRecord& b) {
  return a.sequence != b.sequence ? a.sequence < b.sequence : a.id < b.id;
}

}  // namespace

MessageTree::MessageTree(QList<MessageRecord> messages) : messages_(std::move(messages)) {
  std::sort(messages_.begin(), messages_.end(), bySequence);
}

const MessageRecord* MessageTree::find(MessageId id) const {
  const auto it = std::find_if(messages_.cbegin(), messages_.cend(),
                               [id](const MessageRecord& record) { return record.id == id; });
  return it == messages_.cend() ? nullptr : &*it;
}

MessageRecord* MessageTree::find(MessageId id) {
  const auto it = std::find_if(messages_.begin(), messages_.end(),
                               [id](const MessageRecord& record) { return record.id == id; });
  return it == messages_.end() ? nullptr : &*it;
}

void MessageTree::insert(MessageRecord record) {
  const auto place = std::upper_bound(messages_.begin(), messages_.end(), record, bySequence);
  messages_.insert(place, std::move(record));
}

std::int64_t MessageTree::nextSequence() const {
  return messages_.isEmpty() ? 1 : messages_.last().sequence + 1;
}

QList<MessageId> MessageTree::pathTo(MessageId leaf) const {
  QHash<std::int64_t, MessageId> parents;
  for (const MessageRecord& record : messages_) parents.insert(record.id.value, record.parent);
  if (!parents.contains(leaf.value)) {
    if (messages_.isEmpty()) return {};
    leaf = messages_.last().id;
  }
  QList<MessageId> path;
  QSet<std::int64_t> seen;
  for (MessageId id = leaf; parents.contains(id.value) && !seen.contains(id.value);
       id = parents.value(id.value)) {
    seen.insert(id.value);
    path.append(id);
  }
  std::reverse(path.begin(), path.end());
  return path;
}

QList<MessageId> MessageTree::versionsOf(MessageId id) const {
  const MessageRecord* self = find(id);
  if (self == nullptr) return {};
  QList<MessageId> versions;
  for (const MessageRecord& record : messages_) {
    if (record.parent == self->parent && record.role == self->role) versions.append(record.id);
  }
  return versions;
}

MessageId MessageTree::newestLeafUnder(MessageId id) const {
  QHash<std::int64_t, MessageId> newestChild;  // later sequences overwrite earlier ones
  for (const MessageRecord& record : messages_) newestChild.insert(record.parent.value, record.id);
  QSet<std::int64_t> seen;
  while (newestChild.contains(id.value) && !seen.contains(id.value)) {
    seen.insert(id.value);
    id = newestChild.value(id.value);
  }
  return id;
}

}  // namespace app
