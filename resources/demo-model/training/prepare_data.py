"""Make the training data of the demo model: corpus + grammars -> tokenizer, packed token files.

  python prepare_data.py --corpus CORPUS_DIR --out DATA_DIR

CORPUS_DIR holds the JSONL (zstd) files listed in the model card.  DATA_DIR receives tokenizer.json,
train.bin/heldout.bin (uint16 ids), *.w.bin (uint8 loss weight in percent) and index.json (documents by domain).
"""
import argparse
import hashlib
import json
import random
import re
import subprocess
import time
from collections import defaultdict
from pathlib import Path

import numpy as np

from tokenizer import ASSISTANT, BOS, EOS, USER, load_tokenizer, train_tokenizer

try:
    import grammars
except ImportError:
    grammars = None

SEED = 20
HELD = 40  # one document in HELD is held out (by a hash of its text)
WINDOW = 16  # tokens: human-written training text that shares a window with held-out text is left out (see drop_overlaps)

# Weight (percent) of predicting what is not the model's own turn, by source or domain.
OTHER_WEIGHT = {"dialogue_en": 98, "taleqa_en/fairytaleqa": 60, "chat_zh/crosswoz": 98, "chat_zh/zh_qa": 60,
                "chat_zh/chatterbot_zh": 60, "smalltalk_en": 40, "chat_zh": 40, "translation": 35, "tasks": 35,
                "taleqa_en": 30, "taleqa_zh": 30, "arithmetic": 30, "story_en": 30, "story_zh": 30}
MARK_WEIGHT = 30  # of the turn marks
# Most training tokens of sources of which there is far more than a short run goes through.
MOST_TOKENS = {"dialogue_en/self_dialogue": 1.6e6, "dialogue_en/topical_chat": 0.9e6, "dialogue_en/sgd": 0.7e6,
               "dialogue_en/gsm8k": 0.45e6}


def rows(path):
    out = subprocess.run(["zstd", "-dc", str(path)], capture_output=True, check=True).stdout
    return [json.loads(l) for l in out.decode("utf-8").split("\n") if l.strip()]


def clean(s):
    s = s.replace("\u00a0", " ").replace("\u2019", "'").replace("\u2018", "'")
    s = s.replace("\u201c", '"').replace("\u201d", '"').replace("\u2014", " - ").replace("\u2026", "...")
    s = re.sub(r"[ \t]+", " ", s)
    return re.sub(r"\n{2,}", "\n\n", s).strip()


def unwrap(s):
    """Join lines that were wrapped at a column."""
    return "\n\n".join(re.sub(r"\s*\n\s*", " ", p) for p in re.split(r"\n\s*\n", s))


# Tales from books are asked for as "long" ones, so that the short coherent tales of the grammar answer the plain request.
STORY_ASK = ["Tell me a long story about {}.", "Write a long story about {}.", "Tell me a longer story about {}, please.",
             "Please write a longer story about {}."]
STORY_ASK_ANY = ["Tell me a long story.", "Write a long story.", "Tell me a longer story, please.", "I want to hear a long story."]
ANIMALS = """cat dog bird rabbit bear mouse lion fox frog fish duck pig cow horse sheep elephant monkey tiger turtle
bee butterfly owl wolf squirrel snake goat hen chicken ant spider dragon whale dolphin penguin puppy kitten bunny
princess king queen fairy giant witch pirate robot monster clown farmer doctor baker fisherman teacher boat car train
truck tree flower star moon sun rainbow ball doll kite bike cake cookie castle garden forest river beach farm
house hat box book toy balloon apple pumpkin snowman puzzle drum guitar treasure rocket plane bus swing slide tower
cave mountain pond lake sea shell rock stone leaf seed nest egg crown ring mirror key lamp bell""".split()


def subject_of(text):
    words = re.findall(r"[a-z]+", text.lower())
    n = defaultdict(int)
    for w in words:
        if w.endswith("s") and w[:-1] in ANIMALS:
            w = w[:-1]
        if w in ANIMALS:
            n[w] += 1
    if not n:
        return None
    best = max(n, key=lambda w: n[w])
    return best if n[best] >= 2 else None


