// The store thread: nothing acknowledged is lost, failures keep everything in memory, the GUI never
// waits.
#include <QProcess>
#include <QRandomGenerator>

#include "app/conversation_database.h"
#include "app/conversation_store.h"
#include "tests/app/bad_disk.h"
#include "tests/support/patience.h"

using namespace app;
using fixture::FileSizeLimit;
using fixture::HeldDisk;

namespace {

ConversationRecord conversation(std::int64_t id, std::int64_t sequence = 1) {
  ConversationRecord record;
  record.id = ConversationId{id};
  record.firstUserText = "text";
  record.sequence = sequence;
  return record;
}

MessageRecord message(std::int64_t conversation, std::int64_t n, const QByteArray& content) {
  MessageRecord record;
  record.id = MessageId{conversation * 1000 + n};
  record.conversation = ConversationId{conversation};
  record.parent = MessageId{n == 1 ? 0 : conversation * 1000 + n - 1};
  record.sequence = n;
  record.content = content;
  return record;
}

}  // namespace

class ConversationStoreTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void init() { dir_ = std::make_unique<QTemporaryDir>(); }
  void savesAndReads();
  void onlyTheNewestVersionCounts();
  void readingSeesWhatWaits();
  void deletingAndUndoing();
  void killedAtAnyTime();
  void fullDisk();
  void secondInstance();
  void unsavedRowsWaitForTheNextStart();
  void corruptFileIsSetAside();
  void damageFoundAfterAnUncleanExit();
  void newerFormat();
  void destructionWritesWhatWaits();
  void theCallerNeverWaits();

 private:
  QString file() const { return dir_->filePath("data/conversations.db"); }
  std::unique_ptr<QTemporaryDir> dir_;
};

void ConversationStoreTest::savesAndReads() {
  ConversationStore store(file());
  QSignalSpy lists(&store, &ConversationStore::listReady);
  QSignalSpy saved(&store, &ConversationStore::messageSaveStateChanged);
  ConversationContent content;
  connect(&store, &ConversationStore::conversationReady, this,
          [&](const ConversationContent& c) { content = c; });
  store.saveConversation(conversation(1));
  store.saveMessage(message(1, 1, "hello"));
  store.requestList();
  store.requestConversation(ConversationId{1});
  QTRY_COMPARE(content.messages.size(), 1);
  QCOMPARE(content.messages.first(), message(1, 1, "hello"));
  QTRY_COMPARE(saved.size(), 1);
  QCOMPARE(saved.at(0).at(1).value<SaveState>(), SaveState::Saved);
  QCOMPARE(lists.last().at(0).value<QList<ConversationRecord>>().size(), 1);
  QCOMPARE(store.state(), StoreState::Ready);
  QSignalSpy missing(&store, &ConversationStore::conversationMissing);
  store.requestConversation(ConversationId{77});
  QTRY_COMPARE(missing.size(), 1);
}

void ConversationStoreTest::onlyTheNewestVersionCounts() {
  ConversationStore store(file());
  QSignalSpy saved(&store, &ConversationStore::messageSaveStateChanged);
  for (int i = 0; i < 500; ++i) store.saveMessage(message(1, 1, QByteArray(i, 'x')));
  QTRY_COMPARE(saved.size(), 1);
  QTest::qWait(50);
  QCOMPARE(saved.size(), 1);
  QTRY_COMPARE(store.pendingWrites(), 0);
}

void ConversationStoreTest::readingSeesWhatWaits() {
  auto other = std::make_unique<ConversationDatabase>(*[this] {
    QDir().mkpath(dir_->filePath("data"));
    return ConversationDatabase::open(file());
  }());
  ConversationStore store(file());  // locked out: nothing can be written
  QTRY_COMPARE(store.state(), StoreState::Locked);
  ConversationContent content;
  QList<ConversationRecord> list;
  connect(&store, &ConversationStore::conversationReady, this,
          [&](const ConversationContent& c) { content = c; });
  connect(&store, &ConversationStore::listReady, this,
          [&](const QList<ConversationRecord>& l) { list = l; });
  store.saveConversation(conversation(1));
  store.saveMessage(message(1, 1, "first"));
  store.saveMessage(message(1, 1, "first, later"));
  store.requestConversation(ConversationId{1});
  store.requestList();
  QTRY_COMPARE(content.messages.size(), 1);
  QCOMPARE(content.messages.first().content, QByteArray("first, later"));
  QTRY_COMPARE(list.size(), 1);
}

