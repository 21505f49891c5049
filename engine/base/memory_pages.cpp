// Pages by mmap and madvise.
#include "engine/base/memory_pages.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <string>

namespace engine {

namespace {

std::uintptr_t page_bytes() { return static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE)); }

}  // namespace

Result<PageBlock> PageBlock::allocate(std::size_t n_bytes) {
  PageBlock block;
  if (n_bytes == 0) return block;
  void* data = ::mmap(nullptr, n_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED) {
    return fail(ErrorCode::OutOfMemory,
                "no memory for " + std::to_string(n_bytes >> 20U) + " MiB of weights");
  }
  ::madvise(data, n_bytes, MADV_HUGEPAGE);  // a wish
  block.data_ = static_cast<std::byte*>(data);
  block.size_ = n_bytes;
  return block;
}

PageBlock::~PageBlock() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

void wish_huge_pages(std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  const auto begin = reinterpret_cast<std::uintptr_t>(bytes.data());
  const std::uintptr_t first = begin / page_bytes() * page_bytes();
  ::madvise(reinterpret_cast<void*>(first), begin + bytes.size() - first, MADV_HUGEPAGE);
}

void load_pages(std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  const std::uintptr_t page = page_bytes();
  const auto begin = reinterpret_cast<std::uintptr_t>(bytes.data());
  const std::uintptr_t first = begin / page * page;
#ifdef MADV_POPULATE_READ
  // One call instead of a fault every few pages; EINVAL before Linux 5.14.
  if (::madvise(reinterpret_cast<void*>(first), begin + bytes.size() - first, MADV_POPULATE_READ) ==
      0) {
    return;
  }
#endif
  for (std::uintptr_t at = begin; at < begin + bytes.size(); at = (at / page + 1) * page) {
    static_cast<void>(*reinterpret_cast<const volatile std::byte*>(at));
  }
}

void start_loading_pages(std::span<const std::byte> bytes) {
  const auto begin = reinterpret_cast<std::uintptr_t>(bytes.data());
  const std::uintptr_t first = begin / page_bytes() * page_bytes();
  ::madvise(reinterpret_cast<void*>(first), begin + bytes.size() - first, MADV_WILLNEED);
}

void release_pages(std::span<const std::byte> bytes) {
  const std::uintptr_t page = page_bytes();
  const auto begin = reinterpret_cast<std::uintptr_t>(bytes.data());
  const std::uintptr_t first = (begin + page - 1) / page * page;
  const std::uintptr_t last = (begin + bytes.size()) / page * page;
  if (first < last) ::madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
}

}  // namespace engine
