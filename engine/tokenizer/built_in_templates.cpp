// The sources, made of parts that families share. tests/golden/make_template_golden.py reads this
// file: parts are `constexpr std::string_view kName = R"(…)";`, templates the rows of kTemplates.
#include "engine/tokenizer/built_in_templates.h"

#include <initializer_list>

namespace engine {
namespace {

// BOS, then the system texts with an empty line between them.
constexpr std::string_view kDeepSeekHead =
    R"({{- bos_token if bos_token is defined else '<｜begin▁of▁sentence｜>' -}}
{%- for message in messages if message.role == 'system' -%}
  {%- if not loop.first -%}{{- '\n\n' -}}{%- endif -%}
  {{- message.content -}}
{%- endfor -%}
{%- set end_of_turn = '<｜end▁of▁sentence｜>' -%}
)";

constexpr std::string_view kKeepsReasoning =
    R"({%- set drops_reasoning = false -%}{%- set opening = '' -%}
)";

// Earlier reasoning is left out of the history; the answer begins inside the reasoning.
constexpr std::string_view kDropsReasoning =
    R"({%- set drops_reasoning = true -%}{%- set opening = '<think>\n' -%}
)";

// V3 and R1: turns without any line break; an answer to tools goes on where they end.
constexpr std::string_view kDeepSeekTurns = R"({%- set ns = namespace(tools=false) -%}
{%- for message in messages -%}
  {%- if message.role == 'tool' -%}
    {{- '\n' if ns.tools else '<｜tool▁outputs▁begin｜>' -}}
    {{- '<｜tool▁output▁begin｜>' + message.content + '<｜tool▁output▁end｜>' -}}
    {%- set ns.tools = true -%}
  {%- elif message.role != 'system' -%}
    {%- set answers_tools = ns.tools -%}
    {%- if ns.tools -%}{{- '<｜tool▁outputs▁end｜>' -}}{%- endif -%}
    {%- set ns.tools = false -%}
    {%- if message.role == 'user' -%}
      {{- '<｜User｜>' + message.content -}}
    {%- else -%}
      {%- if not answers_tools -%}{{- '<｜Assistant｜>' -}}{%- endif -%}
      {%- if message.content -%}
        {{- message.content.split('</think>')[-1] if drops_reasoning else message.content -}}
      {%- endif -%}
      {%- for call in message.tool_calls -%}
        {{- '<｜tool▁calls▁begin｜>' if loop.first else '\n' -}}
        {{- '<｜tool▁call▁begin｜>function<｜tool▁sep｜>' + call.function.name + '\n```json\n' -}}
        {%- if call.function.arguments is string -%}{{- call.function.arguments -}}
        {%- else -%}{{- call.function.arguments | tojson -}}{%- endif -%}
        {{- '\n```<｜tool▁call▁end｜>' -}}
        {%- if loop.last -%}{{- '<｜tool▁calls▁end｜>' -}}{%- endif -%}
      {%- endfor -%}
      {{- end_of_turn -}}
    {%- endif -%}
  {%- endif -%}
{%- endfor -%}
{%- if ns.tools -%}{{- '<｜tool▁outputs▁end｜>' -}}
{%- elif add_generation_prompt -%}{{- '<｜Assistant｜>' + opening -}}{%- endif -%}
)";

// V3.1: an answer to a user opens with a reasoning mark, closed at once, or open when thinking is
// asked for.
constexpr std::string_view kDeepSeekV31Turns = R"({%- set ns = namespace(after_user=false) -%}
{%- for message in messages -%}
  {%- if message.role == 'user' -%}
    {{- '<｜User｜>' + message.content -}}
    {%- set ns.after_user = true -%}
  {%- elif message.role == 'tool' -%}
    {{- '<｜tool▁output▁begin｜>' + message.content + '<｜tool▁output▁end｜>' -}}
    {%- set ns.after_user = false -%}
  {%- elif message.role == 'assistant' -%}
    {%- if ns.after_user -%}{{- '<｜Assistant｜></think>' -}}{%- endif -%}
    {%- set ns.after_user = false -%}
    {%- if message.content -%}{{- message.content.split('</think>', 1)[-1] -}}{%- endif -%}
    {%- for call in message.tool_calls -%}
      {%- if loop.first -%}{{- '<｜tool▁calls▁begin｜>' -}}{%- endif -%}
      {{- '<｜tool▁call▁begin｜>' + call.function.name + '<｜tool▁sep｜>' -}}
      {%- if call.function.arguments is string -%}{{- call.function.arguments -}}
      {%- else -%}{{- call.function.arguments | tojson -}}{%- endif -%}
      {{- '<｜tool▁call▁end｜>' -}}
      {%- if loop.last -%}{{- '<｜tool▁calls▁end｜>' -}}{%- endif -%}
    {%- endfor -%}
    {{- end_of_turn -}}
  {%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt and ns.after_user -%}
  {{- '<｜Assistant｜>' + ('<think>' if thinking else '</think>') -}}
{%- endif -%}
)";

