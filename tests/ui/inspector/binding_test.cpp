// The panels on app's models with a stand-in engine: what is selected is what is shown, in every
// panel.
#include <QTemporaryDir>

#include "app/workspace.h"
#include "tests/app/fake_engine.h"
#include "tests/support/patience.h"
#include "ui/inspector/attention_panel.h"
#include "ui/inspector/cache_panel.h"
#include "ui/inspector/experts_panel.h"
#include "ui/inspector/inspector_binding.h"
#include "ui/inspector/inspector_table.h"
#include "ui/inspector/next_token_panel.h"
#include "ui/inspector/router_bars_view.h"
#include "ui/inspector/router_decision_view.h"

namespace {

struct Bench {
  QTemporaryDir folder;
  std::shared_ptr<fake::Control> control = std::make_shared<fake::Control>();
  ui::Theme theme;
  std::unique_ptr<app::Workspace> workspace;
  ui::ExpertsPanel experts{theme};
  ui::AttentionPanel attention{theme};
  ui::NextTokenPanel nextToken{theme};
  ui::CachePanel cache{theme};
  ui::TimelineStrip timeline{theme};
  std::unique_ptr<ui::InspectorBinding> binding;

  Bench() {
    app::WorkspaceOptions options;
    options.settingsFile = folder.filePath(QStringLiteral("settings.ini"));
    options.conversationsFile = folder.filePath(QStringLiteral("conversations.db"));
    options.demoPath = folder.path();
    workspace = std::make_unique<app::Workspace>(options, fake::factory(control));
    binding = std::make_unique<ui::InspectorBinding>(
        ui::InspectorModels{workspace->timeline(), workspace->selection(), workspace->inspector()},
        ui::InspectorPanels{experts, attention, nextToken, cache, timeline});
    binding->follow(*workspace);
    for (QWidget* panel :
         std::initializer_list<QWidget*>{&experts, &attention, &nextToken, &cache, &timeline}) {
      panel->resize(500, 500);
      panel->show();
    }
  }
  ~Bench() { binding.reset(); }

  bool idle() {
    return support::comes_true(
        [this] { return workspace->chat().state() == app::ChatState::Idle; });
  }
  bool answer() {
    workspace->start();
    if (!idle()) return false;
    if (!workspace->chat().submit(QStringLiteral("Tell me about the sea."))) return false;
    return idle() && settled();
  }
  bool settled() {
    return support::comes_true([this] {
      const app::InspectorModel& inner = workspace->inspector();
      return inner.router().state == app::InspectionState::Ready &&
             inner.attention().state == app::InspectionState::Ready &&
             inner.nextToken().state == app::InspectionState::Ready;
    });
  }
};

}  // namespace

class BindingTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void emptyPanelsSayWhatToDo();
  void panelsShowTheNewestToken();
  void keysMoveTheOneSelection();
  void clicksSelect();
  void hoverIsSharedAndSelectsNothing();
  void anotherTurnKeepsTheTimelineInStep();
  void hiddenPanelsAskForNothing();
};

void BindingTest::emptyPanelsSayWhatToDo() {
  Bench bench;
  QVERIFY(!bench.experts.map().message().isEmpty());
  QVERIFY(!bench.attention.slots().message().isEmpty());
  bench.workspace->start();
  QVERIFY(bench.idle());
  QVERIFY(bench.experts.map().message().contains(QStringLiteral("Send a message")));
  QVERIFY(!bench.attention.slots().message().isEmpty());
  QVERIFY(bench.cache.table().rowCount() > 0);
  QCOMPARE(bench.timeline.count(), std::int64_t{0});
}

void BindingTest::panelsShowTheNewestToken() {
  Bench bench;
  QVERIFY(bench.answer());
  const app::TokenTimeline& timeline = bench.workspace->timeline();
  QCOMPARE(bench.timeline.count(), static_cast<std::int64_t>(timeline.count()));
  const auto position = bench.workspace->selection().token();
  QVERIFY(position.has_value());
  QVERIFY(bench.experts.header().address().contains(QStringLiteral("t%1").arg(position->value)));
  QVERIFY(bench.experts.map().message().isEmpty());
  // The shown decision is the engine's, value for value.
  const auto decisions = timeline.decisions(*position);
  QVERIFY(decisions);
  const auto row = static_cast<std::size_t>(*bench.workspace->selection().moeIndex());
  const ui::RouterAnalysis& shown = bench.experts.decision().analysis();
  for (std::size_t e = 0; e < shown.experts.size(); ++e) {
    QVERIFY(shown.experts[e].affinity == (*decisions)[row].scores[e]);
  }
  const auto rows = bench.workspace->inspector().attentionRows();
  QCOMPARE(bench.attention.slots().slice().weights.size(),
           static_cast<std::size_t>(rows->n_positions));
  QCOMPARE(bench.attention.heat().size(), static_cast<std::size_t>(rows->n_positions));
  bench.workspace->selection().previousToken();  // what followed it was drawn before our eyes
  QVERIFY(bench.settled());
  QVERIFY(bench.nextToken.table().rowCount() > 0);
}

