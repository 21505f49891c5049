// Picks one row of attention: one head, or the mean or maximum over the heads of the layer.
// Called when the selection or the answer of the engine changes, not while painting.
#include "ui/inspector/attention_slice.h"

#include <span>

namespace ui {
namespace {

struct Rows {
  std::span<const float> weights;  // [n_heads, n_positions], as the two below
  std::span<const float> content;
  std::span<const float> rope;
  std::size_t nHeads;
  std::size_t nPositions;
};

void takeHead(const Rows& rows, std::size_t head, AttentionSlice& out) {
  const std::size_t begin = head * rows.nPositions;
  const auto copy = [&](std::span<const float> from) {
    if (from.empty()) return std::vector<float>{};
    const auto row = from.subspan(begin, rows.nPositions);
    return std::vector<float>(row.begin(), row.end());
  };
  out.weights = copy(rows.weights);
  out.contentScores = copy(rows.content);
  out.ropeScores = copy(rows.rope);
}

void takeMean(const Rows& rows, AttentionSlice& out) {
  const auto mean = [&](std::span<const float> from) {
    if (from.empty()) return std::vector<float>{};
    std::vector<float> result(rows.nPositions);
    for (std::size_t slot = 0; slot < rows.nPositions; ++slot) {
      double sum = 0.0;
      for (std::size_t head = 0; head < rows.nHeads; ++head) {
        sum += static_cast<double>(from[head * rows.nPositions + slot]);
      }
      result[slot] = static_cast<float>(sum / static_cast<double>(rows.nHeads));
    }
    return result;
  };
  out.weights = mean(rows.weights);
  out.contentScores = mean(rows.content);
  out.ropeScores = mean(rows.rope);
}

void takeMaximum(const Rows& rows, AttentionSlice& out) {
  takeHead(rows, 0, out);
  out.heads.assign(rows.nPositions, 0);
  for (std::size_t head = 1; head < rows.nHeads; ++head) {
    for (std::size_t slot = 0; slot < rows.nPositions; ++slot) {
      const std::size_t at = head * rows.nPositions + slot;
      if (rows.weights[at] <= out.weights[slot]) continue;
      out.weights[slot] = rows.weights[at];
      out.contentScores[slot] = rows.content[at];
      if (!rows.rope.empty()) out.ropeScores[slot] = rows.rope[at];
      out.heads[slot] = static_cast<std::int32_t>(head);
    }
  }
}

}  // namespace

AttentionSlice sliceAttention(const engine::AttentionRows& rows, app::HeadChoice choice) {
  AttentionSlice out;
  out.choice = choice;
  if (rows.n_heads <= 0 || rows.n_positions <= 0) return out;
  const Rows view{rows.weights, rows.content_scores, rows.rope_scores,
                  static_cast<std::size_t>(rows.n_heads),
                  static_cast<std::size_t>(rows.n_positions)};
  const std::size_t nValues = view.nHeads * view.nPositions;
  if (view.weights.size() != nValues || view.content.size() != nValues ||
      (!view.rope.empty() && view.rope.size() != nValues)) {
    return out;
  }
  out.isPicked = !rows.picked.empty();
  switch (choice.mode) {
    case app::HeadMode::Mean:
      takeMean(view, out);
      break;
    case app::HeadMode::Maximum:
      takeMaximum(view, out);
      break;
    case app::HeadMode::Single:
      if (choice.head.value >= 0 && choice.head.value < rows.n_heads) {
        takeHead(view, static_cast<std::size_t>(choice.head.value), out);
      }
      break;
  }
  return out;
}

std::int64_t rankOfSlot(const std::vector<float>& weights, std::int64_t slot) {
  std::int64_t rank = 0;
  const float own = weights[static_cast<std::size_t>(slot)];
  for (std::size_t other = 0; other < weights.size(); ++other) {
    const bool earlierTie = weights[other] == own && static_cast<std::int64_t>(other) < slot;
    if (weights[other] > own || earlierTie) ++rank;
  }
  return rank;
}

}  // namespace ui
