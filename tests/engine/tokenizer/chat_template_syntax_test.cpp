// Errors name their line; the clock is the caller's; what a template complains about is passed on.
#include "engine/tokenizer/chat_template.h"
#include "tests/engine/tokenizer/test_files.h"

namespace engine {
namespace {

Error error_of(const std::string& source) {
  const auto chat_template = ChatTemplate::parse(source, "file");
  if (!chat_template.has_value()) return chat_template.error();
  const auto prompt = chat_template->render({}, {});
  EXPECT_FALSE(prompt.has_value()) << source;
  return prompt.has_value() ? Error{} : prompt.error();
}

TEST(ChatTemplateSyntax, NamesTheLine) {
  const struct {
    std::string source;
    ErrorCode code;
    std::string message;
  } cases[] = {
      {"a\nb\n{% trans %}", ErrorCode::Unsupported,
       "file › line 3: the tag 'trans' is not supported"},
      {"\n{{ x | nosuch }}", ErrorCode::Unsupported,
       "file › line 2: the filter 'nosuch' is not supported"},
      {"\r\n\r\n{{ x is odder }}", ErrorCode::Unsupported,
       "file › line 3: the test 'odder' is not supported"},
      {"{% for x in y recursive %}{% endfor %}", ErrorCode::Unsupported,
       "file › line 1: recursive loops are not supported"},
      {"{{ f(*a) }}", ErrorCode::Unsupported, "file › line 1: '*' arguments are not supported"},
      {"{#\n\n#}{{ ", ErrorCode::InvalidFile, "file › line 3: '{{' has no '}}'"},
      {"{% if x %}\n\n", ErrorCode::InvalidFile, "file › line 2: expected 'endif' before the end"},
      {"{% raw %}", ErrorCode::InvalidFile, "file › line 1: a raw block has no end"},
      {"{{ 'a\n' + \n ? }}", ErrorCode::InvalidFile, "file › line 3: unexpected character '?'"},
      {"{% break %}", ErrorCode::InvalidFile, "file › line 1: 'break' outside of a loop"},
      {"{{ '\\ud800' }}", ErrorCode::InvalidFile,
       "file › line 1: half of a surrogate pair in a string"},
      {"\n\n{{ 1\n + y }}", ErrorCode::InvalidFile, "file › line 4: 'y' is undefined"},
      {"{% macro m() %}\n{{ z + 1 }}{% endmacro %}\n{{ m() }}", ErrorCode::InvalidFile,
       "file › line 2: 'z' is undefined"},
  };
  for (const auto& c : cases) {
    const Error error = error_of(c.source);
    EXPECT_EQ(error.message, c.message) << c.source;
    EXPECT_EQ(error.code, c.code) << c.source;
  }
}

TEST(ChatTemplateSyntax, PassesTheTemplatesOwnComplaintOn) {
  const Error error = error_of("\n{{ raise_exception('roles must ' + 'alternate') }}");
  EXPECT_EQ(error.code, ErrorCode::InvalidArgument);
  EXPECT_EQ(error.message, "roles must alternate");
}

TEST(ChatTemplateSyntax, TheClockIsTheCallers) {
  const auto chat_template =
      ChatTemplate::parse("{{ strftime_now('%d %B %Y') }} {{ strftime_now('%-d.%-m') }}", "file");
  RenderOptions options;
  options.now_unix_seconds = 951782400;  // 2000-02-29
  EXPECT_EQ(chat_template->render({}, options)->text, "29 February 2000 29.2");
}

TEST(ChatTemplateSyntax, RunsWhatItIsGivenOnly) {
  const auto chat_template = ChatTemplate::parse(
      "{{ thinking is defined }}{{ bos_token is defined }}{{ tools is none }}"
      "{{ add_generation_prompt }}{{ messages | length }}",
      "file");
  EXPECT_EQ(chat_template->name(), "file");
  EXPECT_EQ(chat_template->render({}, {})->text, "FalseFalseTrueTrue0");
  RenderOptions options;
  options.thinking = false;
  options.bos_token = "B";
  options.add_generation_prompt = false;
  EXPECT_EQ(chat_template->render({}, options)->text, "TrueTrueTrueFalse0");
}

TEST(ChatTemplateSyntax, EveryTruncationEndsWell) {
  const std::string source(ChatTemplate::built_in("deepseek-v3.1")->name());
  const std::string text = test::golden("make_template_golden.py").substr(0, 6000);
  for (std::size_t length = 0; length < text.size(); length += 5) {
    const auto chat_template = ChatTemplate::parse(text.substr(0, length), "cut");
    if (chat_template.has_value()) (void)chat_template->render({}, {});
  }
  EXPECT_EQ(source, "built-in deepseek-v3.1");
}

TEST(ChatTemplateSyntax, RefusesASourceTooLarge) {
  const auto chat_template = ChatTemplate::parse(std::string((1 << 20) + 1, 'x'), "big");
  ASSERT_FALSE(chat_template.has_value());
  EXPECT_EQ(chat_template.error().code, ErrorCode::LimitExceeded);
}

TEST(ChatMessages, RolesHaveTheirNames) {
  EXPECT_EQ(role_name(Role::System), "system");
  EXPECT_EQ(role_name(Role::User), "user");
  EXPECT_EQ(role_name(Role::Assistant), "assistant");
}

}  // namespace
}  // namespace engine
