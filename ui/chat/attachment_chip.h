// AttachmentChip: a long pasted text as one small box: its beginning, its size, a way to remove it.
#pragma once

#include <QFrame>
#include <QString>

class QLabel;
class QToolButton;

namespace ui {

class Theme;

class AttachmentChip : public QFrame {
  Q_OBJECT

 public:
  AttachmentChip(QString text, const Theme& theme, QWidget* parent = nullptr);
  const QString& text() const { return text_; }
  /// -1: not known.
  void setTokenCount(qint64 n);

 Q_SIGNALS:
  void removeRequested();
  /// Put the text into the message box instead.
  void expandRequested();

 private:
  QString text_;
  QLabel* size_;
};

}  // namespace ui
