// The panels: keys ask for steps, clicks pick, empty and replayed states say so, heat follows the
// scale.
#include <QComboBox>
#include <QLabel>
#include <QTableWidget>
#include <QToolButton>

#include "tests/support/patience.h"
#include "tests/ui/inspector/fake_values.h"
#include "ui/inspector/attention_panel.h"
#include "ui/inspector/cache_panel.h"
#include "ui/inspector/experts_panel.h"
#include "ui/inspector/inspector_table.h"
#include "ui/inspector/next_token_panel.h"
#include "ui/inspector/router_bars_view.h"
#include "ui/inspector/router_decision_view.h"

Q_DECLARE_METATYPE(ui::SelectionStep)

namespace {

app::InspectionPart partIn(app::InspectionState state, const QString& reason = {}) {
  app::InspectionPart part;
  part.state = state;
  part.reason = reason;
  return part;
}

}  // namespace

class PanelsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    qRegisterMetaType<ui::SelectionStep>();
    theme_ = std::make_unique<ui::Theme>();
  }
  void cleanupTestCase() { theme_.reset(); }
  void keysAskForSteps_data();
  void keysAskForSteps();
  void busyIsSaidOnlyWhenItLasts();
  void shiftArrowsMoveTheExpert();
  void aDenseLayerSaysSo();
  void aModelWithoutExpertsSaysSo();
  void decisionTableListsTheChosenInOrder();
  void aHugeSharedBiasIsTakenOffTheDrawing();
  void ruleTextCarriesTheNumbers();
  void heatIsThePlaceOnTheScale();
  void headsAreOfferedAndPicked();
  void shiftArrowsAndEnterGoToASlot();
  void nextTokenMarksTheDrawnOne();
  void replayedNextTokenSaysSo();
  void ledgerRatiosCarryTheirSign();

 private:
  std::unique_ptr<ui::Theme> theme_;
};

void PanelsTest::keysAskForSteps_data() {
  QTest::addColumn<Qt::Key>("key");
  QTest::addColumn<ui::SelectionStep>("step");
  QTest::newRow("left") << Qt::Key_Left << ui::SelectionStep::PreviousToken;
  QTest::newRow("right") << Qt::Key_Right << ui::SelectionStep::NextToken;
  QTest::newRow("home") << Qt::Key_Home << ui::SelectionStep::FirstToken;
  QTest::newRow("end") << Qt::Key_End << ui::SelectionStep::FollowNewest;
  QTest::newRow("up") << Qt::Key_Up << ui::SelectionStep::PreviousLayer;
  QTest::newRow("down") << Qt::Key_Down << ui::SelectionStep::NextLayer;
  QTest::newRow("[") << Qt::Key_BracketLeft << ui::SelectionStep::PreviousHead;
  QTest::newRow("]") << Qt::Key_BracketRight << ui::SelectionStep::NextHead;
  QTest::newRow("escape") << Qt::Key_Escape << ui::SelectionStep::Clear;
}

void PanelsTest::keysAskForSteps() {
  QFETCH(Qt::Key, key);
  QFETCH(ui::SelectionStep, step);
  ui::ExpertsPanel panel(*theme_);
  panel.setModel(fake::modelInfo({}));
  QSignalSpy steps(&panel, &ui::InspectorPanel::stepRequested);
  // The focus is on the map; the key arrives at the panel.
  QTest::keyClick(&panel.map(), key);
  QCOMPARE(steps.size(), 1);
  QVERIFY(steps.first().first().value<ui::SelectionStep>() == step);
  QTest::keyClick(&panel.map(), key, Qt::ControlModifier);
  QCOMPARE(steps.size(), 1);
  ui::TimelineStrip strip(*theme_);
  QSignalSpy stripSteps(&strip, &ui::TimelineStrip::stepRequested);
  QTest::keyClick(&strip, key);
  QCOMPARE(stripSteps.size(), 1);
}

