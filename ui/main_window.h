// MainWindow: menus, docks and layouts around the chat; the title; where files are dropped.
// It owns no state but the docks' places.
#pragma once

#include <QHash>
#include <QList>
#include <QMainWindow>
#include <QString>
#include <vector>

#include "app/workspace.h"
#include "ui/chat/token_heat.h"

class QActionGroup;
class QDockWidget;
class QMenu;

namespace ui {

class AttentionPanel;
class CachePanel;
class ChatPanel;
class ConversationPanel;
class ExpertsPanel;
class NextTokenPanel;
class StatusBar;
class Theme;
class TimelineStrip;

class MainWindow : public QMainWindow {
  Q_OBJECT

 public:
  /// `layoutFile`: where the docks' places are kept; "": nowhere.
  MainWindow(app::Workspace& workspace, Theme& theme, const QString& layoutFile,
             QWidget* parent = nullptr);
  ~MainWindow() override;

  ChatPanel* chatPanel() { return chat_; }
  /// Every action with a text, in menu order: for the palette and the key sheet.
  QList<QAction*> allActions() const;
  QAction* action(const QString& name) const;
  void applyLayout(app::Layout layout);
  void openLoadDialog(const QString& path = {});

 protected:
  void closeEvent(QCloseEvent* event) override;
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;
  void changeEvent(QEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  // main_window_actions.cpp
  void createActions();
  void createFileMenu();
  void createEditMenu();
  void createViewMenu();
  void createModelMenu();
  void createInspectMenu();
  void createHelpMenu();
  QAction* addAction(QMenu* menu, const QString& name, const QString& text,
                     const QKeySequence& key = {});
  template <class Run>
  QAction* addAction(QMenu* menu, const QString& name, const QString& text, const QKeySequence& key,
                     Run run);
  void fillRecentMenu();
  void showPalette();
  void showKeys();
  void showAbout();
  void showSampling();
  void showSystemPrompt();
  void showExactPrompt();
  void showTensors();
  void showSettings();

  // main_window_docks.cpp
  void createDocks();
  QDockWidget* addDock(const QString& name, const QString& title, QWidget* widget,
                       Qt::DockWidgetArea area);
  void createInspectorDocks();
  void arrangeInspect();
  bool isLow() const;
  void stackPanels();
  void arrangeForHeight();
  void sharePanelHeights();
  void applyHeat();
  void restoreLayout();
  void saveLayout() const;

  void connectWorkspace();
  void refreshTitle();
  void refreshActions();
  void applySettings();
  QString droppedPath(const QMimeData* mime) const;

  app::Workspace& workspace_;
  Theme& theme_;
  QString layoutFile_;
  ChatPanel* chat_ = nullptr;
  ConversationPanel* conversations_ = nullptr;
  QHash<QString, QAction*> actions_;
  QList<QAction*> ordered_;
  QActionGroup* layouts_ = nullptr;
  QMenu* recentMenu_ = nullptr;
  QMenu* panelMenu_ = nullptr;
  QDockWidget* conversationDock_ = nullptr;
  QDockWidget* expertsDock_ = nullptr;
  QDockWidget* attentionDock_ = nullptr;
  QDockWidget* nextTokenDock_ = nullptr;
  QDockWidget* cacheDock_ = nullptr;
  QDockWidget* timelineDock_ = nullptr;
  QDockWidget* samplingDock_ = nullptr;
  bool wasLow_ = false;            // when the panels were last arranged
  std::vector<HeatedToken> heat_;  // as the attention panel wants it
};

}  // namespace ui
