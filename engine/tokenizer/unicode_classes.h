// UnicodeClasses: what a code point is to the split patterns. The table repeats the categories of
// the regex engine behind Hugging Face tokenizers (Oniguruma, Unicode 16), which no system library
// of this age agrees with.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace engine {

using ClassMask = std::uint16_t;
inline constexpr ClassMask kLetter = 1;       // \p{L}
inline constexpr ClassMask kMark = 2;         // \p{M}
inline constexpr ClassMask kNumber = 4;       // \p{N}
inline constexpr ClassMask kPunctuation = 8;  // \p{P}
inline constexpr ClassMask kSymbol = 16;      // \p{S}
inline constexpr ClassMask kSpace = 32;       // \s, Unicode White_Space
inline constexpr ClassMask kDigit = 64;       // the Digits step: Nd, Nl, No of Unicode 17
inline constexpr ClassMask kCasedLetter =
    128;  // the letters named one by one in DeepSeek LLM's pattern
inline constexpr ClassMask kUppercase = 256;  // \p{Lu}, \p{Lt}
inline constexpr ClassMask kLowercase = 512;  // \p{Ll}
inline constexpr ClassMask kHan = 1024;       // \p{Han}

struct CodePointRange {
  char32_t first;
  char32_t last;
  ClassMask mask;
};

std::span<const CodePointRange> unicode_ranges();       // unicode_ranges.cpp, generated
std::span<const CodePointRange> case_and_han_ranges();  // unicode_case_ranges.cpp, generated
std::span<const CodePointRange> cased_letter_ranges();  // unicode_classes.cpp

/// As Python's str.isspace: wider than Unicode White_Space by U+001C–1F.
bool is_python_space(char32_t code_point);

/// Two bytes of flags per code point (2.2 MB), filled once per tokenizer.
class UnicodeClasses {
 public:
  UnicodeClasses();
  ClassMask of(char32_t code_point) const { return table_[code_point]; }

 private:
  std::vector<ClassMask> table_;  // [0x110000]
};

}  // namespace engine
