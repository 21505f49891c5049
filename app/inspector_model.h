// InspectorModel: the inner values of the selected token, taken from what was recorded or asked of
// the engine by replay; at most one question is under way.
#pragma once

#include <QObject>
#include <QString>
#include <QTimer>
#include <memory>
#include <optional>

#include "app/token_timeline.h"
#include "engine/runtime/events.h"

namespace app {

class EngineBridge;
class Selection;

enum class InspectionState {
  NothingYet,   // no token is there to look at; `reason` says how to get one
  Pending,      // asked; values, if any, are of an older selection: draw them as stale
  Ready,        // values are of the selected token (and layer)
  Unavailable,  // cannot be had; `reason` says why
};

/// One of the three things a token is asked for.
struct InspectionPart {
  InspectionState state = InspectionState::NothingYet;
  QString reason;  // for NothingYet and Unavailable
  /// The token that the values held now belong to; while Pending it may differ from the selection.
  std::optional<engine::Position> position;
  bool operator==(const InspectionPart&) const = default;
};

class InspectorModel : public QObject {
  Q_OBJECT

 public:
  InspectorModel(EngineBridge& bridge, TokenTimeline& timeline, Selection& selection,
                 QObject* parent = nullptr);

  /// The routers' decisions of the selected token.
  const InspectionPart& router() const { return router_; }
  /// Where the selected layer's heads read.
  const InspectionPart& attention() const { return attention_; }
  /// What the model expected after the selected token.
  const InspectionPart& nextToken() const { return nextToken_; }

  /// Of router().position, in the selected layer; null: none, or a dense layer.
  const engine::RouterDecision* decision() const;
  /// Of router().position, every MoE layer; null: none.
  LayerDecisions decisions() const { return decisions_; }
  /// Of attention().position; its layer is in the rows. Null: none.
  std::shared_ptr<const engine::AttentionRows> attentionRows() const { return attentionRows_; }
  /// Of nextToken().position; null: none.
  std::shared_ptr<const engine::NextToken> nextTokenValues() const { return nextTokenValues_; }
  /// What the last replay took in the engine.
  std::optional<double> lastReplayMilliseconds() const { return lastReplayMs_; }

  /// Attention rows are only asked for while someone can see them.
  void setAttentionVisible(bool visible);
  /// Replays for decisions and next-token values only while someone can see them.
  void setRouterVisible(bool visible);
  void setNextTokenVisible(bool visible);

  // ---- for Workspace only -----------------------------------------------------------------------
  void setModel(const std::shared_ptr<const engine::ModelInfo>& info);

 Q_SIGNALS:
  void routerChanged();
  void attentionChanged();
  void nextTokenChanged();

 private:
  struct Question {
    quint64 key = 0;
    engine::Position position;
    std::optional<engine::LayerIndex> layer;
    bool wantsRouter = false;
    bool wantsNextToken = false;
  };
  void refresh();
  void refreshRouter();
  void refreshAttention();
  void refreshNextToken();
  void ask();
  void onReset(int kept);
  void onReady(const engine::Inspection& inspection);
  void onFailed(quint64 key, const engine::Error& error);
  void refuseWhatIsMissing(Question question, const engine::Inspection& inspection);
  /// The state while there is nothing to look at; none: there is a token with values.
  std::optional<InspectionPart> withoutToken(const QString& howToGetOne) const;
  void setRouter(InspectionPart part, bool valuesChanged = false);
  void setAttention(InspectionPart part);
  void setNextToken(InspectionPart part, bool valuesChanged = false);
  void dropValues(int kept);
  void forgetQuestions();

  EngineBridge& bridge_;
  TokenTimeline& timeline_;
  Selection& selection_;
  std::shared_ptr<const engine::ModelInfo> info_;
  InspectionPart router_;
  InspectionPart attention_;
  InspectionPart nextToken_;
  LayerDecisions decisions_;
  std::shared_ptr<const engine::AttentionRows> attentionRows_;
  std::shared_ptr<const engine::NextToken> nextTokenValues_;
  std::optional<double> lastReplayMs_;
  bool routerVisible_ = true;
  bool attentionVisible_ = true;
  bool nextTokenVisible_ = true;
  bool generating_ = false;
  QTimer pace_;  // runs after an answer while a generation is followed: the engine has other work
  quint64 lastKey_ = 0;
  std::optional<Question> asked_;
  /// The question the engine refused, with its reason, so that it is not asked again and again.
  std::optional<Question> refused_;
  QString refusal_;
};

}  // namespace app
