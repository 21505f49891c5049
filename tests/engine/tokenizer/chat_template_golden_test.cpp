// Renderings against Python's jinja2, set up as transformers does (tests/golden).
#include <map>

#include "engine/tokenizer/built_in_templates.h"
#include "engine/tokenizer/chat_template.h"
#include "tests/engine/tokenizer/test_files.h"

namespace engine {
namespace {

using json = nlohmann::ordered_json;

// A message as the golden scripts write it: ["user", "text"], or an object with tool fields.
ChatMessage message_of(const json& m) {
  const std::string role = m.is_array() ? m[0] : m["role"];
  ChatMessage message;
  message.role = role == "system" ? Role::System
                 : role == "user" ? Role::User
                 : role == "tool" ? Role::Tool
                                  : Role::Assistant;
  if (m.is_array()) {
    message.content = m[1];
    return message;
  }
  if (!m["content"].is_null()) message.content = m["content"];
  message.reasoning = m.value("reasoning_content", "");
  message.name = m.value("name", "");
  message.tool_call_id = m.value("tool_call_id", "");
  for (const json& call : m.value("tool_calls", json::array())) {
    const json& arguments = call["function"]["arguments"];
    message.tool_calls.push_back(
        {call["id"], call["function"]["name"],
         arguments.is_string() ? arguments.get<std::string>() : arguments.dump(),
         !arguments.is_string()});
  }
  return message;
}

// Every case of a golden file; `open` gives the template. Counts the cases that must fail.
template <class Open>
std::size_t expect_cases(const json& golden, Open open) {
  std::size_t n_failures_expected = 0;
  for (const json& c : golden["cases"]) {
    std::vector<ChatMessage> messages;
    for (const json& m : golden["dialogues"][c["dialogue"].get<std::size_t>()]) {
      messages.push_back(message_of(m));
    }
    RenderOptions options;
    options.add_generation_prompt = c["generation"];
    options.bos_token = golden["bos"];
    options.eos_token = golden["eos"];
    options.now_unix_seconds = golden["now"];
    if (!c["thinking"].is_null()) options.thinking = c["thinking"].get<bool>();
    const Result<ChatTemplate> chat_template = open(c);
    const std::string label = chat_template ? chat_template->name() : "";
    if (c["want"].is_null()) {
      ++n_failures_expected;
      EXPECT_FALSE(chat_template.has_value() &&
                   chat_template->render(messages, options).has_value())
          << label << c["dialogue"];
      continue;
    }
    EXPECT_TRUE(chat_template.has_value()) << c << ": " << chat_template.error().message;
    if (!chat_template) continue;
    const auto prompt = chat_template->render(messages, options);
    EXPECT_TRUE(prompt.has_value()) << label << ": " << prompt.error().message;
    if (prompt) {
      EXPECT_EQ(prompt->text, c["want"].get<std::string>()) << label << c["dialogue"];
    }
  }
  return n_failures_expected;
}

TEST(ChatTemplateGolden, RendersWhatJinja2Renders) {
  const json golden = json::parse(test::golden("template_cases.json"));
  const std::size_t n_failures_expected = expect_cases(golden, [](const json& c) {
    return c.contains("source") ? ChatTemplate::parse(c["source"].get<std::string>(), "test")
                                : ChatTemplate::built_in(c["built_in"].get<std::string>());
  });
  EXPECT_GT(golden["cases"].size(), 600u);
  EXPECT_LT(n_failures_expected, 80u);
}

// The templates of released models, over dialogues with system texts, reasoning and tools.
TEST(ChatTemplateGolden, ReleasedTemplatesRenderWhatJinja2Renders) {
  const json golden = json::parse(test::golden("template_file_cases.json"));
  std::map<std::string, std::string> sources;
  for (const json& c : golden["cases"]) {
    const std::string file = c["file"];
    if (sources.count(file) != 0) continue;
    std::string source = test::shared(file);
    if (source.empty()) GTEST_SKIP() << "no " << file << " in " << BATHYSCOPE_SHARED_DATA;
    if (file.ends_with(".json")) source = json::parse(source)["chat_template"].get<std::string>();
    sources[file] = source;
  }
  expect_cases(golden, [&](const json& c) {
    return ChatTemplate::parse(sources[c["file"].get<std::string>()], c["file"].get<std::string>());
  });
  EXPECT_GE(sources.size(), 11u);
}

TEST(ChatTemplateGolden, EveryListedNameIsATemplate) {
  for (const std::string& name : built_in_template_names()) {
    EXPECT_TRUE(ChatTemplate::built_in(name).has_value()) << name;
  }
  const auto unknown = ChatTemplate::built_in("nosuch");
  ASSERT_FALSE(unknown.has_value());
  EXPECT_NE(unknown.error().message.find("deepseek-v3, deepseek-r1"), std::string::npos);
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
  EXPECT_EQ(render("deepseek-v2", {}), b + "S\n\nUser: U1\n\nAssistant: <think>r</think>\n\nA1" +
                                           e + "User: U2\n\nAssistant:");
  EXPECT_EQ(render("moonlight", {}),
            "<|im_system|>system<|im_middle|>S<|im_end|><|im_user|>user<|im_middle|>U1<|im_end|>"
            "<|im_assistant|>assistant<|im_middle|><think>r</think>\n\nA1<|im_end|><|im_user|>user"
            "<|im_middle|>U2<|im_end|><|im_assistant|>assistant<|im_middle|>");
  EXPECT_EQ(render("mistral-instruct", {}),
            "<s>[INST] S\n\nU1 [/INST] <think>r</think>\n\nA1</s>[INST] U2 [/INST]");
}

}  // namespace
}  // namespace engine
