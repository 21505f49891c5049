"""Writes the small tokenizers of other kinds than tokenizer.json, trained here on a text of ours, and the ids that their
reference libraries give: spm_bpe.model, spm_unigram.model, tiny_tiktoken.model, tokenizer_metaspace.json and
tokenizer_sources.json.

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
    with open("tokenizer_sources.json", "w", encoding="utf-8") as out:
        json.dump({"listing": listing, "cases": cases}, out, ensure_ascii=True, separators=(",", ":"))


main()
