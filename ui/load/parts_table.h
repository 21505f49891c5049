// PartsTable: parameters, bytes and element types of every part of a model, with their sum.
#pragma once

#include "engine/checkpoint/report.h"
#include "ui/inspector/inspector_table.h"

namespace ui {

class PartsTable : public InspectorTable {
  Q_OBJECT

 public:
  explicit PartsTable(const Theme& theme, QWidget* parent = nullptr);
  /// `form`: whose bytes the memory column shows.
  void setReport(const engine::CheckpointReport& report, engine::WeightFormat form);

 private:
  void addPart(const engine::PartTotals& part, std::int64_t drafterBytes,
               engine::WeightFormat form);
  void addSum(const engine::CheckpointReport& report, engine::WeightFormat form);
};

}  // namespace ui
