#include "app/text_file.h"

#include <QFile>

namespace app {

engine::Result<std::string> readTextFile(const QString& path, qint64 maxBytes) {
  QFile file(path);
  const std::string name = path.toStdString();
  if (!file.open(QIODevice::ReadOnly)) {
    return engine::fail(engine::ErrorCode::Io, name + ": " + file.errorString().toStdString());
  }
  const QByteArray bytes = file.read(maxBytes + 1);
  if (bytes.size() > maxBytes) {
    return engine::fail(engine::ErrorCode::LimitExceeded,
                        name + ": longer than " + std::to_string(maxBytes) + " bytes");
  }
  if (bytes.contains('\0')) {
    return engine::fail(engine::ErrorCode::InvalidFile, name + ": this is not a text file");
  }
  return bytes.toStdString();
}

}  // namespace app
