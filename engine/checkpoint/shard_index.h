// ShardIndex: model.safetensors.index.json read: which file holds which tensor.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace engine {

struct ShardIndex {
  struct Entry {
    std::string tensor;
    std::uint32_t file = 0;  // in files
  };
  std::vector<std::string> files;  // distinct, in order of first mention; plain names or not
  std::vector<Entry> entries;      // sorted by tensor name, names distinct
  std::optional<std::uint64_t> total_size;  // metadata › total_size, bytes of all tensors

  /// Refuses duplicates, wrong types and excess; the file names themselves are not judged here.
  static Result<ShardIndex> parse(std::string_view json, std::string_view file);

  const Entry* find(std::string_view tensor) const;
};

}  // namespace engine
