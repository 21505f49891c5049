// Where a model lies when there is a GPU: the estimate, the user's choice, what both memories hold,
// and the status bar that tells it.
#include <QCheckBox>
#include <QLabel>
#include <QLayout>
#include <QSpinBox>

#include "tests/support/patience.h"
#include "tests/ui/load_fixture.h"
#include "tests/ui/window_fixture.h"
#include "ui/format.h"
#include "ui/load/load_choices.h"
#include "ui/load/load_dialog.h"
#include "ui/load/marked_slider.h"
#include "ui/load/memory_bar.h"
#include "ui/load/placement_choice.h"
#include "ui/status_bar.h"

namespace {

using engine::WeightFormat;

using fixture::kGiB;

/// With routed experts in 26 of 27 layers.
std::shared_ptr<engine::CheckpointReport> expertReport() {
  auto report = fixture::largeReport();
  report->config.num_hidden_layers = 27;
  report->config.first_k_dense_replace = 1;
  report->config.n_routed_experts = 64;
  report->config.num_experts_per_tok = 6;
  engine::PartTotals experts;
  experts.part = engine::ModelPart::RoutedExperts;
  experts.bytes = {26 * kGiB, 13 * kGiB, 7 * kGiB};
  report->parts = {experts};
  return report;
}

std::vector<engine::BackendDescription> gpuOf(std::int64_t freeBytes) {
  return {{engine::BackendKind::Cpu, true, "CPU · AVX2 · 2 threads"},
          {engine::BackendKind::Cuda, true, "CUDA · H100", freeBytes, freeBytes}};
}

QString textOf(const QWidget& widget) {
  QStringList texts;
  for (const QLabel* label : widget.findChildren<QLabel*>()) {
    if (label->isVisibleTo(&widget)) texts += label->text();
  }
  return texts.join(u'|');
}

class PlacementTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void thePlacementIsEstimatedAndChosen();
  void thePlacementIsChosenByKeys();
  void thePlacementIsThereOnlyOnAGpu();
  void mainMemoryHoldsItsPart();
  void theRowsStayWholeInALowDialog();
  void statusBarShowsWhatTheGpuHolds();
  void longTextsGiveWayInTheStatusBar();
};

