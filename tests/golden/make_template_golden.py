"""Writes tests/golden/template_cases.json: templates rendered by Python's jinja2, set up as transformers does.

usage: python3 make_template_golden.py [FOLDER]     needs: jinja2 3.1, transformers 5
With FOLDER (tokenizers of released models) also template_file_cases.json: the texts that their templates give.
"""
import datetime
import json
import pathlib
import re
import sys

from transformers.utils import chat_template_utils

BOS, EOS = "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>"
NOW = 1700000000

DIALOGUES = [
    [["system", "You are  Ünï  helpful."], ["user", " Hello World,\n it's \"me\" <b> "],
     ["assistant", "<think>r</think>\n\nYes. yes"], ["user", "last one 日本"]],
    [["user", "hi"]],
    [],
    [["system", "S1"], ["system", "S2"], ["user", "U1"], ["assistant", "A1"], ["user", "U2"]],
    [["system", ""], ["user", ""], ["assistant", ""], ["user", " \n "]],
    [["user", "<｜User｜>{{ x }}{% if %}"], ["assistant", "a</think>b</think>c"], ["user", EOS + "\u2028🙂"]],
    [["user", "U1"], ["assistant", "<think>\nlong\n</think>\n\nA1"]],
    [["user", "q"], ["user", "again"], ["system", "late system"]],
    # Tools: arguments as text and as values; several calls and results; reasoning.
    [["system", "S"], ["user", "weather?"],
     {"role": "assistant", "content": None, "tool_calls": [
         {"id": "call_1", "type": "function",
          "function": {"name": "get_weather", "arguments": {"city": "Köln", "days": 2, "x": [1, None], "y": 1.5}}},
         {"id": "functions.now:1", "type": "function", "function": {"name": "now", "arguments": {}}}]},
     {"role": "tool", "content": "{\"t\": 21}", "name": "get_weather", "tool_call_id": "call_1"},
     {"role": "tool", "content": "12:00", "tool_call_id": "functions.now:1"},
     ["assistant", "21 degrees."], ["user", "thanks"]],
    [["user", "a"],
     {"role": "assistant", "content": "Let me look.", "reasoning_content": "hmm",
      "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{\"a\": \"b\"}"}}]},
     {"role": "tool", "content": "r</think><｜User｜>", "tool_call_id": "c"}],
    [["user", "a"],
     {"role": "assistant", "content": None, "reasoning_content": "first think",
      "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": {"a": "b"}}}]},
     {"role": "tool", "content": "r", "tool_call_id": "c"},
     {"role": "assistant", "content": "done", "reasoning_content": "then say"}, ["user", "more"],
     {"role": "assistant", "content": "yes", "reasoning_content": "short"}],
]