void ConversationStoreTest::deletingAndUndoing() {
  QList<ConversationRecord> list;
  {
    ConversationStore store(file());
    connect(&store, &ConversationStore::listReady, this,
            [&](const QList<ConversationRecord>& l) { list = l; });
    store.saveConversation(conversation(1, 1));
    store.saveConversation(conversation(2, 2));
    store.deleteConversation(ConversationId{1});
    store.requestList();
    QTRY_COMPARE(list.size(), 1);
    QCOMPARE(list.first().id.value, 2);
  }
  ConversationStore store(file());  // undo works after a restart, too
  connect(&store, &ConversationStore::listReady, this,
          [&](const QList<ConversationRecord>& l) { list = l; });
  store.undeleteConversation(ConversationId{1});
  store.requestList();
  QTRY_COMPARE(list.size(), 2);
}

/// D1: a child writes, is killed without warning, and everything it was told is saved is there.
void ConversationStoreTest::killedAtAnyTime() {
  const int nKills = qEnvironmentVariableIntValue("BATHYSCOPE_KILLS");
  const int nRuns = nKills > 0 ? nKills : 25;
  qint64 nAcknowledged = 0;
  for (int run = 0; run < nRuns; ++run) {
    const QString path = dir_->filePath(QString("killed-%1.db").arg(run % 4));
    QProcess child;
    child.start(STORE_CHILD, {path});
    QVERIFY(child.waitForStarted(support::kPatience));
    QVERIFY(child.waitForReadyRead(support::kPatience));
    QThread::msleep(QRandomGenerator::global()->bounded(60u));
    child.kill();
    QVERIFY(child.waitForFinished(support::kPatience));
    QHash<std::int64_t, qint64> acknowledged;
    for (const QByteArray& line : child.readAllStandardOutput().split('\n')) {
      const QList<QByteArray> words = line.split(' ');
      if (words.size() != 2 || !words.at(1).size()) continue;
      acknowledged.insert(words.at(0).toLongLong(), words.at(1).toLongLong());
    }
    nAcknowledged += acknowledged.size();
    auto database = ConversationDatabase::open(path);
    QVERIFY2(database.has_value(), database ? "" : qPrintable(database.error().text));
    QVERIFY(database->quickCheck().has_value());
    const auto content = database->load(ConversationId{1});
    QVERIFY(content && *content);
    QHash<std::int64_t, MessageRecord> found;
    for (const MessageRecord& m : (*content)->messages) {
      QVERIFY(!m.damaged);
      QVERIFY(m.status == MessageStatus::Ok || m.status == MessageStatus::Interrupted);
      QCOMPARE(m.status == MessageStatus::Ok, m.role == engine::Role::User);
      found.insert(m.id.value, m);
    }
    for (auto it = acknowledged.cbegin(); it != acknowledged.cend(); ++it) {
      QVERIFY(found.contains(it.key()));
      QVERIFY(found.value(it.key()).content.size() >= it.value());
    }
    database = tl::unexpected(StoreError{});
    QFile::remove(path);
    QFile::remove(path + "-wal");
  }
  QVERIFY(nAcknowledged >= nRuns);
}

/// D3, D4: no room for long, then room again: all messages land, in order, once.
void ConversationStoreTest::fullDisk() {
  ConversationStore store(file());
  QTRY_COMPARE(store.state(), StoreState::Ready);
  QHash<std::int64_t, SaveState> states;
  int nRefusals = 0;
  connect(&store, &ConversationStore::messageSaveStateChanged, this,
          [&](MessageId id, SaveState state) {
            states[id.value] = state;
            nRefusals += id.value == 1020 && state == SaveState::NotSaved ? 1 : 0;
          });
  QSignalSpy notices(&store, &ConversationStore::noticeRaised);
  store.saveConversation(conversation(1));
  store.saveMessage(message(1, 1, "before"));
  QTRY_COMPARE(states.value(1001, SaveState::Saving), SaveState::Saved);
  {
    // Each message alone is more than fits: none is saved, however they come to be tried.
    constexpr int kRoom = 64 * 1024;
    const FileSizeLimit limit(kRoom);
    for (int i = 2; i <= 20; ++i) {
      store.saveMessage(message(1, i, QByteArray(2 * kRoom, static_cast<char>('a' + i))));
    }
    QTRY_COMPARE(states.value(1020, SaveState::Saving), SaveState::NotSaved);
    QTRY_COMPARE(store.state(), StoreState::Unavailable);
    QTRY_COMPARE(store.pendingWrites(), 19);
    for (int i = 2; i <= 20; ++i)
      QCOMPARE(states.value(1000 + i, SaveState::Saving), SaveState::NotSaved);
    const int nBefore = nRefusals;
    QTRY_VERIFY(nRefusals > nBefore);  // a retry fails as well
    store.saveMessage(message(1, 21, "during"));
    QTRY_COMPARE(states.value(1021, SaveState::Saving), SaveState::NotSaved);
    QCOMPARE(notices.size(), 1);  // said once
  }
  QTRY_COMPARE(states.value(1021, SaveState::Saving), SaveState::Saved);
  QTRY_COMPARE(store.state(), StoreState::Ready);
  QTRY_COMPARE(store.pendingWrites(), 0);
  ConversationContent content;
  connect(&store, &ConversationStore::conversationReady, this,
          [&](const ConversationContent& c) { content = c; });
  store.requestConversation(ConversationId{1});
  QTRY_COMPARE(content.messages.size(), 21);
  for (int i = 0; i < 21; ++i) {
    QCOMPARE(content.messages.at(i).sequence, i + 1);
    QVERIFY(!content.messages.at(i).damaged);
  }
}

