// The rules of the GGUF header: its first fields and its metadata. Nothing here touches a file
// beyond the reader it is given.
#include <numeric>

#include "engine/checkpoint/foreign_format.h"
#include "engine/checkpoint/gguf_cursor.h"
#include "engine/checkpoint/gguf_tensors.h"

namespace engine {

namespace {

constexpr std::uint64_t kFixedBytes = 24;  // magic, version, two counts
constexpr std::string_view kMagic = "GGUF";
constexpr std::uint32_t kOldestVersion = 2;
constexpr std::uint32_t kNewestVersion = 3;
constexpr std::uint64_t kMaxKeyBytes = 65535;
constexpr std::uint64_t kSmallestPair = 14;  // key length, one letter, type, a one-byte value
constexpr std::uint64_t kMaxItems = std::uint64_t{1} << 30U;
constexpr std::uint64_t kDefaultAlignment = 32;
constexpr std::int64_t kLargestAlignment = std::int64_t{1} << 30U;
constexpr std::size_t kMaxWarnings = 40;

std::string foreign(std::string_view first) {
  const std::string what =
      foreign_format({reinterpret_cast<const std::byte*>(first.data()), first.size()});
  return what.empty() ? "" : "; this is " + what;
}

bool is_key_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

/// What a badly spelt key would be if it were well spelt.
std::string folded(std::string_view key) {
  std::string out;
  for (const char c : key) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (is_key_letter(lower)) out.push_back(lower);
  }
  return out;
}

std::string_view without_nul_suffix(std::string_view key) {
  while (!key.empty() && key.back() == '\0') key.remove_suffix(1);
  return key;
}

}  // namespace

/// Reads one header from first to last byte.
class GgufHeaderReader {
 public:
  GgufHeaderReader(const GgufHeader::ReadAt& read_at, std::uint64_t file_size,
                   const std::string& name)
      : cursor_(read_at, file_size, name, &header_.bytes_) {}

  Result<GgufHeader> read() {
    std::uint64_t n_tensors = 0;
    std::uint64_t n_keys = 0;
    RETURN_IF_ERROR(read_fixed(&n_tensors, &n_keys));
    if (n_keys > cursor_.remaining() / kSmallestPair) {
      return cursor_.error(
          "metadata", "found a count of " + std::to_string(n_keys) + " keys, allowed at most " +
                          std::to_string(cursor_.remaining() / kSmallestPair) + " in the " +
                          std::to_string(cursor_.remaining()) + " bytes that follow");
    }
    header_.keys_.reserve(
        static_cast<std::size_t>(std::min(n_keys, GgufCursor::kMaxHeaderBytes / kSmallestPair)));
    for (std::uint64_t i = 0; i < n_keys; ++i) RETURN_IF_ERROR(read_pair(i, n_keys));
    RETURN_IF_ERROR(sort_keys());
    RETURN_IF_ERROR(check_spelling());
    ASSIGN_OR_RETURN(const std::uint64_t alignment, read_alignment());
    RETURN_IF_ERROR(GgufTensorReader(&cursor_, &header_).read(n_tensors, alignment));
    header_.bytes_.resize(static_cast<std::size_t>(cursor_.position()));
    header_.bytes_.shrink_to_fit();
    return std::move(header_);
  }

 private:
  Result<void> read_fixed(std::uint64_t* n_tensors, std::uint64_t* n_keys) {
    const std::uint64_t size = cursor_.file_size();
    if (size < kFixedBytes) {
      ASSIGN_OR_RETURN(const std::uint64_t start, cursor_.take(size, "header"));
      return fail(
          ErrorCode::InvalidFile,
          cursor_.file() + ": too short to be GGUF, found " + std::to_string(size) +
              " of the 24 bytes of its header" +
              (header_.bytes_.starts_with(kMagic) ? "" : foreign(header_.bytes_.substr(start))));
    }
    ASSIGN_OR_RETURN(const std::uint64_t magic, cursor_.take(kMagic.size(), "magic"));
    if (std::string_view(header_.bytes_).substr(magic, kMagic.size()) != kMagic) {
      const std::string_view first = std::string_view(header_.bytes_).substr(0, 32);
      return fail(ErrorCode::InvalidFile, cursor_.file() + ": found the first bytes \"" +
                                              quoted_name(first.substr(0, 8)) +
                                              "\", allowed \"GGUF\"" + foreign(first));
    }
    RETURN_IF_ERROR(read_version());
    ASSIGN_OR_RETURN(*n_tensors, cursor_.number<std::uint64_t>("number of tensors"));
    ASSIGN_OR_RETURN(*n_keys, cursor_.number<std::uint64_t>("number of metadata keys"));
    return {};
  }

