// Docks, the three ready-made layouts, and remembering where everything was.
#include <QAction>
#include <QActionGroup>
#include <QDockWidget>
#include <QScrollArea>
#include <QSettings>

#include "ui/chat/chat_panel.h"
#include "ui/chat/chat_view.h"
#include "ui/conversation_panel.h"
#include "ui/dock_title.h"
#include "ui/inspector/attention_panel.h"
#include "ui/inspector/cache_panel.h"
#include "ui/inspector/experts_panel.h"
#include "ui/inspector/inspector_binding.h"
#include "ui/inspector/next_token_panel.h"
#include "ui/inspector/timeline_strip.h"
#include "ui/main_window.h"
#include "ui/settings/sampling_panel.h"
#include "ui/theme/theme.h"

namespace ui {
namespace {

// Raised when docks are added or renamed: an older state is then not restored.
constexpr int kLayoutVersion = 1;

}  // namespace

QDockWidget* MainWindow::addDock(const QString& name, const QString& title, QWidget* widget,
                                 Qt::DockWidgetArea area) {
  auto* dock = new QDockWidget(title, this);
  dock->setObjectName(name);
  widget->setObjectName(QStringLiteral("dockContent"));
  widget->setAttribute(Qt::WA_StyledBackground);
  dock->setWidget(widget);
  dock->setTitleBarWidget(new DockTitle(dock, theme_));
  addDockWidget(area, dock);
  return dock;
}

void MainWindow::createDocks() {
  setCorner(Qt::BottomLeftCorner, Qt::BottomDockWidgetArea);
  setCorner(Qt::BottomRightCorner, Qt::BottomDockWidgetArea);
  setTabPosition(Qt::AllDockWidgetAreas, QTabWidget::North);
  conversations_ =
      new ConversationPanel(workspace_.conversations(), workspace_.chat(), theme_, this);
  conversationDock_ = addDock(QStringLiteral("conversations"), tr("Conversations"), conversations_,
                              Qt::LeftDockWidgetArea);
  createInspectorDocks();
  auto* sampling = new QScrollArea(this);
  sampling->setWidgetResizable(true);
  sampling->setFrameShape(QFrame::NoFrame);
  sampling->setWidget(new SamplingPanel(workspace_, theme_, sampling));
  samplingDock_ =
      addDock(QStringLiteral("sampling"), tr("Sampling"), sampling, Qt::RightDockWidgetArea);
  arrangeInspect();
}

void MainWindow::createInspectorDocks() {
  const auto add = [this](const char* name, const QString& title, QWidget* panel,
                          Qt::DockWidgetArea area) {
    return addDock(QString::fromLatin1(name), title, panel, area);
  };
  auto* experts = new ExpertsPanel(theme_, this);
  auto* attention = new AttentionPanel(theme_, this);
  auto* nextToken = new NextTokenPanel(theme_, this);
  auto* cache = new CachePanel(theme_, this);
  auto* timeline = new TimelineStrip(theme_, this);
  expertsDock_ = add("experts", tr("Experts"), experts, Qt::RightDockWidgetArea);
  attentionDock_ = add("attention", tr("Attention"), attention, Qt::RightDockWidgetArea);
  nextTokenDock_ = add("nextToken", tr("Next token"), nextToken, Qt::RightDockWidgetArea);
  cacheDock_ = add("cache", tr("Cache"), cache, Qt::RightDockWidgetArea);
  timelineDock_ = add("timeline", tr("Timeline"), timeline, Qt::BottomDockWidgetArea);
  connect(attention, &AttentionPanel::tokenHeatChanged, chat_->view(),
          [this](const std::vector<TokenHeat>& heat) {
            heat_.clear();
            heat_.reserve(heat.size());
            for (const TokenHeat& token : heat) {
              heat_.push_back({engine::Position(token.position), static_cast<double>(token.value)});
            }
            applyHeat();
          });
  connect(&workspace_.selection(), &app::Selection::followingChanged, this, &MainWindow::applyHeat);
  // A child of the first panel to go, so that it is gone before any of them.
  auto* binding =
      new InspectorBinding({workspace_.timeline(), workspace_.selection(), workspace_.inspector()},
                           {*experts, *attention, *nextToken, *cache, *timeline}, experts);
  binding->follow(workspace_);
}

// Only for a token the user chose: while the newest one is followed the text stays calm.
void MainWindow::applyHeat() {
  const QAction* wanted = action(QStringLiteral("colourText"));
  const bool shown =
      wanted != nullptr && wanted->isChecked() && !workspace_.selection().isFollowing();
  chat_->setTokenHeat(shown ? heat_ : std::vector<HeatedToken>());
}

// As drawn: experts, attention below, next token and cache as tabs at the bottom of the right side.
void MainWindow::arrangeInspect() {
  for (QDockWidget* dock : {conversationDock_, expertsDock_, attentionDock_, nextTokenDock_,
                            cacheDock_, timelineDock_, samplingDock_}) {
    dock->setFloating(false);
  }
  addDockWidget(Qt::LeftDockWidgetArea, conversationDock_);
  addDockWidget(Qt::RightDockWidgetArea, expertsDock_);
  splitDockWidget(expertsDock_, attentionDock_, Qt::Vertical);
  splitDockWidget(attentionDock_, nextTokenDock_, Qt::Vertical);
  tabifyDockWidget(nextTokenDock_, cacheDock_);
  tabifyDockWidget(cacheDock_, samplingDock_);
  addDockWidget(Qt::BottomDockWidgetArea, timelineDock_);
  nextTokenDock_->raise();
}

void MainWindow::applyLayout(app::Layout layout) {
  arrangeInspect();
  const bool panels = layout != app::Layout::Chat;
  conversationDock_->setVisible(layout != app::Layout::Study);
  for (QDockWidget* dock : {expertsDock_, attentionDock_, nextTokenDock_, cacheDock_}) {
    dock->setVisible(panels);
  }
  samplingDock_->setVisible(false);
  timelineDock_->setVisible(panels);
  nextTokenDock_->raise();
  const int left = theme_.gap(52);
  const int right = layout == app::Layout::Study ? width() * 6 / 10 : width() * 36 / 100;
  if (panels) {
    resizeDocks({expertsDock_}, {right}, Qt::Horizontal);
    const int high = height() - theme_.gap(50);
    resizeDocks({expertsDock_, attentionDock_, nextTokenDock_},
                {high * 44 / 100, high * 31 / 100, high * 25 / 100}, Qt::Vertical);
    resizeDocks({timelineDock_}, {theme_.gap(16)}, Qt::Vertical);
  }
  if (layout != app::Layout::Study) resizeDocks({conversationDock_}, {left}, Qt::Horizontal);
  const QList<QAction*> choices = layouts_ != nullptr ? layouts_->actions() : QList<QAction*>();
  for (QAction* choice : choices) {
    if (choice->data().toInt() == static_cast<int>(layout)) choice->setChecked(true);
  }
  app::SettingsValues values = workspace_.settings().values();
  values.layout = layout;
  workspace_.settings().setValues(values);
}

void MainWindow::restoreLayout() {
  const app::Layout layout = workspace_.settings().values().layout;
  if (!layoutFile_.isEmpty()) {
    const QSettings stored(layoutFile_, QSettings::IniFormat);
    const bool placed = restoreGeometry(stored.value(QStringLiteral("geometry")).toByteArray());
    const QByteArray state = stored.value(QStringLiteral("docks")).toByteArray();
    if (placed && restoreState(state, kLayoutVersion)) return;
  }
  applyLayout(layout);
}

void MainWindow::saveLayout() const {
  if (layoutFile_.isEmpty()) return;
  QSettings stored(layoutFile_, QSettings::IniFormat);
  stored.setValue(QStringLiteral("geometry"), saveGeometry());
  stored.setValue(QStringLiteral("docks"), saveState(kLayoutVersion));
}

}  // namespace ui
