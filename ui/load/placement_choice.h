// PlacementChoice: how much of a model lies on the GPU: of how many layers the routed experts stay
// in main memory, with the estimate marked, and what the GPU's memory then has to hold.
#pragma once

#include <QWidget>
#include <memory>
#include <optional>

#include "engine/checkpoint/device_plan.h"

class QCheckBox;
class QLabel;
class QSpinBox;

namespace ui {

class MarkedSlider;
class MemoryBar;
class Theme;

class PlacementChoice : public QWidget {
  Q_OBJECT

 public:
  explicit PlacementChoice(const Theme& theme, QWidget* parent = nullptr);
  /// What is asked of the GPU; the request's own layers are not looked at.
  void setRequest(std::shared_ptr<const engine::CheckpointReport> report,
                  const engine::DevicePlanRequest& request);
  /// What the checkpoint that is loaded now holds of the GPU; 0: nothing.
  void setHeldBytes(std::int64_t bytes);
  /// Layers with their routed experts in main memory; none: the engine's estimate when it loads.
  std::optional<std::int64_t> layers() const { return layers_; }
  void setLayers(std::optional<std::int64_t> layers);
  const engine::DevicePlan& plan() const { return plan_; }
  /// Why the GPU cannot hold it like this, with the remedy; empty when it can.
  QString obstacle() const;

 Q_SIGNALS:
  /// The user chose.
  void changed();

 private:
  QWidget* buildRow(const Theme& theme);
  void choose(std::optional<std::int64_t> layers);
  void refresh();
  void showMemory(const engine::MemoryNeed& need);

  engine::DevicePlanRequest request_;
  std::shared_ptr<const engine::CheckpointReport> report_;
  engine::DevicePlan estimate_;
  engine::DevicePlan plan_;
  std::optional<std::int64_t> layers_;
  std::int64_t heldBytes_ = 0;
  QWidget* row_ = nullptr;
  MarkedSlider* slider_ = nullptr;
  QSpinBox* box_ = nullptr;
  QCheckBox* automatic_ = nullptr;
  QLabel* note_ = nullptr;
  MemoryBar* bar_ = nullptr;
  QLabel* memory_ = nullptr;
};

/// What of a model on the GPU main memory has to hold: the experts that stay there, or all weights
/// where they are quantised there first.
engine::MemoryNeed needBesideGpu(const engine::MemoryNeed& whole, const engine::DevicePlan& plan);
/// "31.9 GB in all · fits on the GPU": one line about a plan.
QString planText(const engine::DevicePlan& plan);

}  // namespace ui
