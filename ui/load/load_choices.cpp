// Every number here is engine::memory_need of the report: no file is read while the user chooses.
#include "ui/load/load_choices.h"

#include <QButtonGroup>
#include <QCheckBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QRadioButton>
#include <QSlider>
#include <QSpinBox>
#include <QVBoxLayout>
#include <algorithm>

#include "app/engine_text.h"
#include "ui/format.h"
#include "ui/load/device_choice.h"
#include "ui/load/memory_bar.h"
#include "ui/load/placement_choice.h"
#include "ui/load/report_texts.h"
#include "ui/load/template_choice.h"
#include "ui/theme/theme.h"

namespace ui {
namespace {

using engine::MemoryVerdict;
using engine::WeightFormat;

constexpr std::array kForms{WeightFormat::AsStored, WeightFormat::Q8_0, WeightFormat::Q4_K};
/// What the engine takes at most; beyond the model's own length only with a warning.
constexpr qint64 kLongestContext = qint64{1} << 24;

std::int64_t bytesOf(const engine::CheckpointReport& report, WeightFormat form) {
  return engine::memory_need(report, 1, form).weights;
}

bool isIndexed(const engine::CheckpointReport* report) {
  return report != nullptr && report->config_valid && report->config.has_indexer();
}

}  // namespace

LoadChoices::LoadChoices(const Theme& theme, QWidget* parent) : QWidget(parent), theme_(theme) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(theme.gap(2));
  longContext_ = new QLabel(this);
  longContext_->setWordWrap(true);
  bar_ = new MemoryBar(theme, this);
  memory_ = new QLabel(this);
  memory_->setWordWrap(true);
  memory_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  accept_ = new QCheckBox(this);
  column->addWidget(buildContextRow(theme));
  column->addWidget(longContext_);
  column->addWidget(buildForms(theme));
  template_ = new TemplateChoice(theme, this);
  column->addWidget(template_);
  device_ = new DeviceChoice(theme, this);
  column->addWidget(device_);
  connect(device_, &DeviceChoice::changed, this, &LoadChoices::refresh);
  placement_ = new PlacementChoice(theme, this);
  column->addWidget(placement_);
  connect(placement_, &PlacementChoice::changed, this, &LoadChoices::refresh);
  column->addWidget(bar_);
  column->addWidget(memory_);
  column->addWidget(accept_);
  connect(accept_, &QCheckBox::toggled, this, &LoadChoices::changed);
  // On a low screen the report gives way, which can be scrolled.
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Minimum);
  placement_->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Minimum);
  refresh();
}

QWidget* LoadChoices::buildContextRow(const Theme& theme) {
  auto* widget = new QWidget(this);
  auto* row = new QHBoxLayout(widget);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(theme.gap(3));
  context_ = new QSpinBox(widget);
  context_->setRange(1, 4096);
  context_->setGroupSeparatorShown(true);
  context_->setAccessibleName(tr("Context length"));
  slider_ = new QSlider(Qt::Horizontal, widget);
  slider_->setAccessibleName(tr("Context length"));
  threads_ = new QSpinBox(widget);
  threads_->setRange(0, 1024);
  threads_->setSpecialValueText(tr("all cores"));
  threads_->setAccessibleName(tr("Threads"));
  auto* contextLabel = new QLabel(tr("Context length"), widget);
  contextLabel->setBuddy(context_);
  auto* threadsLabel = new QLabel(tr("Threads"), widget);
  threadsLabel->setBuddy(threads_);
  row->addWidget(contextLabel);
  row->addWidget(slider_, 1);
  row->addWidget(context_);
  row->addSpacing(theme.gap(4));
  row->addWidget(threadsLabel);
  row->addWidget(threads_);
  connect(slider_, &QSlider::valueChanged, this, [this](int value) { context_->setValue(value); });
  connect(context_, &QSpinBox::valueChanged, this, [this](int value) {
    const QSignalBlocker blocker(slider_);
    slider_->setValue(value);
    refresh();
  });
  connect(threads_, &QSpinBox::valueChanged, this, &LoadChoices::changed);
  return widget;
}

QWidget* LoadChoices::buildForms(const Theme& theme) {
  auto* widget = new QWidget(this);
  auto* grid = new QGridLayout(widget);
  grid->setContentsMargins(0, 0, 0, 0);
  grid->setHorizontalSpacing(theme.gap(4));
  grid->setVerticalSpacing(theme.unit() / 2);
  grid->setColumnStretch(2, 1);
  forms_ = new QButtonGroup(this);
  auto* title = new QLabel(tr("Weights"), widget);
  grid->addWidget(title, 0, 0);
  for (std::size_t i = 0; i < kForms.size(); ++i) {
    const int row = static_cast<int>(i);
    auto* button = new QRadioButton(formName(kForms[i]), widget);
    auto* note = new QLabel(widget);
    note->setProperty("muted", true);
    grid->addWidget(button, row, 1);
    grid->addWidget(note, row, 2);
    forms_->addButton(button, row);
    formButtons_[i] = button;
    formNotes_[i] = note;
  }
  formButtons_.front()->setChecked(true);
  connect(forms_, &QButtonGroup::idToggled, this, [this](int, bool on) {
    if (on) refresh();
  });
  return widget;
}

