// Opening files that come from anywhere: regular files only, never blocking. MappedFile keeps one
// read-only mapping; read_text_file takes a small file whole, up to a limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/mapping_guard.h"
#include "engine/base/result.h"

namespace engine {

/// A name as it may be shown: control characters and invalid UTF-8 as \xNN, at most 400 bytes of
/// it.
std::string quoted_name(std::string_view name);

class MappedFile {
 public:
  /// Refuses anything but a regular file (a FIFO or a device would block or never end).
  static Result<MappedFile> open(const std::string& path);

  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  /// The whole file; empty for an empty file. Valid while this object lives, also when it is moved.
  std::span<const std::byte> bytes() const { return {data_, size_}; }
  /// Copies [offset, offset + out.size()) by read(2): later changes of the file do not reach it.
  Result<void> read_at(std::uint64_t offset, std::span<char> out) const;
  /// Io, naming the file, when bytes were found gone or the file was written to since it was
  /// opened: what was read from the mapping is then not the file that was opened. A few hundred
  /// nanoseconds. A file that was renamed, deleted or replaced by another goes on.
  Result<void> check_unchanged() const;
  const std::string& path() const { return path_; }
  /// More than 1: the same bytes have another name somewhere else.
  std::uint64_t n_links() const { return n_links_; }

 private:
  MappedFile() = default;
  void swap(MappedFile& other) noexcept;

  std::string path_;
  int descriptor_ = -1;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  std::uint64_t n_links_ = 0;
  std::int64_t modified_ns_ = 0;  // when it was last written to, at open
  GuardedRange range_;            // last: gone before the mapping
};

/// The file's text. NotFound when there is none, LimitExceeded above max_bytes.
Result<std::string> read_text_file(const std::string& path, std::uint64_t max_bytes);

}  // namespace engine
