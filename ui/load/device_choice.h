// DeviceChoice: whether a model runs on a GPU, and on which, or on the CPU. A choice only where
// there is a GPU; where there is none its text says why.
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
  /// Whether a GPU is to be used where it can.
  bool usesGpu() const;
  /// Which one; -1: there is no choice of one.
  int device() const;
  /// The GPU that would run the model; null: the CPU does. `indexed`: a family the GPU does not
  /// run.
  const engine::BackendDescription* gpu(bool indexed) const;
  /// "CPU with AVX-512 VNNI, 2 threads" and why it is not the GPU.
  QString text(int nThreads, bool indexed) const;

 Q_SIGNALS:
  void changed();

 private:
  const engine::BackendDescription* backend(engine::BackendKind kind) const;
  /// The chosen one; null: there is nothing to choose.
  const engine::BackendDescription* chosen() const;

  QComboBox* box_;
  std::vector<engine::BackendDescription> backends_;
};

}  // namespace ui
