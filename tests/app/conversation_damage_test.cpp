// Damaged and hostile conversation files: flipped bytes, cut files, lost pages, foreign databases.

#include "tests/app/database_fixture.h"

#include "tests/support/patience.h"

using namespace app;
using fixture::conversation;
using fixture::message;
using fixture::openAnyhow;
using fixture::readFile;
using fixture::sampleDatabase;
using fixture::writeFile;

class ConversationDamageTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void init() { dir_ = std::make_unique<QTemporaryDir>(); }
  void flippedBytesAreNoticed();
  void everyTruncation();
  void zeroedPages();
  void oneLostPageCostsOnlyItself();
  void logDamage();
  void notADatabase();
  void hostileDatabases_data();
  void hostileDatabases();
  void wrongParentsAreMended();

 private:
  QString file() const { return dir_->filePath("conversations.db"); }
  std::unique_ptr<QTemporaryDir> dir_;
};

void ConversationDamageTest::flippedBytesAreNoticed() {
  const QByteArray sound = sampleDatabase(file());
  const qsizetype place = sound.indexOf("message 3");
  QVERIFY(place > 0);
  for (const qsizetype offset : {qsizetype{0}, qsizetype{8}, qsizetype{300}}) {
    QByteArray flipped = sound;
    flipped[place + offset] = static_cast<char>(flipped.at(place + offset) ^ 1);
    writeFile(file(), flipped);
    const auto contents = openAnyhow(file());
    QVERIFY(contents.has_value());
    QCOMPARE(contents->nDamaged, 1);
    QCOMPARE(contents->nGood, 71);
  }
  // Anywhere at all: never a wrong text without a mark, never a failure.
  for (int i = 0; i < 60; ++i) {
    QByteArray flipped = sound;
    const qsizetype at = (sound.size() / 60) * i + i % 7;
    flipped[at] = static_cast<char>(flipped.at(at) ^ (1 << (i % 8)));
    writeFile(file(), flipped);
    QVERIFY2(openAnyhow(file()).has_value(), qPrintable(QString::number(at)));
  }
}

void ConversationDamageTest::everyTruncation() {
  const QByteArray sound = sampleDatabase(file());
  QCOMPARE(sound.size() % 4096, 0);
  int mostSaved = 0;
  for (qsizetype size = 0; size < sound.size(); size += 4096) {
    writeFile(file(), sound.left(size));
    const auto contents = openAnyhow(file());
    QVERIFY2(contents.has_value(), qPrintable(QString::number(size)));
    mostSaved = std::max(mostSaved, contents->nGood);
  }
  QVERIFY2(mostSaved > 30, qPrintable(QString::number(mostSaved)));
  writeFile(file(), sound.left(57));
  QVERIFY(openAnyhow(file()).has_value());
}

void ConversationDamageTest::zeroedPages() {
  const QByteArray sound = sampleDatabase(file());
  int nSaved = 0;
  int nRuns = 0;
  for (qsizetype page = 0; page < sound.size(); page += 4096) {
    QByteArray zeroed = sound;
    zeroed.replace(page, 4096, QByteArray(4096, '\0'));
    writeFile(file(), zeroed);
    const auto contents = openAnyhow(file());
    QVERIFY2(contents.has_value(), qPrintable(QString::number(page)));
    nSaved += contents->nGood;
    ++nRuns;
  }
  // Most single bad pages leave most messages.
  QVERIFY2(nSaved > nRuns * 72 / 2, qPrintable(QString("%1 of %2").arg(nSaved).arg(nRuns * 72)));
  QVERIFY(!QDir(dir_->path()).entryList({"*.corrupt-*"}).isEmpty());
}

/// A page in the middle of the messages costs only what lies on it: rows before and after are read.
void ConversationDamageTest::oneLostPageCostsOnlyItself() {
  QByteArray bytes = sampleDatabase(file());
  const qsizetype page = bytes.indexOf("message 1", bytes.size() / 2) / 4096 * 4096;
  bytes.replace(page, 4096, QByteArray(4096, '\0'));
  writeFile(file(), bytes);
  const auto contents = openAnyhow(file());
  QVERIFY(contents.has_value());
  const int nKept = contents->nGood + contents->nDamaged;
  QVERIFY2(nKept >= 60 && nKept < 72, qPrintable(QString::number(nKept)));
}

