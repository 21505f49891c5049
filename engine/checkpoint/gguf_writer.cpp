// The container of facts: little-endian fields, strings with 64-bit lengths, data at multiples of
// 32 bytes.
#include "engine/checkpoint/gguf_writer.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "engine/base/check.h"

namespace engine {

namespace {

constexpr std::int64_t kAlignment = 32;  // the format's default
constexpr std::uint32_t kVersion = 3;

// Value types of the format.
constexpr std::uint32_t kU32 = 4;
constexpr std::uint32_t kI32 = 5;
constexpr std::uint32_t kF32 = 6;
constexpr std::uint32_t kBool = 7;
constexpr std::uint32_t kString = 8;
constexpr std::uint32_t kArray = 9;

template <class T>
void put(std::string* out, T value) {
  out->append(reinterpret_cast<const char*>(&value), sizeof(value));
}

void put_string(std::string* out, std::string_view text) {
  put<std::uint64_t>(out, text.size());
  out->append(text);
}

std::int64_t aligned(std::int64_t n) { return (n + kAlignment - 1) / kAlignment * kAlignment; }

std::string partial_path(const std::string& path) { return path + ".partial"; }

unexpected<Error> io_failure(const std::string& path, const char* doing) {
  return fail(ErrorCode::Io, path + ": " + doing + ": " + std::strerror(errno));
}

/// Refuses what cannot fit before anything is written.
Result<void> check_room(const std::string& path, int file, std::int64_t needed) {
  struct statvfs room {};
  if (::fstatvfs(file, &room) != 0) return {};
  const auto free_bytes =
      static_cast<std::int64_t>(room.f_bavail) * static_cast<std::int64_t>(room.f_frsize);
  if (needed <= free_bytes) return {};
  return fail(ErrorCode::Io, path + ": the file needs " + std::to_string(needed) +
                                 " bytes, free on that disk are " + std::to_string(free_bytes));
}

struct TypeNumber {
  DType dtype;
  std::uint32_t number;
};
constexpr std::array<TypeNumber, 15> kTypeNumbers = {{
    {DType::F32, 0},
    {DType::F16, 1},
    {DType::Q4_0, 2},
    {DType::Q4_1, 3},
    {DType::Q5_0, 6},
    {DType::Q5_1, 7},
    {DType::Q8_0, 8},
    {DType::Q2_K, 10},
    {DType::Q3_K, 11},
    {DType::Q4_K, 12},
    {DType::Q5_K, 13},
    {DType::Q6_K, 14},
    {DType::IQ4_NL, 20},
    {DType::IQ4_XS, 23},
    {DType::BF16, 30},
}};

std::string header_of(const GgufMetadata& metadata, std::span<const GgufTensor> tensors) {
  std::string bytes = "GGUF";
  put(&bytes, kVersion);
  put<std::uint64_t>(&bytes, tensors.size());
  put(&bytes, metadata.n_keys());
  bytes += metadata.bytes();
  std::int64_t offset = 0;
  for (const GgufTensor& tensor : tensors) {
    const std::optional<std::uint32_t> type = ggml_type_of(tensor.dtype);
    CHECK(type.has_value());
    put_string(&bytes, tensor.name);
    put(&bytes, static_cast<std::uint32_t>(tensor.shape.size()));
    for (auto extent = tensor.shape.rbegin(); extent != tensor.shape.rend(); ++extent) {
      put(&bytes, static_cast<std::uint64_t>(*extent));
    }
    put(&bytes, *type);
    put(&bytes, static_cast<std::uint64_t>(offset));
    offset += aligned(tensor.n_bytes());
  }
  bytes.resize(static_cast<std::size_t>(aligned(static_cast<std::int64_t>(bytes.size()))));
  return bytes;
}

}  // namespace

void GgufMetadata::begin(std::string_view key, std::uint32_t type) {
  ++n_keys_;
  put_string(&bytes_, key);
  put(&bytes_, type);
}

void GgufMetadata::begin_array(std::string_view key, std::uint32_t element, std::size_t count) {
  begin(key, kArray);
  put(&bytes_, element);
  put<std::uint64_t>(&bytes_, count);
}

void GgufMetadata::put_u32(std::string_view key, std::int64_t value) {
  begin(key, kU32);
  put(&bytes_, static_cast<std::uint32_t>(value));
}

void GgufMetadata::put_f32(std::string_view key, double value) {
  begin(key, kF32);
  put(&bytes_, static_cast<float>(value));
}

void GgufMetadata::put_flag(std::string_view key, bool value) {
  begin(key, kBool);
  put<std::uint8_t>(&bytes_, value ? 1 : 0);
}

void GgufMetadata::put_text(std::string_view key, std::string_view value) {
  begin(key, kString);
  put_string(&bytes_, value);
}

void GgufMetadata::put_texts(std::string_view key, std::span<const std::string> values) {
  begin_array(key, kString, values.size());
  for (const std::string& value : values) put_string(&bytes_, value);
}

void GgufMetadata::put_f32s(std::string_view key, std::span<const float> values) {
  begin_array(key, kF32, values.size());
  for (const float value : values) put(&bytes_, value);
}

void GgufMetadata::put_i32s(std::string_view key, std::span<const std::int32_t> values) {
  begin_array(key, kI32, values.size());
  for (const std::int32_t value : values) put(&bytes_, value);
}

std::int64_t GgufTensor::n_bytes() const {
  std::int64_t n = 1;
  for (const std::int64_t extent : shape) n *= extent;
  return dtype_bytes(dtype, n);
}

std::optional<std::uint32_t> ggml_type_of(DType dtype) {
  for (const TypeNumber& type : kTypeNumbers) {
    if (type.dtype == dtype) return type.number;
  }
  return std::nullopt;
}

Result<GgufWriter> GgufWriter::create(std::string path, const GgufMetadata& metadata,
                                      std::vector<GgufTensor> tensors) {
  const std::string header = header_of(metadata, tensors);
  GgufWriter writer;
  writer.path_ = std::move(path);
  writer.tensors_ = std::move(tensors);
  writer.file_bytes_ = static_cast<std::int64_t>(header.size());
  for (const GgufTensor& tensor : writer.tensors_) writer.file_bytes_ += aligned(tensor.n_bytes());
  const std::string partial = partial_path(writer.path_);
  writer.file_ = ::open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (writer.file_ < 0) return io_failure(writer.path_, "cannot be created");
  RETURN_IF_ERROR(check_room(writer.path_, writer.file_, writer.file_bytes_));
  RETURN_IF_ERROR(writer.write(std::as_bytes(std::span(header))));
  return writer;
}

GgufWriter::~GgufWriter() {
  if (file_ < 0) return;
  ::close(file_);
  ::unlink(partial_path(path_).c_str());
}

void GgufWriter::swap(GgufWriter& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(file_, other.file_);
  std::swap(tensors_, other.tensors_);
  std::swap(current_, other.current_);
  std::swap(in_current_, other.in_current_);
  std::swap(position_, other.position_);
  std::swap(file_bytes_, other.file_bytes_);
}

Result<void> GgufWriter::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(file_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return io_failure(path_, "writing failed");
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    position_ += n;
  }
  return {};
}

