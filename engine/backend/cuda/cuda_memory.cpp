// GPU memory of one backend: weight slabs and scratch.
#include "engine/backend/cuda/cuda_memory.h"

#include <algorithm>

namespace engine::cuda {

void* SlabMemory::take(std::int64_t n_bytes) {
  const std::int64_t wanted = (n_bytes + kAlignment - 1) / kAlignment * kAlignment;
  if (slabs_.empty() || slabs_.back().n_bytes() - used_ < wanted) {
    DeviceMemory slab(device_, std::max(wanted, next_slab_));
    // Near the end of the memory a whole slab may be too much where the weight itself fits.
    if (slab.data() == nullptr && wanted < next_slab_) slab = DeviceMemory(device_, wanted);
    if (slab.data() == nullptr) return nullptr;
    next_slab_ = std::min(2 * next_slab_, kLargestSlab);
    slabs_.push_back(std::move(slab));
    used_ = 0;
  }
  void* at = static_cast<std::byte*>(slabs_.back().data()) + used_;
  used_ += wanted;
  taken_bytes_ += wanted;
  return at;
}

bool Scratch::holds(ScratchKind kind, std::int64_t n_bytes) const {
  const DeviceMemory& memory = memory_[static_cast<std::size_t>(kind)];
  return memory.data() != nullptr && memory.n_bytes() >= n_bytes;
}

void* Scratch::bytes(ScratchKind kind, std::int64_t n_bytes) {
  DeviceMemory& memory = memory_[static_cast<std::size_t>(kind)];
  if (holds(kind, n_bytes)) return memory.data();
  memory = DeviceMemory();
  memory = DeviceMemory(device_, std::max<std::int64_t>(n_bytes, 256));
  if (memory.data() == nullptr) wanted_ = n_bytes;
  return memory.data();
}

}  // namespace engine::cuda
