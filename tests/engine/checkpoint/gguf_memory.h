// Reads a GGUF header from bytes in memory, and checks what an accepted one must fulfil.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "engine/checkpoint/gguf_file.h"
#include "tests/support/gguf_writer.h"

namespace gguf_memory {

inline engine::Result<engine::GgufHeader> read(const std::string& bytes) {
  const auto read_at = [&bytes](std::uint64_t offset, std::span<char> out) -> engine::Result<void> {
    if (offset > bytes.size() || out.size() > bytes.size() - offset) std::abort();
    std::memcpy(out.data(), bytes.data() + offset, out.size());
    return {};
  };
  return engine::GgufHeader::read(read_at, bytes.size(), "f");
}

/// The message of a refusal; empty when the bytes are accepted.
inline std::string problem(const std::string& bytes) {
  const auto header = read(bytes);
  return header ? std::string() : header.error().message;
}
inline std::string problem(const support::GgufToWrite& file) { return problem(file.bytes()); }

/// Everything in an accepted header can be read and lies inside the file, in order.
inline void check_accepted(const engine::GgufHeader& header, std::size_t file_size) {
  for (std::size_t i = 0; i < header.n_keys(); ++i) {
    EXPECT_FALSE(header.key(i).empty());
    const engine::GgufValue value = header.value(i);
    EXPECT_FALSE(value.shown().empty());
    EXPECT_TRUE(header.find(header.key(i)).has_value());
    if (value.type != engine::GgufType::Array) continue;
    if (value.element == engine::GgufType::String) {
      EXPECT_EQ(value.strings().size(), value.count);
    } else if (value.count > 0) {
      (void)value.item(value.count - 1).number();
    }
  }
  std::uint64_t end = 0;
  for (std::size_t i = 0; i < header.n_tensors(); ++i) {
    const engine::GgufHeader::Entry entry = header.tensor(i);
    EXPECT_LE(entry.begin, entry.end);
    EXPECT_LE(entry.end, file_size);
    std::int64_t elements = 1;
    for (const std::int64_t extent : entry.shape) {
      EXPECT_GE(extent, 0);
      elements = extent == 0 || elements == 0 ? 0 : elements * extent;
    }
    EXPECT_EQ(entry.end - entry.begin,
              static_cast<std::uint64_t>(engine::dtype_bytes(entry.dtype, elements)));
    if (entry.end == entry.begin) continue;
    EXPECT_GE(entry.begin, end);
    end = entry.end;
  }
}

inline bool accepts(const std::string& bytes) {
  const auto header = read(bytes);
  if (!header) {
    EXPECT_FALSE(header.error().message.empty());
    return false;
  }
  check_accepted(*header, bytes.size());
  return true;
}

}  // namespace gguf_memory
