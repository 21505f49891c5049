// More cache slots than pixels: neighbours share a bucket, which keeps its largest value and its
// mean. A lone spike among thousands of slots therefore stays as tall as it is.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace ui {

struct PooledSlots {
  std::int64_t slotsPerBucket = 1;     // 1: nothing was pooled, every bucket is one slot
  std::vector<float> peaks;            // [n_buckets] the value farthest from zero
  std::vector<float> means;            // [n_buckets]
  std::vector<std::int64_t> peakSlot;  // [n_buckets] the slot that holds the peak

  bool operator==(const PooledSlots&) const = default;
};

/// At most `maxBuckets` buckets of equal width; the last may be shorter. `values` may be signed.
PooledSlots poolSlots(std::span<const float> values, std::int64_t maxBuckets);

}  // namespace ui
