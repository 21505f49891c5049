// The split steps that pre-tokenizers of this family are made of. Each one is written by hand to do
// what its regular expression does in Hugging Face tokenizers, code point for code point.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/unicode_classes.h"

namespace engine {

enum class SplitKind {
  NumbersUpTo3,        // \p{N}{1,3}
  CjkRun,              // [一-龥぀-ゟ゠-ヿ]+
  DeepSeekV3Words,     // the third pattern of DeepSeek-V3
  LineBreak,           // [\r\n]
  CasedWord,           // \s?[A-Za-zµÀ-…]+ of DeepSeek LLM
  PunctuationRun,      // \s?[!-/:-~！-／：-～‘-‟　-。]+ (contains the ASCII letters)
  TrailingSpace,       // \s+$
  WideScriptRun,       // [一-龥ࠀ-一가-퟿]+
  LetterWord,          // \s?\p{L}+
  UnicodePunctuation,  // \s?\p{P}+
  Gpt2Words,           // GPT-2's pattern (also ByteLevel with use_regex)
  Cl100kWords,         // cl100k's pattern, numbers in threes
  Qwen2Words,          // the same, numbers one by one
  KimiWords,           // Moonlight's and Kimi's pattern, with its intersections of classes
  DefaultPunctuation,  // [\p{P}\$\+<=>\^~\|]+, of GGUF's "default"
  Numbers,             // \p{N}+
  ThreeAsciiDigits,    // [0-9][0-9][0-9]
  Digits,              // Digits{individual_digits: false}
  IndividualDigits,    // Digits{individual_digits: true}
  Literal,             // Split with a plain string
};

struct SplitStep {
  SplitKind kind = SplitKind::LineBreak;
  std::string literal;  // SplitKind::Literal only
  bool operator==(const SplitStep&) const = default;
};

/// The step that a regular expression in tokenizer.json stands for, if it is one of those above.
std::optional<SplitKind> known_split_pattern(std::string_view regex);

/// Appends the ends of the pieces of text[begin, end): every match and every gap between matches.
/// `text` is valid UTF-8.
void split_piece(const UnicodeClasses& classes, const SplitStep& step, std::string_view text,
                 std::size_t begin, std::size_t end, std::vector<std::size_t>* ends);

}  // namespace engine
