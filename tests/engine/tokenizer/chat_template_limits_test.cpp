// Templates that mean harm: steps, time, memory, depth (catalogue P1, P2), and host access (P3).
#include <chrono>

#include "engine/tokenizer/chat_template.h"
#include "tests/engine/tokenizer/test_files.h"

namespace engine {
namespace {

const std::vector<ChatMessage> kMessages = {{Role::User, "hello"}};

std::string repeated(const std::string& text, int n) {
  std::string out;
  for (int i = 0; i < n; ++i) out += text;
  return out;
}

Error run(const std::string& source) {
  const auto start = std::chrono::steady_clock::now();
  const auto chat_template = ChatTemplate::parse(source, "hostile");
  if (!chat_template.has_value()) return chat_template.error();
  const auto prompt = chat_template->render(kMessages, {});
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
  EXPECT_FALSE(prompt.has_value()) << source.substr(0, 200);
  return prompt.has_value() ? Error{} : prompt.error();
}

TEST(ChatTemplateLimits, StopsWithinItsBudget) {
  const char* const sources[] = {
      "{{ range(10**9) | list }}",
      "{{ range(0, 99999999999, 1) | list }}",
      "{% for a in range(25000) %}{% for b in range(25000) %}{% endfor %}{% endfor %}",
      "{% set ns = namespace(s='') %}{% for a in range(100000) %}{% for b in range(100000) %}"
      "{% set ns.s = ns.s + 'x' %}{% endfor %}{% endfor %}",
      "{% set ns = namespace(s='x') %}{% for a in range(100) %}{% set ns.s = ns.s + ns.s %}"
      "{% endfor %}",
      "{{ 'x' * 10**10 }}",
      "{{ [0] * 10**10 }}",
      "{{ 'x' * 4611686018427387904 }}",
      "{% for a in range(100000) %}{{ 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' }}{% endfor %}",
      "{% set ns = namespace(l=[]) %}{% for a in range(100000) %}{% set ns.l = [ns.l] %}{% endfor "
      "%}",
      "{% set ns = namespace(l=[1]) %}{% for a in range(100) %}{% set ns.l = ns.l + ns.l %}"
      "{% endfor %}",
      "{{ 10 ** 100 }}",
      "{{ 9223372036854775807 + 1 }}",
      "{% set x = 'a' * 1000000 %}{{ x.replace('a', x) }}",
      "{% set x = 'a' * 1000000 %}{{ x.replace('', x) }}",
      "{% set x = 'ab' * 400000 %}{% for i in range(100000) %}{% set y = x[700000] %}{% endfor %}",
      "{{ range(100000) | map('string') | join('x' * 100000) }}",
      "{{ 'x'.center(10 ** 9) }}",
      "{{ '%2000d' | format(1) }}"};
  for (const char* const source : sources) {
    const Error error = run(source);
    EXPECT_EQ(error.code, ErrorCode::LimitExceeded) << source << ": " << error.message;
    EXPECT_TRUE(error.message.starts_with("hostile › line 1: ")) << error.message;
  }
}

TEST(ChatTemplateLimits, BoundsDepthInParserAndWhileRunning) {
  const std::string sources[] = {
      "{{ " + repeated("(", 100'000) + "1" + repeated(")", 100'000) + " }}",
      "{{ " + repeated("[", 100'000) + repeated("]", 100'000) + " }}",
      "{{ " + repeated("-", 100'000) + "1 }}",
      "{{ " + repeated("not ", 100'000) + "1 }}",
      "{{ 1" + repeated(" if 1 else 1", 50'000) + " }}",
      "{{ x" + repeated(".a", 100'000) + " }}",
      "{{ x" + repeated("[0]", 100'000) + " }}",
      "{{ 'x'" + repeated("|trim", 100'000) + " }}",
      repeated("{% if 1 %}", 100'000) + repeated("{% endif %}", 100'000),
      repeated("{% for x in [1] %}", 1'000) + repeated("{% endfor %}", 1'000),
      "{% set " + repeated("(", 100'000) + "a" + repeated(")", 100'000) + " = 1 %}",
      "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
      "{% macro m(n) %}{% if n %}{{ m(n + 1) }}{% endif %}{% endmacro %}{{ m(1) }}",
      "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}"};
  for (const std::string& source : sources) {
    const Error error = run(source);
    EXPECT_EQ(error.code, ErrorCode::LimitExceeded)
        << source.substr(0, 80) << ": " << error.message;
  }
}

TEST(ChatTemplateLimits, LongButFlatTemplatesAreFine) {
  const std::string sources[] = {"{{ 0" + repeated(" + 1", 20'000) + " }}",
                                 "{{ ''" + repeated(" ~ 'a'", 20'000) + " }}",
                                 "{{ 1" + repeated(" and 1", 20'000) + " }}",
                                 "{% if 0 %}" + repeated("{% elif 0 %}", 20'000) + "{% endif %}x",
                                 repeated("{{ 1 }}", 20'000)};
  for (const std::string& source : sources) {
    const auto chat_template = ChatTemplate::parse(source, "flat");
    ASSERT_TRUE(chat_template.has_value()) << chat_template.error().message;
    const auto prompt = chat_template->render(kMessages, {});
    EXPECT_TRUE(prompt.has_value()) << source.substr(0, 40) << ": " << prompt.error().message;
  }
}

TEST(ChatTemplateLimits, BudgetsGrowWithTheMessages) {
  const std::vector<ChatMessage> messages(40, {Role::User, std::string(500'000, 'a') + "é"});
  const auto prompt = ChatTemplate::built_in("deepseek-v3")->render(messages, {});
  ASSERT_TRUE(prompt.has_value()) << prompt.error().message;
  EXPECT_GT(prompt->text.size(), 20'000'000u);
}

TEST(ChatTemplateLimits, GivenLimitsHold) {
  const auto chat_template =
      ChatTemplate::parse("{% for i in range(1000) %}{{ i }}{% endfor %}", "test");
  TemplateLimits steps;
  steps.max_steps = 500;
  EXPECT_EQ(chat_template->render(kMessages, {}, steps).error().code, ErrorCode::LimitExceeded);
  TemplateLimits output;
  output.max_output_bytes = 100;
  EXPECT_EQ(chat_template->render(kMessages, {}, output).error().code, ErrorCode::LimitExceeded);
  EXPECT_TRUE(chat_template->render(kMessages, {}).has_value());
}

TEST(ChatTemplateLimits, NothingOfTheHostIsReachable) {
  const char* const sources[] = {"{{ ''.__class__.__mro__[1].__subclasses__() }}",
                                 "{{ messages.__class__ }}",
                                 "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
                                 "{{ self.__init__.__globals__ }}",
                                 "{{ messages[0]['__class__']['__base__'] }}",
                                 "{{ (messages | attr('__class__')) }}",
                                 "{{ messages[0].content.__len__() }}",
                                 "{{ messages | map(attribute='__class__') | list }}",
                                 "{{ messages.append(1) }}",
                                 "{{ messages[0].update({'role': 'x'}) }}",
                                 "{{ '{0.__class__}'.format(messages) }}"};
  for (const char* const source : sources) {
    const Error error = run(source);
    const bool named = error.message.find("unknown attribute") != std::string::npos ||
                       error.message.find("not supported") != std::string::npos;
    EXPECT_TRUE(named) << source << ": " << error.message;
  }
  for (const char* const source : {"x\n{% import 'os' as o %}", "x\n{% include 'x' %}",
                                   "x\n{% from 'x' import y %}", "x\n{% extends 'x' %}"}) {
    const Error error = run(source);
    EXPECT_EQ(error.code, ErrorCode::Unsupported);
    EXPECT_TRUE(error.message.starts_with("hostile › line 2: the tag '")) << error.message;
  }
}

}  // namespace
}  // namespace engine
