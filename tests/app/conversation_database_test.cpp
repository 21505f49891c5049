// The conversation file: exact bytes, hashes, damage of every kind, hostile and newer databases.
#include <unistd.h>

#include <QtTest>

#include "app/conversation_database.h"
#include "app/conversation_rows.h"

using namespace app;

namespace {

ConversationRecord conversation(std::int64_t id, std::int64_t sequence) {
  ConversationRecord record;
  record.id = ConversationId{id};
  record.firstUserText = QString("conversation %1").arg(id);
  record.systemPrompt = "Be brief.";
  record.activeLeaf = MessageId{id * 1000 + 2};
  record.sequence = sequence;
  record.createdMs = 1;
  record.updatedMs = 2;
  return record;
}

MessageRecord message(std::int64_t conversation, std::int64_t n, const QByteArray& content) {
  MessageRecord record;
  record.id = MessageId{conversation * 1000 + n};
  record.conversation = ConversationId{conversation};
  record.parent = MessageId{n == 1 ? 0 : conversation * 1000 + n - 1};
  record.sequence = n;
  record.role = n % 2 == 1 ? engine::Role::User : engine::Role::Assistant;
  record.content = content;
  record.createdMs = 3;
  return record;
}

QByteArray readFile(const QString& path) {
  QFile file(path);
  return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

void writeFile(const QString& path, const QByteArray& bytes) {
  QFile file(path);
  QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
  QCOMPARE(file.write(bytes), bytes.size());
}

/// 12 conversations of 6 messages, closed in good order.
QByteArray sampleDatabase(const QString& path) {
  auto database = ConversationDatabase::open(path);
  if (!database) return {};
  QList<StoreRow> rows;
  for (int c = 1; c <= 12; ++c) {
    rows.append(conversation(c, c));
    for (int m = 1; m <= 6; ++m) {
      rows.append(message(c, m, "message " + QByteArray::number(m) + QByteArray(600, 'x')));
    }
  }
  if (!database->write(rows)) return {};
  database = tl::unexpected(StoreError{});
  return readFile(path);
}

struct Contents {
  int nGood = 0;
  int nDamaged = 0;
};

/// What a user would see: opens, salvaging if need be; never fails.
std::optional<Contents> openAnyhow(const QString& path) {
  auto database = ConversationDatabase::open(path);
  auto list = database ? database->list() : tl::unexpected(database.error());
  bool sound = list.has_value() && database->quickCheck().has_value();
  if (sound) {
    for (const ConversationRecord& record : *list) sound = sound && database->load(record.id);
  }
  if (!sound) {
    database = tl::unexpected(StoreError{});
    if (setAsideAndSalvage(path).keptAs.isEmpty()) return std::nullopt;
    database = ConversationDatabase::open(path);
    if (!database || !database->quickCheck()) return std::nullopt;
    list = database->list();
  }
  if (!list) return std::nullopt;
  Contents contents;
  for (const ConversationRecord& record : *list) {
    const auto content = database->load(record.id);
    if (!content || !*content) return std::nullopt;
    for (const MessageRecord& m : (*content)->messages) {
      // What is not marked is exactly what was written.
      const bool right =
          m.content == "message " + QByteArray::number(m.sequence) + QByteArray(600, 'x');
      if (m.damaged) {
        ++contents.nDamaged;
      } else if (right) {
        ++contents.nGood;
      } else {
        return std::nullopt;
      }
    }
  }
  return contents;
}

}  // namespace

class ConversationDatabaseTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void init() { dir_ = std::make_unique<QTemporaryDir>(); }
  void bytesComeBackExactly();
  void fileIsPrivate();
  void orderIsBySequence();
  void streamingBecomesInterrupted();
  void aSecondConnectionIsLockedOut();
  void flippedBytesAreNoticed();
  void everyTruncation();
  void zeroedPages();
  void logDamage();
  void notADatabase();
  void hostileDatabases_data();
  void hostileDatabases();
  void wrongParentsAreMended();
  void newerFormatIsReadOnly();
  void readOnlyMedium();
  void oldDeletedOnesArePurged();
  void manyRowsOpenFast();
  void aFailedWriteChangesNothing();

 private:
  QString file() const { return dir_->filePath("conversations.db"); }
  void execute(const char* sql) {
    auto connection = SqliteConnection::open(file(), SqliteConnection::Mode::ReadWrite);
    QVERIFY(connection.has_value());
    const auto done = connection->execute(sql);
    QVERIFY2(done.has_value(), done ? "" : qPrintable(done.error().text));
  }
  std::unique_ptr<QTemporaryDir> dir_;
};

