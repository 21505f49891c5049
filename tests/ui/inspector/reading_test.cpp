// What the inspector derives from engine values: pooling, the router's reading, the attention
// slice, scales, cells.
#include <cmath>
#include <limits>
#include <random>

#include "tests/support/patience.h"
#include "tests/ui/inspector/fake_values.h"
#include "ui/inspector/attention_slice.h"
#include "ui/inspector/attention_slots_view.h"
#include "ui/inspector/cell_grid.h"
#include "ui/inspector/router_analysis.h"
#include "ui/inspector/slot_pooling.h"
#include "ui/inspector/value_scale.h"

class ReadingTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void poolingKeepsALoneSpike();
  void poolingKeepsTheSign();
  void poolingOfFewSlotsIsExact();
  void poolingOfNothingIsEmpty();
  void scaleAndItsInverseAgree();
  void routerStatesFollowTheRule();
  void routerNamesWhoTheGroupLimitShutOut();
  void routerWithoutGroupsOrBias();
  void routerSurvivesOneExpertAndNaN();
  void sliceTakesMeanMaximumAndHead();
  void sliceRefusesMissizedRows();
  void rankCountsLargerWeights();
  void clampLeavesTheSinkOutOfTheScale();
  void everyCellIsFoundAtItsCentre();
};

void ReadingTest::poolingKeepsALoneSpike() {
  std::vector<float> weights(32768, 1e-6F);
  for (const std::size_t at :
       {std::size_t{0}, std::size_t{777}, std::size_t{20003}, std::size_t{32767}}) {
    std::vector<float> spiked = weights;
    spiked[at] = 0.9F;
    const ui::PooledSlots pooled = ui::poolSlots(spiked, 193);
    QVERIFY(pooled.peaks.size() <= 193);
    QCOMPARE(pooled.slotsPerBucket, std::int64_t{170});
    const std::size_t bucket = at / 170;
    QCOMPARE(pooled.peaks[bucket], 0.9F);
    QCOMPARE(pooled.peakSlot[bucket], static_cast<std::int64_t>(at));
    QVERIFY(pooled.means[bucket] < 0.02F);
  }
}

void ReadingTest::poolingKeepsTheSign() {
  const std::vector<float> scores{0.5F, -3.0F, 1.0F, 2.0F};
  const ui::PooledSlots pooled = ui::poolSlots(scores, 2);
  QCOMPARE(pooled.peaks, (std::vector<float>{-3.0F, 2.0F}));
  QCOMPARE(pooled.means, (std::vector<float>{-1.25F, 1.5F}));
}

void ReadingTest::poolingOfFewSlotsIsExact() {
  const std::vector<float> weights{0.1F, 0.2F, 0.7F};
  const ui::PooledSlots pooled = ui::poolSlots(weights, 100);
  QCOMPARE(pooled.slotsPerBucket, std::int64_t{1});
  QCOMPARE(pooled.peaks, weights);
  QCOMPARE(pooled.means, weights);
}

void ReadingTest::poolingOfNothingIsEmpty() {
  QVERIFY(ui::poolSlots({}, 10).peaks.empty());
  const std::vector<float> one{1.0F};
  QVERIFY(ui::poolSlots(one, 0).peaks.empty());
}

void ReadingTest::scaleAndItsInverseAgree() {
  for (const ui::ValueScale scale : {ui::ValueScale{ui::ScaleKind::Linear, 0, 2.5},
                                     ui::ValueScale{ui::ScaleKind::Log, 1e-6, 0.4}}) {
    QCOMPARE(scale.place(scale.low), 0.0);
    QCOMPARE(scale.place(scale.high), 1.0);
    QCOMPARE(scale.place(1e9), 1.0);
    QCOMPARE(scale.place(-1.0), 0.0);
    QCOMPARE(scale.place(std::numeric_limits<double>::quiet_NaN()), 0.0);
    for (const double place : {0.1, 0.5, 0.9}) {
      QVERIFY(std::fabs(scale.place(scale.valueAt(place)) - place) < 1e-12);
    }
  }
}

