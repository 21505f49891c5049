"""Train the demo model and export it as a Hugging Face folder.

  python train.py --data DATA_DIR --out RUN_DIR --minutes 80      (again with the same --out to go on)
  python train.py --data DATA_DIR --out NEW_DIR --start OLD_DIR/checkpoint.pt --until 2030-01-01T05:25 --ranks 2

With --ranks, every rank is a process of one thread with its own rows; gradients are averaged.  One progress line per ten steps: loss, held-out loss, expert load, tokens per second.
"""
import argparse
import json
import math
import os
import random
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from datetime import datetime, timezone
from pathlib import Path

# big tensors from the heap in huge pages: a third of the time went to page faults without this
if os.environ.get("DEMO_MALLOC") != "1":
    os.environ.update(DEMO_MALLOC="1", MALLOC_MMAP_THRESHOLD_="4294967296", MALLOC_TRIM_THRESHOLD_="8589934592",
                      GLIBC_TUNABLES="glibc.malloc.hugetlb=1", OMP_NUM_THREADS=os.environ.get("OMP_NUM_THREADS", "1"))
    os.execv(sys.executable, [sys.executable] + sys.argv)

import numpy as np
import torch

import model as M
from mixture import STAGES

SHAPES = {"S": (32, 256), "M": (16, 512), "L": (4, 2048)}  # rows x tokens: 8,192 tokens in every step
SHAPE_SHARE = {"S": 0.3, "M": 0.62, "L": 0.08}
FITS = {"S": 250, "M": 506, "L": 2046}


def make_config(a):
    return {
        "architectures": ["DeepseekV3ForCausalLM"], "model_type": "deepseek_v3",
        "vocab_size": a.vocab, "hidden_size": a.hidden, "num_hidden_layers": a.layers,
        "intermediate_size": a.dense, "moe_intermediate_size": a.expert,
        "num_attention_heads": a.heads, "num_key_value_heads": a.heads,
        "q_lora_rank": a.q_rank, "kv_lora_rank": a.kv_rank,
        "qk_nope_head_dim": a.nope, "qk_rope_head_dim": a.rope, "v_head_dim": a.v,
        "n_routed_experts": 32, "n_shared_experts": 1, "num_experts_per_tok": 4, "n_group": 4, "topk_group": 2,
        "first_k_dense_replace": 1, "moe_layer_freq": 1,
        "scoring_func": "sigmoid", "topk_method": "noaux_tc", "norm_topk_prob": True, "routed_scaling_factor": 2.0,
        "num_nextn_predict_layers": 1,
        "hidden_act": "silu", "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "rope_scaling": None,
        "rope_interleave": True, "max_position_embeddings": 2048,
        "attention_bias": False, "attention_dropout": 0.0, "tie_word_embeddings": False, "initializer_range": 0.02,
        "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 2, "use_cache": True, "torch_dtype": "bfloat16",
    }


