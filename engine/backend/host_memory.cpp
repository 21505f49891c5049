// Host memory of the backends that compute on the CPU: buffers and row copies. Used by reference
// and cpu.
#include "engine/backend/host_memory.h"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>

#include "engine/base/check.h"

namespace engine {

namespace {

constexpr std::size_t kAlignment = 64;
// From here on a buffer is its own mapping: zero pages come from the kernel, untouched pages cost
// nothing, and huge pages save TLB misses on cache rows and scratch panels.
constexpr std::size_t kMapThreshold = std::size_t{2} << 20;

void release_heap(void* data, void*) { std::free(data); }

void release_mapping(void* data, void* context) {
  munmap(data, reinterpret_cast<std::uintptr_t>(context));
}

Error out_of_memory(std::int64_t n_elements) {
  return {ErrorCode::OutOfMemory,
          "memory for " + std::to_string(n_elements) + " float32 values (" +
              std::to_string(static_cast<double>(n_elements) * 4.0 / (1 << 20)) +
              " MiB) could not be had; choose a shorter context or close other programs"};
}

std::size_t row_bytes(std::int64_t cols) { return static_cast<std::size_t>(cols) * sizeof(float); }

}  // namespace

Result<Buffer> allocate_host(std::int64_t n_elements) {
  constexpr std::int64_t kMost = (std::numeric_limits<std::int64_t>::max() >> 3) / 4;
  if (n_elements < 0 || n_elements > kMost) return unexpected(out_of_memory(n_elements));
  const std::size_t wanted = static_cast<std::size_t>(n_elements) * sizeof(float);
  const std::size_t bytes = (wanted + kAlignment - 1) / kAlignment * kAlignment + kAlignment;
  if (bytes < kMapThreshold) {
    void* data = std::aligned_alloc(kAlignment, bytes);
    if (data == nullptr) return unexpected(out_of_memory(n_elements));
    std::memset(data, 0, bytes);
    return Buffer(static_cast<float*>(data), n_elements, release_heap, nullptr);
  }
  void* data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED) return unexpected(out_of_memory(n_elements));
  madvise(data, bytes, MADV_HUGEPAGE);  // only a wish: not every kernel offers it
  return Buffer(static_cast<float*>(data), n_elements, release_mapping,
                reinterpret_cast<void*>(bytes));
}

void copy_rows(ConstMatView from, MatView to) {
  for (std::int64_t r = 0; r < from.rows; ++r) {
    std::memmove(to.row(r), from.row(r), row_bytes(from.cols));
  }
}

void copy_to_rows(std::span<const float> from, MatView to) {
  CHECK_EQ(static_cast<std::int64_t>(from.size()), to.rows * to.cols);
  for (std::int64_t r = 0; r < to.rows; ++r) {
    std::memcpy(to.row(r), from.data() + r * to.cols, row_bytes(to.cols));
  }
}

void copy_from_rows(ConstMatView from, std::span<float> to) {
  CHECK_EQ(static_cast<std::int64_t>(to.size()), from.rows * from.cols);
  for (std::int64_t r = 0; r < from.rows; ++r) {
    std::memcpy(to.data() + r * from.cols, from.row(r), row_bytes(from.cols));
  }
}

}  // namespace engine
