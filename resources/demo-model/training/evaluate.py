"""Measure an exported folder and write its model card.

  python evaluate.py --model FOLDER --data DATA_DIR --run RUN_DIR --out WORK_DIR [--card README.md]

Figures go to WORK_DIR/eval.json (parts already there are kept: delete the file to measure again), pictures to
FOLDER, and the card is card.md with the figures filled in.
"""
import argparse
import json
import os
import random
import re
import time
from collections import Counter, defaultdict
from pathlib import Path

os.environ.setdefault("DEMO_COMPILE", "0")
import numpy as np
import torch

import model as M
from mixture import MEASURED, STAGES
from ngram import KneserNey
from prompts import ACCEPTANCE, DIALOGUES, STORY_SUBJECTS, TURN_PROMPTS
from tokenizer import ASSISTANT, BOS, EOS, USER, load_tokenizer

DOMAINS = {"small talk (en)": ["smalltalk_en/"], "stories (en)": ["story_en/"], "stories (zh)": ["story_zh/"],
           "tale questions (en)": ["taleqa_en/"], "tale questions (zh)": ["taleqa_zh/"],
           "arithmetic": ["arithmetic/"], "translation": ["translation/"], "Chinese chat": ["chat_zh/"],
           "dialogue (en)": ["dialogue_en/"], "tasks": ["tasks/"], "books": ["books_en/"]}


def sources(index, domain):
    return [s for s in index if any(s.startswith(p) for p in DOMAINS[domain])]


def pick(index, domain, most, seed=3):
    """Held-out documents of a domain, at most `most` tokens, the same every time."""
    docs = [d for s in sorted(sources(index, domain)) for d in index[s]]
    random.Random(seed).shuffle(docs)
    out, n = [], 0
    for o, k in docs:
        if n >= most:
            break
        out.append((o, min(k, 2048)))
        n += min(k, 2048)
    return out


@torch.no_grad()
def run_docs(model, ids, w, docs):
    """Per document: nll of tokens 1.., and the experts of every token in every MoE layer."""
    order = sorted(range(len(docs)), key=lambda i: docs[i][1])
    nlls, experts = [None] * len(docs), [None] * len(docs)
    b = 0
    while b < len(order):
        e = b
        while e < len(order) and (e - b + 1) * docs[order[e]][1] <= 4096 and e - b < 64:
            e += 1
        e = max(e, b + 1)
        part = order[b:e]
        L = docs[part[-1]][1]
        x = torch.full((len(part), L), 1, dtype=torch.long)
        for r, i in enumerate(part):
            o, n = docs[i]
            x[r, :n] = torch.from_numpy(ids[o:o + n].astype(np.int64))
        h = model.hidden(x)
        idx = [l.last_idx.view(len(part), L, -1) for l in model.layers if l.moe]
        h = h.view(len(part), L, -1)
        for r, i in enumerate(part):
            n = docs[i][1]
            z = torch.nn.functional.linear(h[r, :n - 1], model.head).float()
            nlls[i] = torch.nn.functional.cross_entropy(z, x[r, 1:n], reduction="none").numpy()
            experts[i] = [v[r, :n].clone() for v in idx]
        b = e
    return nlls, experts


def perplexity(model, held):
    res = {}
    for d in DOMAINS:
        docs = pick(held.index, d, 25000)
        nll, _ = run_docs(model, held.ids, held.w, docs)
        res[d] = summary(held, docs, nll)
        print(d, {k: round(v, 2) for k, v in res[d].items()}, flush=True)
    return res


def summary(held, docs, nll):
    answer = np.concatenate([held.w[o + 1:o + n] >= 99 for o, n in docs])
    nll = np.concatenate(nll)
    return {"documents": len(docs), "tokens": len(nll), "ppl": float(np.exp(nll.mean())),
            "answer_ppl": float(np.exp(nll[answer].mean()))}


def baseline(held, lm):
    res = {}
    for d in DOMAINS:
        docs = pick(held.index, d, 25000)
        res[d] = summary(held, docs, lm.nll([np.asarray(held.ids[o:o + n]).astype(np.int64) for o, n in docs]))
    return res


def shown_text(ids, run):
    """Stretches (offset, length) of the training text that stood in a batch of the run, cut where documents begin."""
    shown = np.zeros(len(ids), bool)
    for f in run.glob("shown-*.npy"):
        shown |= np.unpackbits(np.load(f), count=len(ids)).astype(bool)
    before = np.concatenate(([False], shown[:-1]))
    begin = np.nonzero(shown & (~before | (np.asarray(ids) == 0)))[0]  # 0 begins every document
    ends = np.nonzero(shown)[0]
    last = ends[np.searchsorted(ends, np.append(begin[1:], len(ids))) - 1]
    return [(int(b), int(e - b + 1)) for b, e in zip(begin, last)]


