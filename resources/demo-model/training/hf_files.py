"""The files beside the weights: tokenizer, its config with the chat template, generation defaults."""
import json
import shutil
from pathlib import Path

from tokenizer import BOS, EOS, PAD

CHAT_TEMPLATE = (
    "{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}"
    "{% set ns = namespace(system_prompt='', is_first_sp=true) %}"
    "{%- for message in messages %}{%- if message['role'] == 'system' %}"
    "{%- if ns.is_first_sp %}{% set ns.system_prompt = ns.system_prompt + message['content'] %}"
    "{% set ns.is_first_sp = false %}"
    "{%- else %}{% set ns.system_prompt = ns.system_prompt + '\n\n' + message['content'] %}{%- endif %}"
    "{%- endif %}{%- endfor %}{{bos_token}}{{ns.system_prompt}}"
    "{%- for message in messages %}"
    "{%- if message['role'] == 'user' %}{{'<｜User｜>' + message['content']}}{%- endif %}"
    "{%- if message['role'] == 'assistant' %}"
    "{{'<｜Assistant｜>' + message['content'] + '<｜end▁of▁sentence｜>'}}{%- endif %}"
    "{%- endfor -%}"
    "{% if add_generation_prompt %}{{'<｜Assistant｜>'}}{% endif %}")

GENERATION = {"_from_model_config": False, "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 2,
              "do_sample": True, "temperature": 0.4, "top_p": 0.9}


def added(content):
    return {"__type": "AddedToken", "content": content, "lstrip": False, "normalized": True, "rstrip": False,
            "single_word": False}


def write_side_files(folder, tokenizer):
    folder = Path(folder)
    shutil.copyfile(tokenizer, folder / "tokenizer.json")
    cfg = {"add_bos_token": True, "add_eos_token": False, "bos_token": added(BOS), "eos_token": added(EOS),
           "pad_token": added(PAD), "unk_token": None, "clean_up_tokenization_spaces": False, "legacy": True,
           "model_max_length": 2048, "sp_model_kwargs": {}, "tokenizer_class": "LlamaTokenizerFast",
           "chat_template": CHAT_TEMPLATE}
    (folder / "tokenizer_config.json").write_text(json.dumps(cfg, ensure_ascii=False, indent=2) + "\n", "utf-8")
    (folder / "generation_config.json").write_text(json.dumps(GENERATION, indent=2) + "\n")
