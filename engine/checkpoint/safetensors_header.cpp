// The rules of the safetensors header, one function each. Nothing here touches a file.
#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>

#include "engine/base/json.h"
#include "engine/checkpoint/safetensors_file.h"

namespace engine {

namespace {

constexpr int kMaxDepth = 8;                    // the format itself needs 3
constexpr std::size_t kMaxTensors = 1'000'000;  // DeepSeek-V3 has about 91,000
constexpr std::size_t kMaxMetadata = 65'536;    // entries of __metadata__
constexpr std::size_t kMaxRank = 64;
constexpr std::size_t kSmallestRecordBytes =
    50;  // {"a":{"dtype":"F4","shape":[],"data_offsets":[0,0]},
constexpr std::uint64_t kLengthBytes = 8;

std::string shape_text(std::span<const std::int64_t> shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  }
  return text + "]";
}

/// Bits of a tensor; nothing when the number leaves 64 bits. An extent of 0 makes it 0.
std::optional<std::uint64_t> tensor_bits(std::span<const std::int64_t> shape, DType dtype) {
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return 0;
  const DTypeBlock block = dtype_block(dtype);
  auto bits = static_cast<std::uint64_t>(8 * block.bytes / block.elements);
  for (const std::int64_t extent : shape) {
    if (__builtin_mul_overflow(bits, static_cast<std::uint64_t>(extent), &bits)) {
      return std::nullopt;
    }
  }
  return bits;
}

/// GGUF's block types have no place in this format.
std::optional<DType> format_dtype(std::string_view name) {
  const std::optional<DType> dtype = dtype_from_name(name);
  return dtype && *dtype <= DType::C64 ? dtype : std::nullopt;
}

std::string unknown_dtype(const std::string& found) {
  std::string upper = found;
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  const bool case_only = format_dtype(upper).has_value();
  return "found the unknown type \"" + quoted_name(found) + "\", allowed " +
         (case_only ? "\"" + upper + "\" (in capitals)" : "a type of the format such as BF16");
}

}  // namespace

/// Reads the JSON into records, then checks the records against each other and the file.
class SafetensorsHeaderReader {
 public:
  SafetensorsHeaderReader(JsonCursor cursor, std::string_view file, std::uint64_t n_data_bytes)
      : cursor_(std::move(cursor)), file_(file), n_data_bytes_(n_data_bytes) {}

  Result<SafetensorsHeader> read(std::size_t n_json_bytes) {
    const std::size_t likely = std::min(kMaxTensors, n_json_bytes / kSmallestRecordBytes + 1);
    header_.records_.reserve(likely);
    RETURN_IF_ERROR(cursor_.enter_object());
    std::string key;
    while (true) {
      const std::size_t at = cursor_.offset();
      ASSIGN_OR_RETURN(const bool more, cursor_.next_key(&key));
      if (!more) break;
      if (key == "__metadata__") {
        RETURN_IF_ERROR(read_metadata(at));
      } else {
        RETURN_IF_ERROR(read_tensor(key, at));
      }
    }
    RETURN_IF_ERROR(cursor_.finish());
    RETURN_IF_ERROR(check_names());
    RETURN_IF_ERROR(check_ranges());
    return std::move(header_);
  }

 private:
  using Record = SafetensorsHeader::Record;

  unexpected<Error> tensor_error(std::string_view name, const std::string& problem) const {
    return fail(ErrorCode::InvalidFile, file_ + " › " + quoted_name(name) + " › " + problem);
  }

  std::string_view name_of(const Record& record) const {
    return std::string_view(header_.names_).substr(record.name_start, record.name_length);
  }

  Result<void> read_metadata(std::size_t at) {
    if (has_metadata_) return cursor_.error_at(at, "found __metadata__ twice, allowed once");
    has_metadata_ = true;
    RETURN_IF_ERROR(cursor_.enter_object());
    std::vector<std::string> keys;
    std::string key;
    std::string value;
    while (true) {
      ASSIGN_OR_RETURN(const bool more, cursor_.next_key(&key));
      if (!more) break;
      ASSIGN_OR_RETURN(const JsonKind kind, cursor_.kind());
      if (kind != JsonKind::String) {
        return cursor_.error_here("__metadata__ › " + quoted_name(key) + ": found " +
                                  std::string(json_kind_name(kind)) + ", allowed a string");
      }
      RETURN_IF_ERROR(cursor_.skip());
      if (keys.size() >= kMaxMetadata) {
        return cursor_.error_here("__metadata__: found more than " + std::to_string(kMaxMetadata) +
                                  " entries, allowed " + std::to_string(kMaxMetadata));
      }
      keys.push_back(key);
    }
    std::sort(keys.begin(), keys.end());
    const auto twice = std::adjacent_find(keys.begin(), keys.end());
    if (twice != keys.end()) {
      return cursor_.error_at(
          at, "__metadata__: found the key \"" + quoted_name(*twice) + "\" twice, allowed once");
    }
    return {};
  }

