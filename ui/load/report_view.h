// ReportView: what a checkpoint holds, part by part, and everything that is missing or wrong with
// it, by name.
#pragma once

#include <QWidget>
#include <memory>

#include "engine/checkpoint/report.h"

class QGridLayout;
class QLabel;
class QTabWidget;
class QTreeWidget;

namespace ui {

class PartsTable;
class Theme;

class ReportView : public QWidget {
  Q_OBJECT

 public:
  explicit ReportView(const Theme& theme, QWidget* parent = nullptr);
  void setReport(std::shared_ptr<const engine::CheckpointReport> report);
  /// Threads and backend are not the report's; the dialog knows them.
  void setMachine(const QString& text);
  /// Whose bytes the table of parts shows as memory.
  void setForm(engine::WeightFormat form);
  /// Every finding as text, for the clipboard.
  QString findingsText() const;

 private:
  QWidget* buildOverview();
  void buildFindings();
  void setRow(int row, const QString& label, const QString& text, const QString& toolTip = {});
  void fillFacts(const engine::CheckpointReport& report);
  int fillModel(int row, const engine::CheckpointReport& report);
  void fillVerdict(const engine::CheckpointReport& report);
  void fillFindings(const engine::CheckpointReport& report);
  void addFinding(const engine::Finding& finding);

  const Theme& theme_;
  std::shared_ptr<const engine::CheckpointReport> report_;
  engine::WeightFormat form_ = engine::WeightFormat::AsStored;
  QLabel* verdictIcon_;
  QLabel* verdict_;
  QTabWidget* tabs_;
  QGridLayout* facts_;
  PartsTable* parts_;
  QTreeWidget* findings_;
  QString machine_;
};

}  // namespace ui
