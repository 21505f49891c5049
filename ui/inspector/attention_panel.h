// AttentionPanel: where the selected layer's heads read for the selected token: bars over the
// cached tokens, the two parts of the score, and all heads at once. Range, clamp and pooling are
// controls and are printed.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "app/inspector_model.h"
#include "app/selection.h"
#include "ui/inspector/attention_slots_view.h"
#include "ui/inspector/inspector_panel.h"

class QButtonGroup;
class QComboBox;
class QLabel;
class QSplitter;
class QToolButton;

namespace ui {

class HeadMapView;

/// How strongly a token of the conversation is read: for colouring the chat's own text.
struct TokenHeat {
  std::int64_t position = 0;
  float value = 0;   // 0 … 1: the place on the panel's scale
  float weight = 0;  // the attention weight itself, for the tooltip
  bool operator==(const TokenHeat&) const = default;
};

class AttentionPanel : public InspectorPanel {
  Q_OBJECT
 public:
  explicit AttentionPanel(const Theme& theme, QWidget* parent = nullptr);

  void setModel(std::shared_ptr<const engine::ModelInfo> info);
  void setAttention(const app::InspectionPart& part,
                    std::shared_ptr<const engine::AttentionRows> rows,
                    std::vector<TokenLabel> labels);
  void setHead(app::HeadChoice head);
  void setHoveredToken(std::optional<std::int64_t> position);

  AttentionSlotsView& slots() { return *slots_; }
  HeadMapView& heads() { return *heads_; }
  const std::vector<TokenHeat>& heat() const { return heat_; }

 Q_SIGNALS:
  void headPicked(app::HeadChoice head);
  /// A slot was opened: select its token.
  void tokenPicked(std::int64_t position);
  void tokenHovered(std::int64_t position);  // −1: none
  /// Empty: colour nothing.
  void tokenHeatChanged(const std::vector<ui::TokenHeat>& heat);

 protected:
  void moveMark(int step) override;
  void activateMark() override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  void createControls();
  void connectViews();
  void fillHeads();
  QString cacheText() const;
  void applyRange();
  void applySlice();
  void applyHeat();
  void applyLegend();
  void applyHeads();
  void mark(std::optional<std::int64_t> slot);
  AttentionRange range() const;

  std::shared_ptr<const engine::ModelInfo> info_;
  app::InspectionPart part_;
  std::shared_ptr<const engine::AttentionRows> rows_;
  std::vector<TokenLabel> labels_;
  app::HeadChoice head_;
  std::vector<TokenHeat> heat_;
  QComboBox* headBox_ = nullptr;
  QButtonGroup* scaleKind_ = nullptr;
  QComboBox* floorBox_ = nullptr;
  QToolButton* clamp_ = nullptr;
  QToolButton* parts_ = nullptr;
  QToolButton* allHeads_ = nullptr;
  AttentionSlotsView* slots_;
  HeadMapView* heads_;
  QLabel* legend_;
  QSplitter* splitter_;
};

}  // namespace ui
