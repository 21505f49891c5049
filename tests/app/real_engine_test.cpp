// The application layer on the real engine, with a tiny random checkpoint: what the panels would
// show is what the engine says.

#include "app/workspace.h"
#include "tests/engine/runtime/chat_checkpoint.h"
#include "tests/support/patience.h"
#include "tests/support/temp_folder.h"

using namespace app;
using engine::Position;

class RealEngineTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase();
  void init();
  void cleanup() { workspace_.reset(); }
  void answersAndMapsEveryToken();
  void secondTurnKeepsThePrefix();
  void inspectionAgreesWithWhatWasRecorded();
  void stopsAtAnyTime();
  void contextFullIsSaid();
  void promptTooLongIsSaid();
  void badCheckpointLeavesTheGoodOne();
  void reportReadsHeaders();
  void measuresText();

 private:
  bool idle() {
    return support::comes_true([this] { return workspace_->chat().state() == ChatState::Idle; });
  }
  bool inspected() {
    InspectorModel& inspector = workspace_->inspector();
    return support::comes_true([&inspector] {
      return inspector.router().state == InspectionState::Ready &&
             inspector.attention().state == InspectionState::Ready &&
             inspector.nextToken().state == InspectionState::Ready;
    });
  }
  void answerAtMost(int nTokens) {
    engine::SamplingOptions sampling;
    sampling.max_tokens = nTokens;
    sampling.seed = 3;
    workspace_->chat().setSampling(sampling);
  }
  void checkTexts();

  support::TempFolder folder_;
  std::unique_ptr<Workspace> workspace_;
};

void RealEngineTest::initTestCase() {
  std::filesystem::create_directory(folder_.file("model"));
  support::write_chat_checkpoint(folder_.file("model"));
  std::filesystem::create_directory(folder_.file("broken"));
  support::write_file(folder_.file("broken/config.json"), "{\"model_type\": \"deepseek_v3\"}");
}

void RealEngineTest::init() {
  WorkspaceOptions options;
  options.checkpoint = QString::fromStdString(folder_.file("model"));
  options.contextLength = 256;
  workspace_ = std::make_unique<Workspace>(options, realEngine());
  workspace_->start();
  QVERIFY(idle());
  QVERIFY2(workspace_->chat().model(), qPrintable(workspace_->chat().loadProblem()));
}

/// Every character of every message belongs to a token, and every token's text range holds it.
void RealEngineTest::checkTexts() {
  const TokenTimeline& timeline = workspace_->timeline();
  const MessageListModel& messages = workspace_->messages();
  for (int i = 0; i < messages.rowCount(); ++i) {
    const MessageRow& row = messages.row(i);
    for (qint64 unit = 0; unit < row.text.size(); ++unit) {
      const auto token = timeline.tokenAt(row.record.id, unit);
      QVERIFY2(token.has_value(), qPrintable(QString("row %1, unit %2").arg(i).arg(unit)));
      const auto range = timeline.textOf(*token);
      QVERIFY(range && range->begin <= unit && unit < range->end && range->end <= row.text.size());
    }
  }
  for (int i = 0; i < timeline.count(); ++i) QCOMPARE(timeline.at(i).position.value, i);
}

void RealEngineTest::answersAndMapsEveryToken() {
  answerAtMost(60);
  QVERIFY(workspace_->chat().submit("Qu'est-ce que la mer 🌊 ? 深い海"));
  QVERIFY(idle());
  const MessageRow& answer = workspace_->messages().row(1);
  QVERIFY(answer.record.status == MessageStatus::Ok ||
          answer.record.status == MessageStatus::MaxTokens);
  QVERIFY(!answer.text.isEmpty());
  checkTexts();
  const TokenTimeline& timeline = workspace_->timeline();
  const LiveStatistics& statistics = workspace_->chat().statistics();
  QCOMPARE(timeline.count(), statistics.contextUsed);
  QCOMPARE(statistics.answerTokens, answer.record.tokenCount);
  QCOMPARE(timeline.usage().prefillTokens(), statistics.promptTokens);
  QCOMPARE(timeline.usage().decodeTokens(), statistics.answerTokens);
  const auto& info = *workspace_->chat().model();
  std::int64_t chosen = 0;
  for (const ExpertCount& count : timeline.usage().counts()) chosen += count.tokens();
  QCOMPARE(chosen, timeline.count() * static_cast<std::int64_t>(info.moe_layers.size()) *
                       info.config.num_experts_per_tok);
}

void RealEngineTest::secondTurnKeepsThePrefix() {
  answerAtMost(12);
  QVERIFY(workspace_->chat().submit("one"));
  QVERIFY(idle());
  const int before = workspace_->timeline().count();
  QVERIFY(workspace_->chat().submit("two"));
  QVERIFY(idle());
  QVERIFY(workspace_->chat().statistics().promptReused > 3);
  QVERIFY(workspace_->timeline().count() > before);
  QCOMPARE(workspace_->timeline().usage().prefillTokens() +
               workspace_->timeline().usage().decodeTokens(),
           workspace_->timeline().count());
  workspace_->chat().editAndResend(0, "uno");
  QVERIFY(idle());
  checkTexts();
  QCOMPARE(workspace_->timeline().count(), workspace_->chat().statistics().contextUsed);
}

