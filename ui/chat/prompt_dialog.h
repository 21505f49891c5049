// PromptDialog: exactly what the model would be given for the open conversation: the rendered text
// with the template's own parts marked.
#pragma once

#include <QDialog>
#include <memory>

#include "engine/tokenizer/chat_template.h"

class QLabel;
class QPlainTextEdit;

namespace app {
class Workspace;
}

namespace ui {

class Theme;

class PromptDialog : public QDialog {
  Q_OBJECT

 public:
  /// `draft` is added as the last user message when it is not empty.
  PromptDialog(app::Workspace& workspace, const QString& draft, const Theme& theme,
               QWidget* parent = nullptr);

 private:
  void ask(const QString& draft);
  void show(const engine::RenderedPrompt& prompt);

  app::Workspace& workspace_;
  const Theme& theme_;
  QPlainTextEdit* text_;
  QLabel* summary_;
  quint64 previewKey_ = 0;
};

}  // namespace ui
