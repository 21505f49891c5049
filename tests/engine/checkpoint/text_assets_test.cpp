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

// Of a config.json that cannot be used the vocabulary is not known: no end token is outside it.
TEST_F(TextAssets, AFaultyConfigHasNoFollowUps) {
  write("generation_config.json", "{\"eos_token_id\": [1, 100001]}");
  for (const char* config : {"{\"model_type\": \"gemma2\", \"eos_token_id\": 5}", "{", "",
                             "{\"model_type\": \"deepseek_v3\", \"vocab_size\": 0, "
                             "\"eos_token_id\": 200000, \"bos_token_id\": 200000}"}) {
    write("config.json", config);
    const auto report = engine::inspect_checkpoint(folder_.path(), 0);
    EXPECT_FALSE(report.loadable());
    EXPECT_EQ(finding(report, "token-id-outside-vocabulary"), "") << config;
  }
  write("generation_config.json", "{\"eos_token_id\": -1}");
  EXPECT_THAT(finding(engine::inspect_checkpoint(folder_.path(), 0), "token-id-outside-vocabulary"),
              HasSubstr("found -1, allowed 0 or more; ignored"));
}

// What users have most: pointers and error pages where the small files should be.
TEST_F(TextAssets, ForeignFilesAreNamed) {
  const std::string pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n";
  for (const char* name : {"tokenizer.json", "generation_config.json", "chat_template.jinja"}) {
    write(name, pointer);
  }
  EXPECT_THAT(
      open().tokenizer_assets().error().message,
      AllOf(StartsWith("tokenizer.json: this is a Git-LFS pointer"), HasSubstr("lfs pull")));
  EXPECT_THAT(open().chat_template().error().message,
              StartsWith("chat_template.jinja: this is a Git-LFS pointer"));
  EXPECT_THAT(found("generation-config"), HasSubstr("this is a Git-LFS pointer"));
  write("tokenizer.json", "<!DOCTYPE html><html></html>");
  EXPECT_THAT(open().tokenizer_assets().error().message, HasSubstr("this is an HTML page"));
  write("config.json", pointer);
  EXPECT_THAT(finding(engine::inspect_checkpoint(folder_.path(), 0), "config-unreadable"),
              StartsWith("error: config.json: this is a Git-LFS pointer"));
}

TEST_F(TextAssets, TokenizerIsRead) {
  EXPECT_EQ(open().tokenizer_assets()->kind, TokenizerAssets::Kind::None);
  EXPECT_EQ(open().tokenizer_assets()->config_json, "{}");
  const std::string text =
      "{\"version\": \"1.0\", \"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0, \"b\": 1}, "
      "\"merges\": []}, \"added_tokens\": []}";
  write("tokenizer.json", text);
  EXPECT_EQ(open().tokenizer_assets()->contents, text);
}

// Several tokenizers in one folder: the first kind counts, and the others are named.
TEST_F(TextAssets, TheChoiceAmongTokenizersIsFixed) {
  const auto expect = [&](TokenizerAssets::Kind kind, const std::string& file,
                          const std::vector<std::string>& ignored) {
    const auto assets = open().tokenizer_assets();
    ASSERT_TRUE(assets.has_value()) << assets.error().message;
    EXPECT_EQ(assets->kind, kind);
    EXPECT_EQ(assets->file, file);
    EXPECT_EQ(assets->ignored, ignored);
  };
  write("tiktoken.model", "T");
  expect(TokenizerAssets::Kind::Tiktoken, "tiktoken.model", {});
  write("tokenizer.model", "S");
  write("tokenizer_config.json", "{\"a\": 1}");
  expect(TokenizerAssets::Kind::SentencePiece, "tokenizer.model", {"tiktoken.model"});
  EXPECT_EQ(open().tokenizer_assets()->contents, "S");
  EXPECT_EQ(open().tokenizer_assets()->config_json, "{\"a\": 1}");
  EXPECT_EQ(open().tokenizer_assets()->added_tokens_json, "");
  write("added_tokens.json", "{\"x\": 3}");
  write("special_tokens_map.json", "{\"b\": 1}");
  EXPECT_EQ(open().tokenizer_assets()->added_tokens_json, "{\"x\": 3}");
  EXPECT_EQ(open().tokenizer_assets()->special_tokens_json, "{\"b\": 1}");
  write("tokenizer.json", "{\"model\": {\"type\": \"BPE\", \"vocab\": {}}}");
  EXPECT_EQ(open().tokenizer_assets()->added_tokens_json, "");  // tokenizer.json lists its own
  expect(TokenizerAssets::Kind::TokenizerJson, "tokenizer.json",
         {"tokenizer.model", "tiktoken.model"});
}

TEST_F(TextAssets, ChatTemplateIsFoundWhereItIs) {
  EXPECT_EQ(open().chat_template()->text, "");
  write("tokenizer_config.json", "{\"a\": {\"b\": [1]}, \"chat_template\": \"{{ x }}\\n\"}");
  EXPECT_EQ(open().chat_template()->text, "{{ x }}\n");
  EXPECT_EQ(open().chat_template()->file, "tokenizer_config.json");
  write("tokenizer_config.json",
        "{\"chat_template\": [{\"name\": \"tool\", \"template\": \"T\"}, "
        "{\"template\": \"D\", \"name\": \"default\"}, {\"name\": \"rag\", \"template\": \"R\"}]}");
  EXPECT_EQ(open().chat_template()->text, "D");
  write("chat_template.jinja", "J");
  EXPECT_EQ(open().chat_template()->text, "J");
  EXPECT_EQ(open().chat_template()->file, "chat_template.jinja");
}

TEST_F(TextAssets, ABadTemplateFileIsNamed) {
  write("tokenizer_config.json", "{\"chat_template\": 7}");
  EXPECT_THAT(open().chat_template().error().message, StartsWith("tokenizer_config.json (line 1"));
  write("chat_template.jinja", std::string(2 << 20, 'x'));
  EXPECT_THAT(open().chat_template().error().message, HasSubstr("allowed 1048576"));
}

}  // namespace
