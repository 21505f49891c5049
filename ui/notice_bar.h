// NoticeBar: an error, warning or remark where it happened: one sentence, details folded, copyable.
#pragma once

#include <QFrame>
#include <QString>

class QLabel;
class QPlainTextEdit;
class QToolButton;

namespace ui {

class Theme;

enum class NoticeLevel { Info, Warning, Error };

class NoticeBar : public QFrame {
  Q_OBJECT

 public:
  explicit NoticeBar(Theme& theme, QWidget* parent = nullptr);

  /// Shows itself; an empty text hides it.
  void show(NoticeLevel level, const QString& text, const QString& details = {});
  void setDismissible(bool dismissible);
  /// A further button with its own text; "" takes it away.
  void setAction(const QString& text);
  QString text() const { return text_; }

 Q_SIGNALS:
  void dismissed();
  void actionTriggered();

 private:
  void restyle();

  Theme& theme_;
  NoticeLevel level_ = NoticeLevel::Info;
  QString text_;
  QLabel* icon_;
  QLabel* label_;
  QToolButton* action_;
  QToolButton* fold_;
  QToolButton* copy_;
  QToolButton* close_;
  QPlainTextEdit* details_;
};

}  // namespace ui