def article(n):
    return ("an " if n[0] in "aeiou" else "a ") + n


def story_messages(rng, text, subject=None):
    s = subject or subject_of(text)
    if s and rng.random() < 0.85:
        a = rng.choice(["the " + s, article(s), article(s), article(s)]) if not subject else subject
        q = rng.choice(STORY_ASK).format(a)
    else:
        q = rng.choice(STORY_ASK_ANY)
    return [{"role": "user", "content": q}, {"role": "assistant", "content": text}]


def corpus_documents(root, rng):
    """Yield (domain, source, messages or text, weight of the other side's turns in the held-out split)."""
    root = Path(root)
    for r in rows(root / "stories/tinystories_head.jsonl.zst"):
        t = clean(r["text"])
        if len(t) > 80:
            yield "story_en", "tinystories", story_messages(rng, t), 0.1
    for r in rows(root / "stories/storybooks_asp_pratham_en.jsonl.zst"):
        t = clean(r["text"])
        if 150 < len(t) < 3500:
            yield "story_en", "storybooks", story_messages(rng, t), 0.1
    for r in rows(root / "stories/aesop_for_children_pd.jsonl.zst"):
        title = r["title"][0].lower() + r["title"][1:]
        yield "story_en", "aesop", story_messages(rng, clean(unwrap(r["text"])), title), 0.1
    for name, f in (("fairytales", "fairytaleqa_stories"), ("books", "pd_books")):
        for r in rows(root / f"stories/{f}.jsonl.zst"):
            paras = clean(unwrap(r["text"])).split("\n\n")
            cur = ""
            for p in paras:  # pieces of about 2,000-6,000 characters
                cur += ("\n\n" if cur else "") + p
                if len(cur) > 5000:
                    yield "books_en", name, cur, 1.0
                    cur = ""
            if len(cur) > 400:
                yield "books_en", name, cur, 1.0
    seen = set()
    for r in rows(root / "chat/personality_chat_en.jsonl.zst"):
        m = [{**t, "content": clean(t["content"])} for t in r["messages"]]
        key = tuple(t["content"].lower() for t in m)
        if r["persona"] == "friendly" and key not in seen:
            seen.add(key)
            yield "smalltalk_en", "personality", m, 0.1
    for name, f, dom in (("self_dialogue", "self_dialogue_en", "dialogue_en"),
                         ("topical_chat", "topical_chat_en", "dialogue_en"), ("sgd", "sgd_en", "dialogue_en"),
                         ("chatterbot_zh", "zh/chatterbot_zh", "chat_zh"), ("crosswoz", "zh/crosswoz_zh", "chat_zh"),
                         ("zh_qa", "zh/zh_qa_small", "chat_zh")):
        f = f if "/" in f else "chat/" + f
        for r in rows(root / f"{f}.jsonl.zst"):
            m = [{**t, "content": clean(t["content"])} for t in r["messages"]]
            if any(not t["content"] for t in m):
                continue
            yield dom, name, m, 0.5
    for r in rows(root / "instruct/fairytaleqa_qa.jsonl.zst"):
        q, ans = (t["content"] for t in r["messages"])
        yield "taleqa_en", "fairytaleqa", [
            {"role": "user", "content": clean(unwrap(q))}, {"role": "assistant", "content": answer_case(ans)}], 0.3
    for r in rows(root / "instruct/gsm8k_train.jsonl.zst"):
        yield "dialogue_en", "gsm8k", [{**t, "content": clean(t["content"])} for t in r["messages"]], 0.5
    for r in rows(root / "zh/tatoeba_en_zh.jsonl.zst"):
        yield from translation_documents(rng, clean(r["en"]), r["zh"].strip(), "tatoeba")


def answer_case(a):
    a = clean(a)
    a = re.sub(r"\s+([.,!?;:'])", r"\1", a).replace(" n't", "n't")
    a = a[:1].upper() + a[1:]
    return a if a[-1:] in ".!?" else a + "."


