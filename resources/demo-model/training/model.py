"""A small DeepSeek-V3 model written for fast training on one CPU core.

The arithmetic is that of transformers' DeepseekV3ForCausalLM (see check_export in
train.py): MLA with a query and a key/value latent, decoupled interleaved RoPE,
sigmoid routing with a selection bias and group-limited top-k, one shared expert,
and one multi-token-prediction (MTP) module.  What differs is only the schedule:
experts run on tokens sorted by expert, the loss never holds all logits, and
attention is two batched matrix products that torch.compile fuses around.
"""
import json
import math
import os

import torch
import torch.nn as nn
import torch.nn.functional as F

COMPILE = os.environ.get("DEMO_COMPILE", "1") == "1"


def maybe_compile(fn):
    return torch.compile(fn, dynamic=False) if COMPILE else fn


def rms_norm(x, weight, eps=1e-6):
    x32 = x.float()
    x32 = x32 * torch.rsqrt(x32.pow(2).mean(-1, keepdim=True) + eps)
    return (x32 * weight.float()).to(weight.dtype)


def rope_tables(length, dim, theta):
    inv = theta ** (-torch.arange(0, dim, 2, dtype=torch.float64) / dim)
    angle = torch.arange(length, dtype=torch.float64)[:, None] * inv[None]
    return angle.cos().float(), angle.sin().float()


def rotate(x, cos, sin):
    """Interleaved RoPE on the last axis; x is [B, L, heads, dim]."""
    x = x.float().unflatten(-1, (-1, 2))
    a, b = x[..., 0], x[..., 1]
    c, s = cos[None, :, None, :], sin[None, :, None, :]
    return torch.stack((a * c - b * s, a * s + b * c), -1).flatten(-2)


def attention(x, p, B, L, cfg, cos, sin):
    """x: [T, h] residual stream (fp32). Returns the attention output [T, h]."""
    H, dn, dr, dv = cfg["num_attention_heads"], cfg["qk_nope_head_dim"], cfg["qk_rope_head_dim"], cfg["v_head_dim"]
    rk = cfg["kv_lora_rank"]
    dt = p["o_proj"].dtype
    h = rms_norm(x, p["input_layernorm"], cfg["rms_norm_eps"])
    q = F.linear(rms_norm(F.linear(h, p["q_a_proj"]), p["q_a_layernorm"]), p["q_b_proj"])
    q = q.view(B, L, H, dn + dr)
    ckv = F.linear(h, p["kv_a_proj_with_mqa"])
    c = rms_norm(ckv[:, :rk], p["kv_a_layernorm"])
    k_pe = rotate(ckv[:, rk:].reshape(B, L, 1, dr), cos, sin).to(dt)
    kv = F.linear(c, p["kv_b_proj"]).view(B, L, H, dn + dv)
    q = torch.cat((q[..., :dn], rotate(q[..., dn:], cos, sin).to(dt)), -1)
    k = torch.cat((kv[..., :dn], k_pe.expand(B, L, H, dr)), -1)
    v = kv[..., dn:]
    q = q.transpose(1, 2).reshape(B * H, L, dn + dr)
    k = k.transpose(1, 2).reshape(B * H, L, dn + dr)
    v = v.transpose(1, 2).reshape(B * H, L, dv)
    blocks = []
    step = min(L, 256)
    for b in range(0, L, step):  # blocks of queries see only the keys up to their end
        e = min(b + step, L)
        s = torch.bmm(q[:, b:e], k[:, :e].transpose(1, 2)).float() * (dn + dr) ** -0.5
        s = torch.where(torch.arange(b, e)[None, :, None] >= torch.arange(e)[None, None, :], s, float("-inf"))
        blocks.append(torch.bmm(torch.softmax(s, -1).to(dt), v[:, :e]))
    a = blocks[0] if len(blocks) == 1 else torch.cat(blocks, 1)
    a = a.view(B, H, L, dv).transpose(1, 2).reshape(B * L, H * dv)
    return F.linear(a, p["o_proj"])


