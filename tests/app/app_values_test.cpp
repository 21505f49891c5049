// Small values of the application layer: ids, think split, message tree, UTF-8 offsets, usage,
// ledger.

#include "app/cache_ledger.h"
#include "app/conversation_record.h"
#include "app/expert_usage.h"
#include "app/message_list_model.h"
#include "app/think_split.h"
#include "app/utf8_text.h"
#include "app/values.h"
#include "tests/support/patience.h"

using namespace app;

namespace {

MessageRecord message(std::int64_t id, std::int64_t parent, std::int64_t sequence,
                      engine::Role role) {
  MessageRecord record;
  record.id = MessageId{id};
  record.parent = MessageId{parent};
  record.sequence = sequence;
  record.role = role;
  return record;
}

QList<std::int64_t> ids(const QList<MessageId>& list) {
  QList<std::int64_t> out;
  for (const MessageId id : list) out.append(id.value);
  return out;
}

}  // namespace

class AppValuesTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void idsArePositiveAndDiffer();
  void thinkSplit_data();
  void thinkSplit();
  void growingTextKeepsItsSplit();
  void treeFollowsTheLeafAndKeepsVersions();
  void treeWalksEnd();
  void utf16Offsets();
  void incompleteTails();
  void usageCountsApart();
  void ledgerIsRelativeToThisModel();
};

void AppValuesTest::idsArePositiveAndDiffer() {
  QSet<std::int64_t> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::int64_t id = newMessageId().value;
    QVERIFY(id > 0);
    QVERIFY(!seen.contains(id));
    seen.insert(id);
  }
}

void AppValuesTest::thinkSplit_data() {
  QTest::addColumn<QString>("content");
  QTest::addColumn<bool>("opened");
  QTest::addColumn<bool>("has");
  QTest::addColumn<bool>("open");
  QTest::addColumn<QString>("reasoning");
  QTest::addColumn<QString>("answer");
  QTest::newRow("plain") << "Hello." << false << false << false << ""
                         << "Hello.";
  QTest::newRow("empty") << "" << false << false << false << ""
                         << "";
  QTest::newRow("complete") << "<think>\nWhy?\n</think>\n\nBecause." << false << true << false
                            << "Why?"
                            << "Because.";
  QTest::newRow("still open") << "<think>\nWhy" << false << true << true << "Why"
                              << "";
  QTest::newRow("prompt opened") << "Why?\n</think>\nBecause." << true << true << false << "Why?"
                                 << "Because.";
  QTest::newRow("prompt opened, still open") << "Why?" << true << true << true << "Why?"
                                             << "";
  QTest::newRow("prompt opened, opened again")
      << "<think>Why?</think>Because." << true << true << false << "Why?"
      << "Because.";
  QTest::newRow("mentioned later") << "Use <think> tags </think>." << false << false << false << ""
                                   << "Use <think> tags </think>.";
  QTest::newRow("empty reasoning") << "<think>\n\n</think>\n\nHi" << false << true << false << ""
                                   << "Hi";
  QTest::newRow("second close belongs to the answer")
      << "<think>a</think>b</think>c" << false << true << false << "a"
      << "b</think>c";
}

void AppValuesTest::thinkSplit() {
  QFETCH(QString, content);
  QFETCH(bool, opened);
  const ThinkSplit split = splitThinking(content, opened);
  QTEST(split.hasReasoning, "has");
  QTEST(split.reasoningOpen, "open");
  QTEST(reasoningText(content, split), "reasoning");
  QTEST(answerText(content, split), "answer");
}

void AppValuesTest::growingTextKeepsItsSplit() {
  const QString whole = QStringLiteral("<think>\n a  b \n</think>\n\n  The answer\n is long.\n ");
  for (const bool opened : {false, true}) {
    MessageListModel model;
    MessageRow row;
    row.record.promptOpenedThink = opened;
    model.append(row);
    for (qsizetype i = 0; i < whole.size(); ++i) {
      model.appendText(0, whole.mid(i, 1), 1);
      QCOMPARE(model.row(0).split, splitThinking(whole.left(i + 1), opened));
    }
    QCOMPARE(model.row(0).record.tokenCount, whole.size());
  }
}

void AppValuesTest::treeFollowsTheLeafAndKeepsVersions() {
  using engine::Role;
  MessageTree tree({message(1, 0, 1, Role::User), message(2, 1, 2, Role::Assistant),
                    message(3, 1, 3, Role::Assistant), message(4, 3, 4, Role::User),
                    message(5, 0, 5, Role::User)});
  QCOMPARE(ids(tree.pathTo(MessageId{4})), (QList<std::int64_t>{1, 3, 4}));
  QCOMPARE(ids(tree.pathTo(MessageId{2})), (QList<std::int64_t>{1, 2}));
  QCOMPARE(ids(tree.pathTo(MessageId{99})), (QList<std::int64_t>{5}));
  QCOMPARE(ids(tree.versionsOf(MessageId{2})), (QList<std::int64_t>{2, 3}));
  QCOMPARE(ids(tree.versionsOf(MessageId{5})), (QList<std::int64_t>{1, 5}));
  QCOMPARE(tree.newestLeafUnder(MessageId{1}).value, 4);
  QCOMPARE(tree.newestLeafUnder(MessageId{2}).value, 2);
  QCOMPARE(tree.nextSequence(), 6);
}

