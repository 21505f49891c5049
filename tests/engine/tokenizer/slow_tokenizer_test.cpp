// What only folders without tokenizer.json have: tokens listed in added_tokens.json, and texts with
// long runs that the tiktoken class cuts before it tokenizes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/tokenizer/tiktoken_file.h"
#include "engine/tokenizer/tokenizer.h"
#include "tests/engine/tokenizer/test_files.h"

namespace engine {
namespace {

using test::ids_of;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kKimiConfig = R"({"tokenizer_class":"TikTokenTokenizer"})";
constexpr const char* kKimiTokens = R"({"[BOS]":420,"<|im_end|>":422})";

Tokenizer kimi() {
  auto tokenizer =
      Tokenizer::from_tiktoken(test::golden("tiny_tiktoken.model"), kKimiConfig, {kKimiTokens, ""});
  EXPECT_TRUE(tokenizer.has_value()) << tokenizer.error().message;
  return std::move(*tokenizer);
}

TEST(LongRuns, EqualTheReferenceClass) {
  const Tokenizer tokenizer = kimi();
  const auto cases = nlohmann::json::parse(test::golden("tokenizer_long_runs.json"));
  ASSERT_EQ(cases.size(), 10U);
  for (const auto& row : cases) {
    std::string text;
    for (const auto& part : row["text"]) {
      for (int n = part[1]; n > 0; --n) text += part[0].get<std::string>();
    }
    std::vector<int> expected;
    for (const auto& part : row["ids"]) {
      const auto ids = part[0].get<std::vector<int>>();
      for (int n = part[1]; n > 0; --n) expected.insert(expected.end(), ids.begin(), ids.end());
    }
    ASSERT_EQ(expected.size(), row["n_ids"]);
    EXPECT_TRUE(ids_of(tokenizer, text, false) == expected) << row["text"];
  }
}

// The reference class would cut a control token that lies across the 25,000th character in two, and
// lose the structure of the prompt with it.
TEST(LongRuns, AControlTokenIsNeverCut) {
  const Tokenizer tokenizer = kimi();
  const std::string text = std::string(24'995, 'x') + "<|im_end|>" + std::string(9, 'x');
  EXPECT_EQ(long_run_cuts(text), std::vector<std::size_t>{25'000});
  const std::vector<int> ids = ids_of(tokenizer, text, true);
  EXPECT_EQ(std::count(ids.begin(), ids.end(), 422), 1);
  EXPECT_EQ(ids.size(), 24'995U + 1 + 9);
  EXPECT_TRUE(long_run_cuts(std::string(25'000, 'x')).empty());
}

TEST(AddedTokensFile, GivesASentencePieceModelItsTokens) {
  const std::string model = test::golden("spm_bpe.model");
  const std::string added = R"({"<|user|>": 530, "<|end|>": 531})";
  const std::string map =
      R"({"eos_token": {"content": "<|end|>"}, "bos_token": "<s>",
          "additional_special_tokens": ["<|tool|>"]})";
  const auto tokenizer = Tokenizer::from_sentencepiece(model, "{}", {added, map});
  ASSERT_TRUE(tokenizer.has_value()) << tokenizer.error().message;
  EXPECT_EQ(tokenizer->size(), 532);
  EXPECT_EQ(tokenizer->eos(), TokenId(531));
  EXPECT_EQ(tokenizer->bos(), TokenId(1));
  EXPECT_THAT(ids_of(*tokenizer, "a<|user|>b", true), Contains(530));
  EXPECT_THAT(ids_of(*tokenizer, "a<|user|>b", false), Not(Contains(530)));
  EXPECT_TRUE(tokenizer->is_control(TokenId(530)));
  EXPECT_FALSE(tokenizer->is_special(TokenId(530)));
  EXPECT_TRUE(tokenizer->is_special(TokenId(531)));  // the map names it
  const std::vector<TokenId> both{TokenId(530), TokenId(531)};
  EXPECT_EQ(tokenizer->decode(both, true), "<|user|>");

  const std::string more = R"({"<|tool|>": 532})";
  const auto listed = Tokenizer::from_sentencepiece(model, "{}", {more, map});
  ASSERT_TRUE(listed.has_value()) << listed.error().message;
  EXPECT_TRUE(listed->is_special(TokenId(532)));  // in the map's list
  const auto named =
      Tokenizer::from_sentencepiece(model, R"({"pad_token": "<|tool|>"})", {more, ""});
  EXPECT_TRUE(named->is_special(TokenId(532)));
  EXPECT_FALSE(Tokenizer::from_sentencepiece(model, "{}", {more, ""})->is_special(TokenId(532)));
}

TEST(AddedTokensFile, CountsOnlyWhereTheConfigListsNone) {
  const auto tokenizer = Tokenizer::from_sentencepiece(
      test::golden("spm_bpe.model"),
      R"({"added_tokens_decoder": {"540": {"content": "<|new|>", "special": true}}})",
      {R"({"<|old|>": 541})", R"({"eos_token": "<|old|>"})"});
  ASSERT_TRUE(tokenizer.has_value()) << tokenizer.error().message;
  EXPECT_EQ(tokenizer->id_of("<|new|>"), TokenId(540));
  EXPECT_EQ(tokenizer->id_of("<|old|>"), std::nullopt);
  EXPECT_EQ(tokenizer->eos(), TokenId(2));
}

TEST(AddedTokensFile, NamesWhatIsWrong) {
  const std::string model = test::golden("spm_bpe.model");
  const auto refused = [&](const char* added, const char* map, const char* part) {
    const auto tokenizer = Tokenizer::from_sentencepiece(model, "{}", {added, map});
    ASSERT_FALSE(tokenizer.has_value()) << added;
    EXPECT_THAT(tokenizer.error().message, HasSubstr(part));
  };
  refused("[1]", "", "added_tokens.json");
  refused(R"({"<|a|>": "5"})", "", "added_tokens.json");
  refused(R"({"<|a|>": -1})", "", "'<|a|>'");
  refused(R"({"<|a|>": 4294967296})", "", "'<|a|>'");
  refused(R"({"<|a|>": 2})", "", "stands where the vocabulary has");
  refused(R"({"<s>": 700})", "", "added_tokens.json: '<s>' with id 700 has id 1");
  refused("{}", "{\"eos_token\": ", "special_tokens_map.json");
  EXPECT_TRUE(Tokenizer::from_sentencepiece(model, "{}", {"{}", "{}"}).has_value());
}

}  // namespace
}  // namespace engine
