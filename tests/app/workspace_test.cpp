// Everything behind one window together: start, restart, responsiveness, notices.
#include <QAbstractEventDispatcher>
#include <algorithm>

#include "app/workspace.h"
#include "tests/app/fake_engine.h"
#include "tests/support/patience.h"
#include "tests/support/processor_time.h"

using namespace app;

class WorkspaceTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void init() { dir_ = std::make_unique<QTemporaryDir>(); }
  void firstStartLoadsTheDemo();
  void restartBringsEverythingBack();
  void interruptedAnswerIsThereAfterTheWindowCloses();
  void samplingIsRememberedPerCheckpoint();
  void noticesAreKeptForTheWindow();
  void aGpuThatGaveWayIsTold();
  void staysResponsiveWhileStreaming();
  void closingAtAnyTime();

 private:
  WorkspaceOptions options() const {
    WorkspaceOptions out;
    out.settingsFile = dir_->filePath("settings.ini");
    out.conversationsFile = dir_->filePath("conversations.db");
    out.demoPath = dir_->path();  // exists: that is all the fake asks
    return out;
  }
  static bool idle(Workspace& workspace) {
    return support::comes_true([&] { return workspace.chat().state() == ChatState::Idle; });
  }
  std::unique_ptr<QTemporaryDir> dir_;
};

void WorkspaceTest::firstStartLoadsTheDemo() {
  auto control = std::make_shared<fake::Control>();
  Workspace workspace(options(), fake::factory(control));
  QCOMPARE(workspace.chat().state(), ChatState::NoModel);
  workspace.start();
  QCOMPARE(workspace.chat().state(), ChatState::Loading);
  QVERIFY(idle(workspace));
  QCOMPARE(control->loads, std::vector<std::string>{dir_->path().toStdString()});
  QCOMPARE(workspace.library().recent().first().path, dir_->path());
  QCOMPARE(workspace.selection().nLayers(), 4);
  QCOMPARE(workspace.cacheLedger().rows.size(), 3);
  QVERIFY(workspace.notices().isEmpty());
}

void WorkspaceTest::restartBringsEverythingBack() {
  auto control = std::make_shared<fake::Control>();
  QString answer;
  {
    Workspace workspace(options(), fake::factory(control));
    workspace.start();
    QVERIFY(idle(workspace));
    QVERIFY(workspace.chat().submit("Remember me"));
    QVERIFY(idle(workspace));
    answer = workspace.messages().row(1).text;
    QVERIFY(!answer.isEmpty());
    QCOMPARE(workspace.timeline().count(), 19);
    QVERIFY(workspace.inspector().decisions());
    QCOMPARE(workspace.cacheLedger().contextUsed, 19);
  }
  Workspace workspace(options(), fake::factory(control));
  workspace.start();
  QTRY_COMPARE(workspace.messages().rowCount(), 2);
  QCOMPARE(workspace.messages().row(0).text, QString("Remember me"));
  QCOMPARE(workspace.messages().row(1).text, answer);
  QTRY_COMPARE(workspace.conversations().rowCount(), 1);
  QVERIFY(workspace.conversations().index(0).data(ConversationListModel::CurrentRole).toBool());
}

void WorkspaceTest::interruptedAnswerIsThereAfterTheWindowCloses() {
  auto control = std::make_shared<fake::Control>();
  control->nAnswerTokens = fake::kEndless;
  control->tokenMicroseconds = 1000;
  QString before;
  {
    Workspace workspace(options(), fake::factory(control));
    workspace.start();
    QVERIFY(idle(workspace));
    QVERIFY(workspace.chat().submit("Long story"));
    QTRY_VERIFY(workspace.messages().row(1).text.size() > 60);
    before = workspace.messages().row(1).text;
  }
  Workspace workspace(options(), fake::factory(control));
  workspace.start();
  QTRY_COMPARE(workspace.messages().rowCount(), 2);
  QVERIFY(workspace.messages().row(1).text.startsWith(before));
  QCOMPARE(workspace.messages().row(1).record.status, MessageStatus::Stopped);
}

void WorkspaceTest::samplingIsRememberedPerCheckpoint() {
  auto control = std::make_shared<fake::Control>();
  engine::SamplingOptions mine;
  mine.temperature = 0.25F;
  {
    Workspace workspace(options(), fake::factory(control));
    workspace.start();
    QVERIFY(idle(workspace));
    workspace.setSampling(mine);
    QCOMPARE(workspace.chat().sampling().temperature, 0.25F);
    workspace.openCheckpoint("/another");
    QVERIFY(idle(workspace));
    QCOMPARE(workspace.chat().sampling().temperature, 0.6F);
  }
  Workspace workspace(options(), fake::factory(control));
  workspace.openCheckpoint(dir_->path());
  QVERIFY(idle(workspace));
  QCOMPARE(workspace.chat().sampling().temperature, 0.25F);
  workspace.setSampling(std::nullopt);
  QCOMPARE(workspace.chat().sampling().temperature, 0.6F);
}

