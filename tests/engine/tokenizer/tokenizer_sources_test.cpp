// Token ids from GGUF vocabularies, SentencePiece files and metaspace tokenizer.json files, against
// cases that the reference libraries made.
#include <gmock/gmock.h>

#include "tests/engine/tokenizer/gguf_vocabulary.h"
#include "tests/engine/tokenizer/test_files.h"

namespace engine {
namespace {

using test::ids_of;

Result<Tokenizer> from_gguf(const std::string& bytes) {
  return Tokenizer::from_listing(test::GgufVocabulary(bytes).read());
}

std::vector<std::string> cases_of(const std::string& text) {
  const std::string separator = "\n__ggml_vocab_test__\n";
  std::vector<std::string> cases;
  std::size_t at = 0;
  for (auto hit = text.find(separator); hit != text.npos; hit = text.find(separator, at)) {
    cases.push_back(text.substr(at, hit - at));
    at = hit + separator.size();
  }
  return cases;
}

class GgufCases : public testing::TestWithParam<const char*> {};

TEST_P(GgufCases, EveryCaseOfTheFile) {
  const std::string path = GetParam();
  const std::string bytes = test::shared(path);
  if (bytes.empty()) GTEST_SKIP() << "no " << path << " in " << BATHYSCOPE_SHARED_DATA;
  const auto tokenizer = from_gguf(bytes);
  ASSERT_TRUE(tokenizer.has_value()) << tokenizer.error().message;
  const auto cases = cases_of(test::shared(path + ".inp"));
  ASSERT_GT(cases.size(), 40u);
  std::istringstream lines(test::shared(path + ".out"));
  std::string line;
  for (const std::string& text : cases) {
    ASSERT_TRUE(std::getline(lines, line));
    std::istringstream numbers(line);
    std::vector<int> expected;
    for (int id = 0; numbers >> id;) expected.push_back(id);
    EXPECT_EQ(ids_of(*tokenizer, text, false), expected) << text;
  }
}

INSTANTIATE_TEST_SUITE_P(Real, GgufCases,
                         testing::Values("deepseek-llm/ggml-vocab-deepseek-llm.gguf",
                                         "deepseek-coder-v1/ggml-vocab-deepseek-coder.gguf",
                                         "gpt-2/ggml-vocab-gpt-2.gguf",
                                         "llama2/ggml-vocab-llama-spm.gguf",
                                         "phi-3/ggml-vocab-phi-3.gguf"));

// `control`: the vectors' library recognises control tokens in the text (sentencepiece does not).
void expect_vectors(const Tokenizer& tokenizer, const std::string& folder, bool control,
                    std::size_t at_least) {
  const auto document = nlohmann::json::parse(test::shared(folder + "/vectors.json"));
  std::size_t n = 0;
  for (const auto& row : document["vectors"]) {
    ASSERT_EQ(ids_of(tokenizer, row[0], control), row[1].get<std::vector<int>>())
        << tokenizer.description() << ": " << row[0];
    ++n;
  }
  EXPECT_GE(n, at_least);
}

TEST(Listing, EqualsTheVectorsOfTheSameVocabularies) {
  for (const std::string folder : {"deepseek-llm", "deepseek-coder-v1", "llama2"}) {
    const std::string name = folder == "llama2"         ? "llama-spm"
                             : folder == "deepseek-llm" ? folder
                                                        : "deepseek-coder";
    const std::string bytes = test::shared(folder + "/ggml-vocab-" + name + ".gguf");
    if (bytes.empty()) GTEST_SKIP() << "no " << folder << " in " << BATHYSCOPE_SHARED_DATA;
    const auto tokenizer = from_gguf(bytes);
    ASSERT_TRUE(tokenizer.has_value()) << tokenizer.error().message;
    expect_vectors(*tokenizer, folder, folder != "llama2", 2300);
  }
}

TEST(SentencePieceFile, EqualsTheVectors) {
  const std::string model = test::shared("llama2/tokenizer.model");
  const std::string unigram = test::shared("spm-tiny-1000/test_model.model");
  if (model.empty()) GTEST_SKIP() << "no llama2 in " << BATHYSCOPE_SHARED_DATA;
  const auto bpe = Tokenizer::from_sentencepiece(model, "");
  ASSERT_TRUE(bpe.has_value()) << bpe.error().message;
  EXPECT_EQ(bpe->description(), "SentencePiece BPE · 32,000 pieces · sentencepiece library");
  EXPECT_EQ(bpe->bos(), TokenId(1));
  EXPECT_EQ(bpe->eos_text(), "</s>");
  expect_vectors(*bpe, "llama2", false, 2300);
  const auto tiny = Tokenizer::from_sentencepiece(unigram, "");
  ASSERT_TRUE(tiny.has_value()) << tiny.error().message;
  expect_vectors(*tiny, "spm-tiny-1000", false, 1200);
}

TEST(MetaspaceJson, EqualsTheVectors) {
  const std::string file = test::shared("mistral-7b-v0.1/tokenizer.json");
  if (file.empty()) GTEST_SKIP() << "no mistral-7b-v0.1 in " << BATHYSCOPE_SHARED_DATA;
  const auto tokenizer =
      Tokenizer::from_json(file, test::shared("mistral-7b-v0.1/tokenizer_config.json"));
  ASSERT_TRUE(tokenizer.has_value()) << tokenizer.error().message;
  expect_vectors(*tokenizer, "mistral-7b-v0.1", true, 2500);
}

TEST(TinyFiles, EqualHuggingFace) {
  const std::string text = test::shared("tiny-hf-fixtures/hf_tokenizer_cases.json");
  if (text.empty()) GTEST_SKIP() << "no tiny-hf-fixtures in " << BATHYSCOPE_SHARED_DATA;
  const auto groups = nlohmann::json::parse(text);
  int n = 0;
  for (const auto& [name, group] : groups.items()) {
    const std::string file =
        test::shared("tiny-hf-fixtures/" + group["tokenizer"].get<std::string>());
    if (file.empty() || name == "unigram") continue;  // not there; not supported
    const auto tokenizer = Tokenizer::from_json(file, "");
    ASSERT_TRUE(tokenizer.has_value()) << name << ": " << tokenizer.error().message;
    for (const auto& row : group["cases"]) {
      const std::string source = row["text"];
      EXPECT_EQ(ids_of(*tokenizer, source, true), row["ids"].get<std::vector<int>>()) << source;
      const auto ids = tokenizer->encode_ids(source, true);
      if (row.contains("decoded")) {
        EXPECT_EQ(tokenizer->decode(*ids, true), row["decoded"].get<std::string>());
      }
      ++n;
    }
  }
  EXPECT_GT(n, 20);
  const auto unigram =
      Tokenizer::from_json(test::shared("tiny-hf-fixtures/tiny_unigram_tokenizer.json"), "");
  ASSERT_FALSE(unigram.has_value());
  EXPECT_EQ(unigram.error().code, ErrorCode::Unsupported);
  EXPECT_THAT(unigram.error().message, testing::HasSubstr("Unigram"));
}

}  // namespace
}  // namespace engine
