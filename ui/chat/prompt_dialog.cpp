// Asks the bridge for the rendered prompt (worker thread) and marks what the template added.
#include "ui/chat/prompt_dialog.h"

#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QRandomGenerator>
#include <QSplitter>
#include <QTableView>
#include <QTextBlock>
#include <QVBoxLayout>

#include "app/workspace.h"
#include "ui/chat/prompt_tokens_model.h"
#include "ui/format.h"
#include "ui/theme/theme.h"

namespace ui {
namespace {

// Beyond this the field shows the beginning and the end; the clipboard gets everything.
constexpr std::size_t kMaxShown = 400'000;

}  // namespace

PromptDialog::PromptDialog(app::Workspace& workspace, const QString& draft, const Theme& theme,
                           QWidget* parent)
    : QDialog(parent),
      workspace_(workspace),
      theme_(theme),
      text_(new QPlainTextEdit(this)),
      tokens_(new PromptTokensModel(theme, this)),
      summary_(new QLabel(tr("Rendering…"), this)) {
  setWindowTitle(tr("Exact prompt"));
  text_->setReadOnly(true);
  text_->setFont(theme.font(FontRole::Mono));
  text_->setAccessibleName(tr("Exact prompt"));
  summary_->setWordWrap(true);
  summary_->setProperty("muted", true);
  auto* copy = new QPushButton(tr("Copy text"), this);
  auto* copyTokens = new QPushButton(tr("Copy tokens"), this);
  for (QPushButton* button : {copy, copyTokens}) button->setAutoDefault(false);
  auto* close = new QPushButton(tr("Close"), this);
  close->setDefault(true);
  auto* buttons = new QHBoxLayout();
  buttons->addWidget(summary_, 1);
  buttons->addWidget(copy);
  buttons->addWidget(copyTokens);
  buttons->addWidget(close);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(theme.gap(4), theme.gap(4), theme.gap(4), theme.gap(3));
  column->setSpacing(theme.gap(3));
  auto* splitter = new QSplitter(Qt::Horizontal, this);
  splitter->addWidget(text_);
  splitter->addWidget(buildTokens());
  splitter->setChildrenCollapsible(false);
  splitter->setSizes({theme.gap(120), theme.gap(105)});
  column->addWidget(splitter, 1);
  column->addLayout(buttons);
  resize(theme.gap(230), theme.gap(150));
  connect(close, &QPushButton::clicked, this, &QDialog::accept);
  connect(copy, &QPushButton::clicked, this,
          [this] { QApplication::clipboard()->setText(text_->toPlainText()); });
  connect(copyTokens, &QPushButton::clicked, this,
          [this] { QApplication::clipboard()->setText(tokens_->tableText()); });
  ask(draft);
}

QTableView* PromptDialog::buildTokens() {
  auto* table = new QTableView(this);
  table->setModel(tokens_);
  table->setAccessibleName(tr("Tokens of the prompt"));
  table->setSelectionBehavior(QAbstractItemView::SelectRows);
  table->setShowGrid(false);
  table->setWordWrap(false);
  table->setTabKeyNavigation(false);
  table->setFont(theme_.font(FontRole::MonoSmall));
  table->verticalHeader()->hide();
  const int rowHeight = QFontMetrics(theme_.font(FontRole::MonoSmall)).height() + theme_.gap(1);
  table->verticalHeader()->setMinimumSectionSize(rowHeight);
  table->verticalHeader()->setDefaultSectionSize(rowHeight);
  QHeaderView* head = table->horizontalHeader();
  head->setFont(theme_.font(FontRole::Small));
  head->setHighlightSections(false);
  head->setStretchLastSection(true);
  head->resizeSection(PromptTokensModel::kPlace, theme_.gap(12));
  head->resizeSection(PromptTokensModel::kId, theme_.gap(14));
  head->resizeSection(PromptTokensModel::kText, theme_.gap(44));
  return table;
}

void PromptDialog::ask(const QString& draft) {
  std::vector<engine::ChatMessage> messages = workspace_.chat().promptMessages(draft);
  nMessages_ = static_cast<int>(messages.size());
  previewKey_ = QRandomGenerator::global()->generate64();
  connect(&workspace_.bridge(), &app::EngineBridge::promptPreviewed, this,
          [this](quint64 key, const std::shared_ptr<const app::PromptPreview>& preview,
                 const QString& problem) {
            if (key != previewKey_) return;
            if (preview == nullptr) {
              summary_->setText(problem);
            } else {
              show(preview);
            }
          });
  workspace_.bridge().requestPromptPreview(previewKey_, std::move(messages));
}

void PromptDialog::show(const std::shared_ptr<const app::PromptPreview>& preview) {
  showText(preview->prompt);
  tokens_->setPreview(preview);
  summary_->setText(tr("%1 tokens, %2 bytes; messages: %3. Coloured: what the chat template adds; "
                       "only there can control tokens be.")
                        .arg(format::count(tokens_->rowCount()),
                             format::count(static_cast<qint64>(preview->prompt.text.size())),
                             format::count(nMessages_)));
}

void PromptDialog::showText(const engine::RenderedPrompt& prompt) {
  text_->clear();
  QTextCursor cursor(text_->document());
  QTextCharFormat own;
  own.setForeground(theme_.colour(ColourRole::Text));
  QTextCharFormat fromTemplate;
  fromTemplate.setForeground(theme_.colour(ColourRole::SelectionText));
  fromTemplate.setBackground(theme_.colour(ColourRole::Selection));
  cursor.beginEditBlock();
  if (prompt.segments.empty()) cursor.insertText(QString::fromStdString(prompt.text), own);
  for (const engine::PromptSegment& segment : prompt.segments) {
    if (segment.bytes.begin > kMaxShown) break;
    const std::size_t end = std::min(segment.bytes.end, segment.bytes.begin + kMaxShown);
    const QString piece = QString::fromUtf8(prompt.text.data() + segment.bytes.begin,
                                            static_cast<qsizetype>(end - segment.bytes.begin));
    cursor.insertText(piece, segment.message_index < 0 ? fromTemplate : own);
  }
  cursor.endEditBlock();
  text_->moveCursor(QTextCursor::Start);
}

}  // namespace ui