/// D8: the second one says so, keeps everything, and saves it when the first one ends.
void ConversationStoreTest::secondInstance() {
  auto first = std::make_unique<ConversationStore>(file());
  first->saveConversation(conversation(1));
  QTRY_COMPARE(first->state(), StoreState::Ready);
  ConversationStore second(file());
  QSignalSpy notices(&second, &ConversationStore::noticeRaised);
  QSignalSpy lists(&second, &ConversationStore::listReady);
  QTRY_COMPARE(second.state(), StoreState::Locked);
  QCOMPARE(notices.size(), 1);
  SaveState state = SaveState::Saving;
  connect(&second, &ConversationStore::messageSaveStateChanged, this,
          [&](MessageId, SaveState s) { state = s; });
  second.saveConversation(conversation(2, 2));
  second.saveMessage(message(2, 1, "kept"));
  QTRY_COMPARE(state, SaveState::NotSaved);
  first.reset();
  QTRY_COMPARE(state, SaveState::Saved);
  QCOMPARE(second.state(), StoreState::Ready);
  QCOMPARE(lists.last().at(0).value<QList<ConversationRecord>>().size(), 2);
}

/// Closed while another program has the database: nothing the user wrote is lost.
void ConversationStoreTest::unsavedRowsWaitForTheNextStart() {
  auto first = std::make_unique<ConversationStore>(file());
  QTRY_COMPARE(first->state(), StoreState::Ready);
  first->saveConversation(conversation(1));
  {
    ConversationStore second(file());
    QTRY_COMPARE(second.state(), StoreState::Locked);
    second.saveConversation(conversation(2, 2));
    second.saveMessage(message(2, 1, "kept"));
    second.saveMessage(message(1, 7, "into the other one's conversation"));
  }
  const QDir data(dir_->filePath("data"));
  QCOMPARE(data.entryList({"*.unsaved-*"}, QDir::Files).size(), 1);
  first.reset();
  ConversationStore third(file());
  QSignalSpy notices(&third, &ConversationStore::noticeRaised);
  QTRY_COMPARE(third.state(), StoreState::Ready);
  QTRY_COMPARE(notices.size(), 1);
  QVERIFY(data.entryList({"*.unsaved-*"}, QDir::Files).isEmpty());
  QHash<std::int64_t, ConversationContent> contents;
  connect(&third, &ConversationStore::conversationReady, this,
          [&](const ConversationContent& c) { contents[c.conversation.id.value] = c; });
  third.requestConversation(ConversationId{1});
  third.requestConversation(ConversationId{2});
  QTRY_COMPARE(contents.size(), 2);
  QCOMPARE(contents.value(1).messages.size(), 1);
  QCOMPARE(contents.value(2).messages.first().content, QByteArray("kept"));
}

