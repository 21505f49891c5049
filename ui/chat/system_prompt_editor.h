// SystemPromptEditor: the open conversation's system prompt, in a small window of its own.
#pragma once

#include <QDialog>

namespace app {
class ChatViewModel;
}

namespace ui {

class Theme;

class SystemPromptEditor : public QDialog {
  Q_OBJECT

 public:
  SystemPromptEditor(app::ChatViewModel& chat, const Theme& theme, QWidget* parent = nullptr);
};

}  // namespace ui
