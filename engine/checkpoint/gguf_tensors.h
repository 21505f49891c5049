// GgufTensorReader: the table of tensors in a GGUF header, and where their data must lie.
#pragma once

#include <cstdint>
#include <string>

#include "engine/checkpoint/gguf_cursor.h"
#include "engine/checkpoint/gguf_file.h"

namespace engine {

class GgufTensorReader {
 public:
  GgufTensorReader(GgufCursor* cursor, GgufHeader* header) : cursor_(*cursor), header_(*header) {}

  /// Reads `count` entries at the cursor and checks them against each other and the file.
  Result<void> read(std::uint64_t count, std::uint64_t alignment);

 private:
  Result<void> read_one(std::uint64_t index, std::uint64_t count, std::uint64_t alignment);
  Result<void> read_name(const std::string& where, GgufHeader::Tensor* tensor);
  Result<void> read_dims(const std::string& where, GgufHeader::Tensor* tensor);
  Result<void> read_type(const std::string& where, GgufHeader::Tensor* tensor);
  Result<void> place(const std::string& where, std::uint64_t alignment, GgufHeader::Tensor* tensor);
  Result<void> check_names() const;
  Result<void> check_ends(std::uint64_t data_start, std::uint64_t alignment);
  std::string_view name_of(const GgufHeader::Tensor& tensor) const;

  GgufCursor& cursor_;
  GgufHeader& header_;
  std::uint64_t next_offset_ = 0;  // where the next tensor's data must begin, from the data's start
};

}  // namespace engine
