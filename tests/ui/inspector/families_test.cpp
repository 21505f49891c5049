// The panels for models without MLA, without experts, with a sliding window or with an indexer.
#include <QAbstractButton>
#include <QComboBox>
#include <QLabel>
#include <QToolButton>
#include <cmath>
#include <limits>

#include "tests/support/patience.h"
#include "tests/ui/inspector/fake_values.h"
#include "ui/inspector/attention_panel.h"
#include "ui/inspector/attention_slots_view.h"
#include "ui/inspector/experts_panel.h"
#include "ui/inspector/head_map_view.h"
#include "ui/inspector/router_analysis.h"
#include "ui/inspector/router_decision_view.h"
#include "ui/inspector/timeline_strip.h"

namespace {

constexpr float kNotRead = -std::numeric_limits<float>::infinity();

/// Without MLA: one score; of 40 slots the last `nRead` are read.
std::shared_ptr<engine::AttentionRows> plainRows(std::int64_t nRead) {
  auto rows = std::make_shared<engine::AttentionRows>(*fake::attention(1, 4, 40, 3));
  rows->rope_scores.clear();
  for (std::size_t at = 0; at < rows->weights.size(); ++at) {
    if (static_cast<std::int64_t>(at % 40) >= 40 - nRead) continue;
    rows->weights[at] = 0.0F;
    rows->content_scores[at] = kNotRead;
  }
  return rows;
}

std::shared_ptr<engine::ModelInfo> plainModel(std::int64_t nKvHeads) {
  auto info = std::make_shared<engine::ModelInfo>();
  info->config.architecture = engine::Architecture::Llama;
  info->config.num_hidden_layers = 4;
  info->config.num_attention_heads = 4;
  info->config.num_key_value_heads = nKvHeads;
  info->config.head_dim = 16;
  return info;
}

app::InspectionPart ready() {
  app::InspectionPart part;
  part.state = app::InspectionState::Ready;
  return part;
}

QString legendOf(const QWidget& panel) {
  QString all;
  for (const QLabel* label : panel.findChildren<QLabel*>())
    all += label->text() + QLatin1Char('\n');
  return all;
}

class FamiliesTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void aScoreWithoutPartsHasNone();
  void unreadSlotsSaySo();
  void pickedSlotsAreMarked();
  void thePanelNamesTheKeyValueCache();
  void aDenseModelHasNoExperts();
  void groupsThatLimitNothingAreNotShown();
  void theRuleSaysHowGroupsScore();
  void theTimelineShowsWhatIsAskedFor();
  void routerEntropyIsOfTheChosenWeights();

 private:
  ui::Theme theme_;
};

void FamiliesTest::aScoreWithoutPartsHasNone() {
  const auto rows = plainRows(40);
  const auto slice = ui::sliceAttention(*rows, {app::HeadMode::Single, engine::HeadIndex(2)});
  QCOMPARE(slice.weights.size(), std::size_t{40});
  QVERIFY(!slice.hasParts());
  for (const auto mode : {app::HeadMode::Mean, app::HeadMode::Maximum}) {
    QCOMPARE(ui::sliceAttention(*rows, {mode, {}}).weights.size(), std::size_t{40});
  }
  ui::AttentionSlotsView view(theme_);
  view.resize(500, 260);
  view.setSlice(slice, fake::labels(40), false);
  view.grab();
  const QString text = view.readout(7);
  QVERIFY(text.contains(QStringLiteral("score\t")));
  QVERIFY(!text.contains(QStringLiteral("RoPE")));
  QVERIFY(!view.legend().contains(QStringLiteral("parts")));
  QVERIFY(!view.tableText().contains(QStringLiteral("rope")));
  ui::HeadMapView map(theme_);
  map.setRows(rows, fake::labels(40), false);
  QVERIFY(!map.readout({1, 3}).contains(QStringLiteral("RoPE")));
}

void FamiliesTest::unreadSlotsSaySo() {
  ui::AttentionSlotsView view(theme_);
  view.resize(500, 260);
  view.setSlice(ui::sliceAttention(*plainRows(8), {app::HeadMode::Mean, {}}), fake::labels(40),
                false);
  view.grab();
  QVERIFY(view.legend().contains(QStringLiteral("sliding window: 8 of 40")));
  QVERIFY(view.readout(3).contains(QStringLiteral("outside the sliding window")));
  QVERIFY(!view.readout(39).contains(QStringLiteral("not read")));
  QVERIFY(!view.legend().contains(QStringLiteral("slots below the scale: 32")));
}

void FamiliesTest::pickedSlotsAreMarked() {
  auto rows = std::make_shared<engine::AttentionRows>(*fake::attention(1, 4, 40, 3));
  for (std::int32_t slot = 0; slot < 40; ++slot) {
    if (slot % 4 == 0) {
      rows->picked.push_back(slot);
      continue;
    }
    for (std::size_t head = 0; head < 4; ++head) {
      const std::size_t at = head * 40 + static_cast<std::size_t>(slot);
      rows->weights[at] = 0.0F;
      rows->content_scores[at] = kNotRead;
      rows->rope_scores[at] = kNotRead;
    }
  }
  ui::AttentionSlotsView view(theme_);
  view.resize(500, 260);
  view.setSlice(ui::sliceAttention(*rows, {app::HeadMode::Mean, {}}), fake::labels(40), false);
  view.grab();
  QVERIFY(view.legend().contains(QStringLiteral("10 of 40 slots picked")));
  QVERIFY(view.readout(4).contains(QStringLiteral("picked by the indexer")));
  QVERIFY(view.readout(5).contains(QStringLiteral("did not pick it")));
  // The scale of the parts is that of the slots that are read.
  QVERIFY(!view.legend().contains(QStringLiteral("∞")));
}

