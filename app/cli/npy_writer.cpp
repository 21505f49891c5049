#include "app/cli/npy_writer.h"

#include <cstdio>
#include <filesystem>

namespace app::cli {

using engine::ErrorCode;
using engine::fail;
using engine::Result;

namespace {

std::string partialPath(const std::string& path) { return path + ".partial"; }

}  // namespace

Result<NpyWriter> NpyWriter::create(const std::string& path, std::int64_t n_rows,
                                    std::int64_t n_cols) {
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" +
                       std::to_string(n_rows) + ", " + std::to_string(n_cols) + "), }";
  // Magic, version 1.0 and a 16-bit length come before; all together is a multiple of 64.
  constexpr std::size_t kPrefix = 10;
  while ((kPrefix + header.size() + 1) % 64 != 0) header += ' ';
  header += '\n';
  NpyWriter writer;
  writer.path_ = path;
  writer.file_.open(partialPath(path), std::ios::binary | std::ios::trunc);
  if (!writer.file_) return fail(ErrorCode::Io, path + ": cannot be created");
  writer.file_.write("\x93NUMPY\x01\x00", 8);
  const char length[2] = {static_cast<char>(header.size() & 0xFFU),
                          static_cast<char>(header.size() >> 8U)};
  writer.file_.write(length, 2);
  writer.file_.write(header.data(), static_cast<std::streamsize>(header.size()));
  return writer;
}

NpyWriter::~NpyWriter() {
  if (!file_.is_open()) return;
  file_.close();
  std::remove(partialPath(path_).c_str());
}

Result<void> NpyWriter::append(std::span<const float> rows) {
  const auto bytes = std::as_bytes(rows);
  file_.write(reinterpret_cast<const char*>(bytes.data()),
              static_cast<std::streamsize>(bytes.size()));
  if (!file_) return fail(ErrorCode::Io, path_ + ": writing failed");
  return {};
}

Result<void> NpyWriter::commit() {
  file_.close();
  std::error_code error;
  if (file_) std::filesystem::rename(partialPath(path_), path_, error);
  if (!file_ || error) {
    std::remove(partialPath(path_).c_str());
    return fail(ErrorCode::Io, path_ + ": cannot be completed");
  }
  return {};
}

}  // namespace app::cli
