#include "app/token_timeline.h"

#include <QCoreApplication>
#include <algorithm>

#include "app/engine_bridge.h"
#include "app/utf8_text.h"

namespace app {

QString tokenDisplay(const QByteArray& bytes) {
  if (isValidUtf8(bytes)) return QString::fromUtf8(bytes);
  return QStringLiteral("⟨%1⟩").arg(QString::fromLatin1(bytes.toHex(' ').toUpper()));
}

TokenTimeline::TokenTimeline(EngineBridge& bridge, QObject* parent) : QObject(parent) {
  connect(&bridge, &EngineBridge::modelLoaded, this, &TokenTimeline::onModelLoaded);
  connect(&bridge, &EngineBridge::modelUnloaded, this, [this] { onModelLoaded(nullptr); });
  connect(&bridge, &EngineBridge::generationStarted, this, &TokenTimeline::onGenerationStarted);
  connect(&bridge, &EngineBridge::prefillProgress, this, &TokenTimeline::onPrefill);
  connect(&bridge, &EngineBridge::tokensGenerated, this, &TokenTimeline::onTokensGenerated);
  connect(&bridge, &EngineBridge::tokensRouted, this, &TokenTimeline::onTokensRouted);
  connect(&bridge, &EngineBridge::generationFinished, this, &TokenTimeline::onGenerationFinished);
}

// ---- reading
// ---------------------------------------------------------------------------------------------------

int TokenTimeline::count() const { return isVisible() ? static_cast<int>(tokens_.size()) : 0; }

const TimelineToken& TokenTimeline::at(int position) const {
  return tokens_.at(static_cast<std::size_t>(position));
}

std::optional<engine::Position> TokenTimeline::newestRouted() const {
  if (!isVisible() || newestRouted_ < 0) return std::nullopt;
  return engine::Position{newestRouted_};
}

std::optional<engine::Position> TokenTimeline::newest() const {
  if (count() == 0) return std::nullopt;
  return engine::Position{count() - 1};
}

const ExpertUsage& TokenTimeline::usage() const { return isVisible() ? usage_ : noUsage_; }

LayerDecisions TokenTimeline::decisions(engine::Position position) const {
  const auto it =
      std::find_if(decisions_.cbegin(), decisions_.cend(),
                   [position](const auto& entry) { return entry.first == position.value; });
  return it == decisions_.cend() ? nullptr : it->second;
}

std::shared_ptr<const engine::NextToken> TokenTimeline::nextTokenAfter(
    engine::Position position) const {
  const qint64 next = position.value + 1;
  if (position.value < 0 || next >= count()) return nullptr;
  return at(static_cast<int>(next)).drawnFrom;
}

std::optional<engine::Position> TokenTimeline::tokenAt(MessageId message, qint64 textOffset) const {
  const PositionRange range = positionsOf(message);
  for (qint64 i = range.begin; i < range.end; ++i) {
    const TimelineToken& token = at(static_cast<int>(i));
    if (token.message == message && token.textBegin <= textOffset && textOffset < token.textEnd) {
      return token.position;
    }
  }
  return std::nullopt;
}

std::optional<TextRange> TokenTimeline::textOf(engine::Position position) const {
  if (position.value < 0 || position.value >= count()) return std::nullopt;
  const TimelineToken& token = at(static_cast<int>(position.value));
  if (token.origin != TokenOrigin::Message || token.textBegin >= token.textEnd) return std::nullopt;
  return TextRange{token.message, token.textBegin, token.textEnd};
}

PositionRange TokenTimeline::positionsOf(MessageId message) const {
  return isVisible() ? messageRanges_.value(message.value) : PositionRange{};
}

// ---- from the view-models
// --------------------------------------------------------------------------------------

void TokenTimeline::expect(engine::GenerationId generation, Expected expected) {
  expected_.insert(generation.value, std::move(expected));
}

void TokenTimeline::setConversation(ConversationId conversation) {
  if (openConversation_ == conversation) return;
  const bool was = isVisible();
  openConversation_ = conversation;
  if (was != isVisible()) Q_EMIT reset(0);
}

void TokenTimeline::keepDecisions(engine::Position position, LayerDecisions decisions) {
  if (!decisions) return;
  std::erase_if(decisions_, [position](const auto& e) { return e.first == position.value; });
  if (decisions_.size() >= kMaxDecisions) decisions_.erase(decisions_.begin());
  decisions_.emplace_back(position.value, std::move(decisions));
}

// ---- from the engine
// -------------------------------------------------------------------------------------------

void TokenTimeline::onModelLoaded(const std::shared_ptr<const engine::ModelInfo>& info) {
  const int nMoeLayers = info ? static_cast<int>(info->moe_layers.size()) : 0;
  const int nExperts = info ? static_cast<int>(info->config.n_routed_experts) : 0;
  const int nActivated = info ? static_cast<int>(info->config.num_experts_per_tok) : 0;
  usage_.resize(nMoeLayers, nExperts, nActivated);
  noUsage_.resize(nMoeLayers, nExperts, nActivated);
  running_ = {};
  tokens_.clear();
  truncate(0);
  sessionConversation_ = {};
  Q_EMIT reset(0);
}

void TokenTimeline::onGenerationStarted(const engine::GenerationStarted& started) {
  running_ = started.id;
  current_ = expected_.take(started.id.value);
  const auto& prompt = *started.prompt;
  promptTokens_ = static_cast<qint64>(prompt.size());
  const qint64 kept = std::clamp<qint64>(started.n_reused, 0, promptTokens_);
  truncate(kept);
  const bool wasVisible = isVisible();
  sessionConversation_ = current_.conversation;
  answerContent_.clear();
  answerHeld_.clear();
  answerFirst_ = answerUnsettled_ = promptTokens_;
  placePrompt(prompt);
  Q_EMIT reset(wasVisible && isVisible() ? static_cast<int>(kept) : 0);
}

/// Gives every prompt token its place in the messages; appends those that are not kept.
void TokenTimeline::placePrompt(const std::vector<engine::PromptToken>& prompt) {
  messageRanges_.clear();
  std::vector<Utf16Cursor> cursors;
  for (const ExpectedMessage& message : current_.messages) cursors.emplace_back(message.content);
  for (std::size_t i = 0; i < prompt.size(); ++i) {
    const engine::PromptToken& given = prompt[i];
    if (i >= tokens_.size()) {
      TimelineToken token;
      token.position = engine::Position{static_cast<std::int64_t>(i)};
      token.token = given.token;
      token.bytes = QByteArray::fromStdString(given.bytes);
      token.display = tokenDisplay(token.bytes);
      token.isControl = given.is_control;
      tokens_.push_back(std::move(token));
    }
    TimelineToken& token = tokens_[i];
    token.origin = TokenOrigin::Template;
    token.message = {};
    token.byteBegin = token.byteEnd = token.textBegin = token.textEnd = 0;
    if (given.message_index < 0 || given.message_index >= current_.messages.size()) continue;
    token.message = current_.messages.at(given.message_index).id;
    token.origin = token.message.value == 0 ? TokenOrigin::SystemPrompt : TokenOrigin::Message;
    token.byteBegin = static_cast<qint64>(given.content_begin);
    token.byteEnd = static_cast<qint64>(given.content_end);
    Utf16Cursor& cursor = cursors[static_cast<std::size_t>(given.message_index)];
    token.textBegin = cursor.floorAt(token.byteBegin);
    token.textEnd = cursor.ceilAt(token.byteEnd);
    noteMessageToken(token.message, static_cast<qint64>(i));
  }
}

void TokenTimeline::noteMessageToken(MessageId message, qint64 position) {
  PositionRange& range = messageRanges_[message.value];
  if (range.isEmpty()) range.begin = position;
  range.end = position + 1;
}

void TokenTimeline::onPrefill(const std::vector<engine::PrefillProgress>& chunks) {
  qint64 first = -1;
  qint64 last = -1;
  for (const engine::PrefillProgress& chunk : chunks) {
    if (chunk.id != running_ || !chunk.routing) continue;
    for (const engine::TokenRouting& routing : *chunk.routing) {
      // Shares the chunk's memory instead of copying every token's routing.
      std::shared_ptr<const engine::TokenRouting> one(chunk.routing, &routing);
      if (!setRouting(routing.position, std::move(one))) continue;
      if (first < 0) first = routing.position.value;
      last = routing.position.value;
    }
  }
  announceRouting(first, last);
}

void TokenTimeline::onTokensGenerated(const std::vector<engine::TokenGenerated>& tokens) {
  const qint64 first = static_cast<qint64>(tokens_.size());
  for (const engine::TokenGenerated& generated : tokens) {
    if (generated.id == running_) appendGenerated(generated);
  }
  settleAnswerText();
  const qint64 added = static_cast<qint64>(tokens_.size()) - first;
  if (added > 0 && isVisible()) {
    Q_EMIT tokensAppended(static_cast<int>(first), static_cast<int>(added));
  }
}

void TokenTimeline::appendGenerated(const engine::TokenGenerated& generated) {
  // A token that does not continue the sequence would stand at a wrong place: better left out.
  if (generated.position.value != static_cast<qint64>(tokens_.size())) return;
  TimelineToken token;
  token.position = generated.position;
  token.token = generated.token;
  token.bytes = QByteArray::fromStdString(generated.bytes);
  token.phase = TokenPhase::Answer;
  token.routedInPrefill = false;
  token.isControl = generated.ends_turn;
  token.drawnFrom = std::make_shared<const engine::NextToken>(generated.next_token);
  const auto& chosen = token.drawnFrom->chosen;
  token.display =
      token.isControl && chosen ? QString::fromStdString(chosen->text) : tokenDisplay(token.bytes);
  if (!generated.ends_turn) {
    token.origin = TokenOrigin::Message;
    token.message = current_.answer;
    token.byteBegin = answerContent_.size() + answerHeld_.size();
    answerHeld_ += token.bytes;
    if (!generated.text.empty()) {
      answerContent_ += QByteArray::fromStdString(generated.text);
      answerHeld_ = answerHeld_.right(incompleteUtf8Tail(answerHeld_));
    }
    token.byteEnd = answerContent_.size() + answerHeld_.size();
    noteMessageToken(token.message, generated.position.value);
  }
  tokens_.push_back(std::move(token));
}

/// Text ranges of the answer's newest tokens, from the first whose character was incomplete.
void TokenTimeline::settleAnswerText() {
  const auto size = static_cast<qint64>(tokens_.size());
  if (answerUnsettled_ >= size) return;
  Utf16Cursor cursor(answerContent_);
  if (answerUnsettled_ > answerFirst_) {
    const TimelineToken& before = tokens_[static_cast<std::size_t>(answerUnsettled_ - 1)];
    cursor.startAt(before.byteBegin, before.textBegin);
  }
  bool settled = true;
  for (qint64 i = answerUnsettled_; i < size; ++i) {
    TimelineToken& token = tokens_[static_cast<std::size_t>(i)];
    if (token.origin == TokenOrigin::Message) {
      token.textBegin = cursor.floorAt(token.byteBegin);
      token.textEnd = cursor.ceilAt(token.byteEnd);
    }
    settled = settled && token.byteEnd <= answerContent_.size();
    if (settled) answerUnsettled_ = i + 1;
  }
}

void TokenTimeline::onTokensRouted(const std::vector<engine::TokenRouted>& tokens) {
  qint64 first = -1;
  qint64 last = -1;
  for (const engine::TokenRouted& routed : tokens) {
    if (routed.id != running_) continue;
    const engine::Position position = routed.routing.position;
    keepDecisions(position, routed.decisions);
    setRouting(position, std::make_shared<const engine::TokenRouting>(routed.routing));
    if (first < 0) first = position.value;
    last = std::max<qint64>(last, position.value);
  }
  announceRouting(first, last);
}

void TokenTimeline::onGenerationFinished(const engine::GenerationFinished& finished) {
  expected_.remove(finished.id.value);  // one that never started
  if (finished.id != running_) return;
  answerContent_ += QByteArray::fromStdString(finished.tail_text);
  settleAnswerText();
  running_ = {};
}

bool TokenTimeline::setRouting(engine::Position position,
                               std::shared_ptr<const engine::TokenRouting> routing) {
  if (position.value < 0 || position.value >= static_cast<qint64>(tokens_.size())) return false;
  TimelineToken& token = tokens_[static_cast<std::size_t>(position.value)];
  if (token.routing) return false;  // the last prompt token is reported twice
  token.routedInPrefill = position.value < promptTokens_;
  token.routing = std::move(routing);
  usage_.add(*token.routing, token.routedInPrefill);
  newestRouted_ = std::max<qint64>(newestRouted_, position.value);
  return true;
}

void TokenTimeline::announceRouting(qint64 first, qint64 last) {
  if (first < 0 || !isVisible()) return;
  Q_EMIT routingAdded(static_cast<int>(first), static_cast<int>(last - first + 1));
}

/// Forgets what stands at `nTokens` and after; counts usage anew, so that sums stay exact.
void TokenTimeline::truncate(qint64 nTokens) {
  if (static_cast<qint64>(tokens_.size()) > nTokens) {
    tokens_.resize(static_cast<std::size_t>(nTokens));
  }
  std::erase_if(decisions_, [nTokens](const auto& entry) { return entry.first >= nTokens; });
  usage_.clear();
  newestRouted_ = -1;
  for (const TimelineToken& token : tokens_) {
    if (!token.routing) continue;
    usage_.add(*token.routing, token.routedInPrefill);
    newestRouted_ = token.position.value;
  }
  messageRanges_.clear();
}

}  // namespace app
