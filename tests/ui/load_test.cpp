// Loading: the choices with their memory, the dialog, the tensor browser.
#include <QAbstractButton>
#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTemporaryDir>

#include "tests/support/patience.h"
#include "tests/support/processor_time.h"
#include "tests/ui/load_fixture.h"
#include "tests/ui/window_fixture.h"
#include "ui/load/device_choice.h"
#include "ui/load/load_choices.h"
#include "ui/load/load_dialog.h"
#include "ui/load/report_view.h"
#include "ui/load/tensor_detail.h"
#include "ui/load/tensor_table_model.h"
#include "ui/load/tensor_window.h"

namespace {

using engine::WeightFormat;
using fixture::kGiB;
using fixture::largeReport;

app::TensorRows manyRows(int n) {
  auto rows = std::make_shared<std::vector<engine::TensorRow>>();
  for (int i = 0; i < n; ++i) {
    engine::TensorRow row;
    row.name = "model.layers." + std::to_string(i % 61) + ".mlp.experts." + std::to_string(i / 61) +
               ".up_proj.weight";
    row.file = "model-00001-of-00163.safetensors";
    row.part = engine::ModelPart::RoutedExperts;
    row.layer = i % 61;
    row.expert = i / 61;
    row.shape = {2048, 7168};
    row.bytes = 1000 + i;
    rows->push_back(row);
  }
  return rows;
}

class LoadTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void choicesSayWhatTheyNeed();
  void aWarningMustBeAccepted();
  void beyondTheModelsLengthIsAWarning();
  void nothingFitsWithoutAReason();
  void namesSortNaturally();
  void tensorsAreFoundAndSorted();
  void ninetyThousandTensorsAreQuick();
  void aTensorIsReadOnDemand();
  void aTemplateIsChosen();
  void theDialogKeepsLoadOffWithAReason();
  void aTypedPathIsReadAfterAPause();
  void whatRunsTheModelIsSaid();
  void ofSeveralGpusOneIsChosen();
};

void LoadTest::choicesSayWhatTheyNeed() {
  ui::Theme theme;
  ui::LoadChoices choices(theme);
  QVERIFY(!choices.obstacle().isEmpty());
  choices.setReport(largeReport());
  QCOMPARE(choices.contextLength(), std::int64_t{4096});
  choices.setForm(WeightFormat::Q4_K);
  QCOMPARE(choices.obstacle(), QString());
  choices.setContextLength(1000);
  engine::LoadOptions options;
  choices.setThreads(3);
  choices.apply(&options);
  QCOMPARE(options.weight_format, WeightFormat::Q4_K);
  QCOMPARE(options.context_length, std::int64_t{1000});
  QCOMPARE(options.backend.n_threads, 3);
  choices.setForm(WeightFormat::Q8_0);
  QVERIFY2(choices.obstacle().contains(QStringLiteral("18.")), qPrintable(choices.obstacle()));
}

void LoadTest::aWarningMustBeAccepted() {
  ui::Theme theme;
  ui::LoadChoices choices(theme);
  choices.setReport(largeReport());
  auto* accept = choices.findChild<QCheckBox*>();
  QVERIFY(accept != nullptr && accept->isVisibleTo(&choices));
  QVERIFY(!choices.obstacle().isEmpty());
  QSignalSpy changed(&choices, &ui::LoadChoices::changed);
  accept->setChecked(true);
  QCOMPARE(changed.count(), 1);
  QCOMPARE(choices.obstacle(), QString());
  // Another checkpoint must be accepted anew.
  auto other = largeReport();
  other->path = "/other";
  choices.setReport(other);
  QVERIFY(!choices.obstacle().isEmpty());
}

