#include "app/message_list_model.h"

#include "app/engine_text.h"

#include <QCoreApplication>
#include <QDateTime>
#include <algorithm>

namespace app {

QString statusText(MessageStatus status, const QString& errorText) {
  switch (status) {
    case MessageStatus::Ok:
    case MessageStatus::Streaming:
      return {};
    case MessageStatus::Waiting:
      return QCoreApplication::translate("app", "Waiting for the model.");
    case MessageStatus::Interrupted:
      return QCoreApplication::translate(
          "app", "Interrupted: the program ended before the answer did. Regenerate to try again.");
    case MessageStatus::Stopped:
      return QCoreApplication::translate("app", "Stopped.");
    case MessageStatus::MaxTokens:
      return QCoreApplication::translate(
          "app", "Stopped at the maximum number of tokens set in the sampling settings.");
    case MessageStatus::ContextFull:
      if (!errorText.isEmpty()) return engineText(errorText);
      return QCoreApplication::translate(
          "app", "The context is full. Start a new chat, or load with a larger context.");
    case MessageStatus::Failed:
      return errorText.isEmpty() ? QCoreApplication::translate("app", "The answer failed.")
                                 : engineText(errorText);
  }
  return {};
}

MessageListModel::MessageListModel(QObject* parent) : QAbstractListModel(parent) {}

int MessageListModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

QVariant MessageListModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const MessageRow& row = rows_.at(index.row());
  switch (role) {
    case IdRole:
      return QVariant::fromValue<qint64>(row.record.id.value);
    case AuthorRole:
      return static_cast<int>(row.record.role);
    case Qt::DisplayRole:
    case ContentRole:
      return row.text;
    case ReasoningRole:
      return row.split.hasReasoning ? reasoningText(row.text, row.split) : QString();
    case AnswerRole:
      return answerText(row.text, row.split);
    case HasReasoningRole:
      return row.split.hasReasoning;
    case ReasoningOpenRole:
      return row.split.reasoningOpen;
    case ReasoningSecondsRole:
      return static_cast<double>(row.record.reasoningMs) / 1000.0;
    case StatusRole:
      return static_cast<int>(row.record.status);
    case StatusTextRole:
      return statusText(row.record.status, row.record.errorText);
    case ErrorCodeRole:
      return row.record.errorCode;
    case VersionIndexRole:
      return row.versionIndex;
    case VersionCountRole:
      return row.versionCount;
    case TokenCountRole:
      return static_cast<int>(row.record.tokenCount);
    case SaveStateRole:
      return static_cast<int>(row.saveState);
    case DamagedRole:
      return row.record.damaged;
    case ControlTextRole:
      return row.containsControlText;
    case ModelNameRole:
      return row.record.modelName;
    case CreatedRole:
      return QDateTime::fromMSecsSinceEpoch(row.record.createdMs);
    case SplitRole:
      return QVariant::fromValue(row.split);
    default:
      return {};
  }
}

QHash<int, QByteArray> MessageListModel::roleNames() const {
  return {{IdRole, "id"},
          {AuthorRole, "author"},
          {ContentRole, "content"},
          {ReasoningRole, "reasoning"},
          {AnswerRole, "answer"},
          {HasReasoningRole, "hasReasoning"},
          {ReasoningOpenRole, "reasoningOpen"},
          {ReasoningSecondsRole, "reasoningSeconds"},
          {StatusRole, "status"},
          {StatusTextRole, "statusText"},
          {ErrorCodeRole, "errorCode"},
          {VersionIndexRole, "versionIndex"},
          {VersionCountRole, "versionCount"},
          {TokenCountRole, "tokenCount"},
          {SaveStateRole, "saveState"},
          {DamagedRole, "damaged"},
          {ControlTextRole, "controlText"},
          {ModelNameRole, "modelName"},
          {CreatedRole, "created"},
          {SplitRole, "split"}};
}

