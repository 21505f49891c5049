// Every number here is engine::device_plan of the report: nothing is asked of the GPU while the
// user chooses.
#include "ui/load/placement_choice.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

#include "ui/format.h"
#include "ui/load/marked_slider.h"
#include "ui/load/memory_bar.h"
#include "ui/theme/theme.h"

namespace ui {

PlacementChoice::PlacementChoice(const Theme& theme, QWidget* parent) : QWidget(parent) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(theme.gap(2));
  bar_ = new MemoryBar(theme, this);
  bar_->setAccessibleName(tr("GPU memory needed of GPU memory free"));
  memory_ = new QLabel(this);
  memory_->setWordWrap(true);
  memory_->setTextFormat(Qt::PlainText);
  memory_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  column->addWidget(buildRow(theme));
  column->addWidget(bar_);
  column->addWidget(memory_);
  // Labels that wrap make layouts forget what their neighbours need at least.
  row_->setMinimumHeight(row_->sizeHint().height());
  memory_->setMinimumHeight(memory_->fontMetrics().height());
  setMinimumHeight(row_->minimumHeight() + bar_->sizeHint().height() + memory_->minimumHeight() +
                   2 * column->spacing());
}

QWidget* PlacementChoice::buildRow(const Theme& theme) {
  row_ = new QWidget(this);
  auto* row = new QHBoxLayout(row_);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(theme.gap(3));
  const QString name = tr("Layers whose routed experts stay in main memory");
  slider_ = new MarkedSlider(theme, row_);
  slider_->setAccessibleName(name);
  box_ = new QSpinBox(row_);
  box_->setAccessibleName(name);
  automatic_ = new QCheckBox(tr("Automatic"), row_);
  automatic_->setToolTip(
      tr("As few layers as the GPU's free memory allows, counted again when it is loaded"));
  note_ = new QLabel(row_);
  note_->setProperty("muted", true);
  auto* label = new QLabel(tr("Experts in main memory"), row_);
  label->setBuddy(box_);
  label->setToolTip(name);
  row->addWidget(label);
  row->addWidget(slider_, 1);
  row->addWidget(box_);
  row->addWidget(automatic_);
  row->addWidget(note_);
  connect(slider_, &QSlider::valueChanged, this, [this](int value) { choose(value); });
  connect(box_, &QSpinBox::valueChanged, this, [this](int value) { choose(value); });
  connect(automatic_, &QCheckBox::toggled, this,
          [this](bool on) { choose(on ? std::nullopt : std::optional(plan_.main_memory_layers)); });
  return row_;
}

void PlacementChoice::setRequest(std::shared_ptr<const engine::CheckpointReport> report,
                                 const engine::DevicePlanRequest& request) {
  if (report_ == nullptr || report_->path != report->path) layers_.reset();
  report_ = std::move(report);
  request_ = request;
  refresh();
}

void PlacementChoice::setHeldBytes(std::int64_t bytes) {
  heldBytes_ = bytes;
  refresh();
}

void PlacementChoice::setLayers(std::optional<std::int64_t> layers) {
  layers_ = layers;
  refresh();
}

void PlacementChoice::choose(std::optional<std::int64_t> layers) {
  setLayers(layers);
  Q_EMIT changed();
}

void PlacementChoice::refresh() {
  if (report_ == nullptr) return;
  request_.main_memory_layers.reset();
  estimate_ = engine::device_plan(*report_, request_);
  if (layers_) layers_ = std::clamp<std::int64_t>(*layers_, 0, estimate_.n_moe_layers);
  request_.main_memory_layers = layers_;
  plan_ = engine::device_plan(*report_, request_);
  const int n = static_cast<int>(plan_.main_memory_layers);
  const int most = static_cast<int>(plan_.n_moe_layers);
  row_->setVisible(most > 0);
  const QSignalBlocker slider(slider_);
  const QSignalBlocker box(box_);
  const QSignalBlocker automatic(automatic_);
  slider_->setRange(0, most);
  slider_->setPageStep(std::max(1, most / 8));
  slider_->setValue(n);
  slider_->setMark(static_cast<int>(estimate_.main_memory_layers));
  box_->setRange(0, most);
  box_->setSuffix(tr(" of %1 layers").arg(format::count(most)));
  box_->setValue(n);
  automatic_->setChecked(!layers_.has_value());
  note_->setText(tr("estimate: %1").arg(format::count(estimate_.main_memory_layers)));
  slider_->setToolTip(format::toolTip(
      tr("Each layer takes %1 from the GPU and gives it to main memory, where the CPU computes "
         "it.\nThe mark is the estimate: as few layers as fit.")
          .arg(format::bytes(plan_.layer_bytes))));
  showMemory(engine::memory_need(*report_, request_.context_length, request_.weight_format));
}

void PlacementChoice::showMemory(const engine::MemoryNeed& need) {
  engine::MemoryNeed device;
  device.weights_are_mapped = false;
  device.weights = std::max<std::int64_t>(0, need.weights - plan_.main_memory_bytes);
  device.cache = need.cache;
  device.scratch = std::max<std::int64_t>(0, plan_.device_bytes - device.weights - device.cache);
  bar_->setNeed(device, plan_.free_bytes);
  QString text = tr("GPU: %1 weights + %2 cache + %3 to work in = %4; %5 are free")
                     .arg(format::bytes(device.weights), format::bytes(device.cache),
                          format::bytes(device.scratch), format::bytes(plan_.device_bytes),
                          format::bytes(plan_.free_bytes));
  if (heldBytes_ > 0) {
    text += tr("; the loaded checkpoint holds %1 until the new one is there")
                .arg(format::bytes(heldBytes_));
  }
  memory_->setText(text);
}

QString PlacementChoice::obstacle() const {
  if (report_ == nullptr || plan_.fits()) return {};
  const QString sizes =
      tr("The GPU cannot hold it like this: %1 are needed, %2 are free.")
          .arg(format::bytes(plan_.device_bytes), format::bytes(plan_.free_bytes));
  if (estimate_.fits()) {
    return sizes + QLatin1Char(' ') +
           tr("Keep the experts of %1 layers in main memory.")
               .arg(format::count(estimate_.main_memory_layers));
  }
  return sizes + QLatin1Char(' ') +
         (heldBytes_ > 0
              ? tr("Unload the checkpoint that is open, or choose a shorter context, smaller "
                   "weights or the CPU.")
              : tr("Choose a shorter context, smaller weights or the CPU."));
}

engine::MemoryNeed needBesideGpu(const engine::MemoryNeed& whole, const engine::DevicePlan& plan) {
  engine::MemoryNeed need;
  need.weights_are_mapped = whole.weights_are_mapped;
  need.weights = whole.weights_are_mapped ? plan.main_memory_bytes : whole.weights;
  need.program = whole.program;
  return need;
}

QString planText(const engine::DevicePlan& plan) {
  const QString all = PlacementChoice::tr("%1 in all")
                          .arg(format::bytes(plan.device_bytes + plan.main_memory_bytes));
  if (!plan.fits())
    return all + QStringLiteral(" · ") + PlacementChoice::tr("too much for the GPU");
  if (plan.main_memory_layers == 0) {
    return all + QStringLiteral(" · ") + PlacementChoice::tr("fits on the GPU");
  }
  return all + QStringLiteral(" · ") +
         PlacementChoice::tr("fits, with the experts of %1 of %2 layers in main memory")
             .arg(format::count(plan.main_memory_layers), format::count(plan.n_moe_layers));
}

}  // namespace ui
