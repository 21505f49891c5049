// The hand-written splits against PCRE2 (where its Unicode agrees) and against pieces that Hugging
// Face tokenizers made.
#define PCRE2_CODE_UNIT_WIDTH 8
#include "engine/tokenizer/split_patterns.h"

#include <gtest/gtest.h>
#include <pcre2.h>

#include <random>

#include "engine/tokenizer/pre_tokenizer.h"
#include "engine/tokenizer/utf8.h"
#include "tests/engine/tokenizer/test_files.h"

namespace engine {
namespace {

std::vector<std::size_t> split(const UnicodeClasses& classes, SplitKind kind,
                               std::string_view text) {
  std::vector<std::size_t> ends;
  split_piece(classes, {kind, {}}, text, 0, text.size(), &ends);
  return ends;
}

std::vector<std::size_t> split_with_pcre2(const std::string& pattern, const std::string& text) {
  int error = 0;
  PCRE2_SIZE offset = 0;
  pcre2_code* const code =
      pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                    PCRE2_UTF | PCRE2_UCP, &error, &offset, nullptr);
  EXPECT_NE(code, nullptr) << pattern;
  pcre2_match_data* const match = pcre2_match_data_create_from_pattern(code, nullptr);
  std::vector<std::size_t> ends;
  std::size_t at = 0;
  while (at < text.size() && pcre2_match(code, reinterpret_cast<PCRE2_SPTR>(text.data()),
                                         text.size(), at, 0, match, nullptr) > 0) {
    const PCRE2_SIZE* const range = pcre2_get_ovector_pointer(match);
    if (range[0] > at) ends.push_back(range[0]);
    ends.push_back(range[1]);
    at = range[1];
  }
  if (at < text.size()) ends.push_back(text.size());
  pcre2_match_data_free(match);
  pcre2_code_free(code);
  return ends;
}

// Characters both Unicodes know, in all the classes that matter; not U+180E, which is no space.
constexpr const char32_t kAlphabet[] = {
    'a',    'b',    'Z',    's',     't',    'r',    'e',     'l',    'm',    'd',   'v',   '\'',
    '.',    '$',    '_',    '(',     '"',    '0',    '7',     ' ',    ' ',    '\t',  '\n',  '\r',
    0x0B,   0x85,   0xA0,   0x2028,  0x3000, 0x1C,   0x00,    0x7F,   0xE9,   0xDF,  0x301, 0x20AC,
    0x2014, 0x2019, 0xFF01, 0x3002,  0x4E2D, 0x9FA5, 0x304B,  0x30A2, 0xD55C, 0x939, 0x94D, 0x5D0,
    0xFF11, 0xBD,   0x2163, 0x1F642, 0x200D, 0xFEFF, 0x1D7D8, 0xE000, 0x378};

std::string random_text(std::mt19937& random) {
  std::string text;
  const std::size_t pool = random() % 3 == 0 ? 31 : std::size(kAlphabet);
  for (std::size_t n = random() % 30; n > 0; --n) append_utf8(&text, kAlphabet[random() % pool]);
  return text;
}

const std::string kCl100kTail = R"( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
const std::string kV3Words =
    R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

TEST(SplitPatterns, EqualPcre2OnRandomText) {
  const std::string patterns[] = {
      R"(\p{N}{1,3})",
      "[一-龥\u3040-ゟ゠-ヿ]+",
      kV3Words,
      "[\\r\\n]",
      "\\s?[!-/:-~！-／：-～‘-‟\u3000-。]+",
      "[一-龥ࠀ-一가-\uD7FF]+",
      R"(\s?\p{L}+)",
      R"(\s?\p{P}+)",
      R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)",
      R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|)" + kCl100kTail,
      R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|)" + kCl100kTail};
  const UnicodeClasses classes;
  std::mt19937 random(5);
  for (const std::string& pattern : patterns) {
    const auto kind = known_split_pattern(pattern);
    ASSERT_TRUE(kind.has_value()) << pattern;
    for (int i = 0; i < 3000; ++i) {
      const std::string text = random_text(random);
      ASSERT_EQ(split(classes, *kind, text), split_with_pcre2(pattern, text))
          << pattern << " on " << nlohmann::json(text).dump(-1, ' ', true);
    }
  }
}

