// Pooling of neighbouring cache slots by their value farthest from zero.
// Called by the attention views before painting.
#include "ui/inspector/slot_pooling.h"

#include <algorithm>
#include <cmath>

namespace ui {

PooledSlots poolSlots(std::span<const float> values, std::int64_t maxBuckets) {
  PooledSlots pooled;
  const auto nSlots = static_cast<std::int64_t>(values.size());
  if (nSlots == 0 || maxBuckets <= 0) return pooled;
  pooled.slotsPerBucket = (nSlots + maxBuckets - 1) / maxBuckets;
  for (std::int64_t begin = 0; begin < nSlots; begin += pooled.slotsPerBucket) {
    const std::int64_t end = std::min(nSlots, begin + pooled.slotsPerBucket);
    std::int64_t peak = begin;
    double sum = 0.0;
    for (std::int64_t slot = begin; slot < end; ++slot) {
      const float value = values[static_cast<std::size_t>(slot)];
      sum += static_cast<double>(value);
      if (std::fabs(value) > std::fabs(values[static_cast<std::size_t>(peak)])) peak = slot;
    }
    pooled.peaks.push_back(values[static_cast<std::size_t>(peak)]);
    pooled.means.push_back(static_cast<float>(sum / static_cast<double>(end - begin)));
    pooled.peakSlot.push_back(peak);
  }
  return pooled;
}

}  // namespace ui
