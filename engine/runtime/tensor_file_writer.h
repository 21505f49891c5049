// TensorFileWriter: a safetensors file written piece by piece: declare the tensors, then fill them
// in any order. What is not filled is zero. Used by trace.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "engine/tensor/dtype.h"

namespace engine {

struct TensorDeclaration {
  std::string name;
  DType dtype = DType::F32;
  std::vector<std::int64_t> shape;
};

class TensorFileWriter {
 public:
  /// Writes beside `path`; the file appears there only after `commit`. Tensors lie in the given
  /// order: wider elements first keeps all of them aligned.
  static Result<TensorFileWriter> create(std::string path,
                                         const std::vector<TensorDeclaration>& tensors,
                                         const std::map<std::string, std::string>& metadata);
  TensorFileWriter(TensorFileWriter&& other) noexcept { swap(other); }
  TensorFileWriter& operator=(TensorFileWriter&& other) noexcept {
    swap(other);
    return *this;
  }
  /// Removes an uncommitted file.
  ~TensorFileWriter();

  /// Writes elements from `first_element` (in memory order) of the tensor on.
  template <class T>
  Result<void> write(std::string_view name, std::int64_t first_element,
                     std::span<const T> elements) {
    return write_bytes(name, first_element * static_cast<std::int64_t>(sizeof(T)),
                       std::as_bytes(elements));
  }
  Result<void> commit();

 private:
  TensorFileWriter() = default;
  void swap(TensorFileWriter& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(file_, other.file_);
    std::swap(ranges_, other.ranges_);
  }
  Result<void> write_bytes(std::string_view name, std::int64_t offset,
                           std::span<const std::byte> bytes);
  Result<void> write_at(std::int64_t offset, std::span<const std::byte> bytes);

  std::string path_;
  int file_ = -1;
  std::map<std::string, std::pair<std::int64_t, std::int64_t>, std::less<>> ranges_;  // in the file
};

}  // namespace engine
