// SettingsDialog: theme, font size, language, threads and context length. Everything counts at
// once, but the language, which needs a restart and says so.
#pragma once

#include <QDialog>

namespace app {
class AppSettings;
}

namespace ui {

class Theme;

class SettingsDialog : public QDialog {
  Q_OBJECT

 public:
  SettingsDialog(app::AppSettings& settings, const Theme& theme, QWidget* parent = nullptr);
};

}  // namespace ui
