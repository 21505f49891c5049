#include "engine/tokenizer/built_in_templates.h"

namespace engine {
namespace {

// System texts first, with an empty line between them; turns without any line break.
constexpr std::string_view kDeepSeekV3 = R"({#- DeepSeek-V3 -#}
{{- bos_token if bos_token is defined else '<｜begin▁of▁sentence｜>' -}}
{%- for message in messages if message.role == 'system' -%}
  {%- if not loop.first -%}{{- '\n\n' -}}{%- endif -%}
  {{- message.content -}}
{%- endfor -%}
{%- for message in messages -%}
  {%- if message.role == 'user' -%}
    {{- '<｜User｜>' + message.content -}}
  {%- elif message.role == 'assistant' -%}
    {{- '<｜Assistant｜>' + message.content + '<｜end▁of▁sentence｜>' -}}
  {%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<｜Assistant｜>' -}}{%- endif -%}
)";

// Earlier reasoning is left out of the history; the answer begins inside the reasoning.
constexpr std::string_view kDeepSeekR1 = R"({#- DeepSeek-R1 -#}
{{- bos_token if bos_token is defined else '<｜begin▁of▁sentence｜>' -}}
{%- for message in messages if message.role == 'system' -%}
  {%- if not loop.first -%}{{- '\n\n' -}}{%- endif -%}
  {{- message.content -}}
{%- endfor -%}
{%- for message in messages -%}
  {%- if message.role == 'user' -%}
    {{- '<｜User｜>' + message.content -}}
  {%- elif message.role == 'assistant' -%}
    {{- '<｜Assistant｜>' + message.content.split('</think>')[-1] + '<｜end▁of▁sentence｜>' -}}
  {%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<｜Assistant｜><think>\n' -}}{%- endif -%}
)";

// Every answer opens with a reasoning mark: closed at once, or open when thinking is asked for.
constexpr std::string_view kDeepSeekV31 = R"({#- DeepSeek-V3.1 -#}
{{- bos_token if bos_token is defined else '<｜begin▁of▁sentence｜>' -}}
{%- for message in messages if message.role == 'system' -%}
  {%- if not loop.first -%}{{- '\n\n' -}}{%- endif -%}
  {{- message.content -}}
{%- endfor -%}
{%- for message in messages -%}
  {%- if message.role == 'user' -%}
    {{- '<｜User｜>' + message.content -}}
  {%- elif message.role == 'assistant' -%}
    {{- '<｜Assistant｜></think>' -}}
    {{- message.content.split('</think>', 1)[-1] + '<｜end▁of▁sentence｜>' -}}
  {%- endif -%}
{%- endfor -%}
{%- set last = (messages | rejectattr('role', 'equalto', 'system') | list | last) -%}
{%- if add_generation_prompt and last is defined and last.role == 'user' -%}
  {{- '<｜Assistant｜>' + ('<think>' if thinking else '</think>') -}}
{%- endif -%}
)";

}  // namespace

std::string_view built_in_template(std::string_view family) {
  if (family == "deepseek-v3") return kDeepSeekV3;
  if (family == "deepseek-r1") return kDeepSeekR1;
  if (family == "deepseek-v3.1") return kDeepSeekV31;
  return {};
}

}  // namespace engine