/// A replay gives the bits that were recorded while the answer was written.
void RealEngineTest::inspectionAgreesWithWhatWasRecorded() {
  answerAtMost(20);
  QVERIFY(workspace_->chat().submit("Hello"));
  QVERIFY(idle());
  Selection& selection = workspace_->selection();
  InspectorModel& inspector = workspace_->inspector();
  for (int position = 0; position < workspace_->timeline().count(); ++position) {
    selection.selectToken(Position{position});
    QVERIFY(inspected());
    const TimelineToken& token = workspace_->timeline().at(position);
    std::vector<std::uint16_t> ids;
    std::vector<float> weights;
    for (const engine::RouterDecision& decision : *inspector.decisions()) {
      ids.insert(ids.end(), decision.expert_ids.begin(), decision.expert_ids.end());
      weights.insert(weights.end(), decision.weights.begin(), decision.weights.end());
    }
    QVERIFY(ids == token.routing->expert_ids);
    QVERIFY(weights == token.routing->weights);
    const auto rows = inspector.attentionRows();
    QCOMPARE(rows->n_positions, position + 1);
    QCOMPARE(rows->layer, selection.layer());
    QVERIFY(inspector.nextTokenValues()->top.size() >= 10);
  }
}

/// Stopped at any moment: before the prompt is gone through, in it, in the answer, after its end.
void RealEngineTest::stopsAtAnyTime() {
  for (int i = 0; i < 20; ++i) {
    QVERIFY(workspace_->chat().submit("Tell me a long story"));
    QTest::qWait(i);
    workspace_->chat().stop();
    QVERIFY(idle());
    workspace_->chat().newConversation();
  }
}

void RealEngineTest::contextFullIsSaid() {
  answerAtMost(0);
  // Random weights end a turn now and then: asked until the context is full.
  for (int i = 0; i < 60; ++i) {
    QVERIFY(workspace_->chat().submit("more"));
    QVERIFY(idle());
    const MessageStatus status =
        workspace_->messages().row(workspace_->messages().rowCount() - 1).record.status;
    if (status == MessageStatus::ContextFull) break;
    QCOMPARE(status, MessageStatus::Ok);
  }
  QVERIFY(workspace_->chat().contextNotice().contains("256"));
}

void RealEngineTest::promptTooLongIsSaid() {
  QVERIFY(workspace_->chat().submit(QString(500, 'x')));
  QVERIFY(idle());
  const MessageRow& answer = workspace_->messages().row(1);
  QCOMPARE(answer.record.status, MessageStatus::ContextFull);
  QVERIFY2(answer.record.errorText.contains("256"), qPrintable(answer.record.errorText));
  QCOMPARE(workspace_->messages().row(0).text.size(), 500);
}

void RealEngineTest::badCheckpointLeavesTheGoodOne() {
  const auto before = workspace_->chat().model();
  workspace_->openCheckpoint(QString::fromStdString(folder_.file("broken")));
  QVERIFY(idle());
  QVERIFY2(workspace_->chat().loadProblem().contains("model.safetensors"),
           qPrintable(workspace_->chat().loadProblem()));
  QCOMPARE(workspace_->chat().model(), before);
  answerAtMost(3);
  QVERIFY(workspace_->chat().submit("still there?"));
  QVERIFY(idle());
  QVERIFY(workspace_->messages().row(1).record.tokenCount > 0);
}

void RealEngineTest::reportReadsHeaders() {
  std::shared_ptr<const engine::CheckpointReport> report;
  connect(&workspace_->bridge(), &EngineBridge::reportReady, this,
          [&](const QString&, qint64, const auto& r) { report = r; });
  workspace_->bridge().requestReport(QString::fromStdString(folder_.file("model")), 100);
  QTRY_VERIFY(report);
  QVERIFY(report->loadable());
  QCOMPARE(report->context_length, 100);
  const CacheLedger ledger = app::cacheLedger(*report);
  QVERIFY(ledger.rows.size() >= 3 && ledger.rows.first().isThisModel);
  QCOMPARE(ledger.rows.first().bytesAtContext, report->cache_bytes);
}

void RealEngineTest::measuresText() {
  QSignalSpy measured(&workspace_->bridge(), &EngineBridge::textMeasured);
  workspace_->bridge().requestTextMeasure(1, "abc<user>");
  QTRY_COMPARE(measured.size(), 1);
  QCOMPARE(measured.at(0).at(1).toLongLong(), 9);  // one token per byte: no control token
  QCOMPARE(measured.at(0).at(2).toBool(), true);
}

QTEST_GUILESS_MAIN(RealEngineTest)
#include "real_engine_test.moc"
