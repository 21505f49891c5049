// What a finding is about, in the user's language, by its stable code. The engine's own sentence,
// with names and numbers, is English and stands beside it.
#pragma once

#include <QString>

namespace ui {

/// "a tensor is missing"; the code itself when it is not known here.
QString findingTitle(const QString& code);

}  // namespace ui
