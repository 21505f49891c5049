// Rows that could not be saved before the program ended wait in a small database beside the real
// one and are taken over at the next start. Part of conversation_store.
#pragma once

#include <QList>
#include <QString>
#include <QStringList>

#include "app/conversation_database.h"

namespace app {

struct UnsavedRows {
  QStringList files;
  QList<StoreRow> rows;
};

/// Beside the database at `path`, as `<path>.unsaved-<time>`.
StoreResult<void> writeUnsaved(const QString& path, const QList<StoreRow>& rows);
/// Everything that waits there; files that cannot be read now are left alone.
UnsavedRows readUnsaved(const QString& path);
void removeUnsaved(const UnsavedRows& unsaved);

}  // namespace app