TEST(SplitPatterns, EqualHuggingFaceOnGoldenText) {
  const auto golden = nlohmann::json::parse(test::golden("tokenizer_cases.json"));
  const UnicodeClasses classes;
  std::size_t n = 0;
  for (const auto& pattern : golden["splits"]) {
    const auto kind = known_split_pattern(pattern["pattern"].get<std::string>());
    ASSERT_TRUE(kind.has_value()) << pattern["pattern"];
    for (const auto& row : pattern["cases"]) {
      const std::string text = row[0];
      std::vector<std::size_t> lengths;
      std::size_t from = 0;
      for (const std::size_t end : split(classes, *kind, text)) {
        lengths.push_back(end - from);
        from = end;
      }
      EXPECT_EQ(lengths, row[1].get<std::vector<std::size_t>>())
          << pattern["pattern"] << " on " << row[0];
      ++n;
    }
  }
  EXPECT_GT(n, 600u);
}

TEST(SplitPatterns, SpaceIsUnicodeWhiteSpace) {
  const UnicodeClasses classes;
  for (const char32_t space : {0x85, 0xA0, 0x1680, 0x2028, 0x3000}) {
    EXPECT_NE(classes.of(space) & kSpace, 0) << std::hex << static_cast<unsigned>(space);
  }
  for (const char32_t other : {0xFEFF, 0x180E, 0x1C, 0x1F, 0x200B}) {
    EXPECT_EQ(classes.of(other) & kSpace, 0) << std::hex << static_cast<unsigned>(other);
  }
}

TEST(SplitPatterns, UnknownOnesAreNotGuessed) {
  EXPECT_FALSE(known_split_pattern(R"(\p{N}{1,4})").has_value());
  EXPECT_FALSE(known_split_pattern("(a+)+$").has_value());
  EXPECT_FALSE(known_split_pattern("").has_value());
  EXPECT_FALSE(known_split_pattern("\\s?[A-Za-z]+").has_value());
  EXPECT_FALSE(known_split_pattern("\\s?[").has_value());
  EXPECT_TRUE(known_split_pattern("[\r\n]").has_value());  // line breaks as such or as escapes
}

TEST(SplitPatterns, CutsDigitsAndLiterals) {
  const UnicodeClasses classes;
  const std::string text = "a1½2b";
  EXPECT_EQ(split(classes, SplitKind::IndividualDigits, text),
            (std::vector<std::size_t>{1, 2, 4, 5, 6}));
  EXPECT_EQ(split(classes, SplitKind::Digits, text), (std::vector<std::size_t>{1, 5, 6}));
  std::vector<std::size_t> ends;
  split_piece(classes, {SplitKind::Literal, "ab"}, "xababy", 0, 6, &ends);
  EXPECT_EQ(ends, (std::vector<std::size_t>{1, 3, 5, 6}));
}

TEST(SplitPatterns, EveryStepSeesOnlyItsPiece) {
  const UnicodeClasses classes;
  const PreTokenizer pre(
      {{SplitKind::NumbersUpTo3, {}}, {SplitKind::CjkRun, {}}, {SplitKind::DeepSeekV3Words, {}}});
  std::vector<std::size_t> ends;
  const std::string text = "x  1234 中";
  pre.split(classes, text, 0, text.size(), &ends);
  // Both spaces before a number are one piece: nothing follows them within it.
  EXPECT_EQ(ends, (std::vector<std::size_t>{1, 3, 6, 7, 8, 11}));
  EXPECT_EQ(pre.family(), "deepseek-v3");
}

}  // namespace
}  // namespace engine
