// Token ids against Hugging Face tokenizers: a tiny tokenizer with the repository, the real ones
// when their files are there.
#include <random>

#include "tests/engine/tokenizer/test_files.h"

namespace engine {
namespace {

using test::ids_of;

TEST(TokenizerGolden, TinyTokenizerGivesTheSameIds) {
  const Tokenizer tokenizer = test::tiny_tokenizer();
  const auto golden = nlohmann::json::parse(test::golden("tokenizer_cases.json"));
  ASSERT_GT(golden["encode"].size(), 250u);
  for (const auto& row : golden["encode"]) {
    const std::string text = row[0];
    EXPECT_EQ(ids_of(tokenizer, text, true), row[1].get<std::vector<int>>()) << row[0];
    EXPECT_EQ(ids_of(tokenizer, text, false), row[2].get<std::vector<int>>()) << row[0];
  }
}

TEST(TokenizerGolden, DecodingGivesTheTextBack) {
  const Tokenizer tokenizer = test::tiny_tokenizer();
  const auto golden = nlohmann::json::parse(test::golden("tokenizer_cases.json"));
  for (const auto& row : golden["encode"]) {
    const std::string text = row[0];
    for (const bool control : {true, false}) {
      const auto ids = tokenizer.encode_ids(text, control);
      ASSERT_TRUE(ids.has_value());
      EXPECT_EQ(tokenizer.decode(*ids, false), text);
    }
  }
}

TEST(TokenizerGolden, TokensTileTheText) {
  const Tokenizer tokenizer = test::tiny_tokenizer();
  const auto golden = nlohmann::json::parse(test::golden("tokenizer_cases.json"));
  for (const auto& row : golden["encode"]) {
    const std::string text = row[0];
    const ByteRange all{0, text.size()};
    const auto tokens = tokenizer.encode(text, {&all, 1});
    ASSERT_TRUE(tokens.has_value());
    std::size_t at = 0;
    for (const EncodedToken& token : *tokens) {
      EXPECT_EQ(token.bytes.begin, at);
      EXPECT_EQ(tokenizer.token_bytes(token.id), text.substr(at, token.bytes.end - at));
      at = token.bytes.end;
    }
    EXPECT_EQ(at, text.size());
  }
}

class TokenizerVectors : public testing::TestWithParam<const char*> {};

TEST_P(TokenizerVectors, EqualTheRealTokenizer) {
  const std::string folder = GetParam();
  const std::string vectors = test::shared(folder + "/vectors.json");
  if (vectors.empty()) GTEST_SKIP() << "no " << folder << " in " << BATHYSCOPE_SHARED_DATA;
  const auto tokenizer = Tokenizer::from_json(test::shared(folder + "/tokenizer.json"), "");
  ASSERT_TRUE(tokenizer.has_value()) << tokenizer.error().message;
  std::size_t n = 0;
  const auto document = nlohmann::json::parse(vectors);
  for (const auto& row : document["vectors"]) {
    ASSERT_EQ(ids_of(*tokenizer, row[0], true), row[1].get<std::vector<int>>()) << row[0];
    ++n;
  }
  EXPECT_GT(n, 2500u);
}

INSTANTIATE_TEST_SUITE_P(Real, TokenizerVectors,
                         testing::Values("deepseek-v3", "deepseek-r1", "deepseek-llm",
                                         "deepseek-coder-v1"));

TEST(TokenizerVectors, DescribesTheRealTokenizer) {
  const std::string text = test::shared("deepseek-v3/tokenizer.json");
  if (text.empty()) GTEST_SKIP() << "no deepseek-v3 in " << BATHYSCOPE_SHARED_DATA;
  const auto tokenizer =
      Tokenizer::from_json(text, test::shared("deepseek-v3/tokenizer_config.json"));
  ASSERT_TRUE(tokenizer.has_value()) << tokenizer.error().message;
  EXPECT_EQ(tokenizer->description(), "BPE · 128,815 pieces · deepseek-v3 pre-tokenizer");
  EXPECT_EQ(tokenizer->bos(), TokenId(0));
  EXPECT_EQ(tokenizer->eos(), TokenId(1));
  EXPECT_EQ(tokenizer->size(), 128815);
  EXPECT_TRUE(tokenizer->is_control(TokenId(128803)));  // <｜User｜>, not flagged special
  EXPECT_FALSE(tokenizer->is_special(TokenId(128803)));
  EXPECT_EQ(tokenizer->token_display(TokenId(129000)), "<reserved 129000>");
}

}  // namespace
}  // namespace engine
