// The crossing between engine and GUI: batches, order, coalescing, destruction at any moment.

#include "app/engine_bridge.h"
#include "tests/app/fake_engine.h"
#include "tests/support/patience.h"

using namespace app;

namespace {

engine::TokenGenerated token(std::uint64_t generation, std::int64_t position) {
  engine::TokenGenerated out;
  out.id = engine::GenerationId{generation};
  out.position = engine::Position{position};
  out.text.push_back('x');  // "= \"x\"" meets a false -Wrestrict of g++ 12 under ThreadSanitizer
  return out;
}

engine::TokenRouted routed(std::uint64_t generation, std::int64_t position) {
  engine::TokenRouted out;
  out.id = engine::GenerationId{generation};
  out.routing.position = engine::Position{position};
  return out;
}

std::shared_ptr<fake::Control> manual() {
  auto control = std::make_shared<fake::Control>();
  control->automatic = false;
  return control;
}

}  // namespace

class EngineBridgeTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void tenThousandEventsArriveInOneBatch();
  void batchesStayBetweenTheEventsThatDivideThem();
  void onlyTheLatestProgressAndInspectionWait();
  void everyEventFromAnotherThreadArrives();
  void destructionDuringLoadAndGeneration();
  void destructionFromASlot();
  void newestQuestionWins();
  void aFullQueueIsAnErrorValue();
};

