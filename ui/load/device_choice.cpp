// A label, a box, and one line for the report.
#include "ui/load/device_choice.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QThread>
#include <algorithm>

#include "app/engine_text.h"
#include "ui/format.h"
#include "ui/theme/theme.h"

namespace ui {

DeviceChoice::DeviceChoice(const Theme& theme, QWidget* parent)
    : QWidget(parent), box_(new QComboBox(this)) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(theme.gap(3));
  auto* label = new QLabel(tr("Runs on"), this);
  label->setBuddy(box_);
  box_->setObjectName(QStringLiteral("device"));
  box_->setAccessibleName(label->text());
  row->addWidget(label);
  row->addWidget(box_);
  row->addStretch(1);
  connect(box_, &QComboBox::activated, this, &DeviceChoice::changed);
}

const engine::BackendDescription* DeviceChoice::backend(engine::BackendKind kind) const {
  const auto at = std::find_if(backends_.begin(), backends_.end(),
                               [kind](const auto& backend) { return backend.kind == kind; });
  return at == backends_.end() ? nullptr : &*at;
}

void DeviceChoice::setBackends(const std::vector<engine::BackendDescription>& backends,
                               bool prefersGpu) {
  backends_ = backends;
  box_->clear();
  int cpuAt = 0;
  for (const auto kind : {engine::BackendKind::Cuda, engine::BackendKind::Cpu}) {
    cpuAt = box_->count();
    for (std::size_t i = 0; i < backends_.size(); ++i) {
      const engine::BackendDescription& there = backends_[i];
      if (there.kind != kind || !there.available) continue;
      box_->addItem(format::oneLine(app::engineText(there.description), 100), static_cast<int>(i));
    }
  }
  box_->setCurrentIndex(prefersGpu ? 0 : cpuAt);
}

const engine::BackendDescription* DeviceChoice::chosen() const {
  if (box_->currentIndex() < 0) return nullptr;
  return &backends_[static_cast<std::size_t>(box_->currentData().toInt())];
}

bool DeviceChoice::offersGpu() const { return box_->count() > 1; }

// Without a choice the wish stays what it is by default.
bool DeviceChoice::usesGpu() const {
  return !offersGpu() || chosen()->kind == engine::BackendKind::Cuda;
}

int DeviceChoice::device() const {
  const engine::BackendDescription* gpu = chosen();
  return gpu != nullptr && gpu->kind == engine::BackendKind::Cuda ? gpu->device : -1;
}

const engine::BackendDescription* DeviceChoice::gpu(bool indexed) const {
  const engine::BackendDescription* gpu = chosen();
  const bool runs = gpu != nullptr && gpu->kind == engine::BackendKind::Cuda && !indexed;
  return runs ? gpu : nullptr;
}

QString DeviceChoice::text(int nThreads, bool indexed) const {
  if (const engine::BackendDescription* used = gpu(indexed)) {
    return format::oneLine(app::engineText(used->description), 200);
  }
  const engine::BackendDescription* gpu = backend(engine::BackendKind::Cuda);
  const engine::BackendDescription* cpu = backend(engine::BackendKind::Cpu);
  const int n = nThreads > 0 ? nThreads : QThread::idealThreadCount();
  const QString all = cpu != nullptr ? QString::fromStdString(cpu->description) : QString();
  const QString kernels = all.section(QStringLiteral(" · "), 1, 1);
  QString text = kernels.isEmpty() ? tr("CPU, %1 threads").arg(n)
                                   : tr("CPU with %1, %2 threads").arg(kernels).arg(n);
  if (gpu == nullptr) return text;
  if (!gpu->available) {
    text += QLatin1Char('\n') + app::engineText(gpu->description);
  } else if (indexed) {
    text += QLatin1Char('\n') + tr("The GPU is not used: it does not run this family yet.");
  }
  return text;
}

}  // namespace ui