void BindingTest::keysMoveTheOneSelection() {
  Bench bench;
  QVERIFY(bench.answer());
  app::Selection& selection = bench.workspace->selection();
  const std::int64_t newest = selection.token()->value;
  QTest::keyClick(&bench.experts.map(), Qt::Key_Left);
  QCOMPARE(selection.token()->value, newest - 1);
  QVERIFY(!selection.isFollowing());
  QTest::keyClick(&bench.nextToken.table(), Qt::Key_Left);
  QCOMPARE(selection.token()->value, newest - 2);
  QTest::keyClick(&bench.attention.slots(), Qt::Key_Home);
  QCOMPARE(selection.token()->value, std::int64_t{0});
  QVERIFY(bench.settled());
  QVERIFY(bench.attention.header().address().contains(QStringLiteral("t0")));
  QCOMPARE(bench.attention.slots().slice().weights.size(), std::size_t{1});
  QTest::keyClick(&bench.timeline, Qt::Key_End);
  QVERIFY(selection.isFollowing());
  const int layer = selection.layer().value;
  QTest::keyClick(&bench.experts.map(), Qt::Key_Down);
  QCOMPARE(selection.layer().value, layer + 1);
  QTest::keyClick(&bench.experts.map(), Qt::Key_Up);
  QCOMPARE(selection.layer().value, layer);
  QTest::keyClick(&bench.attention.slots(), Qt::Key_BracketRight);
  QVERIFY(selection.head().mode == app::HeadMode::Maximum);
  QVERIFY(bench.attention.slots().slice().choice == selection.head());
}

void BindingTest::clicksSelect() {
  Bench bench;
  QVERIFY(bench.answer());
  app::Selection& selection = bench.workspace->selection();
  const qreal ratio = bench.experts.map().devicePixelRatioF();
  const QPointF cell = QPointF(bench.experts.map().centreOf({2, 5})) / ratio;
  QTest::mouseClick(&bench.experts.map(), Qt::LeftButton, {}, cell.toPoint());
  QCOMPARE(selection.layer().value, 3);
  QCOMPARE(selection.expert()->value, 5);
  const QPointF mark = QPointF(bench.timeline.centreOf(2)) / ratio;
  QTest::mouseClick(&bench.timeline, Qt::LeftButton, {}, mark.toPoint());
  QCOMPARE(selection.token()->value, std::int64_t{2});
  QVERIFY(bench.settled());
  const QPointF slot = QPointF(bench.attention.slots().centreOf(1)) / ratio;
  QTest::mouseDClick(&bench.attention.slots(), Qt::LeftButton, {}, slot.toPoint());
  QCOMPARE(selection.token()->value, std::int64_t{1});
}

void BindingTest::hoverIsSharedAndSelectsNothing() {
  Bench bench;
  QVERIFY(bench.answer());
  app::Selection& selection = bench.workspace->selection();
  const auto before = selection.token();
  Q_EMIT bench.timeline.tokenHovered(3);
  QCOMPARE(selection.hoveredToken()->value, std::int64_t{3});
  QVERIFY(selection.token() == before);
  Q_EMIT bench.attention.tokenHovered(-1);
  QVERIFY(!selection.hoveredToken());
}

void BindingTest::anotherTurnKeepsTheTimelineInStep() {
  Bench bench;
  QVERIFY(bench.answer());
  const std::int64_t first = bench.timeline.count();
  QVERIFY(bench.workspace->chat().submit(QStringLiteral("And the tide?")));
  QVERIFY(bench.idle() && bench.settled());
  QVERIFY(bench.timeline.count() > first);
  QCOMPARE(bench.timeline.count(), static_cast<std::int64_t>(bench.workspace->timeline().count()));
  bench.workspace->chat().newConversation();
  QTRY_COMPARE(bench.timeline.count(), std::int64_t{0});
}

void BindingTest::hiddenPanelsAskForNothing() {
  Bench bench;
  QVERIFY(bench.answer());
  bench.experts.hide();
  bench.attention.hide();
  bench.nextToken.hide();
  QVERIFY(bench.attention.heat().empty());
  const std::size_t before = bench.control->nInspections();
  bench.workspace->selection().selectToken(engine::Position(1));
  QTest::qWait(50);
  QCOMPARE(bench.control->nInspections(), before);
  bench.attention.show();
  QVERIFY(support::comes_true([&] { return bench.control->nInspections() > before; }));
}

QTEST_MAIN(BindingTest)
#include "binding_test.moc"
