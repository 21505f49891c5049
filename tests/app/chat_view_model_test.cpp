// The chat's state machine: loading, asking, stopping, stale events.

#include "tests/app/chat_fixture.h"

#include "tests/support/patience.h"

using namespace app;
using fixture::answer;
using fixture::Chat;
using fixture::slow;

class ChatViewModelTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void loadsAndAnswers();
  void illegalIntentsAreIgnored();
  void aMessageWaitsForTheModel();
  void aFailedLoadFailsTheWaitingMessage();
  void aFailedLoadLeavesThePreviousModel();
  void cancelLoad();
  void replacedLoads();
  void stopKeepsWhatArrived();
  void stopDuringPrefill();
  void stopBeforeSending();
  void staleEventsAreDropped();
  void engineFault();
  void noTokenizerNoChat();
  void manyStartsAndStops();
};

void ChatViewModelTest::loadsAndAnswers() {
  Chat c;
  QCOMPARE(c.chat.state(), ChatState::NoModel);
  QSignalSpy states(&c.chat, &ChatViewModel::stateChanged);
  QVERIFY(c.load());
  QVERIFY(c.chat.model());
  QVERIFY(c.chat.submit("Tell me about the sea."));
  QCOMPARE(c.messages.rowCount(), 2);
  QVERIFY(c.waitForState(ChatState::Idle));
  QCOMPARE(c.status(1), MessageStatus::Ok);
  QCOMPARE(c.text(1), answer(*c.control, 11));
  QCOMPARE(c.messages.row(1).record.tokenCount, 12);
  QCOMPARE(c.messages.row(1).record.modelName, QString("fake"));
  QList<ChatState> seen;
  for (const auto& s : states) seen.append(s.at(0).value<ChatState>());
  QCOMPARE(seen, (QList<ChatState>{ChatState::Loading, ChatState::Idle, ChatState::Prefilling,
                                   ChatState::Answering, ChatState::Idle}));
  QTRY_COMPARE(c.messages.row(0).saveState, SaveState::Saved);
}

void ChatViewModelTest::illegalIntentsAreIgnored() {
  Chat c(slow());
  const auto poke = [&c] {
    c.chat.stop();
    c.chat.cancelLoad();
    c.chat.unloadModel();
    c.chat.regenerate(0);
    c.chat.regenerate(-1);
    c.chat.regenerate(99);
    c.chat.editAndResend(0, "x");
    c.chat.editAndResend(7, "x");
    c.chat.selectVersion(0, 3);
    c.chat.selectVersion(-1, 0);
    c.chat.openModel({}, {});
    c.chat.openConversation({});
  };
  QVERIFY(!c.chat.submit("no model"));
  poke();
  QCOMPARE(c.chat.state(), ChatState::NoModel);
  QCOMPARE(c.messages.rowCount(), 0);
  QVERIFY(c.load());
  QVERIFY(!c.chat.submit("   \n"));
  QCOMPARE(c.messages.rowCount(), 0);
  QVERIFY(c.chat.submit("question"));
  QVERIFY(c.waitForState(ChatState::Answering));
  QVERIFY(!c.chat.submit("another"));
  QVERIFY(!c.chat.canRegenerate(1) && !c.chat.canEdit(0) && !c.chat.canSelectVersion(0));
  c.chat.regenerate(1);
  c.chat.editAndResend(0, "edited");
  c.chat.cancelLoad();
  QCOMPARE(c.messages.rowCount(), 2);
  QCOMPARE(c.text(0), QString("question"));
  QCOMPARE(c.chat.state(), ChatState::Answering);
  c.chat.stop();
  c.chat.stop();
  QVERIFY(!c.chat.canStop());
  QVERIFY(c.waitForState(ChatState::Idle));
  QCOMPARE(c.control->nCancels.load(), 1);
  QVERIFY(!c.chat.canEdit(1));  // an answer is not edited
}

void ChatViewModelTest::aMessageWaitsForTheModel() {
  auto control = std::make_shared<fake::Control>();
  control->loadStepMicroseconds = 20'000;
  Chat c(control);
  c.chat.openModel("/model", {});
  QVERIFY(c.chat.submit("early"));
  QCOMPARE(c.chat.state(), ChatState::Loading);
  QCOMPARE(c.status(1), MessageStatus::Waiting);
  QVERIFY(!c.chat.submit("second"));  // one at a time
  QCOMPARE(control->nRequests(), 0u);
  QVERIFY(c.waitForState(ChatState::Idle));
  QTRY_COMPARE(c.status(1), MessageStatus::Ok);
  QCOMPARE(control->nRequests(), 1u);
}