def shares(experts, E):
    """[layers, E] share of the selections."""
    n = len(experts[0])
    c = np.zeros((n, E))
    for doc in experts:
        for l in range(n):
            c[l] += np.bincount(doc[l].reshape(-1).numpy(), minlength=E)
    return c / c.sum(1, keepdims=True)


@torch.no_grad()
def routing(model, held, cfg, bias_of_mtp=True):
    E = cfg["n_routed_experts"]
    held.set_mixture(STAGES[MEASURED], 99)
    loads = None
    for layer in model.moe_layers():
        layer.load.zero_()
    tokens = 0
    for _ in range(16):
        x, w = held.batch()
        L = x.shape[1] - 2
        g = model.hidden(x[:, :L]).view(x.shape[0], L, -1)
        model.mtp_hidden(g, x[:, 1:L + 1])
        tokens += x.shape[0] * L
    loads = np.stack([l.load.numpy() / l.load.sum().item() for l in model.moe_layers()])
    res = {"mixture_tokens": tokens, "maxvio": [float(v) for v in loads.max(1) * E - 1],
           "least": [float(v) for v in loads.min(1) * E]}
    per = {}
    counts = []  # per document, per layer
    labels = []
    for d in DOMAINS:
        docs = pick(held.index, d, 12000, 5)
        _, ex = run_docs(model, held.ids, held.w, docs)
        per[d] = shares(ex, E)
        for doc in ex:
            counts.append(np.stack([np.bincount(v.reshape(-1).numpy(), minlength=E) for v in doc]))
            labels.append(d)
    counts, labels = np.stack(counts).astype(np.float64), np.array(labels)

    def mi(lab):
        out = []
        for l in range(counts.shape[1]):
            j = np.stack([counts[lab == d, l].sum(0) for d in DOMAINS])
            j = j / j.sum()
            p = j.sum(1, keepdims=True) @ j.sum(0, keepdims=True)
            out.append(float((j[j > 0] * np.log2(j[j > 0] / p[j > 0])).sum()))
        return out
    rng = np.random.default_rng(0)
    res["mutual_information_bits"] = mi(labels)
    res["mutual_information_shuffled_bits"] = np.mean([mi(rng.permutation(labels)) for _ in range(20)], 0).tolist()
    res["shares"] = {d: v.round(5).tolist() for d, v in per.items()}
    return res


class Generator:
    """Batched sampling with transformers on the exported folder."""

    def __init__(self, folder):
        from transformers import AutoModelForCausalLM
        import transformers
        transformers.logging.set_verbosity_error()
        self.tok = load_tokenizer(Path(folder) / "tokenizer.json")
        self.m = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
        self.gen = json.loads((Path(folder) / "generation_config.json").read_text())

    def prompt(self, messages):
        s = BOS
        for m in messages:
            if m["role"] == "system":
                s += m["content"]
            elif m["role"] == "user":
                s += USER + m["content"]
            else:
                s += ASSISTANT + m["content"] + EOS
        return self.tok.encode(s + ASSISTANT, add_special_tokens=False).ids

    @torch.no_grad()
    def __call__(self, dialogues, max_new=400, greedy=False, batch=32, seed=0, **kw):
        torch.manual_seed(seed)
        out = [None] * len(dialogues)
        ids = [self.prompt(d) for d in dialogues]
        order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
        for b in range(0, len(order), batch):
            part = order[b:b + batch]
            n = max(len(ids[i]) for i in part)
            x = torch.tensor([[2] * (n - len(ids[i])) + ids[i] for i in part])
            a = torch.tensor([[0] * (n - len(ids[i])) + [1] * len(ids[i]) for i in part])
            opt = dict(do_sample=False, temperature=None, top_p=None) if greedy else dict(
                do_sample=True, temperature=self.gen["temperature"], top_p=self.gen["top_p"], top_k=0)
            opt.update(kw)
            y = self.m.generate(x, attention_mask=a, max_new_tokens=max_new, pad_token_id=2, eos_token_id=1, **opt)
            for r, i in enumerate(part):
                t = y[r, n:].tolist()
                ended = 1 in t
                t = t[:t.index(1)] if ended else [v for v in t if v != 2]
                out[i] = (self.tok.decode(t, skip_special_tokens=True), ended, t)
        return out


