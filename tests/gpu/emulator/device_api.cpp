// The host side of CUDA over the emulator: memory of its own, work done when it is asked for.
#include "engine/backend/cuda/device_api.h"

#include <cstdlib>
#include <cstring>

#include "tests/gpu/emulator/device_memory.h"
#include "tests/gpu/emulator/scheduler.h"

namespace engine::cuda {

namespace {

template <class Work>
void queue(const Work& work) {
  if (simt::capture() == nullptr) return work();
  simt::capture()->push_back(work);
}

}  // namespace

void Device::note(int status, const char* what) {
  if (status != 0 && capturing_) {
    capture_failed_ = true;
    return;
  }
  if (status != 0 && failure_.empty()) failure_ = std::string(what) + ": invalid argument";
}

Device::~Device() = default;

bool Device::open(int) {
  open_ = true;
  properties_ = {"SIMT emulator", 9, 0, 4};
  return true;
}

void* Device::allocate(std::int64_t n_bytes) {
  if (capturing_) note(1, "allocating in a capture");
  return simt::allocate_device(n_bytes);
}
void Device::release(void* p) { simt::free_device(p); }
void* Device::allocate_pinned(std::int64_t n_bytes) {
  return std::malloc(static_cast<std::size_t>(n_bytes));
}
void Device::release_pinned(void* p) { std::free(p); }
std::int64_t Device::free_bytes() { return simt::device_bytes_free(); }

void Device::fill_zero(void* p, std::int64_t n_bytes) {
  if (!simt::is_device_range(p, n_bytes)) return note(1, "clearing GPU memory");
  queue([=] {
    std::memset(p, 0, static_cast<std::size_t>(n_bytes));
    simt::mark_written(p, n_bytes);
  });
}

// From memory that is not page-locked: what a graph would read at its launch is long gone.
void Device::to_device(void* device, const void* host, std::int64_t n_bytes) {
  if (!simt::is_device_range(device, n_bytes)) return note(1, "copying to the GPU");
  if (n_bytes > 0 && simt::capture() != nullptr) return note(1, "copying to the GPU in a capture");
  if (n_bytes == 0) return;
  std::memcpy(device, host, static_cast<std::size_t>(n_bytes));
  simt::mark_written(device, n_bytes);
}

void Device::to_host(void* host, const void* device, std::int64_t n_bytes) {
  if (!simt::is_device_range(device, n_bytes)) return note(1, "copying from the GPU");
  if (n_bytes == 0) return;
  queue([=] { std::memcpy(host, device, static_cast<std::size_t>(n_bytes)); });
}

void Device::between(void* to, const void* from, std::int64_t n_bytes) {
  if (!simt::is_device_range(to, n_bytes) || !simt::is_device_range(from, n_bytes)) {
    return note(1, "copying on the GPU");
  }
  queue([=] {
    std::memmove(to, from, static_cast<std::size_t>(n_bytes));
    simt::mark_written(to, n_bytes);
  });
}

void Device::synchronize() {
  if (simt::capture() != nullptr) return note(1, "waiting in a capture");
  ++simt::counts().waits;
}

// A fault of a kernel is an error that stays, as on a GPU.
void Device::check_launch(const char* what) {
  if (simt::n_faults() > 0 && failure_.empty()) {
    failure_ = std::string(what) + ": " + simt::first_fault();
  }
}

bool Device::begin_capture() {
  capturing_ = true;
  capture_failed_ = simt::captures_fail();
  simt::set_capture(new simt::Work);
  return true;
}

GraphHandle Device::end_capture() {
  simt::Work* work = simt::capture();
  simt::set_capture(nullptr);
  capturing_ = false;
  if (!capture_failed_) return work;
  delete work;
  return nullptr;
}

void Device::launch(GraphHandle graph) {
  ++simt::counts().graph_launches;
  for (const auto& work : *static_cast<simt::Work*>(graph)) work();
  check_launch("a recorded step");
}

void Device::release_graph(GraphHandle graph) { delete static_cast<simt::Work*>(graph); }

}  // namespace engine::cuda
