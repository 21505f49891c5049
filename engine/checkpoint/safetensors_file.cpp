// Opening one safetensors file: length, header, mapping. The header is copied before it is checked,
// so that a file changed meanwhile cannot slip past the checks.
#include "engine/checkpoint/safetensors_file.h"

#include <bit>
#include <cstring>

#include "engine/checkpoint/foreign_format.h"

namespace engine {

static_assert(std::endian::native == std::endian::little, "safetensors data is little-endian");

namespace {

constexpr std::uint64_t kLengthBytes = 8;
constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;
constexpr const char* kDamaged = "; the file is damaged or incomplete, download it again";

std::string with_foreign_name(std::string message, const MappedFile& file) {
  const std::string foreign = foreign_format(file.bytes());
  return message + (foreign.empty() ? kDamaged : "; this is " + foreign);
}

Result<std::uint64_t> header_length(const MappedFile& file, const std::string& name) {
  const std::uint64_t size = file.bytes().size();
  if (size < kLengthBytes) {
    return fail(ErrorCode::InvalidFile, name + ": found " + std::to_string(size) +
                                            " bytes, allowed at least 8 (the header's length)" +
                                            kDamaged);
  }
  std::uint64_t length = 0;
  RETURN_IF_ERROR(file.read_at(0, {reinterpret_cast<char*>(&length), kLengthBytes}));
  const std::string found =
      name + " › header length: found " + std::to_string(length) + " bytes, allowed ";
  if (length > kMaxHeaderBytes) {
    return fail(ErrorCode::InvalidFile,
                with_foreign_name(found + "at most " + std::to_string(kMaxHeaderBytes), file));
  }
  if (length > size - kLengthBytes) {
    return fail(ErrorCode::InvalidFile,
                with_foreign_name(found + "at most the " + std::to_string(size - kLengthBytes) +
                                      " bytes that follow",
                                  file));
  }
  return length;
}

}  // namespace

Result<SafetensorsFile> SafetensorsFile::open(const std::string& path,
                                              const std::string& shown_name) {
  const std::string name = quoted_name(shown_name);
  ASSIGN_OR_RETURN(MappedFile file, MappedFile::open(path));
  ASSIGN_OR_RETURN(const std::uint64_t length, header_length(file, name));
  std::string json(static_cast<std::size_t>(length), '\0');
  RETURN_IF_ERROR(file.read_at(kLengthBytes, json));
  const std::uint64_t data_start = kLengthBytes + length;
  Result<SafetensorsHeader> header =
      SafetensorsHeader::parse(json, file.bytes().size() - data_start, name);
  if (!header) {
    Error error = std::move(header.error());
    if (json.empty() || json[0] != '{') error.message = with_foreign_name(error.message, file);
    return tl::unexpected(std::move(error));
  }
  return SafetensorsFile(std::move(file), shown_name, std::move(*header), data_start);
}

}  // namespace engine
