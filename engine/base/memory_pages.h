// Memory in whole pages: one large block of our own, and giving back pages of a mapped file that
// have been read for the last time.
#pragma once

#include <cstddef>
#include <span>
#include <utility>

#include "engine/base/result.h"

namespace engine {

/// Zeroed memory straight from the system, in huge pages where it grants them. Given back as a
/// whole when this object dies.
class PageBlock {
 public:
  PageBlock() = default;
  /// OutOfMemory names the bytes.
  static Result<PageBlock> allocate(std::size_t n_bytes);
  PageBlock(PageBlock&& other) noexcept { swap(other); }
  PageBlock& operator=(PageBlock&& other) noexcept {
    swap(other);
    return *this;
  }
  ~PageBlock();

  std::byte* data() const { return data_; }
  std::size_t size() const { return size_; }

 private:
  void swap(PageBlock& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
  }
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

/// The pages that lie wholly inside `bytes`, part of a file's mapping, no longer count as this
/// process's memory; reading them again takes them from the file.
void release_pages(std::span<const std::byte> bytes);

}  // namespace engine
