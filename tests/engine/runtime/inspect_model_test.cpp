// The report before loading says of tokenizer and template what loading says.
#include "engine/runtime/inspect_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/runtime/load_model.h"
#include "tests/engine/runtime/chat_checkpoint.h"
#include "tests/support/findings.h"
#include "tests/support/tiny_gguf.h"

namespace {

using engine::CheckpointReport;
using support::finding;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class InspectModel : public testing::Test {
 protected:
  InspectModel() { support::write_chat_checkpoint(folder_.path()); }
  void write(const char* name, const std::string& text) {
    support::write_file(folder_.file(name), text);
  }
  /// The text of tokenizer.json with one part replaced.
  void write_tokenizer(const std::string& from, const std::string& to) {
    std::string json = support::byte_tokenizer_json();
    const std::size_t at = json.find(from);
    ASSERT_NE(at, json.npos);
    write("tokenizer.json", json.replace(at, from.size(), to));
  }
  void write_template(const std::string& source) { write("chat_template.jinja", source); }
  /// The report; loading must say the same of tokenizer and template.
  CheckpointReport inspect() { return inspect(folder_.path()); }
  static CheckpointReport inspect(const std::string& path) {
    CheckpointReport report = engine::inspect_model(path, 0);
    const auto loaded = engine::load_model(path, {}, nullptr, {});
    EXPECT_EQ(loaded.has_value(), report.loadable());
    if (!loaded) return report;
    const engine::ModelInfo& info = *(*loaded)->info;
    EXPECT_EQ(info.report.tokenizer, report.tokenizer);
    EXPECT_EQ(info.report.chat_template, report.chat_template);
    EXPECT_EQ(info.report.findings, report.findings);
    const bool refused = support::count_findings(report, "tokenizer-missing") > 0 ||
                         support::count_findings(report, "tokenizer-invalid") > 0 ||
                         support::count_findings(report, "tokenizer-unsupported") > 0;
    EXPECT_EQ(info.has_tokenizer, !refused);
    return report;
  }

  support::TempFolder folder_;
};

TEST_F(InspectModel, AWholeCheckpointHasNoFindings) {
  const CheckpointReport report = inspect();
  EXPECT_TRUE(report.loadable());
  EXPECT_TRUE(report.findings.empty()) << report.findings.front().message;
  EXPECT_EQ(report.tokenizer, "tokenizer.json · BPE · 261 pieces · custom pre-tokenizer");
  EXPECT_EQ(report.chat_template, "tokenizer_config.json");
  write("tokenizer.model", "S");
  EXPECT_THAT(inspect().tokenizer, testing::EndsWith(" · not used: tokenizer.model"));
}

TEST_F(InspectModel, ATokenizerThatCannotBeReproducedIsToldBeforeLoading) {
  write_tokenizer("\"type\":\"BPE\"", "\"type\":\"Unigram\"");
  CheckpointReport report = inspect();
  EXPECT_THAT(finding(report, "tokenizer-unsupported"),
              AllOf(StartsWith("warning: tokenizer.json (line 1"), HasSubstr("model › type"),
                    HasSubstr("'Unigram' is not supported, only BPE"),
                    HasSubstr("; the model can be inspected, but not talked to")));
  EXPECT_EQ(report.tokenizer, "tokenizer.json · cannot be used");
  write_tokenizer("\"pre_tokenizer\":{\"type\":\"ByteLevel\"",
                  "\"pre_tokenizer\":{\"type\":\"Precompiled2\"");
  EXPECT_THAT(finding(inspect(), "tokenizer-unsupported"), HasSubstr("'Precompiled2'"));
  write_tokenizer("\"merges\":[]", "\"merges\":[\"q zz\"]");
  EXPECT_THAT(finding(inspect(), "tokenizer-invalid"), HasSubstr("merges[0]: token 'zz'"));
  write("tokenizer.json", "{\"model\": ");
  EXPECT_THAT(finding(inspect(), "tokenizer-invalid"), HasSubstr("tokenizer.json (line 1"));
  write("tokenizer.json", "version https://git-lfs.github.com/spec/v1\n");
  report = inspect();
  EXPECT_THAT(finding(report, "tokenizer-invalid"), HasSubstr("a Git-LFS pointer"));
  EXPECT_EQ(report.tokenizer, "cannot be read");
  std::filesystem::remove(folder_.file("tokenizer.json"));
  report = inspect();
  EXPECT_THAT(finding(report, "tokenizer-missing"), HasSubstr("not talked to"));
  EXPECT_EQ(report.tokenizer, "none: no tokenizer.json");
  write("tokenizer.model", "no protobuf");
  EXPECT_THAT(finding(inspect(), "tokenizer-invalid"), HasSubstr("tokenizer.model › ModelProto"));
  EXPECT_TRUE(inspect().loadable());
}

TEST_F(InspectModel, TokensBeyondTheEmbeddingAreTold) {
  write_tokenizer("\"id\":260", "\"id\":2600");
  EXPECT_THAT(finding(inspect(), "tokenizer-size"),
              StartsWith("warning: tokenizer.json: found 2,601 tokens, more than the embedding's "
                         "288 rows; a text"));
}

TEST_F(InspectModel, ATemplateThatCannotBeUsedIsReplaced) {
  write_template("{% for m in messages %}");
  CheckpointReport report = inspect();
  EXPECT_THAT(finding(report, "chat-template"),
              AllOf(StartsWith("warning: chat_template.jinja › line 1"),
                    HasSubstr("; built-in transcript is used instead")));
  EXPECT_EQ(report.chat_template, "built-in transcript");
  write_template("version https://git-lfs.github.com/spec/v1\n");
  report = inspect();
  EXPECT_THAT(finding(report, "chat-template"), HasSubstr("a Git-LFS pointer"));
  EXPECT_EQ(report.chat_template, "built-in transcript");
  std::filesystem::remove(folder_.file("chat_template.jinja"));
  write("tokenizer_config.json", "{\"chat_template\": 7}");
  report = inspect();
  EXPECT_THAT(finding(report, "chat-template"), HasSubstr("tokenizer_config.json (line 1"));
  EXPECT_EQ(report.chat_template, "built-in transcript");
}

TEST_F(InspectModel, ATemplateThatFailsOnAPlainQuestionIsTold) {
  const auto told = [&](const std::string& source) {
    write_template(source);
    return finding(inspect(), "chat-template-fails");
  };
  EXPECT_THAT(told("{{ messages[7].content }}"),
              AllOf(StartsWith("warning: chat_template.jinja: a plain question is not rendered ("
                               "chat_template.jinja › line 1"),
                    HasSubstr("; choose a built-in template")));
  EXPECT_THAT(told("{{ raise_exception('only tools') }}"), HasSubstr("(only tools)"));
  EXPECT_THAT(told("{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}"
                   "{% endfor %}"),
              HasSubstr("not rendered"));
  EXPECT_THAT(told("Hello!"), HasSubstr("does not contain the question; choose"));
  EXPECT_EQ(told("{{ messages[0].content }}"), "");
}

TEST_F(InspectModel, GgufTextsAreTriedToo) {
  support::GgufToWrite file = support::tiny_llama();
  const std::string path = folder_.file("m.gguf");
  const auto inspect_file = [&] {
    support::write_file(path, file.bytes());
    return inspect(path);
  };
  EXPECT_EQ(inspect_file().tokenizer, "none: no tokenizer.ggml.model");
  file.pairs.push_back(support::kv_string("tokenizer.ggml.model", "gpt2"));
  file.pairs.push_back(support::kv_strings("tokenizer.ggml.tokens", {"a", "b", "ab"}));
  file.pairs.push_back(support::kv_strings("tokenizer.ggml.merges", {"a b"}));
  EXPECT_THAT(inspect_file().tokenizer, StartsWith("m.gguf · BPE · 3 pieces · default"));
  file.pairs.push_back(support::kv_string("tokenizer.ggml.pre", "tekken"));
  EXPECT_THAT(finding(inspect_file(), "tokenizer-unsupported"),
              StartsWith("warning: m.gguf › metadata › tokenizer.ggml.pre: 'tekken' is not a"));
  file.pairs.pop_back();
  file.pairs.push_back(support::kv_string("tokenizer.chat_template", "{% if"));
  const CheckpointReport report = inspect_file();
  EXPECT_THAT(finding(report, "chat-template"), HasSubstr("tokenizer.chat_template › line 1"));
  EXPECT_THAT(report.chat_template, StartsWith("built-in "));
}

TEST_F(InspectModel, WhatCannotBeLoadedIsStillTriedForItsTexts) {
  std::filesystem::remove(folder_.file("model.safetensors"));
  write_tokenizer("\"type\":\"BPE\"", "\"type\":\"Unigram\"");
  const CheckpointReport report = inspect();
  EXPECT_FALSE(report.loadable());
  EXPECT_NE(finding(report, "tokenizer-unsupported"), "");
  EXPECT_TRUE(engine::inspect_model(folder_.file("nothing"), 0).tokenizer.empty());
  std::stop_source stop;
  stop.request_stop();
  EXPECT_TRUE(engine::inspect_model(folder_.path(), 0, stop.get_token()).tokenizer.empty());
}

}  // namespace
