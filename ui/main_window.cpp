// The window's frame: construction, title, settings, dropped files.
#include "ui/main_window.h"

#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QCloseEvent>
#include <QDockWidget>
#include <QDragEnterEvent>
#include <QMimeData>
#include <QScreen>
#include <QUrl>

#include "ui/chat/chat_panel.h"
#include "ui/chat/composer.h"
#include "ui/format.h"
#include "ui/load/load_dialog.h"
#include "ui/status_bar.h"
#include "ui/theme/theme.h"

namespace ui {

MainWindow::MainWindow(app::Workspace& workspace, Theme& theme, const QString& layoutFile,
                       QWidget* parent)
    : QMainWindow(parent), workspace_(workspace), theme_(theme), layoutFile_(layoutFile) {
  setObjectName(QStringLiteral("mainWindow"));
  setAcceptDrops(true);
  setDockNestingEnabled(true);
  chat_ = new ChatPanel(workspace, theme, this);
  setCentralWidget(chat_);
  auto* status = new StatusBar(workspace.chat(), theme, this);
  setStatusBar(status);
  connect(&workspace.bridge(), &app::EngineBridge::generationFinished, status,
          [status](const engine::GenerationFinished& finished) {
            status->showDrafts(finished.statistics);
          });
  createDocks();
  createActions();
  connectWorkspace();
  const QSize available = screen()->availableSize();
  resize(std::min(theme.gap(360), available.width() * 95 / 100),
         std::min(theme.gap(220), available.height() * 90 / 100));
  restoreLayout();
  refreshTitle();
  refreshActions();
  chat_->composer()->setFocus();
}

// Panels tell of being hidden and of losing their values: let them, while the window is whole.
MainWindow::~MainWindow() {
  hide();
  qDeleteAll(findChildren<QDockWidget*>(QString(), Qt::FindDirectChildrenOnly));
  delete takeCentralWidget();
}

void MainWindow::connectWorkspace() {
  const app::ChatViewModel* chat = &workspace_.chat();
  connect(chat, &app::ChatViewModel::modelChanged, this, &MainWindow::refreshTitle);
  connect(chat, &app::ChatViewModel::modelChanged, this, &MainWindow::refreshActions);
  connect(chat, &app::ChatViewModel::stateChanged, this, &MainWindow::refreshActions);
  connect(&workspace_.library(), &app::ModelLibrary::recentChanged, this,
          &MainWindow::fillRecentMenu);
  connect(&workspace_.settings(), &app::AppSettings::changed, this, &MainWindow::applySettings);
  connect(chat_, &ChatPanel::samplingRequested, this, &MainWindow::showSampling);
  connect(chat_, &ChatPanel::systemPromptRequested, this, &MainWindow::showSystemPrompt);
  connect(chat_, &ChatPanel::exactPromptRequested, this, &MainWindow::showExactPrompt);
  connect(chat_, &ChatPanel::openCheckpointRequested, this, [this] { openLoadDialog(); });
  connect(chat_, &ChatPanel::tokensShown, action(QStringLiteral("showTokens")),
          &QAction::setChecked);
  for (const app::Notice& notice : workspace_.notices()) chat_->showNotice(notice);
}

void MainWindow::refreshTitle() {
  const auto model = workspace_.chat().model();
  QString title = QStringLiteral("Bathyscope");
  if (model) {
    title += QStringLiteral(" — ") + format::oneLine(QString::fromStdString(model->name), 60);
    const QString dtype = QString::fromStdString(model->report.dtype_summary);
    if (!dtype.isEmpty()) title += QStringLiteral(" · ") + format::oneLine(dtype, 40);
  }
  setWindowTitle(title);
}

void MainWindow::refreshActions() {
  const app::ChatViewModel& chat = workspace_.chat();
  action(QStringLiteral("stop"))->setEnabled(chat.canStop());
  action(QStringLiteral("cancelLoad"))->setEnabled(chat.state() == app::ChatState::Loading);
  action(QStringLiteral("unload"))->setEnabled(chat.model() != nullptr);
  action(QStringLiteral("exactPrompt"))->setEnabled(chat.model() != nullptr);
  action(QStringLiteral("tensors"))->setEnabled(chat.model() != nullptr);
  bool canRegenerate = false;
  for (int row = workspace_.messages().rowCount() - 1; row >= 0 && !canRegenerate; --row) {
    canRegenerate = chat.canRegenerate(row);
  }
  action(QStringLiteral("regenerate"))->setEnabled(canRegenerate);
}

void MainWindow::applySettings() {
  const app::SettingsValues& values = workspace_.settings().values();
  theme_.setMode(static_cast<ThemeMode>(values.theme));
  theme_.setFontScale(values.fontScale);
  workspace_.chat().setDefaultSystemPrompt(values.systemPrompt);
}

void MainWindow::openLoadDialog(const QString& path) {
  auto* dialog = new LoadDialog(workspace_, theme_, this);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setPath(path);
  dialog->open();
}

void MainWindow::closeEvent(QCloseEvent* event) {
  saveLayout();
  QMainWindow::closeEvent(event);
}

void MainWindow::changeEvent(QEvent* event) {
  if (event->type() == QEvent::WindowTitleChange) setAccessibleName(windowTitle());
  QMainWindow::changeEvent(event);
}

// One folder or file opens the report; many are refused where they were dropped.
QString MainWindow::droppedPath(const QMimeData* mime) const {
  const QList<QUrl> urls = mime->urls();
  return urls.size() == 1 && urls.first().isLocalFile() ? urls.first().toLocalFile() : QString();
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
  if (event->mimeData()->hasUrls()) event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event) {
  const QString path = droppedPath(event->mimeData());
  if (!path.isEmpty()) {
    openLoadDialog(path);
    return;
  }
  chat_->showNotice({app::NoticeSeverity::Warning,
                     QStringLiteral("checkpoint"),
                     tr("Only one checkpoint can be opened: drop one folder or one file."),
                     {}});
}

}  // namespace ui
