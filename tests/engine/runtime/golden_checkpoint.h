// GoldenCheckpoint: a fixture of tests/golden/make_v3_checkpoints.py or make_family_checkpoints.py
// with what an independent program computed for it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "engine/runtime/load_model.h"
#include "engine/runtime/recorder.h"
#include "tests/support/tensor_file.h"

namespace support {

inline std::string golden_folder() { return BATHYSCOPE_SOURCE_DIR "/tests/golden/v3"; }

inline std::string family_folder() { return BATHYSCOPE_SOURCE_DIR "/tests/golden/families"; }

inline std::vector<std::string> golden_names(const std::string& folder = golden_folder()) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class GoldenCheckpoint {
 public:
  explicit GoldenCheckpoint(const std::string& name, const std::string& folder = golden_folder())
      : path_(folder + "/" + name), expected_(path_ + "/expected.safetensors") {}

  const std::string& path() const { return path_; }
  const TensorFile& expected() const { return expected_; }
  std::vector<engine::TokenId> tokens() const {
    std::vector<engine::TokenId> tokens;
    for (const std::int64_t id : expected_.read<std::int64_t>("tokens")) {
      tokens.emplace_back(static_cast<std::int32_t>(id));
    }
    return tokens;
  }
  std::vector<float> floats(const std::string& name) const { return expected_.read<float>(name); }
  std::vector<std::int32_t> integers(const std::string& name) const {
    return expected_.read<std::int32_t>(name);
  }
  engine::Result<std::unique_ptr<engine::LoadedModel>> load(const engine::BackendOptions& backend,
                                                            std::int64_t context = 64) const {
    engine::LoadOptions options;
    options.backend = backend;
    options.context_length = context;
    return engine::load_model(path_, options, nullptr, {});
  }

 private:
  std::string path_;
  TensorFile expected_;
};

inline float max_difference(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size()) return std::numeric_limits<float>::infinity();
  float largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const float difference = std::fabs(a[i] - b[i]);
    if (!(difference <= largest)) largest = difference;  // NaN counts
  }
  return largest;
}

/// Largest difference over the largest expected value.
inline float relative_difference(const std::vector<float>& values,
                                 const std::vector<float>& expected) {
  float largest = 0;
  for (const float v : expected) largest = std::max(largest, std::fabs(v));
  return max_difference(values, expected) / largest;
}

}  // namespace support
