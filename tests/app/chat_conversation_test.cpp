// Rows, versions, errors and titles of the chat.

#include "tests/app/chat_fixture.h"

#include "tests/support/patience.h"

using namespace app;
using fixture::Chat;
using fixture::slow;

class ChatConversationTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void theQuestionIsSavedBeforeTheEngineIsAsked();
  void leavingAnAnswerStopsIt();
  void regenerateAndVersions();
  void editKeepsTheOldBranch();
  void contextFull();
  void failureStandsAtItsMessage();
  void refusedRequestStandsAtItsMessage();
  void thinkOpenedByThePrompt();
  void systemPromptAndSampling();
  void theShownPromptIsTheSentOne();
  void controlTextIsMarked();
  void titlesAndList();
  void statistics();
};

void ChatConversationTest::theQuestionIsSavedBeforeTheEngineIsAsked() {
  Chat c;
  QVERIFY(c.load());
  QTRY_COMPARE(c.store.state(), StoreState::Ready);
  QVERIFY(c.chat.submit("question"));
  QCOMPARE(c.control->nRequests(), 0u);
  QCOMPARE(c.chat.state(), ChatState::Prefilling);
  QTRY_COMPARE(c.control->nRequests(), 1u);
  QCOMPARE(c.messages.row(0).saveState, SaveState::Saved);
}

void ChatConversationTest::leavingAnAnswerStopsIt() {
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

void ChatConversationTest::regenerateAndVersions() {
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

void ChatConversationTest::editKeepsTheOldBranch() {
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

void ChatConversationTest::contextFull() {
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

void ChatConversationTest::failureStandsAtItsMessage() {
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

void ChatConversationTest::refusedRequestStandsAtItsMessage() {
  Chat c;
  QVERIFY(c.load());
  c.control->refuseGenerate = true;
  QVERIFY(c.chat.submit("question"));
  QTRY_COMPARE(c.status(1), MessageStatus::Failed);
  QCOMPARE(c.messages.row(1).record.errorText, QString("the queue is full"));
  QCOMPARE(c.chat.state(), ChatState::Idle);
}

void ChatConversationTest::thinkOpenedByThePrompt() {
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

void ChatConversationTest::systemPromptAndSampling() {
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

// What a person is shown as the exact prompt is what the engine got, answers of this session with
// all their text included.
void ChatConversationTest::theShownPromptIsTheSentOne() {
  Chat c;
  QVERIFY(c.load());
  const auto expectSent = [&c](std::size_t request) {
    const auto shown = c.chat.promptMessages({});
    const auto& sent = c.control->request(request).messages;
    QCOMPARE(shown.size(), sent.size());
    for (std::size_t i = 0; i < sent.size(); ++i) {
      QVERIFY(shown[i].role == sent[i].role);
      QCOMPARE(shown[i].content, sent[i].content);
    }
  };
  QCOMPARE(c.chat.promptMessages({}).size(), std::size_t{0});
  QVERIFY(c.chat.submit("one"));
  QVERIFY(c.waitForState(ChatState::Idle));
  expectSent(0);
  QVERIFY(c.chat.submit("two"));
  QVERIFY(c.waitForState(ChatState::Idle));
  expectSent(1);
  const auto next = c.chat.promptMessages("three");
  QCOMPARE(next.size(), std::size_t{5});
  QCOMPARE(next[3].content, c.text(3).toStdString());
  QCOMPARE(next[4].content, std::string("three"));
}

void ChatConversationTest::controlTextIsMarked() {
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

void ChatConversationTest::titlesAndList() {
  const QDate today = QDate::currentDate();
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
  const auto group = c.conversations.index(0).data(ConversationListModel::GroupRole).toString();
  QVERIFY(group == "Today" || QDate::currentDate() != today);  // midnight has passed
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

void ChatConversationTest::statistics() {
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

QTEST_GUILESS_MAIN(ChatConversationTest)
#include "chat_conversation_test.moc"
