// The timeline mirrors the engine's session: places in text, routing, truncation.

#include "app/token_timeline.h"
#include "app/engine_bridge.h"
#include "tests/app/fake_engine.h"
#include "tests/support/patience.h"

using namespace app;

namespace {

constexpr MessageId kUser{101};
constexpr MessageId kAnswer{102};
constexpr MessageId kUser2{103};
constexpr MessageId kAnswer2{104};
constexpr ConversationId kConversation{1};

struct Fixture {
  Fixture() { timeline.setConversation(kConversation); }
  std::shared_ptr<fake::Control> control = std::make_shared<fake::Control>();
  EngineBridge bridge{fake::factory(control)};
  TokenTimeline timeline{bridge};
  std::string answerContent;

  bool load() {
    QSignalSpy loaded(&bridge, &EngineBridge::modelLoaded);
    return bridge.load("/m", {}).has_value() &&
           (loaded.size() == 1 || loaded.wait(support::kPatience));
  }
  /// One generation to its end.
  bool generate(std::vector<engine::ChatMessage> messages, QList<MessageId> ids, MessageId answer) {
    engine::GenerationRequest request;
    request.id = bridge.nextGenerationId();
    request.messages = messages;
    TokenTimeline::Expected expected;
    expected.conversation = kConversation;
    expected.answer = answer;
    for (qsizetype i = 0; i < ids.size(); ++i) {
      const std::string& content = messages[static_cast<std::size_t>(i)].content;
      expected.messages.append({ids.at(i), QByteArray::fromStdString(content)});
    }
    timeline.expect(request.id, expected);
    answerContent.clear();
    const auto connection = QObject::connect(&bridge, &EngineBridge::tokensGenerated, &bridge,
                                             [this](const auto& tokens) {
                                               for (const auto& token : tokens)
                                                 answerContent += token.text;
                                             });
    QSignalSpy finished(&bridge, &EngineBridge::generationFinished);
    const bool ok = bridge.generate(request).has_value() &&
                    (finished.size() == 1 || finished.wait(support::kPatience));
    QObject::disconnect(connection);
    return ok;
  }
};

/// Every token of a message covers exactly the characters that its bytes touch.
void checkMessage(const TokenTimeline& timeline, MessageId id, const QByteArray& content) {
  const QString text = QString::fromUtf8(content);
  QByteArray joined;
  qint64 covered = 0;
  const PositionRange range = timeline.positionsOf(id);
  QVERIFY(!range.isEmpty());
  for (qint64 i = range.begin; i < range.end; ++i) {
    const TimelineToken& token = timeline.at(static_cast<int>(i));
    if (token.message != id) continue;
    QCOMPARE(content.mid(token.byteBegin, token.byteEnd - token.byteBegin), token.bytes);
    QVERIFY(token.textBegin <= covered && token.textEnd >= covered);
    covered = token.textEnd;
    joined += token.bytes;
    // The characters a token covers hold its bytes.
    const QByteArray around = text.mid(token.textBegin, token.textEnd - token.textBegin).toUtf8();
    QVERIFY(around.contains(token.bytes));
    QVERIFY(around.size() <= token.bytes.size() + 6);
  }
  QCOMPARE(joined, content);
  QCOMPARE(covered, text.size());
  for (qint64 unit = 0; unit < text.size(); ++unit) {
    const auto position = timeline.tokenAt(id, unit);
    QVERIFY(position.has_value());
    const auto back = timeline.textOf(*position);
    QVERIFY(back && back->message == id && back->begin <= unit && unit < back->end);
  }
  QVERIFY(!timeline.tokenAt(id, text.size()));
}

}  // namespace

class TokenTimelineTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void mapsTextAndTokens();
  void keepsWhatTheEngineKeeps();
  void usageFollowsTheSession();
  void anotherConversationHidesIt();
  void manualEdges();
  void decisionsAreRecentOnes();
  void displayOfBytes();
};

