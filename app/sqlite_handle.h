// A thin, checked way to SQLite's C interface: connection, statement, error as a value.
// Used by conversation_database only, on the store thread.
#pragma once

#include <QByteArray>
#include <QString>
#include <cstdint>
#include <memory>
#include <tl/expected.hpp>

struct sqlite3;
struct sqlite3_stmt;

namespace app {

/// Which way of going on fits a failure.
enum class StoreFault {
  Locked,    // somebody else has the database
  Corrupt,   // the file is not (or no longer) a sound database of ours
  ReadOnly,  // cannot be written here
  Full,      // no space, or a limit of the file system
  Io,        // reading or writing failed
  TooBig,    // one value is larger than allowed
  Other,
};

struct StoreError {
  StoreFault fault = StoreFault::Other;
  int code = 0;  // SQLite's extended result code
  QString text;
};

template <class T = void>
using StoreResult = tl::expected<T, StoreError>;

#define STORE_RETURN_IF_ERROR(expr)                           \
  do {                                                        \
    auto store_result = (expr);                               \
    if (!store_result.has_value()) {                          \
      return tl::unexpected(std::move(store_result.error())); \
    }                                                         \
  } while (false)

class SqliteStatement {
 public:
  SqliteStatement(sqlite3* db, sqlite3_stmt* statement) : db_(db), statement_(statement) {}
  ~SqliteStatement();
  SqliteStatement(SqliteStatement&& other) noexcept;
  SqliteStatement& operator=(SqliteStatement&&) = delete;

  // Parameters and columns are counted from 0. Bound bytes must live until step() has run.
  void bind(int index, std::int64_t value);
  void bindText(int index, const QByteArray& utf8);
  void bindBlob(int index, const QByteArray& bytes);
  /// True: a row is there. False: done.
  StoreResult<bool> step();
  /// Runs to the end, ready for new parameters.
  StoreResult<void> run();
  void reset();

  std::int64_t integer(int column) const;
  /// A copy of the raw bytes, whatever the column's type says.
  QByteArray bytes(int column) const;

 private:
  sqlite3* db_;
  sqlite3_stmt* statement_;
};

class SqliteConnection {
 public:
  enum class Mode { ReadWrite, ReadOnlyImmutable };
  /// Hardened: no trusted schema, no triggers or views, defensive, small limits. Never waits for a
  /// lock.
  static StoreResult<SqliteConnection> open(const QString& path, Mode mode);
  SqliteConnection(SqliteConnection&&) noexcept = default;
  SqliteConnection& operator=(SqliteConnection&&) noexcept = default;

  StoreResult<SqliteStatement> prepare(const char* sql) const;
  StoreResult<void> execute(const char* sql) const;
  /// First column of the first row; 0 without a row.
  StoreResult<std::int64_t> integer(const char* sql) const;
  StoreResult<QByteArray> text(const char* sql) const;
  bool isReadOnly() const;
  std::int64_t changes() const;

 private:
  struct Close {
    void operator()(sqlite3* db) const;
  };
  explicit SqliteConnection(sqlite3* db) : db_(db) {}
  std::unique_ptr<sqlite3, Close> db_;
};

}  // namespace app
