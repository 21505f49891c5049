// ModelLibrary: which checkpoints were opened, the bundled one, and which to open at start.
#pragma once

#include <QList>
#include <QObject>
#include <QString>

namespace app {

class AppSettings;

struct LibraryEntry {
  QString path;
  QString name;  // the folder's name
  bool isMissing = false;
  bool operator==(const LibraryEntry&) const = default;
};

class ModelLibrary : public QObject {
  Q_OBJECT

 public:
  static constexpr int kMaxRecent = 12;

  /// `demoPath`: the bundled checkpoint's folder, or "" to look beside the program.
  ModelLibrary(AppSettings& settings, const QString& demoPath, QObject* parent = nullptr);

  /// Newest first. Missing ones are kept and marked; looks at the disk when called.
  QList<LibraryEntry> recent() const;
  /// Folder of the bundled checkpoint; "" when it is not installed.
  QString demoPath() const { return demoPath_; }
  /// The last one opened if it is still there, else the bundled one, else "".
  QString startPath() const;
  void noteOpened(const QString& path);
  void forget(const QString& path);
  void clear();

 Q_SIGNALS:
  void recentChanged();

 private:
  AppSettings& settings_;
  QString demoPath_;
};

/// Where the bundled checkpoint may lie, seen from the program's folder: beside a build, and
/// installed. First existing one, or "".
QString findDemoCheckpoint(const QString& programDir);

}  // namespace app
