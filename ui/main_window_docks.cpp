// Docks, the three ready-made layouts, and remembering where everything was.
#include <QAction>
#include <QActionGroup>
#include <QDockWidget>
#include <QScrollArea>
#include <QSettings>
#include <QTabBar>
#include <QTimer>

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
  sampling->widget()->setAutoFillBackground(false);  // on the panel's ground, as the other docks
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
  static_cast<DockTitle*>(timelineDock_->titleBarWidget())->addTools(timeline->tools());
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

// Too low for three panels above each other.
bool MainWindow::isLow() const { return height() < theme_.gap(195); }

// Attention below the experts; below it, or in a low window with it, the others as tabs.
void MainWindow::stackPanels() {
  splitDockWidget(expertsDock_, attentionDock_, Qt::Vertical);
  if (isLow()) {
    tabifyDockWidget(attentionDock_, nextTokenDock_);
  } else {
    splitDockWidget(attentionDock_, nextTokenDock_, Qt::Vertical);
  }
  tabifyDockWidget(nextTokenDock_, cacheDock_);
  tabifyDockWidget(cacheDock_, samplingDock_);
  wasLow_ = isLow();
  (isLow() ? attentionDock_ : nextTokenDock_)->raise();
}

// As drawn: experts, attention below, next token and cache as tabs at the bottom of the right side.
void MainWindow::arrangeInspect() {
  for (QDockWidget* dock : {conversationDock_, expertsDock_, attentionDock_, nextTokenDock_,
                            cacheDock_, timelineDock_, samplingDock_}) {
    dock->setFloating(false);
  }
  addDockWidget(Qt::LeftDockWidgetArea, conversationDock_);
  addDockWidget(Qt::RightDockWidgetArea, expertsDock_);
  stackPanels();
  addDockWidget(Qt::BottomDockWidgetArea, timelineDock_);
}

void MainWindow::sharePanelHeights() {
  const int high = height() - theme_.gap(50);
  if (isLow()) {
    resizeDocks({expertsDock_, attentionDock_}, {high * 55 / 100, high * 45 / 100}, Qt::Vertical);
  } else {
    resizeDocks({expertsDock_, attentionDock_, nextTokenDock_},
                {high * 44 / 100, high * 31 / 100, high * 25 / 100}, Qt::Vertical);
  }
}

// A window made low or high again: the attention panel joins the tabs below it, or leaves them.
// Only where the panels still stand as they were arranged.
void MainWindow::arrangeForHeight() {
  if (isLow() == wasLow_) return;
  wasLow_ = isLow();
  const auto inPlace = [this](QDockWidget* dock) {
    return !dock->isHidden() && !dock->isFloating() &&
           dockWidgetArea(dock) == Qt::RightDockWidgetArea;
  };
  const bool tabbed = tabifiedDockWidgets(attentionDock_).contains(nextTokenDock_);
  if (tabbed == isLow() || !inPlace(expertsDock_) || !inPlace(attentionDock_) ||
      !inPlace(nextTokenDock_) || !tabifiedDockWidgets(nextTokenDock_).contains(cacheDock_)) {
    return;
  }
  stackPanels();
  sharePanelHeights();
  // Qt leaves the line of a bar without tabs where it was.
  for (QTabBar* bar : findChildren<QTabBar*>(QString(), Qt::FindDirectChildrenOnly)) {
    if (bar->count() == 0) bar->hide();
  }
}

void MainWindow::resizeEvent(QResizeEvent* event) {
  QMainWindow::resizeEvent(event);
  // Not while the layout is at work.
  if (isLow() != wasLow_) QTimer::singleShot(0, this, &MainWindow::arrangeForHeight);
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
  (isLow() ? attentionDock_ : nextTokenDock_)->raise();
  const int left = theme_.gap(52);
  const int right = layout == app::Layout::Study ? width() * 6 / 10 : width() * 36 / 100;
  if (panels) {
    resizeDocks({expertsDock_}, {right}, Qt::Horizontal);
    sharePanelHeights();
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
    if (placed && restoreState(state, kLayoutVersion)) {
      wasLow_ = isLow();
      return;
    }
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