class Data:
    """Documents packed into rows without padding, drawn by a mixture of sources."""

    def __init__(self, folder, name):
        folder = Path(folder)
        self.ids = np.memmap(folder / f"{name}.bin", np.uint16, "r")
        self.w = np.memmap(folder / f"{name}.w.bin", np.uint8, "r")
        self.shown = np.zeros(len(self.ids), bool)  # tokens that stood in a batch
        self.index = {k: [tuple(x) for x in v] for k, v in json.loads((folder / f"{name}.index.json").read_text()).items()}

    def set_mixture(self, weights, seed, rank=0):
        """weights: source -> share of tokens.  Sources that fit a shape are drawn for it by their share.

        Longer documents stand in shape M as windows.  All ranks take the same shapes, so that none waits for another."""
        self.shapes = random.Random(seed)
        self.rng = random.Random(seed + 500000 * rank)
        self.pool = {}
        for shape, most in FITS.items():
            least = 0 if shape != "L" else 120
            srcs, probs, docs = [], [], []
            for s, share in weights.items():
                d = [x for x in self.index.get(s, []) if least <= x[1] <= most]
                if shape == "M":
                    d += [(o + k, min(most, n - k)) for o, n in self.index.get(s, []) if n > most
                          for k in range(0, n - 64, most)]
                tokens_all = sum(n for _, n in self.index.get(s, [])) or 1
                if not d or share <= 0:
                    continue
                tokens = sum(n for _, n in d)
                srcs.append(s)
                docs.append(d)
                probs.append(share * tokens / tokens_all / (tokens / len(d)))  # documents, not tokens
            self.pool[shape] = [srcs, np.cumsum(probs) / sum(probs), docs, [[] for _ in docs]]

    def draw(self, shape):
        srcs, cum, docs, queue = self.pool[shape]
        s = int(np.searchsorted(cum, self.rng.random()))
        if not queue[s]:
            queue[s] = list(range(len(docs[s])))
            self.rng.shuffle(queue[s])
        return docs[s][queue[s].pop()]

    def batch(self):
        shape = self.shapes.choices(list(SHAPE_SHARE), list(SHAPE_SHARE.values()))[0]
        B, L = SHAPES[shape]
        ids = np.zeros((B, L + 2), np.int64)
        w = np.zeros((B, L + 2), np.float32)
        held = []
        for b in range(B):
            pos = 0
            tries = 0
            while pos < L + 2:
                room = L + 2 - pos
                pick = next((i for i, d in enumerate(held) if d[1] <= room), None)
                if pick is not None:
                    o, n = held.pop(pick)
                else:
                    o, n = self.draw(shape)
                    tries += 1
                    if n > room and tries < 12 and len(held) < 64:
                        held.append((o, n))
                        continue
                    n = min(n, room)
                ids[b, pos:pos + n] = self.ids[o:o + n]
                w[b, pos:pos + n] = self.w[o:o + n]
                self.shown[o:o + n] = True
                pos += n
        return torch.from_numpy(ids), torch.from_numpy(w / 100.0)


class Optimizer:
    """Muon for the matrices inside the layers, Adam for embedding, head, gates and norms; float32 masters."""

    def __init__(self, model, lr, adam_lr, wd):
        self.lr, self.adam_lr, self.wd = lr, adam_lr, wd
        self.muon, self.adam = defaultdict(list), []
        for name, p in model.named_parameters():
            if p.ndim >= 2 and not name.endswith((".gate", "embed", "head")):
                rows, cols = p.shape[-2:]
                if name.endswith(".wgu"):
                    rows //= 2
                self.muon[(rows, cols)].append((name, p))
            else:
                self.adam.append((name, p))
        self.state = {n: {"master": p.detach().float().clone(), "m": torch.zeros(p.shape)}
                      for n, p in model.named_parameters()}
        for n, p in self.adam:
            self.state[n]["v"] = torch.zeros(p.shape)
        self.t = 0

    @staticmethod
    def orthogonal(g):
        x = g.bfloat16()
        flip = x.shape[-2] > x.shape[-1]
        if flip:
            x = x.mT
        x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
        for _ in range(5):
            a = x @ x.mT
            x = 3.4445 * x + (-4.7750 * a + 2.0315 * (a @ a)) @ x
        return (x.mT if flip else x).float()

    @torch.no_grad()
    def step(self, scale):
        self.t += 1
        for (rows, cols), group in self.muon.items():
            ups, lens = [], []
            for n, p in group:
                st = self.state[n]
                if p.grad is None:
                    continue
                g = p.grad.float()
                st["m"].mul_(0.95).add_(g, alpha=0.05)
                u = g.mul_(0.05).add_(st["m"], alpha=0.95).view(-1, rows, cols)
                ups.append(u)
                lens.append((n, p, u.shape[0]))
            if not ups:
                continue
            o = self.orthogonal(torch.cat(ups)) * (0.2 * math.sqrt(max(rows, cols)))
            s = 0
            for n, p, k in lens:
                mst = self.state[n]["master"]
                mst.mul_(1 - self.lr * scale * self.wd)
                mst.sub_(o[s:s + k].reshape(mst.shape), alpha=self.lr * scale)
                p.copy_(mst)
                p.grad = None
                s += k
        b1, b2 = 0.9, 0.97
        c1, c2 = 1 - b1 ** self.t, 1 - b2 ** self.t
        for n, p in self.adam:
            if p.grad is None:
                continue
            st = self.state[n]
            g = p.grad.float()
            st["m"].lerp_(g, 1 - b1)
            st["v"].lerp_(g * g, 1 - b2)
            lr = self.adam_lr * scale * (0.25 if n.endswith(".gate") else 1.0)  # a fast gate outruns the balance rule
            if p.ndim >= 2:
                st["master"].mul_(1 - lr * self.wd * 0.1)
            st["master"].addcdiv_(st["m"] / c1, (st["v"] / c2).sqrt_().add_(1e-10), value=-lr)
            p.copy_(st["master"])
            p.grad = None


