// The way of weights into GPU memory: arranged by several threads into page-locked memory, copied
// from there while the next piece is arranged. Used by place(), gone after loading.
#pragma once

#include <functional>
#include <memory>

#include "engine/backend/cuda/cuda_memory.h"
#include "engine/base/result.h"
#include "engine/base/thread_pool.h"
#include "engine/tensor/weight.h"

namespace engine::cuda {

class WeightUpload {
 public:
  /// OutOfMemory when there is no page-locked memory.
  static Result<std::unique_ptr<WeightUpload>> create(Device& device);
  ~WeightUpload() { device_.synchronize(); }

  /// Queues the copies of a weight's rows and of its scales, if it has some. `host` has been read
  /// when this returns; what the stream does next finds the weight there.
  Result<void> rows(const WeightView& host, std::byte* device);
  Result<void> scales(const WeightView& host, std::byte* device);

 private:
  /// A piece of a weight on its way. Free again once `copied` has happened.
  struct Stage {
    PinnedMemory memory;
    DeviceEvent copied;
  };
  explicit WeightUpload(Device& device) : device_(device) {}
  /// Waits for the older of the two stages and has it filled and copied.
  Result<void> send(std::byte* device, std::int64_t n_bytes,
                    const std::function<void(std::byte* to)>& fill);

  Device& device_;
  Stage stages_[2];
  int next_ = 0;
  std::unique_ptr<ThreadPool> pool_;
};

/// Bytes of a weight's scales of their own (F8_E4M3), 0 without.
std::int64_t scale_bytes(const WeightView& w);

}  // namespace engine::cuda