void WorkspaceTest::noticesAreKeptForTheWindow() {
  QFile settings(dir_->filePath("settings.ini"));
  QVERIFY(settings.open(QIODevice::WriteOnly));
  settings.write("nonsense");
  settings.close();
  QFile database(dir_->filePath("conversations.db"));
  QVERIFY(database.open(QIODevice::WriteOnly));
  database.write(QByteArray(9000, 'n'));
  database.close();
  Workspace workspace(options(), fake::factory(std::make_shared<fake::Control>()));
  QTRY_COMPARE(workspace.notices().size(), 2);
  QCOMPARE(workspace.notices().at(0).origin, QString("settings"));
  QCOMPARE(workspace.notices().at(1).origin, QString("conversations"));
}

void WorkspaceTest::aGpuThatGaveWayIsTold() {
  auto control = std::make_shared<fake::Control>();
  control->findings = {{engine::Finding::Severity::Warning, "gpu-not-used", "GPU memory: full"}};
  Workspace workspace(options(), fake::factory(control));
  workspace.start();
  QVERIFY(idle(workspace));
  QCOMPARE(workspace.notices().size(), 1);
  QCOMPARE(workspace.notices().first().severity, NoticeSeverity::Warning);
  QCOMPARE(workspace.notices().first().details, QString("GPU memory: full"));
}

/// 2,000 tokens as fast as the fake can make them, with routing and inspection: the GUI thread
/// never computes for more than 50 ms of its own processor time before it is back waiting for
/// events.
void WorkspaceTest::staysResponsiveWhileStreaming() {
  auto control = std::make_shared<fake::Control>();
  control->nLayers = 28;
  control->nExperts = 64;
  control->nActivated = 6;
  control->nAnswerTokens = 2000;
  control->tokenMicroseconds = 300;
  control->contextLength = 32'768;
  Workspace workspace(options(), fake::factory(control));
  workspace.start();
  QVERIFY(idle(workspace));
  double begin = support::thread_milliseconds();
  double longest = 0;
  const auto* dispatcher = QAbstractEventDispatcher::instance();
  connect(dispatcher, &QAbstractEventDispatcher::awake, this,
          [&] { begin = support::thread_milliseconds(); });
  connect(dispatcher, &QAbstractEventDispatcher::aboutToBlock, this,
          [&] { longest = std::max(longest, support::thread_milliseconds() - begin); });
  QEventLoop loop;  // waits as the program does, without polling
  connect(&workspace.chat(), &ChatViewModel::stateChanged, &loop, [&](ChatState state) {
    if (state == ChatState::Idle) loop.quit();
  });
  QTimer::singleShot(4 * support::kPatience, &loop, &QEventLoop::quit);
  QVERIFY(workspace.chat().submit(QString(12'000, 'p')));  // 4,000 prompt tokens
  loop.exec();
  QCOMPARE(workspace.chat().state(), ChatState::Idle);
  disconnect(dispatcher, nullptr, this, nullptr);
  QCOMPARE(workspace.messages().row(1).record.tokenCount, 2000);
  qInfo("longest piece of work while 2,000 tokens streamed: %.1f ms", longest);
  QVERIFY(longest > 0);
  QVERIFY2(longest <= support::limit(50), qPrintable(QString("%1 ms in one go").arg(longest)));
}

void WorkspaceTest::closingAtAnyTime() {
  for (int i = 0; i < 25; ++i) {
    auto control = std::make_shared<fake::Control>();
    // Neither has an end of its own: closing that waits for it does not come back.
    control->nAnswerTokens = fake::kEndless;
    control->tokenMicroseconds = 50;
    control->loadSteps = i % 3 == 0 ? fake::kEndless : 3;
    control->loadStepMicroseconds = 300;
    auto workspace = std::make_unique<Workspace>(options(), fake::factory(control));
    workspace->start();
    if (i % 2 == 0) workspace->chat().submit("question");
    QTest::qWait(i);
    workspace.reset();
  }
}

QTEST_GUILESS_MAIN(WorkspaceTest)
#include "workspace_test.moc"
