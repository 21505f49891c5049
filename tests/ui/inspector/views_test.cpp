// The painted views: any input paints, what they say on hover is exactly what they were given, keys
// move the mark.

#include "tests/support/patience.h"
#include "tests/support/processor_time.h"
#include "tests/ui/inspector/fake_values.h"
#include "ui/format.h"
#include "ui/inspector/attention_slots_view.h"
#include "ui/inspector/expert_map_view.h"
#include "ui/inspector/head_map_view.h"
#include "ui/inspector/router_bars_view.h"
#include "ui/inspector/timeline_strip.h"

namespace {

// The value behind "name\t" in a readout.
QString field(const QString& readout, const QString& name) {
  for (const QString& line : readout.split(QLatin1Char('\n'))) {
    if (line.startsWith(name + QLatin1Char('\t'))) return line.mid(name.size() + 1);
  }
  return {};
}

// Reads back as the very same float.
void compareExact(const QString& text, float value) {
  bool ok = false;
  const float read = text.toFloat(&ok);
  QVERIFY2(ok, qPrintable(text));
  QVERIFY2(read == value, qPrintable(text));  // QCOMPARE would let the last digits differ
}

QImage painted(QWidget& widget, QSize size) {
  widget.resize(size);
  return widget.grab().toImage();
}

}  // namespace

class ViewsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() { theme_ = std::make_unique<ui::Theme>(); }
  void cleanupTestCase() { theme_.reset(); }
  void everythingPaintsWithoutValues();
  void everythingPaintsAtAnySize_data();
  void everythingPaintsAtAnySize();
  void mapTooltipIsExact();
  void mapSaysWhatIsMissing();
  void mapDrawsALoneUsedExpert();
  void barsTooltipIsExact();
  void slotsTooltipIsExact();
  void slotsLegendCountsWhatIsHidden();
  void headMapTooltipIsExact();
  void timelineFindsEveryToken();
  void aTokenThatLooksLikeHtmlStaysText();
  void repaintingIsQuick();

 private:
  std::unique_ptr<ui::Theme> theme_;
};

void ViewsTest::everythingPaintsWithoutValues() {
  ui::ExpertMapView map(*theme_);
  ui::RouterBarsView bars(*theme_);
  ui::AttentionSlotsView attention(*theme_);
  ui::HeadMapView heads(*theme_);
  ui::TimelineStrip timeline(*theme_);
  for (ui::Canvas* view :
       std::initializer_list<ui::Canvas*>{&map, &bars, &attention, &heads, &timeline}) {
    for (const QSize size : {QSize(1, 1), QSize(3, 400), QSize(400, 3), QSize(600, 400)}) {
      QVERIFY(!painted(*view, size).isNull());
    }
    view->setMessage(QStringLiteral("Nothing yet"));
    QVERIFY(!painted(*view, QSize(300, 200)).isNull());
    QVERIFY(view->readoutAt(QPoint(20, 20)).isEmpty());
    QVERIFY(!view->accessibleName().isEmpty());
    QVERIFY(!view->accessibleDescription().isEmpty());
  }
}

void ViewsTest::everythingPaintsAtAnySize_data() {
  QTest::addColumn<int>("experts");
  QTest::addColumn<int>("groups");
  QTest::addColumn<int>("layers");
  QTest::addColumn<qint64>("tokens");
  QTest::newRow("one expert, one token") << 1 << 1 << 1 << qint64{1};
  QTest::newRow("demo") << 32 << 4 << 6 << qint64{40};
  QTest::newRow("no groups") << 384 << 1 << 60 << qint64{3000};
  QTest::newRow("v3, 32k") << 256 << 8 << 58 << qint64{32768};
}

