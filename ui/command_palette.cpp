// A search field over a list; Up and Down move, Enter runs.
#include "ui/command_palette.h"

#include <QAction>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QPainter>
#include <QRegularExpression>
#include <QStyledItemDelegate>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

#include "ui/theme/theme.h"

namespace ui {
namespace {

constexpr int kKeyRole = Qt::UserRole + 1;

// The name at the left, the key at the right.
class EntryDelegate : public QStyledItemDelegate {
 public:
  EntryDelegate(const Theme& theme, QObject* parent) : QStyledItemDelegate(parent), theme_(theme) {}
  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const override {
    return {option.rect.width(), theme_.gap(8)};
  }
  void paint(QPainter* painter, const QStyleOptionViewItem& option,
             const QModelIndex& index) const override {
    const bool selected = (option.state & QStyle::State_Selected) != 0;
    painter->save();
    if (selected) {
      painter->setRenderHint(QPainter::Antialiasing);
      painter->setPen(Qt::NoPen);
      painter->setBrush(theme_.colour(ColourRole::Selection));
      painter->drawRoundedRect(option.rect, theme_.unit(), theme_.unit());
    }
    const QRect text = option.rect.adjusted(theme_.gap(3), 0, -theme_.gap(3), 0);
    painter->setFont(theme_.font(FontRole::Content));
    painter->setPen(theme_.colour(selected ? ColourRole::SelectionText : ColourRole::Text));
    painter->drawText(text, Qt::AlignVCenter | Qt::AlignLeft, index.data().toString());
    painter->setFont(theme_.font(FontRole::Small));
    painter->setPen(theme_.colour(ColourRole::TextMuted));
    painter->drawText(text, Qt::AlignVCenter | Qt::AlignRight, index.data(kKeyRole).toString());
    painter->restore();
  }

 private:
  const Theme& theme_;
};

}  // namespace

QString plainActionText(const QAction& action) {
  QString text = action.text();
  // Chinese menus name their key behind the text: "设置(&S)…".
  static const QRegularExpression key(QStringLiteral("\\(&\\w\\)"));
  text.remove(key);
  text.remove(u'&');
  return text;
}

int matchScore(const QString& text, const QString& typed) {
  if (typed.isEmpty()) return 0;
  const qsizetype whole = text.indexOf(typed, 0, Qt::CaseInsensitive);
  if (whole >= 0) return static_cast<int>(whole);
  qsizetype at = 0;
  int gaps = 100;
  for (const QChar c : typed) {
    const qsizetype next = text.indexOf(c, at, Qt::CaseInsensitive);
    if (next < 0) return -1;
    gaps += static_cast<int>(next - at);
    at = next + 1;
  }
  return gaps;
}

CommandPalette::CommandPalette(const QList<QAction*>& actions, const Theme& theme, QWidget* parent)
    : QDialog(parent), field_(new QLineEdit(this)), list_(new QListWidget(this)) {
  setWindowTitle(tr("Commands"));
  for (QAction* action : actions) {
    if (!action->text().isEmpty() && action->isEnabled() && action->menu() == nullptr) {
      actions_ += action;
    }
  }
  field_->setPlaceholderText(tr("Type a command"));
  field_->setAccessibleName(field_->placeholderText());
  field_->installEventFilter(this);
  list_->setAccessibleName(tr("Commands"));
  list_->setFocusPolicy(Qt::NoFocus);
  list_->setItemDelegate(new EntryDelegate(theme, list_));
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(theme.gap(2), theme.gap(2), theme.gap(2), theme.gap(2));
  column->setSpacing(theme.gap(2));
  column->addWidget(field_);
  column->addWidget(list_, 1);
  resize(theme.gap(130), theme.gap(100));
  list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  connect(field_, &QLineEdit::textChanged, this, &CommandPalette::fill);
  connect(list_, &QListWidget::itemClicked, this, &CommandPalette::run);
  fill();
}

void CommandPalette::fill() {
  std::vector<std::pair<int, QAction*>> matches;
  for (QAction* action : std::as_const(actions_)) {
    const int score = matchScore(plainActionText(*action), field_->text().trimmed());
    if (score >= 0) matches.emplace_back(score, action);
  }
  std::stable_sort(matches.begin(), matches.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  list_->clear();
  for (const auto& [score, action] : matches) {
    auto* item = new QListWidgetItem(plainActionText(*action), list_);
    item->setData(kKeyRole, action->shortcut().toString(QKeySequence::NativeText));
    item->setData(Qt::UserRole, QVariant::fromValue(static_cast<void*>(action)));
  }
  list_->setCurrentRow(0);
}

QStringList CommandPalette::entries() const {
  QStringList texts;
  for (int i = 0; i < list_->count(); ++i) texts += list_->item(i)->text();
  return texts;
}

void CommandPalette::run() {
  const QListWidgetItem* item = list_->currentItem();
  if (item == nullptr) return;
  auto* action = static_cast<QAction*>(item->data(Qt::UserRole).value<void*>());
  accept();
  action->trigger();
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event) {
  if (watched != field_ || event->type() != QEvent::KeyPress) {
    return QDialog::eventFilter(watched, event);
  }
  const int key = static_cast<QKeyEvent*>(event)->key();
  if (key == Qt::Key_Return || key == Qt::Key_Enter) {
    run();
    return true;
  }
  const int step = key == Qt::Key_Down       ? 1
                   : key == Qt::Key_Up       ? -1
                   : key == Qt::Key_PageDown ? 8
                   : key == Qt::Key_PageUp   ? -8
                                             : 0;
  if (step == 0) return false;
  list_->setCurrentRow(std::clamp(list_->currentRow() + step, 0, list_->count() - 1));
  return true;
}

}  // namespace ui
