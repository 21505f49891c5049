// Device memory of the emulator: every allocation known, its bytes marked once written, a gap
// behind each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace simt {

struct Allocation {
  std::byte* begin = nullptr;
  std::int64_t n_bytes = 0;
  std::vector<std::uint8_t> written;  // per byte
  std::unique_ptr<std::byte[]> storage;
};

/// Unwritten memory, filled with NaN patterns; null when `limit` would be passed.
void* allocate_device(std::int64_t n_bytes);
void free_device(void* p);
void mark_written(void* p, std::int64_t n_bytes);
/// From the host side: false when the range is not inside one allocation.
bool is_device_range(const void* p, std::int64_t n_bytes);

void set_device_limit(std::int64_t n_bytes);
std::int64_t device_bytes_free();
std::int64_t device_bytes_total();
std::int64_t n_device_allocations();

/// From a kernel: a fault unless inside one allocation (and, for reading, written).
void check_read(const void* p, std::size_t n, const Allocation** cache);
void check_write(void* p, std::size_t n, const Allocation** cache);
void check_aligned(const void* p, std::size_t alignment);

}  // namespace simt
