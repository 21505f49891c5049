// Keys and pasting of the message box. Input methods work through QPlainTextEdit itself.
#include "ui/chat/composer_edit.h"

#include <QKeyEvent>
#include <QMimeData>
#include <QTextBlock>
#include <algorithm>

#include "ui/theme/theme.h"

namespace ui {
namespace {

constexpr int kMaxLines = 8;
constexpr int kLongPasteCharacters = 2000;
constexpr int kLongPasteLines = 30;
// Beyond this a message could never fit a context; it would only freeze the field.
constexpr qsizetype kMaxPaste = 16 * 1024 * 1024;

}  // namespace

ComposerEdit::ComposerEdit(const Theme& theme, QWidget* parent)
    : QPlainTextEdit(parent), theme_(theme) {
  setTabChangesFocus(true);
  setFrameShape(QFrame::NoFrame);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  document()->setDocumentMargin(theme.unit());
  connect(this, &QPlainTextEdit::textChanged, this, [this] { updateGeometry(); });
}

int ComposerEdit::contentLines() const {
  int lines = 0;
  for (QTextBlock block = document()->firstBlock(); block.isValid() && lines < kMaxLines;
       block = block.next()) {
    lines += std::max(1, block.lineCount());
  }
  return lines;
}

int ComposerEdit::heightForLines(int lines) const {
  const double margins = 2 * document()->documentMargin();
  return lines * fontMetrics().lineSpacing() + static_cast<int>(margins) + 2;
}

QSize ComposerEdit::sizeHint() const {
  return {theme_.gap(60), heightForLines(std::clamp(contentLines(), 1, kMaxLines))};
}

QSize ComposerEdit::minimumSizeHint() const { return {theme_.gap(20), heightForLines(1)}; }

void ComposerEdit::resizeEvent(QResizeEvent* event) {
  QPlainTextEdit::resizeEvent(event);
  updateGeometry();  // other wrapping, other height
}

void ComposerEdit::keyPressEvent(QKeyEvent* event) {
  const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
  const auto modifiers = event->modifiers() & ~Qt::KeypadModifier;
  if (enter && (modifiers == Qt::NoModifier || modifiers == Qt::ControlModifier)) {
    Q_EMIT sendPressed();
  } else if (enter && modifiers == Qt::ShiftModifier) {
    insertPlainText(QStringLiteral("\n"));
    ensureCursorVisible();
  } else if (event->key() == Qt::Key_Escape) {
    Q_EMIT escapePressed();
  } else if (event->key() == Qt::Key_Up && modifiers == Qt::NoModifier && toPlainText().isEmpty()) {
    Q_EMIT editLastRequested();
  } else {
    QPlainTextEdit::keyPressEvent(event);
  }
}

bool ComposerEdit::canInsertFromMimeData(const QMimeData* source) const {
  return source->hasText() && !source->hasUrls();
}

void ComposerEdit::insertFromMimeData(const QMimeData* source) {
  const QString text = source->text();
  if (text.size() > kMaxPaste) {
    Q_EMIT pasteRefused(text.size());
  } else if (text.size() > kLongPasteCharacters || text.count(u'\n') > kLongPasteLines) {
    Q_EMIT longTextPasted(text);
  } else {
    insertPlainText(text);
  }
}

}  // namespace ui
