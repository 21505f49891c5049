// Opening one GGUF file. The header is copied by read(2) before it is checked, so that a file
// changed meanwhile cannot slip past the checks.
#include "engine/checkpoint/gguf_file.h"

#include <array>
#include <bit>
#include <string_view>

namespace engine {

static_assert(std::endian::native == std::endian::little, "GGUF data is little-endian here");

Result<GgufFile> GgufFile::open(const std::string& path, const std::string& shown_name) {
  ASSIGN_OR_RETURN(MappedFile file, MappedFile::open(path));
  const auto read_at = [&file](std::uint64_t offset, std::span<char> out) {
    return file.read_at(offset, out);
  };
  ASSIGN_OR_RETURN(GgufHeader header,
                   GgufHeader::read(read_at, file.bytes().size(), quoted_name(shown_name)));
  return GgufFile(std::move(file), shown_name, std::move(header));
}

bool has_gguf_magic(const std::string& path) {
  const Result<MappedFile> file = MappedFile::open(path);
  std::array<char, 4> first{};
  return file && file->bytes().size() >= first.size() && file->read_at(0, first) &&
         std::string_view(first.data(), first.size()) == "GGUF";
}

}  // namespace engine
