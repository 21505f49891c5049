// Read-only file access for everything the engine did not write itself.
#include "engine/base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "engine/base/utf8.h"

namespace engine {

namespace {

constexpr std::size_t kLongestShownName = 400;

const char* file_kind(mode_t mode) {
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISSOCK(mode)) return "a socket";
  if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
  return "not a regular file";
}

unexpected<Error> open_error(const std::string& path, int number) {
  const std::string name = quoted_name(path);
  switch (number) {
    case ENOENT:
      return fail(ErrorCode::NotFound, name + ": no such file");
    case EACCES:
      return fail(ErrorCode::Io, name + ": no permission to read it");
    case ELOOP:
      return fail(ErrorCode::Io, name + ": a symbolic link that leads nowhere (a loop)");
    case ENXIO:
      return fail(ErrorCode::Io, name + ": found a socket or pipe, allowed a regular file");
    default:
      return fail(ErrorCode::Io, name + ": cannot be opened (" + std::strerror(number) + ")");
  }
}

/// A descriptor closed at the end of a scope.
struct Descriptor {
  int value = -1;
  explicit Descriptor(int v) : value(v) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (value >= 0) ::close(value);
  }
  int release() { return std::exchange(value, -1); }
};

Result<struct stat> regular_file_status(int descriptor, const std::string& path) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return open_error(path, errno);
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorCode::Io, quoted_name(path) + ": found " + file_kind(status.st_mode) +
                                   ", allowed a regular file");
  }
  return status;
}

std::int64_t modified_ns(const struct stat& status) {
  return std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
}

// O_NONBLOCK: opening a pipe or a device must not wait for somebody at the other end.
int open_for_reading(const std::string& path) {
  if (path.find('\0') != std::string::npos) {
    errno = ENOENT;
    return -1;
  }
  return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

Result<void> read_exactly(int descriptor, std::uint64_t offset, std::span<char> out,
                          const std::string& path) {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t n = ::pread(descriptor, out.data() + done, out.size() - done,
                              static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      return fail(ErrorCode::Io,
                  quoted_name(path) + ": reading failed (" + std::strerror(errno) + ")");
    }
    if (n == 0)
      return fail(ErrorCode::Io, quoted_name(path) + ": became shorter while it was read");
    done += static_cast<std::size_t>(n);
  }
  return {};
}

}  // namespace

std::string quoted_name(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size();) {
    if (out.size() >= kLongestShownName) return out + "…";
    const std::size_t length = utf8_sequence_length(name.substr(i));
    const auto byte = static_cast<unsigned char>(name[i]);
    if (length == 0 || byte < 0x20 || byte == 0x7F) {
      char escape[8];
      std::snprintf(escape, sizeof(escape), "\\x%02X", byte);
      out += escape;
      i += 1;
    } else {
      out += name.substr(i, length);
      i += length;
    }
  }
  return out;
}

Result<MappedFile> MappedFile::open(const std::string& path) {
  Descriptor descriptor(open_for_reading(path));
  if (descriptor.value < 0) return open_error(path, errno);
  ASSIGN_OR_RETURN(const struct stat status, regular_file_status(descriptor.value, path));

  MappedFile file;
  file.path_ = path;
  file.size_ = static_cast<std::size_t>(status.st_size);
  file.n_links_ = static_cast<std::uint64_t>(status.st_nlink);
  file.modified_ns_ = modified_ns(status);
  if (file.size_ > 0) {
    void* data = ::mmap(nullptr, file.size_, PROT_READ, MAP_PRIVATE, descriptor.value, 0);
    if (data == MAP_FAILED) {
      file.size_ = 0;
      return fail(ErrorCode::Io,
                  quoted_name(path) + ": cannot be mapped (" + std::strerror(errno) + ")");
    }
    file.data_ = static_cast<const std::byte*>(data);
    file.range_ = GuardedRange(data, file.size_);
  }
  file.descriptor_ = descriptor.release();
  return file;
}

Result<void> MappedFile::check_unchanged() const {
  constexpr const char* kRemedy = "; load the model again";
  if (range_.lost()) {
    return fail(ErrorCode::Io, quoted_name(path_) +
                                   ": a part of it could not be read any more (it was made shorter "
                                   "or its drive is gone)" +
                                   kRemedy);
  }
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) return open_error(path_, errno);
  if (static_cast<std::size_t>(status.st_size) != size_) {
    return fail(ErrorCode::Io, quoted_name(path_) + ": was " + std::to_string(size_) +
                                   " bytes long, now " + std::to_string(status.st_size) +
                                   ": it was changed while in use" + kRemedy);
  }
  if (modified_ns(status) != modified_ns_) {
    return fail(ErrorCode::Io, quoted_name(path_) + ": it was written to while in use" + kRemedy);
  }
  return {};
}

MappedFile::MappedFile(MappedFile&& other) noexcept { swap(other); }

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  swap(other);
  return *this;
}

MappedFile::~MappedFile() {
  range_ = GuardedRange();
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
  if (descriptor_ >= 0) ::close(descriptor_);
}

void MappedFile::swap(MappedFile& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(n_links_, other.n_links_);
  std::swap(modified_ns_, other.modified_ns_);
  std::swap(range_, other.range_);
}

Result<void> MappedFile::read_at(std::uint64_t offset, std::span<char> out) const {
  return read_exactly(descriptor_, offset, out, path_);
}

Result<std::string> read_text_file(const std::string& path, std::uint64_t max_bytes) {
  const Descriptor descriptor(open_for_reading(path));
  if (descriptor.value < 0) return open_error(path, errno);
  ASSIGN_OR_RETURN(const struct stat status, regular_file_status(descriptor.value, path));
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > max_bytes) {
    return fail(ErrorCode::LimitExceeded, quoted_name(path) + ": found " + std::to_string(size) +
                                              " bytes, allowed " + std::to_string(max_bytes));
  }
  std::string text(static_cast<std::size_t>(size), '\0');
  RETURN_IF_ERROR(read_exactly(descriptor.value, 0, text, path));
  return text;
}

}  // namespace engine