Result<void> GgufWriter::pad() {
  const std::array<std::byte, kAlignment> zeros{};
  return write(std::span(zeros).first(static_cast<std::size_t>(aligned(position_) - position_)));
}

Result<void> GgufWriter::append(std::span<const std::byte> bytes) {
  if (bytes.empty()) return {};
  CHECK_LT(current_, tensors_.size());
  in_current_ += static_cast<std::int64_t>(bytes.size());
  CHECK_LE(in_current_, tensors_[current_].n_bytes());
  RETURN_IF_ERROR(write(bytes));
  if (in_current_ < tensors_[current_].n_bytes()) return {};
  ++current_;
  in_current_ = 0;
  return pad();
}

Result<void> GgufWriter::commit() {
  CHECK_EQ(current_, tensors_.size());
  CHECK_EQ(position_, file_bytes_);
  const std::string partial = partial_path(path_);
  const bool durable = ::fsync(file_) == 0;
  const int file = std::exchange(file_, -1);
  if (!durable || ::close(file) != 0 || ::rename(partial.c_str(), path_.c_str()) != 0) {
    const auto failure = io_failure(path_, "cannot be completed");
    ::unlink(partial.c_str());
    return failure;
  }
  // The new name, too, must survive a power cut; a folder that cannot be synced is no failure.
  const std::string folder = std::filesystem::path(path_).parent_path().string();
  const int parent = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY);
  if (parent >= 0) {
    ::fsync(parent);
    ::close(parent);
  }
  return {};
}

}  // namespace engine
