// ExpertMapView: every MoE layer × every routed expert. Lit cells are the experts of one token, by
// weight; the ground is how often each expert was used in the conversation.
#pragma once

#include <QImage>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "app/expert_usage.h"
#include "engine/runtime/events.h"
#include "ui/inspector/canvas.h"
#include "ui/inspector/cell_grid.h"
#include "ui/inspector/value_scale.h"

namespace ui {

enum class ExpertMapMode { Now, Usage, Both };

enum class UsagePhase { PromptAndAnswer, Prompt, Answer };

/// How often each expert was chosen in the chosen phase, and over how many tokens.
struct UsageCounts {
  std::vector<std::int64_t> counts;  // [M, E]; empty: nothing was counted yet
  std::int64_t nTokens = 0;
  bool operator==(const UsageCounts&) const = default;
};
UsageCounts usageCounts(const app::ExpertUsage& usage, UsagePhase phase);

class ExpertMapView : public Canvas {
  Q_OBJECT
 public:
  explicit ExpertMapView(const Theme& theme, QWidget* parent = nullptr);

  void setModel(std::shared_ptr<const engine::ModelInfo> info);
  void setMode(ExpertMapMode mode);
  void setUsage(UsageCounts usage, ScaleKind scale);
  /// The experts of the selected token; null: that token's routing is not known.
  void setRouting(std::shared_ptr<const engine::TokenRouting> routing);
  /// The whole decision of the selected token; null: not here yet, `why` says what is happening.
  void setDecisions(std::shared_ptr<const std::vector<engine::RouterDecision>> decisions,
                    const QString& why);
  /// The weight drawn brightest: the largest of the conversation.
  void setWeightRange(double high);
  /// −1 where nothing is selected.
  void setSelected(std::int32_t layer, std::int32_t expert);

  ValueScale weightScale() const { return {ScaleKind::Linear, 0.0, weightHigh_}; }
  ValueScale usageScale() const;
  ExpertMapMode mode() const { return mode_; }
  /// The colour of a usage in the current mode: grey while the token's weights lie over it.
  QColor usageColour(double place) const;
  /// How often an expert would be used if all were used alike: K/E of the tokens.
  double uniformUsage() const;
  QString readout(CellGrid::Cell cell) const;
  QString readoutAt(QPoint devicePoint) const override;
  QString tableText() const override;
  /// The cell under a point in device pixels, and the centre of a cell: for tests and for tooltips.
  std::optional<CellGrid::Cell> cellAt(QPoint devicePoint) const;
  QPoint centreOf(CellGrid::Cell cell) const;

  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 Q_SIGNALS:
  void cellClicked(std::int32_t layer, std::int32_t expert);
  void cellHovered(std::int32_t layer, std::int32_t expert);  // −1, −1: the pointer left

 protected:
  void paintPicture(QPainter& painter, QSize size) override;
  void pointerMoved(QPoint devicePoint) override;
  void pointerPressed(QPoint devicePoint) override;

 private:
  struct Weighted {
    CellGrid::Cell cell;
    float weight;
  };

  void fitHeight();
  int nLayers() const;
  int nExperts() const;
  CellGrid gridFor(QSize size) const;
  std::vector<Weighted> chosenCells() const;
  void paintGround(QPainter& painter, const CellGrid& grid);
  void paintChosen(QPainter& painter, const CellGrid& grid) const;
  void paintAxes(QPainter& painter, const CellGrid& grid) const;
  void paintMark(QPainter& painter, const CellGrid& grid, CellGrid::Cell cell,
                 ColourRole role) const;
  QString decisionLines(CellGrid::Cell cell) const;
  QString usageLine(CellGrid::Cell cell) const;

  std::shared_ptr<const engine::ModelInfo> info_;
  ExpertMapMode mode_ = ExpertMapMode::Both;
  UsageCounts usage_;
  ScaleKind usageScaleKind_ = ScaleKind::Linear;
  std::int64_t largestCount_ = 0;
  std::shared_ptr<const engine::TokenRouting> routing_;
  std::shared_ptr<const std::vector<engine::RouterDecision>> decisions_;
  QString decisionsMissing_;
  double weightHigh_ = 1.0;
  std::int32_t selectedLayer_ = -1;
  std::int32_t selectedExpert_ = -1;
  std::optional<CellGrid::Cell> hovered_;
  QImage ground_;  // the usage image, rebuilt when usage, mode, theme or geometry change
  bool groundStale_ = true;
};

}  // namespace ui
