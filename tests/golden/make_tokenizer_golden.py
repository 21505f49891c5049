"""Writes tests/golden/tokenizer_tiny.json (a byte-level BPE trained here with DeepSeek-V3's pre-tokenizer) and
tests/golden/tokenizer_cases.json (what Hugging Face tokenizers makes of a few hundred strings).

usage: python3 make_tokenizer_golden.py     needs: tokenizers 0.23
"""
import json
import random

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

V3 = [r"\p{N}{1,3}", "[一-龥぀-ゟ゠-ヿ]+",
      "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
      "| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+"]
LLM_PUNCTUATION = "\\s?[!-/:-~！-／：-～‘-‟\u3000-。]+"
WIDE = "[一-龥ࠀ-一가-\ud7ff]+"
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
CL100K = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")
SPLITS = V3 + ["[\r\n]", LLM_PUNCTUATION, r"\s+$", WIDE, r"\s?\p{L}+", r"\s?\p{P}+", GPT2, CL100K,
               CL100K.replace("{1,3}", "")]

TEXT = """The expert that answers is not the expert that asks. A router looks at every token, scores each expert,
and sends the token to the best few; what remains is added up again. Below the surface the pressure grows by one
bar for every ten metres, and at 10,916 m the bathyscaphe Trieste stood on the ground of the Challenger Deep.
int main() { for (int i = 0; i < 10; ++i) { printf("%d\\n", i * i); } return 0; }
def depth(pressure): return (pressure - 1.0) * 10.06  # metres of sea water
深海の水圧は十メートルごとに一気圧ずつ増える。潜水球は静かに沈んでいく。 深海里没有阳光，压力却很大。潜水器慢慢下沉。
Die Straße führt zum Meer hinunter; où est la lumière? Глубина растёт, свет исчезает. Η πίεση αυξάνεται.
1960-01-23: 2 men, 4 h 47 min down, 20 min at the bottom, 3 h 15 min up; it's what they've done, isn't it?
"""

ALPHABET = ("abcXYZ .,!?'\"\n\r\t  \u00a0\u3000\u2028\u0085\u200b\ufeff\u180e\u001c\u0301é中文字かな한글０１½²٣ⅣK\u017f𝟘"
            "👍🏽🇩🇪\u200dİßﬁ(){}[]<>|_-+=*&^%$#@~`\\/:;0123456789ΩЖ")
WORDS = ["the", "expert", "don't", "I'LL", " foo", ".bar", "  ", "\n\n", "\r\n", "１２３", "12345678", "3.14", "<think>",
         "</think>", "<｜User｜>", "<｜", "｜>", "你好", "世界", "カタカナ", "Straße", "नमस्ते", "שלום", "'ſ", "'S", "$x",
         "#include", "\t\t\tif", "a\u0300", " \u0301", "\u0301\u0301", " 7", "x\u0085\n", "\u2028\u2029"]


def random_text(rng):
    kind = rng.random()
    if kind < 0.4:
        return "".join(rng.choice(ALPHABET) for _ in range(rng.randint(0, 24)))
    if kind < 0.75:
        return "".join(rng.choice(WORDS) if rng.random() < 0.7 else rng.choice(ALPHABET)
                       for _ in range(rng.randint(0, 9)))
    if kind < 0.95:
        points = (rng.choice([rng.randrange(0x3000), rng.randrange(0x30000)]) for _ in range(rng.randint(1, 8)))
        return "".join(chr(c) for c in points if not 0xD800 <= c <= 0xDFFF)
    return rng.choice(ALPHABET) * rng.randint(20, 90) + rng.choice(WORDS)


def train():
    tokenizer = Tokenizer(models.BPE())
    steps = [pre_tokenizers.Split(Regex(p), "isolated") for p in V3]
    steps.append(pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=800, special_tokens=["<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>"],
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator([TEXT], trainer)
    plain = [AddedToken(t, normalized=True, special=False) for t in ("<think>", "</think>", "<｜User｜>", "<｜Assistant｜>")]
    tokenizer.add_tokens(plain)
    return tokenizer


def main():
    rng = random.Random(20260101)
    tokenizer = train()
    document = json.loads(tokenizer.to_str())
    with open("tokenizer_tiny.json", "w", encoding="utf-8") as out:
        json.dump(document, out, ensure_ascii=False, separators=(",", ":"))
    document["added_tokens"] = []
    plain = Tokenizer.from_str(json.dumps(document))
    texts = [random_text(rng) for _ in range(260)] + TEXT.splitlines()
    texts += ["<｜begin▁of▁sentence｜>x<｜User｜>hi<｜Assistant｜><think>\n</think><｜end▁of▁sentence｜>"]
    cases = [[t, tokenizer.encode(t, add_special_tokens=False).ids, plain.encode(t, add_special_tokens=False).ids]
             for t in texts]
    splits = []
    for pattern in SPLITS:
        split = pre_tokenizers.Split(Regex(pattern), "isolated")
        rows = []
        for _ in range(60):
            text = random_text(rng)
            rows.append([text, [len(piece.encode()) for piece, _ in split.pre_tokenize_str(text)]])
        splits.append({"pattern": pattern, "cases": rows})
    with open("tokenizer_cases.json", "w", encoding="utf-8") as out:
        json.dump({"encode": cases, "splits": splits}, out, ensure_ascii=True, separators=(",", ":"))


if __name__ == "__main__":
    main()
