// Selection: the one selection that drives every panel: token, layer, head, expert; and what the
// pointer hovers over.
#pragma once

#include <QObject>
#include <memory>
#include <optional>

#include "engine/base/ids.h"
#include "engine/runtime/events.h"

namespace app {

class TokenTimeline;

/// One head, or all heads of the layer as their mean or maximum.
enum class HeadMode { Mean, Maximum, Single };

struct HeadChoice {
  HeadMode mode = HeadMode::Mean;
  engine::HeadIndex head;  // with HeadMode::Single
  bool operator==(const HeadChoice&) const = default;
};

/// Everything is kept inside the loaded model's ranges; without a model the setters do nothing.
class Selection : public QObject {
  Q_OBJECT

 public:
  explicit Selection(TokenTimeline& timeline, QObject* parent = nullptr);

  /// The selected token; while following, the newest one that went through the model.
  std::optional<engine::Position> token() const { return token_; }
  bool isFollowing() const { return following_; }
  std::optional<engine::Position> hoveredToken() const { return hoveredToken_; }
  engine::LayerIndex layer() const { return layer_; }  // decoder layer, dense layers counted
  /// Index into ModelInfo::moe_layers of the selected layer; none: a dense layer, or no experts.
  std::optional<int> moeIndex() const;
  HeadChoice head() const { return head_; }
  std::optional<engine::ExpertIndex> expert() const { return expert_; }

  int nLayers() const { return nLayers_; }
  int nHeads() const { return nHeads_; }
  int nExperts() const { return nExperts_; }

  // ---- intents ----------------------------------------------------------------------------------
  /// Selects a token and stops following. Clamped to the timeline.
  void selectToken(engine::Position position);
  void nextToken();
  void previousToken();
  /// Follows the newest token again (End, or the "live" mark).
  void live();
  void hoverToken(std::optional<engine::Position> position);
  void selectLayer(engine::LayerIndex layer);
  void nextLayer();
  void previousLayer();
  void selectHead(HeadChoice head);
  /// Mean → maximum → head 0 → 1 …; stops at the ends.
  void nextHead();
  void previousHead();
  /// An expert of a layer (selects the layer too).
  void selectExpert(engine::LayerIndex layer, engine::ExpertIndex expert);
  /// Esc: no expert, no hover, following again.
  void clear();

  // ---- for Workspace only -----------------------------------------------------------------------
  void setModel(const std::shared_ptr<const engine::ModelInfo>& info);

 Q_SIGNALS:
  void tokenChanged();
  void followingChanged(bool following);
  void hoveredTokenChanged();
  void layerChanged();
  void headChanged();
  void expertChanged();
  /// The ranges changed with the model.
  void modelChanged();

 private:
  void follow();
  void setToken(std::optional<engine::Position> position);
  void onTimelineReset();

  TokenTimeline& timeline_;
  std::shared_ptr<const engine::ModelInfo> info_;
  int nLayers_ = 0;
  int nHeads_ = 0;
  int nExperts_ = 0;
  std::optional<engine::Position> token_;
  bool following_ = true;
  std::optional<engine::Position> hoveredToken_;
  engine::LayerIndex layer_;
  HeadChoice head_;
  std::optional<engine::ExpertIndex> expert_;
};

}  // namespace app
