// A small conversation database, and what a user would see of it: for the tests of the store.
#pragma once

#include <optional>

#include "app/conversation_database.h"
#include "app/sqlite_handle.h"
#include "tests/support/patience.h"

namespace fixture {

using namespace app;

inline ConversationRecord conversation(std::int64_t id, std::int64_t sequence) {
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

inline MessageRecord message(std::int64_t conversation, std::int64_t n, const QByteArray& content) {
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

inline QByteArray readFile(const QString& path) {
  QFile file(path);
  return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

inline void writeFile(const QString& path, const QByteArray& bytes) {
  QFile file(path);
  QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
  QCOMPARE(file.write(bytes), bytes.size());
}

/// Through SQLite itself, past everything that ConversationDatabase takes care of.
inline void execute(const QString& path, const char* sql) {
  auto connection = SqliteConnection::open(path, SqliteConnection::Mode::ReadWrite);
  QVERIFY(connection.has_value());
  const auto done = connection->execute(sql);
  QVERIFY2(done.has_value(), done ? "" : qPrintable(done.error().text));
}

/// 12 conversations of 6 messages, closed in good order.
inline QByteArray sampleDatabase(const QString& path) {
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
inline std::optional<Contents> openAnyhow(const QString& path) {
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

}  // namespace fixture
