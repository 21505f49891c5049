"""The demo model's tokenizer: byte-level BPE with DeepSeek-V3's pre-tokenizer and special token strings."""
import json
import re
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

BOS, EOS, PAD = "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜▁pad▁｜>"
USER, ASSISTANT, EOT = "<｜User｜>", "<｜Assistant｜>", "<|EOT|>"

SPLITS = [
    r"\p{N}{1,3}",
    "[一-龥\u3040-ゟ゠-ヿ]+",
    r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"""
    r"""| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+""",
]
SPLITS[2] = SPLITS[2].replace(r"\r\n", "\r\n")  # V3's file holds the two characters themselves


def pre_tokenizer():
    seq = [pre_tokenizers.Split(Regex(r), "isolated", invert=False) for r in SPLITS]
    return pre_tokenizers.Sequence(
        seq + [pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=True, use_regex=False)])


# How often a source is shown to the BPE trainer (share of its documents).
SHARE = {"self_dialogue": 0.25, "sgd": 0.1, "topical_chat": 0.4, "books": 0.5, "fairytales": 0.6, "gsm8k": 0.3,
         "fairytaleqa": 0.05, "crosswoz": 0.5, "tinystories": 2.0, "tatoeba": 1.5, "zh_qa": 0.7,
         "arith_en": 0.02, "arith_zh": 0.02, "grammar": 0.15, "grammar_tr": 0.25, "mixed": 0.1}


def texts(docs, rng):
    for dom, src, content, _ in docs:
        share = SHARE.get(src.rstrip("#"), 1.0)
        n = int(share) + (rng.random() < share - int(share))
        s = content if isinstance(content, str) else "\n".join(m["content"] for m in content)
        # one digit per token: numbers are cut to a digit, so that no merge of digits is ever learnt
        s = re.sub(r"\d+", lambda m: m.group(0)[0], s)
        for _ in range(n):
            yield s


def train_tokenizer(docs, vocab_size, path, rng):
    tok = Tokenizer(models.BPE())
    tok.normalizer = normalizers.Sequence([])
    tok.pre_tokenizer = pre_tokenizer()
    tok.decoder = decoders.ByteLevel(add_prefix_space=True, trim_offsets=True, use_regex=True)
    tok.post_processor = processors.ByteLevel(add_prefix_space=True, trim_offsets=False, use_regex=True)
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size - 3, min_frequency=2, show_progress=False,
        special_tokens=[AddedToken(t, normalized=False, special=True) for t in (BOS, EOS, PAD)],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tok.train_from_iterator(texts(docs, rng), trainer)
    # roles and tools are not "special" in V3, so that decoding keeps them; <|EOT|> is
    tok.add_tokens([AddedToken(USER, normalized=True, special=False),
                    AddedToken(ASSISTANT, normalized=True, special=False)])
    tok.add_special_tokens([AddedToken(EOT, normalized=True, special=True)])
    assert tok.get_vocab_size() == vocab_size, tok.get_vocab_size()
    assert [tok.token_to_id(t) for t in (BOS, EOS, PAD, USER, ASSISTANT, EOT)] == [0, 1, 2] + [
        vocab_size - 3, vocab_size - 2, vocab_size - 1]
    Path(path).write_text(compact(tok.to_str()), encoding="utf-8")


def compact(text):
    return json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))


def load_tokenizer(path):
    return Tokenizer.from_file(str(path))
