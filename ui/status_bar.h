// StatusBar: device and what lies on it, speeds, first token, context used, memory: the numbers of
// the running or the last answer.
#pragma once

#include <QStatusBar>
#include <QTimer>

#include "engine/runtime/events.h"

class QLabel;

namespace app {
class ChatViewModel;
}

namespace ui {

class Theme;

class StatusBar : public QStatusBar {
  Q_OBJECT

 public:
  StatusBar(app::ChatViewModel& chat, const Theme& theme, QWidget* parent = nullptr);
  /// How many of the MTP module's drafts the last answer took; hidden without any.
  void showDrafts(const engine::GenerationStatistics& statistics);
  /// The texts shown, from left to right.
  QStringList texts() const;

 private:
  QLabel* addField(const QString& toolTip);
  void refresh();
  void refreshDevice();
  void refreshMemory();

  app::ChatViewModel& chat_;
  const Theme& theme_;
  QLabel* device_;
  QLabel* placement_;
  QLabel* prompt_;
  QLabel* answer_;
  QLabel* firstToken_;
  QLabel* drafts_;
  QLabel* context_;
  QLabel* memory_;
  QTimer memoryTimer_;
};

/// Resident memory of this process in bytes; 0 when the system does not say.
qint64 residentBytes();

}  // namespace ui