void ChatViewModelTest::aFailedLoadFailsTheWaitingMessage() {
  auto control = std::make_shared<fake::Control>();
  control->loadFailure = "config.json › hidden_size: found 0";
  Chat c(control);
  c.chat.openModel("/model", {});
  QVERIFY(c.chat.submit("early"));
  QVERIFY(c.waitForState(ChatState::NoModel));
  QCOMPARE(c.status(1), MessageStatus::Failed);
  QVERIFY(!c.messages.row(1).record.errorText.isEmpty());
  QCOMPARE(c.chat.loadProblem(), QString("config.json › hidden_size: found 0"));
  QCOMPARE(control->nRequests(), 0u);
  QCOMPARE(c.text(0), QString("early"));  // nothing the user wrote is lost
}

void ChatViewModelTest::aFailedLoadLeavesThePreviousModel() {
  Chat c;
  QVERIFY(c.load("/good"));
  const auto before = c.chat.model();
  {
    const std::lock_guard lock(c.control->mutex);
    c.control->loadFailure = "broken";
  }
  c.chat.openModel("/bad", {});
  QVERIFY(c.waitForState(ChatState::Idle));
  QCOMPARE(c.chat.model(), before);
  QCOMPARE(c.chat.loadProblem(), QString("broken"));
  QVERIFY(c.chat.submit("still works"));
  QVERIFY(c.waitForState(ChatState::Idle));
  QCOMPARE(c.status(1), MessageStatus::Ok);
}

void ChatViewModelTest::cancelLoad() {
  auto control = std::make_shared<fake::Control>();
  control->loadSteps = fake::kEndless;
  control->loadStepMicroseconds = 1000;
  Chat c(control);
  c.chat.openModel("/model", {});
  QTRY_VERIFY(c.chat.loadStatus().bytesTotal > 0);
  QCOMPARE(c.chat.loadStatus().name, QString("model"));
  c.chat.cancelLoad();
  QVERIFY(c.chat.loadStatus().isCancelling);
  QVERIFY(c.waitForState(ChatState::NoModel));
  QVERIFY(c.chat.loadProblem().isEmpty());  // the user's own wish is no problem
}

void ChatViewModelTest::replacedLoads() {
  auto control = std::make_shared<fake::Control>();
  control->automatic = false;
  Chat c(control);
  c.chat.openModel("/a", {});
  QVERIFY(c.chat.submit("early"));
  c.chat.openModel("/a", {});
  control->send(engine::LoadFailed{"/a", {engine::ErrorCode::Cancelled, "stopped"}});
  QTest::qWait(10);
  QCOMPARE(c.chat.state(), ChatState::Loading);  // the newer one goes on
  QCOMPARE(c.status(1), MessageStatus::Waiting);
  control->send(engine::ModelLoaded{fake::modelInfo(*control, "/a")});
  QTRY_COMPARE(control->nRequests(), 1u);
  c.chat.newConversation();
  QVERIFY(c.waitForState(ChatState::Idle));
  c.chat.openModel("/a/config.json", {});
  control->send(engine::ModelLoaded{fake::modelInfo(*control, "/a")});  // path resolved
  QVERIFY(c.waitForState(ChatState::Idle));
}

void ChatViewModelTest::stopKeepsWhatArrived() {
  Chat c(slow());
  QVERIFY(c.load());
  QVERIFY(c.chat.submit("question"));
  QTRY_VERIFY(c.messages.row(1).text.size() > 20);
  c.chat.stop();  // the answer has no end of its own
  QCOMPARE(c.chat.state(), ChatState::Stopping);
  QVERIFY(c.waitForState(ChatState::Idle));
  QCOMPARE(c.status(1), MessageStatus::Stopped);
  QVERIFY(c.text(1).startsWith("The sea"));
  QCOMPARE(c.chat.answeringRow(), -1);
}

