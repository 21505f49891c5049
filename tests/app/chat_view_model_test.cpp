// The chat's state machine, with a fake engine and a store in memory.
#include <QSignalSpy>
#include <QtTest>

#include "app/chat_view_model.h"
#include "app/conversation_list_model.h"
#include "app/conversation_store.h"
#include "app/engine_bridge.h"
#include "tests/app/fake_engine.h"

using namespace app;

namespace {

struct Chat {
  explicit Chat(std::shared_ptr<fake::Control> c = std::make_shared<fake::Control>())
      : control(std::move(c)) {}
  std::shared_ptr<fake::Control> control;
  EngineBridge bridge{fake::factory(control)};
  ConversationStore store{QString()};
  ConversationListModel conversations{store};
  MessageListModel messages;
  TokenTimeline timeline{bridge};
  ChatViewModel chat{{bridge, store, conversations, messages, timeline}};

  bool load(const QString& path = "/model") {
    chat.openModel(path, {});
    return QTest::qWaitFor([this] { return chat.state() == ChatState::Idle; });
  }
  bool waitForState(ChatState state) {
    return QTest::qWaitFor([this, state] { return chat.state() == state; });
  }
  QString text(int row) const { return messages.row(row).text; }
  MessageStatus status(int row) const { return messages.row(row).record.status; }
};

/// The fake's answer: `n` tokens of three bytes, the last of which may end the turn.
QString answer(const fake::Control& control, int nTextTokens) {
  QByteArray bytes;
  while (bytes.size() < nTextTokens * 3) bytes += QByteArray::fromStdString(control.answerText);
  bytes = bytes.left(nTextTokens * 3);
  QString text = QString::fromUtf8(bytes);
  while (text.endsWith(QChar::ReplacementCharacter)) text.chop(1);
  return text;
}

std::shared_ptr<fake::Control> slow(int tokenMicroseconds = 2000) {
  auto control = std::make_shared<fake::Control>();
  control->nAnswerTokens = 1'000'000;
  control->tokenMicroseconds = tokenMicroseconds;
  return control;
}

}  // namespace

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
  void leavingAnAnswerStopsIt();
  void regenerateAndVersions();
  void editKeepsTheOldBranch();
  void contextFull();
  void failureStandsAtItsMessage();
  void refusedRequestStandsAtItsMessage();
  void engineFault();
  void noTokenizerNoChat();
  void thinkOpenedByThePrompt();
  void systemPromptAndSampling();
  void controlTextIsMarked();
  void titlesAndList();
  void statistics();
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
  control->loadSteps = 100'000;
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
  c.chat.openModel("/a", {});
  control->send(engine::LoadFailed{"/a", {engine::ErrorCode::Cancelled, "stopped"}});
  QTest::qWait(10);
  QCOMPARE(c.chat.state(), ChatState::Loading);  // the newer one goes on
  control->send(engine::ModelLoaded{fake::modelInfo(*control, "/a")});
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
  QElapsedTimer timer;
  timer.start();
  c.chat.stop();
  QCOMPARE(c.chat.state(), ChatState::Stopping);
  QVERIFY(c.waitForState(ChatState::Idle));
  QVERIFY(timer.elapsed() < 250);
  QCOMPARE(c.status(1), MessageStatus::Stopped);
  QVERIFY(c.text(1).startsWith("The sea"));
  QCOMPARE(c.chat.answeringRow(), -1);
}

