// Memory in whole pages: one large block of our own, and the pages of a mapped file: reading them
// in ahead of their use and giving them back after the last one.
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

/// Asks for huge pages under `bytes`, part of a file's mapping, before they are read: a system
/// whose page cache has them (Linux 6.x on ext4, XFS, Btrfs) reads the file in pieces of that size
/// then. What it holds already stays in the pages it has. Not for files larger than memory: of
/// those every touched byte would bring in two mebibytes.
void wish_huge_pages(std::span<const std::byte> bytes);

/// Reads the pages that `bytes`, part of a file's mapping, lies in, and maps them: the next reader
/// meets no page fault. Several threads may load parts of one mapping at a time. Pages that cannot
/// be read are left to the mapping guard (mapping_guard.h).
void load_pages(std::span<const std::byte> bytes);

/// Asks the system to read those pages soon and returns at once, where it can.
void start_loading_pages(std::span<const std::byte> bytes);

/// The pages that lie wholly inside `bytes`, part of a file's mapping, no longer count as this
/// process's memory; reading them again takes them from the file.
void release_pages(std::span<const std::byte> bytes);

}  // namespace engine