# Each one on its own line where it fits; the first dialogue is its messages.
SNIPPETS = [
    "{{ messages|length }} {{ messages[0].role }} {{ messages[-1]['content'] }}",
    "{{ messages[1:]|length }} {{ messages[::-1][0].role }} {{ messages[1].content[::-1] }} {{ messages[1].content[2:5] }} {{ messages[1].content[-3:] }}",
    "{{ messages[1].content|trim }}|{{ messages[1].content.strip() }}|{{ messages[1].content.lstrip() }}|{{ messages[1].content.rstrip('> b<') }}",
    "{{ messages[0].content|upper }} {{ messages[0].content|lower }} {{ messages[0].content|title }} {{ messages[0].content|capitalize }} {{ messages[0].content.title() }}",
    "{{ 'straße ﬁ'.upper() }} {{ 'ΑΣ'.lower() }} {{ \"they're bill's\".title() }} {{ \"they're bill's-x (y\"|title }}",
    "{{ messages|map(attribute='role')|join(', ') }} {{ messages|map('length')|list }}",
    "{{ messages|selectattr('role','equalto','user')|list|length }} {{ messages|rejectattr('role','eq','user')|map(attribute='role')|list }}",
    "{{ [3,1,2]|sort }} {{ [3,1,2]|sort(reverse=true) }} {{ ['b','A','c']|sort }} {{ ['b','A','c']|sort(case_sensitive=true) }} {{ [1,2,2,3]|unique|list }}",
    "{{ {'b':1,'a':2}|dictsort }} {{ {'b':1,'a':2}|items|list }} {{ {'b':1}.items()|list }} {{ {'a':1}.get('x') }} {{ {'a':1}.get('x',5) }} {{ {'a':{'b':[1,{'c':2}]}}.a.b[1].c }}",
    "{{ {'a':1,'b':[1,2.5,none,true,'x\"y\\'z\\n']}|tojson }} {{ {'a':1,'b':[1,{}],'c':[]}|tojson(indent=2) }}",
    "{{ messages|tojson }}",
    "{{ messages|tojson(ensure_ascii=true) }}",
    "{{ {'b':1,'a':2}|tojson(sort_keys=true) }} {{ [1,2]|tojson(separators=(',',':')) }} {{ {1:2,none:3,true:4}|tojson }}",
    "{{ messages }}",
    "{{ ['a\\'b', \"c\\\"d\", 'e\\nf', 'é', 1.0, 1e20, 1e-7, 123456789.125, -0.0, 1e16, 12345678901234567.0] }}",
    "{{ (1,) }} {{ (1,2) }} {{ () }} {{ [] }} {{ {} }} {{ none }} {{ true }} {{ 1 == 1.0 }} {{ 'a' < 'b' }} {{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ [1,2] < [1,3] }}",
    "{{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % 3 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 ** 10 }} {{ 2 ** -1 }} {{ -2 ** 2 }} {{ 7.5 // 2 }} {{ -7.5 % 2 }} {{ 2*3+4*5-6 }} {{ 2 ~ 3 ~ 'x' }} {{ 1 + 2 ~ 3 }}",
    "{{ 'a' in 'abc' }} {{ 'z' not in 'abc' }} {{ 1 in [1,2] }} {{ 'a' in {'a':1} }} {{ not true }} {{ not 1 in [2] }} {{ x is defined }} {{ x is not defined }} {{ 1 is number }} {{ 1.0 is float }} {{ true is boolean }} {{ 'x' is string }} {{ {} is mapping }} {{ [] is iterable }} {{ [] is sequence }} {{ 4 is even }} {{ 4 is divisibleby 2 }} {{ none is none }} {{ 3 is in [3] }} {{ 'A' is upper }} {{ 1 is eq 1 }} {{ 2 is gt(1) }} {{ x is undefined }} {{ true is true }} {{ 1 is true }} {{ 5 is odd }} {{ 'a' is sameas 'a' }}",
    "{{ 'yes' if true else 'no' }} {{ 'yes' if false }} {{ 'a' if false else 'b' if false else 'c' }} {{ x or 'd' }} {{ 0 or '' or [] }} {{ 1 and 2 }} {{ x|default('q') }} {{ ''|default('q',true) }} {{ none|default('n') }} {{ x|d }}",
    "{{ 'a b  c'.split() }} {{ 'a,b,,c'.split(',') }} {{ 'a,b,c'.split(',',1) }} {{ 'a,b,c'.rsplit(',',1) }} {{ ' a b c '.split(none,1) }} {{ 'a=b=c'.partition('=') }} {{ 'a=b=c'.rpartition('=') }} {{ 'abc'.partition('x') }} {{ 'a\\nb\\r\\nc'.splitlines() }}",
    "{{ 'abc'.startswith('a') }} {{ 'abc'.endswith(('x','c')) }} {{ 'abcabc'.find('c') }} {{ 'abcabc'.rfind('c') }} {{ 'abc'.find('z') }} {{ '日本語'.find('語') }} {{ 'aaa'.count('a') }} {{ 'abc'.index('b') }} {{ ', '.join(['a','b']) }} {{ 'aXbX'.replace('X','--') }} {{ 'aaa'.replace('a','b',2) }} {{ 'abc'.replace('','-') }} {{ 'abc'|replace('b','<>') }}",
    "{{ '{} {}'.format(1,'a') }} {{ '{0}{1}{0}'.format('a','b') }} {{ '{x}'.format(x=3) }} {{ '%s-%d-%5.2f%%'|format('a',3,2.5) }} {{ '%s' % 'q' }} {{ '%s %s' % ('a', 1) }}",
    "{{ 'abc'.isdigit() }} {{ '12'.isdigit() }} {{ ' '.isspace() }} {{ 'Ab'.isalpha() }} {{ 'a1'.isalnum() }} {{ 'AB'.isupper() }} {{ 'ab1'.islower() }} {{ 'x'.center(5) }}| {{ 'x'.ljust(3) }}| {{ 'x'.rjust(3,'-') }} {{ '-7'.zfill(4) }} {{ 'xab'.removeprefix('x') }} {{ 'abx'.removesuffix('x') }}",
    "{{ 'a\\nb\\n\\nc'|indent }} {{ 'a\\nb'|indent(2,true) }} {{ 'a\\n\\nb'|indent(2,blank=true) }} {{ 'a\\nb'|indent('>> ') }}",
    "{{ 3.7|int }} {{ '42'|int }} {{ 'x'|int }} {{ 'x'|int(7) }} {{ '3.9'|int }} {{ '0x1f'|int(0,16) }} {{ '2.5'|float }} {{ 3|float }} {{ -3|abs }} {{ 2.5|round }} {{ 3.14159|round(2) }} {{ 2.1|round(0,'ceil') }} {{ 2.9|round(method='floor') }} {{ 5|round }} {{ 0.1+0.2 }} {{ 1/3 }}",
    "{{ [1,2,3]|sum }} {{ [1,2,3]|first }} {{ [1,2,3]|last }} {{ []|first }} {{ [1,2,3]|max }} {{ [1,2,3]|min }} {{ 'abc'|list }} {{ 'abc'|reverse }} {{ [1,2,3]|reverse|list }} {{ range(3)|list }} {{ range(5,0,-2)|list }} {{ [1,2,3,4,5]|batch(2)|list }} {{ [1,2]|join }} {{ [0,1,'',2]|select|list }} {{ [1,2,3]|select('odd')|list }} {{ [1,2,3,4]|reject('gt',2)|list }}",
    "{{ 'hello world foo bar'|truncate(10) }} {{ 'hello world'|truncate(5,true) }} {{ 'hello world'|truncate(9,false,'..',0) }} {{ 'a b c'|wordcount }} {{ '<a href=\"x\">&\\'</a>'|escape }}",
    "{{ \"a\" \"b\" 'c' }} {{ 'tab\\tq\\x41\\u00e9\\101\\q' }} {{ 1_000 }} {{ 0x1F }} {{ 1.5e3 }} {{ [1,2,3][1] }} {{ [1,2,3][-1] }} {{ [1,2,3][5] }} {{ (1,2,3)[1:] }} {{ 'abc'[1] }} {{ 'abc'[9] }} {{ {'a':1}['b'] }} {{ [1,2,3,4,5][1:4:2] }} {{ [1,2,3,4,5][-2::-1] }} {{ 'abcdef'[::2] }} {{ [1,2]+[3] }} {{ [0]*3 }} {{ 'ab'*2 }} {{ 'x'*0 }}",
    "{% set x = 5 %}{{ x }}{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set y %}block {{ x }}{% endset %}[{{ y }}]{% set z | upper %}abc{% endset %}{{ z }}",
    "{% for i in range(3) %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.previtem }}{{ loop.nextitem }}{{ loop.cycle('a','b') }}{{ loop.depth }};{% endfor %}",
    "{% for i in [] %}x{% else %}empty{% endfor %}{% for i in [1,2,3,4] if i is even %}{{ i }}{{ loop.length }}{% else %}none{% endfor %}{% for k, v in {'a':1,'b':2}.items() %}{{ k }}={{ v }},{% endfor %}{% for k in {'a':1} %}{{ k }}{% endfor %}{% for c in 'héy' %}{{ c }}.{% endfor %}{% for x in undefinedthing %}x{% endfor %}",
    "{% for i in range(10) %}{% if i == 2 %}{% continue %}{% endif %}{% if i == 5 %}{% break %}{% endif %}{{ i }}{% endfor %}",
    "{% set x = 1 %}{% for i in [1,2] %}{{ x }}{% set x = x + i %}{{ x }};{% endfor %}{{ x }}",
    "{% set ns = namespace(a=1, b='q') %}{% for i in [1,2] %}{% set ns.a = ns.a + i %}{% set ns.c = i %}{% endfor %}{{ ns.a }}{{ ns.b }}{{ ns.c }}{{ ns.zz is defined }}{{ ns['a'] }}",
    "{% macro m(a, b='B', c=none) %}[{{ a }}|{{ b }}|{{ c }}]{% endmacro %}{{ m(1) }}{{ m(1, c=2) }}{{ m('x','y','z') }}{{ m(b=3) }}",
    "{% macro r(n) %}{% if n > 0 %}{{ n }}{{ r(n-1) }}{% endif %}{% endmacro %}{{ r(5) }}{% macro q() %}({{ caller() }}){% endmacro %}{% call q() %}in{{ 1+1 }}{% endcall %}{% macro w(x) %}{{ caller(x) }}{% endmacro %}{% call(y) w(4) %}<{{ y }}>{% endcall %}",
    "{% filter upper %}abc {{ 'd' }}{% endfilter %}{% filter trim|upper %}  q  {% endfilter %}{% with a=1, b=2 %}{{ a+b }}{% endwith %}{% generation %}g{{ 1 }}{% endgeneration %}",
    "{% raw %}{{ x }} {% if %}{% endraw %} {# comment {{ x }} #}after",
    "a {%- if true -%} b {%- endif -%} c {{- 'd' -}} e",
    "{% if 1 == 2 %}a{% elif 2 == 2 %}b{% else %}c{% endif %}{% if x %}d{% elif y %}e{% else %}f{% endif %}",
    "{% for a in [1,2] %}{% for b in [3,4] %}{{ a }}{{ b }}{{ loop.index }} {% endfor %}{{ loop.index }}{% endfor %}",
    "{% for m in messages %}{{ loop.changed(m.role) }}{{ m.role }}{% endfor %}",
    "{{ strftime_now('%Y-%m-%d %H:%M:%S %d %b %Y %B %A %a %j %y %p %I') }}",
    "{{ dict(a=1,b='x') }} {{ dict(a=1)|length }} {{ messages[0]|length }} {{ 'a' ~ none ~ true ~ 1.5 }} {{ messages[0].keys()|list }} {{ messages[0].values()|list }}",
    "{{ raise_exception('no ' + 'good') }}",
    "{{ x.y }}",
    "{{ x + 1 }}",
    "{{ 'a' + 1 }}",
    "{{ messages.foo.bar }}",
    "{{ none.x }} {{ none|length }}",
    "{{ 1/0 }}",
    "{{ [1]|first + 'x' }}",
    "{{ 1 if }}",
    "{% if %}",
    "{% endfor %}",
    "{{ ''.__class__.__mro__ }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ messages.append(1) }}",
    "{{ range(1000000000) }}",
    "{{ undefinedfn() }}",
    "{{ {'a': 1}['a']['b'] }}",
    "{{ 'x'.foo() }}",
    "{{ \"unterminated }}",
    "{{ ( }}",
    "{% for x in none %}{% endfor %}",
    "{% set messages[0] = 1 %}",
    "{% set foo.bar = 1 %}",
    "{{ [3,'a']|sort }}",
    "{{ -messages[0].content }}",
    "{{ {'a':1}.b is defined }} {{ messages[0].content.foo is defined }}{{ messages[9] is defined }}{{ (messages|selectattr('role','eq','zz')) and 'gen-true' }}{{ messages[0].tool_calls is defined and messages[0].tool_calls }}",
    "{{ 'a%sb' % 'X' }}{{ loop is defined }}{{ 'é'|tojson }}{{ 'a/b\\u2028'|tojson }}{{ '\\x7f\\x01'|tojson }}{{ '\\x7f\\x01é'|tojson(ensure_ascii=true) }}",
    "{{ messages|map(attribute='content')|map('trim')|map('upper')|list|tojson }} {{ messages|map(attribute='nope', default='D')|list }} {{ messages|map(attribute='content.0')|list }}",
    "{{ [[1,2],[3]]|sum(start=[]) }} {{ ['a','b']|last }} {{ 'abc'|last }} {{ {'x':1}|first }} {{ [{'n':2},{'n':1}]|sort(attribute='n')|map(attribute='n')|list }} {{ [{'n':2},{'n':1}]|max(attribute='n') }} {{ ['b','B','a']|unique|join }}",
    "{% set v = [1,2] + [3] %}{{ v }}{% set t = 1, %}{{ t }}{% for a, (b, c) in [(1,(2,3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}{{ v is iterable }}{{ {'a':1} is iterable }}{{ 5 is iterable }}{{ 'x' is sequence }}",
    "{{ 1 if x is not defined else 2 }} {{ 5 is not none and ('a' is string) }} {{ 2 is divisibleby 2 and 3 }}",
    "{% if true %}\n  a\n{% endif %}\n",
    "  {% if true %}  \n x {% endif %} \n\n",
    "\n\n{% set x = 1 %}\n\n  {%+ if x %}\n y{% endif +%}\nz",
    "{{ 1 }}\n{{ 2 }}\n",
    "a\r\nb\r{% if 1 %}\r\nc{% endif %}\r\n\r\n",
    "{#- c -#}  \n x",
    "  {# c #}\n x",
    "x  {# c #}\n y",
    "{%- raw -%}  a {{ }} \n {%- endraw -%}  b",
    " {% raw %}\n a {% endraw %}\n b",
    "{% for i in [1,2] %}\n  {{ i }}\n  {% endfor %}\n",
    "\u00a0 {% if 1 %}x{% endif %}",
    "{% if true %}{% if true %}\n{% endif %}\n{% endif %}\n",
    "{{ {\"a\":{\"b\":1}}[\"a\"] }}",
    "{{ \"}}\" }} {% if \"%}\" %}q{% endif %}",
    "{{ 1 -}}   \n  x",
    "x  \n {{- 1 }}",
    "\t{% if 1 %}\t\n\ty{% endif %}",
    "{%if 1%}a{%endif%}",
    "{{1}}{{-2}}{{- -2}}",
    "{{+1}}",
    "{% macro a() -%}\n x \n{%- endmacro %}{{ a() }}|",
    "a{% if 0 %}\n{% endif %}\nb",
    "{{ \"a\nb\" }}",
    "",
    "\n",
    "\n\n",
    "{",
    "{ {",
    "{{\"{%\"}}",
    "a {%- if 1 %} b {%- endif %} c",
    "\u001c {%- if 1 %}x{% endif %}",
]


