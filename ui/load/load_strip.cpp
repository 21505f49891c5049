// Shown only while a checkpoint loads.
#include "ui/load/load_strip.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>

#include "app/chat_view_model.h"
#include "ui/format.h"
#include "ui/theme/theme.h"

namespace ui {

LoadStrip::LoadStrip(app::ChatViewModel& chat, const Theme& theme, QWidget* parent)
    : QFrame(parent),
      chat_(chat),
      text_(new QLabel(this)),
      bar_(new QProgressBar(this)),
      cancel_(new QPushButton(tr("Cancel"), this)) {
  setObjectName(QStringLiteral("strip"));
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(theme.gap(4), theme.unit(), theme.gap(2), theme.unit());
  row->setSpacing(theme.gap(3));
  text_->setTextFormat(Qt::PlainText);
  bar_->setTextVisible(false);
  bar_->setAccessibleName(tr("Loading progress"));
  cancel_->setAccessibleName(tr("Cancel loading"));
  row->addWidget(text_);
  row->addWidget(bar_, 1);
  row->addWidget(cancel_);
  connect(cancel_, &QPushButton::clicked, &chat_, &app::ChatViewModel::cancelLoad);
  connect(&chat_, &app::ChatViewModel::stateChanged, this, &LoadStrip::refresh);
  connect(&chat_, &app::ChatViewModel::loadStatusChanged, this, &LoadStrip::refresh);
  refresh();
}

void LoadStrip::refresh() {
  const bool loading = chat_.state() == app::ChatState::Loading;
  setVisible(loading);
  if (!loading) return;
  const app::LoadStatus& status = chat_.loadStatus();
  const QString name = format::oneLine(status.name, 40);
  QString doing = status.isCancelling ? tr("Cancelling…") : status.step;
  if (doing.isEmpty()) doing = tr("Opening");
  if (status.bytesTotal > 0 && !status.isCancelling) {
    doing = tr("%1, %2").arg(doing, format::bytesOf(status.bytesDone, status.bytesTotal));
    bar_->setRange(0, 1000);
    bar_->setValue(static_cast<int>(1000 * status.bytesDone / status.bytesTotal));
  } else {
    bar_->setRange(0, 0);
  }
  text_->setText(name.isEmpty() ? doing : tr("%1: %2").arg(name, doing));
  cancel_->setEnabled(!status.isCancelling);
}

}  // namespace ui
