// Colour maps for data: cividis and viridis for magnitude, a blue–orange pair for signed values.
// Used by every heat map, legend and by token heat in the chat.
#pragma once

#include <QColor>
#include <array>

namespace ui {

enum class DataMap { Cividis, Viridis, Diverging };
using ColourLut = std::array<QRgb, 256>;

/// 256 opaque colours from the low to the high end; Diverging has its neutral zero at 127.5 and
/// fits its ground (light or dark). Cividis and viridis are the same in both themes.
const ColourLut& colourLut(DataMap map, bool dark);
/// The colour of `t` in 0…1; outside is clamped, NaN is the low end.
QColor dataColour(DataMap map, double t, bool dark);

}  // namespace ui
