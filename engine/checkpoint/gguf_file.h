// GgufFile: one mapped *.gguf file whose header has passed every rule of the format (v2, v3). Knows
// keys, values, names, types and byte ranges; knows nothing of models.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/mapped_file.h"
#include "engine/base/result.h"
#include "engine/tensor/dtype.h"

namespace engine {

/// The value types of the format, with its numbers.
enum class GgufType : std::uint8_t {
  U8,
  I8,
  U16,
  I16,
  U32,
  I32,
  F32,
  Bool,
  String,
  Array,
  U64,
  I64,
  F64,
};
inline constexpr std::uint32_t kGgufTypeCount = 13;

/// "u32", "string", …: for messages.
std::string_view gguf_type_name(GgufType type);
/// Bytes of a number or bool; 0 for strings and arrays.
std::size_t gguf_type_bytes(GgufType type);

/// One value of the metadata. Views the header it came from.
struct GgufValue {
  GgufType type = GgufType::U32;
  GgufType element = GgufType::U32;  // of an Array
  std::uint64_t count = 1;           // elements of an Array
  std::string_view bytes;            // the payload as it lies in the file, without lengths in front
                                     // (strings of an array keep theirs)

  /// Any whole number that fits int64; nothing for other types. A bool is no number.
  std::optional<std::int64_t> integer() const;
  /// F32 or F64, or a whole number. An F32 becomes the double with the same shortest decimal
  /// spelling (0.0707 and not 0.070700001…), which is what a converter was given.
  std::optional<double> number() const;
  std::optional<bool> flag() const;
  std::optional<std::string_view> text() const;
  /// Element `index` of an array of numbers or bools.
  GgufValue item(std::uint64_t index) const;
  /// Every string of an array of strings, in order.
  std::vector<std::string_view> strings() const;
  /// "string \"yarn\"", "u32 5", "an array of 7 f32": for messages.
  std::string shown() const;
};

/// The checked header. Compact: 16 bytes for a key, 40 for a tensor, beside the header itself.
class GgufHeader {
 public:
  struct Entry {
    std::string_view name;
    DType dtype = DType::F32;
    std::vector<std::int64_t> shape;  // row-major: the file's dims reversed, [out, in]
    std::uint64_t begin = 0;          // bytes from the start of the file
    std::uint64_t end = 0;
  };
  /// Reads [offset, offset + out.size()) of the file.
  using ReadAt = std::function<Result<void>(std::uint64_t offset, std::span<char> out)>;

  /// `name` is the file's name in messages. Reads no further than the header needs.
  static Result<GgufHeader> read(const ReadAt& read_at, std::uint64_t file_size,
                                 const std::string& name);

  std::uint32_t version() const { return version_; }
  std::int64_t n_bytes() const { return static_cast<std::int64_t>(bytes_.size()); }
  std::size_t n_keys() const { return keys_.size(); }
  std::string_view key(std::size_t index) const;  // in the order of the file
  GgufValue value(std::size_t index) const;
  std::optional<GgufValue> find(std::string_view key) const;
  std::size_t n_tensors() const { return tensors_.size(); }
  Entry tensor(std::size_t index) const;  // in the order of the file
  /// What is odd but harmless: ignored keys, bytes after the end.
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  friend class GgufHeaderReader;
  friend class GgufTensorReader;
  struct Key {
    std::uint32_t start = 0;  // of the key's text, in bytes_
    std::uint16_t length = 0;
    GgufType type = GgufType::U32;
    std::uint32_t value_start = 0;  // after the value's type
    std::uint32_t value_end = 0;
  };
  struct Tensor {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::uint32_t name_start = 0;
    std::uint32_t dims_start = 0;  // u64 each, in bytes_
    std::uint8_t name_length = 0;
    std::uint8_t n_dims = 0;
    DType dtype = DType::F32;
  };
  std::string bytes_;  // the header as it was read
  std::uint32_t version_ = 0;
  std::vector<Key> keys_;
  std::vector<std::uint32_t> keys_by_name_;
  std::vector<Tensor> tensors_;
  std::vector<std::string> warnings_;
};

class GgufFile {
 public:
  /// `shown_name` is the file's name in messages.
  static Result<GgufFile> open(const std::string& path, const std::string& shown_name);

  const std::string& name() const { return name_; }
  const GgufHeader& header() const { return header_; }
  /// The tensor's data in the mapping.
  std::span<const std::byte> bytes(const GgufHeader::Entry& entry) const {
    return file_.bytes().subspan(entry.begin, entry.end - entry.begin);
  }
  std::uint64_t n_links() const { return file_.n_links(); }
  Result<void> check_unchanged() const { return file_.check_unchanged(); }

 private:
  GgufFile(MappedFile file, std::string name, GgufHeader header)
      : file_(std::move(file)), name_(std::move(name)), header_(std::move(header)) {}

  MappedFile file_;
  std::string name_;
  GgufHeader header_;
};

/// Whether a file begins as GGUF does; false when it cannot be read.
bool has_gguf_magic(const std::string& path);

}  // namespace engine