// Every token of an answer is recomputed: what takes no time must not flicker.
void PanelsTest::busyIsSaidOnlyWhenItLasts() {
  ui::TokenHeader header(*theme_);
  header.setStatus(QStringLiteral("live"));
  header.setBusy(QStringLiteral("busy"));
  QCOMPARE(header.status(), QStringLiteral("live"));
  header.setStatus(QStringLiteral("live"));
  QTest::qWait(400);
  QCOMPARE(header.status(), QStringLiteral("live"));
  header.setBusy(QStringLiteral("busy"));
  QTRY_COMPARE(header.status(), QStringLiteral("busy"));
  header.setStatus(QStringLiteral("live"));
  QCOMPARE(header.status(), QStringLiteral("live"));
}

void PanelsTest::shiftArrowsMoveTheExpert() {
  ui::ExpertsPanel panel(*theme_);
  panel.setModel(fake::modelInfo({}));
  panel.setSelected(4, 7);
  QSignalSpy picked(&panel, &ui::ExpertsPanel::expertPicked);
  QTest::keyClick(&panel.map(), Qt::Key_Right, Qt::ShiftModifier);
  QCOMPARE(picked.takeFirst(), (QVariantList{4, 8}));
  QTest::keyClick(&panel.map(), Qt::Key_Left, Qt::ShiftModifier);
  QCOMPARE(picked.takeFirst(), (QVariantList{4, 6}));
  panel.setSelected(4, 31);
  QTest::keyClick(&panel.map(), Qt::Key_Right, Qt::ShiftModifier);
  QCOMPARE(picked.takeFirst(), (QVariantList{4, 31}));
}

void PanelsTest::aDenseLayerSaysSo() {
  ui::ExpertsPanel panel(*theme_);
  const auto info = fake::modelInfo({});
  panel.setModel(info);
  panel.setDecisions(partIn(app::InspectionState::Ready), fake::decisions(*info, 1));
  panel.setSelected(0, std::nullopt);
  QVERIFY(panel.decision().bars().message().contains(QStringLiteral("dense")));
  panel.setSelected(2, std::nullopt);
  QVERIFY(panel.decision().bars().message().isEmpty());
}

void PanelsTest::aModelWithoutExpertsSaysSo() {
  fake::Shape shape;
  shape.nExperts = 0;
  ui::ExpertsPanel panel(*theme_);
  QVERIFY(panel.map().message().contains(QStringLiteral("Open a checkpoint")));
  panel.setModel(fake::modelInfo(shape));
  QVERIFY(panel.map().message().contains(QStringLiteral("no experts")));
  panel.setModel(fake::modelInfo({}));
  QVERIFY(panel.map().message().contains(QStringLiteral("Send a message")));
  panel.setDecisions(partIn(app::InspectionState::Pending), nullptr);
  QVERIFY(panel.decision().bars().message().isEmpty() ||
          panel.decision().bars().message().contains(QStringLiteral("dense")));
}

void PanelsTest::decisionTableListsTheChosenInOrder() {
  const auto info = fake::modelInfo({});
  const engine::RouterDecision decision = fake::decision(*info, 5, 77);
  ui::RouterDecisionView view(*theme_);
  view.setModel(info);
  view.setDecision(&decision, {});
  auto* table = view.findChild<QTableWidget*>();
  QVERIFY(table);
  QCOMPARE(table->rowCount(), 4 + 1 + 1);  // the chosen, the next, the shared
  for (int row = 0; row < 4; ++row) {
    const auto at = static_cast<std::size_t>(row);
    QCOMPARE(table->item(row, 1)->text(), QStringLiteral("e%1").arg(decision.expert_ids[at]));
    QVERIFY(table->item(row, 6)->toolTip().toFloat() == decision.weights[at]);
    QVERIFY(table->item(row, 3)->toolTip().toFloat() == decision.scores[decision.expert_ids[at]]);
  }
  QVERIFY(table->item(5, 0)->text().contains(QStringLiteral("always")));
  QSignalSpy clicked(&view, &ui::RouterDecisionView::expertClicked);
  Q_EMIT table->cellClicked(0, 0);
  QCOMPARE(clicked.first().first().toInt(), static_cast<int>(decision.expert_ids[0]));
}