void ViewsTest::everythingPaintsAtAnySize() {
  QFETCH(int, experts);
  QFETCH(int, groups);
  QFETCH(int, layers);
  QFETCH(qint64, tokens);
  fake::Shape shape;
  shape.nDense = 0;
  shape.nLayers = layers;
  shape.nExperts = experts;
  shape.nActivated = std::min(8, experts);
  shape.nGroup = groups;
  shape.topkGroup = (groups + 1) / 2;
  shape.nHeads = tokens > 20000 ? 8 : 16;
  const auto info = fake::modelInfo(shape);
  const auto decisions = fake::decisions(*info, 3);
  ui::ExpertMapView map(*theme_);
  map.setModel(info);
  map.setRouting(fake::routing(*decisions, 0));
  map.setDecisions(decisions, {});
  map.setSelected(0, 0);
  ui::RouterBarsView bars(*theme_);
  bars.setAnalysis(ui::analyseRouter(decisions->front(), ui::biasOfLayer(*info, 0), info->config));
  bars.setSelectedExpert(0);
  const auto rows = fake::attention(0, shape.nHeads, tokens, 2);
  const auto labels = fake::labels(tokens);
  ui::AttentionSlotsView attention(*theme_);
  attention.setSlice(ui::sliceAttention(*rows, {}), labels, false);
  attention.setMarkedSlot(tokens - 1);
  ui::HeadMapView heads(*theme_);
  heads.setRows(rows, labels, true);
  heads.setScale(attention.scale());
  ui::TimelineStrip timeline(*theme_);
  timeline.setMarksFrom(0, fake::marks(tokens / 2, tokens - tokens / 2));
  timeline.setSelected(tokens / 3, false);
  for (ui::Canvas* view :
       std::initializer_list<ui::Canvas*>{&map, &bars, &attention, &heads, &timeline}) {
    for (const QSize size : {QSize(1, 1), QSize(40, 20), QSize(333, 77), QSize(1400, 900)}) {
      QVERIFY(!painted(*view, size).isNull());
      for (int x = 0; x < size.width(); x += 37) view->readoutAt(QPoint(x, size.height() / 2));
    }
  }
}

void ViewsTest::mapTooltipIsExact() {
  const auto info = fake::modelInfo(fake::v3Shape());
  const auto decisions = fake::decisions(*info, 21);
  const auto routing = fake::routing(*decisions, 5);
  app::ExpertUsage usage;
  usage.resize(58, 256, 8);
  usage.add(*routing, true);
  ui::ExpertMapView map(*theme_);
  map.resize(700, 400);
  map.setModel(info);
  map.setRouting(routing);
  map.setDecisions(decisions, {});
  map.setUsage(ui::usageCounts(usage, ui::UsagePhase::Prompt), ui::ScaleKind::Linear);
  for (int row = 0; row < 58; row += 7) {
    for (int expert = 0; expert < 256; ++expert) {
      const ui::CellGrid::Cell cell{row, expert};
      QCOMPARE(*map.cellAt(map.centreOf(cell)), cell);
      const QString text = map.readoutAt(map.centreOf(cell));
      const engine::RouterDecision& decision = (*decisions)[static_cast<std::size_t>(row)];
      const auto at = static_cast<std::size_t>(expert);
      const float bias = info->router_bias[static_cast<std::size_t>(row) * 256 + at];
      compareExact(field(text, QStringLiteral("affinity")), decision.scores[at]);
      compareExact(field(text, QStringLiteral("bias")), bias);
      compareExact(field(text, QStringLiteral("biased score")), decision.scores[at] + bias);
      const bool open = decision.group_open[at / 32] != 0;
      QCOMPARE(field(text, QStringLiteral("group")),
               QStringLiteral("%1, %2")
                   .arg(expert / 32)
                   .arg(open ? QStringLiteral("open") : QStringLiteral("closed")));
      const auto chosen = std::find(decision.expert_ids.begin(), decision.expert_ids.end(), expert);
      const QString weight = field(text, QStringLiteral("weight"));
      if (chosen == decision.expert_ids.end()) {
        QCOMPARE(weight, QStringLiteral("not chosen"));
      } else {
        compareExact(
            weight,
            decision.weights[static_cast<std::size_t>(chosen - decision.expert_ids.begin())]);
      }
      QVERIFY(field(text, QStringLiteral("used"))
                  .startsWith(chosen == decision.expert_ids.end() ? QStringLiteral("0 ")
                                                                  : QStringLiteral("1 ")));
    }
  }
}

void ViewsTest::mapSaysWhatIsMissing() {
  const auto info = fake::modelInfo({});
  ui::ExpertMapView map(*theme_);
  map.resize(500, 300);
  map.setModel(info);
  map.setDecisions(nullptr, QStringLiteral("recomputing this token"));
  const QString text = map.readout({0, 0});
  QVERIFY(text.contains(QStringLiteral("recomputing this token")));
  QVERIFY(!text.contains(QStringLiteral("affinity\t")));
  QCOMPARE(field(text, QStringLiteral("weight")), QStringLiteral("not known for this token"));
}

