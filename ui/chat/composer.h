// Composer: the message box with its attachments, marks, progress, Send and Stop. Turns what the
// user does into intents of the chat view-model; knows nothing of the engine.
#pragma once

#include <QFrame>
#include <QHash>
#include <QList>
#include <QString>
#include <QTimer>
#include <optional>

#include "app/values.h"

class QHBoxLayout;
class QLabel;
class QProgressBar;
class QToolButton;
class QVBoxLayout;

namespace app {
class ChatViewModel;
class DraftStore;
class EngineBridge;
class MessageListModel;
}  // namespace app

namespace ui {

class AttachmentChip;
class ComposerEdit;
class Theme;

class Composer : public QFrame {
  Q_OBJECT

 public:
  struct Parts {
    app::ChatViewModel& chat;
    app::EngineBridge& bridge;
    app::MessageListModel& messages;
    app::DraftStore& drafts;
  };
  Composer(Parts parts, Theme& theme, QWidget* parent = nullptr);

  ComposerEdit* edit() { return edit_; }
  /// What would be sent: the typed text, then the attachments.
  QString message() const;
  void send();
  /// Fills the box with a sent message; sending then makes a new version of it.
  void beginEdit(int row);
  void cancelEdit();
  bool isEditing() const { return editedRow_.has_value(); }
  void addAttachment(const QString& text);
  QList<AttachmentChip*> attachments() const { return chips_; }
  /// A muted or warning line above the text; "" hides it.
  QString hint() const;

 Q_SIGNALS:
  void samplingRequested();
  void systemPromptRequested();
  void exactPromptRequested();

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void buildRows();
  QToolButton* makeButton(const QString& icon, const QString& toolTip);
  void connectParts();
  void restyle();
  void refresh();
  void refreshProgress();
  void refreshHint();
  void escape();
  void conversationChanged();
  void keepDraft();
  void removeChip(AttachmentChip* chip);
  void measureSoon();
  void measure();
  void askNext();
  void onMeasured(quint64 key, qint64 nTokens, bool containsControlText);
  void clear();

  struct Question {
    quint64 key = 0;
    QString text;
    AttachmentChip* chip = nullptr;  // none: the whole message
  };

  Parts parts_;
  Theme& theme_;
  ComposerEdit* edit_ = nullptr;
  QLabel* hintLabel_ = nullptr;
  QProgressBar* progress_ = nullptr;
  QLabel* progressText_ = nullptr;
  QHBoxLayout* chipRow_ = nullptr;
  QLabel* countLabel_ = nullptr;
  QToolButton* samplingButton_ = nullptr;
  QToolButton* systemButton_ = nullptr;
  QToolButton* promptButton_ = nullptr;
  QToolButton* stopButton_ = nullptr;
  QToolButton* sendButton_ = nullptr;
  QList<AttachmentChip*> chips_;
  std::optional<int> editedRow_;
  QString draftBeforeEdit_;
  app::ConversationId conversation_;
  QTimer measureTimer_;
  QList<Question> questions_;
  std::optional<Question> asked_;
  quint64 lastKey_ = 0;
  qint64 nTokens_ = -1;
  bool containsControlText_ = false;
  QString refusal_;
};

}  // namespace ui
