#include "app/unsaved_rows.h"

#include <QDateTime>
#include <QDir>
#include <QFileInfo>

namespace app {

StoreResult<void> writeUnsaved(const QString& path, const QList<StoreRow>& rows) {
  const QString stamp =
      QDateTime::currentDateTimeUtc().toString(QStringLiteral("yyyyMMdd-HHmmss-zzz"));
  auto database = ConversationDatabase::open(QStringLiteral("%1.unsaved-%2").arg(path, stamp));
  if (!database) return tl::unexpected(std::move(database.error()));
  return database->write(rows);
}

UnsavedRows readUnsaved(const QString& path) {
  UnsavedRows unsaved;
  const QFileInfo info(path);
  const QDir folder = info.dir();
  const QStringList names =
      folder.entryList({info.fileName() + QStringLiteral(".unsaved-*")}, QDir::Files, QDir::Name);
  for (const QString& name : names) {
    const bool isLog = name.endsWith(QStringLiteral("-wal")) ||
                       name.endsWith(QStringLiteral("-shm")) ||
                       name.endsWith(QStringLiteral("-journal"));
    if (isLog) continue;
    auto database = ConversationDatabase::open(folder.filePath(name));
    if (!database) continue;
    auto rows = database->allRows();
    if (!rows) continue;
    unsaved.files.append(folder.filePath(name));
    unsaved.rows.append(*rows);
  }
  return unsaved;
}

void removeUnsaved(const UnsavedRows& unsaved) {
  for (const QString& file : unsaved.files) {
    for (const char* suffix : {"", "-wal", "-shm"}) QFile::remove(file + QLatin1String(suffix));
  }
}

}  // namespace app
