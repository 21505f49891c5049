// ReportView: what a checkpoint holds, what it needs, and everything that is missing or wrong with
// it, by name.
#pragma once

#include <QWidget>
#include <memory>

#include "engine/checkpoint/report.h"

class QGridLayout;
class QLabel;
class QProgressBar;
class QTreeWidget;

namespace ui {

class Theme;

class ReportView : public QWidget {
  Q_OBJECT

 public:
  explicit ReportView(const Theme& theme, QWidget* parent = nullptr);
  void setReport(std::shared_ptr<const engine::CheckpointReport> report);
  /// Threads and backend are not the report's; the dialog knows them.
  void setMachine(const QString& text);
  /// Every finding as text, for the clipboard.
  QString findingsText() const;

 private:
  void setRow(int row, const QString& label, const QString& text, const QString& toolTip = {});
  void fillFacts(const engine::CheckpointReport& report);
  void fillMemory(const engine::CheckpointReport& report);
  void fillFindings(const engine::CheckpointReport& report);

  const Theme& theme_;
  std::shared_ptr<const engine::CheckpointReport> report_;
  QGridLayout* facts_;
  QLabel* memory_;
  QProgressBar* memoryBar_;
  QLabel* findingsTitle_;
  QTreeWidget* findings_;
  QString machine_;
};

/// "64 routed experts, 6 chosen, 8 groups, 3 open; 2 shared": one line about the experts.
QString expertsText(const engine::ModelConfig& config);
QString attentionText(const engine::ModelConfig& config);

}  // namespace ui