def sample_targets(w, chunk):
    """A token of weight p counts with probability p: the same gradient on average, and no logits for the rest."""
    keep = torch.nonzero(torch.rand(w.shape) < w).squeeze(1)
    n = max(chunk, keep.numel() // chunk * chunk)
    return keep[torch.randperm(keep.numel())[:n]].sort().values if keep.numel() >= n else None


def losses(model, ids, w, mtp_share, mtp_weight, chunk=1024):
    B, L = ids.shape[0], ids.shape[1] - 2
    x = model.hidden(ids[:, :L])
    wt = w[:, 1:L + 1].reshape(-1)
    t = ids[:, 1:L + 1].reshape(-1)
    keep = sample_targets(wt, chunk) if torch.is_grad_enabled() else None
    if keep is not None:
        full = wt[keep] >= 0.99
        loss, nll = M.ChunkedCE.apply(x[keep], model.head, t[keep], torch.full(keep.shape, 1 / keep.numel()), chunk)
    else:
        full = wt >= 0.99
        loss, nll = M.ChunkedCE.apply(x, model.head, t, wt / wt.sum(), chunk)
    out = {"loss": loss.item(), "answer": nll[full].mean().item()}
    if mtp_share:
        b = max(1, int(B * mtp_share))
        g = x.view(B, L, -1)[:b]
        z = model.mtp_hidden(g, ids[:b, 1:L + 1])
        w2 = w[:b, 2:L + 2].reshape(-1)
        t2 = ids[:b, 2:L + 2].reshape(-1)
        keep = sample_targets(w2, chunk)
        if keep is None:
            l2, _ = M.ChunkedCE.apply(z, model.head, t2, w2 / w2.sum().clamp(min=1), chunk)
        else:
            l2, _ = M.ChunkedCE.apply(z[keep], model.head, t2[keep], torch.full(keep.shape, 1 / keep.numel()), chunk)
        loss = loss + mtp_weight * l2
        out["mtp"] = l2.item()
    return loss, out


@torch.no_grad()
def average(model, value, ranks):
    """Mean of gradients over the ranks, sum of expert loads, and rank 0's value: one exchange."""
    if ranks == 1:
        return value
    grads = [p.grad for p in model.parameters() if p.grad is not None]
    loads = [layer.load for layer in model.moe_layers()]
    flat = torch.cat([g.float().reshape(-1) for g in grads] + loads + [torch.tensor([value])])
    torch.distributed.all_reduce(flat)
    at = 0
    for g in grads:
        g.copy_(flat[at:at + g.numel()].view_as(g) / ranks)
        at += g.numel()
    for load in loads:
        load.copy_(flat[at:at + load.numel()])
        at += load.numel()
    return flat[at].item()


@torch.no_grad()
def update_bias(model, speed):
    """The auxiliary-loss-free rule: up for underloaded experts, down for overloaded ones."""
    vio, low = [], []
    for layer in model.moe_layers():
        load = layer.load
        if load.sum() == 0:
            continue
        mean = load.mean()
        vio.append((load.max() / mean - 1).item())
        low.append((load.min() / mean).item())
        layer.bias += speed * torch.sign(mean - load)
        layer.load.zero_()
    return vio, low


def export(model, cfg, folder, tokenizer):
    """Write the folder beside its place and rename: a reader never sees half of it."""
    from safetensors.torch import save_file

    from hf_files import write_side_files
    folder = Path(folder)
    tmp = folder.with_name(folder.name + ".tmp")
    shutil.rmtree(tmp, ignore_errors=True)
    tmp.mkdir(parents=True)
    save_file(M.export_tensors(model), tmp / "model.safetensors", metadata={"format": "pt"})
    (tmp / "config.json").write_text(json.dumps(cfg, indent=2) + "\n")
    write_side_files(tmp, tokenizer)
    old = folder.with_name(folder.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    tmp.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def meet_ranks(ranks, rank, out):
    """Rank 0 starts the others; they meet over a file in the run's folder."""
    meet = out / "meeting"
    if rank == 0:
        meet.unlink(missing_ok=True)
        for r in range(1, ranks):
            subprocess.Popen([sys.executable] + sys.argv, env={**os.environ, "DEMO_RANK": str(r)})
    torch.distributed.init_process_group("gloo", init_method=f"file://{meet.resolve()}", rank=rank, world_size=ranks)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--data", required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("--minutes", type=float, default=80, help="training time; the schedule follows the clock")
    ap.add_argument("--until", default="", help="UTC time (2030-01-01T05:25) at which the rate has reached its end, in place of --minutes")
    ap.add_argument("--start", default="", help="checkpoint of another run to begin with (its log is continued)")
    ap.add_argument("--ranks", type=int, default=1, help="processes that share the work")
    ap.add_argument("--warmup", type=int, default=60)
    ap.add_argument("--floor", type=float, default=0.02, help="rate at the end, as a share of the highest")
    ap.add_argument("--stages", default="", help="'stage:share_of_time,...'; stages are named in mixture.py")
    ap.add_argument("--lr", type=float, default=6e-3)
    ap.add_argument("--adam-lr", type=float, default=4e-3)
    ap.add_argument("--wd", type=float, default=0.05)
    ap.add_argument("--decay", type=float, default=0.35, help="share of the time in which the rate falls")
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--threads", type=int, default=1)
    ap.add_argument("--save-minutes", type=float, default=5)
    ap.add_argument("--mtp-share", type=float, default=0.25, help="share of the rows the MTP loss is taken on, every second step")
    for n, v in (("vocab", 8000), ("hidden", 192), ("layers", 6), ("dense", 512), ("expert", 40), ("heads", 8),
                 ("q-rank", 96), ("kv-rank", 48), ("nope", 32), ("rope", 16), ("v", 32)):
        ap.add_argument("--" + n, type=int, default=v)
    a = ap.parse_args()
    torch.set_num_threads(a.threads)
    torch._dynamo.config.cache_size_limit = 64
    out = Path(a.out)
    out.mkdir(parents=True, exist_ok=True)
    rank = int(os.environ.get("DEMO_RANK", "0"))
    if a.ranks > 1:
        meet_ranks(a.ranks, rank, out)
    cfg = make_config(a)
    torch.manual_seed(a.seed)
    model = M.Model(cfg)
    opt = Optimizer(model, a.lr, a.adam_lr, a.wd)
    data, held = Data(a.data, "train"), Data(a.data, "heldout")
    stages = [(s.split(":")[0], float(s.split(":")[1])) for s in a.stages.split(",")] if a.stages else [("final", 1.0)]
    step, tokens, spent = 0, 0, 0.0
    ck = out / "checkpoint.pt"
    first, past = 0, 0.0  # step and training seconds at which this schedule began
    if ck.exists() or a.start:
        c = torch.load(ck if ck.exists() else a.start, weights_only=False)
        model.load_state_dict(c["model"])
        opt.state, opt.t = c["opt"], c["t"]
        step, tokens, spent = c["step"], c["tokens"], c["spent"]
        first, past = (c.get("first", 0), c.get("past", 0.0)) if ck.exists() else (step, spent)
        if not ck.exists() and rank == 0:
            for f in Path(a.start).parent.glob("shown-*.npy"):
                shutil.copy(f, out / f"shown-before-{f.name[6:]}")
            shutil.copy(Path(a.start).parent / "log.jsonl", out / "log.jsonl")
        print(f"going on from step {step}", flush=True)
    wall = datetime.fromisoformat(a.until).replace(tzinfo=timezone.utc).timestamp() if a.until else 0
    if wall:  # the clock runs on while the run is down: the first start fixes the beginning
        mark = out / "begun"
        if rank == 0 and not mark.exists():
            mark.write_text(str(time.time()))
        if a.ranks > 1:
            torch.distributed.barrier()
        begun = float(mark.read_text())
    n = sum(p.numel() for p in model.parameters())
    print(f"{n / 1e6:.2f} M parameters, {(n + 2 * model.embed.numel()) * 2 / 2**20:.2f} MiB in the file", flush=True)
    held.set_mixture({k: v for k, v in STAGES[stages[-1][0]].items()}, 7)
    probe = []
    for shape in SHAPES:
        while True:
            b = held.batch()
            if b[0].shape[0] == SHAPES[shape][0]:
                probe.append(b)
                break
    shown = out / f"shown-{rank}.npy"  # for the 5-gram baseline on the same text
    if shown.exists():
        data.shown = np.unpackbits(np.load(shown), count=len(data.ids)).astype(bool)
    log = open(out / "log.jsonl" if rank == 0 else os.devnull, "a")
    stage = None
    torch.manual_seed(a.seed * 7919 + 101 * step + rank)
    begin = last = saved = time.time()
    total = a.minutes * 60
    acc = defaultdict(list)

    def progress():
        if wall:
            return (time.time() - begun) / (wall - begun)
        return (spent + time.time() - begin - past) / (total - past)
    frac = average(model, progress() if rank == 0 else 0.0, a.ranks)
    while frac < 1:
        want = next(s for s, end in stages if frac < end or s == stages[-1][0])
        if want != stage:
            stage = want
            data.set_mixture(STAGES[stage], a.seed * 1000 + step, rank)
            print(f"step {step}: mixture '{stage}'", flush=True)
        ids, w = data.batch()
        loss, o = losses(model, ids, w, a.mtp_share if step % 2 == 0 else 0, 0.3)
        loss.backward()
        frac = average(model, progress() if rank == 0 else 0.0, a.ranks)
        scale = min(1.0, (step - first + 1) / a.warmup)
        if frac > 1 - a.decay:
            scale *= a.floor + (1 - a.floor) * max(0.0, 1 - frac) / a.decay
        opt.step(scale)
        vio, low = update_bias(model, 4e-3 if frac < 0.75 else 1e-3)
        step += 1
        tokens += a.ranks * ids.shape[0] * (ids.shape[1] - 2)
        for k, v in o.items():
            acc[k].append(v)
        acc["maxvio"].append(max(vio))
        acc["min"].append(min(low))
        if step % 10 == 0:
            r = {k: round(sum(v) / len(v), 4) for k, v in acc.items()}
            acc.clear()
            t = time.time()
            r.update(step=step, tokens=tokens, minutes=round((spent + t - begin) / 60, 2), lr=round(a.lr * scale, 6),
                     tok_s=round(a.ranks * 8192 * 10 / (t - last)), stage=stage)
            if step % 200 == 0 and rank == 0:
                with torch.no_grad():
                    v = [losses(model, i, ww, 0, 0)[1]["answer"] for i, ww in probe]
                for layer in model.moe_layers():
                    layer.load.zero_()
                r["held"] = round(sum(v) / len(v), 4)
                r["held_by_shape"] = [round(x, 3) for x in v]
            last = time.time()
            log.write(json.dumps(r) + "\n")
            log.flush()
            if rank == 0:
                print(" ".join(f"{k} {v}" for k, v in r.items()), flush=True)
        if step % 100 == 0:
            np.save(shown, np.packbits(data.shown))
        if rank == 0 and time.time() - saved > a.save_minutes * 60:
            saved = time.time()
            save(ck, model, opt, step, tokens, spent + time.time() - begin, first, past)
            export(model, cfg, out / "export", Path(a.data) / "tokenizer.json")
    np.save(shown, np.packbits(data.shown))
    if rank:
        return
    log.write(json.dumps(dict(step=step, tokens=tokens, minutes=round((spent + time.time() - begin) / 60, 2), stage=stage)) + "\n")
    save(ck, model, opt, step, tokens, spent + time.time() - begin, first, past)
    export(model, cfg, out / "export", Path(a.data) / "tokenizer.json")
    print(f"done: {step} steps, {tokens / 1e6:.2f} M tokens, exported to {out / 'export'}", flush=True)


def save(path, model, opt, step, tokens, spent, first, past):
    tmp = path.with_suffix(".tmp")
    torch.save({"model": model.state_dict(), "opt": opt.state, "t": opt.t, "step": step, "tokens": tokens,
                "spent": spent, "first": first, "past": past}, tmp)
    os.replace(tmp, path)


if __name__ == "__main__":
    main()
