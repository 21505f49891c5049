// LoadChoices: how a checkpoint is to be loaded: context length, weights, threads, chat template,
// device; with the memory each choice needs, live. Says whether it can be done, and what the user
// must accept first.
#pragma once

#include <QWidget>
#include <array>
#include <memory>
#include <vector>

#include "engine/checkpoint/report.h"
#include "engine/runtime/events.h"

class QButtonGroup;
class QCheckBox;
class QLabel;
class QRadioButton;
class QSlider;
class QSpinBox;

namespace ui {

class DeviceChoice;
class MemoryBar;
class PlacementChoice;
class TemplateChoice;
class Theme;

class LoadChoices : public QWidget {
  Q_OBJECT

 public:
  explicit LoadChoices(const Theme& theme, QWidget* parent = nullptr);

  /// Null: nothing is chosen; everything is off. Another path begins with the defaults.
  void setReport(std::shared_ptr<const engine::CheckpointReport> report);
  /// What there is to run on; until then only the CPU is known.
  void setBackends(const std::vector<engine::BackendDescription>& backends, bool prefersGpu);
  const DeviceChoice& device() const { return *device_; }
  PlacementChoice& placement() { return *placement_; }
  /// "CPU · AVX-512 VNNI · 2 threads", and why it is not the GPU.
  QString machineText() const;
  void setThreads(int nThreads);
  int threads() const;
  engine::WeightFormat form() const;
  std::int64_t contextLength() const;
  void setForm(engine::WeightFormat form);
  void setContextLength(std::int64_t n);
  /// Whether the warning is accepted, where there is one.
  void setAccepted(bool accepted);

  /// Why it cannot be loaded like this; empty when it can.
  QString obstacle() const;
  void apply(engine::LoadOptions* options) const;
  /// As engine::LoadOptions has it: a built-in's name, the text of a file, or "" for automatic.
  std::string chatTemplate() const;
  /// Shows why when the file cannot be used.
  void setTemplateFile(const QString& path);

 Q_SIGNALS:
  void changed();

 private:
  QWidget* buildContextRow(const Theme& theme);
  QWidget* buildForms(const Theme& theme);
  void showRange();
  void refresh();
  void refreshForm(int index);
  void refreshNotes();
  void refreshMemory();
  QString fitText(engine::WeightFormat form) const;
  /// The GPU it is to run on; null: the CPU.
  const engine::BackendDescription* gpu() const;
  engine::DevicePlanRequest planRequest(engine::WeightFormat form) const;
  /// Of main memory.
  engine::MemoryNeed need(engine::WeightFormat form) const;
  engine::MemoryVerdict verdict() const;

  const Theme& theme_;
  std::shared_ptr<const engine::CheckpointReport> report_;
  QSpinBox* context_ = nullptr;
  QSlider* slider_ = nullptr;
  QSpinBox* threads_ = nullptr;
  QButtonGroup* forms_ = nullptr;
  std::array<QRadioButton*, 3> formButtons_{};
  std::array<QLabel*, 3> formNotes_{};
  QLabel* longContext_ = nullptr;
  MemoryBar* bar_ = nullptr;
  QLabel* memory_ = nullptr;
  QCheckBox* accept_ = nullptr;
  DeviceChoice* device_ = nullptr;
  PlacementChoice* placement_ = nullptr;
  TemplateChoice* template_ = nullptr;
};

}  // namespace ui