void ViewsTest::mapDrawsALoneUsedExpert() {
  const auto info = fake::modelInfo(fake::v3Shape());
  ui::ExpertMapView map(*theme_);
  map.setModel(info);
  map.setMode(ui::ExpertMapMode::Usage);
  ui::UsageCounts none;
  none.counts.assign(58 * 256, 0);
  none.nTokens = 1;
  map.setUsage(none, ui::ScaleKind::Log);
  const QImage before = painted(map, QSize(420, 260));
  ui::UsageCounts one = none;
  one.counts[30 * 256 + 101] = 1;
  map.setUsage(one, ui::ScaleKind::Log);
  const QImage after = painted(map, QSize(420, 260));
  QVERIFY(before != after);
  const QPoint centre = map.centreOf({30, 101});
  QVERIFY(before.pixel(centre) != after.pixel(centre));
}

void ViewsTest::barsTooltipIsExact() {
  const auto info = fake::modelInfo({});
  const engine::RouterDecision decision = fake::decision(*info, 4, 9);
  const auto bias = ui::biasOfLayer(*info, 4);
  ui::RouterBarsView bars(*theme_);
  bars.resize(500, 200);
  bars.setAnalysis(ui::analyseRouter(decision, bias, info->config));
  for (std::size_t e = 0; e < decision.scores.size(); ++e) {
    const QPoint centre = bars.centreOf(static_cast<int>(e));
    QCOMPARE(*bars.expertAt(centre), static_cast<int>(e));
    const QString text = bars.readoutAt(centre);
    compareExact(field(text, QStringLiteral("affinity")), decision.scores[e]);
    compareExact(field(text, QStringLiteral("bias")), bias[e]);
    compareExact(field(text, QStringLiteral("biased score")), decision.scores[e] + bias[e]);
  }
  // The shift only moves what is drawn.
  const QString before = bars.tableText();
  bars.setBiasDrawing(ui::BiasDrawing::LessItsMean);
  QVERIFY(bars.biasShift() != 0.0F);
  QCOMPARE(bars.tableText(), before);
}

void ViewsTest::slotsTooltipIsExact() {
  for (const std::int64_t n : {1, 60, 5000}) {
    const auto rows = fake::attention(2, 3, n, 8);
    ui::AttentionSlotsView view(*theme_);
    view.resize(420, 200);
    view.setSlice(ui::sliceAttention(*rows, {app::HeadMode::Single, engine::HeadIndex(1)}),
                  fake::labels(n), false);
    for (std::int64_t slot = 0; slot < n; slot += 1 + n / 50) {
      const QString text = view.readout(slot);
      const auto at = static_cast<std::size_t>(n + slot);  // head 1
      compareExact(field(text, QStringLiteral("weight")), rows->weights[at]);
      compareExact(field(text, QStringLiteral("content score")), rows->content_scores[at]);
      compareExact(field(text, QStringLiteral("RoPE score")), rows->rope_scores[at]);
      compareExact(field(text, QStringLiteral("sum")),
                   rows->content_scores[at] + rows->rope_scores[at]);
      // The bar under the pointer stands for the largest of its slots.
      const auto found = view.slotAt(view.centreOf(slot));
      QVERIFY(found.has_value());
      QCOMPARE(*found / view.slotsPerBucket(), slot / view.slotsPerBucket());
      QVERIFY(rows->weights[static_cast<std::size_t>(n + *found)] >= rows->weights[at]);
    }
  }
}

void ViewsTest::slotsLegendCountsWhatIsHidden() {
  ui::AttentionSlice slice;
  slice.weights = {0.75F, 0.249F, 1e-3F, 1e-9F};
  slice.contentScores.assign(4, 0.0F);
  slice.ropeScores.assign(4, 0.0F);
  ui::AttentionSlotsView view(*theme_);
  view.resize(400, 200);
  view.setSlice(slice, fake::labels(4), false);
  QVERIFY(view.legend().contains(ui::format::percent(0.75)));
  QVERIFY(view.legend().contains(QStringLiteral("slots below the scale: 1")));
  ui::AttentionRange range;
  range.clampSink = false;
  view.setRange(range);
  QVERIFY(!view.legend().contains(QStringLiteral("beyond")));
  QVERIFY(view.legend().contains(QStringLiteral("score parts")));
  view.resize(400, 50);  // no room for the parts of the score, which were asked for
  QVERIFY(!view.legend().contains(QStringLiteral("score parts")));
  QVERIFY(view.legend().contains(QStringLiteral("higher panel")));
  view.setPartsVisible(false);
  QVERIFY(!view.legend().contains(QStringLiteral("higher panel")));
}

