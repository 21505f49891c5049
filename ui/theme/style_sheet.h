// The application's style sheet, filled with the theme's colours and units.
#pragma once

#include <QString>

namespace ui {

class Theme;

QString styleSheet(const Theme& theme);

}  // namespace ui