EN2ZH = ["Translate to Chinese: {}", "Translate into Chinese: {}", "How do you say \"{}\" in Chinese?",
         "Translate this sentence into Chinese: {}", "What is \"{}\" in Chinese?", "Say it in Chinese: {}",
         "Please translate \"{}\" into Chinese.", "Translate to Chinese: \"{}\"", "English to Chinese: {}",
         "Translate \"{}\" to Chinese.", "How do I say '{}' in Chinese?", "把“{}”翻译成中文", "翻译成中文：{}",
         "请把这句话翻译成中文：{}", "用中文怎么说“{}”？", "“{}”用中文怎么说？", "Translate into Chinese: '{}'",
         "Please translate into Chinese: {}"]
ZH2EN = ["Translate to English: {}", "Translate into English: {}", "How do you say \"{}\" in English?",
         "Translate this sentence into English: {}", "What does \"{}\" mean?", "Say it in English: {}",
         "Please translate \"{}\" into English.", "Translate to English: “{}”", "Chinese to English: {}",
         "What does “{}” mean in English?", "翻译成英文：{}", "翻译成英语：{}", "把“{}”翻译成英文", "把“{}”翻译成英语。",
         "请把这句话翻译成英文：{}", "“{}”用英语怎么说？", "用英语怎么说“{}”？", "请翻译成英语：{}",
         "Please translate into English: {}"]


def translation_documents(rng, en, zh, source):
    """Both directions; a source ending in '#' marks a held-out pair, decided by its English letters."""
    if is_held(re.sub(r"[^a-z]", "", en.lower())):
        source += "#"
    for ask, a, b in ((EN2ZH, en, zh), (ZH2EN, zh, en)):
        if "\"" in a:
            a = a.replace("\"", "'")
        q = rng.choice(ask)
        if rng.random() < 0.15 and a[-1] in ".。":
            a = a[:-1]
        yield "translation", source, [{"role": "user", "content": q.format(a)}, {"role": "assistant", "content": b}], 0.15


def canonical(content):
    if isinstance(content, str):
        return content
    return "\n".join(m["content"] for m in content)


def is_held(text):
    return int(hashlib.md5(text.encode()).hexdigest(), 16) % HELD == 0


def held_out(source, content):
    """All phrasings of a document fall on the same side (sentence pairs: see translation_documents)."""
    text = canonical(content)
    if source.startswith("arith"):
        sums = re.findall(r"\d+ [+-] \d+ = \d+", content[-1]["content"])  # a held-out sum is held out in every phrasing
        text = sums[-1].replace(" ", "") if sums else content[-1]["content"]
    elif source == "fairytaleqa":
        text = content[0]["content"].rsplit("\n\n", 1)[0]
    elif source == "personality":
        text = content[0]["content"].lower()
    elif not isinstance(content, str) and len(content[-1]["content"]) > 200:
        text = content[-1]["content"]
    return is_held(text)


