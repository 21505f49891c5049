// One row of attention picked out of a layer's heads: a single head, the mean or the maximum over
// heads. Means and maxima are taken over the engine's weights; nothing is smoothed.
#pragma once

#include <cstdint>
#include <vector>

#include "app/selection.h"
#include "engine/runtime/events.h"

namespace ui {

struct AttentionSlice {
  app::HeadChoice choice;
  std::vector<float> weights;        // [n_positions]
  std::vector<float> contentScores;  // [n_positions]; of the head in `heads` with Maximum
  std::vector<float> ropeScores;     // [n_positions]
  std::vector<std::int32_t> heads;   // [n_positions] with Maximum: the head the weight is from
  bool operator==(const AttentionSlice&) const = default;
};

/// Empty when `rows` does not hold n_heads × n_positions values, or the head does not exist.
AttentionSlice sliceAttention(const engine::AttentionRows& rows, app::HeadChoice choice);

/// 0 = the slot read most; ties count the earlier slot first.
std::int64_t rankOfSlot(const std::vector<float>& weights, std::int64_t slot);

}  // namespace ui