void AppValuesTest::treeWalksEnd() {
  using engine::Role;
  MessageTree tree({message(1, 2, 1, Role::User), message(2, 1, 2, Role::Assistant)});
  QCOMPARE(tree.pathTo(MessageId{2}).size(), 2);
  QVERIFY(tree.newestLeafUnder(MessageId{1}).value > 0);
}

void AppValuesTest::utf16Offsets() {
  const QString text = QStringLiteral("aé🌊深b");
  const QByteArray utf8 = text.toUtf8();
  // Byte → UTF-16 offset of the character that holds it, found the slow way.
  for (int byte = 0; byte <= utf8.size(); ++byte) {
    int start = byte;
    while (start > 0 && start < utf8.size() && (utf8.at(start) & 0xC0) == 0x80) --start;
    int end = byte;
    while (end < utf8.size() && (utf8.at(end) & 0xC0) == 0x80) ++end;
    Utf16Cursor cursor(utf8);
    QCOMPARE(cursor.floorAt(byte), QString::fromUtf8(utf8.left(start)).size());
    QCOMPARE(cursor.ceilAt(byte), QString::fromUtf8(utf8.left(end)).size());
    QCOMPARE(cursor.floorAt(0), 0);  // backwards is allowed
  }
  Utf16Cursor cursor(utf8);
  cursor.startAt(4, 2);  // inside the wave, which begins at unit 2
  QCOMPARE(cursor.ceilAt(7), 4);
}

void AppValuesTest::incompleteTails() {
  QCOMPARE(incompleteUtf8Tail("abc"), 0);
  QCOMPARE(incompleteUtf8Tail("ab\xC3"), 1);
  QCOMPARE(incompleteUtf8Tail("\xF0\x9F\x8C"), 3);
  QCOMPARE(incompleteUtf8Tail("\xF0\x9F\x8C\x8A"), 0);
  QCOMPARE(incompleteUtf8Tail(""), 0);
  // What can never become a character is not waited for.
  QCOMPARE(incompleteUtf8Tail("\xF5"), 0);
  QCOMPARE(incompleteUtf8Tail("\xE0\x80"), 0);
  QCOMPARE(incompleteUtf8Tail("\xE1\xF0\x9F"), 2);
  QVERIFY(isValidUtf8("d\xC3\xA9j\xC3\xA0"));
  QVERIFY(!isValidUtf8("\xC3"));
  QVERIFY(!isValidUtf8("\x80"));
}

void AppValuesTest::usageCountsApart() {
  ExpertUsage usage;
  usage.resize(2, 4, 2);
  engine::TokenRouting routing;
  routing.expert_ids = {3, 1, 0, 3};
  routing.weights = {0.75F, 0.25F, 0.5F, 0.5F};
  usage.add(routing, true);
  usage.add(routing, false);
  usage.add(routing, false);
  QCOMPARE(usage.prefillTokens(), 1);
  QCOMPARE(usage.decodeTokens(), 2);
  QCOMPARE(usage.at(0, 3).prefillTokens, 1);
  QCOMPARE(usage.at(0, 3).decodeTokens, 2);
  QCOMPARE(usage.at(0, 3).decodeWeight, 1.5);
  QCOMPARE(usage.at(1, 3).weight(), 1.5);
  QCOMPARE(usage.at(1, 1), ExpertCount{});
}

void AppValuesTest::ledgerIsRelativeToThisModel() {
  engine::ModelInfo info;
  info.context_length = 1000;
  info.report.cache_ledger = {{"MLA latent", 100, 200}, {"MHA", 1000, 2000}, {"MQA", 50, 100}};
  const CacheLedger ledger = cacheLedger(info, 10);
  QCOMPARE(ledger.rows.size(), 3);
  QVERIFY(ledger.rows.at(0).isThisModel && !ledger.rows.at(1).isThisModel);
  QCOMPARE(ledger.rows.at(1).ratio, 10.0);
  QCOMPARE(ledger.rows.at(2).ratio, 0.5);
  QCOMPARE(ledger.rows.at(0).bytesAtContext, 200'000);
  QCOMPARE(ledger.rows.at(0).bytesNow, 2'000);
}

QTEST_GUILESS_MAIN(AppValuesTest)
#include "app_values_test.moc"
