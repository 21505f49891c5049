// The report of a checkpoint as it is shown: the table of parts, the texts, the findings.
#include <QLabel>
#include <QTreeWidget>

#include "tests/support/patience.h"
#include "tests/ui/load_fixture.h"
#include "ui/load/load_choices.h"
#include "ui/load/parts_table.h"
#include "ui/load/report_texts.h"
#include "ui/load/report_view.h"
#include "ui/theme/theme.h"

namespace {

using engine::WeightFormat;
using fixture::largeReport;

class ReportViewTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void partsAddUpInTheTable();
  void everyRouterIsPutInWords();
  void theDrafterIsCounted();
  void longFindingsAreShownWhole();
  void theWorstFindingsComeFirst();
};

void ReportViewTest::partsAddUpInTheTable() {
  ui::Theme theme;
  ui::PartsTable table(theme);
  auto report = largeReport();
  report->parameters.total = 3'000'000;
  report->parts = {{engine::ModelPart::Attention,
                    2'000'000,
                    2'000'000,
                    4,
                    {4'000'000, 2'000'000, 1'000'000},
                    {{"BF16", 3'900'000}, {"F32", 100'000}}},
                   {engine::ModelPart::Mtp, 1'000'000, 0, 2, {2'000'000, 0, 0}, {{"BF16", 2}}}};
  table.setReport(*report, WeightFormat::Q8_0);
  QCOMPARE(table.rowCount(), 3);
  QCOMPARE(table.item(0, 0)->text(), QStringLiteral("attention"));
  QVERIFY(table.item(0, 4)->text().startsWith(QStringLiteral("2.0")));
  QCOMPARE(table.item(0, 5)->text(), QStringLiteral("BF16, F32"));
  QCOMPARE(table.item(1, 2)->text(), QStringLiteral("–"));
  QCOMPARE(table.item(2, 0)->text(), QStringLiteral("main model"));
}

void ReportViewTest::everyRouterIsPutInWords() {
  engine::ModelConfig config;
  QVERIFY(ui::routerText(config).contains(QStringLiteral("dense model")));
  config.n_routed_experts = 160;
  config.num_experts_per_tok = 6;
  config.n_group = 8;
  config.topk_group = 3;
  config.scoring_func = engine::ScoreFunction::Softmax;
  config.topk_method = engine::TopkMethod::GroupLimitedGreedy;
  QVERIFY(ui::routerText(config).contains(QStringLiteral("scored by their best expert")));
  config.topk_method = engine::TopkMethod::NoauxTc;
  QVERIFY(ui::routerText(config).contains(QStringLiteral("sum of their two best")));
  config.topk_method = engine::TopkMethod::Greedy;
  QVERIFY(!ui::routerText(config).contains(QStringLiteral("groups")));
  config.architecture = engine::Architecture::Mixtral;
  QVERIFY(ui::routerText(config).contains(QStringLiteral("softmax over the chosen")));
  for (int part = 0; part < engine::kModelPartCount; ++part) {
    QVERIFY(!ui::partName(static_cast<engine::ModelPart>(part)).isEmpty());
  }
}

void ReportViewTest::theDrafterIsCounted() {
  ui::Theme theme;
  ui::PartsTable table(theme);
  auto report = largeReport();
  report->parts = {{engine::ModelPart::Mtp, 1'000'000, 0, 2, {2'000'000, 0, 0}, {{"BF16", 2}}}};
  table.setReport(*report, WeightFormat::Q8_0);
  QCOMPARE(table.item(0, 4)->text(), QStringLiteral("–"));  // GGUF: not loaded
  report->drafter_bytes = 1'900'000;
  table.setReport(*report, WeightFormat::Q8_0);
  QCOMPARE(table.item(0, 4)->text(), QStringLiteral("1.9\u00a0MB"));
  QCOMPARE(table.item(0, 2)->text(), QStringLiteral("–"));
  ui::LoadChoices choices(theme);
  choices.setReport(report);
  QStringList texts;
  for (const QLabel* label : choices.findChildren<QLabel*>()) texts += label->text();
  QVERIFY(texts.join(u'|').contains(QStringLiteral("1.9\u00a0MB MTP module")));
}

void ReportViewTest::longFindingsAreShownWhole() {
  const ui::Theme theme;
  ui::ReportView view(theme);
  view.resize(700, 400);
  auto report = largeReport();
  std::string words = "model.safetensors › model.norm.weight:";
  for (int i = 0; i < 60; ++i) words += " word";
  report->findings = {{engine::Finding::Severity::Error, "tensor-missing", "short"},
                      {engine::Finding::Severity::Error, "tensor-missing", words}};
  view.setReport(report);
  view.show();
  const auto* tree = view.findChild<QTreeWidget*>();
  const auto height = [tree](int row) {
    return tree->visualItemRect(tree->topLevelItem(row)).height();
  };
  QTRY_VERIFY2(height(1) >= 3 * tree->fontMetrics().height(),
               qPrintable(QString::number(height(1))));
  QVERIFY(height(0) < 2 * tree->fontMetrics().height());
  const int narrow = height(1);
  view.resize(1400, 400);
  QTRY_VERIFY(height(1) < narrow);
}

void ReportViewTest::theWorstFindingsComeFirst() {
  using Severity = engine::Finding::Severity;
  const ui::Theme theme;
  ui::ReportView view(theme);
  auto report = largeReport();
  report->findings = {{Severity::Info, "a", "note"},
                      {Severity::Warning, "b", "warning"},
                      {Severity::Error, "c", "first error"},
                      {Severity::Error, "d", "second error"}};
  view.setReport(report);
  const auto* tree = view.findChild<QTreeWidget*>();
  QStringList shown;
  for (int i = 0; i < tree->topLevelItemCount(); ++i) shown += tree->topLevelItem(i)->text(2);
  QCOMPARE(shown.join(u'|'), QStringLiteral("first error|second error|warning|note"));
}

}  // namespace

QTEST_MAIN(ReportViewTest)
#include "report_view_test.moc"