void ConversationDatabaseTest::bytesComeBackExactly() {
  const QList<QByteArray> samples = {
      "",
      QByteArray("a\0b\0", 4),
      "\xff\xfe\x80 invalid",
      "\xed\xa0\x80",  // a lone surrogate
      QString("深い海 🌊 é").toUtf8(),
      QByteArray(3'000'000, 'x'),
  };
  {
    auto database = ConversationDatabase::open(file());
    QVERIFY(database.has_value());
    QList<StoreRow> rows = {conversation(1, 1)};
    for (int i = 0; i < samples.size(); ++i) rows.append(message(1, i + 1, samples.at(i)));
    QVERIFY(database->write(rows).has_value());
  }
  auto database = ConversationDatabase::open(file());
  QVERIFY(database.has_value() && !database->wasUnclean());
  const auto content = database->load(ConversationId{1});
  QVERIFY(content && *content);
  QCOMPARE((*content)->conversation, conversation(1, 1));
  QCOMPARE((*content)->messages.size(), samples.size());
  for (int i = 0; i < samples.size(); ++i) {
    QCOMPARE((*content)->messages.at(i), message(1, i + 1, samples.at(i)));
  }
}

void ConversationDatabaseTest::fileIsPrivate() {
  auto database = ConversationDatabase::open(file());
  QVERIFY(database.has_value());
  QVERIFY(database->write({conversation(1, 1)}).has_value());
  const auto open = QFileDevice::ReadGroup | QFileDevice::ReadOther;
  QVERIFY(!(QFile(file()).permissions() & open));
  QVERIFY(!(QFile(file() + "-wal").permissions() & open));
  QVERIFY(!QFile::exists(file() + "-shm"));  // exclusive: no shared memory
}

void ConversationDatabaseTest::orderIsBySequence() {
  auto database = ConversationDatabase::open(file());
  ConversationRecord old = conversation(1, 5);
  old.updatedMs = 4'000'000'000'000;  // a clock that ran ahead
  ConversationRecord young = conversation(2, 6);
  young.updatedMs = -1;
  QVERIFY(database->write({old, young}).has_value());
  QVERIFY(database->write({conversation(3, 0)}).has_value());  // "the newest"
  const auto list = database->list();
  QCOMPARE(list->size(), 3);
  QCOMPARE(list->at(0).id.value, 3);
  QCOMPARE(list->at(0).sequence, 7);
  QCOMPARE(list->at(1).id.value, 2);
}

void ConversationDatabaseTest::streamingBecomesInterrupted() {
  {
    auto database = ConversationDatabase::open(file());
    MessageRecord streaming = message(1, 2, "as far as it");
    streaming.status = MessageStatus::Streaming;
    MessageRecord waiting = message(1, 4, "");
    waiting.status = MessageStatus::Waiting;
    QVERIFY(database->write({conversation(1, 1), message(1, 1, "q"), streaming, waiting}));
  }
  auto database = ConversationDatabase::open(file());
  const auto content = database->load(ConversationId{1});
  QCOMPARE((*content)->messages.at(1).status, MessageStatus::Interrupted);
  QCOMPARE((*content)->messages.at(1).content, QByteArray("as far as it"));
  QVERIFY(!(*content)->messages.at(1).damaged);
  QCOMPARE((*content)->messages.at(2).status, MessageStatus::Interrupted);
  QCOMPARE((*content)->messages.at(0).status, MessageStatus::Ok);
}

void ConversationDatabaseTest::aSecondConnectionIsLockedOut() {
  auto first = ConversationDatabase::open(file());
  QVERIFY(first.has_value());
  const auto second = ConversationDatabase::open(file());
  QVERIFY(!second.has_value());
  QCOMPARE(second.error().fault, StoreFault::Locked);
  QVERIFY(first->write({conversation(1, 1)}).has_value());
  first = tl::unexpected(StoreError{});
  QVERIFY(ConversationDatabase::open(file()).has_value());
}

