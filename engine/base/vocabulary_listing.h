// VocabularyListing: a tokenizer given as plain lists, as GGUF metadata has it. Filled by
// checkpoint, read by tokenizer, which do not know each other.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace engine {

/// tokenizer.ggml.*; see shared spelling rules there: "gpt2" tokens are spelt in the byte alphabet,
/// "llama" tokens with U+2581 for a space.
struct VocabularyListing {
  std::string model;                      // "gpt2" or "llama"
  std::string pre;                        // "deepseek-v3", "llama-bpe", …; empty when absent
  std::vector<std::string> tokens;        // [id]
  std::vector<float> scores;              // [id], or empty
  std::vector<std::int32_t> token_types;  // [id], or empty: 1 normal, 2 unknown, 3 control,
                                          // 4 user-defined, 5 unused, 6 byte
  std::vector<std::string> merges;        // "left right" in rank order
  std::optional<std::int32_t> bos;
  std::optional<std::int32_t> eos;
  std::optional<std::int32_t> eot;
  std::optional<std::int32_t> unknown;
  std::optional<std::int32_t> padding;
  std::optional<bool> add_bos;
  std::optional<bool> add_eos;
  std::optional<bool> add_space_prefix;
};

}  // namespace engine