def repetition(t, n=4):
    g = [tuple(t[i:i + n]) for i in range(len(t) - n + 1)]
    return 1 - len(set(g)) / len(g) if g else 0.0


def looping(t):
    """Does the text end in one block of tokens repeated three times?"""
    return any(len(t) >= 3 * k and t[-k:] == t[-2 * k:-k] == t[-3 * k:-2 * k] for k in range(1, 40))


def accuracy(gen, held, tok, count=200):
    """Greedy answers to held-out sums and held-out sentence pairs."""
    res = {}
    sep = re.compile(re.escape(USER) + "|" + re.escape(ASSISTANT))
    for name, srcs in (("sums_en", ["arithmetic/arith_en"]), ("sums_zh", ["arithmetic/arith_zh"]),
                       ("translation_patterns", ["translation/grammar_tr"]), ("translation_tatoeba", ["translation/tatoeba"]),
                       ("tale_questions_en", ["taleqa_en/grammar"]), ("tale_questions_zh", ["taleqa_zh/grammar"])):
        docs = [d for s in srcs for d in held.index.get(s, [])]
        random.Random(11).shuffle(docs)
        ask, want = [], []
        for o, n in docs[:count]:
            s = tok.decode(held.ids[o:o + n].tolist(), skip_special_tokens=False)
            q, a = sep.split(s.replace(BOS, "").replace(EOS, ""))[1:3]
            ask.append([{"role": "user", "content": q}])
            want.append(a)
        got = [g[0] for g in gen(ask, 80, greedy=True)]
        norm = lambda s: re.sub(r"[\W_]+", "", s.lower())
        res[name] = sum(norm(a) == norm(b) for a, b in zip(got, want)) / len(want)
        res[name + "_examples"] = [[q[0]["content"], b, a] for q, a, b in list(zip(ask, want, got))[:6]]
        print(name, round(res[name], 3), flush=True)
    return res


