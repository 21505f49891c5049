#include "app/model_library.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>

#include "app/app_settings.h"

namespace app {

QString findDemoCheckpoint(const QString& programDir) {
  const QStringList places = {
      QStringLiteral("../share/bathyscope/demo-model"),  // installed
      QStringLiteral("../../../resources/demo-model"),   // build/<preset>/bin
      QStringLiteral("../../resources/demo-model"),
      QStringLiteral("../resources/demo-model"),
      QStringLiteral("demo-model"),
  };
  for (const QString& place : places) {
    const QString path = QDir::cleanPath(QDir(programDir).filePath(place));
    if (QFileInfo::exists(path + QStringLiteral("/config.json"))) return path;
  }
  return {};
}

ModelLibrary::ModelLibrary(AppSettings& settings, const QString& demoPath, QObject* parent)
    : QObject(parent),
      settings_(settings),
      demoPath_(demoPath.isEmpty() ? findDemoCheckpoint(QCoreApplication::applicationDirPath())
                                   : demoPath) {}

QList<LibraryEntry> ModelLibrary::recent() const {
  QList<LibraryEntry> entries;
  for (const QString& path : settings_.values().recentCheckpoints) {
    const QFileInfo info(path);
    entries.append({path, info.fileName(), !info.exists()});
  }
  return entries;
}

QString ModelLibrary::startPath() const {
  const QString last = settings_.values().lastCheckpoint;
  return !last.isEmpty() && QFileInfo::exists(last) ? last : demoPath_;
}

void ModelLibrary::noteOpened(const QString& path) {
  SettingsValues values = settings_.values();
  values.lastCheckpoint = path;
  values.recentCheckpoints.removeAll(path);
  values.recentCheckpoints.prepend(path);
  values.recentCheckpoints = values.recentCheckpoints.mid(0, kMaxRecent);
  settings_.setValues(values);
  Q_EMIT recentChanged();
}

void ModelLibrary::forget(const QString& path) {
  SettingsValues values = settings_.values();
  values.recentCheckpoints.removeAll(path);
  settings_.setValues(values);
  Q_EMIT recentChanged();
}

void ModelLibrary::clear() {
  SettingsValues values = settings_.values();
  values.recentCheckpoints.clear();
  settings_.setValues(values);
  Q_EMIT recentChanged();
}

}  // namespace app