std::string LoadChoices::chatTemplate() const { return template_->chatTemplate(); }
void LoadChoices::setTemplateFile(const QString& path) { template_->setFile(path); }

void LoadChoices::setReport(std::shared_ptr<const engine::CheckpointReport> report) {
  const bool sameModel = report_ != nullptr && report != nullptr && report_->path == report->path;
  report_ = std::move(report);
  if (!sameModel) {
    formButtons_.front()->setChecked(true);
    accept_->setChecked(false);
    template_->reset();
    showRange();
  }
  refresh();
}

void LoadChoices::showRange() {
  if (report_ == nullptr || !report_->config_valid) return;
  const qint64 most =
      std::clamp<qint64>(report_->config.max_position_embeddings, 1, kLongestContext);
  const QSignalBlocker spin(context_);
  const QSignalBlocker slider(slider_);
  const int step = static_cast<int>(std::max<qint64>(1, most / 32));
  context_->setSingleStep(step);
  slider_->setSingleStep(step);
  slider_->setPageStep(step * 4);
  context_->setRange(1, static_cast<int>(std::min(4 * most, kLongestContext)));
  slider_->setRange(1, static_cast<int>(most));
  context_->setValue(static_cast<int>(std::clamp<qint64>(report_->context_length, 1, most)));
  slider_->setValue(context_->value());
}

void LoadChoices::setThreads(int nThreads) { threads_->setValue(nThreads); }

void LoadChoices::setBackends(const std::vector<engine::BackendDescription>& backends,
                              bool prefersGpu) {
  device_->setBackends(backends, prefersGpu);
  refresh();
}

QString LoadChoices::machineText() const {
  return device_->text(threads(), isIndexed(report_.get()));
}

const engine::BackendDescription* LoadChoices::gpu() const {
  return device_->gpu(isIndexed(report_.get()));
}

engine::DevicePlanRequest LoadChoices::planRequest(WeightFormat form) const {
  engine::DevicePlanRequest request;
  request.context_length = contextLength();
  request.weight_format = form;
  request.free_bytes = gpu()->free_bytes;
  return request;
}

int LoadChoices::threads() const { return threads_->value(); }
std::int64_t LoadChoices::contextLength() const { return context_->value(); }
void LoadChoices::setContextLength(std::int64_t n) { context_->setValue(static_cast<int>(n)); }
void LoadChoices::setAccepted(bool accepted) { accept_->setChecked(accepted); }

WeightFormat LoadChoices::form() const {
  return kForms[static_cast<std::size_t>(std::max(0, forms_->checkedId()))];
}

void LoadChoices::setForm(WeightFormat form) {
  formButtons_[static_cast<std::size_t>(form)]->setChecked(true);
}

engine::MemoryNeed LoadChoices::need(WeightFormat form) const {
  const engine::MemoryNeed whole = engine::memory_need(*report_, contextLength(), form);
  return gpu() == nullptr ? whole : needBesideGpu(whole, placement_->plan());
}

MemoryVerdict LoadChoices::verdict() const {
  return engine::memory_verdict(*report_, need(form()));
}

void LoadChoices::refresh() {
  const bool usable = report_ != nullptr && report_->config_valid;
  setEnabled(usable);
  for (int i = 0; i < static_cast<int>(kForms.size()); ++i) refreshForm(i);
  refreshNotes();
  // Told outright: the dialog's layout does not ask again when rows appear.
  layout()->invalidate();
  setMinimumHeight(usable ? layout()->heightForWidth(std::max(width(), theme_.gap(200))) : 0);
  Q_EMIT changed();
}

void LoadChoices::refreshForm(int index) {
  const auto at = static_cast<std::size_t>(index);
  QLabel* note = formNotes_[at];
  if (report_ == nullptr || !report_->config_valid) {
    note->clear();
    return;
  }
  const WeightFormat form = kForms[at];
  const bool stored = form == WeightFormat::AsStored;
  const bool smaller = bytesOf(*report_, form) != bytesOf(*report_, WeightFormat::AsStored);
  formButtons_[at]->setEnabled(stored || smaller);
  if (!stored && !smaller) {
    note->setText(tr("would change nothing: no matrix here becomes smaller"));
    return;
  }
  note->setText(fitText(form));
}