void PanelsTest::aHugeSharedBiasIsTakenOffTheDrawing() {
  fake::Shape shape;
  shape.biasLevel = 7.9;
  const auto info = fake::modelInfo(shape);
  const engine::RouterDecision decision = fake::decision(*info, 5, 77);
  ui::RouterDecisionView view(*theme_);
  view.setModel(info);
  view.setDecision(&decision, {});
  QVERIFY(std::fabs(view.bars().biasShift() - 7.9F) < 0.2F);
  QVERIFY(view.bars().readout(3).contains(QStringLiteral("bias\t7.")) ||
          view.bars().readout(3).contains(QStringLiteral("bias\t8")));
}

void PanelsTest::ruleTextCarriesTheNumbers() {
  const auto info = fake::modelInfo(fake::v3Shape());
  const QString rule = ui::RouterDecisionView::ruleText(info->config, true);
  for (const char* part : {"sigmoid", "256 experts", "best 4 of 8 groups", "best 8", "2.5"}) {
    QVERIFY2(rule.contains(QLatin1String(part)), part);
  }
  engine::ModelConfig greedy = info->config;
  greedy.scoring_func = engine::ScoreFunction::Softmax;
  greedy.topk_method = engine::TopkMethod::Greedy;
  greedy.norm_topk_prob = false;
  const QString other = ui::RouterDecisionView::ruleText(greedy, false);
  QVERIFY(other.contains(QStringLiteral("softmax")));
  QVERIFY(!other.contains(QStringLiteral("groups")));
  QVERIFY(!other.contains(QStringLiteral("bias")));
}

void PanelsTest::heatIsThePlaceOnTheScale() {
  ui::AttentionPanel panel(*theme_);
  panel.setModel(fake::modelInfo({}));
  panel.show();
  const auto rows = fake::attention(4, 8, 64, 3);
  panel.setAttention(partIn(app::InspectionState::Ready), rows, fake::labels(64));
  QCOMPARE(panel.heat().size(), std::size_t{64});
  const auto& weights = panel.slots().slice().weights;
  for (std::size_t at = 0; at < 64; ++at) {
    QVERIFY(panel.heat()[at].weight == weights[at]);
    QCOMPARE(panel.heat()[at].value,
             static_cast<float>(panel.slots().scale().place(static_cast<double>(weights[at]))));
  }
  panel.hide();
  QVERIFY(panel.heat().empty());
}

void PanelsTest::headsAreOfferedAndPicked() {
  ui::AttentionPanel panel(*theme_);
  panel.setModel(fake::modelInfo({}));
  auto* box = panel.findChild<QComboBox*>();
  QVERIFY(box);
  QCOMPARE(box->count(), 2 + 8);
  QSignalSpy picked(&panel, &ui::AttentionPanel::headPicked);
  Q_EMIT box->activated(5);
  const auto head = picked.first().first().value<app::HeadChoice>();
  QVERIFY((head == app::HeadChoice{app::HeadMode::Single, engine::HeadIndex(3)}));
  panel.setHead(head);
  QCOMPARE(box->currentIndex(), 5);
}