void FamiliesTest::thePanelNamesTheKeyValueCache() {
  ui::AttentionPanel panel(theme_);
  panel.resize(500, 400);
  panel.setModel(plainModel(2));
  const auto* box = panel.findChild<QComboBox*>();
  QCOMPARE(box->itemText(2), QStringLiteral("H0 · KV0"));
  QCOMPARE(box->itemText(5), QStringLiteral("H3 · KV1"));
  panel.setAttention(ready(), plainRows(40), fake::labels(40));
  QVERIFY(legendOf(panel).contains(QStringLiteral("keys and values of 2 heads")));
  panel.setModel(plainModel(4));
  QCOMPARE(box->itemText(5), QStringLiteral("H3"));
}

void FamiliesTest::aDenseModelHasNoExperts() {
  ui::ExpertsPanel panel(theme_);
  panel.resize(500, 400);
  panel.setModel(plainModel(4));
  QVERIFY(panel.map().message().contains(QStringLiteral("dense")));
  for (const QComboBox* box : panel.findChildren<QComboBox*>()) {
    QVERIFY(!box->isVisibleTo(&panel));
  }
  panel.setModel(fake::modelInfo({}));
  QVERIFY(!panel.map().message().contains(QStringLiteral("dense")));
  QVERIFY(panel.findChild<QComboBox*>()->isVisibleTo(&panel));
}

void FamiliesTest::groupsThatLimitNothingAreNotShown() {
  engine::ModelConfig config;
  config.n_group = 2;
  config.topk_group = 1;
  engine::RouterDecision decision;
  decision.scores = {0.1F, 0.4F, 0.3F, 0.2F};
  decision.expert_ids = {1, 2};
  decision.weights = {0.4F, 0.3F};
  config.topk_method = engine::TopkMethod::Greedy;
  QCOMPARE(ui::analyseRouter(decision, {}, config).nGroups, 1);
  config.topk_method = engine::TopkMethod::GroupLimitedGreedy;
  QCOMPARE(ui::analyseRouter(decision, {}, config).nGroups, 2);
}

void FamiliesTest::theRuleSaysHowGroupsScore() {
  engine::ModelConfig config;
  config.n_routed_experts = 160;
  config.num_experts_per_tok = 6;
  config.n_group = 8;
  config.topk_group = 3;
  config.topk_method = engine::TopkMethod::GroupLimitedGreedy;
  QVERIFY(ui::RouterDecisionView::ruleText(config, false)
              .contains(QStringLiteral("score is the maximum")));
  config.topk_method = engine::TopkMethod::NoauxTc;
  QVERIFY(ui::RouterDecisionView::ruleText(config, true).contains(QStringLiteral("two best")));
  config.topk_method = engine::TopkMethod::Greedy;
  config.architecture = engine::Architecture::Mixtral;
  QVERIFY(ui::RouterDecisionView::ruleText(config, false)
              .contains(QStringLiteral("softmax over the chosen")));
}

void FamiliesTest::theTimelineShowsWhatIsAskedFor() {
  ui::TimelineStrip strip(theme_);
  strip.resize(600, 64);
  std::vector<ui::TimelineMark> marks = fake::marks(4, 8);
  marks[5].entropy = 1.25;
  marks[5].margin = 0.5;
  marks[5].routerEntropy = 0.75;
  strip.setMarksFrom(0, marks);
  auto* box = strip.findChild<QComboBox*>();
  strip.setRouterEntropyLimit(std::log(6.0));
  QCOMPARE(box->count(), 4);
  for (int index = 0; index < box->count(); ++index) {
    box->setCurrentIndex(index);
    QCOMPARE(static_cast<int>(strip.measure()), index);
    strip.grab();
  }
  const QString text = strip.readout(5);
  QVERIFY(text.contains(QStringLiteral("entropy\t1.25")));
  QVERIFY(text.contains(QStringLiteral("margin to the second\t0.5")));
  QVERIFY(strip.tableText().contains(QStringLiteral("\t1.25\t0.5\t0.75")));
  // The strip's own tools say whether the newest token is followed; the click only asks.
  auto* live = strip.tools()->findChild<QToolButton*>();
  strip.setSelected(3, false);
  QVERIFY(!live->isChecked());
  QSignalSpy asked(&strip, &ui::TimelineStrip::liveRequested);
  live->click();
  QCOMPARE(asked.size(), 1);
  QVERIFY(!live->isChecked());
  strip.setSelected(11, true);
  QVERIFY(live->isChecked());
  // A dense model has no routers.
  strip.setRouterEntropyLimit(0);
  QCOMPARE(box->count(), 3);
  QCOMPARE(strip.measure(), ui::TimelineMeasure::Surprise);
}

void FamiliesTest::routerEntropyIsOfTheChosenWeights() {
  QVERIFY(!ui::routerEntropy({}, 2));
  QVERIFY(!ui::routerEntropy({1.0F}, 0));
  // Two layers of two: even (ln 2), and all on one (0). The scale of the weights does not matter.
  const auto entropy = ui::routerEntropy({2.5F, 2.5F, 1.0F, 0.0F}, 2);
  QVERIFY(entropy);
  QVERIFY(std::fabs(*entropy - std::log(2.0) / 2) < 1e-12);
}

}  // namespace

QTEST_MAIN(FamiliesTest)
#include "families_test.moc"