QString LoadChoices::fitText(WeightFormat form) const {
  if (gpu() != nullptr) return planText(engine::device_plan(*report_, planRequest(form)));
  const engine::MemoryNeed needed = need(form);
  const std::int64_t longest = engine::longest_context(*report_, form);
  const QString all = tr("%1 in all").arg(format::bytes(needed.total())) + QStringLiteral(" · ");
  switch (engine::memory_verdict(*report_, needed)) {
    case MemoryVerdict::Fits:
      return all + tr("fits, with up to %1 tokens").arg(format::count(longest));
    case MemoryVerdict::ReadFromDisk:
      return all + tr("does not fit: read from disk as needed, slow");
    case MemoryVerdict::TooMuch:
      break;
  }
  return all + (longest > 0
                    ? tr("does not fit; with up to %1 tokens it would").arg(format::count(longest))
                    : tr("does not fit"));
}

void LoadChoices::refreshNotes() {
  const bool usable = report_ != nullptr && report_->config_valid;
  bar_->setVisible(usable);
  memory_->setVisible(usable);
  longContext_->setVisible(usable && contextLength() > report_->config.max_position_embeddings);
  device_->setVisible(usable && device_->offersGpu());
  const bool onGpu = usable && gpu() != nullptr;
  placement_->setVisible(onGpu);
  if (onGpu) placement_->setRequest(report_, planRequest(form()));
  accept_->setVisible(usable && report_->loadable() && verdict() == MemoryVerdict::ReadFromDisk);
  if (!usable) return;
  longContext_->setText(tr("Longer than the %1 tokens this model was made for: what it writes "
                           "beyond them may be worthless.")
                            .arg(format::count(report_->config.max_position_embeddings)));
  refreshMemory();
}

void LoadChoices::refreshMemory() {
  const engine::MemoryNeed needed = need(form());
  const QString free = report_->memory_available > 0 ? format::bytes(report_->memory_available)
                                                     : QStringLiteral("–");
  bar_->setNeed(needed, report_->memory_available);
  if (gpu() != nullptr) {
    memory_->setText(tr("Main memory: %1 weights + %2 program and tokenizer = %3; %4 are free")
                         .arg(format::bytes(needed.weights), format::bytes(needed.program),
                              format::bytes(needed.total()), free));
  } else {
    const QString weights =
        needed.drafter > 0 ? tr("%1 weights + %2 MTP module that drafts")
                                 .arg(format::bytes(needed.weights), format::bytes(needed.drafter))
                           : tr("%1 weights").arg(format::bytes(needed.weights));
    memory_->setText(tr("%1 + %2 cache (%3 per token) + %4 to work in + %5 program and "
                        "tokenizer = %6; %7 are free")
                         .arg(weights, format::bytes(needed.cache),
                              format::bytes(needed.cache / std::max<qint64>(1, contextLength())),
                              format::bytes(needed.scratch), format::bytes(needed.program),
                              format::bytes(needed.total()), free));
  }
  accept_->setText(tr("Load it all the same. %1 of weights do not fit beside the rest: they are "
                      "read from disk again and again, which can take minutes per answer.")
                       .arg(format::bytes(needed.total() - report_->memory_available)));
}

QString LoadChoices::obstacle() const {
  if (report_ == nullptr) return tr("No checkpoint is chosen.");
  if (!report_->loadable()) {
    for (const engine::Finding& finding : report_->findings) {
      if (finding.severity != engine::Finding::Severity::Error) continue;
      return tr("It cannot be loaded: %1")
          .arg(format::oneLine(app::engineText(finding.message), 300));
    }
    return tr("It cannot be loaded: its configuration is not valid.");
  }
  if (gpu() != nullptr && !placement_->obstacle().isEmpty()) return placement_->obstacle();
  switch (verdict()) {
    case MemoryVerdict::TooMuch:
      if (gpu() != nullptr) {
        return tr("Main memory cannot hold its part like this: %1 are needed, %2 are free. Take "
                  "the weights as they are stored.")
            .arg(format::bytes(need(form()).own()), format::bytes(report_->memory_available));
      }
      return tr("It does not fit into memory like this: %1 are needed, %2 are free. Choose a "
                "shorter context or smaller weights.")
          .arg(format::bytes(need(form()).own()), format::bytes(report_->memory_available));
    case MemoryVerdict::ReadFromDisk:
      if (!accept_->isChecked()) return tr("The warning about memory must be accepted first.");
      break;
    case MemoryVerdict::Fits:
      break;
  }
  return {};
}

void LoadChoices::apply(engine::LoadOptions* options) const {
  options->context_length = contextLength();
  options->backend.n_threads = threads();
  options->weight_format = form();
  options->chat_template = chatTemplate();
  options->prefer_gpu = device_->usesGpu();
  options->backend.device = device_->device();
  options->main_memory_layers = gpu() != nullptr ? placement_->layers() : std::nullopt;
}

}  // namespace ui
