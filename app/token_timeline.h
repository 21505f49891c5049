// TokenTimeline: mirrors the tokens of the engine's session: what each is, where its text stands in
// the chat, how it was routed, what it was drawn from.
#pragma once

#include <QByteArray>
#include <QHash>
#include <QList>
#include <QObject>
#include <QString>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "app/expert_usage.h"
#include "app/values.h"
#include "engine/runtime/events.h"

namespace app {

class EngineBridge;

enum class TokenPhase { Prompt, Answer };  // given to the model, or drawn by it
/// Where a token's text comes from.
enum class TokenOrigin { Template, SystemPrompt, Message };

struct TimelineToken {
  engine::Position position;  // equals the index in the timeline
  engine::TokenId token;
  QByteArray bytes;  // its own bytes, perhaps part of a character
  QString display;   // for people; bytes that are no text as ⟨E6 AD⟩. White space as it is
  bool isControl = false;
  TokenPhase phase = TokenPhase::Prompt;
  TokenOrigin origin = TokenOrigin::Template;
  MessageId message;     // with TokenOrigin::Message
  qint64 byteBegin = 0;  // range in that message's UTF-8 content
  qint64 byteEnd = 0;
  qint64 textBegin = 0;  // the same in UTF-16 units of its QString, widened to whole characters
  qint64 textEnd = 0;
  bool routedInPrefill = true;
  std::shared_ptr<const engine::TokenRouting> routing;  // null until it went through the model
  std::shared_ptr<const engine::NextToken> drawnFrom;   // what it was drawn from; null for prompts
};

struct TextRange {
  MessageId message;
  qint64 begin = 0;  // UTF-16 units
  qint64 end = 0;
  bool operator==(const TextRange&) const = default;
};

/// Half-open range of positions.
struct PositionRange {
  qint64 begin = 0;
  qint64 end = 0;
  bool isEmpty() const { return begin >= end; }
  bool operator==(const PositionRange&) const = default;
};

using LayerDecisions = std::shared_ptr<const std::vector<engine::RouterDecision>>;  // [M]

class TokenTimeline : public QObject {
  Q_OBJECT

 public:
  /// How many tokens' full router decisions are kept (the most recently seen).
  static constexpr int kMaxDecisions = 64;

  explicit TokenTimeline(EngineBridge& bridge, QObject* parent = nullptr);

  /// Tokens of the engine's session, when it belongs to the open conversation; else 0.
  int count() const;
  const TimelineToken& at(int position) const;
  /// The newest token that went through the model: the one a live view shows. None: nothing yet.
  std::optional<engine::Position> newestRouted() const;
  std::optional<engine::Position> newest() const;

  /// Of the tokens in the timeline; zeros when it is empty.
  const ExpertUsage& usage() const;
  /// The routers' whole decision for a recently routed or inspected token; null: ask for a replay.
  LayerDecisions decisions(engine::Position position) const;
  /// The distribution seen after `position` (of which position + 1 was drawn); null: unknown here.
  std::shared_ptr<const engine::NextToken> nextTokenAfter(engine::Position position) const;

  // ---- text ↔ token -----------------------------------------------------------------------------
  /// The token that covers a place in a message's text (UTF-16 offset); none when it is not in the
  /// context. Where several tokens share one character: the first.
  std::optional<engine::Position> tokenAt(MessageId message, qint64 textOffset) const;
  std::optional<TextRange> textOf(engine::Position position) const;
  /// The tokens of one message, template text around it left out. Empty: not in the context.
  PositionRange positionsOf(MessageId message) const;

  // ---- for ChatViewModel and InspectorModel only ------------------------------------------------
  /// One entry of a request's `messages`; an id of 0 is the system prompt.
  struct ExpectedMessage {
    MessageId id;
    QByteArray content;  // as sent
  };
  struct Expected {
    ConversationId conversation;
    QList<ExpectedMessage> messages;
    MessageId answer;
  };
  void expect(engine::GenerationId generation, Expected expected);
  void setConversation(ConversationId conversation);
  void keepDecisions(engine::Position position, LayerDecisions decisions);

 Q_SIGNALS:
  /// Other conversation, other model, or the context was cut back: only the values (not the places
  /// in the text) of the first `kept` tokens are still what they were.
  void reset(int kept);
  void tokensAppended(int first, int count);
  /// Routing became known (and usage changed) for this stretch.
  void routingAdded(int first, int count);

 private:
  void onModelLoaded(const std::shared_ptr<const engine::ModelInfo>& info);
  void onGenerationStarted(const engine::GenerationStarted& started);
  void onPrefill(const std::vector<engine::PrefillProgress>& chunks);
  void onTokensGenerated(const std::vector<engine::TokenGenerated>& tokens);
  void onTokensRouted(const std::vector<engine::TokenRouted>& tokens);
  void onGenerationFinished(const engine::GenerationFinished& finished);
  void clear();
  bool isVisible() const { return sessionConversation_ == openConversation_; }
  void placePrompt(const std::vector<engine::PromptToken>& prompt);
  void appendGenerated(const engine::TokenGenerated& generated);
  void settleAnswerText();
  void truncate(qint64 nTokens);
  void noteMessageToken(MessageId message, qint64 position);
  bool setRouting(engine::Position position, std::shared_ptr<const engine::TokenRouting> routing);
  void announceRouting(qint64 first, qint64 last);

  std::deque<TimelineToken> tokens_;  // of the session, whichever conversation is open
  QHash<std::int64_t, PositionRange> messageRanges_;
  ExpertUsage usage_;
  ExpertUsage noUsage_;  // same shape, all zero
  ConversationId sessionConversation_;
  ConversationId openConversation_;
  QHash<quint64, Expected> expected_;
  engine::GenerationId running_;
  Expected current_;
  qint64 promptTokens_ = 0;
  QByteArray answerContent_;    // the running answer's complete text so far
  QByteArray answerHeld_;       // token bytes after it that do not end a character yet
  qint64 answerFirst_ = 0;      // its first token …
  qint64 answerUnsettled_ = 0;  // … and the first one whose text range is not final
  qint64 newestRouted_ = -1;
  std::vector<std::pair<qint64, LayerDecisions>> decisions_;  // newest last
};

/// Text for bytes of one token: UTF-8 as text, anything else as ⟨hex⟩.
QString tokenDisplay(const QByteArray& bytes);

}  // namespace app
