// ExpertsPanel: the map of all layers × all experts above, one layer's decision below.
// Shows values it is given; the binding feeds it and obeys its signals.
#pragma once

#include <memory>
#include <optional>

#include "app/expert_usage.h"
#include "app/inspector_model.h"
#include "ui/inspector/expert_map_view.h"
#include "ui/inspector/inspector_panel.h"

class QButtonGroup;
class QComboBox;
class QSplitter;
class QToolButton;

namespace ui {

class RouterDecisionView;
class ScaleLegend;

class ExpertsPanel : public InspectorPanel {
  Q_OBJECT
 public:
  explicit ExpertsPanel(const Theme& theme, QWidget* parent = nullptr);

  /// Null: no model is loaded.
  void setModel(std::shared_ptr<const engine::ModelInfo> info);
  void setUsage(const app::ExpertUsage& usage);
  void setWeightRange(double high);
  /// The experts of the selected token; null: not known.
  void setRouting(std::shared_ptr<const engine::TokenRouting> routing);
  /// What the routers decided for the selected token, or what keeps it from being shown.
  void setDecisions(const app::InspectionPart& part, app::LayerDecisions decisions);
  void setSelected(std::int32_t layer, std::optional<std::int32_t> expert);

  ExpertMapView& map() { return *map_; }
  RouterDecisionView& decision() { return *decision_; }

 Q_SIGNALS:
  void expertPicked(std::int32_t layer, std::int32_t expert);

 protected:
  void moveMark(int step) override;

 private:
  void createControls();
  void applyUsage();
  void applyLegends();
  void applyDecision();
  QString mapMessage() const;
  UsagePhase phase() const;

  std::shared_ptr<const engine::ModelInfo> info_;
  app::ExpertUsage usage_;
  app::InspectionPart part_;
  app::LayerDecisions decisions_;
  std::shared_ptr<const engine::TokenRouting> routing_;
  std::int32_t layer_ = -1;
  std::optional<std::int32_t> expert_;
  QButtonGroup* mode_ = nullptr;
  QComboBox* phase_ = nullptr;
  QToolButton* logUsage_ = nullptr;
  ExpertMapView* map_;
  ScaleLegend* weightLegend_;
  ScaleLegend* usageLegend_;
  RouterDecisionView* decision_;
  QWidget* decisionArea_ = nullptr;
  QSplitter* splitter_;
};

/// Why a part has no values, in words for an empty panel; empty when it has them.
QString missingText(const app::InspectionPart& part);

}  // namespace ui
