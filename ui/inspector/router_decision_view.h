// RouterDecisionView: one layer's decision for one token: the bars, the table of the chosen in
// their order, and the rule in words with this model's numbers.
#pragma once

#include <QWidget>
#include <memory>

#include "engine/runtime/events.h"
#include "ui/inspector/router_analysis.h"

class QLabel;
class QTableWidget;
class QToolButton;

namespace ui {

class RouterBarsView;
class Theme;

class RouterDecisionView : public QWidget {
  Q_OBJECT
 public:
  explicit RouterDecisionView(const Theme& theme, QWidget* parent = nullptr);

  void setModel(std::shared_ptr<const engine::ModelInfo> info);
  /// Null with a reason: what is missing and why.
  void setDecision(const engine::RouterDecision* decision, const QString& why);
  /// The values are of an older selection: drawn faded.
  void setStale(bool stale);
  void setSelectedExpert(int expert);
  RouterBarsView& bars() { return *bars_; }
  const RouterAnalysis& analysis() const { return analysis_; }
  /// The rule in words; empty without experts.
  static QString ruleText(const engine::ModelConfig& config, bool hasBias);

 Q_SIGNALS:
  void expertClicked(int expert);

 private:
  void applyTheme();
  void fillTable();
  void addExpertRow(const QString& place, int expert);
  void addSharedRow();
  void setCell(int row, int column, const QString& text, const QString& exact);
  QString summary() const;

  const Theme& theme_;
  std::shared_ptr<const engine::ModelInfo> info_;
  RouterAnalysis analysis_;
  int selected_ = -1;
  QLabel* title_;
  QToolButton* centreBias_;
  QToolButton* copy_;
  RouterBarsView* bars_;
  QLabel* key_;
  QTableWidget* table_;
  QLabel* rule_;
};

}  // namespace ui