// V3.2: reasoning since the last question stays when thinking is asked for; tools are called in
// DSML.
constexpr std::string_view kDeepSeekV32Turns =
    R"({%- set ns = namespace(last_user=-1, before='', results=false) -%}
{%- for message in messages if message.role != 'system' -%}
  {%- if message.role == 'user' -%}{%- set ns.last_user = loop.index0 -%}{%- endif -%}
{%- endfor -%}
{%- for message in messages if message.role != 'system' -%}
  {%- if ns.results and message.role != 'tool' -%}
    {{- '\n</function_results>' -}}
    {%- set ns.results = false -%}
  {%- endif -%}
  {%- if message.role == 'user' -%}
    {{- '<｜User｜>' + message.content -}}
    {%- set ns.before = '<｜Assistant｜>' -%}
  {%- elif message.role == 'tool' -%}
    {%- if not ns.results -%}{{- '\n\n<function_results>' -}}{%- endif -%}
    {{- '\n<result>' + message.content + '</result>' -}}
    {%- set ns.results = true -%}
    {%- set ns.before = '\n\n' -%}
  {%- else -%}
    {%- if ns.before -%}
      {{- ns.before -}}
      {%- if thinking and loop.index0 > ns.last_user -%}
        {{- '<think>' + (message.reasoning_content or '') -}}
      {%- endif -%}
      {{- '</think>' -}}
    {%- endif -%}
    {%- set ns.before = '' -%}
    {%- if message.content -%}{{- message.content.split('</think>', 1)[-1] -}}{%- endif -%}
    {%- for call in message.tool_calls -%}
      {%- if loop.first -%}{{- '\n\n<｜DSML｜function_calls>\n' -}}{%- endif -%}
      {{- '<｜DSML｜invoke name="' + call.function.name + '">\n' -}}
      {%- set arguments = call.function.arguments -%}
      {%- if arguments is string -%}{%- set arguments = arguments | from_json -%}{%- endif -%}
      {%- for key, value in arguments.items() -%}
        {{- '<｜DSML｜parameter name="' + key + '" string="' -}}
        {%- if value is string -%}{{- 'true">' + value -}}
        {%- else -%}{{- 'false">' + (value | tojson) -}}{%- endif -%}
        {{- '</｜DSML｜parameter>\n' -}}
      {%- endfor -%}
      {{- '</｜DSML｜invoke>\n' -}}
      {%- if loop.last -%}{{- '</｜DSML｜function_calls>' -}}{%- endif -%}
    {%- endfor -%}
    {{- end_of_turn -}}
  {%- endif -%}
{%- endfor -%}
{%- if ns.results -%}{{- '\n</function_results>' -}}{%- endif -%}
{%- if add_generation_prompt and ns.before -%}
  {{- ns.before + ('<think>' if thinking else '</think>') -}}
{%- endif -%}
)";

// DeepSeek LLM, MoE V1, V2: no control tokens for roles.
constexpr std::string_view kDeepSeekV2 =
    R"({{- bos_token if bos_token is defined else '<｜begin▁of▁sentence｜>' -}}
{%- for message in messages -%}
  {%- if message.role == 'user' -%}
    {{- 'User: ' + message.content + '\n\n' -}}
  {%- elif message.role == 'assistant' -%}
    {{- 'Assistant: ' + (message.content or '') -}}
    {{- eos_token if eos_token is defined else '<｜end▁of▁sentence｜>' -}}
  {%- elif message.role == 'system' -%}
    {{- message.content + '\n\n' -}}
  {%- else -%}
    {{- raise_exception('this chat format has no place for tool messages') -}}
  {%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- 'Assistant:' -}}{%- endif -%}
)";

constexpr std::string_view kMoonlightSystem =
    R"({%- set default_system = 'You are a helpful assistant' -%}
)";
constexpr std::string_view kKimiSystem =
    R"({%- set default_system = 'You are Kimi, an AI assistant created by Moonshot AI.' -%}
)";

