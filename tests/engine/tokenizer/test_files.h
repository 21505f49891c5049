// Reading fixtures and building small tokenizers for the tests of this folder.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "engine/tokenizer/tokenizer.h"

namespace engine::test {

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

inline std::string golden(const std::string& name) {
  const std::string text = read_file(std::string(BATHYSCOPE_SOURCE_DIR "/tests/golden/") + name);
  EXPECT_FALSE(text.empty()) << name;
  return text;
}

inline std::string shared(const std::string& name) {
  return read_file(std::string(BATHYSCOPE_SHARED_DATA "/tokenizers/") + name);
}

inline Tokenizer tiny_tokenizer() {
  auto tokenizer = Tokenizer::from_json(
      golden("tokenizer_tiny.json"),
      R"({"bos_token":{"content":"<｜begin▁of▁sentence｜>"},"eos_token":"<｜end▁of▁sentence｜>"})");
  EXPECT_TRUE(tokenizer.has_value()) << tokenizer.error().message;
  return std::move(*tokenizer);
}

inline std::vector<int> ids_of(const Tokenizer& tokenizer, const std::string& text, bool control) {
  const auto ids = tokenizer.encode_ids(text, control);
  EXPECT_TRUE(ids.has_value());
  std::vector<int> out;
  for (const TokenId id : *ids) out.push_back(id.value);
  return out;
}

}  // namespace engine::test