  Result<void> read_version() {
    ASSIGN_OR_RETURN(header_.version_, cursor_.number<std::uint32_t>("version"));
    const std::uint32_t found = header_.version_;
    if (found >= kOldestVersion && found <= kNewestVersion) return {};
    std::string problem = "found " + std::to_string(found) + ", allowed 2 or 3";
    if ((found & 0xFFFFU) == 0 && found != 0) {
      problem = "found a big-endian file (version " + std::to_string(__builtin_bswap32(found)) +
                "), allowed little-endian ones; convert it";
    } else if (found == 1) {
      problem += "; version 1 is too old, convert the model again";
    } else if (found > kNewestVersion) {
      problem += "; the file is newer than this program";
    }
    return cursor_.error("version", problem, ErrorCode::Unsupported);
  }

  Result<void> read_pair(std::uint64_t index, std::uint64_t count) {
    const std::string number =
        "metadata key " + std::to_string(index + 1) + " of " + std::to_string(count);
    ASSIGN_OR_RETURN(const auto length, cursor_.number<std::uint64_t>(number + " › length"));
    if (length == 0 || length > kMaxKeyBytes) {
      return cursor_.error(number + " › length",
                           "found " + std::to_string(length) + " bytes, allowed 1 to 65535");
    }
    GgufHeader::Key key;
    ASSIGN_OR_RETURN(const std::uint64_t start, cursor_.take(length, number));
    key.start = static_cast<std::uint32_t>(start);
    key.length = static_cast<std::uint16_t>(length);
    const std::string where =
        number + " " + quoted_name(std::string_view(header_.bytes_).substr(start, length));
    ASSIGN_OR_RETURN(key.type, read_type(where));
    key.value_start = static_cast<std::uint32_t>(cursor_.position());
    RETURN_IF_ERROR(key.type == GgufType::Array ? skip_array(where) : skip_value(where, key.type));
    key.value_end = static_cast<std::uint32_t>(cursor_.position());
    header_.keys_.push_back(key);
    return {};
  }

  Result<GgufType> read_type(const std::string& where) {
    ASSIGN_OR_RETURN(const auto type, cursor_.number<std::uint32_t>(where + " › type"));
    if (type < kGgufTypeCount) return static_cast<GgufType>(type);
    return cursor_.error(where + " › type", "found " +
                                                std::to_string(static_cast<std::int32_t>(type)) +
                                                ", allowed 0 (u8) to 12 (f64)");
  }

  Result<void> skip_value(const std::string& where, GgufType type) {
    if (type == GgufType::String) {
      std::uint64_t length = 0;
      RETURN_IF_ERROR(cursor_.text(where + " › value", &length));
      return {};
    }
    ASSIGN_OR_RETURN(const std::uint64_t start,
                     cursor_.take(gguf_type_bytes(type), where + " › value"));
    return type == GgufType::Bool ? check_bools(where, start, 1) : Result<void>();
  }

  Result<void> skip_array(const std::string& where) {
    ASSIGN_OR_RETURN(const GgufType element, read_type(where + " › elements"));
    if (element == GgufType::Array) {
      return cursor_.error(where + " › elements › type",
                           "found 9 (array in array), allowed numbers, bools or strings");
    }
    ASSIGN_OR_RETURN(const auto count, cursor_.number<std::uint64_t>(where + " › elements"));
    const std::size_t size =
        element == GgufType::String ? sizeof(std::uint64_t) : gguf_type_bytes(element);
    const std::uint64_t allowed = std::min(kMaxItems, cursor_.remaining() / size);
    if (count > allowed) {
      return cursor_.error(where + " › elements",
                           "found a count of " + std::to_string(count) + ", allowed at most " +
                               std::to_string(allowed) + " (" +
                               std::to_string(cursor_.remaining()) + " bytes follow)");
    }
    if (element == GgufType::String) {
      const std::string item = where + " › string";
      for (std::uint64_t i = 0; i < count; ++i) {
        std::uint64_t length = 0;
        RETURN_IF_ERROR(cursor_.text(item, &length));
      }
      return {};
    }
    ASSIGN_OR_RETURN(const std::uint64_t start, cursor_.take(count * size, where + " › elements"));
    return element == GgufType::Bool ? check_bools(where, start, count) : Result<void>();
  }