  Result<void> read_tensor(const std::string& name, std::size_t at) {
    if (header_.records_.size() >= kMaxTensors) {
      return cursor_.error_at(at, "found more than " + std::to_string(kMaxTensors) +
                                      " tensors, allowed " + std::to_string(kMaxTensors));
    }
    if (name.find('\0') != std::string::npos) {
      return cursor_.error_at(at, "found a NUL character in the tensor name \"" +
                                      quoted_name(name) + "\", allowed none");
    }
    Record record;
    record.name_start = static_cast<std::uint32_t>(header_.names_.size());
    record.name_length = static_cast<std::uint32_t>(name.size());
    header_.names_ += name;
    RETURN_IF_ERROR(cursor_.enter_object());
    bool has_dtype = false;
    bool has_shape = false;
    bool has_offsets = false;
    std::string field;
    while (true) {
      const std::size_t field_at = cursor_.offset();
      ASSIGN_OR_RETURN(const bool more, cursor_.next_key(&field));
      if (!more) break;
      bool* seen = field == "dtype"          ? &has_dtype
                   : field == "shape"        ? &has_shape
                   : field == "data_offsets" ? &has_offsets
                                             : nullptr;
      if (seen == nullptr) {
        return cursor_.error_at(field_at, quoted_name(name) + ": found the field \"" +
                                              quoted_name(field) +
                                              "\", allowed dtype, shape, data_offsets");
      }
      if (*seen) {
        return cursor_.error_at(
            field_at, quoted_name(name) + ": found the field " + field + " twice, allowed once");
      }
      *seen = true;
      RETURN_IF_ERROR(read_field(field, name, &record));
    }
    const char* missing = !has_dtype     ? "dtype"
                          : !has_shape   ? "shape"
                          : !has_offsets ? "data_offsets"
                                         : nullptr;
    if (missing != nullptr) {
      return tensor_error(name, std::string(missing) + ": found nothing, allowed a value");
    }
    header_.records_.push_back(record);
    return {};
  }

  Result<void> read_field(const std::string& field, const std::string& name, Record* record) {
    if (field == "shape") return read_shape(name, record);
    if (field == "data_offsets") return read_offsets(name, record);
    std::string dtype;
    const std::size_t at = cursor_.offset();
    RETURN_IF_ERROR(cursor_.read_string(&dtype));
    const std::optional<DType> known = format_dtype(dtype);
    if (!known)
      return cursor_.error_at(at, quoted_name(name) + " › dtype: " + unknown_dtype(dtype));
    record->dtype = *known;
    return {};
  }

  Result<std::uint64_t> read_size(const std::string& name, std::string_view field) {
    const std::size_t at = cursor_.offset();
    ASSIGN_OR_RETURN(const std::string_view spelling, cursor_.read_number());
    const std::optional<std::uint64_t> value = json_unsigned(spelling);
    constexpr auto kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (!value || *value > kLargest) {
      return cursor_.error_at(at, quoted_name(name) + " › " + std::string(field) + ": found " +
                                      quoted_name(spelling) +
                                      ", allowed a whole number from 0 to 2^63 - 1");
    }
    return *value;
  }

  Result<void> read_shape(const std::string& name, Record* record) {
    record->shape_start = static_cast<std::uint32_t>(header_.shapes_.size());
    RETURN_IF_ERROR(cursor_.enter_array());
    std::size_t rank = 0;
    while (true) {
      ASSIGN_OR_RETURN(const bool more, cursor_.next_item());
      if (!more) break;
      if (++rank > kMaxRank) {
        return cursor_.error_here(quoted_name(name) + " › shape: found more than " +
                                  std::to_string(kMaxRank) + " extents, allowed " +
                                  std::to_string(kMaxRank));
      }
      ASSIGN_OR_RETURN(const std::uint64_t extent, read_size(name, "shape"));
      header_.shapes_.push_back(static_cast<std::int64_t>(extent));
    }
    record->rank = static_cast<std::uint8_t>(rank);
    return {};
  }

  Result<void> read_offsets(const std::string& name, Record* record) {
    RETURN_IF_ERROR(cursor_.enter_array());
    std::size_t n = 0;
    while (true) {
      ASSIGN_OR_RETURN(const bool more, cursor_.next_item());
      if (!more) break;
      if (++n > 2) break;
      ASSIGN_OR_RETURN(const std::uint64_t value, read_size(name, "data_offsets"));
      (n == 1 ? record->begin : record->end) = value;
    }
    if (n == 2) return {};
    return cursor_.error_here(quoted_name(name) + " › data_offsets: found " +
                              (n > 2 ? "more than two numbers" : std::to_string(n) + " numbers") +
                              ", allowed two");
  }

