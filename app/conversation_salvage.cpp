// Getting out of a damaged conversation database what can still be read. The original is kept.
#include <QCoreApplication>
#include <QDateTime>
#include <QFile>
#include <QSet>

#include "app/conversation_database.h"
#include "app/conversation_rows.h"

namespace app {

namespace {

const QStringList& companions() {
  static const QStringList suffixes = {QString(), QStringLiteral("-wal"), QStringLiteral("-shm")};
  return suffixes;
}

/// Renames the database and its companions; "" when the file itself cannot be moved.
QString setAside(const QString& path) {
  const QString stamp = QDateTime::currentDateTimeUtc().toString(QStringLiteral("yyyyMMdd-HHmmss"));
  for (int i = 0; i < 1000; ++i) {
    const QString number = i == 0 ? QString() : QStringLiteral("-%1").arg(i);
    const QString target = QStringLiteral("%1.corrupt-%2%3").arg(path, stamp, number);
    if (QFile::exists(target)) continue;
    if (!QFile::rename(path, target)) return {};
    QFile::rename(path + QStringLiteral("-wal"), target + QStringLiteral("-wal"));
    QFile::rename(path + QStringLiteral("-shm"), target + QStringLiteral("-shm"));
    return target;
  }
  return {};
}

/// SQLite writes even when it only reads (it plays the log back), so it works on a copy.
class WorkingCopy {
 public:
  explicit WorkingCopy(const QString& original) : path_(original + QStringLiteral(".reading")) {
    for (const QString& suffix : companions()) QFile::copy(original + suffix, path_ + suffix);
  }
  ~WorkingCopy() {
    for (const QString& suffix : companions()) QFile::remove(path_ + suffix);
  }
  WorkingCopy(const WorkingCopy&) = delete;
  WorkingCopy& operator=(const WorkingCopy&) = delete;
  const QString& path() const { return path_; }

 private:
  QString path_;
};

using CopyRow = StoreResult<void> (*)(const SqliteStatement& row, SqliteStatement& insert);

/// Copies rows by ascending rowid until the first unreadable page, then by descending rowid, so
/// that one bad page loses only what lies on it.
int copyTable(const SqliteConnection& from, const SqliteConnection& to, const char* select,
              const char* insertSql, CopyRow copyRow) {
  auto insert = to.prepare(insertSql);
  if (!insert) return 0;
  int n = 0;
  QSet<std::int64_t> seen;
  for (const char* order : {"NOT INDEXED ORDER BY id ASC", "NOT INDEXED ORDER BY id DESC"}) {
    auto rows = from.prepare((QByteArray(select) + order).constData());
    if (!rows) return n;
    auto row = rows->step();
    for (; row && *row; row = rows->step()) {
      const std::int64_t id = rows->integer(0);
      if (seen.contains(id)) break;  // met what the first direction read
      seen.insert(id);
      if (copyRow(*rows, *insert)) ++n;
    }
    if (row && !*row) return n;  // read to the end: nothing is missing
  }
  return n;
}

/// Messages whose conversation row was lost get a new one, so that they can be reached.
StoreResult<int> adoptOrphans(const SqliteConnection& db) {
  QList<ConversationRecord> adopted;
  {
    auto orphans = db.prepare(
        "SELECT conversation, max(created_ms) FROM messages WHERE conversation NOT IN "
        "(SELECT id FROM conversations) GROUP BY conversation");
    if (!orphans) return tl::unexpected(std::move(orphans.error()));
    auto row = orphans->step();
    for (; row && *row; row = orphans->step()) {
      ConversationRecord record;
      record.id = ConversationId{orphans->integer(0)};
      record.updatedMs = record.createdMs = orphans->integer(1);
      adopted.append(record);
    }
    if (!row) return tl::unexpected(std::move(row.error()));
  }
  const auto newest = db.integer("SELECT max(sequence) FROM conversations");
  auto insert = db.prepare(kInsertConversation);
  if (!newest || !insert) return 0;
  std::int64_t sequence = *newest;
  for (ConversationRecord& record : adopted) {
    record.sequence = ++sequence;
    record.title = QCoreApplication::translate("store", "Recovered conversation");
    STORE_RETURN_IF_ERROR(writeConversation(*insert, record));
  }
  return static_cast<int>(adopted.size());
}

void copyAll(const SqliteConnection& from, const SqliteConnection& to, SalvageReport& report) {
  if (!to.execute("BEGIN IMMEDIATE")) return;
  const int nConversations =
      copyTable(from, to, kSelectConversations, kInsertConversation, copyConversation);
  const int nMessages = copyTable(from, to, kSelectMessages, kInsertMessage, copyMessage);
  const int nAdopted = adoptOrphans(to).value_or(0);
  if (!to.execute("COMMIT")) return;
  report.nConversations = nConversations + nAdopted;
  report.nMessages = nMessages;
}

}  // namespace

SalvageReport setAsideAndSalvage(const QString& path) {
  SalvageReport report;
  report.keptAs = setAside(path);
  if (report.keptAs.isEmpty()) return report;
  // Made by the ordinary way, and closed again: it has its tables then.
  if (!ConversationDatabase::open(path)) return report;
  const WorkingCopy copy(report.keptAs);
  const auto from = SqliteConnection::open(copy.path(), SqliteConnection::Mode::Salvage);
  const auto to = SqliteConnection::open(path, SqliteConnection::Mode::ReadWrite);
  if (from && to && to->execute("PRAGMA locking_mode = EXCLUSIVE")) copyAll(*from, *to, report);
  return report;
}

}  // namespace app