void ViewsTest::headMapTooltipIsExact() {
  const auto rows = fake::attention(2, 16, 3000, 8);
  ui::HeadMapView view(*theme_);
  view.resize(420, 200);
  view.setRows(rows, fake::labels(3000), false);
  for (int head = 0; head < 16; ++head) {
    for (std::int64_t slot = 0; slot < 3000; slot += 211) {
      const auto cell = view.cellAt(view.centreOf(head, slot));
      QVERIFY(cell.has_value());
      QCOMPARE(cell->head, head);
      const auto at = static_cast<std::size_t>(head * 3000 + cell->slot);
      QVERIFY(rows->weights[at] >= rows->weights[static_cast<std::size_t>(head * 3000 + slot)]);
      compareExact(field(view.readout(*cell), QStringLiteral("weight")), rows->weights[at]);
    }
  }
}

void ViewsTest::timelineFindsEveryToken() {
  ui::TimelineStrip strip(*theme_);
  strip.resize(600, 40);
  strip.setMarksFrom(0, fake::marks(20, 40));
  strip.setSelected(0, false);
  QSignalSpy clicked(&strip, &ui::TimelineStrip::tokenClicked);
  for (std::int64_t position = 0; position < 60; ++position) {
    QCOMPARE(*strip.positionAt(strip.centreOf(position)), position);
    const qreal ratio = strip.devicePixelRatioF();
    const QPointF logical = QPointF(strip.centreOf(position)) / ratio;
    QTest::mouseClick(&strip, Qt::LeftButton, {}, logical.toPoint());
    QCOMPARE(clicked.takeLast().first().toLongLong(), position);
  }
  const QString text = strip.readout(30);
  QVERIFY(text.contains(QStringLiteral("drawn by the model")));
  QVERIFY(text.contains(QStringLiteral("log-probability")));
  strip.setZoom(0);  // 32k tokens in the width: the last pixel still is the last token
  strip.setMarksFrom(60, fake::marks(0, 32708));
  QVERIFY(!painted(strip, QSize(600, 40)).isNull());
  QVERIFY(strip.positionAt(strip.centreOf(32767)).has_value());
}

void ViewsTest::aTokenThatLooksLikeHtmlStaysText() {
  const auto rows = fake::attention(0, 1, 2, 1);
  ui::AttentionSlotsView view(*theme_);
  view.setSlice(ui::sliceAttention(*rows, {}),
                {{QStringLiteral("<b>"), false}, {QStringLiteral("<think>"), true}}, false);
  QVERIFY(view.readout(0).contains(QStringLiteral("t0 \"<b>\"")));
  QVERIFY(view.readout(1).contains(QStringLiteral("t1 <think>")));
}

void ViewsTest::repaintingIsQuick() {
  const auto info = fake::modelInfo(fake::v3Shape());
  app::ExpertUsage usage;
  usage.resize(58, 256, 8);
  std::vector<std::shared_ptr<const engine::TokenRouting>> routings;
  for (std::uint32_t token = 0; token < 20; ++token) {
    routings.push_back(fake::routing(*fake::decisions(*info, token), token));
  }
  ui::ExpertMapView map(*theme_);
  map.setModel(info);
  ui::TimelineStrip strip(*theme_);
  strip.setZoom(0);
  strip.setMarksFrom(0, fake::marks(16384, 16384));
  painted(map, QSize(800, 400));
  painted(strip, QSize(1600, 40));
  double begin = support::thread_milliseconds();
  for (const auto& routing : routings) {
    usage.add(*routing, false);
    map.setUsage(ui::usageCounts(usage, ui::UsagePhase::PromptAndAnswer), ui::ScaleKind::Linear);
    map.setRouting(routing);
    map.grab();
  }
  const double perToken = (support::thread_milliseconds() - begin) / 20.0;
  begin = support::thread_milliseconds();
  for (std::int64_t i = 0; i < 20; ++i) {
    strip.setSelected(i * 1000, false);
    strip.grab();
  }
  const double perFrame = (support::thread_milliseconds() - begin) / 20.0;
  qInfo("expert map 58 x 256, new token: %.2f ms; timeline of 32,768 tokens: %.2f ms", perToken,
        perFrame);
  // A frame of 16.7 ms three times over.
  QVERIFY(perToken < support::limit(50));
  QVERIFY(perFrame < support::limit(50));
}

QTEST_MAIN(ViewsTest)
#include "views_test.moc"
