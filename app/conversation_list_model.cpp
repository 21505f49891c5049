#include "app/conversation_list_model.h"

#include <QDateTime>
#include <QLocale>
#include <algorithm>

#include "app/conversation_store.h"

namespace app {

QString dayGroup(const QDate& day, const QDate& today) {
  if (day == today) return ConversationListModel::tr("Today");
  if (day.addDays(1) == today) return ConversationListModel::tr("Yesterday");
  return QLocale().toString(day, QLocale::LongFormat);
}

ConversationListModel::ConversationListModel(ConversationStore& store, QObject* parent)
    : QAbstractListModel(parent), store_(store) {
  connect(&store, &ConversationStore::listReady, this, &ConversationListModel::onListReady);
  store.requestList();
}

int ConversationListModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(records_.size());
}

QVariant ConversationListModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const ConversationRecord& record = records_.at(index.row());
  switch (role) {
    case IdRole:
      return QVariant::fromValue<qint64>(record.id.value);
    case Qt::DisplayRole:
    case TitleRole:
      return displayTitle(record);
    case GroupRole:
      return dayGroup(QDateTime::fromMSecsSinceEpoch(record.updatedMs).date(),
                      QDate::currentDate());
    case UpdatedRole:
      return QDateTime::fromMSecsSinceEpoch(record.updatedMs);
    case CurrentRole:
      return record.id == current_;
    case AnsweringRole:
      return record.id == answering_;
    case DamagedRole:
      return record.damaged;
    default:
      return {};
  }
}

QHash<int, QByteArray> ConversationListModel::roleNames() const {
  return {{IdRole, "id"},           {TitleRole, "title"},     {GroupRole, "group"},
          {UpdatedRole, "updated"}, {CurrentRole, "current"}, {AnsweringRole, "answering"},
          {DamagedRole, "damaged"}};
}

ConversationId ConversationListModel::idAt(int row) const { return records_.at(row).id; }

int ConversationListModel::rowOf(ConversationId id) const {
  const auto it = std::find_if(records_.cbegin(), records_.cend(),
                               [id](const ConversationRecord& r) { return r.id == id; });
  return it == records_.cend() ? -1 : static_cast<int>(it - records_.cbegin());
}

void ConversationListModel::onListReady(const QList<ConversationRecord>& conversations) {
  // What was touched while the list was read is newer than what the store sent.
  QList<ConversationRecord> merged;
  for (const ConversationRecord& record : std::as_const(records_)) {
    if (touched_.contains(record.id.value)) merged.append(record);
  }
  for (const ConversationRecord& record : conversations) {
    if (!touched_.contains(record.id.value)) merged.append(record);
  }
  touched_.clear();
  beginResetModel();
  records_ = std::move(merged);
  endResetModel();
  loaded_ = true;
  Q_EMIT loadedChanged();
}

void ConversationListModel::rename(ConversationId id, const QString& title) {
  const int row = rowOf(id);
  if (row < 0) return;
  records_[row].title = title.simplified();
  store_.saveConversation(records_.at(row));
  Q_EMIT dataChanged(index(row), index(row), {Qt::DisplayRole, TitleRole});
  Q_EMIT conversationRenamed(id, records_.at(row).title);
}

void ConversationListModel::remove(ConversationId id) {
  const int row = rowOf(id);
  if (row < 0) return;
  beginRemoveRows({}, row, row);
  removed_.append(records_.takeAt(row));
  endRemoveRows();
  store_.deleteConversation(id);
  Q_EMIT undoChanged();
  Q_EMIT conversationRemoved(id);
}

void ConversationListModel::undoRemove() {
  if (removed_.isEmpty()) return;
  const ConversationRecord record = removed_.takeLast();
  const auto place = std::find_if(
      records_.cbegin(), records_.cend(),
      [&record](const ConversationRecord& other) { return other.sequence < record.sequence; });
  const int row = static_cast<int>(place - records_.cbegin());
  beginInsertRows({}, row, row);
  records_.insert(row, record);
  endInsertRows();
  store_.undeleteConversation(record.id);
  Q_EMIT undoChanged();
}

void ConversationListModel::touch(const ConversationRecord& record) {
  if (!loaded_) touched_.insert(record.id.value);
  const int row = rowOf(record.id);
  if (row < 0) {
    beginInsertRows({}, 0, 0);
    records_.prepend(record);
    endInsertRows();
    return;
  }
  if (row > 0) {
    beginMoveRows({}, row, row, {}, 0);
    records_.move(row, 0);
    endMoveRows();
  }
  records_[0] = record;
  Q_EMIT dataChanged(index(0), index(0));
}

void ConversationListModel::update(const ConversationRecord& record) {
  const int row = rowOf(record.id);
  if (row < 0) return;
  records_[row] = record;
  Q_EMIT dataChanged(index(row), index(row));
}

void ConversationListModel::setCurrent(ConversationId id) {
  if (current_ == id) return;
  const ConversationId old = std::exchange(current_, id);
  announce(old, CurrentRole);
  announce(id, CurrentRole);
}

void ConversationListModel::setAnswering(ConversationId id) {
  if (answering_ == id) return;
  const ConversationId old = std::exchange(answering_, id);
  announce(old, AnsweringRole);
  announce(id, AnsweringRole);
}

void ConversationListModel::announce(ConversationId id, int role) {
  const int row = rowOf(id);
  if (row >= 0) Q_EMIT dataChanged(index(row), index(row), {role});
}

std::int64_t ConversationListModel::nextSequence() const {
  if (!loaded_) return 0;
  std::int64_t newest = 0;
  for (const ConversationRecord& record : records_) newest = std::max(newest, record.sequence);
  for (const ConversationRecord& record : removed_) newest = std::max(newest, record.sequence);
  return newest + 1;
}

QString displayTitle(const ConversationRecord& record) {
  if (!record.title.isEmpty()) return record.title;
  if (!record.firstUserText.isEmpty()) return record.firstUserText;
  return ConversationListModel::tr("New conversation");
}

}  // namespace app