void TokenTimelineTest::mapsTextAndTokens() {
  Fixture f;
  QVERIFY(f.load());
  f.control->nAnswerTokens = 40;
  const std::string system = "Sé brève.";
  const std::string user = "Qu'est-ce que la mer 🌊 ? 深い海";
  QVERIFY(f.generate({{engine::Role::System, system}, {engine::Role::User, user}},
                     {MessageId{}, kUser}, kAnswer));
  checkMessage(f.timeline, kUser, QByteArray::fromStdString(user));
  checkMessage(f.timeline, kAnswer, QByteArray::fromStdString(f.answerContent));
  QCOMPARE(f.timeline.at(0).origin, TokenOrigin::Template);
  QCOMPARE(f.timeline.at(2).origin, TokenOrigin::SystemPrompt);
  QCOMPARE(f.timeline.at(2).message, MessageId{});
  QVERIFY(!f.timeline.textOf(engine::Position{0}));
  const TimelineToken& last = f.timeline.at(f.timeline.count() - 1);
  QVERIFY(last.isControl && last.origin == TokenOrigin::Template && last.routing);
  QCOMPARE(last.display, QString("<eos>"));
  QVERIFY(last.drawnFrom && !f.timeline.at(3).drawnFrom);
}

void TokenTimelineTest::keepsWhatTheEngineKeeps() {
  Fixture f;
  QVERIFY(f.load());
  QVERIFY(f.generate({{engine::Role::User, "Hello there"}}, {kUser}, kAnswer));
  const int before = f.timeline.count();
  const auto routing = f.timeline.at(before - 2).routing;
  QSignalSpy resets(&f.timeline, &TokenTimeline::reset);
  const std::string answer = f.answerContent;
  QVERIFY(f.generate({{engine::Role::User, "Hello there"},
                      {engine::Role::Assistant, answer},
                      {engine::Role::User, "And then?"}},
                     {kUser, kAnswer, kUser2}, kAnswer2));
  QCOMPARE(resets.size(), 1);
  QCOMPARE(resets.at(0).at(0).toInt(), before);
  QCOMPARE(f.timeline.at(before - 2).routing, routing);  // not computed again
  QCOMPARE(f.timeline.at(before - 2).phase, TokenPhase::Answer);
  QVERIFY(f.timeline.at(before - 2).drawnFrom);
  checkMessage(f.timeline, kAnswer, QByteArray::fromStdString(answer));
  checkMessage(f.timeline, kUser2, "And then?");
  checkMessage(f.timeline, kAnswer2, QByteArray::fromStdString(f.answerContent));
  // An edit cuts the context back.
  QVERIFY(f.generate({{engine::Role::User, "Hello you"}}, {kUser2}, kAnswer2));
  QCOMPARE(resets.at(1).at(0).toInt(), 4);  // bos, user, "Hel", "lo "
  QVERIFY(f.timeline.positionsOf(kAnswer).isEmpty());
  checkMessage(f.timeline, kUser2, "Hello you");
}

void TokenTimelineTest::usageFollowsTheSession() {
  Fixture f;
  QVERIFY(f.load());
  QVERIFY(f.generate({{engine::Role::User, "Hello there"}}, {kUser}, kAnswer));
  QVERIFY(f.generate({{engine::Role::User, "Hello you, again"}}, {kUser}, kAnswer));
  const int count = f.timeline.count();
  const ExpertUsage& usage = f.timeline.usage();
  ExpertUsage expected;
  expected.resize(3, 8, 2);
  for (int i = 0; i < count; ++i) {
    expected.add(fake::routing(*f.control, i), f.timeline.at(i).phase == TokenPhase::Prompt);
  }
  QCOMPARE(usage.prefillTokens() + usage.decodeTokens(), count);
  QCOMPARE(usage.counts(), expected.counts());
  QCOMPARE(f.timeline.newestRouted(), std::optional(engine::Position{count - 1}));
}

