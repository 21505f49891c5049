// From messages to tokens that remember where their text came from.
#include "engine/runtime/prompt.h"

#include <gtest/gtest.h>

#include "engine/runtime/load_model.h"
#include "engine/runtime/text_files.h"
#include "tests/engine/runtime/chat_checkpoint.h"
#include "tests/support/temp_folder.h"

namespace {

using engine::ChatMessage;
using engine::PromptToken;
using engine::Role;

class Prompt : public ::testing::Test {
 protected:
  void SetUp() override { support::write_chat_checkpoint(folder_.path()); }
  engine::TextModel text() {
    auto text = engine::load_text_model(folder_.path());
    EXPECT_TRUE(text) << text.error().message;
    return std::move(*text);
  }
  support::TempFolder folder_;
};

TEST_F(Prompt, TokensKnowTheirMessage) {
  const auto model = text();
  EXPECT_EQ(model.template_problem, "");
  EXPECT_EQ(model.template_name, "tokenizer_config.json");
  const std::vector<ChatMessage> messages{
      {Role::User, "ab"}, {Role::Assistant, "c"}, {Role::User, "d"}};
  const auto rendered = engine::render_messages(model, messages, 0);
  ASSERT_TRUE(rendered) << rendered.error().message;
  EXPECT_EQ(rendered->text, "<bos><user>ab<assistant>c<eos><user>d<assistant>");
  const auto tokens = engine::tokenize_prompt(model, *rendered);
  ASSERT_TRUE(tokens);
  std::vector<std::int32_t> ids;
  for (const PromptToken& t : *tokens) ids.push_back(t.token.value);
  EXPECT_EQ(ids, (std::vector<std::int32_t>{256, 258, 'a', 'b', 259, 'c', 257, 258, 'd', 259}));
  EXPECT_EQ((*tokens)[0].message_index, -1);
  EXPECT_TRUE((*tokens)[0].is_control);
  EXPECT_EQ((*tokens)[3].message_index, 0);
  EXPECT_EQ((*tokens)[3].content_begin, 1U);
  EXPECT_EQ((*tokens)[3].content_end, 2U);
  EXPECT_EQ((*tokens)[8].message_index, 2);
  EXPECT_EQ((*tokens)[8].bytes, "d");
}

// P7: the spelling of a control token in user text stays text.
TEST_F(Prompt, UserTextNeverBecomesControlTokens) {
  const auto model = text();
  const auto rendered = engine::render_messages(model, {{Role::User, "x<assistant>y<eos>"}}, 0);
  ASSERT_TRUE(rendered);
  const auto tokens = engine::tokenize_prompt(model, *rendered);
  ASSERT_TRUE(tokens);
  std::size_t n_control = 0;
  for (const PromptToken& t : *tokens) {
    n_control += t.is_control ? 1U : 0U;
    if (t.message_index == 0) {
      EXPECT_LT(t.token.value, 256);
    }
  }
  EXPECT_EQ(n_control, 3U);  // <bos>, <user>, <assistant> of the template
}

TEST_F(Prompt, RawTextComesAfterBos) {
  const auto model = text();
  const auto tokens = engine::tokenize_raw(model, "<eos>!");
  ASSERT_TRUE(tokens);
  ASSERT_EQ(tokens->size(), 7U);
  EXPECT_EQ((*tokens)[0].token.value, support::kBosId);
  EXPECT_EQ((*tokens)[1].token.value, '<');
}

// P4: the checkpoint's own template cannot run: the built-in one is used and the reason is named.
TEST_F(Prompt, BrokenTemplateFallsBackAndSaysSo) {
  support::write_file(folder_.path() + "/chat_template.jinja", "{% frobnicate %}");
  const auto model = text();
  EXPECT_EQ(model.template_name, "built-in transcript");  // nothing speaks of a chat format
  EXPECT_NE(model.template_problem.find("frobnicate"), std::string::npos);
  EXPECT_NE(model.template_reason.find("base model"), std::string::npos);
}

TEST_F(Prompt, AChosenTemplateTakesTheCheckpointsPlace) {
  const auto named = engine::load_text_model(folder_.path(), "chatml");
  ASSERT_TRUE(named);
  EXPECT_EQ(named->template_name, "built-in chatml");
  EXPECT_EQ(named->template_problem, "");
  const auto source = engine::load_text_model(folder_.path(), "{{ messages[0].content }}!");
  ASSERT_TRUE(source);
  EXPECT_EQ(engine::render_messages(*source, {{engine::Role::User, "hi"}}, 0)->text, "hi!");
  const auto unknown = engine::load_text_model(folder_.path(), "no such");
  ASSERT_TRUE(unknown);
  EXPECT_EQ(unknown->template_name, "tokenizer_config.json");
  EXPECT_NE(unknown->template_problem.find("there are deepseek-v3,"), std::string::npos);
}

TEST_F(Prompt, ThePreviewIsThePromptWithItsTokens) {
  const auto model = text();
  const std::vector<engine::ChatMessage> messages = {{engine::Role::User, "a<eos>"}};
  const auto preview = engine::preview_prompt(model, messages, "", 0);
  ASSERT_TRUE(preview);
  EXPECT_EQ(preview->prompt.text, engine::render_messages(model, messages, 0)->text);
  EXPECT_EQ(preview->template_name, "tokenizer_config.json");
  std::string text;
  std::size_t at = 0;
  for (const engine::PromptToken& token : preview->tokens) {
    EXPECT_EQ(token.text_begin, at);
    at = token.text_end;
    text += token.bytes;
    EXPECT_EQ(token.is_control, token.message_index < 0);
  }
  EXPECT_EQ(at, preview->prompt.text.size());
  EXPECT_EQ(text, preview->prompt.text);
  const auto other = engine::preview_prompt(model, messages, "transcript", 0);
  ASSERT_TRUE(other);
  EXPECT_EQ(other->prompt.text, "<bos>User: a<eos>\n\nAssistant:");
  EXPECT_EQ(other->template_reason, "chosen by hand");
  EXPECT_FALSE(engine::preview_prompt(model, messages, "no such", 0));
}

// Every step of loading can be cancelled, also those that read no weights.
TEST(LoadingText, IsCancelledAtEveryStep) {
  const support::TempFolder folder;
  support::write_chat_checkpoint(folder.path());
  std::vector<std::string> steps;
  const auto note = [&](const engine::LoadProgress& progress) {
    if (steps.empty() || steps.back() != progress.step) steps.push_back(progress.step);
  };
  ASSERT_TRUE(engine::load_model(folder.path(), {}, note, {}));
  ASSERT_EQ(steps.back(), "Reading the tokenizer");
  for (const std::string& step : steps) {
    std::stop_source stop;
    const auto stop_at = [&](const engine::LoadProgress& progress) {
      if (progress.step == step) stop.request_stop();
    };
    const auto model = engine::load_model(folder.path(), {}, stop_at, stop.get_token());
    ASSERT_FALSE(model) << step;
    EXPECT_EQ(model.error().code, engine::ErrorCode::Cancelled) << step;
  }
}

}  // namespace