void PanelsTest::shiftArrowsAndEnterGoToASlot() {
  ui::AttentionPanel panel(*theme_);
  panel.setModel(fake::modelInfo({}));
  panel.setAttention(partIn(app::InspectionState::Ready), fake::attention(4, 8, 64, 3),
                     fake::labels(64));
  QSignalSpy picked(&panel, &ui::AttentionPanel::tokenPicked);
  QTest::keyClick(&panel.slots(), Qt::Key_Return);
  QCOMPARE(picked.size(), 0);
  QTest::keyClick(&panel.slots(), Qt::Key_Left, Qt::ShiftModifier);
  QTest::keyClick(&panel.slots(), Qt::Key_Left, Qt::ShiftModifier);
  QCOMPARE(panel.slots().markedSlot().value_or(-1), std::int64_t{62});
  QTest::keyClick(&panel.slots(), Qt::Key_Return);
  QCOMPARE(picked.first().first().toLongLong(), 62);
  QTest::keyClick(&panel.slots(), Qt::Key_Escape);
  QVERIFY(!panel.slots().markedSlot());
}

void PanelsTest::nextTokenMarksTheDrawnOne() {
  ui::NextTokenPanel panel(*theme_);
  panel.setModelPresent(true);
  const auto next = fake::nextToken(true);
  panel.setNextToken(partIn(app::InspectionState::Ready), next);
  ui::InspectorTable& table = panel.table();
  QCOMPARE(table.rowCount(), static_cast<int>(next->top.size()));
  QVERIFY(table.item(1, 0)->text().startsWith(QStringLiteral("▸")));
  QCOMPARE(table.item(0, 1)->text(), QStringLiteral("·whale"));
  QCOMPARE(table.item(3, 1)->text(), QStringLiteral("⏎"));
  for (int row = 0; row < table.rowCount(); ++row) {
    const engine::TokenCandidate& candidate = next->top[static_cast<std::size_t>(row)];
    QVERIFY(table.item(row, 3)->toolTip().toFloat() == candidate.probability);
    QVERIFY(table.item(row, 4)->toolTip().toFloat() == candidate.sampled_probability);
  }
  QVERIFY(!table.isColumnHidden(4));
  // A drawn token outside the list gets its own row, with its real rank.
  auto rare = std::make_shared<engine::NextToken>(*next);
  rare->chosen->token = engine::TokenId(99999);
  rare->chosen_rank = 41;
  panel.setNextToken(partIn(app::InspectionState::Ready), rare);
  QCOMPARE(table.rowCount(), static_cast<int>(next->top.size()) + 1);
  QCOMPARE(table.item(table.rowCount() - 1, 0)->text(), QStringLiteral("▸42"));
}

void PanelsTest::replayedNextTokenSaysSo() {
  ui::NextTokenPanel panel(*theme_);
  panel.setModelPresent(true);
  panel.setNextToken(partIn(app::InspectionState::Ready), fake::nextToken(false));
  QVERIFY(panel.table().isColumnHidden(4));
  QVERIFY(
      panel.summary().contains(QStringLiteral("the model's own distribution, without a sampler")));
  panel.setNextToken(partIn(app::InspectionState::Unavailable, QStringLiteral("because")), nullptr);
  bool said = false;
  for (const QLabel* label : panel.findChildren<QLabel*>()) {
    said = said || label->text() == QStringLiteral("because");
  }
  QVERIFY(said);
}

void PanelsTest::ledgerRatiosCarryTheirSign() {
  QCOMPARE(ui::ratioText(1.0), QStringLiteral("equal"));
  QVERIFY(ui::ratioText(56.9).contains(QStringLiteral("more")));
  QVERIFY(ui::ratioText(0.5).contains(QStringLiteral("2.000× less")));
  ui::CachePanel panel(*theme_);
  app::CacheLedger ledger;
  app::LedgerRow row;
  row.kind = QStringLiteral("MLA latent");
  row.isThisModel = true;
  row.bytesPerToken = 70272;
  row.ratio = 1.0;
  ledger.rows << row;
  panel.setLedger(ledger);
  QCOMPARE(panel.table().rowCount(), 1);
  QVERIFY(panel.table().item(0, 1)->toolTip().contains(QStringLiteral("70,272")));
}

QTEST_MAIN(PanelsTest)
#include "panels_test.moc"