  Result<void> check_names() const {
    std::vector<std::uint32_t> order(header_.records_.size());
    std::iota(order.begin(), order.end(), 0U);
    const auto name_at = [this](std::uint32_t i) { return name_of(header_.records_[i]); };
    std::sort(order.begin(), order.end(),
              [&](std::uint32_t a, std::uint32_t b) { return name_at(a) < name_at(b); });
    for (std::size_t i = 1; i < order.size(); ++i) {
      if (name_at(order[i - 1]) == name_at(order[i])) {
        return tensor_error(name_at(order[i]), "name: found twice, allowed once");
      }
    }
    return {};
  }

  /// Each tensor's size, then that the ranges follow one another from 0 to the end of the file.
  Result<void> check_ranges() {
    std::vector<Record>& records = header_.records_;
    for (const Record& record : records) RETURN_IF_ERROR(check_size(record));
    std::sort(records.begin(), records.end(), [](const Record& a, const Record& b) {
      return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
    });
    std::uint64_t expected = 0;
    const Record* previous = nullptr;
    for (const Record& record : records) {
      if (record.begin != expected) return adjacency_error(record, previous, expected);
      expected = record.end;
      previous = &record;
    }
    if (expected < n_data_bytes_) {
      return fail(ErrorCode::InvalidFile,
                  file_ + " › data: found " + std::to_string(n_data_bytes_ - expected) +
                      " bytes after the last tensor, allowed none; the file was changed or is two "
                      "files in one");
    }
    return {};
  }

  unexpected<Error> adjacency_error(const Record& record, const Record* previous,
                                    std::uint64_t expected) const {
    const std::string before =
        previous == nullptr ? "the start of the data" : quoted_name(name_of(*previous));
    const std::string what = record.begin < expected ? " (it overlaps " + before + ")"
                                                     : " (a hole after " + before + ")";
    return tensor_error(name_of(record), "data_offsets: found a start at byte " +
                                             std::to_string(record.begin) + ", allowed " +
                                             std::to_string(expected) + what);
  }

  Result<void> check_size(const Record& record) const {
    const std::string_view name = name_of(record);
    const std::span<const std::int64_t> shape(header_.shapes_.data() + record.shape_start,
                                              record.rank);
    if (record.begin > record.end) {
      return tensor_error(name, "data_offsets: found the start " + std::to_string(record.begin) +
                                    " after the end " + std::to_string(record.end));
    }
    const std::string type = std::string(dtype_name(record.dtype)) + " " + shape_text(shape);
    const std::optional<std::uint64_t> bits = tensor_bits(shape, record.dtype);
    if (!bits) return tensor_error(name, "shape: found " + type + ", more than 2^64 bits");
    if (*bits % 8 != 0) {
      return tensor_error(name, "shape: found " + type + " of " + std::to_string(*bits) +
                                    " bits, allowed whole bytes");
    }
    if (record.end - record.begin != *bits / 8) {
      return tensor_error(name, "data_offsets: found " + std::to_string(record.end - record.begin) +
                                    " bytes, allowed " + std::to_string(*bits / 8) + " for " +
                                    type);
    }
    if (record.end > n_data_bytes_) {
      const std::uint64_t percent = record.end == 0 ? 100 : n_data_bytes_ * 100 / record.end;
      return tensor_error(name, "data_offsets: found an end at byte " + std::to_string(record.end) +
                                    ", but the file holds " + std::to_string(n_data_bytes_) +
                                    " bytes of data (" + std::to_string(percent) +
                                    " % of that): an incomplete download, download it again");
    }
    return {};
  }

  JsonCursor cursor_;
  std::string file_;
  std::uint64_t n_data_bytes_;
  SafetensorsHeader header_;
  bool has_metadata_ = false;
};

Result<SafetensorsHeader> SafetensorsHeader::parse(std::string_view json,
                                                   std::uint64_t n_data_bytes,
                                                   std::string_view file) {
  if (!json.empty() && std::string_view(" \t\r\n").find(json[0]) != std::string_view::npos) {
    return fail(ErrorCode::InvalidFile,
                std::string(file) +
                    " › header › byte 8: found white space, allowed '{'; whatever "
                    "wrote this file breaks the format, convert it again");
  }
  ASSIGN_OR_RETURN(JsonCursor cursor, JsonCursor::create(json, std::string(file) + " › header",
                                                         kMaxDepth, {true, kLengthBytes}));
  SafetensorsHeaderReader reader(std::move(cursor), file, n_data_bytes);
  return reader.read(json.size());
}

SafetensorsHeader::Entry SafetensorsHeader::entry(std::size_t index) const {
  const Record& record = records_[index];
  Entry entry;
  entry.name = std::string_view(names_).substr(record.name_start, record.name_length);
  entry.dtype = record.dtype;
  entry.shape = {shapes_.data() + record.shape_start, record.rank};
  entry.begin = record.begin;
  entry.end = record.end;
  return entry;
}

}  // namespace engine
