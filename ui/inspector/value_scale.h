// How a magnitude becomes a place between 0 and 1: range and linear/log are explicit, never guessed
// while painting. Used by every map, bar and colour of the inspector; the legend prints the same
// two ends.
#pragma once

#include <algorithm>
#include <cmath>

namespace ui {

enum class ScaleKind { Linear, Log };

struct ValueScale {
  ScaleKind kind = ScaleKind::Linear;
  double low = 0.0;   // drawn as 0; with Log it must be positive
  double high = 1.0;  // drawn as 1

  bool operator==(const ValueScale&) const = default;

  /// 0 at or below `low`, 1 at or above `high`.
  double place(double value) const {
    if (!(value > low)) return 0.0;
    if (value >= high) return 1.0;
    if (kind == ScaleKind::Log) return std::log(value / low) / std::log(high / low);
    return (value - low) / (high - low);
  }

  /// The value drawn at `place`: the inverse of place() inside the range.
  double valueAt(double place) const {
    const double at = std::clamp(place, 0.0, 1.0);
    if (kind == ScaleKind::Log) return low * std::pow(high / low, at);
    return low + at * (high - low);
  }
};

}  // namespace ui