void ReadingTest::routerStatesFollowTheRule() {
  const auto info = fake::modelInfo(fake::v3Shape());
  const auto all = fake::decisions(*info, 11);
  for (const engine::RouterDecision& decision : *all) {
    const auto bias = ui::biasOfLayer(*info, decision.layer.value);
    const ui::RouterAnalysis analysis = ui::analyseRouter(decision, bias, info->config);
    QCOMPARE(analysis.chosen.size(), std::size_t{8});
    QCOMPARE(analysis.nGroups, 8);
    QVERIFY(analysis.margin && *analysis.margin >= 0.0F);
    for (std::size_t e = 0; e < analysis.experts.size(); ++e) {
      const ui::ExpertVerdict& verdict = analysis.experts[e];
      QVERIFY(verdict.affinity == decision.scores[e]);
      QVERIFY(verdict.biased == decision.scores[e] + bias[e]);
      const bool chosen = verdict.state == ui::ExpertState::Chosen;
      QCOMPARE(verdict.openRank >= 0 && verdict.openRank < 8, chosen);
      if (chosen) {
        QVERIFY(verdict.weight == decision.weights[static_cast<std::size_t>(verdict.place)]);
        QVERIFY(verdict.biased >= analysis.threshold);
      }
    }
  }
}

void ReadingTest::routerNamesWhoTheGroupLimitShutOut() {
  engine::ModelConfig config;
  config.n_group = 2;
  config.topk_group = 1;
  config.num_experts_per_tok = 2;
  engine::RouterDecision decision;
  decision.scores = {0.5F, 0.6F, 0.9F, 0.1F};  // group 1 holds the best expert but the lower sum
  decision.group_scores = {1.1F, 1.0F};
  decision.group_open = {1, 0};
  decision.expert_ids = {1, 0};
  decision.weights = {1.3F, 1.2F};
  const ui::RouterAnalysis analysis = ui::analyseRouter(decision, {}, config);
  QVERIFY(!analysis.hasBias);
  QVERIFY(analysis.experts[2].state == ui::ExpertState::ClosedWouldWin);
  QVERIFY(analysis.experts[3].state == ui::ExpertState::ClosedLost);
  QCOMPARE(analysis.experts[2].rank, 0);
  QCOMPARE(analysis.experts[2].openRank, -1);
  QCOMPARE(analysis.threshold, 0.5F);
  QVERIFY(!analysis.runnerUp);  // no one else is in an open group
  QVERIFY(!analysis.margin);
}

void ReadingTest::routerWithoutGroupsOrBias() {
  engine::ModelConfig config;
  config.num_experts_per_tok = 1;
  engine::RouterDecision decision;
  decision.scores = {0.2F, 0.7F, 0.6F};
  decision.expert_ids = {1};
  decision.weights = {0.7F};
  const ui::RouterAnalysis analysis = ui::analyseRouter(decision, {}, config);
  QCOMPARE(analysis.nGroups, 1);
  QVERIFY(analysis.groupScores.empty());
  QCOMPARE(*analysis.runnerUp, 2);
  QCOMPARE(*analysis.margin, 0.7F - 0.6F);
}

void ReadingTest::routerSurvivesOneExpertAndNaN() {
  engine::ModelConfig config;
  config.n_group = 4;  // does not divide one expert
  engine::RouterDecision decision;
  decision.scores = {std::numeric_limits<float>::quiet_NaN()};
  decision.expert_ids = {0, 9};  // 9 does not exist
  decision.weights = {1.0F};
  const ui::RouterAnalysis analysis = ui::analyseRouter(decision, {}, config);
  QCOMPARE(analysis.chosen, std::vector<int>{0});
  QCOMPARE(analysis.nGroups, 1);
  QVERIFY(ui::analyseRouter({}, {}, config).experts.empty());
}

