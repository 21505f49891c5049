// The host side of CUDA over the CUDA runtime.
#include "engine/backend/cuda/device_api.h"

#include <string>

namespace engine::cuda {

void Device::note(int status, const char* what) {
  if (status == cudaSuccess || !failure_.empty()) return;
  if (capturing_) {
    capture_failed_ = true;
    return;
  }
  const auto error = static_cast<cudaError_t>(status);
  failure_ =
      std::string(what) + ": " + cudaGetErrorString(error) + " (" + cudaGetErrorName(error) + ")";
}

Device::~Device() {
  if (!open_) return;
  cudaStreamSynchronize(stream_);
  cudaStreamDestroy(stream_);
}

bool Device::open(int ordinal) {
  note(cudaSetDevice(ordinal), "choosing the GPU");
  cudaDeviceProp p{};
  if (ok()) note(cudaGetDeviceProperties(&p, ordinal), "asking the GPU for its properties");
  if (ok()) note(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "making a stream");
  open_ = ok();
  properties_ = {p.name, p.major, p.minor, p.multiProcessorCount};
  return open_;
}

void* Device::allocate(std::int64_t n_bytes) {
  void* p = nullptr;
  const cudaError_t status = cudaMalloc(&p, static_cast<std::size_t>(n_bytes));
  if (status == cudaSuccess) return p;
  cudaGetLastError();  // running out does not stay; what a kernel did before does
  if (status != cudaErrorMemoryAllocation) note(status, "allocating GPU memory");
  return nullptr;
}

void Device::release(void* p) {
  if (p != nullptr) note(cudaFree(p), "freeing GPU memory");
}

void* Device::allocate_pinned(std::int64_t n_bytes) {
  void* p = nullptr;
  const cudaError_t status = cudaMallocHost(&p, static_cast<std::size_t>(n_bytes));
  if (status == cudaSuccess) return p;
  cudaGetLastError();
  if (status != cudaErrorMemoryAllocation) note(status, "allocating page-locked memory");
  return nullptr;
}

void Device::release_pinned(void* p) {
  if (p != nullptr) note(cudaFreeHost(p), "freeing page-locked memory");
}

std::int64_t Device::free_bytes() {
  std::size_t free = 0;
  std::size_t total = 0;
  note(cudaMemGetInfo(&free, &total), "asking for free GPU memory");
  return static_cast<std::int64_t>(free);
}

void Device::fill_zero(void* p, std::int64_t n_bytes) {
  if (n_bytes == 0) return;
  note(cudaMemsetAsync(p, 0, static_cast<std::size_t>(n_bytes), stream_), "clearing GPU memory");
}

void Device::to_device(void* device, const void* host, std::int64_t n_bytes) {
  if (n_bytes == 0) return;
  note(cudaMemcpyAsync(device, host, static_cast<std::size_t>(n_bytes), cudaMemcpyHostToDevice,
                       stream_),
       "copying to the GPU");
}

void Device::to_host(void* host, const void* device, std::int64_t n_bytes) {
  if (n_bytes == 0) return;
  note(cudaMemcpyAsync(host, device, static_cast<std::size_t>(n_bytes), cudaMemcpyDeviceToHost,
                       stream_),
       "copying from the GPU");
}

void Device::between(void* to, const void* from, std::int64_t n_bytes) {
  if (n_bytes == 0) return;
  note(cudaMemcpyAsync(to, from, static_cast<std::size_t>(n_bytes), cudaMemcpyDeviceToDevice,
                       stream_),
       "copying on the GPU");
}

void Device::synchronize() { note(cudaStreamSynchronize(stream_), "waiting for the GPU"); }

EventHandle Device::make_event() {
  EventHandle event = nullptr;
  note(cudaEventCreateWithFlags(&event, cudaEventDisableTiming | cudaEventBlockingSync),
       "making an event");
  return event;
}

void Device::record(EventHandle event) {
  note(cudaEventRecord(event, stream_), "recording an event");
}

void Device::wait(EventHandle event) { note(cudaEventSynchronize(event), "waiting for a copy"); }

void Device::release_event(EventHandle event) { note(cudaEventDestroy(event), "freeing an event"); }

void Device::check_launch(const char* what) { note(cudaGetLastError(), what); }

bool Device::begin_capture() {
  if (cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal) != cudaSuccess) {
    cudaGetLastError();
    return false;
  }
  capturing_ = true;
  capture_failed_ = false;
  return true;
}

GraphHandle Device::end_capture() {
  capturing_ = false;
  cudaGraph_t captured = nullptr;
  cudaGraphExec_t graph = nullptr;
  bool good = cudaStreamEndCapture(stream_, &captured) == cudaSuccess && !capture_failed_;
  good = good && captured != nullptr && cudaGraphInstantiate(&graph, captured, 0) == cudaSuccess;
  if (captured != nullptr) cudaGraphDestroy(captured);
  cudaGetLastError();  // what could not be captured does not stay
  return good ? graph : nullptr;
}

void Device::launch(GraphHandle graph) {
  note(cudaGraphLaunch(graph, stream_), "launching a recorded step");
}

void Device::release_graph(GraphHandle graph) {
  if (graph != nullptr) note(cudaGraphExecDestroy(graph), "freeing a recorded step");
}

}  // namespace engine::cuda
