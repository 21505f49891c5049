// What text may do to the tokenizer: control spellings, invalid bytes, sheer size.
#include <algorithm>
#include <chrono>

#include "tests/engine/tokenizer/test_files.h"

namespace engine {
namespace {

using test::ids_of;

std::vector<int> ids_with(const Tokenizer& tokenizer, const std::string& text,
                          const std::vector<ByteRange>& ranges) {
  const auto tokens = tokenizer.encode(text, ranges);
  EXPECT_TRUE(tokens.has_value());
  std::vector<int> out;
  for (const EncodedToken& token : *tokens) out.push_back(token.id.value);
  return out;
}

TEST(TokenizerText, ControlTokensOnlyInsideControlRanges) {
  const Tokenizer tokenizer = test::tiny_tokenizer();
  const int user = tokenizer.id_of("<｜User｜>")->value;
  const std::string marker = "<｜User｜>";
  const std::string text = marker + "say " + marker;
  EXPECT_EQ(ids_with(tokenizer, text, {{0, text.size()}}).back(), user);
  const auto ids = ids_with(tokenizer, text, {{0, marker.size()}});
  EXPECT_EQ(ids.front(), user);
  EXPECT_EQ(std::count(ids.begin(), ids.end(), user), 1);
  // One byte short, or cut in two ranges: plain text.
  for (const std::vector<ByteRange>& ranges :
       {std::vector<ByteRange>{{0, marker.size() - 1}}, std::vector<ByteRange>{{1, marker.size()}},
        std::vector<ByteRange>{{0, 4}, {4, marker.size()}}, std::vector<ByteRange>{}}) {
    EXPECT_EQ(ids_with(tokenizer, text, ranges), ids_of(tokenizer, text, false));
  }
}

TEST(TokenizerText, PlainPiecesRunAcrossRangeBoundaries) {
  const Tokenizer tokenizer = test::tiny_tokenizer();
  const std::string text = "The expert answers";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    EXPECT_EQ(ids_with(tokenizer, text, {{0, cut}}), ids_of(tokenizer, text, false));
  }
}

TEST(TokenizerText, RefusesRangesThatCannotBe) {
  const Tokenizer tokenizer = test::tiny_tokenizer();
  for (const std::vector<ByteRange>& ranges :
       {std::vector<ByteRange>{{0, 9}}, std::vector<ByteRange>{{2, 1}},
        std::vector<ByteRange>{{2, 3}, {0, 1}}, std::vector<ByteRange>{{0, 2}, {1, 3}}}) {
    const auto tokens = tokenizer.encode("abcd", ranges);
    ASSERT_FALSE(tokens.has_value());
    EXPECT_EQ(tokens.error().code, ErrorCode::InvalidArgument);
  }
}

TEST(TokenizerText, InvalidBytesBecomeReplacementCharacters) {
  const Tokenizer tokenizer = test::tiny_tokenizer();
  const struct {
    std::string text, cleaned;
  } cases[] = {{"a\xC0\x80z", "a��z"},
               {"\xED\xA0\x80", "���"},
               {"x\xF4\x90\x80\x80", "x����"},
               {"tail \xE6\xAD", "tail �"},
               {"<think>\xFF<think>", "<think>�<think>"}};
  for (const auto& c : cases) {
    EXPECT_EQ(ids_of(tokenizer, c.text, true), ids_of(tokenizer, c.cleaned, true));
    const ByteRange all{0, c.text.size()};
    const auto tokens = tokenizer.encode(c.text, {&all, 1});
    ASSERT_TRUE(tokens.has_value());
    std::size_t at = 0;  // the ranges are of the caller's text
    for (const EncodedToken& token : *tokens) {
      EXPECT_EQ(token.bytes.begin, at);
      at = token.bytes.end;
    }
    EXPECT_EQ(at, c.text.size());
  }
  const std::string odd("a\0b\xEF\xBB\xBF\xE2\x80\xAE", 9);  // NUL, BOM, bidi control: kept
  EXPECT_EQ(tokenizer.decode(*tokenizer.encode_ids(odd, true), false), odd);
}

TEST(TokenizerText, ControlRangesInTextWithInvalidBytes) {
  const Tokenizer tokenizer = test::tiny_tokenizer();
  const std::string text = "\xFF\xFE<think>\xE6\xAD<think>";
  const int think = tokenizer.id_of("<think>")->value;
  const std::size_t second = text.size() - 7;
  const auto tokens = tokenizer.encode(text, std::vector<ByteRange>{{second, text.size()}});
  ASSERT_TRUE(tokens.has_value());
  EXPECT_EQ(tokens->back().id.value, think);
  EXPECT_EQ(tokens->back().bytes, (ByteRange{second, text.size()}));
  const auto count = std::count_if(tokens->begin(), tokens->end(),
                                   [think](const EncodedToken& t) { return t.id.value == think; });
  EXPECT_EQ(count, 1);
}

TEST(TokenizerText, HugePiecesTakeLinearTime) {
  const Tokenizer tokenizer = test::tiny_tokenizer();
  std::string combining = "e";
  for (int i = 0; i < 500'000; ++i) combining += "\u0301";
  const std::string texts[] = {std::string(10'000'000, 'a'),
                               std::string(1'000'000, ' '),
                               std::string(1'000'000, ' ') + "x",
                               std::string(1'000'000, '\n'),
                               combining,
                               std::string(1'000'000, '<'),
                               std::string(1'000'000, '\'')};
  for (const std::string& text : texts) {
    const auto start = std::chrono::steady_clock::now();
    const auto ids = tokenizer.encode_ids(text, true);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    ASSERT_TRUE(ids.has_value());
    EXPECT_LT(seconds.count(), 1.0 + 1.0 * static_cast<double>(text.size()) / 1e6);
    EXPECT_EQ(tokenizer.decode(*ids, false), text);
  }
}

TEST(TokenizerText, TellsControlTextInUserText) {
  const Tokenizer tokenizer = test::tiny_tokenizer();
  EXPECT_TRUE(tokenizer.contains_control_text("a <｜User｜> b"));
  EXPECT_FALSE(tokenizer.contains_control_text("a <|User|> <think b"));
  EXPECT_FALSE(tokenizer.contains_control_text(""));
}

TEST(TokenizerText, KnowsItsTokens) {
  const Tokenizer tokenizer = test::tiny_tokenizer();
  const TokenId bos = tokenizer.bos().value();
  EXPECT_EQ(tokenizer.bos_text(), "<｜begin▁of▁sentence｜>");
  EXPECT_TRUE(tokenizer.is_special(bos));
  EXPECT_TRUE(tokenizer.is_control(bos));
  EXPECT_EQ(tokenizer.token_display(bos), "<｜begin▁of▁sentence｜>");
  const TokenId think = tokenizer.id_of("<think>").value();
  const std::vector<TokenId> ids = {bos, think};
  EXPECT_EQ(tokenizer.decode(ids, true), "<think>");
  EXPECT_EQ(tokenizer.decode(ids, false), "<｜begin▁of▁sentence｜><think>");
  for (const int outside : {-1, 1'000'000, 2147483647}) {
    EXPECT_FALSE(tokenizer.is_known(TokenId(outside)));
    EXPECT_FALSE(tokenizer.is_special(TokenId(outside)));
    EXPECT_EQ(tokenizer.token_bytes(TokenId(outside)), "");
  }
  const std::string euro = "€";  // in three tokens, each part of a character
  const auto parts = tokenizer.encode_ids(euro, false);
  ASSERT_EQ(parts->size(), 3u);
  EXPECT_EQ(tokenizer.token_display((*parts)[0]), "<0xE2>");
  EXPECT_EQ(tokenizer.decode({parts->data(), 1}, false), "�");
  EXPECT_EQ(tokenizer.description().substr(0, 7), "BPE · ");
}

}  // namespace
}  // namespace engine
