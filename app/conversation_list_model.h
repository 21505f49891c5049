// ConversationListModel: the list at the left, newest use first, grouped by day.
#pragma once

#include <QAbstractListModel>
#include <QDate>
#include <QList>
#include <QSet>

#include "app/conversation_record.h"

namespace app {

class ConversationStore;

class ConversationListModel : public QAbstractListModel {
  Q_OBJECT

 public:
  enum DataRole {
    IdRole = Qt::UserRole + 1,  // qint64
    TitleRole,    // QString: the given title, else the first user message, else "New conversation"
    GroupRole,    // QString: "Today", "Yesterday", or a date by locale
    UpdatedRole,  // QDateTime, local
    CurrentRole,  // bool: this one is open
    AnsweringRole,  // bool: an answer is being written in it
    DamagedRole,    // bool
  };

  explicit ConversationListModel(ConversationStore& store, QObject* parent = nullptr);

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  QHash<int, QByteArray> roleNames() const override;

  ConversationId idAt(int row) const;
  int rowOf(ConversationId id) const;  // -1: not in the list
  bool isLoaded() const { return loaded_; }

  /// Empty title: back to the first user message.
  void rename(ConversationId id, const QString& title);
  void remove(ConversationId id);
  bool canUndoRemove() const { return !removed_.isEmpty(); }
  /// Brings the last removed one back.
  void undoRemove();

  // ---- for ChatViewModel only -------------------------------------------------------------------
  /// Inserts or moves to the top.
  void touch(const ConversationRecord& record);
  /// Takes over the record without moving it.
  void update(const ConversationRecord& record);
  void setCurrent(ConversationId id);
  void setAnswering(ConversationId id);  // none: value 0
  /// For a conversation that is used now; 0 (the store decides) until the list is read.
  std::int64_t nextSequence() const;

 Q_SIGNALS:
  void loadedChanged();
  void undoChanged();
  /// The open conversation was removed: the view-model starts a new one.
  void conversationRemoved(app::ConversationId id);
  void conversationRenamed(app::ConversationId id, const QString& title);

 private:
  void onListReady(const QList<ConversationRecord>& conversations);
  void announce(ConversationId id, int role);

  ConversationStore& store_;
  QList<ConversationRecord> records_;
  QList<ConversationRecord> removed_;
  QSet<std::int64_t> touched_;  // used before the list was read
  ConversationId current_;
  ConversationId answering_;
  bool loaded_ = false;
};

/// The given title, else the first user message, else "New conversation".
QString displayTitle(const ConversationRecord& record);
/// "Today", "Yesterday", or a date, for a time as seen on `today`.
QString dayGroup(const QDate& day, const QDate& today);

}  // namespace app