void EngineBridgeTest::tenThousandEventsArriveInOneBatch() {
  const auto control = manual();
  EngineBridge bridge(fake::factory(control));
  qsizetype nBatches = 0;
  std::int64_t next = 0;
  connect(&bridge, &EngineBridge::tokensGenerated, this,
          [&](const std::vector<engine::TokenGenerated>& tokens) {
            ++nBatches;
            for (const auto& t : tokens) QCOMPARE(t.position.value, next++);
          });
  for (int i = 0; i < 10'000; ++i) control->send(token(1, i));
  QCOMPARE(next, 0);  // nothing arrives before the event loop runs
  QTRY_COMPARE(next, 10'000);
  QCOMPARE(nBatches, 1);
}

void EngineBridgeTest::batchesStayBetweenTheEventsThatDivideThem() {
  const auto control = manual();
  EngineBridge bridge(fake::factory(control));
  QStringList log;
  connect(&bridge, &EngineBridge::generationStarted, this,
          [&](const engine::GenerationStarted& s) { log += QString("start %1").arg(s.id.value); });
  connect(&bridge, &EngineBridge::tokensGenerated, this,
          [&](const auto& batch) { log += QString("tokens %1").arg(batch.size()); });
  connect(&bridge, &EngineBridge::tokensRouted, this,
          [&](const auto& batch) { log += QString("routed %1").arg(batch.size()); });
  connect(&bridge, &EngineBridge::prefillProgress, this,
          [&](const auto& batch) { log += QString("prefill %1").arg(batch.size()); });
  connect(&bridge, &EngineBridge::generationFinished, this,
          [&](const engine::GenerationFinished& f) { log += QString("end %1").arg(f.id.value); });
  for (std::uint64_t g = 1; g <= 2; ++g) {
    const engine::GenerationId id{g};
    control->send(engine::GenerationStarted{
        id, std::make_shared<const std::vector<engine::PromptToken>>(), 0, 0});
    control->send(engine::PrefillProgress{id, 1, 2, nullptr});
    control->send(engine::PrefillProgress{id, 2, 2, nullptr});
    for (int i = 0; i < 3; ++i) {
      control->send(token(g, i));
      control->send(routed(g, i));
    }
    engine::GenerationFinished finished;
    finished.id = id;
    control->send(finished);
  }
  QTRY_COMPARE(log.size(), 10);
  QCOMPARE(log.join(", "), QString("start 1, prefill 2, tokens 3, routed 3, end 1, "
                                   "start 2, prefill 2, tokens 3, routed 3, end 2"));
}

void EngineBridgeTest::onlyTheLatestProgressAndInspectionWait() {
  const auto control = manual();
  EngineBridge bridge(fake::factory(control));
  QSignalSpy progress(&bridge, &EngineBridge::modelLoadProgress);
  std::vector<std::uint64_t> keys;
  connect(&bridge, &EngineBridge::inspectionReady, this,
          [&](const engine::Inspection& inspection) { keys.push_back(inspection.key); });
  for (int i = 0; i < 100; ++i) {
    control->send(engine::LoadProgress{"Mapping weights", i, 100});
    if (i % 10 == 9) {
      engine::Inspection inspection;
      inspection.key = static_cast<std::uint64_t>(i);
      control->send(inspection);
    }
  }
  control->send(engine::ModelUnloaded{});
  QSignalSpy unloaded(&bridge, &EngineBridge::modelUnloaded);
  QTRY_COMPARE(unloaded.size(), 1);
  QCOMPARE(keys, std::vector<std::uint64_t>{99});
  // Each inspection ended a run of progress events; every run was folded into one.
  QVERIFY2(progress.size() <= 10, qPrintable(QString::number(progress.size())));
}

void EngineBridgeTest::everyEventFromAnotherThreadArrives() {
  const auto control = manual();
  EngineBridge bridge(fake::factory(control));
  std::int64_t n = 0;
  bool ordered = true;
  connect(&bridge, &EngineBridge::tokensGenerated, this,
          [&](const std::vector<engine::TokenGenerated>& tokens) {
            for (const auto& t : tokens) ordered = ordered && t.position.value == n++;
          });
  std::jthread engineThread([control] {
    for (int i = 0; i < 20'000; ++i) control->send(token(1, i));
  });
  QTRY_COMPARE(n, 20'000);
  QVERIFY(ordered);
}

void EngineBridgeTest::destructionDuringLoadAndGeneration() {
  for (int i = 0; i < 30; ++i) {
    auto control = std::make_shared<fake::Control>();
    // Neither has an end of its own: destruction that waits for it does not come back.
    control->loadSteps = i % 2 == 0 ? fake::kEndless : 3;
    control->loadStepMicroseconds = i % 2 == 0 ? 1000 : 0;
    control->nAnswerTokens = fake::kEndless;
    control->tokenMicroseconds = 20;
    auto bridge = std::make_unique<EngineBridge>(fake::factory(control));
    QVERIFY(bridge->load("/m", {}).has_value());
    engine::GenerationRequest request;
    request.id = bridge->nextGenerationId();
    request.messages = {{engine::Role::User, "hello"}};
    QVERIFY(bridge->generate(request).has_value());
    bridge->requestReport("/m", 0);
    bridge->requestTextMeasure(1, "text");
    QTest::qWait(i % 5);
    bridge.reset();
  }
}

void EngineBridgeTest::destructionFromASlot() {
  const auto control = manual();
  auto* bridge = new EngineBridge(fake::factory(control));
  int nAfter = 0;
  connect(bridge, &EngineBridge::tokensGenerated, this, [&] {
    delete bridge;
    bridge = nullptr;
  });
  connect(bridge, &EngineBridge::tokensRouted, this, [&] { ++nAfter; });
  control->send(token(1, 0));
  control->send(routed(1, 0));
  control->send(engine::ModelUnloaded{});
  QTRY_VERIFY(bridge == nullptr);
  QTest::qWait(5);
  QCOMPARE(nAfter, 0);
}

void EngineBridgeTest::newestQuestionWins() {
  const auto control = manual();
  auto factory = fake::factory(control);
  std::mutex gate;
  std::atomic<int> nReports{0};
  factory.inspectCheckpoint = [&](const std::string& path, std::int64_t context) {
    ++nReports;
    const std::lock_guard lock(gate);
    engine::CheckpointReport report;
    report.path = path;
    report.context_length = context;
    return report;
  };
  EngineBridge bridge(factory);
  QStringList paths;
  connect(&bridge, &EngineBridge::reportReady, this,
          [&](const QString& path, qint64 context, const auto& report) {
            QCOMPARE(QString::fromStdString(report->path), path);
            QCOMPARE(report->context_length, context);
            paths += path;
          });
  {
    const std::lock_guard lock(gate);
    bridge.requestReport("/first", 1);
    QTRY_COMPARE(nReports.load(), 1);  // it holds the worker now
    for (int i = 0; i < 20; ++i) bridge.requestReport(QString("/later%1").arg(i), i);
  }
  QTRY_COMPARE(paths, (QStringList{"/first", "/later19"}));
  QSignalSpy measured(&bridge, &EngineBridge::textMeasured);
  bridge.requestTextMeasure(5, "some text <|im_start|>");
  QTRY_COMPARE(measured.size(), 1);
  QCOMPARE(measured.at(0).at(0).toULongLong(), 5u);
  QCOMPARE(measured.at(0).at(1).toLongLong(), 8);
  QCOMPARE(measured.at(0).at(2).toBool(), true);
}

void EngineBridgeTest::aFullQueueIsAnErrorValue() {
  const auto control = manual();
  control->refuseGenerate = true;
  EngineBridge bridge(fake::factory(control));
  const auto result = bridge.generate({});
  QVERIFY(!result.has_value());
  QCOMPARE(result.error().code, engine::ErrorCode::LimitExceeded);
}

QTEST_GUILESS_MAIN(EngineBridgeTest)
#include "engine_bridge_test.moc"