void PlacementTest::thePlacementIsEstimatedAndChosen() {
  const ui::Theme theme;
  ui::LoadChoices choices(theme);
  choices.setBackends(gpuOf(8'000'000'000), true);
  choices.setReport(expertReport());
  choices.setForm(WeightFormat::Q4_K);
  ui::PlacementChoice& placement = choices.placement();
  const engine::DevicePlan estimate = placement.plan();
  QVERIFY(estimate.fits());
  QVERIFY(estimate.main_memory_layers > 3 && estimate.main_memory_layers < 25);
  QVERIFY(!placement.layers());
  QCOMPARE(choices.obstacle(), QString());
  engine::LoadOptions options;
  choices.apply(&options);
  QVERIFY(!options.main_memory_layers);  // the engine counts again
  const auto* slider = placement.findChild<ui::MarkedSlider*>();
  const auto marked = static_cast<int>(estimate.main_memory_layers);
  QCOMPARE(slider->value(), marked);
  QCOMPARE(slider->mark(), marked);
  // Fewer layers outside than fit: refused with how many would do; the mark stays.
  placement.setLayers(estimate.main_memory_layers - 1);
  QCOMPARE(slider->mark(), marked);
  QVERIFY(choices.obstacle().contains(
      QStringLiteral("experts of %1 layers").arg(estimate.main_memory_layers)));
  // More: less on the GPU, and what is shown says so.
  placement.setLayers(26);
  QCOMPARE(choices.obstacle(), QString());
  QCOMPARE(placement.plan().main_memory_bytes, 26 * placement.plan().layer_bytes);
  QVERIFY(textOf(choices).contains(ui::format::bytes(placement.plan().device_bytes)));
  choices.apply(&options);
  QCOMPARE(options.main_memory_layers, std::optional<std::int64_t>(26));
  // A longer context needs more of the GPU: the estimate follows, the choice stays.
  choices.setContextLength(8192);
  QVERIFY(slider->mark() > marked);
  QCOMPARE(slider->value(), 26);
  auto other = expertReport();
  other->path = "/other";
  choices.setReport(other);
  QVERIFY(!placement.layers());
}

void PlacementTest::thePlacementIsChosenByKeys() {
  const ui::Theme theme;
  ui::LoadChoices choices(theme);
  choices.setBackends(gpuOf(8'000'000'000), true);
  choices.setReport(expertReport());
  choices.setForm(WeightFormat::Q4_K);
  auto* slider = choices.placement().findChild<ui::MarkedSlider*>();
  auto* automatic = choices.placement().findChild<QCheckBox*>();
  QVERIFY(!slider->accessibleName().isEmpty());
  QVERIFY(automatic->isChecked());
  const int estimate = slider->value();
  QSignalSpy changed(&choices, &ui::LoadChoices::changed);
  QTest::keyClick(slider, Qt::Key_Right);
  QCOMPARE(choices.placement().layers(), std::optional<std::int64_t>(estimate + 1));
  QCOMPARE(changed.size(), 1);
  QVERIFY(!automatic->isChecked());
  QTest::keyClick(slider, Qt::Key_End);
  QCOMPARE(choices.placement().layers(), std::optional<std::int64_t>(26));
  QTest::keyClick(automatic, Qt::Key_Space);
  QVERIFY(!choices.placement().layers());
  QCOMPARE(slider->value(), estimate);
  QTest::keyClick(automatic, Qt::Key_Space);
  QCOMPARE(choices.placement().layers(), std::optional<std::int64_t>(estimate));
}

void PlacementTest::thePlacementIsThereOnlyOnAGpu() {
  const ui::Theme theme;
  ui::LoadChoices choices(theme);
  const auto isThere = [&choices] { return choices.placement().isVisibleTo(&choices); };
  choices.setReport(expertReport());
  QVERIFY(!isThere());
  choices.setBackends(gpuOf(80'000'000'000), true);
  QVERIFY(isThere());
  QCOMPARE(choices.placement().plan().main_memory_layers, std::int64_t{0});
  auto dense = expertReport();
  dense->path = "/dense";
  dense->config.n_routed_experts = 0;
  dense->parts.clear();
  choices.setReport(dense);
  QVERIFY(isThere());  // what the GPU holds is told, without a slider
  QVERIFY(!choices.placement().findChild<ui::MarkedSlider*>()->isVisibleTo(&choices));
  auto indexed = expertReport();
  indexed->path = "/indexed";
  indexed->config.index_n_heads = 4;
  choices.setReport(indexed);
  QVERIFY(!isThere());
  choices.setReport(expertReport());
  choices.setBackends(gpuOf(80'000'000'000), false);  // the CPU is wished for
  QVERIFY(!isThere());
  choices.placement().setLayers(3);
  engine::LoadOptions options;
  choices.apply(&options);
  QVERIFY(!options.main_memory_layers);
}

void PlacementTest::mainMemoryHoldsItsPart() {
  const ui::Theme theme;
  ui::LoadChoices choices(theme);
  choices.setBackends(gpuOf(80'000'000'000), true);
  // 31 GiB of weights with 16 GiB of main memory: no matter when all of them lie on the GPU.
  choices.setReport(expertReport());
  QCOMPARE(choices.obstacle(), QString());
  QVERIFY(textOf(choices).contains(QStringLiteral("Main memory: ") + ui::format::bytes(0)));
  // Quantised, they are in main memory first.
  choices.setForm(WeightFormat::Q8_0);
  QVERIFY2(choices.obstacle().startsWith(QStringLiteral("Main memory cannot")),
           qPrintable(choices.obstacle()));
  // Experts that stay and do not fit are read from disk: to be accepted first.
  choices.setForm(WeightFormat::AsStored);
  choices.placement().setLayers(26);
  choices.setContextLength(4095);
  QVERIFY(choices.obstacle().contains(QStringLiteral("warning")));
  choices.setAccepted(true);
  QCOMPARE(choices.obstacle(), QString());
  // A GPU that holds not even the rest: the remedy is another, and louder with one that is loaded.
  choices.setBackends(gpuOf(1'000'000'000), true);
  QVERIFY(choices.obstacle().contains(QStringLiteral("or the CPU")));
  choices.placement().setHeldBytes(7'000'000'000);
  QVERIFY(choices.obstacle().contains(QStringLiteral("Unload")));
}

void PlacementTest::theRowsStayWholeInALowDialog() {
  auto control = std::make_shared<fake::Control>();
  control->backends = gpuOf(8'000'000'000);
  fixture::Window fixture(control);
  ui::LoadDialog dialog(fixture.workspace(), fixture.theme());
  dialog.setPath(QStringLiteral("/large"));
  Q_EMIT fixture.workspace().bridge().reportReady(QStringLiteral("/large"), 0, expertReport());
  dialog.choices().setBackends(control->backends, true);
  dialog.resize(1080, 640);  // what is left on a screen of 720
  dialog.show();
  const auto* box = dialog.choices().placement().findChild<QSpinBox*>();
  QVERIFY(box->isVisible());
  QTRY_VERIFY(box->height() >= box->minimumSizeHint().height());
  // What stands below the slider's rows begins where they end.
  const ui::PlacementChoice& rows = dialog.choices().placement();
  for (const ui::MemoryBar* bar :
       dialog.choices().findChildren<ui::MemoryBar*>(QString(), Qt::FindDirectChildrenOnly)) {
    QTRY_VERIFY(bar->y() >= rows.geometry().bottom());
    QVERIFY(rows.height() >= rows.layout()->heightForWidth(rows.width()));
  }
  QTRY_VERIFY(dialog.choices().geometry().bottom() < dialog.height() - box->height());
}

void PlacementTest::statusBarShowsWhatTheGpuHolds() {
  auto control = std::make_shared<fake::Control>();
  control->devicePlan = {26, 12, 369'000'000, 6'900'000'000, 4'428'000'000, 7'600'000'000};
  control->backendDescription = "CUDA · one · " + engine::describe_plan(*control->devicePlan);
  fixture::Window fixture(control);
  const ui::StatusBar bar(fixture.chat(), fixture.theme());
  QVERIFY(fixture.start());
  QCOMPARE(bar.texts()[0], QStringLiteral("CUDA · one"));
  QCOMPARE(bar.texts()[1],
           QStringLiteral("GPU memory 6.9\u00a0GB, experts of 12 of 26 layers in main memory "
                          "(4.4\u00a0GB)"));
}

void PlacementTest::longTextsGiveWayInTheStatusBar() {
  const auto least = [](std::size_t length) {
    auto control = std::make_shared<fake::Control>();
    control->backendDescription = std::string(length, 'x');
    fixture::Window fixture(control);
    const ui::StatusBar bar(fixture.chat(), fixture.theme());
    const bool loaded = fixture.start();
    return loaded && bar.texts()[0].size() == static_cast<qsizetype>(length)
               ? bar.minimumSizeHint().width()
               : 0;
  };
  QVERIFY(least(40) > 0);
  QCOMPARE(least(400), least(40));
}

}  // namespace

QTEST_MAIN(PlacementTest)
#include "placement_test.moc"
