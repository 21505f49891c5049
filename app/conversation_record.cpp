#include "app/conversation_record.h"

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
  index();
}

void MessageTree::index() {
  places_.clear();
  childrenOf_.clear();
  for (qsizetype i = 0; i < messages_.size(); ++i) {
    places_.insert(messages_.at(i).id.value, i);
    childrenOf_[messages_.at(i).parent.value].append(messages_.at(i).id);
  }
}

const MessageRecord* MessageTree::find(MessageId id) const {
  const auto place = places_.constFind(id.value);
  return place == places_.cend() ? nullptr : &messages_.at(*place);
}

MessageRecord* MessageTree::find(MessageId id) {
  const auto place = places_.constFind(id.value);
  return place == places_.cend() ? nullptr : &messages_[*place];
}

void MessageTree::insert(MessageRecord record) {
  if (messages_.isEmpty() || bySequence(messages_.last(), record)) {
    places_.insert(record.id.value, messages_.size());
    childrenOf_[record.parent.value].append(record.id);
    messages_.append(std::move(record));
    return;
  }
  const auto place = std::upper_bound(messages_.begin(), messages_.end(), record, bySequence);
  messages_.insert(place, std::move(record));
  index();
}

std::int64_t MessageTree::nextSequence() const {
  return messages_.isEmpty() ? 1 : messages_.last().sequence + 1;
}

QList<MessageId> MessageTree::pathTo(MessageId leaf) const {
  const MessageRecord* record = find(leaf);
  if (record == nullptr && !messages_.isEmpty()) record = &messages_.last();
  QList<MessageId> path;
  QSet<std::int64_t> seen;
  for (; record != nullptr && !seen.contains(record->id.value); record = find(record->parent)) {
    seen.insert(record->id.value);
    path.append(record->id);
  }
  std::reverse(path.begin(), path.end());
  return path;
}

QList<MessageId> MessageTree::versionsOf(MessageId id) const {
  const MessageRecord* self = find(id);
  if (self == nullptr) return {};
  QList<MessageId> versions;
  for (const MessageId sibling : childrenOf_.value(self->parent.value)) {
    if (find(sibling)->role == self->role) versions.append(sibling);
  }
  return versions;
}

MessageId MessageTree::newestLeafUnder(MessageId id) const {
  QSet<std::int64_t> seen;
  for (auto children = childrenOf_.constFind(id.value);
       children != childrenOf_.cend() && !seen.contains(id.value);
       children = childrenOf_.constFind(id.value)) {
    seen.insert(id.value);
    id = children->last();
  }
  return id;
}

}  // namespace app
