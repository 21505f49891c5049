// DraftStore: what was typed and not sent, per conversation, kept in a small file so that it
// outlives the program however it ends. Text of conversations not on disk yet shares one entry.
#pragma once

#include <QHash>
#include <QObject>
#include <QString>
#include <QTimer>

#include "app/values.h"

namespace app {

class ConversationListModel;

class DraftStore : public QObject {
  Q_OBJECT

 public:
  /// Longer drafts are kept while the program runs and not in the file.
  static constexpr qsizetype kMaxStored = 1 << 20;

  /// `file` "": nothing is read or written. `conversations` outlives it.
  DraftStore(const QString& file, const ConversationListModel& conversations,
             QObject* parent = nullptr);
  ~DraftStore() override;

  QString draft(ConversationId conversation) const;
  /// Written within half a second; empty text removes it.
  void setDraft(ConversationId conversation, const QString& text);
  void flush();

 private:
  std::int64_t keyOf(ConversationId conversation) const;
  void read();

  QString file_;
  const ConversationListModel& conversations_;
  QHash<std::int64_t, QString> drafts_;  // key 0: a conversation that is not on disk yet
  QTimer timer_;
};

}  // namespace app
