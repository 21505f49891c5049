// SafetensorsFile: one mapped *.safetensors file whose header has passed every rule of the format.
// Knows names, types and byte ranges; knows nothing of models.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/mapped_file.h"
#include "engine/base/result.h"
#include "engine/tensor/dtype.h"

namespace engine {

/// The checked table of contents. Compact: a header of 100 MB must not need 400 MB here.
class SafetensorsHeader {
 public:
  struct Entry {
    std::string_view name;
    DType dtype = DType::F32;
    std::span<const std::int64_t> shape;
    std::uint64_t begin = 0;  // bytes from the start of the data
    std::uint64_t end = 0;
  };

  /// `json` is the header's text, `n_data_bytes` what follows it in the file. Every rule of the
  /// format is checked; the message names the tensor.
  static Result<SafetensorsHeader> parse(std::string_view json, std::uint64_t n_data_bytes,
                                         std::string_view file);

  std::size_t n_tensors() const { return records_.size(); }
  /// In the order of their data. Views into this object.
  Entry entry(std::size_t index) const;

 private:
  friend class SafetensorsHeaderReader;
  struct Record {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::uint32_t name_start = 0;  // in names_
    std::uint32_t name_length = 0;
    std::uint32_t shape_start = 0;  // in shapes_
    std::uint8_t rank = 0;
    DType dtype = DType::F32;
  };
  std::vector<Record> records_;
  std::string names_;
  std::vector<std::int64_t> shapes_;
};

class SafetensorsFile {
 public:
  /// `shown_name` is the file's name in messages.
  static Result<SafetensorsFile> open(const std::string& path, const std::string& shown_name);

  const std::string& name() const { return name_; }
  const SafetensorsHeader& header() const { return header_; }
  /// The tensor's data in the mapping; not aligned to anything.
  std::span<const std::byte> bytes(const SafetensorsHeader::Entry& entry) const {
    return file_.bytes().subspan(data_start_ + entry.begin, entry.end - entry.begin);
  }
  std::uint64_t n_links() const { return file_.n_links(); }
  Result<void> check_unchanged() const { return file_.check_unchanged(); }

 private:
  SafetensorsFile(MappedFile file, std::string name, SafetensorsHeader header,
                  std::uint64_t data_start)
      : file_(std::move(file)),
        name_(std::move(name)),
        header_(std::move(header)),
        data_start_(data_start) {}

  MappedFile file_;
  std::string name_;
  SafetensorsHeader header_;
  std::uint64_t data_start_ = 0;
};

}  // namespace engine
