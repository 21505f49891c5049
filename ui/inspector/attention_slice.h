// One row of attention picked out of a layer's heads: a single head, the mean or the maximum over
// heads. Means and maxima are taken over the engine's weights; nothing is smoothed.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "app/selection.h"
#include "engine/runtime/events.h"

namespace ui {

struct AttentionSlice {
  app::HeadChoice choice;
  std::vector<float> weights;        // [n_positions]
  std::vector<float> contentScores;  // [n_positions]; of the head in `heads` with Maximum. Without
                                     // MLA the whole score
  std::vector<float> ropeScores;     // [n_positions]; empty without MLA
  std::vector<std::int32_t> heads;   // [n_positions] with Maximum: the head the weight is from
  bool isPicked = false;             // an indexer chose the slots that are read
  bool operator==(const AttentionSlice&) const = default;

  bool hasParts() const { return !ropeScores.empty(); }
  /// Whether the slot takes part at all: not beyond a sliding window, not left out by an indexer.
  bool isRead(std::size_t slot) const {
    return contentScores[slot] != -std::numeric_limits<float>::infinity();
  }
};

/// Empty when `rows` does not hold n_heads × n_positions values, or the head does not exist.
AttentionSlice sliceAttention(const engine::AttentionRows& rows, app::HeadChoice choice);

/// 0 = the slot read most; ties count the earlier slot first.
std::int64_t rankOfSlot(const std::vector<float>& weights, std::int64_t slot);

}  // namespace ui
