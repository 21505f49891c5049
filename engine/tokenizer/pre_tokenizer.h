// PreTokenizer: cuts text into the pieces that byte-pair merges may not cross.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/split_patterns.h"

namespace engine {

class PreTokenizer {
 public:
  PreTokenizer() = default;
  explicit PreTokenizer(std::vector<SplitStep> steps) : steps_(std::move(steps)) {}

  /// The ends of the pieces of text[begin, end), ascending, into `ends` (cleared first). Each step
  /// runs on every piece that the steps before it left, as if nothing else existed.
  void split(const UnicodeClasses& classes, std::string_view text, std::size_t begin,
             std::size_t end, std::vector<std::size_t>* ends) const;

  /// "deepseek-v3", "deepseek-llm", "deepseek-coder", "gpt2", "cl100k", "qwen2", "kimi", or "" for
  /// another combination of known steps.
  std::string family() const;

 private:
  std::vector<SplitStep> steps_;
};

}  // namespace engine
