// Selection and inspector: following, clamping, one question at a time, states with reasons.

#include "app/engine_bridge.h"
#include "app/inspector_model.h"
#include "app/selection.h"
#include "app/token_timeline.h"
#include "tests/app/fake_engine.h"
#include "tests/support/patience.h"

using namespace app;
using engine::ExpertIndex;
using engine::HeadIndex;
using engine::LayerIndex;
using engine::Position;

namespace {

constexpr ConversationId kConversation{1};

struct Fixture {
  explicit Fixture(std::shared_ptr<fake::Control> c = std::make_shared<fake::Control>())
      : control(std::move(c)) {
    timeline.setConversation(kConversation);
    QObject::connect(&bridge, &EngineBridge::modelLoaded, &bridge, [this](const auto& info) {
      selection.setModel(info);
      inspector.setModel(info);
    });
  }
  std::shared_ptr<fake::Control> control;
  EngineBridge bridge{fake::factory(control)};
  TokenTimeline timeline{bridge};
  Selection selection{timeline};
  InspectorModel inspector{bridge, timeline, selection};

  bool load() {
    QSignalSpy loaded(&bridge, &EngineBridge::modelLoaded);
    return bridge.load("/m", {}).has_value() &&
           (loaded.size() == 1 || loaded.wait(support::kPatience));
  }
  void start(const std::string& text = "Hello there") {
    engine::GenerationRequest request;
    request.id = bridge.nextGenerationId();
    request.messages = {{engine::Role::User, text}};
    timeline.expect(
        request.id,
        {kConversation, {{MessageId{1}, QByteArray::fromStdString(text)}}, MessageId{2}});
    QVERIFY(bridge.generate(request).has_value());
  }
  bool generate(const std::string& text = "Hello there") {
    QSignalSpy finished(&bridge, &EngineBridge::generationFinished);
    start(text);
    return finished.size() == 1 || finished.wait(support::kPatience);
  }
  bool ready() {
    return support::comes_true([this] {
      return inspector.router().state == InspectionState::Ready &&
             inspector.attention().state == InspectionState::Ready &&
             inspector.nextToken().state == InspectionState::Ready;
    });
  }
};

}  // namespace

class InspectorTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void selectionWithoutModelDoesNothing();
  void followsUntilTheUserSelects();
  void staysInsideTheModel();
  void headsInOrder();
  void selectionSurvivesANewTurnIfItsTokenDoes();
  void emptyStatesSayWhatToDo();
  void recordedValuesNeedNoReplay();
  void attentionIsAskedOnlyWhenVisible();
  void oneQuestionAtATimeWhileGenerating();
  void oldValuesStayWhilePending();
  void refusalHasAReasonAndIsNotRepeated();
  void aChangedContextDropsItsValues();
  void denseLayerHasNoDecision();
};

void InspectorTest::selectionWithoutModelDoesNothing() {
  Fixture f;
  f.selection.selectLayer(LayerIndex{2});
  f.selection.selectHead({HeadMode::Single, HeadIndex{1}});
  f.selection.selectExpert(LayerIndex{1}, ExpertIndex{1});
  f.selection.selectToken(Position{3});
  f.selection.nextToken();
  f.selection.live();
  QVERIFY(!f.selection.token() && !f.selection.expert() && f.selection.isFollowing());
  QCOMPARE(f.selection.layer(), LayerIndex{0});
  QCOMPARE(f.selection.head(), HeadChoice{});
}