void ConversationDamageTest::logDamage() {
  const QByteArray sound = sampleDatabase(file());
  // A crash leaves a log behind: made by copying while the database is open.
  QByteArray main;
  QByteArray log;
  {
    auto database = ConversationDatabase::open(file());
    for (int i = 0; i < 6; ++i) {
      QVERIFY(database->write(
          {message(12, 1 + i, "message " + QByteArray::number(1 + i) + QByteArray(600, 'x'))}));
    }
    main = readFile(file());
    log = readFile(file() + "-wal");
  }
  QVERIFY(log.size() > 4096);
  for (int i = 0; i <= 20; ++i) {
    writeFile(file(), main);
    writeFile(file() + "-wal", log.left(log.size() * i / 20));
    writeFile(file() + "-shm", QByteArray(32768, '\x5a'));
    const auto contents = openAnyhow(file());
    QVERIFY2(contents.has_value(), qPrintable(QString::number(i)));
    QCOMPARE(contents->nGood, 72);
    QFile::remove(file() + "-wal");
    QFile::remove(file() + "-shm");
  }
  writeFile(file(), main);
  writeFile(file() + "-wal", QByteArray(10'000, '\x11'));  // another database's, or nonsense
  const auto contents = openAnyhow(file());
  QVERIFY(contents.has_value());
  QCOMPARE(contents->nGood, 72);
}

void ConversationDamageTest::notADatabase() {
  for (const QByteArray& bytes : {QByteArray("hello"), QByteArray(20'000, 'z'),
                                  QByteArray("SQLite format 3\0 nonsense", 25)}) {
    writeFile(file(), bytes);
    const auto opened = ConversationDatabase::open(file());
    QVERIFY(!opened.has_value());
    QCOMPARE(opened.error().fault, StoreFault::Corrupt);
    const SalvageReport report = setAsideAndSalvage(file());
    QCOMPARE(readFile(report.keptAs), bytes);  // never changed, never deleted
    QCOMPARE(report.nMessages, 0);
    QVERIFY(ConversationDatabase::open(file()).has_value());
    QFile::remove(file());
  }
}

void ConversationDamageTest::hostileDatabases_data() {
  QTest::addColumn<QByteArray>("sql");
  QTest::newRow("trigger") << QByteArray(
      "CREATE TRIGGER t AFTER INSERT ON messages BEGIN DELETE FROM conversations; END");
  QTest::newRow("view") << QByteArray("CREATE VIEW v AS SELECT * FROM messages");
  QTest::newRow("foreign") << QByteArray("PRAGMA application_id = 7");
  QTest::newRow("missing table") << QByteArray("DROP TABLE messages");
  QTest::newRow("missing column") << QByteArray("ALTER TABLE messages DROP COLUMN token_count");
}

void ConversationDamageTest::hostileDatabases() {
  QFETCH(QByteArray, sql);
  QVERIFY(!sampleDatabase(file()).isEmpty());
  fixture::execute(file(), sql.constData());
  const auto contents = openAnyhow(file());
  QVERIFY(contents.has_value());
}

void ConversationDamageTest::wrongParentsAreMended() {
  auto database = ConversationDatabase::open(file());
  MessageRecord cycleA = message(1, 1, "a");
  cycleA.parent = MessageId{1002};
  MessageRecord cycleB = message(1, 2, "b");
  MessageRecord orphan = message(1, 3, "c");
  orphan.parent = MessageId{777};
  QVERIFY(database->write({conversation(1, 1), cycleA, cycleB, orphan}));
  const auto content = database->load(ConversationId{1});
  const MessageTree tree((*content)->messages);
  QCOMPARE(tree.pathTo(orphan.id).size(), 3);
  QVERIFY(tree.find(cycleA.id)->damaged && tree.find(orphan.id)->damaged);
  QVERIFY(!tree.find(cycleB.id)->damaged);
}

QTEST_GUILESS_MAIN(ConversationDamageTest)
#include "conversation_damage_test.moc"