def pictures(folder, run, res):
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    log = list({r["step"]: r for r in map(json.loads, open(run / "log.jsonl"))}.values())  # a step done twice counts once
    log = sorted((r for r in log if "answer" in r), key=lambda r: r["step"])  # a run's last record has only its size
    fig, ax = plt.subplots(figsize=(6.4, 3.2))
    x = [r["tokens"] / 1e6 for r in log]
    y = [r["answer"] for r in log]
    ax.plot(x, y, lw=0.6, color="#9bb8d3", label="training, answer tokens (10 steps)")
    k = 15
    if len(y) > k:
        ax.plot(x[k // 2:len(y) - k // 2], np.convolve(y, np.ones(k) / k, "valid"), color="#1f5a96", label="the same, running mean")
    h = [(r["tokens"] / 1e6, r["held"]) for r in log if "held" in r]
    ax.plot(*zip(*h), "o-", ms=2.5, lw=0.8, color="#c4501b", label="held out")
    ax.set_ylim(0, min(7, max(y)))
    ax.set_xlabel("training tokens, millions")
    ax.set_ylabel("loss, nats per token")
    ax.grid(alpha=0.25)
    ax.legend(frameon=False, fontsize=8)
    fig.tight_layout()
    fig.savefig(folder / "loss.png", dpi=90)
    plt.close(fig)
    names = list(res["routing"]["shares"])
    a = np.stack([np.array(res["routing"]["shares"][d]) for d in names])  # domain, layer, expert
    E = a.shape[2]
    n = a.shape[1]
    fig, axes = plt.subplots(n, 1, figsize=(7.2, 1.45 * n), sharex=True)
    for l in range(n):
        im = axes[l].imshow(a[:, l] * E, aspect="auto", cmap="viridis", vmin=0, vmax=4, interpolation="nearest")
        axes[l].set_yticks(range(len(names)), names, fontsize=5)
        axes[l].set_title(f"layer {l + 1}", fontsize=7, pad=2)
        axes[l].tick_params(length=0, labelsize=5)
    axes[-1].set_xlabel("expert (8 in each of 4 groups)", fontsize=7)
    fig.tight_layout()
    fig.colorbar(im, ax=axes, shrink=0.4, label="share of the tokens / even share").ax.tick_params(labelsize=6)
    fig.savefig(folder / "experts-by-domain.png", dpi=80)
    plt.close(fig)


def card(path, folder, run, res, cfg):
    from card import fill
    path.write_text(fill(folder, run, res, cfg), encoding="utf-8")


def main():
    ap = argparse.ArgumentParser()
    for n in ("model", "data", "run", "out"):
        ap.add_argument("--" + n, required=True)
    ap.add_argument("--card")
    ap.add_argument("--threads", type=int, default=1)
    ap.add_argument("--parts", default="ngram,perplexity,routing,accuracy,stories,dialogues,acceptance,pictures")
    a = ap.parse_args()
    torch.set_num_threads(a.threads)
    from safetensors.torch import load_file

    from train import Data
    folder, run, out = Path(a.model), Path(a.run), Path(a.out)
    out.mkdir(parents=True, exist_ok=True)
    cfg = M.read_config(folder / "config.json")
    path = out / "eval.json"
    res = json.loads(path.read_text()) if path.exists() else {}
    held = Data(a.data, "heldout")
    model = None
    gen = None

    def get_model():
        nonlocal model
        if model is None:
            model = M.load_export(cfg, load_file(folder / "model.safetensors")).eval()
        return model

    def get_gen():
        nonlocal gen
        gen = gen or Generator(folder)
        return gen

    def save():
        path.write_text(json.dumps(res, ensure_ascii=False, indent=1))
    t0 = time.time()
    parts = a.parts.split(",")
    if "ngram" in parts and "ngram" not in res:
        data = Data(a.data, "train")
        split = [tuple(d) for v in data.index.values() for d in v]
        for name, docs in (("ngram", split), ("ngram_shown", shown_text(data.ids, run))):
            res[name + "_tokens"] = int(sum(n for _, n in docs))
            lm = KneserNey([np.asarray(data.ids[o:o + n]).astype(np.int64) for o, n in sorted(docs)], cfg["vocab_size"])
            res[name] = baseline(held, lm)
            del lm
            save()
            print(f"5-gram on {res[name + '_tokens']} tokens, {time.time() - t0:.0f} s",
                  {k: (round(v["ppl"], 2), round(v["answer_ppl"], 2)) for k, v in res[name].items()}, flush=True)
    if "perplexity" in parts and "perplexity" not in res:
        res["perplexity"] = perplexity(get_model(), held)
        save()
    if "routing" in parts and "routing" not in res:
        res["routing"] = routing(get_model(), held, cfg)
        save()
        print("MaxVio", [round(v, 3) for v in res["routing"]["maxvio"]], "least", [round(v, 3) for v in res["routing"]["least"]],
              "MI", [round(v, 3) for v in res["routing"]["mutual_information_bits"]], flush=True)
    if "accuracy" in parts and "accuracy" not in res:
        res["accuracy"] = accuracy(get_gen(), held, get_gen().tok)
        save()
    if "stories" in parts and "stories" not in res:
        r = random.Random(4)
        asks = [[{"role": "user", "content": f"Tell me a story about {r.choice(STORY_SUBJECTS)}."}] for _ in range(200)]
        o = get_gen()(asks, 500, seed=4)
        turns = get_gen()([[{"role": "user", "content": p}] for p in TURN_PROMPTS], 300, seed=5)
        res["stories"] = {"repetition_4gram": float(np.mean([repetition(t) for _, _, t in o])),
                          "looping": float(np.mean([looping(t) for _, _, t in o])),
                          "ended": float(np.mean([e for _, e, _ in o])), "tokens": float(np.mean([len(t) for _, _, t in o])),
                          "distinct": len({s for s, _, _ in o}),
                          "turn_prompts": len(TURN_PROMPTS), "turns_ended": float(np.mean([e for _, e, _ in turns]))}
        (out / "stories.txt").write_text("\n\n".join(q[0]["content"] + "\n" + s[0] for q, s in zip(asks, o)))
        (out / "turns.txt").write_text("\n".join(f"{q} => {s[0]}" for q, s in zip(TURN_PROMPTS, turns)))
        save()
        print(res["stories"], flush=True)
    if "dialogues" in parts and "dialogues" not in res:
        g = get_gen()
        done = []
        for k, (lang, asks) in enumerate(DIALOGUES):
            msgs = []
            for q in asks:
                msgs.append({"role": "user", "content": q})
                s = g([msgs], 400, seed=100 + k)[0][0]
                msgs.append({"role": "assistant", "content": s})
            done.append([lang, msgs])
        res["dialogues"] = done
        save()
    if "acceptance" in parts and "acceptance" not in res:
        o = get_gen()([[{"role": "user", "content": q}] for q in ACCEPTANCE], 400, seed=40)
        res["acceptance"] = [[q, s[0]] for q, s in zip(ACCEPTANCE, o)]
        save()
    if "pictures" in parts:
        pictures(folder, run, res)
    if a.card:
        card(Path(a.card), folder, run, res, cfg)
    print(f"done, {time.time() - t0:.0f} s")


if __name__ == "__main__":
    main()
