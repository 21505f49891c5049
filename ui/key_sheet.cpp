// Three columns of key and meaning.
#include "ui/key_sheet.h"

#include <QAction>
#include <QDialogButtonBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include "ui/command_palette.h"
#include "ui/theme/theme.h"

namespace ui {
namespace {

using Row = std::pair<QString, QString>;  // key, meaning

QWidget* makeColumn(const QString& title, const QList<Row>& rows, const Theme& theme,
                    QWidget* parent) {
  auto* widget = new QWidget(parent);
  auto* grid = new QGridLayout(widget);
  grid->setContentsMargins(0, 0, 0, 0);
  grid->setHorizontalSpacing(theme.gap(4));
  grid->setVerticalSpacing(theme.unit());
  auto* heading = new QLabel(title, widget);
  heading->setFont(theme.font(FontRole::Strong));
  grid->addWidget(heading, 0, 0, 1, 2);
  int row = 1;
  for (const Row& entry : rows) {
    auto* key = new QLabel(entry.first, widget);
    key->setFont(theme.font(FontRole::MonoSmall));
    auto* meaning = new QLabel(entry.second, widget);
    meaning->setProperty("muted", true);
    grid->addWidget(key, row, 0);
    grid->addWidget(meaning, row, 1);
    ++row;
  }
  grid->setRowStretch(row, 1);
  grid->setColumnStretch(1, 1);
  return widget;
}

}  // namespace

KeySheet::KeySheet(const QList<QAction*>& actions, const Theme& theme, QWidget* parent)
    : QDialog(parent) {
  setWindowTitle(tr("Keys"));
  QList<Row> window;
  for (const QAction* action : actions) {
    if (!action->shortcut().isEmpty()) {
      window.append(
          {action->shortcut().toString(QKeySequence::PortableText), plainActionText(*action)});
    }
  }
  const QList<Row> writing = {
      {QStringLiteral("Enter"), tr("Send")},
      {QStringLiteral("Shift+Enter"), tr("New line")},
      {QStringLiteral("Esc"), tr("Stop, or leave editing")},
      {QStringLiteral("Up"), tr("In an empty box: edit the last message")},
  };
  const QList<Row> reading = {
      {QStringLiteral("Ctrl+Up / Ctrl+Down"), tr("Previous or next message")},
      {QStringLiteral("R"), tr("Regenerate")},
      {QStringLiteral("E"), tr("Edit and resend")},
      {QStringLiteral("Ctrl+C"), tr("Copy the selection or the message")},
      {QStringLiteral("Ctrl+A"), tr("Select the message")},
      {QStringLiteral("Alt+Left / Alt+Right"), tr("Previous or next version")},
      {QStringLiteral("Space"), tr("Show or hide the reasoning")},
  };
  const QList<Row> inspecting = {
      {QStringLiteral("Left / Right"), tr("Previous or next token")},
      {QStringLiteral("Up / Down"), tr("Layer (in a panel)")},
      {QStringLiteral("[  ]"), tr("Previous or next head")},
      {QStringLiteral("End"), tr("Follow the newest token")},
      {QStringLiteral("Esc"), tr("Clear the selection")},
  };
  auto* right = new QVBoxLayout();
  right->setSpacing(theme.gap(5));
  right->addWidget(makeColumn(tr("Message box"), writing, theme, this));
  right->addWidget(makeColumn(tr("Conversation"), reading, theme, this));
  right->addWidget(makeColumn(tr("Tokens and panels"), inspecting, theme, this));
  right->addStretch(1);
  auto* columns = new QHBoxLayout();
  columns->setSpacing(theme.gap(10));
  columns->addWidget(makeColumn(tr("Window"), window, theme, this));
  columns->addLayout(right);
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
  buttons->button(QDialogButtonBox::Close)->setText(tr("Close"));
  connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
  auto* page = new QVBoxLayout(this);
  page->setContentsMargins(theme.gap(6), theme.gap(6), theme.gap(6), theme.gap(4));
  page->setSpacing(theme.gap(5));
  page->addLayout(columns);
  page->addWidget(buttons);
}

}  // namespace ui
