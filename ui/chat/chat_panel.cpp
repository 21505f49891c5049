// Puts the centre together and shows the notices of its parts.
#include "ui/chat/chat_panel.h"

#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/chat/chat_view.h"
#include "ui/chat/composer.h"
#include "ui/chat/context_tokens_view.h"
#include "ui/format.h"
#include "ui/load/load_strip.h"
#include "ui/notice_bar.h"
#include "ui/theme/theme.h"

namespace ui {

ChatPanel::ChatPanel(app::Workspace& workspace, Theme& theme, QWidget* parent)
    : QWidget(parent), workspace_(workspace), theme_(theme) {
  setObjectName(QStringLiteral("chatPanel"));
  setAttribute(Qt::WA_StyledBackground);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(new LoadStrip(workspace.chat(), theme, this));
  for (NoticeBar** bar : {&loadNotice_, &contextNotice_, &storeNotice_, &notice_}) {
    *bar = new NoticeBar(theme, this);
    column->addWidget(*bar);
  }
  storeNotice_->setDismissible(false);
  pages_ = new QStackedWidget(this);
  view_ = new ChatView(
      {workspace.messages(), workspace.chat(), workspace.timeline(), workspace.selection()}, theme,
      this);
  tokens_ = new ContextTokensView(workspace.timeline(), workspace.selection(), theme, this);
  emptyPage_ = makeEmptyPage();
  pages_->addWidget(view_);
  pages_->addWidget(tokens_);
  pages_->addWidget(emptyPage_);
  column->addWidget(pages_, 1);
  findBar_ = makeFindBar();
  column->addWidget(findBar_);
  composer_ =
      new Composer({workspace.chat(), workspace.bridge(), workspace.messages(), workspace.drafts()},
                   theme, this);
  composer_->setMaximumWidth(theme.gap(190));
  auto* composerRow = new QHBoxLayout();
  composerRow->setContentsMargins(theme.gap(4), theme.gap(2), theme.gap(4), theme.gap(3));
  composerRow->addStretch(1);
  composerRow->addWidget(composer_, 100);
  composerRow->addStretch(1);
  column->addLayout(composerRow);
  connectParts();
  refreshPage();
  refreshNotices();
}

QWidget* ChatPanel::makeEmptyPage() {
  auto* page = new QWidget(this);
  auto* column = new QVBoxLayout(page);
  column->setContentsMargins(theme_.gap(8), theme_.gap(8), theme_.gap(8), theme_.gap(8));
  column->setSpacing(theme_.gap(3));
  emptyTitle_ = new QLabel(page);
  emptyTitle_->setAlignment(Qt::AlignCenter);
  emptyTitle_->setProperty("title", true);
  emptyText_ = new QLabel(page);
  emptyText_->setAlignment(Qt::AlignCenter);
  emptyText_->setWordWrap(true);
  emptyText_->setTextFormat(Qt::PlainText);
  emptyText_->setProperty("muted", true);
  column->addStretch(2);
  column->addWidget(emptyTitle_);
  column->addWidget(emptyText_);
  column->addStretch(3);
  return page;
}

QWidget* ChatPanel::makeFindBar() {
  auto* bar = new QFrame(this);
  bar->setObjectName(QStringLiteral("strip"));
  auto* row = new QHBoxLayout(bar);
  row->setContentsMargins(theme_.gap(4), theme_.unit(), theme_.gap(2), theme_.unit());
  findField_ = new QLineEdit(bar);
  findField_->setPlaceholderText(tr("Find in this conversation"));
  findField_->setAccessibleName(findField_->placeholderText());
  findField_->setClearButtonEnabled(false);
  findField_->installEventFilter(this);
  findResult_ = new QLabel(bar);
  findResult_->setProperty("muted", true);
  const auto button = [&](const QString& icon, const QString& toolTip, auto run) {
    auto* made = new QToolButton(bar);
    made->setIcon(theme_.icon(icon, ColourRole::TextMuted));
    made->setToolTip(toolTip);
    made->setAccessibleName(toolTip);
    connect(made, &QToolButton::clicked, this, run);
    return made;
  };
  row->addWidget(findField_, 1);
  row->addWidget(findResult_);
  row->addWidget(
      button(QStringLiteral("chevron-up"), tr("Previous (Shift+Enter)"), [this] { find(false); }));
  row->addWidget(
      button(QStringLiteral("chevron-down"), tr("Next (Enter)"), [this] { find(true); }));
  row->addWidget(button(QStringLiteral("close"), tr("Close (Esc)"), [this] { closeFind(); }));
  bar->hide();
  return bar;
}

void ChatPanel::connectParts() {
  const app::ChatViewModel* chat = &workspace_.chat();
  connect(composer_, &Composer::samplingRequested, this, &ChatPanel::samplingRequested);
  connect(composer_, &Composer::systemPromptRequested, this, &ChatPanel::systemPromptRequested);
  connect(composer_, &Composer::exactPromptRequested, this, &ChatPanel::exactPromptRequested);
  connect(view_, &ChatView::editRequested, composer_, &Composer::beginEdit);
  connect(view_, &ChatView::linkClicked, this, &ChatPanel::onLink);
  connect(chat, &app::ChatViewModel::stateChanged, this, &ChatPanel::refreshPage);
  connect(chat, &app::ChatViewModel::modelChanged, this, &ChatPanel::refreshPage);
  connect(chat, &app::ChatViewModel::loadProblemChanged, this, &ChatPanel::refreshNotices);
  connect(chat, &app::ChatViewModel::contextNoticeChanged, this, &ChatPanel::refreshNotices);
  connect(&workspace_.store(), &app::ConversationStore::stateChanged, this,
          &ChatPanel::refreshNotices);
  connect(&workspace_.messages(), &QAbstractItemModel::modelReset, this, &ChatPanel::refreshPage);
  connect(&workspace_.messages(), &QAbstractItemModel::rowsInserted, this, &ChatPanel::refreshPage);
  connect(&workspace_.messages(), &QAbstractItemModel::rowsRemoved, this, &ChatPanel::refreshPage);
  connect(contextNotice_, &NoticeBar::dismissed, chat,
          [this] { workspace_.chat().dismissContextNotice(); });
  connect(loadNotice_, &NoticeBar::actionTriggered, this, &ChatPanel::openCheckpointRequested);
  connect(&workspace_, &app::Workspace::noticeRaised, this, &ChatPanel::showNotice);
  loadNotice_->setAction(tr("Open checkpoint…"));
}

void ChatPanel::refreshPage() {
  const app::ChatViewModel& chat = workspace_.chat();
  const bool empty = workspace_.messages().rowCount() == 0;
  if (showsTokens()) return;
  pages_->setCurrentWidget(empty ? emptyPage_ : static_cast<QWidget*>(view_));
  if (chat.state() == app::ChatState::NoModel) {
    emptyTitle_->setText(tr("No checkpoint is open"));
    emptyText_->setText(
        tr("Open one with File → Open checkpoint… (Ctrl+O), or drop its folder "
           "on this window."));
    return;
  }
  emptyTitle_->setText(tr("A new conversation"));
  const QString name = chat.model() ? QString::fromStdString(chat.model()->name) : QString();
  emptyText_->setText(
      chat.state() == app::ChatState::Loading
          ? tr("The checkpoint is loading. You can write now: your message is sent when the model "
               "is ready.")
          : tr("Ask %1 something, and watch which experts answer and where its heads read.")
                .arg(format::oneLine(name, 60)));
}

void ChatPanel::refreshNotices() {
  const app::ChatViewModel& chat = workspace_.chat();
  loadNotice_->show(NoticeLevel::Error, chat.loadProblem());
  contextNotice_->show(NoticeLevel::Warning, chat.contextNotice());
  const app::StoreState store = workspace_.store().state();
  const bool quiet = store == app::StoreState::Ready || store == app::StoreState::Opening;
  storeNotice_->show(NoticeLevel::Warning, quiet ? QString() : workspace_.store().stateText());
}

void ChatPanel::showNotice(const app::Notice& notice) {
  const NoticeLevel level = notice.severity == app::NoticeSeverity::Error     ? NoticeLevel::Error
                            : notice.severity == app::NoticeSeverity::Warning ? NoticeLevel::Warning
                                                                              : NoticeLevel::Info;
  notice_->show(level, notice.text, notice.details);
}

bool ChatPanel::showsTokens() const { return pages_->currentWidget() == tokens_; }

void ChatPanel::setShowsTokens(bool shows) {
  if (shows == showsTokens()) return;
  pages_->setCurrentWidget(shows ? static_cast<QWidget*>(tokens_) : view_);
  if (!shows) refreshPage();
  Q_EMIT tokensShown(shows);
}

void ChatPanel::setTokenHeat(std::vector<HeatedToken> heat) {
  tokens_->setTokenHeat(heat);
  view_->setTokenHeat(std::move(heat));
}

void ChatPanel::openFind() {
  findBar_->show();
  findField_->setFocus();
  findField_->selectAll();
}

void ChatPanel::closeFind() {
  findBar_->hide();
  findResult_->clear();
  view_->setFocus();
}

void ChatPanel::find(bool forward) {
  const bool found = view_->findText(findField_->text(), forward);
  findResult_->setText(found || findField_->text().isEmpty() ? QString() : tr("Not found"));
}

bool ChatPanel::eventFilter(QObject* watched, QEvent* event) {
  if (watched == findField_ && event->type() == QEvent::KeyPress) {
    const auto* key = static_cast<QKeyEvent*>(event);
    if (key->key() == Qt::Key_Escape) {
      closeFind();
      return true;
    }
    if (key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter) {
      find((key->modifiers() & Qt::ShiftModifier) == 0);
      return true;
    }
  }
  return QWidget::eventFilter(watched, event);
}

// Nothing is opened: an answer's link is not the user's. The address goes to the clipboard.
void ChatPanel::onLink(const QString& address) {
  QApplication::clipboard()->setText(address);
  notice_->show(NoticeLevel::Info,
                tr("Link copied, not opened: %1").arg(format::oneLine(address, 200)));
}

}  // namespace ui
