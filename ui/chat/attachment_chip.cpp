// One row: icon, first words, size, expand, remove.
#include "ui/chat/attachment_chip.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>
#include <utility>

#include "ui/format.h"
#include "ui/theme/theme.h"

namespace ui {

AttachmentChip::AttachmentChip(QString text, const Theme& theme, QWidget* parent)
    : QFrame(parent), text_(std::move(text)), size_(new QLabel(this)) {
  setObjectName(QStringLiteral("chip"));
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(theme.gap(2), 2, theme.unit(), 2);
  row->setSpacing(theme.unit());
  auto* icon = new QLabel(this);
  icon->setPixmap(theme.icon(QStringLiteral("attachment"), ColourRole::TextMuted)
                      .pixmap(QSize(theme.iconSize(), theme.iconSize()), devicePixelRatioF()));
  auto* title = new QLabel(format::oneLine(text_.left(200), 28), this);
  title->setTextFormat(Qt::PlainText);
  size_->setProperty("muted", true);
  auto* expand = new QToolButton(this);
  expand->setIcon(theme.icon(QStringLiteral("expand"), ColourRole::TextMuted));
  expand->setToolTip(tr("Put this text into the message"));
  expand->setAccessibleName(expand->toolTip());
  auto* remove = new QToolButton(this);
  remove->setIcon(theme.icon(QStringLiteral("close"), ColourRole::TextMuted));
  remove->setToolTip(tr("Remove this text"));
  remove->setAccessibleName(remove->toolTip());
  row->addWidget(icon);
  row->addWidget(title);
  row->addWidget(size_);
  row->addWidget(expand);
  row->addWidget(remove);
  connect(expand, &QToolButton::clicked, this, &AttachmentChip::expandRequested);
  connect(remove, &QToolButton::clicked, this, &AttachmentChip::removeRequested);
  setTokenCount(-1);
}

void AttachmentChip::setTokenCount(qint64 n) {
  size_->setText(n >= 0 ? tr("%1 tokens").arg(format::count(n))
                        : tr("%1 characters").arg(format::count(text_.size())));
  setAccessibleName(tr("Attached text, %1").arg(size_->text()));
}

}  // namespace ui
