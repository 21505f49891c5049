// ComposerEdit: the message box's text field: grows to eight lines, Enter sends, long pastes become
// attachments.
#pragma once

#include <QPlainTextEdit>

namespace ui {

class Theme;

class ComposerEdit : public QPlainTextEdit {
  Q_OBJECT

 public:
  explicit ComposerEdit(const Theme& theme, QWidget* parent = nullptr);
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 Q_SIGNALS:
  void sendPressed();
  void escapePressed();
  /// Up in an empty field: edit the last message.
  void editLastRequested();
  void longTextPasted(const QString& text);
  void pasteRefused(qint64 nCharacters);

 protected:
  void keyPressEvent(QKeyEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  bool canInsertFromMimeData(const QMimeData* source) const override;
  void insertFromMimeData(const QMimeData* source) override;

 private:
  int heightForLines(int lines) const;
  int contentLines() const;

  const Theme& theme_;
};

}  // namespace ui