void ConversationDatabaseTest::flippedBytesAreNoticed() {
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

void ConversationDatabaseTest::everyTruncation() {
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

void ConversationDatabaseTest::zeroedPages() {
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

void ConversationDatabaseTest::logDamage() {
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

void ConversationDatabaseTest::notADatabase() {
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

void ConversationDatabaseTest::hostileDatabases_data() {
  QTest::addColumn<QByteArray>("sql");
  QTest::newRow("trigger") << QByteArray(
      "CREATE TRIGGER t AFTER INSERT ON messages BEGIN DELETE FROM conversations; END");
  QTest::newRow("view") << QByteArray("CREATE VIEW v AS SELECT * FROM messages");
  QTest::newRow("foreign") << QByteArray("PRAGMA application_id = 7");
  QTest::newRow("missing table") << QByteArray("DROP TABLE messages");
  QTest::newRow("missing column") << QByteArray("ALTER TABLE messages DROP COLUMN token_count");
}

void ConversationDatabaseTest::hostileDatabases() {
  QFETCH(QByteArray, sql);
  QVERIFY(!sampleDatabase(file()).isEmpty());
  execute(sql.constData());
  const auto contents = openAnyhow(file());
  QVERIFY(contents.has_value());
}

void ConversationDatabaseTest::wrongParentsAreMended() {
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

void ConversationDatabaseTest::newerFormatIsReadOnly() {
  QVERIFY(!sampleDatabase(file()).isEmpty());
  execute("PRAGMA user_version = 99");
  const QByteArray before = readFile(file());
  {
    auto database = ConversationDatabase::open(file());
    QVERIFY(database.has_value());
    QVERIFY(database->isReadOnly() && database->isNewerFormat());
    QCOMPARE(database->list()->size(), 12);
    const auto written = database->write({conversation(50, 50)});
    QVERIFY(!written.has_value());
    QCOMPARE(written.error().fault, StoreFault::ReadOnly);
  }
  QCOMPARE(readFile(file()), before);
}

void ConversationDatabaseTest::readOnlyMedium() {
  if (::geteuid() == 0) QSKIP("root may write anywhere");
  QVERIFY(!sampleDatabase(file()).isEmpty());
  QFile::setPermissions(file(), QFileDevice::ReadOwner);
  QFile::setPermissions(dir_->path(), QFileDevice::ReadOwner | QFileDevice::ExeOwner);
  auto database = ConversationDatabase::open(file());
  QFile::setPermissions(dir_->path(),
                        QFileDevice::ReadOwner | QFileDevice::WriteOwner | QFileDevice::ExeOwner);
  QVERIFY2(database.has_value(), database ? "" : qPrintable(database.error().text));
  QVERIFY(database->isReadOnly());
  QCOMPARE(database->list()->size(), 12);
}

void ConversationDatabaseTest::oldDeletedOnesArePurged() {
  auto database = ConversationDatabase::open(file());
  ConversationRecord gone = conversation(1, 1);
  gone.deletedMs = 1000;
  ConversationRecord recent = conversation(2, 2);
  recent.deletedMs = 5000;
  QVERIFY(database->write({gone, recent, conversation(3, 3), message(1, 1, "a"), message(2, 1, "b"),
                           message(3, 1, "c")}));
  QCOMPARE(database->list()->size(), 1);
  QVERIFY(database->purgeDeletedBefore(2000).has_value());
  QVERIFY(!database->load(ConversationId{1})->has_value());
  QCOMPARE(database->load(ConversationId{2})->value().messages.size(), 1);
  QCOMPARE(database->load(ConversationId{3})->value().messages.size(), 1);
}

void ConversationDatabaseTest::manyRowsOpenFast() {
  auto database = ConversationDatabase::open(file());
  QList<StoreRow> rows;
  for (int c = 1; c <= 20'000; ++c) {
    rows.append(conversation(c, c));
    rows.append(message(c, 1, "short"));
  }
  QVERIFY(database->write(rows).has_value());
  database = tl::unexpected(StoreError{});
  QElapsedTimer timer;
  timer.start();
  database = ConversationDatabase::open(file());
  QCOMPARE(database->list()->size(), 20'000);
  QVERIFY2(timer.elapsed() < 1000, qPrintable(QString::number(timer.elapsed())));
}

void ConversationDatabaseTest::aFailedWriteChangesNothing() {
  auto database = ConversationDatabase::open(file());
  MessageRecord huge = message(1, 2, QByteArray());
  huge.content = QByteArray(kMaxMessageBytes + 1, 'x');
  const auto written = database->write({conversation(1, 1), message(1, 1, "q"), huge});
  QVERIFY(!written.has_value());
  QCOMPARE(written.error().fault, StoreFault::TooBig);
  QCOMPARE(database->list()->size(), 0);  // all or nothing
  QVERIFY(database->write({conversation(1, 1)}).has_value());
}

QTEST_GUILESS_MAIN(ConversationDatabaseTest)
#include "conversation_database_test.moc"
