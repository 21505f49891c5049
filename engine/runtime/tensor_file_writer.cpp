#include "engine/runtime/tensor_file_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <sstream>
#include <utility>

#include "engine/base/check.h"

namespace engine {

namespace {

constexpr std::size_t kHeaderAlignment = 8;

// Names and metadata are ours: no character that JSON would have to escape.
std::string quoted(std::string_view text) { return std::string("\"").append(text).append("\""); }

std::string partial_path(const std::string& path) { return path + ".partial"; }

tl::unexpected<Error> io_failure(const std::string& path, const char* doing) {
  return fail(ErrorCode::Io, path + ": " + doing + ": " + std::strerror(errno));
}

std::int64_t byte_size(const TensorDeclaration& tensor) {
  std::int64_t n = 1;
  for (const std::int64_t extent : tensor.shape) n *= extent;
  return dtype_bytes(tensor.dtype, n);
}

std::string describe(const TensorDeclaration& tensor, std::int64_t begin, std::int64_t end) {
  std::ostringstream out;
  out << quoted(tensor.name) << ":{\"dtype\":" << quoted(dtype_name(tensor.dtype))
      << ",\"shape\":[";
  for (std::size_t i = 0; i < tensor.shape.size(); ++i) out << (i ? "," : "") << tensor.shape[i];
  out << "],\"data_offsets\":[" << begin << "," << end << "]}";
  return out.str();
}

}  // namespace

Result<TensorFileWriter> TensorFileWriter::create(
    std::string path, const std::vector<TensorDeclaration>& tensors,
    const std::map<std::string, std::string>& metadata) {
  std::ostringstream header;
  header << "{\"__metadata__\":{";
  const char* comma = "";
  for (const auto& [key, value] : metadata) {
    header << std::exchange(comma, ",") << quoted(key) << ":" << quoted(value);
  }
  header << "}";
  TensorFileWriter writer;
  std::int64_t end = 0;
  for (const TensorDeclaration& tensor : tensors) {
    const std::int64_t begin = end;
    end += byte_size(tensor);
    header << "," << describe(tensor, begin, end);
    writer.ranges_.emplace(tensor.name, std::pair(begin, end));
  }
  header << "}";
  std::string text = header.str();
  while (text.size() % kHeaderAlignment != 0) text += ' ';

  writer.path_ = std::move(path);
  const std::string partial = partial_path(writer.path_);
  writer.file_ = ::open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (writer.file_ < 0) return io_failure(writer.path_, "cannot be created");
  const std::uint64_t header_bytes = text.size();
  const auto data_begin = static_cast<std::int64_t>(sizeof(header_bytes) + text.size());
  RETURN_IF_ERROR(writer.write_at(0, std::as_bytes(std::span(&header_bytes, 1))));
  RETURN_IF_ERROR(
      writer.write_at(sizeof(header_bytes), std::as_bytes(std::span(text.data(), text.size()))));
  if (::ftruncate(writer.file_, data_begin + end) != 0) {
    return io_failure(writer.path_, "cannot be extended");
  }
  for (auto& [name, range] : writer.ranges_) {
    range.first += data_begin;
    range.second += data_begin;
  }
  return writer;
}

TensorFileWriter::~TensorFileWriter() {
  if (file_ < 0) return;
  ::close(file_);
  ::unlink(partial_path(path_).c_str());
}

Result<void> TensorFileWriter::write_at(std::int64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(file_, bytes.data(), bytes.size(), offset);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return io_failure(path_, "writing failed");
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    offset += n;
  }
  return {};
}

Result<void> TensorFileWriter::write_bytes(std::string_view name, std::int64_t offset,
                                           std::span<const std::byte> bytes) {
  const auto range = ranges_.find(name);
  CHECK(range != ranges_.end());
  const std::int64_t begin = range->second.first + offset;
  CHECK_LE(begin + static_cast<std::int64_t>(bytes.size()), range->second.second);
  return write_at(begin, bytes);
}

Result<void> TensorFileWriter::commit() {
  const int file = std::exchange(file_, -1);
  const std::string partial = partial_path(path_);
  if (::close(file) != 0 || ::rename(partial.c_str(), path_.c_str()) != 0) {
    const auto failure = io_failure(path_, "cannot be completed");
    ::unlink(partial.c_str());
    return failure;
  }
  return {};
}

}  // namespace engine