class Encoder:
    def __init__(self, tok):
        self.tok = tok
        self.id = {s: tok.token_to_id(s) for s in (BOS, EOS, USER, ASSISTANT)}

    def encode(self, s):
        return self.tok.encode(s, add_special_tokens=False).ids

    def document(self, content, user_weight):
        """Ids and, for each id, the weight (percent) of predicting it."""
        I = self.id
        if isinstance(content, str):
            ids = [I[BOS]] + self.encode(content)
            return ids, [0] + [100] * (len(ids) - 1)
        ids, w = [I[BOS]], [0]
        u = int(round(100 * user_weight))
        for m in content:
            e = self.encode(m["content"])
            if m["role"] == "system":
                ids += e
                w += [u // 2] * len(e)
            elif m["role"] == "user":
                ids += [I[USER]] + e
                w += [0] + [u] * len(e)
            else:
                ids += [I[ASSISTANT]] + e + [I[EOS]]
                w += [20] + [100] * (len(e) + 1)
        return ids, w


def from_grammar(source):
    return source in ("grammar", "grammar_tr", "mixed") or source.startswith("arith")


def window_keys(ids):
    """A hash of every window of WINDOW tokens."""
    x = np.asarray(ids, np.uint64)
    k = np.zeros(max(0, len(x) - WINDOW + 1), np.uint64)
    with np.errstate(over="ignore"):
        for j in range(WINDOW):
            k = k * np.uint64(0x9E3779B97F4A7C15) + x[j:len(k) + j] + np.uint64(1)
    return k


def drop_overlaps(train, held):
    """Leave out human-written training documents that repeat held-out text.

    The tales stand in two sources (books, and passages of the tale questions): there one shared window is enough.  In
    chat, where set phrases recur, a twentieth of the windows is."""
    known = np.unique(np.concatenate([window_keys(d[2]) for d in held if not from_grammar(d[1])]))
    out = []
    for d in train:
        k = window_keys(d[2])
        if not from_grammar(d[1]) and len(k):
            at = np.minimum(np.searchsorted(known, k), len(known) - 1)
            share = (known[at] == k).mean()
            if share > (0 if d[0] == "books_en" or d[1] == "fairytaleqa" else 0.05):
                continue
        out.append(d)
    return out


def limit(train, rng):
    """Documents in random order, as many of each source as MOST_TOKENS allows."""
    rng.shuffle(train)
    have, out = defaultdict(int), []
    for d in train:
        s = d[0] + "/" + d[1]
        if have[s] < MOST_TOKENS.get(s, float("inf")):
            have[s] += len(d[2])
            out.append(d)
    return out


def training_weights(enc, doc):
    """The held-out split keeps the plain weights, which tell the model's turns (100) from the rest."""
    dom, src, ids, w = doc
    other = OTHER_WEIGHT.get(dom + "/" + src, OTHER_WEIGHT.get(dom, 100))
    marks = (enc.id[USER], enc.id[ASSISTANT])
    return dom, src, ids, [MARK_WEIGHT if i in marks else other if 0 < v < 100 else v for i, v in zip(ids, w)]


def write_split(out, name, docs):
    ids = np.concatenate([np.asarray(d[2], np.uint16) for d in docs])
    w = np.concatenate([np.asarray(d[3], np.uint8) for d in docs])
    ids.tofile(out / f"{name}.bin")
    w.tofile(out / f"{name}.w.bin")
    index, pos = defaultdict(list), 0
    for dom, src, i, _ in docs:
        index[dom + "/" + src].append((pos, len(i)))
        pos += len(i)
    (out / f"{name}.index.json").write_text(json.dumps(index))
    print(name, "tokens", len(ids), {k: (len(v), sum(n for _, n in v)) for k, v in sorted(index.items())})


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--corpus", required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("--vocab", type=int, default=8000)
    ap.add_argument("--tokenizer", help="use this tokenizer.json in place of training one")
    ap.add_argument("--no-grammars", action="store_true")
    a = ap.parse_args()
    out = Path(a.out)
    out.mkdir(parents=True, exist_ok=True)
    rng = random.Random(SEED)
    t0 = time.time()
    docs = list(corpus_documents(a.corpus, rng))
    if grammars and not a.no_grammars:
        docs += list(grammars.documents(random.Random(SEED + 1), translation_documents, held_out))
    print(f"{len(docs)} documents, {time.time() - t0:.0f} s", flush=True)
    if a.tokenizer:
        (out / "tokenizer.json").write_bytes(Path(a.tokenizer).read_bytes())
    else:
        train_tokenizer(docs, a.vocab, out / "tokenizer.json", random.Random(SEED + 2))
        print(f"tokenizer trained, {time.time() - t0:.0f} s", flush=True)
    enc = Encoder(load_tokenizer(out / "tokenizer.json"))
    split = {"train": [], "heldout": []}
    seen = set()
    for dom, src, content, uw in docs:
        key = hash(repr(content))
        if key in seen:
            continue
        seen.add(key)
        i, w = enc.document(content, uw)
        held = src.endswith("#") or (dom != "translation" and held_out(src, content))
        split["heldout" if held else "train"].append((dom, src.rstrip("#"), i, w))
    random.Random(SEED).shuffle(split["heldout"])
    train = limit(drop_overlaps(split["train"], split["heldout"]), random.Random(SEED))
    write_split(out, "train", [training_weights(enc, d) for d in train])
    write_split(out, "heldout", split["heldout"])
    print(f"done, {time.time() - t0:.0f} s")


if __name__ == "__main__":
    main()