  Result<void> check_bools(const std::string& where, std::uint64_t start, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto byte = static_cast<unsigned char>(header_.bytes_[start + i]);
      if (byte <= 1) continue;
      return cursor_.error(where + " › value",
                           "found the byte " + std::to_string(byte) + " as a bool, allowed 0 or 1");
    }
    return {};
  }

  /// Duplicates are found by sorting: 600,000 keys take a moment, not hours.
  Result<void> sort_keys() {
    std::vector<std::uint32_t>& order = header_.keys_by_name_;
    order.resize(header_.keys_.size());
    std::iota(order.begin(), order.end(), 0U);
    const auto trimmed = [this](std::uint32_t i) { return without_nul_suffix(header_.key(i)); };
    std::sort(order.begin(), order.end(),
              [&trimmed](std::uint32_t a, std::uint32_t b) { return trimmed(a) < trimmed(b); });
    for (std::size_t i = 1; i < order.size(); ++i) {
      if (trimmed(order[i - 1]) != trimmed(order[i])) continue;
      const std::uint32_t a = header_.keys_[order[i - 1]].start;
      const std::uint32_t b = header_.keys_[order[i]].start;
      return fail(ErrorCode::InvalidFile, cursor_.file() + " › metadata: found the key \"" +
                                              quoted_name(trimmed(order[i])) + "\" at byte " +
                                              std::to_string(std::min(a, b)) +
                                              " and again at byte " +
                                              std::to_string(std::max(a, b)) + ", allowed once");
    }
    return {};
  }

  /// A key this program does not know may be spelt as it likes; one that could be mistaken for one
  /// it does know may not.
  Result<void> check_spelling() {
    const std::optional<GgufValue> value = header_.find("general.architecture");
    const std::string own =
        value && value->text() ? std::string(value->text()->substr(0, 64)) + "." : "general.";
    std::size_t n_odd = 0;
    for (std::size_t i = 0; i < header_.n_keys(); ++i) {
      const std::string_view key = header_.key(i);
      if (std::all_of(key.begin(), key.end(), is_key_letter)) continue;
      if (key.starts_with("tokenizer.chat_template.")) continue;  // a name of the author's follows
      const std::string meant = folded(key);
      for (const std::string_view prefix :
           {std::string_view("general."), std::string_view("tokenizer."),
            std::string_view("split."), std::string_view(own)}) {
        if (!meant.starts_with(prefix)) continue;
        return fail(ErrorCode::InvalidFile, cursor_.file() + " › metadata: found the key \"" +
                                                quoted_name(key) + "\", allowed \"" +
                                                quoted_name(meant) +
                                                "\" (lower case letters, digits, _ - and dots)");
      }
      if (++n_odd <= kMaxWarnings) {
        header_.warnings_.push_back(cursor_.file() + " › metadata: found the key \"" +
                                    quoted_name(key) +
                                    "\", which breaks the format's spelling; ignored");
      }
    }
    if (n_odd > kMaxWarnings) {
      header_.warnings_.push_back(cursor_.file() + " › metadata: … and " +
                                  std::to_string(n_odd - kMaxWarnings) + " more such keys");
    }
    return {};
  }

  Result<std::uint64_t> read_alignment() {
    const std::optional<GgufValue> value = header_.find("general.alignment");
    if (!value) return kDefaultAlignment;
    const std::optional<std::int64_t> alignment =
        value->type == GgufType::U32 ? value->integer() : std::nullopt;
    const bool is_power = alignment && *alignment >= 8 && *alignment <= kLargestAlignment &&
                          (*alignment & (*alignment - 1)) == 0;
    if (is_power) return static_cast<std::uint64_t>(*alignment);
    return fail(ErrorCode::InvalidFile,
                cursor_.file() + " › metadata › general.alignment: found " + value->shown() +
                    ", allowed a u32 that is a power of two from 8 to 2^30");
  }

  GgufHeader header_;
  GgufCursor cursor_;
};

Result<GgufHeader> GgufHeader::read(const ReadAt& read_at, std::uint64_t file_size,
                                    const std::string& name) {
  return GgufHeaderReader(read_at, file_size, name).read();
}

std::string_view GgufHeader::key(std::size_t index) const {
  return std::string_view(bytes_).substr(keys_[index].start, keys_[index].length);
}

GgufValue GgufHeader::value(std::size_t index) const {
  const Key& key = keys_[index];
  GgufValue value;
  value.type = key.type;
  value.bytes = std::string_view(bytes_).substr(key.value_start, key.value_end - key.value_start);
  if (key.type == GgufType::String) value.bytes.remove_prefix(sizeof(std::uint64_t));
  if (key.type == GgufType::Array) {
    value.element = static_cast<GgufType>(static_cast<std::uint8_t>(value.bytes[0]));
    std::memcpy(&value.count, value.bytes.data() + sizeof(std::uint32_t), sizeof(value.count));
    value.bytes.remove_prefix(sizeof(std::uint32_t) + sizeof(std::uint64_t));
  }
  return value;
}

std::optional<GgufValue> GgufHeader::find(std::string_view key_name) const {
  const auto at = std::lower_bound(
      keys_by_name_.begin(), keys_by_name_.end(), key_name,
      [this](std::uint32_t i, std::string_view wanted) { return key(i) < wanted; });
  if (at == keys_by_name_.end() || key(*at) != key_name) return std::nullopt;
  return value(*at);
}

}  // namespace engine
