// Text counts from the next message on, for this conversation only.
#include "ui/chat/system_prompt_editor.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QVBoxLayout>

#include "app/chat_view_model.h"
#include "ui/theme/theme.h"

namespace ui {

SystemPromptEditor::SystemPromptEditor(app::ChatViewModel& chat, const Theme& theme,
                                       QWidget* parent)
    : QDialog(parent) {
  setWindowTitle(tr("System prompt"));
  auto* text = new QPlainTextEdit(chat.systemPrompt(), this);
  text->setPlaceholderText(
      tr("No system prompt. What is written here stands before the first message."));
  text->setTabChangesFocus(true);
  text->setAccessibleName(tr("System prompt"));
  auto* note = new QLabel(tr("For this conversation, from its next message on."), this);
  note->setProperty("muted", true);
  note->setWordWrap(true);
  auto* cancel = new QPushButton(tr("Cancel"), this);
  auto* apply = new QPushButton(tr("Use"), this);
  apply->setProperty("primary", true);
  apply->setDefault(true);
  auto* buttons = new QHBoxLayout();
  buttons->setSpacing(theme.gap(2));
  buttons->addWidget(note, 1);
  buttons->addWidget(cancel);
  buttons->addWidget(apply);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(theme.gap(4), theme.gap(4), theme.gap(4), theme.gap(3));
  column->setSpacing(theme.gap(3));
  column->addWidget(text, 1);
  column->addLayout(buttons);
  resize(theme.gap(130), theme.gap(70));
  connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
  connect(apply, &QPushButton::clicked, this, [this, text, &chat] {
    chat.setSystemPrompt(text->toPlainText());
    accept();
  });
}

}  // namespace ui
