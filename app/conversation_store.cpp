#include "app/conversation_store.h"

#include <QMetaObject>
#include <QPointer>

#include "app/store_worker.h"

namespace app {

ConversationStore::ConversationStore(const QString& path, QObject* parent) : QObject(parent) {
  worker_ = std::make_unique<StoreWorker>(
      path, [this] { QMetaObject::invokeMethod(this, "drain", Qt::QueuedConnection); });
}

ConversationStore::~ConversationStore() = default;

void ConversationStore::requestList() { worker_->post(ListWanted{}); }

void ConversationStore::requestConversation(ConversationId id) {
  worker_->post(ConversationWanted{id});
}

void ConversationStore::saveConversation(const ConversationRecord& record) {
  worker_->post(SaveRow{record, 0});
}

void ConversationStore::saveMessage(const MessageRecord& record) {
  const quint64 version = ++lastVersion_;
  newestVersion_.insert(record.id.value, version);
  worker_->post(SaveRow{record, version});
}

void ConversationStore::deleteConversation(ConversationId id) {
  worker_->post(SetDeleted{id, true});
}

void ConversationStore::undeleteConversation(ConversationId id) {
  worker_->post(SetDeleted{id, false});
}

void ConversationStore::drain() {
  const QPointer<ConversationStore> alive(this);
  for (const StoreAnswer& answer : worker_->takeAnswers()) {
    if (const auto* state = std::get_if<StoreStateChanged>(&answer)) {
      state_ = state->state;
      stateText_ = state->text;
      Q_EMIT stateChanged();
    } else if (const auto* list = std::get_if<ListRead>(&answer)) {
      Q_EMIT listReady(list->conversations);
    } else if (const auto* read = std::get_if<ConversationRead>(&answer)) {
      Q_EMIT conversationReady(read->content);
    } else if (const auto* missing = std::get_if<ConversationNotRead>(&answer)) {
      Q_EMIT conversationMissing(missing->id, missing->reason);
    } else if (const auto* saved = std::get_if<MessagesSaved>(&answer)) {
      announceSaved(saved->messages, saved->state);
    } else if (const auto* pending = std::get_if<PendingCount>(&answer)) {
      if (std::exchange(pendingWrites_, pending->n) != pending->n) {
        Q_EMIT pendingWritesChanged(pending->n);
      }
    } else if (const auto* notice = std::get_if<Notice>(&answer)) {
      Q_EMIT noticeRaised(*notice);
    }
    if (!alive) return;
  }
}

/// An answer about an older version says nothing about the one that is on its way.
void ConversationStore::announceSaved(const QList<std::pair<MessageId, quint64>>& messages,
                                      SaveState state) {
  const QPointer<ConversationStore> alive(this);
  for (const auto& [id, version] : messages) {
    if (newestVersion_.value(id.value) != version) continue;
    if (state == SaveState::Saved) newestVersion_.remove(id.value);
    Q_EMIT messageSaveStateChanged(id, state);
    if (!alive) return;
  }
}

}  // namespace app