void TokenTimelineTest::anotherConversationHidesIt() {
  Fixture f;
  QVERIFY(f.load());
  QVERIFY(f.generate({{engine::Role::User, "Hello"}}, {kUser}, kAnswer));
  const int count = f.timeline.count();
  QSignalSpy resets(&f.timeline, &TokenTimeline::reset);
  f.timeline.setConversation(ConversationId{2});
  QCOMPARE(resets.size(), 1);
  QCOMPARE(f.timeline.count(), 0);
  QVERIFY(!f.timeline.newestRouted() && !f.timeline.tokenAt(kUser, 0));
  QCOMPARE(f.timeline.usage().prefillTokens(), 0);
  f.timeline.setConversation(kConversation);
  QCOMPARE(f.timeline.count(), count);
  QVERIFY(f.timeline.usage().prefillTokens() > 0);
}

/// Events one by one: a token that holds part of a character, a control token inside the answer, a
/// token at a wrong place.
void TokenTimelineTest::manualEdges() {
  auto control = std::make_shared<fake::Control>();
  control->automatic = false;
  EngineBridge bridge(fake::factory(control));
  TokenTimeline timeline(bridge);
  timeline.setConversation(kConversation);
  control->send(engine::ModelLoaded{fake::modelInfo(*control, "/m")});
  timeline.expect(engine::GenerationId{5}, {kConversation, {{kUser, "hi"}}, kAnswer});
  control->send(engine::GenerationStarted{engine::GenerationId{5},
                                          std::make_shared<const std::vector<engine::PromptToken>>(
                                              fake::prompt(*control, {{engine::Role::User, "hi"}})),
                                          0, 1});
  const auto send = [&](std::int64_t position, const char* bytes, const char* text) {
    engine::TokenGenerated token;
    token.id = engine::GenerationId{5};
    token.position = engine::Position{position};
    token.bytes = bytes;
    token.text = text;
    control->send(token);
    QTest::qWait(5);  // one drain each
  };
  send(4, "a", "a");
  send(5, "\xF0\x9F", "");
  QCOMPARE(timeline.count(), 6);
  send(9, "lost", "lost");  // leaves a gap: not taken
  QCOMPARE(timeline.count(), 6);
  send(6,
       "\x8C\x8A"
       "b",
       "\xF0\x9F\x8C\x8A"
       "b");
  send(7, "<tool>", "");
  send(8, "c", "c");
  QCOMPARE(timeline.count(), 9);
  const auto range = [&](int i) {
    return std::pair{timeline.at(i).textBegin, timeline.at(i).textEnd};
  };
  QCOMPARE(range(4), (std::pair<qint64, qint64>{0, 1}));
  QCOMPARE(range(5), (std::pair<qint64, qint64>{1, 3}));
  QCOMPARE(range(6), (std::pair<qint64, qint64>{1, 4}));
  QVERIFY(timeline.at(7).isControl && timeline.at(7).origin == TokenOrigin::Template);
  QCOMPARE(range(8), (std::pair<qint64, qint64>{4, 5}));
  QCOMPARE(timeline.at(5).display, QString("⟨F0 9F⟩"));
  QVERIFY(!timeline.newestRouted());
}

void TokenTimelineTest::decisionsAreRecentOnes() {
  Fixture f;
  QVERIFY(f.load());
  f.control->nAnswerTokens = 100;
  QVERIFY(f.generate({{engine::Role::User, "Hello"}}, {kUser}, kAnswer));
  const int last = f.timeline.count() - 1;
  QVERIFY(f.timeline.decisions(engine::Position{last}));
  QVERIFY(f.timeline.decisions(engine::Position{last - TokenTimeline::kMaxDecisions + 1}));
  QVERIFY(!f.timeline.decisions(engine::Position{last - TokenTimeline::kMaxDecisions}));
  QVERIFY(f.timeline.nextTokenAfter(engine::Position{last - 1}));
  QVERIFY(!f.timeline.nextTokenAfter(engine::Position{last}));
  QVERIFY(!f.timeline.nextTokenAfter(engine::Position{0}));
}

void TokenTimelineTest::displayOfBytes() {
  QCOMPARE(tokenDisplay(" the"), QString(" the"));
  QCOMPARE(tokenDisplay("\xE6\xAD"), QString("⟨E6 AD⟩"));
  QCOMPARE(tokenDisplay(""), QString());
}

QTEST_GUILESS_MAIN(TokenTimelineTest)
#include "token_timeline_test.moc"
