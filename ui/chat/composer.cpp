// The composer's parts and what they say in each state.
#include "ui/chat/composer.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QToolButton>
#include <QVBoxLayout>

#include "app/chat_view_model.h"
#include "app/draft_store.h"
#include "app/engine_bridge.h"
#include "app/message_list_model.h"
#include "ui/chat/attachment_chip.h"
#include "ui/chat/composer_edit.h"
#include "ui/format.h"
#include "ui/theme/theme.h"

namespace ui {

Composer::Composer(Parts parts, Theme& theme, QWidget* parent)
    : QFrame(parent), parts_(parts), theme_(theme), edit_(new ComposerEdit(theme, this)) {
  setObjectName(QStringLiteral("composer"));
  buildRows();
  measureTimer_.setSingleShot(true);
  measureTimer_.setInterval(200);
  connectParts();
  restyle();
  conversation_ = parts_.chat.conversation();
  edit_->setPlainText(parts_.drafts.draft(conversation_));
  refresh();
}

QToolButton* Composer::makeButton(const QString& icon, const QString& toolTip) {
  auto* button = new QToolButton(this);
  button->setProperty("iconName", icon);
  button->setToolTip(toolTip);
  button->setAccessibleName(toolTip);
  return button;
}

void Composer::buildRows() {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(theme_.gap(2), theme_.gap(2), theme_.gap(2), theme_.unit());
  column->setSpacing(theme_.unit());
  auto* progressRow = new QHBoxLayout();
  progress_ = new QProgressBar(this);
  progress_->setTextVisible(false);
  progress_->setAccessibleName(tr("Prompt progress"));
  progressText_ = new QLabel(this);
  progressText_->setProperty("muted", true);
  progressRow->addWidget(progress_, 1);
  progressRow->addWidget(progressText_);
  hintLabel_ = new QLabel(this);
  hintLabel_->setWordWrap(true);
  hintLabel_->setTextFormat(Qt::PlainText);
  hintLabel_->setProperty("muted", true);
  chipRow_ = new QHBoxLayout();
  chipRow_->setSpacing(theme_.unit());
  chipRow_->addStretch(1);
  column->addLayout(progressRow);
  column->addWidget(hintLabel_);
  column->addLayout(chipRow_);
  column->addWidget(edit_);
  auto* buttons = new QHBoxLayout();
  buttons->setSpacing(theme_.unit());
  samplingButton_ = makeButton(QStringLiteral("sampling"), tr("Sampling settings (Ctrl+Shift+S)"));
  systemButton_ = makeButton(QStringLiteral("system"), tr("System prompt (Ctrl+Shift+Y)"));
  promptButton_ = makeButton(QStringLiteral("prompt"), tr("Show exact prompt (Ctrl+Shift+E)"));
  countLabel_ = new QLabel(this);
  countLabel_->setProperty("muted", true);
  stopButton_ = makeButton(QStringLiteral("stop"), tr("Stop (Esc)"));
  sendButton_ = makeButton(QStringLiteral("send"), tr("Send (Enter)"));
  sendButton_->setProperty("primary", true);
  buttons->addWidget(samplingButton_);
  buttons->addWidget(systemButton_);
  buttons->addWidget(promptButton_);
  buttons->addStretch(1);
  buttons->addWidget(countLabel_);
  buttons->addWidget(stopButton_);
  buttons->addWidget(sendButton_);
  column->addLayout(buttons);
  edit_->setAccessibleName(tr("Message"));
  setFocusProxy(edit_);
}

void Composer::connectParts() {
  const app::ChatViewModel* chat = &parts_.chat;
  connect(edit_, &ComposerEdit::sendPressed, this, &Composer::send);
  connect(edit_, &ComposerEdit::escapePressed, this, &Composer::escape);
  connect(edit_, &ComposerEdit::longTextPasted, this, &Composer::addAttachment);
  connect(edit_, &ComposerEdit::pasteRefused, this, [this](qint64 n) {
    refusal_ =
        tr("The clipboard holds %1 characters: too many for one message (16 million at most).")
            .arg(format::count(n));
    refreshHint();
  });
  connect(edit_, &ComposerEdit::editLastRequested, this, [this] {
    for (int row = parts_.messages.rowCount() - 1; row >= 0; --row) {
      if (parts_.messages.row(row).record.role != engine::Role::User) continue;
      if (parts_.chat.canEdit(row)) beginEdit(row);
      return;
    }
  });
  connect(edit_, &QPlainTextEdit::textChanged, this, [this] {
    refusal_.clear();
    keepDraft();
    measureSoon();
    refresh();
  });
  connect(sendButton_, &QToolButton::clicked, this, &Composer::send);
  connect(stopButton_, &QToolButton::clicked, &parts_.chat, &app::ChatViewModel::stop);
  connect(samplingButton_, &QToolButton::clicked, this, &Composer::samplingRequested);
  connect(systemButton_, &QToolButton::clicked, this, &Composer::systemPromptRequested);
  connect(promptButton_, &QToolButton::clicked, this, &Composer::exactPromptRequested);
  connect(chat, &app::ChatViewModel::stateChanged, this, &Composer::refresh);
  connect(chat, &app::ChatViewModel::statisticsChanged, this, &Composer::refreshProgress);
  connect(chat, &app::ChatViewModel::chatProblemChanged, this, &Composer::refresh);
  connect(chat, &app::ChatViewModel::systemPromptChanged, this, &Composer::refresh);
  connect(chat, &app::ChatViewModel::modelChanged, this, &Composer::measureSoon);
  connect(chat, &app::ChatViewModel::conversationChanged, this, &Composer::conversationChanged);
  connect(&measureTimer_, &QTimer::timeout, this, &Composer::measure);
  connect(&parts_.bridge, &app::EngineBridge::textMeasured, this,
          [this](quint64 key, qint64 n, bool control) { onMeasured(key, n, control); });
  connect(&theme_, &Theme::changed, this, &Composer::restyle);
}

void Composer::restyle() {
  for (QToolButton* button :
       {samplingButton_, systemButton_, promptButton_, stopButton_, sendButton_}) {
    const bool primary = button == sendButton_;
    button->setIcon(theme_.icon(button->property("iconName").toString(),
                                primary                 ? ColourRole::AccentText
                                : button == stopButton_ ? ColourRole::Error
                                                        : ColourRole::TextMuted));
    button->setIconSize(QSize(theme_.iconSize(), theme_.iconSize()));
  }
}

QString Composer::message() const {
  QStringList parts;
  const QString typed = edit_->toPlainText();
  if (!typed.trimmed().isEmpty()) parts += typed;
  for (const AttachmentChip* chip : chips_) parts += chip->text();
  return parts.join(QStringLiteral("\n\n"));
}

void Composer::send() {
  const QString text = message();
  if (text.trimmed().isEmpty()) return;
  if (editedRow_) {
    if (!parts_.chat.canEdit(*editedRow_)) return;
    parts_.chat.editAndResend(*editedRow_, text);
    editedRow_.reset();
    clear();
    edit_->setPlainText(std::exchange(draftBeforeEdit_, QString()));
  } else {
    // Before it is sent: a conversation that is not on disk yet gets another place by it.
    parts_.drafts.setDraft(conversation_, {});
    if (parts_.chat.submit(text)) {
      clear();
    } else {
      keepDraft();
    }
  }
  refresh();
}

void Composer::clear() {
  edit_->clear();
  while (!chips_.isEmpty()) removeChip(chips_.first());
  nTokens_ = -1;
  containsControlText_ = false;
}

void Composer::beginEdit(int row) {
  if (!parts_.chat.canEdit(row)) return;
  if (!editedRow_) draftBeforeEdit_ = edit_->toPlainText();
  editedRow_ = row;
  edit_->setPlainText(parts_.messages.row(row).text);
  edit_->moveCursor(QTextCursor::End);
  edit_->setFocus();
  refresh();
}

void Composer::cancelEdit() {
  if (!editedRow_) return;
  editedRow_.reset();
  edit_->setPlainText(std::exchange(draftBeforeEdit_, QString()));
  refresh();
}

void Composer::escape() {
  if (editedRow_) {
    cancelEdit();
  } else if (parts_.chat.canStop()) {
    parts_.chat.stop();
  }
}

void Composer::keepDraft() {
  if (editedRow_ || conversation_.value == 0) return;
  parts_.drafts.setDraft(conversation_, message());
}

// Every conversation keeps what was typed for it.
void Composer::conversationChanged() {
  const app::ConversationId now = parts_.chat.conversation();
  if (now == conversation_) return;
  cancelEdit();
  conversation_ = {};  // while the text is exchanged, nothing is kept
  clear();
  edit_->setPlainText(parts_.drafts.draft(now));
  conversation_ = now;
  refresh();
}

void Composer::addAttachment(const QString& text) {
  auto* chip = new AttachmentChip(text, theme_, this);
  chips_ += chip;
  chipRow_->insertWidget(static_cast<int>(chips_.size()) - 1, chip);
  connect(chip, &AttachmentChip::removeRequested, this, [this, chip] { removeChip(chip); });
  connect(chip, &AttachmentChip::expandRequested, this, [this, chip] {
    edit_->insertPlainText(chip->text());
    removeChip(chip);
  });
  questions_ += {++lastKey_, text, chip};
  askNext();
  keepDraft();
  measureSoon();
  refresh();
}

void Composer::removeChip(AttachmentChip* chip) {
  chips_.removeOne(chip);
  questions_.removeIf([chip](const Question& question) { return question.chip == chip; });
  if (asked_ && asked_->chip == chip) asked_->chip = nullptr;
  chip->deleteLater();
  keepDraft();
  measureSoon();
  refresh();
}

void Composer::changeEvent(QEvent* event) {
  if (event->type() == QEvent::FontChange) updateGeometry();
  QFrame::changeEvent(event);
}

}  // namespace ui
