// GgufCursor: reads a GGUF header forward, field by field, taking from the file only as much as the
// fields need. Every length is compared with what the file has left before anything is reserved.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/checkpoint/gguf_file.h"

namespace engine {

class GgufCursor {
 public:
  /// `bytes` receives the header; all three must outlive the cursor.
  GgufCursor(const GgufHeader::ReadAt& read_at, std::uint64_t file_size, std::string name,
             std::string* bytes)
      : read_at_(read_at), file_size_(file_size), name_(std::move(name)), bytes_(*bytes) {}

  std::uint64_t position() const { return position_; }
  std::uint64_t remaining() const { return file_size_ - position_; }
  std::uint64_t file_size() const { return file_size_; }
  const std::string& file() const { return name_; }

  /// "file › field (byte N): problem"
  unexpected<Error> error(const std::string& field, const std::string& problem,
                          ErrorCode code = ErrorCode::InvalidFile) const {
    return fail(code,
                name_ + " › " + field + " (byte " + std::to_string(position_) + "): " + problem);
  }

  /// Makes the next n bytes available and steps over them; returns where they begin.
  Result<std::uint64_t> take(std::uint64_t n, const std::string& field) {
    if (n > remaining()) {
      return error(field, "found a length of " + std::to_string(n) +
                              " bytes, allowed at most the " + std::to_string(remaining()) +
                              " that follow in the file: damaged, or an incomplete download");
    }
    if (n > kMaxHeaderBytes - position_) {
      return error(field,
                   "found a header of more than " + std::to_string(kMaxHeaderBytes) +
                       " bytes, allowed " + std::to_string(kMaxHeaderBytes),
                   ErrorCode::LimitExceeded);
    }
    RETURN_IF_ERROR(fill(position_ + n));
    const std::uint64_t start = position_;
    position_ += n;
    return start;
  }

  template <class T>
  Result<T> number(const std::string& field) {
    ASSIGN_OR_RETURN(const std::uint64_t start, take(sizeof(T), field));
    T value;
    std::memcpy(&value, bytes_.data() + start, sizeof(T));
    return value;
  }

  /// A u64 length and that many bytes; returns where the bytes begin.
  Result<std::uint64_t> text(const std::string& field, std::uint64_t* length) {
    ASSIGN_OR_RETURN(*length, number<std::uint64_t>(field));
    return take(*length, field);
  }

  static constexpr std::uint64_t kMaxHeaderBytes = 256U << 20U;

 private:
  /// Reads on until the first `end` bytes of the file are there: a little more than asked for, so
  /// that small fields do not each cost a read.
  Result<void> fill(std::uint64_t end) {
    const std::uint64_t have = bytes_.size();
    if (end <= have) return {};
    const std::uint64_t chunk = std::clamp<std::uint64_t>(have / 2, kFirstRead, kLargestRead);
    const std::uint64_t wanted =
        std::min({std::max(end, have + chunk), file_size_, std::max(end, kMaxHeaderBytes)});
    bytes_.resize(wanted);
    return read_at_(have, {bytes_.data() + have, static_cast<std::size_t>(wanted - have)});
  }

  static constexpr std::uint64_t kFirstRead = 64U << 10U;
  static constexpr std::uint64_t kLargestRead = 16U << 20U;

  const GgufHeader::ReadAt& read_at_;
  std::uint64_t file_size_;
  std::string name_;
  std::string& bytes_;
  std::uint64_t position_ = 0;
};

/// The next multiple of a power of two.
inline std::uint64_t gguf_aligned(std::uint64_t value, std::uint64_t alignment) {
  return (value + alignment - 1) & ~(alignment - 1);
}

}  // namespace engine
