// Menus: every action by name, with its key.
#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QDialogButtonBox>
#include <QDockWidget>
#include <QLabel>
#include <QMenu>
#include <QMenuBar>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

#include "app/selection.h"
#include "ui/chat/chat_panel.h"
#include "ui/chat/chat_view.h"
#include "ui/chat/composer.h"
#include "ui/chat/composer_edit.h"
#include "ui/chat/prompt_dialog.h"
#include "ui/chat/system_prompt_editor.h"
#include "ui/command_palette.h"
#include "ui/conversation_panel.h"
#include "ui/format.h"
#include "ui/key_sheet.h"
#include "ui/load/tensor_window.h"
#include "ui/main_window.h"
#include "ui/settings/settings_dialog.h"
#include "ui/theme/theme.h"

namespace ui {

QAction* MainWindow::addAction(QMenu* menu, const QString& name, const QString& text,
                               const QKeySequence& key) {
  QAction* made = menu->addAction(text);
  made->setObjectName(name);
  made->setShortcut(key);
  made->setShortcutContext(Qt::WindowShortcut);
  actions_.insert(name, made);
  ordered_ += made;
  return made;
}

template <class Run>
QAction* MainWindow::addAction(QMenu* menu, const QString& name, const QString& text,
                               const QKeySequence& key, Run run) {
  QAction* made = addAction(menu, name, text, key);
  connect(made, &QAction::triggered, this, run);
  return made;
}

QAction* MainWindow::action(const QString& name) const { return actions_.value(name); }

QList<QAction*> MainWindow::allActions() const {
  QList<QAction*> all = ordered_;
  for (const QDockWidget* dock : {conversationDock_, expertsDock_, attentionDock_, nextTokenDock_,
                                  cacheDock_, timelineDock_, samplingDock_}) {
    all += dock->toggleViewAction();
  }
  return all;
}

void MainWindow::createActions() {
  createFileMenu();
  createEditMenu();
  createViewMenu();
  createModelMenu();
  createInspectMenu();
  createHelpMenu();
  auto* palette = new QToolButton(menuBar());
  palette->setIcon(theme_.icon(QStringLiteral("search"), ColourRole::TextMuted));
  palette->setToolTip(tr("Commands (Ctrl+Shift+P)"));
  palette->setAccessibleName(tr("Commands"));
  connect(palette, &QToolButton::clicked, this, &MainWindow::showPalette);
  connect(&theme_, &Theme::changed, palette, [this, palette] {
    palette->setIcon(theme_.icon(QStringLiteral("search"), ColourRole::TextMuted));
  });
  menuBar()->setCornerWidget(palette);
}

void MainWindow::createFileMenu() {
  QMenu* menu = menuBar()->addMenu(tr("&File"));
  addAction(menu, QStringLiteral("newConversation"), tr("&New conversation"), QKeySequence::New,
            [this] {
              workspace_.chat().newConversation();
              chat_->composer()->setFocus();
            });
  addAction(menu, QStringLiteral("openCheckpoint"), tr("&Open checkpoint…"), QKeySequence::Open,
            [this] { openLoadDialog(); });
  recentMenu_ = menu->addMenu(tr("Open &recent"));
  menu->addSeparator();
  addAction(menu, QStringLiteral("settings"), tr("&Settings…"),
            QKeySequence(QStringLiteral("Ctrl+,")), [this] { showSettings(); });
  menu->addSeparator();
  addAction(menu, QStringLiteral("close"), tr("&Close window"),
            QKeySequence(QStringLiteral("Ctrl+W")), [this] { close(); });
  addAction(menu, QStringLiteral("quit"), tr("&Quit"), QKeySequence(QStringLiteral("Ctrl+Q")),
            [this] { close(); });
  fillRecentMenu();
}

void MainWindow::createEditMenu() {
  QMenu* menu = menuBar()->addMenu(tr("&Edit"));
  addAction(menu, QStringLiteral("copyMessage"), tr("Copy last &answer"),
            QKeySequence(QStringLiteral("Ctrl+Shift+C")), [this] {
              chat_->view()->clearTextSelection();
              chat_->view()->setCurrentRow(workspace_.messages().rowCount() - 1);
              chat_->view()->copySelectionOrMessage();
            });
  addAction(menu, QStringLiteral("find"), tr("&Find in conversation…"), QKeySequence::Find,
            [this] { chat_->openFind(); });
  addAction(menu, QStringLiteral("findConversation"), tr("Find &conversation…"),
            QKeySequence(QStringLiteral("Ctrl+K")), [this] {
              conversationDock_->show();
              conversations_->focusSearch();
            });
  menu->addSeparator();
  addAction(menu, QStringLiteral("focusMessage"), tr("Go to the &message box"),
            QKeySequence(QStringLiteral("Ctrl+L")), [this] { chat_->composer()->setFocus(); });
  addAction(menu, QStringLiteral("focusChat"), tr("Go to the con&versation"),
            QKeySequence(QStringLiteral("Ctrl+J")),
            [this] { chat_->view()->setFocus(Qt::TabFocusReason); });
}

void MainWindow::createViewMenu() {
  QMenu* menu = menuBar()->addMenu(tr("&View"));
  layouts_ = new QActionGroup(this);
  const auto layout = [&](const char* name, const QString& text, const QString& key,
                          app::Layout which) {
    QAction* made = addAction(menu, QString::fromLatin1(name), text, QKeySequence(key),
                              [this, which] { applyLayout(which); });
    made->setCheckable(true);
    made->setData(static_cast<int>(which));
    made->setChecked(workspace_.settings().values().layout == which);
    layouts_->addAction(made);
  };
  layout("layoutChat", tr("Layout: &Chat"), QStringLiteral("Alt+1"), app::Layout::Chat);
  layout("layoutInspect", tr("Layout: &Inspect"), QStringLiteral("Alt+2"), app::Layout::Inspect);
  layout("layoutStudy", tr("Layout: &Study"), QStringLiteral("Alt+3"), app::Layout::Study);
  addAction(menu, QStringLiteral("resetLayout"), tr("&Reset layout"), {},
            [this] { applyLayout(workspace_.settings().values().layout); });
  menu->addSeparator();
  panelMenu_ = menu->addMenu(tr("&Panels"));
  for (QDockWidget* dock : {conversationDock_, expertsDock_, attentionDock_, nextTokenDock_,
                            cacheDock_, timelineDock_, samplingDock_}) {
    panelMenu_->addAction(dock->toggleViewAction());
  }
  QAction* tokens = addAction(menu, QStringLiteral("showTokens"), tr("Show &tokens"),
                              QKeySequence(QStringLiteral("Ctrl+T")),
                              [this](bool shown) { chat_->setShowsTokens(shown); });
  tokens->setCheckable(true);
  menu->addSeparator();
  const auto zoom = [this](double factor) {
    app::SettingsValues values = workspace_.settings().values();
    values.fontScale = factor == 0 ? 1.0 : std::clamp(values.fontScale + factor, 0.75, 2.0);
    workspace_.settings().setValues(values);
  };
  addAction(menu, QStringLiteral("larger"), tr("&Larger text"), QKeySequence::ZoomIn,
            [zoom] { zoom(0.1); });
  addAction(menu, QStringLiteral("smaller"), tr("S&maller text"), QKeySequence::ZoomOut,
            [zoom] { zoom(-0.1); });
  addAction(menu, QStringLiteral("normalSize"), tr("&Normal text size"),
            QKeySequence(QStringLiteral("Ctrl+0")), [zoom] { zoom(0); });
}

void MainWindow::createModelMenu() {
  QMenu* menu = menuBar()->addMenu(tr("&Model"));
  app::ChatViewModel& chat = workspace_.chat();
  addAction(menu, QStringLiteral("stop"), tr("&Stop"), {}, [&chat] { chat.stop(); });
  addAction(menu, QStringLiteral("regenerate"), tr("&Regenerate the last answer"),
            QKeySequence(QStringLiteral("Ctrl+R")), [this] {
              for (int row = workspace_.messages().rowCount() - 1; row >= 0; --row) {
                if (!workspace_.chat().canRegenerate(row)) continue;
                workspace_.chat().regenerate(row);
                return;
              }
            });
  menu->addSeparator();
  addAction(menu, QStringLiteral("sampling"), tr("Sam&pling settings"),
            QKeySequence(QStringLiteral("Ctrl+Shift+S")), [this] { showSampling(); });
  addAction(menu, QStringLiteral("systemPrompt"), tr("S&ystem prompt…"),
            QKeySequence(QStringLiteral("Ctrl+Shift+Y")), [this] { showSystemPrompt(); });
  addAction(menu, QStringLiteral("exactPrompt"), tr("Show &exact prompt…"),
            QKeySequence(QStringLiteral("Ctrl+Shift+E")), [this] { showExactPrompt(); });
  addAction(menu, QStringLiteral("tensors"), tr("&Tensors of the checkpoint…"),
            QKeySequence(QStringLiteral("Ctrl+Shift+T")), [this] { showTensors(); });
  menu->addSeparator();
  addAction(menu, QStringLiteral("cancelLoad"), tr("&Cancel loading"), {},
            [&chat] { chat.cancelLoad(); });
  addAction(menu, QStringLiteral("unload"), tr("&Unload the checkpoint"), {},
            [&chat] { chat.unloadModel(); });
}

void MainWindow::createInspectMenu() {
  QMenu* menu = menuBar()->addMenu(tr("&Inspect"));
  app::Selection& selection = workspace_.selection();
  addAction(menu, QStringLiteral("previousToken"), tr("&Previous token"),
            QKeySequence(QStringLiteral("Ctrl+Left")), [&selection] { selection.previousToken(); });
  addAction(menu, QStringLiteral("nextToken"), tr("&Next token"),
            QKeySequence(QStringLiteral("Ctrl+Right")), [&selection] { selection.nextToken(); });
  addAction(menu, QStringLiteral("live"), tr("&Follow the newest token"),
            QKeySequence(QStringLiteral("Ctrl+End")), [&selection] { selection.live(); });
  menu->addSeparator();
  addAction(menu, QStringLiteral("previousLayer"), tr("Layer &up"),
            QKeySequence(QStringLiteral("Alt+Up")), [&selection] { selection.previousLayer(); });
  addAction(menu, QStringLiteral("nextLayer"), tr("Layer &down"),
            QKeySequence(QStringLiteral("Alt+Down")), [&selection] { selection.nextLayer(); });
  addAction(menu, QStringLiteral("previousHead"), tr("Previous &head"),
            QKeySequence(QStringLiteral("Alt+[")), [&selection] { selection.previousHead(); });
  addAction(menu, QStringLiteral("nextHead"), tr("Next h&ead"),
            QKeySequence(QStringLiteral("Alt+]")), [&selection] { selection.nextHead(); });
  menu->addSeparator();
  QAction* colour =
      addAction(menu, QStringLiteral("colourText"), tr("Colour the &text by attention"),
                QKeySequence(QStringLiteral("Ctrl+H")), [this] { applyHeat(); });
  colour->setCheckable(true);
  colour->setChecked(true);
  addAction(menu, QStringLiteral("clearSelection"), tr("&Clear the selection"), {},
            [&selection] { selection.clear(); });
}

void MainWindow::createHelpMenu() {
  QMenu* menu = menuBar()->addMenu(tr("&Help"));
  addAction(menu, QStringLiteral("palette"), tr("&Commands…"),
            QKeySequence(QStringLiteral("Ctrl+Shift+P")), [this] { showPalette(); });
  addAction(menu, QStringLiteral("keys"), tr("&Keys"), QKeySequence(Qt::Key_F1),
            [this] { showKeys(); });
  menu->addSeparator();
  addAction(menu, QStringLiteral("about"), tr("&About Bathyscope"), {}, [this] { showAbout(); });
}

void MainWindow::fillRecentMenu() {
  recentMenu_->clear();
  const QList<app::LibraryEntry> recent = workspace_.library().recent();
  for (const app::LibraryEntry& entry : recent) {
    const QString path = entry.path;
    QString text = format::oneLine(entry.name, 60);
    text.replace(u'&', QStringLiteral("&&"));
    if (entry.isMissing) text = tr("%1 (missing)").arg(text);
    QAction* made = recentMenu_->addAction(text, this, [this, path] { openLoadDialog(path); });
    made->setEnabled(!entry.isMissing);
    made->setToolTip(path.toHtmlEscaped());
  }
  const QString demo = workspace_.library().demoPath();
  if (!demo.isEmpty()) {
    if (!recent.isEmpty()) recentMenu_->addSeparator();
    recentMenu_->addAction(tr("Bundled demo checkpoint"), this,
                           [this, demo] { openLoadDialog(demo); });
  }
  recentMenu_->setEnabled(!recentMenu_->isEmpty());
}

void MainWindow::showPalette() {
  CommandPalette palette(allActions(), theme_, this);
  palette.move(mapToGlobal(QPoint((width() - palette.width()) / 2, theme_.gap(16))));
  palette.exec();
}

void MainWindow::showKeys() {
  auto* sheet = new KeySheet(allActions(), theme_, this);
  sheet->setAttribute(Qt::WA_DeleteOnClose);
  sheet->open();
}

void MainWindow::showAbout() {
  auto* dialog = new QDialog(this);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setWindowTitle(tr("About Bathyscope"));
  auto* text = new QLabel(
      tr("Bathyscope %1\n\nChat with a local DeepSeek-family model and see inside it while it "
         "speaks.\n\nLicensed under the Apache License 2.0.")
          .arg(QApplication::applicationVersion()),
      dialog);
  text->setWordWrap(true);
  text->setTextFormat(Qt::PlainText);
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, dialog);
  buttons->button(QDialogButtonBox::Close)->setText(tr("Close"));
  connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::reject);
  auto* column = new QVBoxLayout(dialog);
  column->setContentsMargins(theme_.gap(6), theme_.gap(6), theme_.gap(6), theme_.gap(4));
  column->setSpacing(theme_.gap(4));
  column->addWidget(text);
  column->addWidget(buttons);
  dialog->resize(theme_.gap(100), dialog->sizeHint().height());
  dialog->open();
}

void MainWindow::showSampling() {
  samplingDock_->show();
  samplingDock_->raise();
  samplingDock_->widget()->setFocus();
}

void MainWindow::showSystemPrompt() {
  auto* editor = new SystemPromptEditor(workspace_.chat(), theme_, this);
  editor->setAttribute(Qt::WA_DeleteOnClose);
  editor->open();
}

void MainWindow::showTensors() {
  const auto model = workspace_.chat().model();
  if (!model) return;
  auto* window = new TensorWindow(workspace_.bridge(), theme_, this);
  window->setAttribute(Qt::WA_DeleteOnClose);
  window->setCheckpoint(QString::fromStdString(model->path), QString::fromStdString(model->name));
  window->show();
}

void MainWindow::showExactPrompt() {
  auto* dialog = new PromptDialog(workspace_, chat_->composer()->message(), theme_, this);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->open();
}

void MainWindow::showSettings() {
  auto* dialog = new SettingsDialog(workspace_.settings(), theme_, this);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->open();
}

}  // namespace ui