void ConversationStoreTest::corruptFileIsSetAside() {
  QDir().mkpath(dir_->filePath("data"));
  QFile bad(file());
  QVERIFY(bad.open(QIODevice::WriteOnly));
  bad.write(QByteArray(50'000, 'z'));
  bad.close();
  ConversationStore store(file());
  QSignalSpy notices(&store, &ConversationStore::noticeRaised);
  SaveState state = SaveState::Saving;
  connect(&store, &ConversationStore::messageSaveStateChanged, this,
          [&](MessageId, SaveState s) { state = s; });
  store.saveMessage(message(1, 1, "goes on"));
  QTRY_COMPARE(state, SaveState::Saved);
  QTRY_COMPARE(notices.size(), 1);
  QCOMPARE(store.state(), StoreState::Ready);
  QCOMPARE(QDir(dir_->filePath("data")).entryList({"*.corrupt-*"}).size(), 1);
}

void ConversationStoreTest::damageFoundAfterAnUncleanExit() {
  QDir().mkpath(dir_->filePath("data"));
  QByteArray main;
  QByteArray log;
  {
    auto database = ConversationDatabase::open(file());
    QList<StoreRow> rows;
    for (int i = 1; i <= 40; ++i) {
      rows.append(conversation(i, i));
      for (int m = 1; m <= 5; ++m) rows.append(message(i, m, QByteArray(900, 'q')));
    }
    QVERIFY(database->write(rows).has_value());
  }
  {
    auto database = ConversationDatabase::open(file());
    QVERIFY(database->write({conversation(41, 41)}).has_value());
    QFile f(file());
    QFile w(file() + "-wal");
    QVERIFY(f.open(QIODevice::ReadOnly) && w.open(QIODevice::ReadOnly));
    main = f.readAll();
    log = w.readAll();
  }
  main.replace(main.size() / 2 / 4096 * 4096, 4096, QByteArray(4096, '\x07'));
  QFile f(file());
  QFile w(file() + "-wal");
  QVERIFY(f.open(QIODevice::WriteOnly) && w.open(QIODevice::WriteOnly));
  f.write(main);
  w.write(log);
  f.close();
  w.close();
  ConversationStore store(file());
  QSignalSpy notices(&store, &ConversationStore::noticeRaised);
  QSignalSpy lists(&store, &ConversationStore::listReady);
  store.requestList();
  QTRY_COMPARE(notices.size(), 1);
  QTRY_VERIFY(lists.size() >= 2);  // read again after the repair
  QVERIFY(lists.last().at(0).value<QList<ConversationRecord>>().size() >= 40);
  QCOMPARE(store.state(), StoreState::Ready);
}

void ConversationStoreTest::newerFormat() {
  QDir().mkpath(dir_->filePath("data"));
  {
    auto database = ConversationDatabase::open(file());
    QVERIFY(database->write({conversation(1)}).has_value());
  }
  {
    auto connection = SqliteConnection::open(file(), SqliteConnection::Mode::ReadWrite);
    QVERIFY(connection->execute("PRAGMA user_version = 99").has_value());
  }
  ConversationStore store(file());
  QSignalSpy lists(&store, &ConversationStore::listReady);
  SaveState state = SaveState::Saving;
  connect(&store, &ConversationStore::messageSaveStateChanged, this,
          [&](MessageId, SaveState s) { state = s; });
  store.requestList();
  QTRY_COMPARE(lists.size(), 1);
  QCOMPARE(lists.at(0).at(0).value<QList<ConversationRecord>>().size(), 1);
  QCOMPARE(store.state(), StoreState::ReadOnly);
  store.saveMessage(message(1, 1, "x"));
  QTRY_COMPARE(state, SaveState::NotSaved);
  QCOMPARE(store.state(), StoreState::ReadOnly);
}

void ConversationStoreTest::destructionWritesWhatWaits() {
  for (int i = 1; i <= 40; ++i) {
    ConversationStore store(file());
    store.saveConversation(conversation(i, i));
    store.saveMessage(message(i, 1, QByteArray(1 << 20, 'x')));
    QTest::qSleep(i / 4);  // in some of the rounds this is being written when the next comes
    store.saveMessage(message(i, 1, "at the last moment"));
  }
  auto database = ConversationDatabase::open(file());
  for (int i = 1; i <= 40; ++i) {
    const auto messages = database->load(ConversationId{i})->value().messages;
    QCOMPARE(messages.value(0).content, QByteArray("at the last moment"));
  }
}

void ConversationStoreTest::theCallerNeverWaits() {
  HeldDisk disk;
  ConversationStore store(file());
  QTRY_COMPARE(store.state(), StoreState::Ready);
  QHash<std::int64_t, SaveState> states;
  connect(&store, &ConversationStore::messageSaveStateChanged, this,
          [&](MessageId id, SaveState state) { states[id.value] = state; });
  disk.hold();
  store.saveMessage(message(1, 1, "first"));
  QTRY_VERIFY(disk.somebodyWaits());  // in the middle of a write, and there it stays
  for (int i = 2; i <= 20; ++i) store.saveMessage(message(1, i, QByteArray(1 << 20, 'x')));
  store.saveConversation(conversation(1));
  store.requestList();
  store.requestConversation(ConversationId{1});
  store.deleteConversation(ConversationId{2});
  QTest::qWait(0);
  QVERIFY(states.isEmpty());
  QVERIFY(disk.somebodyWaits() && !disk.gaveUp());
  disk.release();
  QTRY_COMPARE(states.value(1020, SaveState::Saving), SaveState::Saved);
}

QTEST_GUILESS_MAIN(ConversationStoreTest)
#include "conversation_store_test.moc"