const MessageRow& MessageListModel::row(int index) const { return rows_.at(index); }

std::optional<int> MessageListModel::rowOf(MessageId id) const {
  const auto it = std::find_if(rows_.crbegin(), rows_.crend(),
                               [id](const MessageRow& row) { return row.record.id == id; });
  if (it == rows_.crend()) return std::nullopt;
  return static_cast<int>(std::distance(it, rows_.crend())) - 1;
}

void MessageListModel::reset(QList<MessageRow> rows) {
  beginResetModel();
  rows_ = std::move(rows);
  for (MessageRow& row : rows_) row.split = splitThinking(row.text, row.record.promptOpenedThink);
  endResetModel();
}

void MessageListModel::append(MessageRow row) {
  const int index = static_cast<int>(rows_.size());
  row.split = splitThinking(row.text, row.record.promptOpenedThink);
  beginInsertRows({}, index, index);
  rows_.append(std::move(row));
  endInsertRows();
}

void MessageListModel::truncate(int nRows) {
  if (nRows >= rows_.size()) return;
  beginRemoveRows({}, nRows, static_cast<int>(rows_.size()) - 1);
  rows_.resize(nRows);
  endRemoveRows();
}

void MessageListModel::changed(int index, const QList<int>& roles) {
  const QModelIndex cell = this->index(index);
  Q_EMIT dataChanged(cell, cell, roles);
}

void MessageListModel::appendText(int index, const QString& text, int nTokens) {
  MessageRow& row = rows_[index];
  row.text += text;
  row.record.tokenCount += nTokens;
  if (row.split.hasReasoning && !row.split.reasoningOpen &&
      row.split.answerBegin < row.split.answerEnd) {
    row.split.answerEnd = row.text.size();  // the split is settled: only the answer grows
  } else {
    row.split = splitThinking(row.text, row.record.promptOpenedThink);
  }
  changed(index, {Qt::DisplayRole, ContentRole, ReasoningRole, AnswerRole, HasReasoningRole,
                  ReasoningOpenRole, TokenCountRole, SplitRole});
}

void MessageListModel::setStatus(int index, MessageStatus status, const QString& errorCode,
                                 const QString& errorText) {
  MessageRecord& record = rows_[index].record;
  record.status = status;
  record.errorCode = errorCode;
  record.errorText = errorText;
  changed(index, {StatusRole, StatusTextRole, ErrorCodeRole});
}

void MessageListModel::setPromptOpenedThink(int index, bool opened) {
  MessageRow& row = rows_[index];
  if (row.record.promptOpenedThink == opened) return;
  row.record.promptOpenedThink = opened;
  row.split = splitThinking(row.text, opened);
  changed(index, {ReasoningRole, AnswerRole, HasReasoningRole, ReasoningOpenRole, SplitRole});
}

void MessageListModel::setReasoningSeconds(int index, double seconds) {
  rows_[index].record.reasoningMs = static_cast<std::int64_t>(seconds * 1000.0);
  changed(index, {ReasoningSecondsRole});
}

void MessageListModel::setModelName(int index, const QString& name) {
  rows_[index].record.modelName = name;
  changed(index, {ModelNameRole});
}

void MessageListModel::setVersion(int index, int versionIndex, int versionCount) {
  MessageRow& row = rows_[index];
  if (row.versionIndex == versionIndex && row.versionCount == versionCount) return;
  row.versionIndex = versionIndex;
  row.versionCount = versionCount;
  changed(index, {VersionIndexRole, VersionCountRole});
}

void MessageListModel::setSaveState(int index, SaveState state) {
  if (rows_.at(index).saveState == state) return;
  rows_[index].saveState = state;
  changed(index, {SaveStateRole});
}

void MessageListModel::setControlText(int index, bool contains) {
  if (rows_.at(index).containsControlText == contains) return;
  rows_[index].containsControlText = contains;
  changed(index, {ControlTextRole});
}

}  // namespace app