void ReadingTest::sliceTakesMeanMaximumAndHead() {
  const auto rows = fake::attention(3, 4, 50, 1);
  const auto mean = ui::sliceAttention(*rows, {app::HeadMode::Mean, {}});
  const auto most = ui::sliceAttention(*rows, {app::HeadMode::Maximum, {}});
  const auto third = ui::sliceAttention(*rows, {app::HeadMode::Single, engine::HeadIndex(3)});
  for (std::size_t slot = 0; slot < 50; ++slot) {
    double sum = 0;
    float largest = 0;
    for (std::size_t head = 0; head < 4; ++head) {
      const float weight = rows->weights[head * 50 + slot];
      sum += static_cast<double>(weight);
      largest = std::max(largest, weight);
    }
    QCOMPARE(mean.weights[slot], static_cast<float>(sum / 4));
    QCOMPARE(most.weights[slot], largest);
    const std::size_t from = static_cast<std::size_t>(most.heads[slot]) * 50 + slot;
    QCOMPARE(rows->weights[from], largest);
    QCOMPARE(most.contentScores[slot], rows->content_scores[from]);
    QCOMPARE(third.weights[slot], rows->weights[150 + slot]);
    QCOMPARE(third.ropeScores[slot], rows->rope_scores[150 + slot]);
  }
}

void ReadingTest::sliceRefusesMissizedRows() {
  engine::AttentionRows rows = *fake::attention(0, 2, 10, 1);
  QVERIFY(ui::sliceAttention(rows, {app::HeadMode::Single, engine::HeadIndex(2)}).weights.empty());
  rows.rope_scores.pop_back();
  QVERIFY(ui::sliceAttention(rows, {}).weights.empty());
  QVERIFY(ui::sliceAttention({}, {}).weights.empty());
}

void ReadingTest::rankCountsLargerWeights() {
  const std::vector<float> weights{0.2F, 0.5F, 0.2F, 0.1F};
  QCOMPARE(ui::rankOfSlot(weights, 1), std::int64_t{0});
  QCOMPARE(ui::rankOfSlot(weights, 0), std::int64_t{1});
  QCOMPARE(ui::rankOfSlot(weights, 2), std::int64_t{2});
  QCOMPARE(ui::rankOfSlot(weights, 3), std::int64_t{3});
}

void ReadingTest::clampLeavesTheSinkOutOfTheScale() {
  const std::vector<float> weights{0.9F, 0.04F, 0.06F};
  ui::AttentionRange range;
  QCOMPARE(ui::attentionScale(weights, range).high, static_cast<double>(0.06F));
  range.clampSink = false;
  QCOMPARE(ui::attentionScale(weights, range).high, static_cast<double>(0.9F));
  range.kind = ui::ScaleKind::Linear;
  QCOMPARE(ui::attentionScale(weights, range).low, 0.0);
  QCOMPARE(ui::attentionScale({1.0F}, {}).high, 1.0);  // a single token is its own sink
}

void ReadingTest::everyCellIsFoundAtItsCentre() {
  std::mt19937 random(5);
  for (int round = 0; round < 60; ++round) {
    ui::CellGridShape shape;
    shape.nRows = 1 + static_cast<int>(random() % 60);
    shape.nGroups = 1 << (random() % 4);
    shape.nColumns = shape.nGroups * (1 + static_cast<int>(random() % 40));
    const QRect area(13, 7, 20 + static_cast<int>(random() % 900),
                     10 + static_cast<int>(random() % 500));
    const ui::CellGrid grid(shape, area);
    for (int row = 0; row < shape.nRows; ++row) {
      for (int column = 0; column < shape.nColumns; ++column) {
        const ui::CellGrid::Cell cell{row, column};
        const auto found = grid.cellAt(grid.cellRect(cell).center());
        QVERIFY(found.has_value());
        QVERIFY(*found == cell);
      }
    }
    QVERIFY(!grid.cellAt(QPoint(0, 0)));
  }
}

QTEST_GUILESS_MAIN(ReadingTest)
#include "reading_test.moc"
