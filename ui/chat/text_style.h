// TextStyle: fonts, colours and sizes of message text, taken from the theme once per layout.
#pragma once

#include <QColor>
#include <QFont>

namespace ui {

class Theme;

struct TextStyle {
  QFont content;
  QFont mono;
  QColor text;
  QColor muted;
  QColor link;
  QColor line;
  QColor raised;
  int unit = 4;
};

TextStyle textStyle(const Theme& theme);

}  // namespace ui
