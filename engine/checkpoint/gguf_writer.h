// GgufWriter: a GGUF v3 file written front to back: metadata, the table of tensors, then their data
// in that order. The file appears under its name only when it is whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "engine/tensor/dtype.h"

namespace engine {

/// The key–value section, in the order of the calls. Keys are ours: never twice the same.
class GgufMetadata {
 public:
  void put_u32(std::string_view key, std::int64_t value);
  void put_f32(std::string_view key, double value);
  void put_flag(std::string_view key, bool value);
  void put_text(std::string_view key, std::string_view value);
  void put_texts(std::string_view key, std::span<const std::string> values);
  void put_f32s(std::string_view key, std::span<const float> values);
  void put_i32s(std::string_view key, std::span<const std::int32_t> values);

  std::uint64_t n_keys() const { return n_keys_; }
  const std::string& bytes() const { return bytes_; }

 private:
  void begin(std::string_view key, std::uint32_t type);
  void begin_array(std::string_view key, std::uint32_t element, std::size_t count);
  std::uint64_t n_keys_ = 0;
  std::string bytes_;
};

struct GgufTensor {
  std::string name;
  DType dtype = DType::F32;
  std::vector<std::int64_t> shape;  // row-major, [out, in]; at most four extents

  std::int64_t n_bytes() const;
};

/// ggml's number of a type; nothing for types GGUF has not.
std::optional<std::uint32_t> ggml_type_of(DType dtype);

class GgufWriter {
 public:
  /// Writes beside `path` what stands before the data. Io names what the disk said; also when it
  /// has too little room.
  static Result<GgufWriter> create(std::string path, const GgufMetadata& metadata,
                                   std::vector<GgufTensor> tensors);
  GgufWriter(GgufWriter&& other) noexcept { swap(other); }
  GgufWriter& operator=(GgufWriter&& other) noexcept {
    swap(other);
    return *this;
  }
  /// Removes a file that was not committed.
  ~GgufWriter();

  /// The next bytes of the tensors' data: any pieces, tensor after tensor, never across two.
  Result<void> append(std::span<const std::byte> bytes);
  /// All tensors are there: makes the file durable and gives it its name.
  Result<void> commit();

  std::int64_t file_bytes() const { return file_bytes_; }

 private:
  GgufWriter() = default;
  void swap(GgufWriter& other) noexcept;
  Result<void> write(std::span<const std::byte> bytes);
  Result<void> pad();

  std::string path_;
  int file_ = -1;
  std::vector<GgufTensor> tensors_;
  std::size_t current_ = 0;      // the tensor whose data come next
  std::int64_t in_current_ = 0;  // its bytes so far
  std::int64_t position_ = 0;    // in the file
  std::int64_t file_bytes_ = 0;
};

}  // namespace engine
