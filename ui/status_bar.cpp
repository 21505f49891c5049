// Labels that follow the view-model; memory is read once per second.
#include "ui/status_bar.h"

#include <unistd.h>

#include <QFile>
#include <QLabel>

#include "app/chat_view_model.h"
#include "app/engine_text.h"
#include "ui/format.h"
#include "ui/theme/theme.h"

namespace ui {

qint64 residentBytes() {
  QFile file(QStringLiteral("/proc/self/statm"));
  if (!file.open(QIODevice::ReadOnly)) return 0;
  const QList<QByteArray> fields = file.readLine().split(' ');
  return fields.size() < 2 ? 0 : fields[1].toLongLong() * sysconf(_SC_PAGESIZE);
}

StatusBar::StatusBar(app::ChatViewModel& chat, const Theme& theme, QWidget* parent)
    : QStatusBar(parent), chat_(chat), theme_(theme) {
  setSizeGripEnabled(false);
  device_ = addField(tr("Where the model runs"));
  prompt_ = addField(tr("Speed of reading the prompt, of the tokens really computed"));
  answer_ = addField(tr("Speed of the answer"));
  firstToken_ = addField(tr("From sending to the first token"));
  drafts_ = addField(tr("Tokens drafted by the MTP module that the model itself then drew"));
  drafts_->hide();
  context_ = addField(tr("Tokens in the context, of its length"));
  memory_ = addField(tr("Resident memory of this program, mapped weights included"));
  connect(&chat_, &app::ChatViewModel::stateChanged, this, &StatusBar::refresh);
  connect(&chat_, &app::ChatViewModel::modelChanged, this, &StatusBar::refresh);
  connect(&chat_, &app::ChatViewModel::statisticsChanged, this, &StatusBar::refresh);
  connect(&memoryTimer_, &QTimer::timeout, this, &StatusBar::refreshMemory);
  memoryTimer_.start(1000);
  refresh();
  refreshMemory();
}

QLabel* StatusBar::addField(const QString& toolTip) {
  auto* label = new QLabel(this);
  label->setToolTip(toolTip);
  label->setTextFormat(Qt::PlainText);
  label->setContentsMargins(theme_.gap(3), 0, theme_.gap(3), 0);
  label->setProperty("muted", true);
  addWidget(label);
  return label;
}

void StatusBar::refresh() {
  const app::LiveStatistics& now = chat_.statistics();
  const auto model = chat_.model();
  device_->setText(model ? app::engineText(model->backend_description) : tr("no checkpoint"));
  const auto rate = [](std::optional<double> value) {
    return format::tokensPerSecond(value.value_or(0));
  };
  prompt_->setText(tr("prompt %1").arg(rate(now.promptTokensPerSecond)));
  answer_->setText(tr("answer %1").arg(rate(now.answerTokensPerSecond)));
  firstToken_->setText(tr("first token %1")
                           .arg(now.timeToFirstToken ? format::seconds(*now.timeToFirstToken)
                                                     : QStringLiteral("–")));
  context_->setText(now.contextLength > 0
                        ? tr("context %1 / %2")
                              .arg(format::count(now.contextUsed), format::count(now.contextLength))
                        : tr("context –"));
}

void StatusBar::showDrafts(const engine::GenerationStatistics& statistics) {
  drafts_->setVisible(statistics.n_drafted_tokens > 0);
  drafts_->setText(tr("drafts taken %1 of %2 (%3)")
                       .arg(format::count(statistics.n_accepted_tokens),
                            format::count(statistics.n_drafted_tokens),
                            format::percent(statistics.acceptance())));
}

void StatusBar::refreshMemory() {
  const qint64 bytes = residentBytes();
  memory_->setText(bytes > 0 ? tr("memory %1").arg(format::bytes(bytes)) : QString());
}

QStringList StatusBar::texts() const {
  QStringList texts;
  for (const QLabel* label : {device_, prompt_, answer_, firstToken_, context_, memory_}) {
    texts += label->text();
  }
  return texts;
}

}  // namespace ui
