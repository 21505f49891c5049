#include "tests/gpu/emulator/device_memory.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <string>

#include "tests/gpu/emulator/scheduler.h"

namespace simt {

namespace {

constexpr std::size_t kGap = 4096;  // an index gone wrong lands here, not in the next allocation

struct Registry {
  std::map<const std::byte*, Allocation> allocations;  // by begin
  std::int64_t limit = std::int64_t{2} << 30;
  std::int64_t used = 0;
};

Registry& registry() {
  static Registry instance;
  return instance;
}

const Allocation* find(const void* p, std::size_t n) {
  const auto* at = static_cast<const std::byte*>(p);
  auto next = registry().allocations.upper_bound(at);
  if (next == registry().allocations.begin()) return nullptr;
  const Allocation& a = std::prev(next)->second;
  return at + n <= a.begin + a.n_bytes ? &a : nullptr;
}

const Allocation* find_cached(const void* p, std::size_t n, const Allocation** cache) {
  const auto* at = static_cast<const std::byte*>(p);
  if (*cache != nullptr && at >= (*cache)->begin && at + n <= (*cache)->begin + (*cache)->n_bytes) {
    return *cache;
  }
  return *cache = find(p, n);
}

std::string where(const void* p, std::size_t n) {
  const auto* at = static_cast<const std::byte*>(p);
  auto next = registry().allocations.upper_bound(at);
  if (next == registry().allocations.begin()) return "no device memory at all";
  const Allocation& a = std::prev(next)->second;
  return "byte " + std::to_string(at - a.begin) + " (" + std::to_string(n) +
         " bytes) of an allocation of " + std::to_string(a.n_bytes);
}

}  // namespace

void* allocate_device(std::int64_t n_bytes) {
  Registry& r = registry();
  if (n_bytes < 0 || n_bytes > r.limit - r.used) return nullptr;
  Allocation a;
  a.storage = std::make_unique<std::byte[]>(static_cast<std::size_t>(n_bytes) + 2 * kGap + 256);
  const auto base = reinterpret_cast<std::uintptr_t>(a.storage.get()) + kGap;
  a.begin = reinterpret_cast<std::byte*>((base + 255) / 256 * 256);
  a.n_bytes = n_bytes;
  std::memset(a.begin, 0xFF, static_cast<std::size_t>(n_bytes));
  a.written.assign(static_cast<std::size_t>(n_bytes), 0);
  r.used += n_bytes;
  std::byte* begin = a.begin;
  r.allocations.emplace(begin, std::move(a));
  return begin;
}

void free_device(void* p) {
  if (p == nullptr) return;
  Registry& r = registry();
  const auto found = r.allocations.find(static_cast<std::byte*>(p));
  if (found == r.allocations.end()) return;
  r.used -= found->second.n_bytes;
  r.allocations.erase(found);
}

void mark_written(void* p, std::int64_t n_bytes) {
  auto* a = const_cast<Allocation*>(find(p, static_cast<std::size_t>(n_bytes)));
  if (a == nullptr) return;
  const std::int64_t first = static_cast<std::byte*>(p) - a->begin;
  std::fill_n(a->written.begin() + first, n_bytes, std::uint8_t{1});
}

bool is_device_range(const void* p, std::int64_t n_bytes) {
  return n_bytes == 0 || find(p, static_cast<std::size_t>(n_bytes)) != nullptr;
}

void set_device_limit(std::int64_t n_bytes) { registry().limit = n_bytes; }
std::int64_t device_bytes_free() { return registry().limit - registry().used; }
std::int64_t device_bytes_total() { return registry().limit; }
std::int64_t n_device_allocations() {
  return static_cast<std::int64_t>(registry().allocations.size());
}

void check_read(const void* p, std::size_t n, const Allocation** cache) {
  const Allocation* a = find_cached(p, n, cache);
  if (a == nullptr) fault("global read out of bounds: " + where(p, n));
  const auto first = static_cast<std::size_t>(static_cast<const std::byte*>(p) - a->begin);
  if (std::memchr(a->written.data() + first, 0, n) != nullptr) {
    fault("global read of unwritten memory: " + where(p, n));
  }
}

void check_write(void* p, std::size_t n, const Allocation** cache) {
  const Allocation* a = find_cached(p, n, cache);
  if (a == nullptr) fault("global write out of bounds: " + where(p, n));
  auto& written = const_cast<Allocation*>(a)->written;
  const auto first = static_cast<std::size_t>(static_cast<std::byte*>(p) - a->begin);
  std::memset(written.data() + first, 1, n);
}

void check_aligned(const void* p, std::size_t alignment) {
  if (reinterpret_cast<std::uintptr_t>(p) % alignment != 0) {
    fault("misaligned access of " + std::to_string(alignment) + " bytes: " + where(p, alignment));
  }
}

}  // namespace simt
