#include "engine/tokenizer/utf8_stream.h"

#include <gtest/gtest.h>

#include "engine/tokenizer/utf8.h"

namespace engine {
namespace {

const std::string kBad = "\xEF\xBF\xBD";

TEST(SanitizeUtf8, ReplacesMaximalSubparts) {
  EXPECT_EQ(sanitize_utf8("plain é 日 🙂"), "plain é 日 🙂");
  EXPECT_EQ(sanitize_utf8("\xC0\x80"), kBad + kBad);             // overlong: two bad bytes
  EXPECT_EQ(sanitize_utf8("\xED\xA0\x80"), kBad + kBad + kBad);  // a surrogate: three
  EXPECT_EQ(sanitize_utf8("\xF4\x90\x80\x80"), kBad + kBad + kBad + kBad);
  EXPECT_EQ(sanitize_utf8("a\xE6\xAD"), "a" + kBad);  // cut short: one
  EXPECT_EQ(sanitize_utf8("\xF0\x9F\x99x"), kBad + "x");
  EXPECT_EQ(sanitize_utf8(std::string("\0\xEF\xBB\xBF\xE2\x80\xAE", 7)),
            std::string("\0\xEF\xBB\xBF\xE2\x80\xAE", 7));  // NUL, BOM, bidi control are text
}

TEST(Utf8Stream, GivesWholeCharactersWhateverTheCuts) {
  const std::string text = "aé日🙂\xC3(\xF0\x9F z";
  for (std::size_t step = 1; step <= text.size(); ++step) {
    Utf8Stream stream;
    std::string out;
    for (std::size_t at = 0; at < text.size(); at += step) {
      const std::string part = stream.push(std::string_view(text).substr(at, step));
      EXPECT_EQ(find_invalid_utf8(part), std::string_view::npos);
      out += part;
    }
    out += stream.finish();
    EXPECT_EQ(out, sanitize_utf8(text)) << "in steps of " << step;
  }
}

TEST(Utf8Stream, KeepsAnIncompleteTail) {
  Utf8Stream stream;
  EXPECT_EQ(stream.push("x\xE6\x97"), "x");
  EXPECT_EQ(stream.push("\xA5"), "日");
  EXPECT_EQ(stream.finish(), "");
  EXPECT_EQ(stream.push("\xE6"), "");
  EXPECT_EQ(stream.finish(), kBad);
  EXPECT_EQ(stream.finish(), "");
}

}  // namespace
}  // namespace engine
