// SystemScheme: whether the desktop asks for dark colours: its palette first, then the XDG
// appearance setting when a session bus is there. Asks asynchronously; never blocks the window.
#pragma once

#include <QDBusVariant>
#include <QObject>

namespace ui {

class SystemScheme : public QObject {
  Q_OBJECT
 public:
  explicit SystemScheme(QObject* parent = nullptr);
  /// What the palette of the platform says.
  static bool paletteIsDark();

 Q_SIGNALS:
  /// The desktop's own setting, when it has one; again when it changes.
  void schemeRead(bool dark);

 private Q_SLOTS:
  void onSettingChanged(const QString& group, const QString& key, const QDBusVariant& value);

 private:
  void readFromPortal();
};

}  // namespace ui
