// The host side of CUDA as the backend uses it: memory, copies, streams, the error that stays. One
// implementation over the CUDA runtime (device_api.cpp), one over the tests' emulator.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#if defined(__CUDACC__) || defined(BATHYSCOPE_CUDA_RUNTIME)
#include <cuda_runtime_api.h>
namespace engine::cuda {
using Stream = cudaStream_t;
}
#else
namespace engine::cuda {
using Stream = int;
}
#endif

namespace engine::cuda {

struct DeviceProperties {
  std::string name;
  int major = 0;
  int minor = 0;
  int n_multiprocessors = 0;
};

/// What was captured, ready to be launched again; a place in the stream. Owned through Device.
#if defined(__CUDACC__) || defined(BATHYSCOPE_CUDA_RUNTIME)
using GraphHandle = cudaGraphExec_t;
using EventHandle = cudaEvent_t;
#else
using GraphHandle = void*;
using EventHandle = std::int64_t*;
#endif

/// Owns a stream of one device and remembers the first failure of anything done through it: CUDA
/// reports faults of kernels at some later call, and after most of them the device is gone for this
/// process.
class Device {
 public:
  Device() = default;
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;
  ~Device();

  /// False when the device cannot be used; failure() says why.
  bool open(int ordinal);
  DeviceProperties properties() const { return properties_; }

  /// Null when there is not enough; never an error that stays.
  void* allocate(std::int64_t n_bytes);
  void release(void* p);
  /// Page-locked host memory, for copies that do not wait.
  void* allocate_pinned(std::int64_t n_bytes);
  void release_pinned(void* p);
  std::int64_t free_bytes();

  void fill_zero(void* p, std::int64_t n_bytes);
  /// From page-locked memory both return before the bytes have been read or written.
  void to_device(void* device, const void* host, std::int64_t n_bytes);
  void to_host(void* host, const void* device, std::int64_t n_bytes);
  void between(void* to, const void* from, std::int64_t n_bytes);
  /// Waits for all of it.
  void synchronize();
  /// Waits only for what was queued before the event was recorded, if it ever was.
  EventHandle make_event();
  void record(EventHandle event);
  void wait(EventHandle event);
  void release_event(EventHandle event);
  /// After a launch.
  void check_launch(const char* what);

  /// From here on nothing runs: launches, clears, copies to page-locked memory and on the device
  /// are captured. Allocating, waiting and copying to the device are not allowed meanwhile. False:
  /// this device or driver captures nothing.
  bool begin_capture();
  /// Null when something could not be captured; never an error that stays.
  GraphHandle end_capture();
  void launch(GraphHandle graph);
  void release_graph(GraphHandle graph);

  Stream stream() const { return stream_; }
  bool ok() const { return failure_.empty(); }
  const std::string& failure() const { return failure_; }

 private:
  void note(int status, const char* what);

  Stream stream_{};
  bool capturing_ = false;
  bool capture_failed_ = false;
  bool open_ = false;
  DeviceProperties properties_;
  std::string failure_;
};

}  // namespace engine::cuda
