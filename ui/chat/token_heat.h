// HeatedToken: how strongly one token of the context is coloured in the text, and in what colour.
#pragma once

#include <QColor>

#include "engine/base/ids.h"

namespace ui {

struct HeatedToken {
  engine::Position position;
  double value = 0;  // 0…1
};

/// Ground for text of a heat value: from the panel's colour to a tint on which body text keeps
/// 4.5:1.
QColor heatColour(double value, bool dark);

}  // namespace ui