def swiglu(x, gate, up, down):
    return F.linear(F.silu(F.linear(x, gate)) * F.linear(x, up), down)


def route(h, weight, bias, cfg):
    """Sigmoid scores, selection by biased scores inside the best groups, unbiased weights."""
    E, G = cfg["n_routed_experts"], cfg["n_group"]
    score = F.linear(h.float(), weight.float()).sigmoid()
    choice = score.detach() + bias
    g = choice.view(-1, G, E // G)
    m1 = g.max(-1, keepdim=True)
    rest = g.masked_fill(torch.arange(E // G) == m1.indices, float("-inf")).amax(-1)
    group_score = m1.values.squeeze(-1) + rest
    keep = torch.topk(group_score, cfg["topk_group"], -1, sorted=False).indices
    mask = torch.zeros_like(group_score).scatter(1, keep, 1.0)
    choice = g.masked_fill(mask.unsqueeze(-1) == 0, float("-inf")).view(-1, E)
    idx = torch.topk(choice, cfg["num_experts_per_tok"], -1, sorted=False).indices
    w = score.gather(1, idx)
    w = w / (w.sum(-1, keepdim=True) + 1e-20) * cfg["routed_scaling_factor"]
    return idx, w, score


def attn_part(x, p, B, L, cfg, cos, sin):
    x = x + attention(x, p, B, L, cfg, cos, sin)
    return x, rms_norm(x, p["post_attention_layernorm"], cfg["rms_norm_eps"])


def dense_block(x, p, B, L, cfg, cos, sin):
    x, h = attn_part(x, p, B, L, cfg, cos, sin)
    return x + swiglu(h, p["gate_proj"], p["up_proj"], p["down_proj"])


def moe_front(x, p, bias, B, L, cfg, cos, sin):
    """Everything of a MoE layer but the routed experts."""
    x, h = attn_part(x, p, B, L, cfg, cos, sin)
    idx, w, _ = route(h, p["gate"], bias, cfg)
    return x + swiglu(h, p["shared_gate"], p["shared_up"], p["shared_down"]), h, idx, w


def act_forward(gu, w):
    g, u = gu.float().chunk(2, -1)
    return (F.silu(g) * u * w.unsqueeze(-1)).to(gu.dtype)


def act_backward(gu, w, dactw):
    g, u = gu.float().chunk(2, -1)
    d = dactw.float()
    s = torch.sigmoid(g)
    silu = g * s
    dw = (d * silu * u).sum(-1)
    d = d * w.unsqueeze(-1)
    return torch.cat((d * u * (s + silu * (1 - s)), d * silu), -1).to(gu.dtype), dw


def unsort(y, inv, k):
    return y[inv].view(-1, k, y.shape[-1]).float().sum(1)


attn_dense = maybe_compile(dense_block)
attn_moe = maybe_compile(moe_front)
act_fwd = maybe_compile(act_forward)
act_bwd = maybe_compile(act_backward)
unsort_sum = maybe_compile(unsort)


class Experts(torch.autograd.Function):
    """Routed experts on tokens sorted by expert; the weight multiplies the output."""

    @staticmethod
    def forward(ctx, h, idx, w, wgu, wd):
        T, k = idx.shape
        E = wgu.shape[0]
        order = torch.argsort(idx.reshape(-1), stable=True)
        counts = torch.bincount(idx.reshape(-1), minlength=E).tolist()
        inv = torch.empty_like(order)
        inv[order] = torch.arange(T * k)
        tok = order // k
        ws = w.reshape(-1)[order]
        xs = h.index_select(0, tok)
        gu = torch.empty(T * k, wgu.shape[1], dtype=h.dtype)
        s = 0
        for e, n in enumerate(counts):
            if n:
                torch.mm(xs[s:s + n], wgu[e].t(), out=gu[s:s + n])
            s += n
        actw = act_fwd(gu, ws)
        y = torch.empty(T * k, h.shape[1], dtype=h.dtype)
        s = 0
        for e, n in enumerate(counts):
            if n:
                torch.mm(actw[s:s + n], wd[e].t(), out=y[s:s + n])
            s += n
        ctx.save_for_backward(xs, gu, actw, ws, tok, inv, order, wgu, wd)
        ctx.counts, ctx.k = counts, k
        return unsort_sum(y, inv, k)

    @staticmethod
    def backward(ctx, dout):
        xs, gu, actw, ws, tok, inv, order, wgu, wd = ctx.saved_tensors
        dy = dout.to(xs.dtype).index_select(0, tok)
        dactw = torch.empty_like(actw)
        dwd = torch.zeros_like(wd)
        s = 0
        for e, n in enumerate(ctx.counts):
            if n:
                torch.mm(dy[s:s + n], wd[e], out=dactw[s:s + n])
                torch.mm(dy[s:s + n].t(), actw[s:s + n], out=dwd[e])
            s += n
        dgu, dws = act_bwd(gu, ws, dactw)
        dxs = torch.empty_like(xs)
        dwgu = torch.zeros_like(wgu)
        s = 0
        for e, n in enumerate(ctx.counts):
            if n:
                torch.mm(dgu[s:s + n], wgu[e], out=dxs[s:s + n])
                torch.mm(dgu[s:s + n].t(), xs[s:s + n], out=dwgu[e])
            s += n
        dw = torch.empty_like(dws)
        dw[order] = dws
        return unsort_sum(dxs, inv, ctx.k).to(xs.dtype), None, dw.view(-1, ctx.k), dwgu, dwd


def ce_chunk(logits, target, weight):
    """Loss terms of a chunk and the gradient of the weighted sum."""
    z = logits.float()
    lse = torch.logsumexp(z, -1)
    nll = lse - z.gather(1, target[:, None]).squeeze(1)
    hot = torch.arange(z.shape[1])[None] == target[:, None]
    g = ((z - lse[:, None]).exp() - hot.float()) * weight[:, None]
    return nll, g.to(logits.dtype)


ce_chunk_c = maybe_compile(ce_chunk)


class ChunkedCE(torch.autograd.Function):
    """sum(weight * nll); gradients are made in the forward pass, chunk by chunk."""

    @staticmethod
    def forward(ctx, x, W, target, weight, chunk):
        dx = torch.empty_like(x)
        dW = torch.zeros(W.shape, dtype=torch.float32)
        nll = torch.empty(x.shape[0])
        for s in range(0, x.shape[0], chunk):
            xs = x[s:s + chunk]
            nll[s:s + chunk], g = ce_chunk_c(xs @ W.t(), target[s:s + chunk], weight[s:s + chunk])
            torch.mm(g, W, out=dx[s:s + chunk])
            dW += g.t() @ xs
        ctx.save_for_backward(dx, dW.to(W.dtype))
        ctx.mark_non_differentiable(nll)
        return (nll * weight).sum(), nll

    @staticmethod
    def backward(ctx, go, _):
        dx, dW = ctx.saved_tensors
        return dx * go.to(dx.dtype), dW * go.to(dW.dtype), None, None, None


class Layer(nn.Module):
    def __init__(self, cfg, moe, dtype):
        super().__init__()
        h, H = cfg["hidden_size"], cfg["num_attention_heads"]
        dn, dr, dv = cfg["qk_nope_head_dim"], cfg["qk_rope_head_dim"], cfg["v_head_dim"]
        rq, rk = cfg["q_lora_rank"], cfg["kv_lora_rank"]
        out = 1 / math.sqrt(2 * cfg["num_hidden_layers"])
        p = {}

        def mat(name, *shape, gain=1.0):
            p[name] = nn.Parameter((torch.randn(*shape) * gain / math.sqrt(shape[-1])).to(dtype))

        def norm(name, n):
            p[name] = nn.Parameter(torch.ones(n, dtype=dtype))

        norm("input_layernorm", h)
        mat("q_a_proj", rq, h)
        norm("q_a_layernorm", rq)
        mat("q_b_proj", H * (dn + dr), rq)
        mat("kv_a_proj_with_mqa", rk + dr, h)
        norm("kv_a_layernorm", rk)
        mat("kv_b_proj", H * (dn + dv), rk)
        mat("o_proj", h, H * dv, gain=out)
        norm("post_attention_layernorm", h)
        self.moe = moe
        if moe:
            m, E = cfg["moe_intermediate_size"], cfg["n_routed_experts"]
            ms = m * cfg["n_shared_experts"]
            mat("gate", E, h, gain=0.5)
            mat("shared_gate", ms, h)
            mat("shared_up", ms, h)
            mat("shared_down", h, ms, gain=out)
            mat("wgu", E, 2 * m, h)
            mat("wd", E, h, m, gain=out)
            self.register_buffer("bias", torch.zeros(E))
            self.register_buffer("load", torch.zeros(E), persistent=False)
        else:
            m = cfg["intermediate_size"]
            mat("gate_proj", m, h)
            mat("up_proj", m, h)
            mat("down_proj", h, m, gain=out)
        self.p = nn.ParameterDict(p)

    def forward(self, x, B, L, cfg, cos, sin):
        p = dict(self.p)
        if not self.moe:
            return attn_dense(x, p, B, L, cfg, cos, sin)
        wgu, wd = p.pop("wgu"), p.pop("wd")
        x, h, idx, w = attn_moe(x, p, self.bias, B, L, cfg, cos, sin)
        self.load += torch.bincount(idx.reshape(-1), minlength=self.load.numel())
        self.last_idx = idx
        return x + Experts.apply(h, idx, w, wgu, wd)


class Model(nn.Module):
    def __init__(self, cfg, dtype=torch.bfloat16):
        super().__init__()
        self.cfg = cfg
        V, h, L = cfg["vocab_size"], cfg["hidden_size"], cfg["num_hidden_layers"]
        self.embed = nn.Parameter((torch.randn(V, h) * 0.1).to(dtype))
        self.head = nn.Parameter((torch.randn(V, h) * 0.5 / math.sqrt(h)).to(dtype))
        self.norm = nn.Parameter(torch.ones(h, dtype=dtype))
        self.layers = nn.ModuleList(Layer(cfg, i >= cfg["first_k_dense_replace"], dtype) for i in range(L))
        # MTP shares the embedding and the head with the main model (stored twice on disk, as V3 does)
        self.mtp = Layer(cfg, True, dtype)
        self.enorm = nn.Parameter(torch.ones(h, dtype=dtype))
        self.hnorm = nn.Parameter(torch.ones(h, dtype=dtype))
        self.eh_proj = nn.Parameter((torch.randn(h, 2 * h) / math.sqrt(2 * h)).to(dtype))
        self.mtp_norm = nn.Parameter(torch.ones(h, dtype=dtype))
        cos, sin = rope_tables(cfg["max_position_embeddings"], cfg["qk_rope_head_dim"], cfg["rope_theta"])
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)

    def moe_layers(self):
        return [l for l in self.layers if l.moe] + [self.mtp]

    def hidden(self, ids):
        B, L = ids.shape
        x = F.embedding(ids.reshape(-1), self.embed).float()
        cos, sin = self.cos[:L], self.sin[:L]
        for layer in self.layers:
            x = layer(x, B, L, self.cfg, cos, sin)
        return rms_norm(x, self.norm, self.cfg["rms_norm_eps"])

    def mtp_hidden(self, g, next_ids):
        """g: main hidden state after the final norm, [B, L, h]; next_ids: token i+1."""
        B, L, h = g.shape
        eps = self.cfg["rms_norm_eps"]
        e = F.embedding(next_ids, self.embed)
        z = torch.cat((rms_norm(e, self.enorm, eps), rms_norm(g, self.hnorm, eps)), -1).view(B * L, 2 * h)
        z = F.linear(z, self.eh_proj).float()
        z = self.mtp(z, B, L, self.cfg, self.cos[:L], self.sin[:L])
        return rms_norm(z, self.mtp_norm, eps)

    def forward(self, ids):
        B, L = ids.shape
        return F.linear(self.hidden(ids), self.head).view(B, L, -1)


def export_tensors(model):
    """State in the layout of the Hugging Face checkpoints of DeepSeek-V3."""
    out = {}
    m = model
    out["model.embed_tokens.weight"] = m.embed
    out["model.norm.weight"] = m.norm
    out["lm_head.weight"] = m.head
    n = len(m.layers)

    def put(prefix, layer):
        for k, v in layer.p.items():
            if k in ("wgu", "wd"):
                continue
            if k.endswith("layernorm") and not k.startswith(("q_a", "kv_a")):
                name = k
            elif k == "gate":
                name = "mlp.gate"
            elif k in ("gate_proj", "up_proj", "down_proj"):
                name = "mlp." + k
            elif k.startswith("shared_"):
                name = "mlp.shared_experts." + k[7:] + "_proj"
            else:
                name = "self_attn." + k
            out[f"{prefix}.{name}.weight"] = v
        if layer.moe:
            out[prefix + ".mlp.gate.e_score_correction_bias"] = layer.bias
            mi = layer.p["wd"].shape[2]
            for e in range(layer.p["wd"].shape[0]):
                q = f"{prefix}.mlp.experts.{e}."
                out[q + "gate_proj.weight"] = layer.p["wgu"][e, :mi]
                out[q + "up_proj.weight"] = layer.p["wgu"][e, mi:]
                out[q + "down_proj.weight"] = layer.p["wd"][e]

    for i, layer in enumerate(m.layers):
        put(f"model.layers.{i}", layer)
    p = f"model.layers.{n}"
    put(p, m.mtp)
    out[p + ".embed_tokens.weight"] = m.embed
    out[p + ".enorm.weight"] = m.enorm
    out[p + ".hnorm.weight"] = m.hnorm
    out[p + ".eh_proj.weight"] = m.eh_proj
    out[p + ".shared_head.norm.weight"] = m.mtp_norm
    out[p + ".shared_head.head.weight"] = m.head
    return {k: v.detach().clone().contiguous() for k, v in out.items()}


def load_export(cfg, tensors, dtype=torch.float32):
    """The inverse of export_tensors: a Model from a Hugging Face folder's tensors."""
    model = Model(cfg, dtype)
    n = cfg["num_hidden_layers"]
    with torch.no_grad():
        def get(name, p):
            p.copy_(tensors[name])
        get("model.embed_tokens.weight", model.embed)
        get("model.norm.weight", model.norm)
        get("lm_head.weight", model.head)
        q = f"model.layers.{n}"
        get(q + ".enorm.weight", model.enorm)
        get(q + ".hnorm.weight", model.hnorm)
        get(q + ".eh_proj.weight", model.eh_proj)
        get(q + ".shared_head.norm.weight", model.mtp_norm)
        for i, layer in enumerate(list(model.layers) + [model.mtp]):
            q = f"model.layers.{i}"
            for k, v in layer.p.items():
                if k in ("wgu", "wd"):
                    continue
                if k.endswith("layernorm") and not k.startswith(("q_a", "kv_a")):
                    name = k
                elif k == "gate":
                    name = "mlp.gate"
                elif k in ("gate_proj", "up_proj", "down_proj"):
                    name = "mlp." + k
                elif k.startswith("shared_"):
                    name = "mlp.shared_experts." + k[7:] + "_proj"
                else:
                    name = "self_attn." + k
                get(f"{q}.{name}.weight", v)
            if layer.moe:
                get(q + ".mlp.gate.e_score_correction_bias", layer.bias)
                mi = layer.p["wd"].shape[2]
                for e in range(layer.p["wd"].shape[0]):
                    r = f"{q}.mlp.experts.{e}."
                    get(r + "gate_proj.weight", layer.p["wgu"][e, :mi])
                    get(r + "up_proj.weight", layer.p["wgu"][e, mi:])
                    get(r + "down_proj.weight", layer.p["wd"][e])
    return model


def read_config(path):
    with open(path, encoding="utf-8") as f:
        return json.load(f)
