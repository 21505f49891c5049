#include "app/inspector_model.h"

#include <algorithm>

#include "app/engine_bridge.h"
#include "app/engine_text.h"
#include "app/selection.h"

namespace app {

InspectorModel::InspectorModel(EngineBridge& bridge, TokenTimeline& timeline, Selection& selection,
                               QObject* parent)
    : QObject(parent), bridge_(bridge), timeline_(timeline), selection_(selection) {
  connect(&bridge, &EngineBridge::inspectionReady, this, &InspectorModel::onReady);
  connect(&bridge, &EngineBridge::inspectionFailed, this, &InspectorModel::onFailed);
  connect(&bridge, &EngineBridge::engineFault, this, [this] { forgetQuestions(); });
  pace_.setSingleShot(true);
  connect(&pace_, &QTimer::timeout, this, &InspectorModel::refresh);
  connect(&bridge, &EngineBridge::generationStarted, this, [this] { generating_ = true; });
  connect(&bridge, &EngineBridge::generationFinished, this, [this] {
    generating_ = false;
    refused_.reset();  // what could not be replayed during an answer may be possible now
    refresh();
  });
  connect(&timeline, &TokenTimeline::reset, this, &InspectorModel::onReset);
  connect(&timeline, &TokenTimeline::routingAdded, this, &InspectorModel::refresh);
  connect(&timeline, &TokenTimeline::tokensAppended, this, &InspectorModel::refresh);
  connect(&selection, &Selection::tokenChanged, this, &InspectorModel::refresh);
  connect(&selection, &Selection::layerChanged, this, [this] {
    refresh();
    Q_EMIT routerChanged();  // another layer of the same decisions
  });
  refresh();
}

const engine::RouterDecision* InspectorModel::decision() const {
  const auto moeIndex = selection_.moeIndex();
  if (!decisions_ || !moeIndex) return nullptr;
  const auto index = static_cast<std::size_t>(*moeIndex);
  return index < decisions_->size() ? &(*decisions_)[index] : nullptr;
}

void InspectorModel::setAttentionVisible(bool visible) {
  attentionVisible_ = visible;
  refresh();
}

void InspectorModel::setRouterVisible(bool visible) {
  routerVisible_ = visible;
  refresh();
}

void InspectorModel::setNextTokenVisible(bool visible) {
  nextTokenVisible_ = visible;
  refresh();
}

void InspectorModel::setModel(const std::shared_ptr<const engine::ModelInfo>& info) {
  info_ = info;
  forgetQuestions();
  dropValues(0);
  refresh();
}

// ---- what is known, part by part
// -------------------------------------------------------------------------------

void InspectorModel::refresh() {
  refreshRouter();
  refreshAttention();
  refreshNextToken();
  ask();
}

std::optional<InspectionPart> InspectorModel::withoutToken(const QString& howToGetOne) const {
  if (!info_) {
    return InspectionPart{InspectionState::NothingYet, tr("Open a checkpoint to look inside it."),
                          std::nullopt};
  }
  const auto token = selection_.token();
  if (!token) return InspectionPart{InspectionState::NothingYet, howToGetOne, std::nullopt};
  const auto newest = timeline_.newestRouted();
  if (!newest || token->value > newest->value) {
    return InspectionPart{InspectionState::Unavailable,
                          tr("This token has not gone through the model yet."), std::nullopt};
  }
  return std::nullopt;
}

void InspectorModel::refreshRouter() {
  if (info_ && info_->moe_layers.empty()) {
    setRouter({InspectionState::Unavailable, tr("This model has no routed experts."), {}});
    return;
  }
  if (auto part = withoutToken(tr("Send a message to see which experts answer."))) {
    decisions_.reset();
    setRouter(*part);
    return;
  }
  const engine::Position token = *selection_.token();
  if (auto decisions = timeline_.decisions(token)) {
    const bool changed = decisions_ != decisions;
    decisions_ = std::move(decisions);
    setRouter({InspectionState::Ready, {}, token}, changed);
  } else if (decisions_ && router_.position == token) {
    setRouter({InspectionState::Ready, {}, token});  // fell out of the timeline's recent ones
  } else if (refused_ && refused_->position == token && refused_->wantsRouter) {
    setRouter({InspectionState::Unavailable, refusal_, router_.position});
  } else {
    setRouter({InspectionState::Pending, {}, router_.position});
  }
}

void InspectorModel::refreshAttention() {
  if (auto part = withoutToken(tr("Send a message to see where each head reads."))) {
    attentionRows_.reset();
    setAttention(*part);
    return;
  }
  const engine::Position token = *selection_.token();
  const engine::LayerIndex layer = selection_.layer();
  if (attentionRows_ && attention_.position == token && attentionRows_->layer == layer) {
    setAttention({InspectionState::Ready, {}, token});
  } else if (refused_ && refused_->position == token && refused_->layer == layer) {
    setAttention({InspectionState::Unavailable, refusal_, attention_.position});
  } else {
    setAttention({InspectionState::Pending, {}, attention_.position});
  }
}

void InspectorModel::refreshNextToken() {
  if (auto part = withoutToken(tr("Send a message to see what the model expects next."))) {
    nextTokenValues_.reset();
    setNextToken(*part);
    return;
  }
  const engine::Position token = *selection_.token();
  if (auto recorded = timeline_.nextTokenAfter(token)) {
    const bool changed = nextTokenValues_ != recorded;
    nextTokenValues_ = std::move(recorded);
    setNextToken({InspectionState::Ready, {}, token}, changed);
  } else if (nextTokenValues_ && nextToken_.position == token) {
    setNextToken({InspectionState::Ready, {}, token});
  } else if (refused_ && refused_->position == token && refused_->wantsNextToken) {
    setNextToken({InspectionState::Unavailable, refusal_, nextToken_.position});
  } else {
    setNextToken({InspectionState::Pending, {}, nextToken_.position});
  }
}

// ---- asking the engine
// -------------------------------------------------------------------------------------------

/// At most one question is under way; the answer to it leads here again. A replay costs about as
/// much as a token, so following a running answer takes at most a fifth of the engine's time; what
/// the user selects is asked for at once.
void InspectorModel::ask() {
  if (asked_ || !info_ || !selection_.token()) return;
  if (generating_ && selection_.isFollowing() && pace_.isActive()) return;
  Question question;
  question.position = *selection_.token();
  question.wantsRouter = routerVisible_ && router_.state == InspectionState::Pending;
  question.wantsNextToken = nextTokenVisible_ && nextToken_.state == InspectionState::Pending;
  if (attentionVisible_ && attention_.state == InspectionState::Pending) {
    question.layer = selection_.layer();
  }
  if (!question.wantsRouter && !question.wantsNextToken && !question.layer) return;
  question.key = ++lastKey_;
  asked_ = question;
  engine::InspectRequest request;
  request.key = question.key;
  request.position = question.position;
  request.attention_layer = question.layer;
  request.with_next_token = question.wantsNextToken;
  bridge_.inspect(request);
}

void InspectorModel::onReady(const engine::Inspection& inspection) {
  if (!asked_ || inspection.key != asked_->key) return;
  const Question question = *asked_;
  asked_.reset();
  lastReplayMs_ = inspection.milliseconds;
  pace_.start(std::clamp(static_cast<int>(4.0 * inspection.milliseconds), 50, 1000));
  timeline_.keepDecisions(inspection.position, inspection.decisions);
  if (inspection.attention) {
    attentionRows_ = inspection.attention;
    attention_.position = inspection.position;
    Q_EMIT attentionChanged();
  }
  if (inspection.next_token && question.wantsNextToken) {
    nextTokenValues_ = std::make_shared<const engine::NextToken>(*inspection.next_token);
    nextToken_.position = inspection.position;
    Q_EMIT nextTokenChanged();
  }
  refuseWhatIsMissing(question, inspection);
  refresh();
}

/// An answer without a part that was asked for would be asked for again for ever.
void InspectorModel::refuseWhatIsMissing(Question question, const engine::Inspection& inspection) {
  question.wantsRouter = question.wantsRouter && !inspection.decisions;
  question.wantsNextToken = question.wantsNextToken && !inspection.next_token;
  if (inspection.attention) question.layer.reset();
  if (!question.wantsRouter && !question.wantsNextToken && !question.layer) return;
  refused_ = question;
  refusal_ = tr("The engine has no such values for this token.");
}

void InspectorModel::onFailed(quint64 key, const engine::Error& error) {
  if (!asked_ || key != asked_->key) return;
  refused_ = *asked_;
  refusal_ = engineText(error.message);
  asked_.reset();
  refresh();
}

void InspectorModel::onReset(int kept) {
  if (asked_ && asked_->position.value >= kept) asked_.reset();
  refused_.reset();
  dropValues(kept);
  refresh();
}

void InspectorModel::forgetQuestions() {
  asked_.reset();
  refused_.reset();
}

/// Values of tokens that are no longer what they were.
void InspectorModel::dropValues(int kept) {
  const auto gone = [kept](const InspectionPart& part) {
    return part.position && part.position->value >= kept;
  };
  if (gone(router_)) {
    decisions_.reset();
    router_.position.reset();
  }
  if (gone(attention_)) {
    attentionRows_.reset();
    attention_.position.reset();
  }
  // What follows the last kept token has changed, too.
  if (nextToken_.position && nextToken_.position->value + 1 >= kept) {
    nextTokenValues_.reset();
    nextToken_.position.reset();
  }
}

void InspectorModel::setRouter(InspectionPart part, bool valuesChanged) {
  if (router_ == part && !valuesChanged) return;
  router_ = std::move(part);
  Q_EMIT routerChanged();
}

void InspectorModel::setAttention(InspectionPart part) {
  if (attention_ == part) return;
  attention_ = std::move(part);
  Q_EMIT attentionChanged();
}

void InspectorModel::setNextToken(InspectionPart part, bool valuesChanged) {
  if (nextToken_ == part && !valuesChanged) return;
  nextToken_ = std::move(part);
  Q_EMIT nextTokenChanged();
}

}  // namespace app
