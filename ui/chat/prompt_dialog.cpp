// Asks the bridge for the rendered prompt (worker thread) and marks what the template added.
#include "ui/chat/prompt_dialog.h"

#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QRandomGenerator>
#include <QTextBlock>
#include <QVBoxLayout>

#include "app/workspace.h"
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
      summary_(new QLabel(tr("Rendering…"), this)) {
  setWindowTitle(tr("Exact prompt"));
  text_->setReadOnly(true);
  text_->setFont(theme.font(FontRole::Mono));
  text_->setAccessibleName(tr("Exact prompt"));
  summary_->setWordWrap(true);
  summary_->setProperty("muted", true);
  auto* copy = new QPushButton(tr("Copy"), this);
  auto* close = new QPushButton(tr("Close"), this);
  close->setDefault(true);
  auto* buttons = new QHBoxLayout();
  buttons->addWidget(summary_, 1);
  buttons->addWidget(copy);
  buttons->addWidget(close);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(theme.gap(4), theme.gap(4), theme.gap(4), theme.gap(3));
  column->setSpacing(theme.gap(3));
  column->addWidget(text_, 1);
  column->addLayout(buttons);
  resize(theme.gap(190), theme.gap(140));
  connect(close, &QPushButton::clicked, this, &QDialog::accept);
  connect(copy, &QPushButton::clicked, this,
          [this] { QApplication::clipboard()->setText(text_->toPlainText()); });
  ask(draft);
}

void PromptDialog::ask(const QString& draft) {
  std::vector<engine::ChatMessage> messages;
  const QString system = workspace_.chat().systemPrompt();
  if (!system.isEmpty()) messages.push_back({engine::Role::System, system.toStdString()});
  const app::MessageListModel& rows = workspace_.messages();
  for (int i = 0; i < rows.rowCount(); ++i) {
    const app::MessageRecord& record = rows.row(i).record;
    messages.push_back({record.role, record.content.toStdString()});
  }
  if (!draft.isEmpty()) messages.push_back({engine::Role::User, draft.toStdString()});
  previewKey_ = QRandomGenerator::global()->generate64();
  connect(&workspace_.bridge(), &app::EngineBridge::promptPreviewed, this,
          [this](quint64 key, const std::shared_ptr<const engine::RenderedPrompt>& prompt,
                 const QString& problem) {
            if (key != previewKey_) return;
            if (prompt == nullptr) {
              summary_->setText(problem);
            } else {
              show(*prompt);
            }
          });
  workspace_.bridge().requestPromptPreview(previewKey_, std::move(messages));
}

void PromptDialog::show(const engine::RenderedPrompt& prompt) {
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
  summary_->setText(tr("%1 characters in %2 messages. Coloured: what the chat template adds; only "
                       "there can control tokens be.")
                        .arg(format::count(static_cast<qint64>(prompt.text.size())),
                             format::count(workspace_.messages().rowCount())));
}

}  // namespace ui
