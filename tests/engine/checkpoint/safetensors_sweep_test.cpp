// Exhaustive sweeps over one small file: every prefix, every header bit, every number at its
// boundaries. Whatever is accepted must be a table that fits its file.
#include <gtest/gtest.h>

#include <cstring>

#include "engine/checkpoint/safetensors_file.h"
#include "tests/support/safetensors_writer.h"

namespace {

using engine::SafetensorsHeader;

std::string small_file() {
  const float values[6] = {0, 1, 2, 3, 4, 5};
  return support::safetensors_bytes(
      {support::float_tensor("model.norm.weight", "F32", {6}, values),
       support::float_tensor("w", "BF16", {2, 3}, values),
       support::float_tensor("scalar", "F16", {}, std::span<const float>(values, 1)),
       support::float_tensor("empty", "F32", {0, 7}, {})});
}

/// Parses a file held in memory; checks what an accepted table must fulfil.
bool accepts(const std::string& bytes) {
  if (bytes.size() < 8) return false;
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), 8);
  if (length > bytes.size() - 8) return false;
  // Exactly sized copy: an over-read is seen by AddressSanitizer.
  const std::string json(bytes.substr(8, length));
  const std::uint64_t n_data = bytes.size() - 8 - length;
  const auto header = SafetensorsHeader::parse(json, n_data, "f");
  if (!header) {
    EXPECT_FALSE(header.error().message.empty());
    return false;
  }
  std::uint64_t expected = 0;
  for (std::size_t i = 0; i < header->n_tensors(); ++i) {
    const SafetensorsHeader::Entry entry = header->entry(i);
    EXPECT_EQ(entry.begin, expected);
    expected = entry.end;
    std::uint64_t elements = 1;
    for (const std::int64_t extent : entry.shape) elements *= static_cast<std::uint64_t>(extent);
    EXPECT_EQ(entry.end - entry.begin, static_cast<std::uint64_t>(dtype_bytes(
                                           entry.dtype, static_cast<std::int64_t>(elements))));
  }
  EXPECT_EQ(expected, n_data);
  return true;
}

TEST(SafetensorsSweep, NoPrefixIsAccepted) {
  const std::string file = small_file();
  ASSERT_TRUE(accepts(file));
  for (std::size_t n = 0; n < file.size(); ++n) {
    EXPECT_FALSE(accepts(file.substr(0, n))) << "prefix of " << n << " bytes";
    const support::TempFolder folder;
    support::write_file(folder.file("f"), file.substr(0, n));
    EXPECT_FALSE(engine::SafetensorsFile::open(folder.file("f"), "f").has_value());
  }
}

TEST(SafetensorsSweep, EveryFlippedBitIsRefusedOrHarmless) {
  const std::string file = small_file();
  std::uint64_t length = 0;
  std::memcpy(&length, file.data(), 8);
  int n_accepted = 0;
  for (std::size_t byte = 0; byte < 8 + length; ++byte) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = file;
      flipped[byte] = static_cast<char>(flipped[byte] ^ (1 << bit));
      n_accepted += accepts(flipped) ? 1 : 0;
    }
  }
  // Flips inside names and metadata stay valid; flips of structure and numbers must not.
  EXPECT_LT(n_accepted, 400);
}

TEST(SafetensorsSweep, EveryNumberAtItsBoundaries) {
  const std::string header =
      support::header_json({support::float_tensor("w", "F32", {2, 3}, std::vector<float>(6)),
                            support::float_tensor("v", "F32", {4}, std::vector<float>(4))});
  const std::string data(40, 'x');
  ASSERT_TRUE(accepts(support::safetensors_bytes(header, data)));
  for (std::size_t at = 0; at < header.size(); ++at) {
    const bool starts_number =
        header[at] >= '0' && header[at] <= '9' && (header[at - 1] == '[' || header[at - 1] == ',');
    if (!starts_number) continue;
    const std::size_t end = header.find_first_not_of("0123456789", at);
    for (const char* value :
         {"-1", "-9223372036854775808", "2147483648", "4294967296", "4611686018427387904",
          "9223372036854775807", "9223372036854775808", "18446744073709551615",
          "18446744073709551616", "1e3", "0.5", "00", "null", "\"1\"", "[]", "1e999"}) {
      std::string changed = header;
      changed.replace(at, end - at, value);
      EXPECT_FALSE(accepts(support::safetensors_bytes(changed, data))) << changed;
    }
  }
}

}  // namespace
