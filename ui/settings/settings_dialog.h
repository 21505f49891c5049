// SettingsDialog: theme, font size, language, threads and context length. Everything counts at
// once, but the language, which needs a restart and says so.
#pragma once

#include <QDialog>

class QFormLayout;

namespace app {
class AppSettings;
}

namespace ui {

class Theme;

class SettingsDialog : public QDialog {
  Q_OBJECT

 public:
  SettingsDialog(app::AppSettings& settings, const Theme& theme, QWidget* parent = nullptr);

 private:
  void addColours();
  void addFontSize();
  void addLanguage();
  void addEngine();
  void addSystemPrompt();
  void addRow(const QString& label, QWidget* field);

  app::AppSettings& settings_;
  const Theme& theme_;
  QFormLayout* form_;
};

}  // namespace ui
