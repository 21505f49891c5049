// CommandPalette: every action of the window by name, with its key (Ctrl+Shift+P).
#pragma once

#include <QDialog>
#include <QList>

class QAction;
class QLineEdit;
class QListWidget;

namespace ui {

class Theme;

class CommandPalette : public QDialog {
  Q_OBJECT

 public:
  CommandPalette(const QList<QAction*>& actions, const Theme& theme, QWidget* parent = nullptr);
  /// Texts of the entries that match what is typed.
  QStringList entries() const;

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void fill();
  void run();

  QList<QAction*> actions_;
  QLineEdit* field_;
  QListWidget* list_;
};

/// An action's text without its mnemonic mark.
QString plainActionText(const QAction& action);
/// Letters of `typed` appear in order in `text`; lower is better, -1: no match.
int matchScore(const QString& text, const QString& typed);

}  // namespace ui
