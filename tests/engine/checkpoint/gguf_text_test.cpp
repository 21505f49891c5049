// The text side of GGUF: vocabulary, chat template, sampling defaults; and what must be accepted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "engine/checkpoint/checkpoint.h"
#include "tests/support/findings.h"
#include "tests/support/tiny_gguf.h"

namespace {

using engine::Checkpoint;
using engine::TokenizerAssets;
using engine::VocabularyListing;
using support::GgufToWrite;
using support::kv_array;
using support::kv_bool;
using support::kv_f32;
using support::kv_string;
using support::kv_strings;
using support::kv_u32;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kNul("n\0l", 3);

GgufToWrite with_vocabulary() {
  GgufToWrite file = support::tiny_llama({.vocab = 4});
  file.pairs.push_back(kv_string("tokenizer.ggml.model", "gpt2"));
  file.pairs.push_back(kv_string("tokenizer.ggml.pre", "deepseek-v3"));
  file.pairs.push_back(kv_strings("tokenizer.ggml.tokens", {"a", "b", "ab", kNul}));
  file.pairs.push_back(kv_array<float>("tokenizer.ggml.scores", 6, {0, -1, -2.5, 1}));
  file.pairs.push_back(kv_array<std::int32_t>("tokenizer.ggml.token_type", 5, {1, 1, 3, 6}));
  file.pairs.push_back(kv_strings("tokenizer.ggml.merges", {"a b", "  c"}));
  file.pairs.push_back(kv_u32("tokenizer.ggml.bos_token_id", 2));
  file.pairs.push_back(kv_u32("tokenizer.ggml.eos_token_id", 3));
  file.pairs.push_back(kv_u32("tokenizer.ggml.eot_token_id", 1));
  file.pairs.push_back(kv_u32("tokenizer.ggml.padding_token_id", 99));
  file.pairs.push_back(kv_bool("tokenizer.ggml.add_bos_token", true));
  file.pairs.push_back(kv_bool("tokenizer.ggml.add_space_prefix", false));
  return file;
}

class GgufText : public testing::Test {
 protected:
  Checkpoint open(const GgufToWrite& file) {
    support::write_file(folder_.file("m.gguf"), file.bytes());
    auto checkpoint = Checkpoint::open(folder_.file("m.gguf"));
    EXPECT_TRUE(checkpoint.has_value()) << checkpoint.error().message;
    return std::move(*checkpoint);
  }
  /// The finding about the tokenizer after one key was replaced.
  std::string fault_with(const support::GgufPair& pair) {
    GgufToWrite file = with_vocabulary();
    std::erase_if(file.pairs, [&pair](const auto& old) { return old.key == pair.key; });
    file.pairs.push_back(pair);
    return open(file).tokenizer_assets().error().message;
  }
  support::TempFolder folder_;
};

TEST_F(GgufText, Vocabulary) {
  const Checkpoint checkpoint = open(with_vocabulary());
  const auto assets = checkpoint.tokenizer_assets();
  ASSERT_TRUE(assets.has_value()) << assets.error().message;
  EXPECT_EQ(assets->kind, TokenizerAssets::Kind::Listing);
  EXPECT_EQ(assets->file, "m.gguf");
  const VocabularyListing& list = assets->listing;
  EXPECT_EQ(list.model, "gpt2");
  EXPECT_EQ(list.pre, "deepseek-v3");
  EXPECT_THAT(list.tokens, ElementsAre("a", "b", "ab", kNul));
  EXPECT_THAT(list.scores, ElementsAre(0, -1, -2.5, 1));
  EXPECT_THAT(list.token_types, ElementsAre(1, 1, 3, 6));
  EXPECT_THAT(list.merges, ElementsAre("a b", "  c"));
  EXPECT_EQ(list.bos, 2);
  EXPECT_EQ(list.eos, 3);
  EXPECT_EQ(list.eot, 1);
  EXPECT_FALSE(list.unknown.has_value());
  EXPECT_FALSE(list.padding.has_value());  // 99 is no token
  EXPECT_EQ(list.add_bos, true);
  EXPECT_FALSE(list.add_eos.has_value());
  EXPECT_EQ(list.add_space_prefix, false);
  EXPECT_THAT(checkpoint.config().eos_token_ids, ElementsAre(3, 1));
  EXPECT_THAT(checkpoint.generation_defaults().eos_token_ids, ElementsAre(3, 1));
}

TEST_F(GgufText, FaultyVocabulariesAreNamed) {
  EXPECT_THAT(
      fault_with(kv_array<float>("tokenizer.ggml.scores", 6, {0, 1})),
      HasSubstr("tokenizer.ggml.scores: found an array of 2 f32, allowed an array of 4 f32"));
  EXPECT_THAT(fault_with(kv_array<float>("tokenizer.ggml.scores", 6, {0, 1, NAN, 1})),
              HasSubstr("scores › 2: found nan"));
  EXPECT_THAT(fault_with(kv_array<float>("tokenizer.ggml.token_type", 6, {0, 1, 1, 1})),
              HasSubstr("allowed an array of 4 i32"));
  EXPECT_THAT(fault_with(kv_string("tokenizer.ggml.tokens", "a")), HasSubstr("found string \"a\""));
  EXPECT_THAT(fault_with(kv_strings("tokenizer.ggml.tokens", {})), HasSubstr("found none"));
  EXPECT_THAT(fault_with(kv_strings("tokenizer.ggml.merges", {std::string(65537, 'x')})),
              HasSubstr("merges › 0: found 65537 bytes"));
  EXPECT_THAT(fault_with(kv_u32("tokenizer.ggml.model", 5)), HasSubstr("allowed a string"));
  EXPECT_THAT(fault_with(kv_u32("tokenizer.ggml.add_bos_token", 1)), HasSubstr("allowed a bool"));
}

TEST_F(GgufText, WithoutTokenizer) {
  const Checkpoint checkpoint = open(support::tiny_llama());
  EXPECT_EQ(checkpoint.tokenizer_assets().error().code, engine::ErrorCode::NotFound);
  EXPECT_EQ(checkpoint.chat_template().value().text, "");
}

TEST_F(GgufText, ChatTemplates) {
  GgufToWrite file = support::tiny_llama();
  file.pairs.push_back(kv_strings("tokenizer.chat_templates", {"tool_use", "rag"}));
  file.pairs.push_back(kv_string("tokenizer.chat_template.tool_use", "T"));
  EXPECT_EQ(open(file).chat_template().value().text, "T");
  file.pairs.push_back(kv_string("tokenizer.chat_template.default", "D"));
  EXPECT_EQ(open(file).chat_template().value().text, "D");
  file.pairs.push_back(kv_string("tokenizer.chat_template", "{{ x }}"));
  const Checkpoint checkpoint = open(file);
  EXPECT_EQ(checkpoint.chat_template().value().text, "{{ x }}");
  EXPECT_EQ(checkpoint.chat_template().value().file, "tokenizer.chat_template");
  file.pairs.back() = kv_u32("tokenizer.chat_template", 7);
  EXPECT_THAT(open(file).chat_template().error().message, HasSubstr("found u32 7"));
}

TEST_F(GgufText, SamplingDefaults) {
  GgufToWrite file = support::tiny_llama();
  file.pairs.push_back(kv_f32("general.sampling.temp", 0.6F));
  file.pairs.push_back(kv_u32("general.sampling.top_k", 40));
  file.pairs.push_back(kv_f32("general.sampling.top_p", 1.5F));
  const Checkpoint checkpoint = open(file);
  EXPECT_EQ(checkpoint.generation_defaults().temperature, 0.6F);
  EXPECT_EQ(checkpoint.generation_defaults().top_k, 40);
  EXPECT_FALSE(checkpoint.generation_defaults().top_p.has_value());
  EXPECT_THAT(support::finding(checkpoint.report(), "config-value"),
              HasSubstr("warning: m.gguf › metadata › general.sampling.top_p: found 1.5"));
}

// The must-accept list: legal, rare, and easy to refuse by mistake.
TEST_F(GgufText, MustAccept) {
  GgufToWrite file = with_vocabulary();
  file.version = 2;
  file.alignment = 64;
  file.pairs.push_back(kv_u32("general.alignment", 64));
  file.pairs.push_back(kv_string("quantize.imatrix.file", "unknown keys"));
  file.pairs.push_back(kv_array<float>("own.numbers", 6, {}));
  file.pairs.push_back(kv_strings("general.tags", {"", "a\r\nb"}));
  file.tensors.push_back(support::gguf_floats("empty", {0, 5}, {}));
  file.tensors.push_back(support::gguf_floats("scalar", {}, {1.0F}));
  const Checkpoint checkpoint =
      open(file);  // no chat template, tokens with NUL, merges with spaces
  EXPECT_TRUE(checkpoint.report().loadable());
  EXPECT_EQ(support::count_findings(checkpoint.report(), "gguf-odd"), 0);
}

TEST_F(GgufText, EmbeddingLargerThanTheVocabulary) {
  GgufToWrite file = with_vocabulary();
  const GgufToWrite larger = support::tiny_llama({.vocab = 8});
  for (std::size_t i = 0; i < file.tensors.size(); ++i) file.tensors[i] = larger.tensors[i];
  const Checkpoint checkpoint = open(file);
  EXPECT_EQ(checkpoint.config().vocab_size, 8);
  EXPECT_EQ(checkpoint.tokenizer_assets()->listing.tokens.size(), 4U);
}

// A really trained model, converted by somebody else's program.
TEST(GgufStories, OpensAsItsHuggingFaceTwin) {
  const std::string folder = std::string(BATHYSCOPE_SHARED_DATA) + "/models/stories260K";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is not there";
  const auto checkpoint = Checkpoint::open(folder + "/stories260K-f32.gguf");
  ASSERT_TRUE(checkpoint.has_value()) << checkpoint.error().message;
  const engine::ModelConfig& c = checkpoint->config();
  EXPECT_EQ(c.architecture, engine::Architecture::Llama);
  EXPECT_EQ(c.hidden_size, 64);
  EXPECT_EQ(c.num_hidden_layers, 5);
  EXPECT_EQ(c.num_key_value_heads, 4);
  EXPECT_EQ(c.head_dim, 8);
  EXPECT_EQ(c.rms_norm_eps, 1e-5);
  EXPECT_EQ(checkpoint->report().n_tensors, 48);
  const engine::StoredTensor* down = checkpoint->find("blk.0.ffn_down.weight");
  ASSERT_NE(down, nullptr);
  EXPECT_THAT(down->shape, ElementsAre(64, 172));
  const auto assets = checkpoint->tokenizer_assets();
  ASSERT_TRUE(assets.has_value());
  EXPECT_EQ(assets->listing.model, "llama");
  EXPECT_EQ(assets->listing.tokens.size(), 512U);
  EXPECT_EQ(assets->listing.tokens[1], "<s>");
  EXPECT_EQ(assets->listing.token_types[3], 6);
  EXPECT_THAT(assets->listing.merges, IsEmpty());
}

}  // namespace
