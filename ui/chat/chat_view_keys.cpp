// Keyboard, context menu, tooltips and search of the chat view.
#include <QAccessible>
#include <QContextMenuEvent>
#include <QFocusEvent>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QLocale>
#include <QMenu>
#include <QScrollBar>
#include <QToolTip>

#include "app/chat_view_model.h"
#include "app/selection.h"
#include "ui/chat/chat_view.h"
#include "ui/format.h"
#include "ui/theme/theme.h"

namespace ui {

void ChatView::setCurrentRow(int row) {
  const int clamped = std::clamp(row, -1, static_cast<int>(items_.size()) - 1);
  if (clamped == currentRow_) return;
  currentRow_ = clamped;
  announceCurrent();
  if (hasFocus()) announce(QAccessible::Focus, currentRow_);
  viewport()->update();
  Q_EMIT currentRowChanged(currentRow_);
}

void ChatView::moveCurrent(int delta) {
  if (items_.empty()) return;
  const int last = static_cast<int>(items_.size()) - 1;
  const int from = currentRow_ < 0 ? (delta < 0 ? last + 1 : -1) : currentRow_;
  setCurrentRow(std::clamp(from + delta, 0, last));
  const double top = topOf(currentRow_);
  const double bottom = top + items_[static_cast<std::size_t>(currentRow_)].height();
  const double view = verticalScrollBar()->value();
  if (top < view || bottom > view + viewport()->height()) scrollToRow(currentRow_);
}

void ChatView::announceCurrent() {
  setAccessibleDescription(accessibleText(currentRow_));
  QAccessibleEvent event(this, QAccessible::DescriptionChanged);
  QAccessible::updateAccessibility(&event);
}

// Costs nothing while no assistive technology listens.
void ChatView::announce(QAccessible::Event kind, int row) {
  if (!QAccessible::isActive() || row < 0) return;
  QAccessibleEvent event(this, kind);
  event.setChild(row);
  QAccessible::updateAccessibility(&event);
}

// By the model's own split: the items follow it at most once per frame.
QString ChatView::messageText(int row) const {
  if (row < 0 || row >= count()) return {};
  const app::MessageRow& message = parts_.messages.row(row);
  return app::answerText(message.text, message.split);
}

bool ChatView::isGrowing(int row) const {
  return row >= 0 && row < count() &&
         parts_.messages.row(row).record.status == app::MessageStatus::Streaming;
}

QString ChatView::accessibleText(int row) const {
  if (row < 0 || row >= static_cast<int>(items_.size())) return {};
  const app::MessageRow& message = parts_.messages.row(row);
  QString text = MessageItem::authorText(message) + QStringLiteral(": ");
  if (message.split.hasReasoning)
    text += MessageItem::foldText(message, message.split) + QStringLiteral(". ");
  text += messageText(row).left(4000);
  for (const MessageItem::StatusLine& line : MessageItem::statusLines(message)) {
    text += u' ' + line.text;
  }
  return text;
}

bool ChatView::handleMessageKey(QKeyEvent* event) {
  const int row = currentRow_;
  if (row < 0) return false;
  const bool alt = event->modifiers() == Qt::AltModifier;
  const app::MessageRow& message = parts_.messages.row(row);
  if (alt && (event->key() == Qt::Key_Left || event->key() == Qt::Key_Right)) {
    const int next = message.versionIndex + (event->key() == Qt::Key_Left ? -1 : 1);
    if (parts_.chat.canSelectVersion(row)) parts_.chat.selectVersion(row, next);
    return true;
  }
  if (event->modifiers() != Qt::NoModifier) return false;
  switch (event->key()) {
    case Qt::Key_R:
      if (parts_.chat.canRegenerate(row)) parts_.chat.regenerate(row);
      return true;
    case Qt::Key_E:
      if (parts_.chat.canEdit(row)) Q_EMIT editRequested(row);
      return true;
    case Qt::Key_Space:
    case Qt::Key_Return:
    case Qt::Key_Enter:
      if (items_[static_cast<std::size_t>(row)].hasReasoning()) {
        runAction({ItemAction::ToggleReasoning, MessagePart::Reasoning, -1, {}}, row);
      }
      return true;
    default:
      return false;
  }
}

// The nearest thing first: marked text, a running answer, the selected token.
void ChatView::escape() {
  if (!selectedText().isEmpty()) {
    clearTextSelection();
  } else if (parts_.chat.canStop()) {
    parts_.chat.stop();
  } else {
    found_.reset();
    parts_.selection.clear();
    viewport()->update();
  }
}

void ChatView::keyPressEvent(QKeyEvent* event) {
  byKeyboard_ = true;
  QScrollBar* bar = verticalScrollBar();
  const bool control = event->modifiers() == Qt::ControlModifier;
  if (event->matches(QKeySequence::Copy)) {
    copySelectionOrMessage();
  } else if (event->matches(QKeySequence::SelectAll)) {
    selectAllOfRow(std::max(0, currentRow_));
  } else if (handleMessageKey(event)) {
    return;
  } else if (event->key() == Qt::Key_Up && control) {
    moveCurrent(-1);
  } else if (event->key() == Qt::Key_Down && control) {
    moveCurrent(1);
  } else if (event->key() == Qt::Key_Up) {
    bar->triggerAction(QAbstractSlider::SliderSingleStepSub);
  } else if (event->key() == Qt::Key_Down) {
    bar->triggerAction(QAbstractSlider::SliderSingleStepAdd);
  } else if (event->key() == Qt::Key_Home) {
    bar->setValue(0);
  } else if (event->key() == Qt::Key_End) {
    scrollToEnd();
    parts_.selection.live();
  } else if (event->key() == Qt::Key_Left) {
    parts_.selection.previousToken();
  } else if (event->key() == Qt::Key_Right) {
    parts_.selection.nextToken();
  } else if (event->key() == Qt::Key_BracketLeft) {
    parts_.selection.previousHead();
  } else if (event->key() == Qt::Key_BracketRight) {
    parts_.selection.nextHead();
  } else if (event->key() == Qt::Key_Escape) {
    escape();
  } else {
    QAbstractScrollArea::keyPressEvent(event);
  }
}

void ChatView::focusInEvent(QFocusEvent* event) {
  const bool byKey =
      event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason;
  byKeyboard_ = byKeyboard_ || byKey;
  if (byKey && currentRow_ < 0) moveCurrent(-1);
  viewport()->update();
}

void ChatView::focusOutEvent(QFocusEvent*) { viewport()->update(); }

void ChatView::contextMenuEvent(QContextMenuEvent* event) {
  int row = currentRow_;
  if (event->reason() == QContextMenuEvent::Mouse) row = spotAt(QPointF(event->pos())).row;
  if (row < 0 || row >= static_cast<int>(items_.size())) return;
  const app::MessageRow& message = parts_.messages.row(row);
  const int version = message.versionIndex;
  QMenu menu(this);
  const auto add = [&](const QString& text, const QString& key, bool enabled, auto run) {
    QAction* action = menu.addAction(text + u'\t' + key, this, run);
    action->setEnabled(enabled);
  };
  add(tr("Copy selection"), QStringLiteral("Ctrl+C"), !selectedText().isEmpty(),
      [this] { copySelectionOrMessage(); });
  add(tr("Copy message"), QStringLiteral("Ctrl+C"), true, [this, row] {
    runAction({ItemAction::Copy, MessagePart::Answer, -1, {}}, row);
  });
  add(tr("Select message"), QStringLiteral("Ctrl+A"), true, [this, row] { selectAllOfRow(row); });
  menu.addSeparator();
  add(tr("Regenerate"), QStringLiteral("R"), parts_.chat.canRegenerate(row),
      [this, row] { parts_.chat.regenerate(row); });
  add(tr("Edit and resend"), QStringLiteral("E"), parts_.chat.canEdit(row),
      [this, row] { Q_EMIT editRequested(row); });
  const bool canSwitch = parts_.chat.canSelectVersion(row);
  add(tr("Previous version"), QStringLiteral("Alt+Left"), canSwitch && message.versionIndex > 0,
      [this, row, version] { parts_.chat.selectVersion(row, version - 1); });
  add(tr("Next version"), QStringLiteral("Alt+Right"),
      canSwitch && message.versionIndex + 1 < message.versionCount,
      [this, row, version] { parts_.chat.selectVersion(row, version + 1); });
  if (items_[static_cast<std::size_t>(row)].hasReasoning()) {
    add(tr("Show or hide the reasoning"), QStringLiteral("Space"), true, [this, row] {
      runAction({ItemAction::ToggleReasoning, MessagePart::Reasoning, -1, {}}, row);
    });
  }
  menu.exec(event->globalPos());
}

QString ChatView::itemToolTip(const ItemHit& hit, int row) const {
  const app::MessageRow& message = parts_.messages.row(row);
  switch (hit.action) {
    case ItemAction::Copy:
      return tr("Copy message (Ctrl+C)");
    case ItemAction::Edit:
      return tr("Edit and resend (E)");
    case ItemAction::Regenerate:
      return tr("Regenerate (R)");
    case ItemAction::PreviousVersion:
      return tr("Previous version (Alt+Left)");
    case ItemAction::NextVersion:
      return tr("Next version (Alt+Right)");
    case ItemAction::ToggleReasoning:
      return tr("Show or hide the reasoning (Space)");
    case ItemAction::CopyCode:
      return tr("Copy this code");
    case ItemAction::CopyStatus:
      return message.record.status == app::MessageStatus::Failed ? tr("Click to copy the error")
                                                                 : QString();
    case ItemAction::None:
      break;
  }
  return {};
}

bool ChatView::viewportEvent(QEvent* event) {
  if (event->type() == QEvent::ToolTip && hoverRow_ >= 0) {
    const auto* help = static_cast<QHelpEvent*>(event);
    QString text = itemToolTip(hoverHit_, hoverRow_);
    const Spot spot = spotAt(QPointF(help->pos()));
    if (text.isEmpty() && spot.row >= 0) {
      text = items_[static_cast<std::size_t>(spot.row)].linkAt(spot.inItem, context_);
    }
    if (text.isEmpty()) {
      QToolTip::hideText();
    } else {
      QToolTip::showText(help->globalPos(), format::toolTip(format::oneLine(text, 300)),
                         viewport());
    }
    return true;
  }
  if (event->type() == QEvent::Leave) {
    hoverRow_ = -1;
    hoverHit_ = {};
    parts_.selection.hoverToken(std::nullopt);
    viewport()->update();
  }
  return QAbstractScrollArea::viewportEvent(event);
}

namespace {

/// The first place going that way, beyond `last` where there is one; −1: none.
qsizetype placeOf(const QString& text, const QString& source, bool forward, const TextMark* last) {
  if (forward) return source.indexOf(text, last != nullptr ? last->end : 0, Qt::CaseInsensitive);
  if (last == nullptr) return source.lastIndexOf(text, -1, Qt::CaseInsensitive);
  return last->begin > 0 ? source.lastIndexOf(text, last->begin - 1, Qt::CaseInsensitive) : -1;
}

}  // namespace

bool ChatView::findText(const QString& text, bool forward) {
  const int n = static_cast<int>(items_.size());
  if (text.isEmpty() || n == 0) return false;
  applyPendingChanges();
  const int start = currentRow_ < 0 ? (forward ? -1 : n) : currentRow_;
  // First what is left of the message where something was found, then the others around to it.
  const bool within = found_ && foundRow_ == currentRow_;
  for (int step = within ? 0 : 1; step <= n; ++step) {
    const int row = ((start + (forward ? step : -step)) % n + n) % n;
    const QString& source = parts_.messages.row(row).text;
    const qsizetype at = placeOf(text, source, forward, step == 0 ? &*found_ : nullptr);
    if (at < 0) continue;
    MessageItem& item = items_[static_cast<std::size_t>(row)];
    if (item.hasReasoning() && at < item.split().reasoningEnd) {
      item.setReasoningExpanded(true);
      item.update(parts_.messages.row(row), context_);
    }
    setCurrentRow(row);
    followsEnd_ = false;
    updateGeometries();
    // Twice: the first jump goes to an estimate and lays out what is there.
    for (int i = 0; i < 2; ++i) {
      const QRectF rect = item.rectOf(at, at + text.size(), context_);
      verticalScrollBar()->setValue(static_cast<int>(topOf(row) + rect.top()) - height() / 3);
    }
    found_ = {at, at + text.size(), theme_.colour(ColourRole::Selection),
              theme_.colour(ColourRole::Accent)};
    foundRow_ = row;
    viewport()->update();
    return true;
  }
  return false;
}

}  // namespace ui
