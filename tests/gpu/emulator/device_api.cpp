// The host side of CUDA over the emulator: memory of its own, work done when it is asked for,
// copies from and to page-locked memory as late as they may be.
#include "engine/backend/cuda/device_api.h"

#include <cstdlib>
#include <cstring>
#include <map>
#include <string>

#include "tests/gpu/emulator/device_memory.h"
#include "tests/gpu/emulator/scheduler.h"

namespace engine::cuda {

namespace {

template <class Work>
void queue(const Work& work) {
  const auto in_turn = [=] {
    simt::perform_copies(simt::n_put_off());
    work();
  };
  if (simt::capture() == nullptr) return in_turn();
  simt::capture()->push_back(in_turn);
}

template <class Copy>
void queue_late(const Copy& copy) {
  const auto late = [=] { simt::put_off(copy); };
  if (simt::capture() == nullptr) return late();
  simt::capture()->push_back(late);
}

std::map<const std::byte*, std::int64_t>& pinned() {
  static std::map<const std::byte*, std::int64_t> bytes_by_begin;
  return bytes_by_begin;
}

bool is_pinned(const void* p) {
  const auto* at = static_cast<const std::byte*>(p);
  const auto next = pinned().upper_bound(at);
  return next != pinned().begin() && at < std::prev(next)->first + std::prev(next)->second;
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

bool Device::open(int ordinal) {
  open_ = true;
  properties_ = {"SIMT emulator", 9, 0, 4};
  if (ordinal > 0) properties_.name += " " + std::to_string(ordinal);
  return true;
}

void* Device::allocate(std::int64_t n_bytes) {
  if (capturing_) note(1, "allocating in a capture");
  return simt::allocate_device(n_bytes);
}
void Device::release(void* p) {
  simt::perform_copies(simt::n_put_off());
  simt::free_device(p);
}
void* Device::allocate_pinned(std::int64_t n_bytes) {
  auto* p = static_cast<std::byte*>(std::malloc(static_cast<std::size_t>(n_bytes)));
  if (p != nullptr) pinned()[p] = n_bytes;
  return p;
}
void Device::release_pinned(void* p) {
  simt::perform_copies(simt::n_put_off());
  pinned().erase(static_cast<std::byte*>(p));
  std::free(p);
}
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
  const auto copy = [=] {
    std::memcpy(device, host, static_cast<std::size_t>(n_bytes));
    simt::mark_written(device, n_bytes);
  };
  if (is_pinned(host)) return queue_late(copy);
  queue(copy);
}

void Device::to_host(void* host, const void* device, std::int64_t n_bytes) {
  if (!simt::is_device_range(device, n_bytes)) return note(1, "copying from the GPU");
  if (n_bytes == 0) return;
  const auto copy = [=] { std::memcpy(host, device, static_cast<std::size_t>(n_bytes)); };
  if (is_pinned(host)) return queue_late(copy);
  queue(copy);
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
  simt::perform_copies(simt::n_put_off());
}

EventHandle Device::make_event() { return new std::int64_t(0); }
void Device::record(EventHandle event) { *event = simt::n_put_off(); }
void Device::wait(EventHandle event) {
  ++simt::counts().waits;
  simt::perform_copies(*event);
}
void Device::release_event(EventHandle event) { delete event; }

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