class FixedClock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=NOW)


def built_ins():
    source = pathlib.Path(__file__).parents[2] / "engine/tokenizer/built_in_templates.cpp"
    text = source.read_text(encoding="utf-8")
    parts = dict(re.findall(r'constexpr std::string_view (k\w+) =\s+R"\((.*?)\)";', text, re.S))
    rows = re.findall(r'^    \{"([\w.-]+)", \{([\w, ]+)\}\},$', text, re.M)
    return {name: "".join(parts[part.strip()] for part in row.split(",")) for name, row in rows}


def render(source, dialogue, generation, thinking):
    environment = chat_template_utils._cached_compile_jinja_template("").environment
    environment.filters["from_json"] = json.loads  # ours has it; transformers' has not
    messages = [{"role": m[0], "content": m[1]} if isinstance(m, list) else m for m in dialogue]
    variables = {} if thinking is None else {"thinking": thinking, "enable_thinking": thinking}
    try:
        return environment.from_string(source).render(
            messages=messages, tools=None, documents=None, add_generation_prompt=generation, bos_token=BOS,
            eos_token=EOS, **variables)
    except Exception:
        return None  # every failure is a failure; its words are ours


def file_cases(folder):
    """The templates of released models, which are not part of the repository."""
    sources = {f"chat_templates/{path.name}": path.read_text(encoding="utf-8")
               for path in sorted((folder / "chat_templates").glob("*.jinja"))}
    for path in sorted(folder.glob("*/tokenizer_config.json")):
        template = json.loads(path.read_text(encoding="utf-8")).get("chat_template")
        if template:
            sources[f"{path.parent.name}/tokenizer_config.json"] = template
    cases = []
    for name, source in sources.items():
        for index, dialogue in enumerate(DIALOGUES):
            for thinking in (None, True):
                cases.append({"file": name, "dialogue": index, "generation": True, "thinking": thinking,
                              "want": render(source, dialogue, True, thinking)})
    return cases


def main():
    chat_template_utils.datetime = FixedClock
    cases = []
    for snippet in SNIPPETS:
        cases.append({"source": snippet, "dialogue": 0, "generation": True, "thinking": None,
                      "want": render(snippet, DIALOGUES[0], True, None)})
    for family, source in built_ins().items():
        for index, dialogue in enumerate(DIALOGUES):
            for generation in (True, False):
                for thinking in (None, True, False) if generation else (None,):
                    cases.append({"built_in": family, "dialogue": index, "generation": generation,
                                  "thinking": thinking, "want": render(source, dialogue, generation, thinking)})
    head = {"bos": BOS, "eos": EOS, "now": NOW, "dialogues": DIALOGUES}
    with open("template_cases.json", "w", encoding="utf-8") as file:
        json.dump({**head, "cases": cases}, file, ensure_ascii=True, separators=(",", ":"))
    if len(sys.argv) > 1:
        with open("template_file_cases.json", "w", encoding="utf-8") as file:
            json.dump({**head, "cases": file_cases(pathlib.Path(sys.argv[1]))}, file, ensure_ascii=True,
                      separators=(",", ":"))


main()
