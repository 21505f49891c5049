// Sampling defaults, tokenizer summary and chat template: found, or explained, never fatal.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/checkpoint/checkpoint.h"
#include "tests/support/findings.h"
#include "tests/support/tiny_checkpoint.h"

namespace {

using engine::Checkpoint;
using engine::TokenizerAssets;
using support::finding;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class TextAssets : public testing::Test {
 protected:
  TextAssets() { support::write_tiny_checkpoint(folder_.path()); }
  void write(const char* name, const std::string& text) {
    support::write_file(folder_.file(name), text);
  }
  Checkpoint open() {
    auto checkpoint = Checkpoint::open(folder_.path());
    EXPECT_TRUE(checkpoint.has_value()) << checkpoint.error().message;
    return std::move(*checkpoint);
  }
  std::string found(const std::string& code) {
    const auto report = engine::inspect_checkpoint(folder_.path(), 0);
    EXPECT_TRUE(report.loadable());
    return finding(report, code);
  }

  support::TempFolder folder_;
};

TEST_F(TextAssets, GenerationDefaultsAreRead) {
  write(
      "generation_config.json",
      "{\"temperature\": 0.6, \"top_k\": 20, \"top_p\": 0.95, \"min_p\": 0.05, \"do_sample\": true,"
      " \"repetition_penalty\": 1.1, \"max_new_tokens\": 512, \"eos_token_id\": [1, 7]}");
  const engine::GenerationDefaults d = open().generation_defaults();
  EXPECT_FLOAT_EQ(*d.temperature, 0.6F);
  EXPECT_EQ(d.top_k, 20);
  EXPECT_FLOAT_EQ(*d.top_p, 0.95F);
  EXPECT_FLOAT_EQ(*d.min_p, 0.05F);
  EXPECT_FLOAT_EQ(*d.repetition_penalty, 1.1F);
  EXPECT_EQ(d.max_new_tokens, 512);
  EXPECT_EQ(d.do_sample, true);
  EXPECT_THAT(d.eos_token_ids, ElementsAre(1, 7));  // config.json says 1
}

TEST_F(TextAssets, BadGenerationValuesAreLeftOutWithAWarning) {
  write("generation_config.json",
        "{\"temperature\": \"hot\", \"top_k\": -1, \"top_p\": 1.5, \"min_p\": null, "
        "\"max_new_tokens\": 10, \"eos_token_id\": 960}");
  const engine::GenerationDefaults d = open().generation_defaults();
  EXPECT_FALSE(d.temperature.has_value());
  EXPECT_FALSE(d.top_k.has_value());
  EXPECT_FALSE(d.top_p.has_value());
  EXPECT_FALSE(d.min_p.has_value());
  EXPECT_EQ(d.max_new_tokens, 10);
  EXPECT_THAT(d.eos_token_ids, ElementsAre(1));
  EXPECT_THAT(found("config-type"),
              AllOf(StartsWith("warning: generation_config.json › temperature"), HasSubstr("hot")));
  EXPECT_THAT(found("token-id-outside-vocabulary"), HasSubstr("960"));
}

TEST_F(TextAssets, BadGenerationConfigIsAWarningAndDefaults) {
  for (const char* text : {"", "{", "[]", "{\"a\": 1, \"a\": 2}"}) {
    write("generation_config.json", text);
    EXPECT_THAT(found("generation-config"), StartsWith("warning: generation_config.json")) << text;
    EXPECT_THAT(open().generation_defaults().eos_token_ids, ElementsAre(1));
  }
  std::filesystem::remove(folder_.file("generation_config.json"));
  EXPECT_EQ(found("generation-config"), "");
}

TEST_F(TextAssets, TokenizerIsSummarised) {
  EXPECT_THAT(found("tokenizer-missing"), StartsWith("warning: "));
  EXPECT_EQ(open().tokenizer_assets()->kind, TokenizerAssets::Kind::None);
  EXPECT_EQ(open().tokenizer_assets()->config_json, "{}");
  const std::string text =
      "{\"version\": \"1.0\", \"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0, \"b\": 1}, "
      "\"merges\": []}, \"added_tokens\": []}";
  write("tokenizer.json", text);
  const Checkpoint checkpoint = open();
  EXPECT_EQ(checkpoint.report().tokenizer, "tokenizer.json · BPE · 2 pieces");
  EXPECT_EQ(checkpoint.tokenizer_assets()->contents, text);
  write("tokenizer.json", "{\"model\": ");
  EXPECT_THAT(found("tokenizer-invalid"), StartsWith("warning: tokenizer.json (line 1"));
}

// Several tokenizers in one folder: the first kind counts, and the report names the others.
TEST_F(TextAssets, TheChoiceAmongTokenizersIsFixed) {
  const auto expect = [&](TokenizerAssets::Kind kind, const std::string& line,
                          const std::vector<std::string>& ignored) {
    const Checkpoint checkpoint = open();
    const auto assets = checkpoint.tokenizer_assets();
    ASSERT_TRUE(assets.has_value()) << assets.error().message;
    EXPECT_EQ(assets->kind, kind);
    EXPECT_EQ(assets->ignored, ignored);
    EXPECT_EQ(checkpoint.report().tokenizer, line);
  };
  write("tiktoken.model", "T");
  expect(TokenizerAssets::Kind::Tiktoken, "tiktoken.model · tiktoken", {});
  write("tokenizer.model", "S");
  write("tokenizer_config.json", "{\"a\": 1}");
  expect(TokenizerAssets::Kind::SentencePiece,
         "tokenizer.model · SentencePiece · not used: tiktoken.model", {"tiktoken.model"});
  EXPECT_EQ(open().tokenizer_assets()->contents, "S");
  EXPECT_EQ(open().tokenizer_assets()->config_json, "{\"a\": 1}");
  EXPECT_EQ(open().tokenizer_assets()->added_tokens_json, "");
  write("added_tokens.json", "{\"x\": 3}");
  write("special_tokens_map.json", "{\"b\": 1}");
  EXPECT_EQ(open().tokenizer_assets()->added_tokens_json, "{\"x\": 3}");
  EXPECT_EQ(open().tokenizer_assets()->special_tokens_json, "{\"b\": 1}");
  write("tokenizer.json", "{\"model\": {\"type\": \"BPE\", \"vocab\": {}}}");
  EXPECT_EQ(open().tokenizer_assets()->added_tokens_json, "");  // tokenizer.json lists its own
  expect(TokenizerAssets::Kind::TokenizerJson,
         "tokenizer.json · BPE · 0 pieces · not used: tokenizer.model, tiktoken.model",
         {"tokenizer.model", "tiktoken.model"});
}

TEST_F(TextAssets, ChatTemplateIsFoundWhereItIs) {
  EXPECT_EQ(open().chat_template()->text, "");
  EXPECT_EQ(open().report().chat_template, "built-in, chosen by the vocabulary");
  write("tokenizer_config.json", "{\"a\": {\"b\": [1]}, \"chat_template\": \"{{ x }}\\n\"}");
  EXPECT_EQ(open().chat_template()->text, "{{ x }}\n");
  EXPECT_EQ(open().report().chat_template, "tokenizer_config.json");
  write("tokenizer_config.json",
        "{\"chat_template\": [{\"name\": \"tool\", \"template\": \"T\"}, "
        "{\"template\": \"D\", \"name\": \"default\"}, {\"name\": \"rag\", \"template\": \"R\"}]}");
  EXPECT_EQ(open().chat_template()->text, "D");
  write("chat_template.jinja", "J");
  EXPECT_EQ(open().chat_template()->text, "J");
  EXPECT_EQ(open().report().chat_template, "chat_template.jinja");
}

TEST_F(TextAssets, ABadTemplateFileIsAWarning) {
  write("tokenizer_config.json", "{\"chat_template\": 7}");
  EXPECT_THAT(found("chat-template"), AllOf(StartsWith("warning: tokenizer_config.json (line 1"),
                                            HasSubstr("a built-in template is used")));
  write("chat_template.jinja", std::string(2 << 20, 'x'));
  EXPECT_THAT(found("chat-template"), HasSubstr("allowed 1048576"));
}

}  // namespace
