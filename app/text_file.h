// readTextFile: a small text file the user chose, for widgets, which read no files themselves.
#pragma once

#include <QString>

#include "engine/base/result.h"

namespace app {

/// UTF-8 text of at most `maxBytes`; the error says what is wrong with the file.
engine::Result<std::string> readTextFile(const QString& path, qint64 maxBytes);

}  // namespace app
