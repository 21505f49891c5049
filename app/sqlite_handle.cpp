#include "app/sqlite_handle.h"

#include <sqlite3.h>

#include <QFile>
#include <QUrl>

namespace app {

namespace {

StoreFault faultOf(int code) {
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return StoreFault::Locked;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_SCHEMA:
    case SQLITE_FORMAT:
      return StoreFault::Corrupt;
    case SQLITE_READONLY:
      return StoreFault::ReadOnly;
    case SQLITE_FULL:
      return StoreFault::Full;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_PROTOCOL:
      return StoreFault::Io;
    case SQLITE_TOOBIG:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
      return StoreFault::TooBig;
    default:
      return StoreFault::Other;
  }
}

StoreError errorOf(sqlite3* db, int code) {
  const int extended = db != nullptr ? sqlite3_extended_errcode(db) : code;
  const char* text = db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code);
  const int used = (extended & 0xFF) == (code & 0xFF) ? extended : code;
  return {faultOf(used), used, QString::fromUtf8(text)};
}

/// What hostile files could use against us is switched off; see SQLite's "Defense Against The Dark
/// Arts".
void harden(sqlite3* db) {
  sqlite3_extended_result_codes(db, 1);
  sqlite3_busy_timeout(db, 0);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_limit(db, SQLITE_LIMIT_LENGTH, 512 * 1024 * 1024);
  sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH, 100'000);
  sqlite3_limit(db, SQLITE_LIMIT_COLUMN, 100);
  sqlite3_limit(db, SQLITE_LIMIT_EXPR_DEPTH, 50);
  sqlite3_limit(db, SQLITE_LIMIT_COMPOUND_SELECT, 5);
  sqlite3_limit(db, SQLITE_LIMIT_VDBE_OP, 25'000);
  sqlite3_limit(db, SQLITE_LIMIT_FUNCTION_ARG, 16);
  sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_limit(db, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 100);
  sqlite3_limit(db, SQLITE_LIMIT_VARIABLE_NUMBER, 32);
  sqlite3_limit(db, SQLITE_LIMIT_TRIGGER_DEPTH, 2);
}

}  // namespace

SqliteStatement::~SqliteStatement() { sqlite3_finalize(statement_); }

SqliteStatement::SqliteStatement(SqliteStatement&& other) noexcept
    : db_(other.db_), statement_(std::exchange(other.statement_, nullptr)) {}

void SqliteStatement::bind(int index, std::int64_t value) {
  sqlite3_bind_int64(statement_, index + 1, value);
}

void SqliteStatement::bindText(int index, const QByteArray& utf8) {
  sqlite3_bind_text64(statement_, index + 1, utf8.constData(),
                      static_cast<sqlite3_uint64>(utf8.size()), SQLITE_STATIC, SQLITE_UTF8);
}

void SqliteStatement::bindBlob(int index, const QByteArray& bytes) {
  // A null pointer would bind NULL: an empty blob needs an address, too.
  const char* data = bytes.isEmpty() ? "" : bytes.constData();
  sqlite3_bind_blob64(statement_, index + 1, data, static_cast<sqlite3_uint64>(bytes.size()),
                      SQLITE_STATIC);
}

StoreResult<bool> SqliteStatement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return tl::unexpected(errorOf(db_, code));
}

StoreResult<void> SqliteStatement::run() {
  auto result = step();
  while (result && *result) result = step();
  sqlite3_reset(statement_);
  if (!result) return tl::unexpected(std::move(result.error()));
  return {};
}

void SqliteStatement::reset() { sqlite3_reset(statement_); }

std::int64_t SqliteStatement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

QByteArray SqliteStatement::bytes(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  return QByteArray(static_cast<const char*>(data), size);
}

void SqliteConnection::Close::operator()(sqlite3* db) const { sqlite3_close_v2(db); }

StoreResult<SqliteConnection> SqliteConnection::open(const QString& path, Mode mode) {
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
  QByteArray name = QFile::encodeName(path);
  if (mode == Mode::ReadOnlyImmutable) {
    flags |= SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
    name = QUrl::fromLocalFile(path).toEncoded() + "?immutable=1";
  } else {
    flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  }
  sqlite3* db = nullptr;
  const int code = sqlite3_open_v2(name.constData(), &db, flags, nullptr);
  SqliteConnection connection(db);
  if (code != SQLITE_OK) return tl::unexpected(errorOf(db, code));
  harden(db);
  return connection;
}

StoreResult<SqliteStatement> SqliteConnection::prepare(const char* sql) const {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(db_.get(), sql, -1, &statement, nullptr);
  if (code != SQLITE_OK) return tl::unexpected(errorOf(db_.get(), code));
  return SqliteStatement(db_.get(), statement);
}

StoreResult<void> SqliteConnection::execute(const char* sql) const {
  const int code = sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return tl::unexpected(errorOf(db_.get(), code));
  return {};
}

StoreResult<std::int64_t> SqliteConnection::integer(const char* sql) const {
  auto statement = prepare(sql);
  if (!statement) return tl::unexpected(std::move(statement.error()));
  const auto row = statement->step();
  if (!row) return tl::unexpected(row.error());
  return *row ? statement->integer(0) : 0;
}

StoreResult<QByteArray> SqliteConnection::text(const char* sql) const {
  auto statement = prepare(sql);
  if (!statement) return tl::unexpected(std::move(statement.error()));
  const auto row = statement->step();
  if (!row) return tl::unexpected(row.error());
  return *row ? statement->bytes(0) : QByteArray();
}

bool SqliteConnection::isReadOnly() const { return sqlite3_db_readonly(db_.get(), "main") == 1; }

std::int64_t SqliteConnection::changes() const { return sqlite3_changes64(db_.get()); }

}  // namespace app
