// Renderings against Python's jinja2, set up as transformers does (tests/golden).
#include "engine/tokenizer/chat_template.h"
#include "tests/engine/tokenizer/test_files.h"

namespace engine {
namespace {

using nlohmann::json;

Role role_of(const std::string& name) {
  return name == "system" ? Role::System : name == "user" ? Role::User : Role::Assistant;
}

TEST(ChatTemplateGolden, RendersWhatJinja2Renders) {
  const json golden = json::parse(test::golden("template_cases.json"));
  std::size_t n_failures_expected = 0;
  for (const json& c : golden["cases"]) {
    const std::string label = c.value("source", c.value("built_in", ""));
    std::vector<ChatMessage> messages;
    for (const json& m : golden["dialogues"][c["dialogue"].get<std::size_t>()]) {
      messages.push_back({role_of(m[0]), m[1]});
    }
    RenderOptions options;
    options.add_generation_prompt = c["generation"];
    options.bos_token = golden["bos"];
    options.eos_token = golden["eos"];
    options.now_unix_seconds = golden["now"];
    if (!c["thinking"].is_null()) options.thinking = c["thinking"].get<bool>();
    const auto chat_template =
        c.contains("source") ? ChatTemplate::parse(label, "test") : ChatTemplate::built_in(label);
    if (c["want"].is_null()) {
      ++n_failures_expected;
      EXPECT_FALSE(chat_template.has_value() &&
                   chat_template->render(messages, options).has_value())
          << label;
      continue;
    }
    ASSERT_TRUE(chat_template.has_value()) << label << ": " << chat_template.error().message;
    const auto prompt = chat_template->render(messages, options);
    ASSERT_TRUE(prompt.has_value()) << label << ": " << prompt.error().message;
    EXPECT_EQ(prompt->text, c["want"].get<std::string>()) << label;
  }
  EXPECT_GT(golden["cases"].size(), 180u);
  EXPECT_LT(n_failures_expected, 40u);
}

TEST(ChatTemplateGolden, BuiltInsSayWhatTheFamiliesSay) {
  const std::vector<ChatMessage> messages = {{Role::System, "S"},
                                             {Role::User, "U1"},
                                             {Role::Assistant, "<think>r</think>\n\nA1"},
                                             {Role::User, "U2"}};
  const std::string b = "<｜begin▁of▁sentence｜>";
  const std::string e = "<｜end▁of▁sentence｜>";
  const auto render = [&](std::string_view family, std::optional<bool> thinking) {
    RenderOptions options;
    options.thinking = thinking;
    return ChatTemplate::built_in(family)->render(messages, options)->text;
  };
  EXPECT_EQ(render("deepseek-v3", {}), b + "S<｜User｜>U1<｜Assistant｜><think>r</think>\n\nA1" +
                                           e + "<｜User｜>U2<｜Assistant｜>");
  EXPECT_EQ(render("deepseek-r1", {}),
            b + "S<｜User｜>U1<｜Assistant｜>\n\nA1" + e + "<｜User｜>U2<｜Assistant｜><think>\n");
  EXPECT_EQ(render("deepseek-v3.1", false), b + "S<｜User｜>U1<｜Assistant｜></think>\n\nA1" + e +
                                                "<｜User｜>U2<｜Assistant｜></think>");
  EXPECT_EQ(render("deepseek-v3.1", true), b + "S<｜User｜>U1<｜Assistant｜></think>\n\nA1" + e +
                                               "<｜User｜>U2<｜Assistant｜><think>");
  EXPECT_EQ(ChatTemplate::built_in("llama").error().code, ErrorCode::NotFound);
}

TEST(ChatTemplateGolden, RealTemplatesRun) {
  const char* const files[] = {"chat_templates/Kimi-K2-Instruct.jinja",
                               "chat_templates/deepseek-ai-DeepSeek-R1-Distill-Llama-8B.jinja",
                               "chat_templates/deepseek-ai-DeepSeek-R1-Distill-Qwen-32B.jinja",
                               "chat_templates/deepseek-ai-DeepSeek-V3.1.jinja",
                               "chat_templates/deepseek-ai-DeepSeek-V3.2.jinja",
                               "chat_templates/deepseek-ai-DeepSeek-V4.jinja",
                               "chat_templates/llama-cpp-deepseek-r1.jinja",
                               "chat_templates/moonshotai-Kimi-K2.jinja"};
  const std::vector<ChatMessage> messages = {
      {Role::System, "S"}, {Role::User, "U1"}, {Role::Assistant, "A1"}, {Role::User, "U2"}};
  for (const char* const file : files) {
    const std::string source = test::shared(file);
    if (source.empty()) GTEST_SKIP() << "no " << file << " in " << BATHYSCOPE_SHARED_DATA;
    const auto chat_template = ChatTemplate::parse(source, file);
    ASSERT_TRUE(chat_template.has_value()) << chat_template.error().message;
    const auto prompt = chat_template->render(messages, {});
    ASSERT_TRUE(prompt.has_value()) << prompt.error().message;
    for (const ChatMessage& message : messages) {
      EXPECT_NE(prompt->text.find(message.content), std::string::npos) << file;
    }
  }
  for (const char* const family : {"deepseek-v3", "deepseek-r1"}) {
    const json config =
        json::parse(test::shared(std::string(family) + "/tokenizer_config.json"), nullptr, false);
    if (config.is_discarded()) GTEST_SKIP() << "no " << family << " in " << BATHYSCOPE_SHARED_DATA;
    const auto real = ChatTemplate::parse(config["chat_template"].get<std::string>(), family);
    ASSERT_TRUE(real.has_value()) << real.error().message;
    RenderOptions options;
    options.bos_token = "<｜begin▁of▁sentence｜>";
    const auto prompt = real->render(messages, options);
    ASSERT_TRUE(prompt.has_value());
    EXPECT_EQ(prompt->text, ChatTemplate::built_in("deepseek-v3")->render(messages, options)->text);
  }
}

}  // namespace
}  // namespace engine
