"""Writes the small tokenizers of other kinds than tokenizer.json, trained here on a text of ours, and the ids that their
reference libraries give: spm_bpe.model, spm_unigram.model, tiny_tiktoken.model, tokenizer_metaspace.json,
tokenizer_sources.json and tokenizer_long_runs.json (texts and ids as [part, repetitions]).

usage: python3 make_tokenizer_sources_golden.py     needs: sentencepiece, protobuf, tiktoken, tokenizers
The trained files hold nothing but statistics of the text below; they are under the repository's own licence.
"""
import base64
import io
import json
import random

import sentencepiece
import tiktoken
from sentencepiece import sentencepiece_model_pb2 as model_pb2
from tokenizers import Tokenizer

from make_tokenizer_golden import TEXT, random_text

KIMI = "|".join([
    r"[\p{Han}]+",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+"
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*"
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"\p{N}{1,3}", r" ?[^\s\p{L}\p{N}]+[\r\n]*", r"\s*[\r\n]+", r"\s+(?!\S)", r"\s+"])


def train_sentencepiece(kind, size, **options):
    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXT.splitlines() * 3), model_writer=out, model_type=kind, vocab_size=size,
        minloglevel=2, hard_vocab_limit=False, **options)
    return out.getvalue()


def ranks_of(tokens):
    """Byte pairs of TEXT's words, most frequent first."""
    table = {bytes([b]): b for b in range(256)}
    words = [[bytes([b]) for b in (" " + word).encode()] for word in TEXT.split()]
    while len(table) < tokens:
        counts = {}
        for word in words:
            for pair in zip(word, word[1:]):
                counts[pair] = counts.get(pair, 0) + 1
        (left, right), _ = max(counts.items(), key=lambda item: (item[1], item[0]))
        table[left + right] = len(table)
        for word in words:
            at = 0
            while at + 1 < len(word):
                if word[at] == left and word[at + 1] == right:
                    word[at:at + 2] = [left + right]
                at += 1
    return table


def metaspace_json(model):
    """The BPE model as a tokenizer.json of the llama kind: merges in the order of their pieces' scores."""
    vocab = {p.piece: i for i, p in enumerate(model.pieces)}
    merges = []
    for piece in model.pieces:
        if piece.type != 1:
            continue
        for cut in range(1, len(piece.piece)):
            left, right = piece.piece[:cut], piece.piece[cut:]
            if left in vocab and right in vocab:
                merges.append((-piece.score, vocab[left], vocab[right], left + " " + right))
    special = [{"id": i, "content": c, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
                "special": True} for i, c in enumerate(("<unk>", "<s>", "</s>"))]
    replace = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
    return {"version": "1.0", "added_tokens": special,
            "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, replace]},
            "pre_tokenizer": None, "post_processor": None,
            "decoder": {"type": "Sequence", "decoders": [
                {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"},
                {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
            "model": {"type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None,
                      "end_of_word_suffix": None, "fuse_unk": True, "byte_fallback": True, "vocab": vocab,
                      "merges": [m[-1] for m in sorted(merges)]}}


def cut_runs(text, most_characters=400_000, longest_run=25_000):
    """What Moonlight's and Kimi's tokenizer class does to a long text before tiktoken sees it."""
    for begin in range(0, len(text), most_characters):
        part = text[begin:begin + most_characters]
        start, run, was_space = 0, 0, part[:1].isspace()
        for at, character in enumerate(part):
            run = run + 1 if character.isspace() == was_space else 1
            was_space = character.isspace()
            if run > longest_run:
                yield part[start:at]
                start, run = at, 1
        yield part[start:]


def long_runs(kimi):
    cases = []
    for parts in ([["expert ", 8000]], [["theexperts", 2600]], [[" ", 25000], ["x", 25001]],
                  [["a", 24999], ["\x1c", 3], ["the", 9000]], [["ü", 26000]], [["海", 25003], [" the", 2]],
                  [["the ", 100_001], ["answers", 4]],
                  [["a", 24_990], ["<|im_end|>", 3]], [["\n", 50_002]], [["x", 5], [" ", 25_000], ["\u3000", 3], ["the experts", 1]]):
        text = "".join(part * n for part, n in parts)
        ids = [i for cut in cut_runs(text) for i in kimi.encode(cut, disallowed_special=())]
        cases.append({"text": parts, "n_ids": len(ids), "ids": shortened(ids)})
    return cases


def shortened(ids):
    """A list of [sequence, repetitions] that gives ids."""
    out = []
    at = 0
    while at < len(ids):
        best = (ids[at:at + 1], 1)
        for period in range(1, 13):
            n = 1
            while ids[at + n * period:at + (n + 1) * period] == ids[at:at + period]:
                n += 1
            if n > 1 and n * period > len(best[0]) * best[1]:
                best = (ids[at:at + period], n)
        out.append(best)
        at += len(best[0]) * best[1]
    return out


def main():
    rng = random.Random(20260202)
    texts = [random_text(rng) for _ in range(220)] + TEXT.splitlines() + ["", " ", "  ", "▁", "a▁b", "<s>", "</s> x"]
    bpe = train_sentencepiece("bpe", 520, byte_fallback=True, character_coverage=0.98,
                              normalization_rule_name="identity", remove_extra_whitespaces=False)
    unigram = train_sentencepiece("unigram", 300, normalization_rule_name="identity", user_defined_symbols=["<sep>"])
    for name, model in (("spm_bpe", bpe), ("spm_unigram", unigram)):
        with open(name + ".model", "wb") as out:
            out.write(model)
    ranks = ranks_of(420)
    with open("tiny_tiktoken.model", "w", encoding="ascii") as out:
        for token, rank in ranks.items():
            out.write(base64.b64encode(token).decode() + f" {rank}\n")
    proto = model_pb2.ModelProto()
    proto.ParseFromString(bpe)
    with open("tokenizer_metaspace.json", "w", encoding="utf-8") as out:
        json.dump(metaspace_json(proto), out, ensure_ascii=False, separators=(",", ":"))
    kimi = tiktoken.Encoding("kimi", pat_str=KIMI, mergeable_ranks=ranks, special_tokens={"[BOS]": 420, "<|im_end|>": 422})
    processors = [sentencepiece.SentencePieceProcessor(model_proto=m) for m in (bpe, unigram)]
    metaspace = Tokenizer.from_file("tokenizer_metaspace.json")
    cases = [{"text": t, "spm_bpe": processors[0].encode(t), "spm_unigram": processors[1].encode(t),
              "tiktoken": kimi.encode(t, disallowed_special=()),
              "metaspace": metaspace.encode(t, add_special_tokens=False).ids} for t in texts]
    listing = [[p.piece, p.score, p.type] for p in proto.pieces]
    with open("tokenizer_long_runs.json", "w", encoding="utf-8") as out:
        json.dump(long_runs(kimi), out, ensure_ascii=True, separators=(",", ":"))
    with open("tokenizer_sources.json", "w", encoding="utf-8") as out:
        json.dump({"listing": listing, "cases": cases}, out, ensure_ascii=True, separators=(",", ":"))


main()