constexpr std::string_view kKimiTurns = R"({%- for message in messages -%}
  {%- if loop.first and message.role != 'system' -%}
    {{- '<|im_system|>system<|im_middle|>' + default_system + '<|im_end|>' -}}
  {%- endif -%}
  {%- if message.role == 'tool' -%}
    {{- '<|im_system|>tool<|im_middle|>## Return of ' + (message.tool_call_id or '') + '\n' -}}
  {%- else -%}
    {{- '<|im_' + message.role + '|>' + message.role + '<|im_middle|>' -}}
  {%- endif -%}
  {%- if message.content -%}{{- message.content -}}{%- endif -%}
  {%- for call in message.tool_calls -%}
    {%- if loop.first -%}{{- '<|tool_calls_section_begin|>' -}}{%- endif -%}
    {{- '<|tool_call_begin|>' -}}
    {{- call.id or ('functions.' + call.function.name + ':' ~ loop.index0) -}}
    {{- '<|tool_call_argument_begin|>' -}}
    {%- if call.function.arguments is string -%}{{- call.function.arguments -}}
    {%- else -%}{{- call.function.arguments | tojson -}}{%- endif -%}
    {{- '<|tool_call_end|>' -}}
    {%- if loop.last -%}{{- '<|tool_calls_section_end|>' -}}{%- endif -%}
  {%- endfor -%}
  {{- '<|im_end|>' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|im_assistant|>assistant<|im_middle|>' -}}{%- endif -%}
)";

// System texts go to the head of the first question.
constexpr std::string_view kMistral = R"({{- bos_token if bos_token is defined else '<s>' -}}
{%- set ns = namespace(system='') -%}
{%- for message in messages -%}
  {%- if message.role == 'system' -%}
    {%- set ns.system = ns.system + message.content + '\n\n' -%}
  {%- elif message.role == 'user' -%}
    {{- '[INST] ' + ns.system + message.content + ' [/INST]' -}}
    {%- set ns.system = '' -%}
  {%- elif message.role == 'assistant' -%}
    {{- ' ' + (message.content or '') -}}
    {{- eos_token if eos_token is defined else '</s>' -}}
  {%- else -%}
    {{- raise_exception('this chat format has no place for tool messages') -}}
  {%- endif -%}
{%- endfor -%}
)";

constexpr std::string_view kLlama2 = R"({%- set ns = namespace(system='') -%}
{%- for message in messages -%}
  {%- if message.role == 'system' -%}
    {%- set ns.system = ns.system + '<<SYS>>\n' + message.content + '\n<</SYS>>\n\n' -%}
  {%- elif message.role == 'user' -%}
    {{- bos_token if bos_token is defined else '<s>' -}}
    {{- '[INST] ' + ns.system + message.content | trim + ' [/INST]' -}}
    {%- set ns.system = '' -%}
  {%- elif message.role == 'assistant' -%}
    {{- ' ' + (message.content or '') | trim + ' ' -}}
    {{- eos_token if eos_token is defined else '</s>' -}}
  {%- else -%}
    {{- raise_exception('this chat format has no place for tool messages') -}}
  {%- endif -%}
{%- endfor -%}
)";

constexpr std::string_view kLlama3 =
    R"({{- bos_token if bos_token is defined else '<|begin_of_text|>' -}}
{%- for message in messages -%}
  {%- set role = 'ipython' if message.role == 'tool' else message.role -%}
  {{- '<|start_header_id|>' + role + '<|end_header_id|>\n\n' -}}
  {{- (message.content or '') | trim + '<|eot_id|>' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}
  {{- '<|start_header_id|>assistant<|end_header_id|>\n\n' -}}
{%- endif -%}
)";

constexpr std::string_view kQwenSystem =
    R"({%- if messages and messages[0].role != 'system' -%}
  {{- '<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n' -}}
{%- endif -%}
)";

constexpr std::string_view kChatMl = R"({%- for message in messages -%}
  {{- '<|im_start|>' + message.role + '\n' + (message.content or '') + '<|im_end|>\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\n' -}}{%- endif -%}
)";

// For models that were never taught a chat format.
constexpr std::string_view kTranscript =
    R"({%- if bos_token is defined -%}{{- bos_token -}}{%- endif -%}
{%- for message in messages -%}
  {%- if message.role != 'system' -%}{{- message.role | capitalize + ': ' -}}{%- endif -%}
  {{- (message.content or '') + '\n\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- 'Assistant:' -}}{%- endif -%}
)";

struct BuiltIn {
  const char* name;
  std::initializer_list<std::string_view> parts;
};

// clang-format off
const BuiltIn kTemplates[] = {
    {"deepseek-v3", {kDeepSeekHead, kKeepsReasoning, kDeepSeekTurns}},
    {"deepseek-r1", {kDeepSeekHead, kDropsReasoning, kDeepSeekTurns}},
    {"deepseek-v3.1", {kDeepSeekHead, kDeepSeekV31Turns}},
    {"deepseek-v3.2", {kDeepSeekHead, kDeepSeekV32Turns}},
    {"deepseek-v2", {kDeepSeekV2}},
    {"moonlight", {kMoonlightSystem, kKimiTurns}},
    {"kimi-k2", {kKimiSystem, kKimiTurns}},
    {"mistral-instruct", {kMistral}},
    {"llama-3", {kLlama3}},
    {"llama-2", {kLlama2}},
    {"qwen2", {kQwenSystem, kChatMl}},
    {"chatml", {kChatMl}},
    {"transcript", {kTranscript}},
};
// clang-format on

}  // namespace

std::string built_in_template(std::string_view name) {
  std::string source;
  for (const BuiltIn& row : kTemplates) {
    if (row.name != name) continue;
    for (const std::string_view part : row.parts) source += part;
  }
  return source;
}

std::vector<std::string> built_in_template_names() {
  std::vector<std::string> names;
  for (const BuiltIn& row : kTemplates) names.emplace_back(row.name);
  return names;
}

}  // namespace engine
