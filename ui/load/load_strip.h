// LoadStrip: what a running load does ("Mapping weights, 3.1 of 10.4 GB"), its bar, and Cancel.
#pragma once

#include <QFrame>

class QLabel;
class QProgressBar;
class QPushButton;

namespace app {
class ChatViewModel;
}

namespace ui {

class Theme;

class LoadStrip : public QFrame {
  Q_OBJECT

 public:
  LoadStrip(app::ChatViewModel& chat, const Theme& theme, QWidget* parent = nullptr);

 private:
  void refresh();

  app::ChatViewModel& chat_;
  QLabel* text_;
  QProgressBar* bar_;
  QPushButton* cancel_;
};

}  // namespace ui
