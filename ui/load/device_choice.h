// DeviceChoice: whether a model runs on the GPU or the CPU. A choice only where there is a GPU;
// where there is none its text says why.
#pragma once

#include <QWidget>
#include <vector>

#include "engine/backend/backend.h"

class QComboBox;

namespace ui {

class Theme;

class DeviceChoice : public QWidget {
  Q_OBJECT

 public:
  explicit DeviceChoice(const Theme& theme, QWidget* parent = nullptr);
  /// What there is to run on; until then only the CPU is known.
  void setBackends(const std::vector<engine::BackendDescription>& backends, bool prefersGpu);
  bool offersGpu() const;
  /// Whether the GPU is to be used where it can.
  bool usesGpu() const;
  /// The GPU that would run the model; null: the CPU does. `indexed`: a family the GPU does not
  /// run.
  const engine::BackendDescription* gpu(bool indexed) const;
  /// "CPU with AVX-512 VNNI, 2 threads" and why it is not the GPU.
  QString text(int nThreads, bool indexed) const;

 Q_SIGNALS:
  void changed();

 private:
  const engine::BackendDescription* backend(engine::BackendKind kind) const;

  QComboBox* box_;
  std::vector<engine::BackendDescription> backends_;
};

}  // namespace ui