void ChatViewModelTest::stopDuringPrefill() {
  auto control = slow();
  control->prefillChunk = 1;
  control->prefillStopsAt = 3;  // until it is cancelled
  Chat c(control);
  QVERIFY(c.load());
  QVERIFY(c.chat.submit(QString(600, 'x')));
  QTRY_COMPARE(c.chat.statistics().promptDone, 3);
  QCOMPARE(c.chat.state(), ChatState::Prefilling);
  QCOMPARE(c.chat.statistics().promptTokens, 203);
  c.chat.stop();
  QVERIFY(c.waitForState(ChatState::Idle));
  QCOMPARE(c.status(1), MessageStatus::Stopped);
  QVERIFY(c.text(1).isEmpty());
}

void ChatViewModelTest::stopBeforeSending() {
  auto control = std::make_shared<fake::Control>();
  control->loadStepMicroseconds = 20'000;
  Chat c(control);
  c.chat.openModel("/model", {});
  QVERIFY(c.chat.submit("early"));
  QVERIFY(c.chat.canStop());
  c.chat.stop();
  QCOMPARE(c.status(1), MessageStatus::Stopped);
  QCOMPARE(c.chat.state(), ChatState::Loading);
  QVERIFY(c.waitForState(ChatState::Idle));
  QCOMPARE(control->nRequests(), 0u);
}

void ChatViewModelTest::staleEventsAreDropped() {
  auto control = std::make_shared<fake::Control>();
  control->automatic = false;
  Chat c(control);
  c.chat.openModel("/m", {});
  control->send(engine::ModelLoaded{fake::modelInfo(*control, "/m")});
  QVERIFY(c.waitForState(ChatState::Idle));
  QVERIFY(c.chat.submit("question"));
  QTRY_COMPARE(control->nRequests(), 1u);
  const engine::GenerationId current = control->request(0).id;
  engine::TokenGenerated late;
  late.id = engine::GenerationId{current.value + 100};
  late.text = "late";
  control->send(late);
  engine::GenerationFinished lateEnd;
  lateEnd.id = late.id;
  lateEnd.tail_text = "late";
  control->send(lateEnd);
  engine::TokenGenerated good;
  good.id = current;
  good.text = "good";
  control->send(good);
  QTRY_COMPARE(c.text(1), QString("good"));
  QCOMPARE(c.chat.state(), ChatState::Answering);
  engine::GenerationFinished end;
  end.id = current;
  control->send(end);
  QVERIFY(c.waitForState(ChatState::Idle));
  control->send(good);  // after its end it is stale, too
  QTest::qWait(10);
  QCOMPARE(c.text(1), QString("good"));
}

void ChatViewModelTest::engineFault() {
  Chat c(slow());
  QVERIFY(c.load());
  QSignalSpy notices(&c.chat, &ChatViewModel::noticeRaised);
  QVERIFY(c.chat.submit("question"));
  QVERIFY(c.waitForState(ChatState::Answering));
  c.control->send(engine::EngineFault{{engine::ErrorCode::Internal, "bad alloc"}});
  QVERIFY(c.waitForState(ChatState::Idle));
  QCOMPARE(c.status(1), MessageStatus::Failed);
  QCOMPARE(notices.size(), 1);
}

void ChatViewModelTest::noTokenizerNoChat() {
  auto control = std::make_shared<fake::Control>();
  control->hasTokenizer = false;
  Chat c(control);
  QVERIFY(c.load());
  QVERIFY(c.chat.chatProblem().contains("tokenizer.json is missing"));
  QVERIFY(!c.chat.canSubmit());
  QVERIFY(!c.chat.submit("question"));
}

void ChatViewModelTest::manyStartsAndStops() {
  Chat c(slow(200));
  QVERIFY(c.load());
  for (int i = 0; i < 60; ++i) {
    QVERIFY(c.chat.submit("question"));
    if (i % 3 == 0) QVERIFY(c.waitForState(ChatState::Answering));
    if (i % 3 == 1) QTest::qWait(1);
    c.chat.stop();
    QVERIFY(c.waitForState(ChatState::Idle));
    QCOMPARE(c.status(1), MessageStatus::Stopped);
    c.chat.newConversation();
  }
}

QTEST_GUILESS_MAIN(ChatViewModelTest)
#include "chat_view_model_test.moc"
