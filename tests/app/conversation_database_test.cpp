// The conversation file: exact bytes, order, locks, newer formats, limits.
#include <unistd.h>

#include "tests/app/database_fixture.h"
#include "tests/support/patience.h"
#include "tests/support/processor_time.h"

using namespace app;
using fixture::conversation;
using fixture::message;
using fixture::readFile;
using fixture::sampleDatabase;

class ConversationDatabaseTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void init() { dir_ = std::make_unique<QTemporaryDir>(); }
  void bytesComeBackExactly();
  void fileIsPrivate();
  void orderIsBySequence();
  void streamingBecomesInterrupted();
  void aSecondConnectionIsLockedOut();
  void newerFormatIsReadOnly();
  void readOnlyMedium();
  void oldDeletedOnesArePurged();
  void manyRowsOpenFast();
  void aFailedWriteChangesNothing();

 private:
  QString file() const { return dir_->filePath("conversations.db"); }
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

void ConversationDatabaseTest::newerFormatIsReadOnly() {
  QVERIFY(!sampleDatabase(file()).isEmpty());
  fixture::execute(file(), "PRAGMA user_version = 99");
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
  const double begin = support::thread_milliseconds();
  database = ConversationDatabase::open(file());
  QCOMPARE(database->list()->size(), 20'000);
  const double spent = support::thread_milliseconds() - begin;
  QVERIFY2(spent < support::limit(1000), qPrintable(QString::number(spent)));
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
