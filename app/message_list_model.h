// MessageListModel: the visible branch of the open conversation, one row per message.
// Rows are inserted and removed only between generations; while streaming only dataChanged on one
// row.
#pragma once

#include <QAbstractListModel>
#include <QList>
#include <optional>

#include "app/conversation_record.h"
#include "app/think_split.h"
#include "app/values.h"

namespace app {

/// One row. `record.content` is UTF-8 as stored; `text` is the same as QString.
struct MessageRow {
  MessageRecord record;
  QString text;
  ThinkSplit split;      // of `text`; kept up to date by the model
  int versionIndex = 0;  // among the versions of this message, oldest first
  int versionCount = 1;
  SaveState saveState = SaveState::Saved;
  bool containsControlText = false;
};

class MessageListModel : public QAbstractListModel {
  Q_OBJECT

 public:
  enum DataRole {
    IdRole = Qt::UserRole + 1,  // qint64
    AuthorRole,                 // int of engine::Role
    ContentRole,                // QString, raw: with <think> tags (same as Qt::DisplayRole)
    ReasoningRole,              // QString, "" when there is none
    AnswerRole,                 // QString, without the reasoning
    HasReasoningRole,           // bool
    ReasoningOpenRole,          // bool: still thinking
    ReasoningSecondsRole,       // double; 0 while unknown
    StatusRole,                 // int of MessageStatus
    StatusTextRole,    // QString for people: "Stopped.", the error with its remedy …; "" when Ok
    ErrorCodeRole,     // QString, "context-full" …; "" without an error
    VersionIndexRole,  // int, 0-based
    VersionCountRole,  // int, at least 1
    TokenCountRole,    // int of generated tokens (answers); 0 when unknown
    SaveStateRole,     // int of SaveState
    DamagedRole,       // bool: the stored row does not match its hash
    ControlTextRole,   // bool: the text spells control tokens (they are sent as plain text)
    ModelNameRole,     // QString: the checkpoint that wrote this answer
    CreatedRole,       // QDateTime, local
    SplitRole,         // QVariant of app::ThinkSplit
  };

  explicit MessageListModel(QObject* parent = nullptr);

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  QHash<int, QByteArray> roleNames() const override;

  const MessageRow& row(int index) const;
  std::optional<int> rowOf(MessageId id) const;

  // ---- for ChatViewModel only -------------------------------------------------------------------
  void reset(QList<MessageRow> rows);
  void append(MessageRow row);
  void truncate(int nRows);
  /// One dataChanged for the whole batch.
  void appendText(int index, const QString& text, int nTokens);
  void setStatus(int index, MessageStatus status, const QString& errorCode,
                 const QString& errorText);
  void setPromptOpenedThink(int index, bool opened);
  void setReasoningSeconds(int index, double seconds);
  void setModelName(int index, const QString& name);
  void setVersion(int index, int versionIndex, int versionCount);
  void setSaveState(int index, SaveState state);
  void setControlText(int index, bool contains);

 private:
  void changed(int index, const QList<int>& roles);
  QList<MessageRow> rows_;
};

/// One sentence for a status: what happened and what can be done. "" for Ok and Streaming.
QString statusText(MessageStatus status, const QString& errorText);

}  // namespace app

Q_DECLARE_METATYPE(app::ThinkSplit)
