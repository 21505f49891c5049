// Pages by mmap and madvise.
#include "engine/base/memory_pages.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <string>

namespace engine {

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

void release_pages(std::span<const std::byte> bytes) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<std::uintptr_t>(bytes.data());
  const std::uintptr_t first = (begin + page - 1) / page * page;
  const std::uintptr_t last = (begin + bytes.size()) / page * page;
  if (first < last) ::madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
}

}  // namespace engine
