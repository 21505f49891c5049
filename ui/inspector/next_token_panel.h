// NextTokenPanel: what the model expected after the selected token, before and after the sampler,
// and what was drawn. A replayed token knows only the model's own distribution; the panel says so.
#pragma once

#include <memory>

#include "app/inspector_model.h"
#include "engine/runtime/events.h"
#include "ui/inspector/inspector_panel.h"

class QLabel;

namespace ui {

class InspectorTable;

class NextTokenPanel : public InspectorPanel {
  Q_OBJECT
 public:
  explicit NextTokenPanel(const Theme& theme, QWidget* parent = nullptr);

  void setModelPresent(bool present);
  void setNextToken(const app::InspectionPart& part, std::shared_ptr<const engine::NextToken> next);
  InspectorTable& table() { return *table_; }
  QString summary() const;

 private:
  void apply();
  void addRow(int rank, const engine::TokenCandidate& candidate, bool chosen);
  void applyColumns();

  bool modelPresent_ = false;
  app::InspectionPart part_;
  std::shared_ptr<const engine::NextToken> next_;
  QLabel* message_;
  QLabel* summary_;
  InspectorTable* table_;
};

}  // namespace ui
