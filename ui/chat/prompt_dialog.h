// PromptDialog: exactly what the model would be given for the open conversation: the rendered text
// with the template's own parts marked, and beside it the tokens it becomes.
#pragma once

#include <QDialog>
#include <memory>

#include "app/engine_door.h"

class QLabel;
class QPlainTextEdit;
class QTableView;

namespace app {
class Workspace;
}

namespace ui {

class PromptTokensModel;
class Theme;

class PromptDialog : public QDialog {
  Q_OBJECT

 public:
  /// With `draft` as the last user message; when it is empty, what the last answer was given.
  PromptDialog(app::Workspace& workspace, const QString& draft, const Theme& theme,
               QWidget* parent = nullptr);

 private:
  void ask(const QString& draft);
  QTableView* buildTokens();
  void show(const std::shared_ptr<const app::PromptPreview>& preview);
  void showText(const engine::RenderedPrompt& prompt);

  app::Workspace& workspace_;
  const Theme& theme_;
  QPlainTextEdit* text_;
  PromptTokensModel* tokens_;
  QLabel* summary_;
  quint64 previewKey_ = 0;
  int nMessages_ = 0;  // in it
};

}  // namespace ui