void InspectorTest::followsUntilTheUserSelects() {
  Fixture f;
  QVERIFY(f.load());
  QVERIFY(f.generate());
  const Position newest{f.timeline.count() - 1};
  QCOMPARE(f.selection.token(), std::optional(newest));
  QVERIFY(f.selection.isFollowing());
  QSignalSpy following(&f.selection, &Selection::followingChanged);
  f.selection.previousToken();
  QVERIFY(!f.selection.isFollowing());
  QCOMPARE(f.selection.token(), std::optional(Position{newest.value - 1}));
  f.selection.nextToken();
  QVERIFY(!f.selection.isFollowing());  // reaching the newest is not following it
  f.selection.live();
  QVERIFY(f.selection.isFollowing());
  QCOMPARE(following.size(), 2);
  f.selection.selectToken(Position{-5});
  QCOMPARE(f.selection.token(), std::optional(Position{0}));
  f.selection.selectToken(Position{99'999});
  QCOMPARE(f.selection.token(), std::optional(newest));
  f.selection.clear();
  QVERIFY(f.selection.isFollowing());
}

void InspectorTest::staysInsideTheModel() {
  Fixture f;
  QVERIFY(f.load());
  QCOMPARE(f.selection.layer(), LayerIndex{1});  // the first one with experts
  f.selection.selectLayer(LayerIndex{99});
  QCOMPARE(f.selection.layer(), LayerIndex{3});
  QCOMPARE(f.selection.moeIndex(), std::optional(2));
  f.selection.nextLayer();
  QCOMPARE(f.selection.layer(), LayerIndex{3});
  f.selection.selectExpert(LayerIndex{2}, ExpertIndex{99});
  QCOMPARE(f.selection.layer(), LayerIndex{2});
  QCOMPARE(f.selection.expert(), std::optional(ExpertIndex{7}));
  f.selection.previousLayer();
  QVERIFY(!f.selection.expert());  // an expert belongs to its layer
  f.selection.selectLayer(LayerIndex{-3});
  QCOMPARE(f.selection.layer(), LayerIndex{0});
  QVERIFY(!f.selection.moeIndex());
  f.selection.hoverToken(Position{5});
  QVERIFY(!f.selection.hoveredToken());  // no such token
  f.selection.selectLayer(LayerIndex{3});
  f.selection.selectHead({HeadMode::Single, HeadIndex{2}});
  f.control->nLayers = 2;
  f.control->nHeads = 1;
  QVERIFY(f.load());
  QCOMPARE(f.selection.layer(), LayerIndex{1});
  QCOMPARE(f.selection.head(), HeadChoice{});
}

void InspectorTest::headsInOrder() {
  Fixture f;
  QVERIFY(f.load());
  f.selection.previousHead();
  QCOMPARE(f.selection.head().mode, HeadMode::Mean);
  QList<int> seen;
  for (int i = 0; i < 6; ++i) {
    f.selection.nextHead();
    seen.append(f.selection.head().mode == HeadMode::Single ? f.selection.head().head.value : -1);
  }
  QCOMPARE(seen, (QList<int>{-1, 0, 1, 2, 2, 2}));
  for (int i = 0; i < 4; ++i) f.selection.previousHead();
  QCOMPARE(f.selection.head().mode, HeadMode::Mean);
}

void InspectorTest::selectionSurvivesANewTurnIfItsTokenDoes() {
  Fixture f;
  QVERIFY(f.load());
  QVERIFY(f.generate("Hello there"));
  f.selection.selectToken(Position{3});
  f.selection.hoverToken(Position{2});
  QVERIFY(f.generate("Hello you"));
  QCOMPARE(f.selection.token(), std::optional(Position{3}));
  QVERIFY(!f.selection.isFollowing() && !f.selection.hoveredToken());
  f.timeline.setConversation(ConversationId{2});
  QVERIFY(!f.selection.token() && f.selection.isFollowing());
}

void InspectorTest::emptyStatesSayWhatToDo() {
  Fixture f;
  QCOMPARE(f.inspector.router().state, InspectionState::NothingYet);
  QVERIFY(f.inspector.router().reason.contains("checkpoint"));
  QVERIFY(f.load());
  QVERIFY(f.inspector.attention().reason.contains("Send a message"));
  f.control->nLayers = 1;  // a dense model
  QVERIFY(f.load());
  QCOMPARE(f.inspector.router().state, InspectionState::Unavailable);
  QVERIFY(f.inspector.router().reason.contains("no routed experts"));
}

void InspectorTest::recordedValuesNeedNoReplay() {
  Fixture f;
  f.inspector.setAttentionVisible(false);
  QVERIFY(f.load());
  QVERIFY(f.generate());
  f.selection.previousToken();
  QCOMPARE(f.inspector.router().state, InspectionState::Ready);
  QCOMPARE(f.inspector.nextToken().state, InspectionState::Ready);
  QVERIFY(f.inspector.nextTokenValues()->sampler_known);
  QVERIFY(f.inspector.decision() != nullptr);
  QCOMPARE(f.inspector.decision()->layer, LayerIndex{1});
  f.selection.nextLayer();
  QCOMPARE(f.inspector.decision()->layer, LayerIndex{2});
  QTest::qWait(5);
  for (const auto& request : f.control->inspections) {
    // Only the newest token's successor has to be asked for: nothing was drawn after it.
    QVERIFY(!request.attention_layer);
    QVERIFY(request.with_next_token);
  }
  // An early prompt token was not recorded.
  f.selection.selectToken(Position{1});
  QCOMPARE(f.inspector.router().state, InspectionState::Pending);
  QTRY_COMPARE(f.inspector.router().state, InspectionState::Ready);
  QCOMPARE(f.inspector.router().position, std::optional(Position{1}));
  QCOMPARE(f.inspector.decision()->scores.front(), 1.0F);
  QTRY_COMPARE(f.inspector.nextToken().state, InspectionState::Ready);
  QVERIFY(!f.inspector.nextTokenValues()->sampler_known);
}

void InspectorTest::attentionIsAskedOnlyWhenVisible() {
  Fixture f;
  f.inspector.setAttentionVisible(false);
  QVERIFY(f.load());
  QVERIFY(f.generate());
  QTest::qWait(10);
  QVERIFY(!f.inspector.attentionRows());
  f.inspector.setAttentionVisible(true);
  QVERIFY(f.ready());
  QCOMPARE(f.inspector.attentionRows()->layer, LayerIndex{1});
  QCOMPARE(f.inspector.attentionRows()->n_positions, f.timeline.count());
  f.selection.nextLayer();
  QCOMPARE(f.inspector.attention().state, InspectionState::Pending);
  QVERIFY(f.ready());
  QCOMPARE(f.inspector.attentionRows()->layer, LayerIndex{2});
}

void InspectorTest::oneQuestionAtATimeWhileGenerating() {
  auto control = std::make_shared<fake::Control>();
  control->nAnswerTokens = 300;
  control->tokenMicroseconds = 200;
  control->answerInspections = false;  // never answered: then never asked again
  Fixture f(control);
  QVERIFY(f.load());
  QVERIFY(f.generate());
  QVERIFY2(control->nInspections() == 1, qPrintable(QString::number(control->nInspections())));
}

void InspectorTest::oldValuesStayWhilePending() {
  auto control = std::make_shared<fake::Control>();
  Fixture f(control);
  QVERIFY(f.load());
  QVERIFY(f.generate());
  QVERIFY(f.ready());
  const auto rows = f.inspector.attentionRows();
  const auto position = f.inspector.attention().position;
  f.selection.selectToken(Position{2});
  QCOMPARE(f.inspector.attention().state, InspectionState::Pending);
  QCOMPARE(f.inspector.attentionRows(), rows);
  QCOMPARE(f.inspector.attention().position, position);  // tells that it is stale
  // The selection moves on before the answer: the last one wins.
  f.selection.selectToken(Position{3});
  f.selection.selectToken(Position{4});
  QVERIFY(f.ready());
  QCOMPARE(f.inspector.attention().position, std::optional(Position{4}));
  QCOMPARE(f.inspector.attentionRows()->n_positions, 5);
}

void InspectorTest::refusalHasAReasonAndIsNotRepeated() {
  auto control = std::make_shared<fake::Control>();
  control->automatic = false;
  Fixture f(control);
  control->send(engine::ModelLoaded{fake::modelInfo(*control, "/m")});
  QTRY_COMPARE(f.selection.nLayers(), 4);
  f.start("hi");
  QTRY_COMPARE(control->nRequests(), 1u);
  const auto id = control->request(0).id;
  control->send(engine::GenerationStarted{id,
                                          std::make_shared<const std::vector<engine::PromptToken>>(
                                              fake::prompt(*control, {{engine::Role::User, "hi"}})),
                                          0, 1});
  auto chunk = std::make_shared<std::vector<engine::TokenRouting>>();
  for (int i = 0; i < 3; ++i) chunk->push_back(fake::routing(*control, i));
  control->send(engine::PrefillProgress{id, 3, 4, chunk});
  QTRY_COMPARE(control->nInspections(), 1u);
  control->send(engine::InspectionFailed{control->inspections[0].key + 50,
                                         {engine::ErrorCode::Internal, "not ours"}});
  control->send(engine::InspectionFailed{control->inspections[0].key,
                                         {engine::ErrorCode::Device, "the device was lost"}});
  QTRY_COMPARE(f.inspector.attention().state, InspectionState::Unavailable);
  QCOMPARE(f.inspector.attention().reason, QString("the device was lost"));
  QTest::qWait(10);
  QCOMPARE(control->nInspections(), 1u);
  f.selection.selectToken(Position{3});  // in the prompt, but not computed yet
  QCOMPARE(f.inspector.attention().state, InspectionState::Unavailable);
  QVERIFY(f.inspector.attention().reason.contains("not gone through"));
  f.selection.previousToken();
  f.selection.previousToken();
  QTRY_COMPARE(control->nInspections(), 2u);  // another token is asked for
}

void InspectorTest::aChangedContextDropsItsValues() {
  Fixture f;
  QVERIFY(f.load());
  QVERIFY(f.generate());
  QVERIFY(f.ready());
  f.timeline.setConversation(ConversationId{2});
  QVERIFY(!f.inspector.attentionRows() && !f.inspector.decisions());
  QVERIFY(!f.inspector.nextTokenValues());
  QCOMPARE(f.inspector.attention().state, InspectionState::NothingYet);
}

void InspectorTest::denseLayerHasNoDecision() {
  Fixture f;
  QVERIFY(f.load());
  QVERIFY(f.generate());
  QVERIFY(f.ready());
  f.selection.selectLayer(LayerIndex{0});
  QVERIFY(f.inspector.decision() == nullptr);
  QVERIFY(f.inspector.decisions() != nullptr);
}

QTEST_GUILESS_MAIN(InspectorTest)
#include "inspector_test.moc"
