// A bar with icon, sentence and small buttons; the details open below it.
#include "ui/notice_bar.h"

#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/theme/theme.h"

namespace ui {

NoticeBar::NoticeBar(Theme& theme, QWidget* parent)
    : QFrame(parent),
      theme_(theme),
      icon_(new QLabel(this)),
      label_(new QLabel(this)),
      action_(new QToolButton(this)),
      fold_(new QToolButton(this)),
      copy_(new QToolButton(this)),
      close_(new QToolButton(this)),
      details_(new QPlainTextEdit(this)) {
  setObjectName(QStringLiteral("notice"));
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(theme.gap(3), theme.unit(), theme.gap(2), theme.unit());
  auto* row = new QHBoxLayout();
  row->setSpacing(theme.gap(2));
  label_->setWordWrap(true);
  label_->setTextFormat(Qt::PlainText);
  label_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  fold_->setText(tr("Details"));
  fold_->setCheckable(true);
  copy_->setToolTip(tr("Copy this notice"));
  copy_->setAccessibleName(copy_->toolTip());
  close_->setToolTip(tr("Dismiss"));
  close_->setAccessibleName(close_->toolTip());
  action_->setVisible(false);
  row->addWidget(icon_, 0, Qt::AlignTop);
  row->addWidget(label_, 1);
  for (QToolButton* button : {action_, fold_, copy_, close_})
    row->addWidget(button, 0, Qt::AlignTop);
  details_->setReadOnly(true);
  details_->setMaximumHeight(theme.gap(30));
  details_->setVisible(false);
  details_->setAccessibleName(tr("Details"));
  column->addLayout(row);
  column->addWidget(details_);
  connect(fold_, &QToolButton::toggled, details_, &QWidget::setVisible);
  connect(action_, &QToolButton::clicked, this, &NoticeBar::actionTriggered);
  connect(copy_, &QToolButton::clicked, this, [this] {
    const QString details = details_->toPlainText();
    QApplication::clipboard()->setText(details.isEmpty() ? text_ : text_ + u'\n' + details);
  });
  connect(close_, &QToolButton::clicked, this, [this] {
    hide();
    Q_EMIT dismissed();
  });
  connect(&theme_, &Theme::changed, this, &NoticeBar::restyle);
  restyle();
  hide();
}

void NoticeBar::show(NoticeLevel level, const QString& text, const QString& details) {
  level_ = level;
  text_ = text;
  label_->setText(text);
  details_->setPlainText(details);
  fold_->setChecked(false);
  fold_->setVisible(!details.isEmpty());
  setAccessibleName(text);
  restyle();
  setVisible(!text.isEmpty());
}

void NoticeBar::setDismissible(bool dismissible) { close_->setVisible(dismissible); }

void NoticeBar::setAction(const QString& text) {
  action_->setText(text);
  action_->setVisible(!text.isEmpty());
}

void NoticeBar::restyle() {
  const ColourRole role = level_ == NoticeLevel::Error     ? ColourRole::Error
                          : level_ == NoticeLevel::Warning ? ColourRole::Warning
                                                           : ColourRole::TextMuted;
  const QString name = level_ == NoticeLevel::Error     ? QStringLiteral("error")
                       : level_ == NoticeLevel::Warning ? QStringLiteral("warning")
                                                        : QStringLiteral("info");
  const QSize size(theme_.iconSize(), theme_.iconSize());
  icon_->setPixmap(theme_.icon(name, role).pixmap(size, devicePixelRatioF()));
  copy_->setIcon(theme_.icon(QStringLiteral("copy"), ColourRole::TextMuted));
  close_->setIcon(theme_.icon(QStringLiteral("close"), ColourRole::TextMuted));
}

}  // namespace ui
