// InspectorBinding: ties the inspector's panels to app's models: selection, timeline, inner values.
// Values go down into the panels, what the user does there goes up as intents.
#pragma once

#include <QObject>
#include <memory>
#include <vector>

#include "app/cache_ledger.h"
#include "app/inspector_model.h"
#include "app/selection.h"
#include "app/token_timeline.h"
#include "ui/inspector/inspector_panel.h"
#include "ui/inspector/timeline_strip.h"

namespace app {
class Workspace;
}

namespace ui {

class AttentionPanel;
class CachePanel;
class ExpertsPanel;
class NextTokenPanel;

/// All of them outlive the binding.
struct InspectorModels {
  app::TokenTimeline& timeline;
  app::Selection& selection;
  app::InspectorModel& inspector;
};

struct InspectorPanels {
  ExpertsPanel& experts;
  AttentionPanel& attention;
  NextTokenPanel& nextToken;
  CachePanel& cache;
  TimelineStrip& timeline;
};

class InspectorBinding : public QObject {
  Q_OBJECT
 public:
  InspectorBinding(InspectorModels models, InspectorPanels panels, QObject* parent = nullptr);

  /// Also keeps the model and the ledger up to date from here on.
  void follow(app::Workspace& workspace);
  void setModel(std::shared_ptr<const engine::ModelInfo> info);
  void setLedger(const app::CacheLedger& ledger);
  /// What a key in any panel does to the selection.
  void apply(SelectionStep step);

 private:
  void connectTimeline();
  void connectSelection();
  void connectPanels();
  void connectPanel(InspectorPanel& panel);
  void onTimelineReset(int kept);
  void onTokensAppended(int first, int count);
  void onRoutingAdded(int first, int count);
  void showToken();
  void showSelected();
  void showUsage();
  void showRouter();
  void showAttention();
  void showNextToken();
  void showHeaders();
  void readWeights(int first, int end);
  TimelineMark markOf(int position) const;
  void showStatus(const app::InspectionPart& part, TokenHeader& header) const;

  InspectorModels models_;
  InspectorPanels panels_;
  std::shared_ptr<const engine::ModelInfo> info_;
  std::vector<TokenLabel> labels_;     // of every token in the timeline
  std::vector<float> largestWeights_;  // of every token: the largest is the top of the weight scale
};

}  // namespace ui