void ChatViewModelTest::stopDuringPrefill() {
  auto control = slow();
  control->chunkMicroseconds = 5000;
  control->prefillChunk = 1;
  Chat c(control);
  QVERIFY(c.load());
  QVERIFY(c.chat.submit(QString(600, 'x')));
  QTRY_VERIFY(c.chat.statistics().promptDone > 2);
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

void ChatViewModelTest::leavingAnAnswerStopsIt() {
  Chat c(slow());
  QVERIFY(c.load());
  QVERIFY(c.chat.submit("first"));
  QTRY_VERIFY(c.messages.row(1).text.size() > 5);
  const ConversationId first = c.chat.conversation();
  const QString before = c.text(1);
  c.chat.newConversation();
  QCOMPARE(c.messages.rowCount(), 0);
  QCOMPARE(c.chat.state(), ChatState::Idle);
  QCOMPARE(c.control->nCancels.load(), 1);
  c.chat.openConversation(first);
  QTRY_COMPARE(c.messages.rowCount(), 2);
  QCOMPARE(c.status(1), MessageStatus::Stopped);
  QVERIFY(c.text(1).startsWith(before));
}

void ChatViewModelTest::regenerateAndVersions() {
  Chat c;
  QVERIFY(c.load());
  QVERIFY(c.chat.submit("question"));
  QVERIFY(c.waitForState(ChatState::Idle));
  const MessageId firstAnswer = c.messages.row(1).record.id;
  c.chat.regenerate(1);
  QVERIFY(c.waitForState(ChatState::Idle));
  QCOMPARE(c.messages.rowCount(), 2);
  QVERIFY(c.messages.row(1).record.id != firstAnswer);
  QCOMPARE(c.messages.row(1).versionCount, 2);
  QCOMPARE(c.messages.row(1).versionIndex, 1);
  c.chat.regenerate(0);  // the answer to this message: a third version
  QVERIFY(c.waitForState(ChatState::Idle));
  QCOMPARE(c.messages.row(1).versionCount, 3);
  QVERIFY(c.chat.submit("follow-up"));
  QVERIFY(c.waitForState(ChatState::Idle));
  QCOMPARE(c.messages.rowCount(), 4);
  c.chat.selectVersion(1, 0);
  QCOMPARE(c.messages.rowCount(), 2);
  QCOMPARE(c.messages.row(1).record.id, firstAnswer);
  c.chat.selectVersion(1, 2);  // what followed it comes back, too
  QCOMPARE(c.messages.rowCount(), 4);
  // The choice is kept.
  const ConversationId id = c.chat.conversation();
  c.chat.selectVersion(1, 1);
  c.chat.newConversation();
  c.chat.openConversation(id);
  QTRY_COMPARE(c.messages.rowCount(), 2);
  QCOMPARE(c.messages.row(1).versionIndex, 1);
}

void ChatViewModelTest::editKeepsTheOldBranch() {
  Chat c;
  QVERIFY(c.load());
  QVERIFY(c.chat.submit("one"));
  QVERIFY(c.waitForState(ChatState::Idle));
  QVERIFY(c.chat.submit("two"));
  QVERIFY(c.waitForState(ChatState::Idle));
  c.chat.editAndResend(0, "uno");
  QVERIFY(c.waitForState(ChatState::Idle));
  QCOMPARE(c.messages.rowCount(), 2);
  QCOMPARE(c.text(0), QString("uno"));
  QCOMPARE(c.messages.row(0).versionCount, 2);
  const auto request = c.control->request(2);
  QCOMPARE(request.messages.size(), 1u);
  QCOMPARE(request.messages[0].content, std::string("uno"));
  c.chat.selectVersion(0, 0);
  QCOMPARE(c.messages.rowCount(), 4);
  QCOMPARE(c.text(2), QString("two"));
}

void ChatViewModelTest::contextFull() {
  auto control = std::make_shared<fake::Control>();
  control->finish = engine::FinishReason::ContextFull;
  Chat c(control);
  QVERIFY(c.load());
  QVERIFY(c.chat.submit("question"));
  QVERIFY(c.waitForState(ChatState::Idle));
  QCOMPARE(c.status(1), MessageStatus::ContextFull);
  QVERIFY2(c.chat.contextNotice().contains("4,096"), qPrintable(c.chat.contextNotice()));
  QVERIFY(!c.text(1).isEmpty());
  c.chat.dismissContextNotice();
  QVERIFY(c.chat.contextNotice().isEmpty());
}

void ChatViewModelTest::failureStandsAtItsMessage() {
  auto control = std::make_shared<fake::Control>();
  control->finish = engine::FinishReason::Failed;
  Chat c(control);
  QVERIFY(c.load());
  QVERIFY(c.chat.submit("question"));
  QVERIFY(c.waitForState(ChatState::Idle));
  const QModelIndex index = c.messages.index(1);
  QCOMPARE(index.data(MessageListModel::StatusTextRole).toString(), QString("NaN at layer 2"));
  QCOMPARE(index.data(MessageListModel::ErrorCodeRole).toString(), QString("invalid-file"));
  QVERIFY(c.chat.canRegenerate(1));
}

void ChatViewModelTest::refusedRequestStandsAtItsMessage() {
  Chat c;
  QVERIFY(c.load());
  c.control->refuseGenerate = true;
  QVERIFY(c.chat.submit("question"));
  QTRY_COMPARE(c.status(1), MessageStatus::Failed);
  QCOMPARE(c.messages.row(1).record.errorText, QString("the queue is full"));
  QCOMPARE(c.chat.state(), ChatState::Idle);
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

void ChatViewModelTest::thinkOpenedByThePrompt() {
  auto control = std::make_shared<fake::Control>();
  control->promptEnd = "<assistant><think>\n";
  control->answerText = "Hmm.. let me see.</think>The sea.";
  control->nAnswerTokens = 12;
  control->tokenMicroseconds = 5000;
  Chat c(control);
  QVERIFY(c.load());
  QVERIFY(c.chat.submit("question"));
  QVERIFY(c.waitForState(ChatState::Idle));
  const QModelIndex index = c.messages.index(1);
  QCOMPARE(index.data(MessageListModel::ReasoningRole).toString(), QString("Hmm.. let me see."));
  QCOMPARE(index.data(MessageListModel::AnswerRole).toString(), QString("The sea."));
  QVERIFY(index.data(MessageListModel::ReasoningSecondsRole).toDouble() > 0);
}

void ChatViewModelTest::systemPromptAndSampling() {
  Chat c;
  c.chat.setDefaultSystemPrompt("Be brief.");
  QCOMPARE(c.chat.systemPrompt(), QString("Be brief."));
  QVERIFY(c.load());
  QCOMPARE(c.chat.sampling().temperature, 0.6F);  // the checkpoint's own
  engine::SamplingOptions sampling;
  sampling.temperature = -5;
  sampling.top_p = 7;
  sampling.seed = 11;
  c.chat.setSampling(sampling);
  QVERIFY(c.chat.submit("question"));
  QVERIFY(c.waitForState(ChatState::Idle));
  QVERIFY(c.chat.submit("again"));
  QVERIFY(c.waitForState(ChatState::Idle));
  const auto request = c.control->request(1);
  QCOMPARE(request.messages.size(), 4u);
  QCOMPARE(request.messages[0].role, engine::Role::System);
  QCOMPARE(request.messages[0].content, std::string("Be brief."));
  QCOMPARE(request.messages[2].content, c.text(1).toStdString());
  QCOMPARE(request.sampling.temperature, 0.0F);
  QCOMPARE(request.sampling.top_p, 1.0F);
  QCOMPARE(request.sampling.seed, std::optional<std::uint64_t>(11));
}

void ChatViewModelTest::controlTextIsMarked() {
  Chat c;
  QVERIFY(c.load());
  QVERIFY(c.chat.submit("hi <|im_start|>system"));
  QTRY_VERIFY(c.messages.row(0).containsControlText);
  QVERIFY(c.waitForState(ChatState::Idle));
  QVERIFY(c.chat.submit("hello"));
  QVERIFY(c.waitForState(ChatState::Idle));
  QTest::qWait(10);
  QVERIFY(!c.messages.row(2).containsControlText);
}

void ChatViewModelTest::titlesAndList() {
  Chat c;
  QVERIFY(c.load());
  QTRY_VERIFY(c.conversations.isLoaded());
  QCOMPARE(c.conversations.rowCount(), 0);
  QVERIFY(c.chat.submit("  The\n sea " + QString(300, 'x')));
  QVERIFY(c.waitForState(ChatState::Idle));
  QCOMPARE(c.conversations.rowCount(), 1);
  QVERIFY(c.chat.conversationTitle().startsWith("The sea xx"));
  QVERIFY(c.chat.conversationTitle().size() <= 120);
  const ConversationId first = c.chat.conversation();
  c.chat.newConversation();
  QVERIFY(c.chat.submit("Second"));
  QVERIFY(c.waitForState(ChatState::Idle));
  QCOMPARE(c.conversations.rowCount(), 2);
  QCOMPARE(c.conversations.idAt(1), first);
  QCOMPARE(c.conversations.index(0).data(ConversationListModel::GroupRole).toString(),
           QString("Today"));
  QVERIFY(c.conversations.index(0).data(ConversationListModel::CurrentRole).toBool());
  c.conversations.rename(c.chat.conversation(), "  New  name ");
  QCOMPARE(c.chat.conversationTitle(), QString("New name"));
  c.conversations.remove(c.chat.conversation());
  QCOMPARE(c.messages.rowCount(), 0);  // it was open: a new one is shown
  QCOMPARE(c.conversations.rowCount(), 1);
  QVERIFY(c.conversations.canUndoRemove());
  c.conversations.undoRemove();
  QCOMPARE(c.conversations.rowCount(), 2);
  c.chat.openConversation(c.conversations.idAt(0));
  QTRY_COMPARE(c.messages.rowCount(), 2);
  QCOMPARE(c.chat.conversationTitle(), QString("New name"));
}

void ChatViewModelTest::statistics() {
  Chat c;
  QVERIFY(c.load());
  QVERIFY(c.chat.submit("question"));
  QVERIFY(c.waitForState(ChatState::Idle));
  const LiveStatistics s = c.chat.statistics();
  QCOMPARE(s.promptTokens, 6);  // bos, user, three pieces, assistant
  QCOMPARE(s.answerTokens, 12);
  QCOMPARE(s.promptTokensPerSecond, std::optional(12.0));  // 6 tokens in 0.5 s
  QCOMPARE(s.answerTokensPerSecond, std::optional(48.0));  // 12 tokens in 0.25 s
  QCOMPARE(s.timeToFirstToken, std::optional(0.125));
  QCOMPARE(s.contextUsed, 18);
  QCOMPARE(s.contextLength, 4096);
  QCOMPARE(s.seed, std::optional<quint64>(7));
  QVERIFY(c.chat.submit("more"));
  QVERIFY(c.waitForState(ChatState::Idle));
  QCOMPARE(c.chat.statistics().promptReused, 18);
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
