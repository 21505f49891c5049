// What the composer shows of the chat's state, and its questions about the text's tokens.
#include <QLabel>
#include <QProgressBar>
#include <QToolButton>

#include "app/chat_view_model.h"
#include "app/engine_bridge.h"
#include "ui/chat/attachment_chip.h"
#include "ui/chat/composer.h"
#include "ui/chat/composer_edit.h"
#include "ui/format.h"
#include "ui/theme/theme.h"

namespace ui {

void Composer::refresh() {
  const app::ChatViewModel& chat = parts_.chat;
  const bool hasText = !edit_->toPlainText().trimmed().isEmpty() || !chips_.isEmpty();
  const bool canSend = editedRow_ ? chat.canEdit(*editedRow_) : chat.canSubmit();
  sendButton_->setEnabled(hasText && canSend);
  sendButton_->setIcon(theme_.icon(QStringLiteral("send"), sendButton_->isEnabled()
                                                               ? ColourRole::AccentText
                                                               : ColourRole::TextMuted));
  stopButton_->setVisible(chat.canStop());
  stopButton_->setEnabled(chat.state() != app::ChatState::Stopping);
  systemButton_->setProperty("marked", !chat.systemPrompt().isEmpty());
  systemButton_->setIcon(theme_.icon(QStringLiteral("system"), chat.systemPrompt().isEmpty()
                                                                   ? ColourRole::TextMuted
                                                                   : ColourRole::Accent));
  edit_->setPlaceholderText(chat.state() == app::ChatState::Loading
                                ? tr("Message (sent when the model is ready)")
                                : tr("Message"));
  edit_->viewport()->update();  // one placeholder for another is not repainted by itself
  refreshProgress();
  refreshHint();
}

void Composer::refreshProgress() {
  const app::ChatViewModel& chat = parts_.chat;
  const app::LiveStatistics& statistics = chat.statistics();
  const bool reading = chat.state() == app::ChatState::Prefilling;
  const bool stopping = chat.state() == app::ChatState::Stopping;
  progress_->setVisible(reading);
  progressText_->setVisible(reading || stopping);
  if (stopping) progressText_->setText(tr("Stopping…"));
  if (!reading) return;
  const auto total = static_cast<int>(std::min<qint64>(statistics.promptTokens, INT_MAX));
  progress_->setRange(0, total);  // 0: busy, until the engine says how much there is
  progress_->setValue(static_cast<int>(std::min<qint64>(statistics.promptDone, total)));
  progressText_->setText(total == 0 ? tr("Reading the prompt…")
                                    : tr("Reading the prompt: %1 of %2 tokens")
                                          .arg(format::count(statistics.promptDone),
                                               format::count(statistics.promptTokens)));
}

QString Composer::hint() const {
  const app::ChatViewModel& chat = parts_.chat;
  if (!refusal_.isEmpty()) return refusal_;
  if (editedRow_)
    return tr("Editing a sent message: Enter sends a new version, Esc keeps the old one.");
  if (!chat.chatProblem().isEmpty()) return chat.chatProblem();
  if (containsControlText_) return tr("Contains control text: it will be sent as plain text.");
  if (chat.state() == app::ChatState::Loading && chat.canStop()) {
    return tr("Your message is sent as soon as the model is ready.");
  }
  return {};
}

void Composer::refreshHint() {
  const QString text = hint();
  hintLabel_->setText(text);
  hintLabel_->setVisible(!text.isEmpty());
  if (chips_.isEmpty() && edit_->toPlainText().isEmpty()) {
    countLabel_->clear();
  } else if (nTokens_ >= 0) {
    countLabel_->setText(tr("%1 tokens").arg(format::count(nTokens_)));
  } else {
    countLabel_->setText(tr("%1 characters").arg(format::count(message().size())));
  }
}

void Composer::measureSoon() { measureTimer_.start(); }

void Composer::measure() {
  questions_.removeIf([](const Question& question) { return question.chip == nullptr; });
  const QString text = message();
  if (text.isEmpty()) {
    nTokens_ = -1;
    containsControlText_ = false;
    refreshHint();
    return;
  }
  questions_ += {++lastKey_, text, nullptr};
  askNext();
}

// One question at a time: the bridge drops a waiting one when a newer one comes.
void Composer::askNext() {
  if (asked_ || questions_.isEmpty()) return;
  asked_ = questions_.takeFirst();
  parts_.bridge.requestTextMeasure(asked_->key, asked_->text);
}

void Composer::onMeasured(quint64 key, qint64 nTokens, bool containsControlText) {
  if (!asked_ || asked_->key != key) return;
  const Question answered = *std::exchange(asked_, std::nullopt);
  if (answered.chip != nullptr) {
    answered.chip->setTokenCount(nTokens);
  } else if (answered.text == message()) {
    nTokens_ = nTokens;
    containsControlText_ = containsControlText;
    refreshHint();
  }
  askNext();
}

}  // namespace ui
