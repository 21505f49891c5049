// A JSON object from conversation id to text, written whole and put in place in one step.
#include "app/draft_store.h"

#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSaveFile>

#include "app/conversation_list_model.h"

namespace app {

namespace {

constexpr int kWriteDelayMs = 400;
constexpr qint64 kLargestFile = 16 << 20;

}  // namespace

DraftStore::DraftStore(const QString& file, const ConversationListModel& conversations,
                       QObject* parent)
    : QObject(parent), file_(file), conversations_(conversations) {
  timer_.setSingleShot(true);
  timer_.setInterval(kWriteDelayMs);
  connect(&timer_, &QTimer::timeout, this, &DraftStore::flush);
  read();
}

DraftStore::~DraftStore() {
  if (timer_.isActive()) flush();
}

// A file that is damaged loses its drafts, and nothing else.
void DraftStore::read() {
  QFile file(file_);
  if (file_.isEmpty() || file.size() > kLargestFile || !file.open(QIODevice::ReadOnly)) return;
  const QJsonObject object = QJsonDocument::fromJson(file.readAll()).object();
  for (auto it = object.begin(); it != object.end(); ++it) {
    bool isNumber = false;
    const qint64 key = it.key().toLongLong(&isNumber);
    if (isNumber && it->isString()) drafts_.insert(key, it->toString());
  }
}

std::int64_t DraftStore::keyOf(ConversationId conversation) const {
  return conversations_.rowOf(conversation) < 0 ? 0 : conversation.value;
}

QString DraftStore::draft(ConversationId conversation) const {
  return drafts_.value(keyOf(conversation));
}

void DraftStore::setDraft(ConversationId conversation, const QString& text) {
  const std::int64_t key = keyOf(conversation);
  if (drafts_.value(key) == text) return;
  if (text.isEmpty()) {
    drafts_.remove(key);
  } else {
    drafts_.insert(key, text);
  }
  if (!timer_.isActive()) timer_.start();
}

void DraftStore::flush() {
  timer_.stop();
  if (file_.isEmpty()) return;
  QJsonObject object;
  for (auto it = drafts_.cbegin(); it != drafts_.cend(); ++it) {
    if (it->size() <= kMaxStored) object.insert(QString::number(it.key()), *it);
  }
  QSaveFile file(file_);
  if (!file.open(QIODevice::WriteOnly)) return;
  file.write(QJsonDocument(object).toJson(QJsonDocument::Compact));
  file.commit();
}

}  // namespace app
