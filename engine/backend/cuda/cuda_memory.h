// GPU memory of one backend: slabs for weights, scratch that keeps its size, page-locked staging.
// All of it RAII over Device.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "engine/backend/cuda/device_api.h"

namespace engine::cuda {

/// One allocation, given back through the Device it came from.
template <void* (Device::*kAllocate)(std::int64_t), void (Device::*kRelease)(void*)>
class OwnedMemory {
 public:
  OwnedMemory() = default;
  OwnedMemory(Device& device, std::int64_t n_bytes)
      : device_(&device), data_((device.*kAllocate)(n_bytes)), n_bytes_(data_ ? n_bytes : 0) {}
  OwnedMemory(OwnedMemory&& other) noexcept { swap(other); }
  OwnedMemory& operator=(OwnedMemory&& other) noexcept {
    swap(other);
    return *this;
  }
  ~OwnedMemory() {
    if (data_ != nullptr) (device_->*kRelease)(data_);
  }
  void* data() const { return data_; }
  std::int64_t n_bytes() const { return n_bytes_; }

 private:
  void swap(OwnedMemory& other) noexcept {
    std::swap(device_, other.device_);
    std::swap(data_, other.data_);
    std::swap(n_bytes_, other.n_bytes_);
  }
  Device* device_ = nullptr;
  void* data_ = nullptr;
  std::int64_t n_bytes_ = 0;
};
using DeviceMemory = OwnedMemory<&Device::allocate, &Device::release>;
/// Page-locked host memory.
using PinnedMemory = OwnedMemory<&Device::allocate_pinned, &Device::release_pinned>;

/// What the device knows by a handle, given back through it.
template <class Handle, void (Device::*kRelease)(Handle)>
class OwnedHandle {
 public:
  OwnedHandle() = default;
  OwnedHandle(Device& device, Handle handle) : device_(&device), handle_(handle) {}
  OwnedHandle(OwnedHandle&& other) noexcept { swap(other); }
  OwnedHandle& operator=(OwnedHandle&& other) noexcept {
    swap(other);
    return *this;
  }
  ~OwnedHandle() {
    if (handle_ != nullptr) (device_->*kRelease)(handle_);
  }
  Handle handle() const { return handle_; }

 private:
  void swap(OwnedHandle& other) noexcept {
    std::swap(device_, other.device_);
    std::swap(handle_, other.handle_);
  }
  Device* device_ = nullptr;
  Handle handle_ = nullptr;
};
/// A captured sequence of work.
using CapturedWork = OwnedHandle<GraphHandle, &Device::release_graph>;
/// A place in the stream that can be waited for.
using DeviceEvent = OwnedHandle<EventHandle, &Device::release_event>;

/// Weights never go before the backend does: they are cut from large slabs, because thousands of
/// experts as allocations of their own would each be rounded up to the driver's granularity.
class SlabMemory {
 public:
  explicit SlabMemory(Device& device) : device_(device) {}
  /// Null when there is not enough.
  void* take(std::int64_t n_bytes);
  std::int64_t taken_bytes() const { return taken_bytes_; }
  /// What the last slab still has.
  std::int64_t left_bytes() const { return slabs_.empty() ? 0 : slabs_.back().n_bytes() - used_; }

 private:
  // Each twice the last: what is left at a slab's end is a small share of a large model, and little
  // of a small one.
  static constexpr std::int64_t kFirstSlab = std::int64_t{64} << 20;
  static constexpr std::int64_t kLargestSlab = std::int64_t{256} << 20;
  static constexpr std::int64_t kAlignment = 256;
  Device& device_;
  std::vector<DeviceMemory> slabs_;
  std::int64_t next_slab_ = kFirstSlab;
  std::int64_t used_ = 0;  // of the last slab
  std::int64_t taken_bytes_ = 0;
};

/// Scratch of the ops, each kind in memory of its own. Grows only until every op of the model ran
/// once within its limits; `reserve` makes that happen at load time.
enum class ScratchKind {
  Terms,
  InnerTerms,
  HeadTerms,
  Gate,
  Up,
  Pairs,
  Ids,
  Weights,
  Order,
  Tiles,
  NTiles,
  Tokens,
  Absorbed,
  Partial,
  PartialMax,
  PartialSum,
  Totals,
  Picked,
  IndexScores,
  Probe,
  LogitBlocks,
  kCount
};

class Scratch {
 public:
  explicit Scratch(Device& device) : device_(device) {}
  /// At least n_bytes of the kind, what was in it is lost when it grows. Null when there is not
  /// enough.
  void* bytes(ScratchKind kind, std::int64_t n_bytes);
  /// Whether bytes() would give what is there already.
  bool holds(ScratchKind kind, std::int64_t n_bytes) const;
  template <class T>
  T* get(ScratchKind kind, std::int64_t n) {
    return static_cast<T*>(bytes(kind, n * static_cast<std::int64_t>(sizeof(T))));
  }
  std::int64_t wanted_bytes() const { return wanted_; }  // of the request that failed

 private:
  Device& device_;
  std::array<DeviceMemory, static_cast<std::size_t>(ScratchKind::kCount)> memory_;
  std::int64_t wanted_ = 0;
};

}  // namespace engine::cuda