void LoadTest::beyondTheModelsLengthIsAWarning() {
  ui::Theme theme;
  ui::LoadChoices choices(theme);
  auto report = largeReport();
  report->memory_available = 100 * kGiB;
  choices.setReport(report);
  const auto warned = [&choices] {
    for (const QLabel* label : choices.findChildren<QLabel*>()) {
      if (label->isVisibleTo(&choices) && label->text().contains(QStringLiteral("8,192"))) {
        if (label->text().contains(QStringLiteral("Longer"))) return true;
      }
    }
    return false;
  };
  QVERIFY(!warned());
  choices.setContextLength(10'000);
  QCOMPARE(choices.contextLength(), std::int64_t{10'000});
  QVERIFY(warned());
  QCOMPARE(choices.obstacle(), QString());
}

void LoadTest::nothingFitsWithoutAReason() {
  ui::Theme theme;
  ui::LoadChoices choices(theme);
  auto report = largeReport();
  report->findings = {{engine::Finding::Severity::Error, "tensor-missing",
                       "model.norm.weight: found nothing, allowed [hidden_size=2048]"}};
  choices.setReport(report);
  QVERIFY(choices.obstacle().contains(QStringLiteral("model.norm.weight")));
}

void LoadTest::namesSortNaturally() {
  QVERIFY(ui::naturallyBefore("layers.2.a", "layers.10.a"));
  QVERIFY(!ui::naturallyBefore("layers.10.a", "layers.2.a"));
  QVERIFY(ui::naturallyBefore("a", "ab"));
  QVERIFY(ui::naturallyBefore("layers.9.z", "layers.10.a"));
  QVERIFY(!ui::naturallyBefore("same", "same"));
}

void LoadTest::tensorsAreFoundAndSorted() {
  ui::TensorTableModel model;
  model.setRows(manyRows(122));
  QCOMPARE(model.rowCount(), 122);
  model.setFilter(QStringLiteral("layers.3. EXPERTS.1."));
  QCOMPARE(model.rowCount(), 1);
  QCOMPARE(model.sourceRow(0), 61 + 3);
  QCOMPARE(model.shownRow(61 + 3), 0);
  QCOMPARE(model.shownRow(0), -1);
  QCOMPARE(model.sourceRow(5), -1);
  model.setFilter(QStringLiteral("nowhere"));
  QCOMPARE(model.rowCount(), 0);
  model.setFilter({});
  model.sort(ui::TensorTableModel::kBytes, Qt::DescendingOrder);
  QCOMPARE(model.sourceRow(0), 121);
  model.sort(ui::TensorTableModel::kName, Qt::AscendingOrder);
  QCOMPARE(model.sourceRow(0), 0);
  QCOMPARE(model.sourceRow(1), 61);
  model.setRows(nullptr);
  QCOMPARE(model.rowCount(), 0);
  model.sort(ui::TensorTableModel::kName, Qt::AscendingOrder);
}

void LoadTest::ninetyThousandTensorsAreQuick() {
  ui::TensorTableModel model;
  model.setRows(manyRows(90'000));
  const double begin = support::thread_milliseconds();
  model.setFilter(QStringLiteral("layers.3. up_proj"));
  QVERIFY(model.rowCount() > 1000);
  const double filtered = support::thread_milliseconds() - begin;
  model.setFilter({});
  model.sort(ui::TensorTableModel::kBytes, Qt::DescendingOrder);
  const double sorted = support::thread_milliseconds() - begin - filtered;
  qInfo("filtered in %.0f ms, shown again and sorted in %.0f ms", filtered, sorted);
  QVERIFY(filtered < support::limit(500));
  QVERIFY(sorted < support::limit(500));
}

void LoadTest::aTensorIsReadOnDemand() {
  fixture::Window fixture;
  ui::TensorWindow window(fixture.workspace().bridge(), fixture.theme());
  window.setCheckpoint(QStringLiteral("/fake"), QStringLiteral("fake"));
  QTRY_COMPARE(window.model().rowCount(), 3);
  window.setFilter(QStringLiteral("good"));
  QCOMPARE(window.model().rowCount(), 1);
  window.browser().select(window.model().sourceRow(0));
  QVERIFY(window.detail().text().contains(QStringLiteral("good")));
  QVERIFY(!window.detail().text().contains(QStringLiteral("Range")));
  window.browser().read();
  QTRY_VERIFY(window.detail().text().contains(QStringLiteral("-1 … 1")));
  window.setFilter(QStringLiteral("bad"));
  window.browser().select(window.model().sourceRow(0));
  window.browser().read();
  QTRY_COMPARE(window.browser().readState(), app::TensorReadState::Failed);
  bool said = false;
  for (const QLabel* label : window.detail().findChildren<QLabel*>()) {
    said = said || (label->isVisibleTo(&window) && label->text().contains(QStringLiteral("BOOL")));
  }
  QVERIFY(said);
}

void LoadTest::aTemplateIsChosen() {
  const ui::Theme theme;
  ui::LoadChoices choices(theme);
  choices.setReport(largeReport());
  QCOMPARE(choices.chatTemplate(), std::string());
  const QTemporaryDir folder;
  QFile file(folder.filePath(QStringLiteral("own.jinja")));
  QVERIFY(file.open(QIODevice::WriteOnly));
  file.write("{{ messages[0].content }}");
  file.close();
  choices.setTemplateFile(file.fileName());
  QCOMPARE(choices.chatTemplate(), std::string("{{ messages[0].content }}"));
  engine::LoadOptions options;
  choices.apply(&options);
  QCOMPARE(options.chat_template, choices.chatTemplate());
  // A file that is no template changes nothing.
  choices.setTemplateFile(folder.filePath(QStringLiteral("nothing")));
  QCOMPARE(choices.chatTemplate(), std::string("{{ messages[0].content }}"));
  // Another checkpoint begins with its own.
  auto other = largeReport();
  other->path = "/other";
  choices.setReport(other);
  QCOMPARE(choices.chatTemplate(), std::string());
}

void LoadTest::theDialogKeepsLoadOffWithAReason() {
  fixture::Window fixture;
  ui::LoadDialog dialog(fixture.workspace(), fixture.theme());
  dialog.setPath(QStringLiteral("/large"));
  auto report = largeReport();
  Q_EMIT fixture.workspace().bridge().reportReady(QStringLiteral("/large"), 0, report);
  QVERIFY(!dialog.canLoad());  // the warning is not accepted
  dialog.choices().setAccepted(true);
  QVERIFY(dialog.canLoad());
  dialog.choices().setForm(WeightFormat::Q8_0);
  QVERIFY(!dialog.canLoad());
  dialog.choices().setForm(WeightFormat::Q4_K);
  QVERIFY(dialog.canLoad());
}

void LoadTest::aTypedPathIsReadAfterAPause() {
  fixture::Window fixture;
  ui::LoadDialog dialog(fixture.workspace(), fixture.theme());
  dialog.show();
  const auto* report = dialog.findChild<ui::ReportView*>();
  QVERIFY(!dialog.choices().isVisibleTo(&dialog));  // nothing to choose for yet
  QSignalSpy reports(&fixture.workspace().bridge(), &app::EngineBridge::reportReady);
  auto* field = dialog.findChild<QComboBox*>()->lineEdit();
  QTest::keyClicks(field, QStringLiteral("/nothing"));
  QCOMPARE(dialog.path(), QString());
  QTRY_COMPARE(dialog.path(), QStringLiteral("/nothing"));
  QCOMPARE(field->text(), QStringLiteral("/nothing"));
  QTRY_COMPARE(reports.size(), 1);
  // Half a path is not shown as an error, and what is typed on is read again.
  QVERIFY(!report->isVisibleTo(&dialog));
  QTest::keyClicks(field, QStringLiteral("s"));
  QCOMPARE(dialog.path(), QString());
  QTRY_COMPARE(dialog.path(), QStringLiteral("/nothings"));
  QTRY_COMPARE(reports.size(), 2);
  QVERIFY(!report->isVisibleTo(&dialog));
  // Enter means it.
  QTest::keyClick(field, Qt::Key_Return);
  QTRY_COMPARE(reports.size(), 3);
  QVERIFY(report->isVisibleTo(&dialog));
  QVERIFY(!dialog.canLoad());
  dialog.setPath(QStringLiteral("/large"));
  Q_EMIT fixture.workspace().bridge().reportReady(QStringLiteral("/large"), 0, largeReport());
  QVERIFY(dialog.choices().isVisibleTo(&dialog));
}

void LoadTest::whatRunsTheModelIsSaid() {
  const ui::Theme theme;
  ui::LoadChoices choices(theme);
  choices.setThreads(3);
  auto report = largeReport();
  choices.setReport(report);
  QCOMPARE(choices.machineText(), QStringLiteral("CPU, 3 threads"));
  const engine::BackendDescription cpu{engine::BackendKind::Cpu, true, "CPU · AVX2 · 2 threads"};
  choices.setBackends({cpu, {engine::BackendKind::Cuda, false, "CUDA is not used: why"}}, true);
  QCOMPARE(choices.machineText(),
           QStringLiteral("CPU with AVX2, 3 threads\nCUDA is not used: why"));
  QVERIFY(!choices.device().offersGpu());
  const engine::BackendDescription gpu{engine::BackendKind::Cuda, true, "CUDA · H100 · 80 GB"};
  choices.setBackends({cpu, gpu}, false);
  QVERIFY(choices.device().offersGpu());
  QVERIFY(!choices.device().usesGpu());
  QVERIFY(choices.machineText().startsWith(QStringLiteral("CPU")));
  choices.setBackends({cpu, gpu}, true);
  QCOMPARE(choices.machineText(), QStringLiteral("CUDA · H100 · 80 GB"));
  engine::LoadOptions options;
  choices.apply(&options);
  QVERIFY(options.prefer_gpu);
  QCOMPARE(options.backend.device, -1);
  report = largeReport();
  report->config.index_n_heads = 4;  // V3.2
  choices.setReport(report);
  QVERIFY(choices.machineText().contains(QStringLiteral("does not run this family")));
}

void LoadTest::ofSeveralGpusOneIsChosen() {
  const ui::Theme theme;
  ui::LoadChoices choices(theme);
  choices.setReport(largeReport());
  const engine::BackendDescription cpu{engine::BackendKind::Cpu, true, "CPU · AVX2 · 2 threads"};
  // The best comes first, and what cannot be used last.
  const engine::BackendDescription best{
      engine::BackendKind::Cuda, true, "CUDA · GPU 2, big", 9, 9, 2};
  const engine::BackendDescription other{
      engine::BackendKind::Cuda, true, "CUDA · GPU 0, small", 7, 7, 0};
  const engine::BackendDescription old{
      engine::BackendKind::Cuda, false, "CUDA is not used: old", 0, 0, 1};
  choices.setBackends({cpu, best, other, old}, true);
  auto* const box = choices.findChild<QComboBox*>(QStringLiteral("device"));
  QVERIFY(box != nullptr);
  QCOMPARE(box->count(), 3);
  const auto chosen = [&](int index) {
    box->setCurrentIndex(index);
    Q_EMIT box->activated(index);
    engine::LoadOptions options;
    choices.apply(&options);
    return options;
  };
  QCOMPARE(choices.machineText(), QStringLiteral("CUDA · GPU 2, big"));
  QCOMPARE(chosen(0).backend.device, 2);
  QCOMPARE(chosen(1).backend.device, 0);
  QVERIFY(chosen(1).prefer_gpu);
  QCOMPARE(choices.machineText(), QStringLiteral("CUDA · GPU 0, small"));
  QVERIFY(!chosen(2).prefer_gpu);
  QCOMPARE(chosen(2).backend.device, -1);
  QVERIFY(choices.machineText().startsWith(QStringLiteral("CPU")));
}

}  // namespace

QTEST_MAIN(LoadTest)
#include "load_test.moc"
