// Tokenizer files listed for GGUF: a tokenizer made from the list gives the same ids.
#include "engine/tokenizer/vocabulary_export.h"

#include <gmock/gmock.h>

#include "engine/tokenizer/tokenizer.h"
#include "tests/engine/tokenizer/test_files.h"

namespace engine {
namespace {

using test::ids_of;

const char* const kTexts[] = {"Hello world, this is a test 12345!",
                              "Der \xC3\x9C"
                              "bergang\n\n  zwei  Leerzeichen 3.14",
                              "def f(x):\n\treturn x**2 # \xE4\xB8\xAD\xE6\x96\x87 \xE3\x83\x86",
                              " leading",
                              "a",
                              "",
                              "\xF0\x9F\x98\x80 emoji"};

void expect_same(const Tokenizer& file, const VocabularyListing& listing) {
  const auto listed = Tokenizer::from_listing(listing);
  ASSERT_TRUE(listed.has_value()) << listed.error().message;
  for (const char* text : kTexts)
    EXPECT_EQ(ids_of(*listed, text, false), ids_of(file, text, false)) << text;
}

std::string file_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(VocabularyExport, OfTheDemoModel) {
  const std::string folder = BATHYSCOPE_SOURCE_DIR "/resources/demo-model/";
  const std::string json = file_of(folder + "tokenizer.json");
  const std::string config = file_of(folder + "tokenizer_config.json");
  const auto listing = list_tokenizer_json(json, config, 8100);
  ASSERT_TRUE(listing.has_value()) << listing.error().message;
  EXPECT_EQ(listing->model, "gpt2");
  EXPECT_EQ(listing->pre, "deepseek-v3");
  ASSERT_EQ(listing->tokens.size(), 8100U);
  EXPECT_EQ(listing->token_types.size(), 8100U);
  EXPECT_EQ(listing->tokens.back(), "[PAD8099]");
  EXPECT_EQ(listing->token_types.back(), 5);
  ASSERT_TRUE(listing->bos.has_value());
  EXPECT_EQ(listing->token_types[static_cast<std::size_t>(*listing->bos)], 3);
  const auto file = Tokenizer::from_json(json, config);
  ASSERT_TRUE(file.has_value());
  expect_same(*file, *listing);
  EXPECT_FALSE(list_tokenizer_json(json, config, 100).has_value());
  EXPECT_FALSE(list_tokenizer_json("{", config, 8100).has_value());
}

TEST(VocabularyExport, OfASentencePieceFile) {
  const std::string model = test::shared("llama2/tokenizer.model");
  if (model.empty()) GTEST_SKIP() << "no llama2 in " << BATHYSCOPE_SHARED_DATA;
  const auto listing = list_sentencepiece(model, "{}", 32000);
  ASSERT_TRUE(listing.has_value()) << listing.error().message;
  EXPECT_EQ(listing->model, "llama");
  EXPECT_EQ(listing->scores.size(), 32000U);
  EXPECT_EQ(listing->bos, 1);
  const auto file = Tokenizer::from_sentencepiece(model, "{}");
  ASSERT_TRUE(file.has_value());
  expect_same(*file, *listing);
}

TEST(VocabularyExport, OfAMetaspaceTokenizer) {
  const std::string json = test::shared("mistral-7b-v0.1/tokenizer.json");
  if (json.empty()) GTEST_SKIP() << "no mistral-7b-v0.1 in " << BATHYSCOPE_SHARED_DATA;
  const std::string config = test::shared("mistral-7b-v0.1/tokenizer_config.json");
  const auto listing = list_tokenizer_json(json, config, 32000);
  ASSERT_TRUE(listing.has_value()) << listing.error().message;
  EXPECT_EQ(listing->model, "llama");
  EXPECT_EQ(listing->add_space_prefix, true);
  const auto file = Tokenizer::from_json(json, config);
  ASSERT_TRUE(file.has_value());
  expect_same(*file, *listing);
}

}  // namespace
}  // namespace engine
