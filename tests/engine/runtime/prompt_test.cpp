// From messages to tokens that remember where their text came from.
#include "engine/runtime/prompt.h"

#include <gtest/gtest.h>

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
  EXPECT_EQ(model.template_name, "built-in deepseek-v3");
  EXPECT_NE(model.template_problem.find("frobnicate"), std::string::npos);
}

}  // namespace
