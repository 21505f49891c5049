// Labels that follow the view-model; memory is read once per second.
#include "ui/status_bar.h"

#include <unistd.h>

#include <QFile>
#include <QLabel>

#include "app/chat_view_model.h"
#include "app/engine_text.h"
#include "ui/elided_label.h"
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
  placement_ = addField(tr("What the model takes of the GPU's memory, and what stays outside"));
  prompt_ = addField(tr("Speed of reading the prompt, of the tokens really computed"));
  answer_ = addField(tr("Speed of the answer"));
  firstToken_ = addField(tr("From sending to the first token"));
  drafts_ = addField(tr("Tokens drafted by the MTP module that the model itself then drew"));
  drafts_->hide();
  context_ = addField(tr("Tokens in the context, of its length"));
  memory_ = addField(tr("Resident memory of this program, mapped weights included"));
  // Numbers stay whole; names give way.
  for (QLabel* label : {prompt_, answer_, firstToken_, drafts_, context_, memory_}) {
    label->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Preferred);
  }
  connect(&chat_, &app::ChatViewModel::stateChanged, this, &StatusBar::refresh);
  connect(&chat_, &app::ChatViewModel::modelChanged, this, &StatusBar::refresh);
  connect(&chat_, &app::ChatViewModel::statisticsChanged, this, &StatusBar::refresh);
  connect(&memoryTimer_, &QTimer::timeout, this, &StatusBar::refreshMemory);
  memoryTimer_.start(1000);
  refresh();
  refreshMemory();
}

QLabel* StatusBar::addField(const QString& toolTip) {
  auto* label = new ElidedLabel(this);
  label->setToolTip(toolTip);
  label->setTextFormat(Qt::PlainText);
  label->setContentsMargins(theme_.gap(3), 0, theme_.gap(3), 0);
  label->setProperty("muted", true);
  addWidget(label);
  return label;
}

void StatusBar::refresh() {
  const app::LiveStatistics& now = chat_.statistics();
  refreshDevice();
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

// The engine's description ends with the plan in English; here it is a field of its own.
void StatusBar::refreshDevice() {
  const auto model = chat_.model();
  placement_->setVisible(model && model->device_plan);
  if (!model) {
    device_->setText(tr("no checkpoint"));
    return;
  }
  QString device = QString::fromStdString(model->backend_description);
  if (model->device_plan) {
    const engine::DevicePlan& plan = *model->device_plan;
    const QString end = QStringLiteral(" · ") + QString::fromStdString(engine::describe_plan(plan));
    if (device.endsWith(end)) device.chop(end.size());
    const QString held = tr("GPU memory %1").arg(format::bytes(plan.device_bytes));
    placement_->setText(plan.main_memory_layers == 0
                            ? held
                            : tr("%1, experts of %2 of %3 layers in main memory (%4)")
                                  .arg(held, format::count(plan.main_memory_layers),
                                       format::count(plan.n_moe_layers),
                                       format::bytes(plan.main_memory_bytes)));
  }
  device_->setText(app::engineText(device));
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
  for (const QLabel* label :
       {device_, placement_, prompt_, answer_, firstToken_, context_, memory_}) {
    if (!label->isHidden()) texts += label->text();
  }
  return texts;
}

}  // namespace ui
