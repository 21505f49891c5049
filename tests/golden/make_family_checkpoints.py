#!/usr/bin/env python3
"""Tiny random checkpoints of every family, and what an independent oracle computes for them.

As a program it writes the fixtures beside it in families/ (one folder per variant: config.json with
only the keys given here, so that defaults are tested too, the weights, expected.safetensors). The
oracle is transformers (5.23 or newer: its DeepSeek-V2 has the mscale² softmax factor of PR 47435) in
float32. DeepSeekMoE V1, for which transformers has no class, is computed by DeepseekMoe below.
Needs torch, transformers, safetensors.
"""
import json
import math
import shutil
import sys
import tempfile
from pathlib import Path

import torch
import torch.nn.functional as F
import transformers
from safetensors.torch import load_file, save_file

from make_v3_checkpoints import random_ids, store, write_tensors

CLASSES = {
    "llama": "Llama", "qwen2": "Qwen2", "mixtral": "Mixtral", "deepseek": "Deepseek",
    "deepseek_v2": "DeepseekV2", "deepseek_v3": "DeepseekV3", "deepseek_v32": "DeepseekV32",
    "kimi_k2": "DeepseekV3"}

COMMON = dict(vocab_size=40, hidden_size=24, intermediate_size=20, num_hidden_layers=2,
              num_attention_heads=4, max_position_embeddings=2560)
MLA = dict(kv_lora_rank=16, q_lora_rank=12, qk_rope_head_dim=8, qk_nope_head_dim=10, v_head_dim=6,
           n_routed_experts=8, n_shared_experts=1, num_experts_per_tok=3, moe_intermediate_size=8,
           first_k_dense_replace=1, num_attention_heads=2, num_key_value_heads=2)
YARN = dict(rope_type="yarn", factor=40.0, original_max_position_embeddings=64, beta_fast=32,
            beta_slow=1, mscale=1.0, mscale_all_dim=1.0, rope_theta=10000.0)
LLAMA3 = dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
              original_max_position_embeddings=64, rope_theta=500.0)

KEPT_LOGITS = 30  # rows of the last tokens: what they read went through all the others

# With few heads many slots score exactly 0 (every product is negative), and which of equals transformers
# picks is not defined; ours is the lowest.
INDEX_HEADS = 16

# name → (model_type, config keys, storage, tokens)
VARIANTS = {
    "llama_mha_bias_tied": ("llama", dict(
        attention_bias=True, tie_word_embeddings=True,
        rope_parameters=dict(rope_type="linear", factor=4.0, rope_theta=10000.0)),
        dict(dtype="F16"), 40),
    "llama_gqa_llama3": ("llama", dict(num_attention_heads=6, num_key_value_heads=2, head_dim=10,
                                       rope_parameters=LLAMA3), dict(dtype="BF16"), 300),
    "llama_mqa_yarn": ("llama", dict(num_key_value_heads=1, rope_parameters=dict(
        rope_type="yarn", factor=40.0, original_max_position_embeddings=64, rope_theta=10000.0)),
        dict(dtype="BF16"), 300),
    "qwen2_window": ("qwen2", dict(num_key_value_heads=2, num_hidden_layers=3, sliding_window=11,
                                   use_sliding_window=True, max_window_layers=1),
                     dict(dtype="BF16"), 70),
    "mixtral_top2_window": ("mixtral", dict(num_key_value_heads=2, sliding_window=13,
                                            num_local_experts=6), dict(dtype="BF16"), 60),
    "mixtral_top1_fused": ("mixtral", dict(num_key_value_heads=4, num_local_experts=5,
                                           num_experts_per_tok=1),
                           dict(dtype="BF16", fused=True), 40),
    "deepseek_v1": ("deepseek", dict(
        num_key_value_heads=4, n_routed_experts=9, n_shared_experts=2, num_experts_per_tok=4,
        moe_intermediate_size=8, first_k_dense_replace=1, num_hidden_layers=3),
        dict(dtype="BF16"), 60),
    "deepseek_v1_normalised": ("deepseek", dict(
        num_key_value_heads=2, n_routed_experts=6, num_experts_per_tok=2, moe_intermediate_size=8,
        norm_topk_prob=True, rms_norm_eps=1e-5), dict(dtype="BF16"), 30),
    "v2_lite": ("deepseek_v2", dict(MLA, q_lora_rank=None, n_shared_experts=2, topk_method="greedy",
                                    rope_parameters=dict(YARN, mscale=0.707, mscale_all_dim=0.707)),
                dict(dtype="BF16"), 300),
    "v2_groups": ("deepseek_v2", dict(
        MLA, n_routed_experts=12, n_group=4, topk_group=2, num_experts_per_tok=4,
        topk_method="group_limited_greedy", routed_scaling_factor=16.0, rope_parameters=YARN),
        dict(dtype="BF16"), 300),
    "v3_groups": ("deepseek_v3", dict(
        MLA, n_routed_experts=12, n_group=4, topk_group=2, num_experts_per_tok=4,
        rope_parameters=YARN), dict(dtype="BF16"), 300),
    "kimi_k2": ("kimi_k2", dict(
        MLA, n_group=1, topk_group=1, routed_scaling_factor=2.827, rms_norm_eps=1e-5,
        rope_parameters=dict(YARN, factor=32.0, beta_fast=1, rope_theta=50000.0)),
        dict(dtype="BF16"), 300),
    "v32": ("deepseek_v32", dict(
        MLA, num_hidden_layers=3, n_group=2, topk_group=1, rope_parameters=YARN,
        index_n_heads=INDEX_HEADS, index_head_dim=12, index_topk=24), dict(dtype="BF16"), 300),
}


class DeepseekMoe(torch.nn.Module):
    """DeepSeekMoE V1 from its description alone (arXiv 2401.06066): llama attention, softmax gate over
    all experts, greedy top-k, optional normalisation, no scaling, one ungated shared block."""

    def __init__(self, config, state):
        super().__init__()
        self.c, self.w = config, state
        self.attentions, self.routing = [], []

    def norm(self, x, name):
        c = self.c
        return self.w[name] * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + c["rms_norm_eps"]))

    def mlp(self, x, prefix):
        gate, up, down = (self.w[f"{prefix}{p}_proj.weight"] for p in ("gate", "up", "down"))
        return (F.silu(x @ gate.T) * (x @ up.T)) @ down.T

    def rotate(self, x):
        dim, n = x.shape[-1], x.shape[1]
        frequency = 1.0 / (self.c["rope_theta"] ** (torch.arange(0, dim, 2).float() / dim))
        angle = torch.arange(n).float()[:, None] * frequency
        a, b = x[..., :dim // 2], x[..., dim // 2:]
        cos, sin = angle.cos(), angle.sin()
        return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)

    def attention(self, x, prefix):
        c, n = self.c, x.shape[0]
        heads, kv = c["num_attention_heads"], c["num_key_value_heads"]
        q, k, v = (
            (x @ self.w[f"{prefix}{p}_proj.weight"].T).view(n, h, -1).transpose(0, 1)
            for p, h in (("q", heads), ("k", kv), ("v", kv)))
        q, k = self.rotate(q), self.rotate(k)
        k, v = (t.repeat_interleave(heads // kv, 0) for t in (k, v))
        scores = q @ k.transpose(1, 2) / math.sqrt(q.shape[-1])
        mask = torch.full((n, n), -math.inf).triu(1)
        weights = (scores + mask).softmax(-1)
        self.attentions.append(weights)
        return (weights @ v).transpose(0, 1).reshape(n, -1) @ self.w[prefix + "o_proj.weight"].T

    def moe(self, x, prefix):
        c = self.c
        scores = (x @ self.w[prefix + "gate.weight"].T).softmax(-1)
        weights, ids = scores.topk(c["num_experts_per_tok"], -1)
        if c["norm_topk_prob"] and c["num_experts_per_tok"] > 1:
            weights = weights / (weights.sum(-1, keepdim=True) + 1e-20)
        self.routing.append((scores, ids, weights))
        out = torch.zeros_like(x)
        for t in range(x.shape[0]):
            for j, e in enumerate(ids[t].tolist()):
                out[t] += weights[t, j] * self.mlp(x[t], f"{prefix}experts.{e}.")
        return out + self.mlp(x, prefix + "shared_experts.") if c["n_shared_experts"] else out

    def forward(self, ids):
        x = self.w["model.embed_tokens.weight"][torch.tensor(ids)]
        for i in range(self.c["num_hidden_layers"]):
            layer = f"model.layers.{i}."
            x = x + self.attention(self.norm(x, layer + "input_layernorm.weight"),
                                   layer + "self_attn.")
            y = self.norm(x, layer + "post_attention_layernorm.weight")
            is_moe = i >= self.c["first_k_dense_replace"]
            x = x + (self.moe if is_moe else self.mlp)(y, layer + "mlp.")
        return self.norm(x, "model.norm.weight") @ self.w["lm_head.weight"].T


DEEPSEEK_DEFAULTS = dict(rms_norm_eps=1e-6, rope_theta=10000.0, norm_topk_prob=False,
                         n_shared_experts=None, first_k_dense_replace=0)


def deepseek_shapes(c):
    """A V1 checkpoint's names and shapes: llama's, with experts in the layers that have them."""
    config = transformers.LlamaConfig(**{k: c[k] for k in (*COMMON, "num_key_value_heads")})
    shapes = model_shapes(transformers.LlamaForCausalLM(config))
    h, width = c["hidden_size"], c["moe_intermediate_size"]
    for i in range(c["first_k_dense_replace"], c["num_hidden_layers"]):
        prefix = f"model.layers.{i}.mlp."
        shapes = {k: v for k, v in shapes.items() if not k.startswith(prefix)}
        shapes[prefix + "gate.weight"] = (c["n_routed_experts"], h)
        blocks = [(f"experts.{e}.", width) for e in range(c["n_routed_experts"])]
        if c["n_shared_experts"]:
            blocks.append(("shared_experts.", width * c["n_shared_experts"]))
        for name, w in blocks:
            shapes[f"{prefix}{name}gate_proj.weight"] = (w, h)
            shapes[f"{prefix}{name}up_proj.weight"] = (w, h)
            shapes[f"{prefix}{name}down_proj.weight"] = (h, w)
    return shapes


def model_shapes(model):
    """The names and shapes save_pretrained writes: those of the hub."""
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        return {k: tuple(v.shape) for k, v in load_file(f"{folder}/model.safetensors").items()}


def model_class(model_type):
    return getattr(transformers, CLASSES[model_type] + "ForCausalLM")


def make_config(model_type, keys):
    config = getattr(transformers, CLASSES[model_type] + "Config")(
        **{**keys, **({"num_mtp_layers": 0} if CLASSES[model_type] == "DeepseekV3" else {})})
    config._attn_implementation = "eager"
    return config


def random_state(shapes, seed):
    generator = torch.Generator().manual_seed(seed)
    state = {}
    for name, shape in sorted(shapes.items()):
        noise = torch.randn(shape, generator=generator)
        if "norm" in name and name.endswith("weight"):
            state[name] = 1 + 0.2 * noise
        elif len(shape) == 1:
            state[name] = 0.1 * noise
        elif "embed_tokens" in name:
            state[name] = noise
        else:
            state[name] = 1.2 * noise / math.sqrt(shape[-1])
    return state


def fuse(stored, keys):
    """transformers 5's in-memory layout of a Mixtral checkpoint."""
    out = {k.replace("block_sparse_moe", "mlp"): v for k, v in stored.items() if ".experts." not in k}
    for i in range(keys["num_hidden_layers"]):
        old = f"model.layers.{i}.block_sparse_moe.experts."
        parts = [torch.stack([stored[f"{old}{e}.{p}.weight"]
                              for e in range(keys["num_local_experts"])])
                 for p in ("w1", "w3", "w2")]
        out[f"model.layers.{i}.mlp.experts.gate_up_proj"] = torch.cat(parts[:2], 1)
        out[f"model.layers.{i}.mlp.experts.down_proj"] = parts[2]
    return out


def make_checkpoint(folder, model_type, keys, storage, seed):
    """Writes the checkpoint; returns the oracle: a function from token ids to expected tensors."""
    folder = Path(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    keys = {**COMMON, **keys}
    if model_type == "deepseek":
        full = {**DEEPSEEK_DEFAULTS, **keys}
        shapes = deepseek_shapes(full)
    else:
        config = make_config(model_type, keys)
        shapes = model_shapes(model_class(model_type)(config))
    stored, meant = store(random_state(shapes, seed), storage["dtype"])
    if storage.get("fused"):
        stored = fuse(stored, keys)
    settings = dict(keys, model_type=model_type,
                    architectures=[CLASSES[model_type] + "ForCausalLM"])
    (folder / "config.json").write_text(json.dumps(settings, indent=1, sort_keys=True) + "\n")
    write_tensors(folder, {k: v.contiguous() for k, v in stored.items()}, 1)
    if model_type == "deepseek":
        return lambda ids: run_deepseek(full, meant, ids)
    return lambda ids: run_transformers(model_type, config, meant, ids)


def expected_tensors(ids, logits, attentions, routed):
    out = {"tokens": torch.tensor(ids), "logits": logits,
           "attention.last": torch.stack([a[:, -1] for a in attentions])}
    if routed:
        out["routing.scores"] = torch.stack([s for s, _, _ in routed], 1)
        out["routing.topk_ids"] = torch.stack([i for _, i, _ in routed], 1).int()
        out["routing.topk_weights"] = torch.stack([w for _, _, w in routed], 1)
    return {k: v.contiguous() for k, v in out.items()}


@torch.no_grad()
def run_deepseek(config, meant, ids):
    model = DeepseekMoe(config, meant)
    logits = model(ids)
    return expected_tensors(ids, logits, model.attentions, model.routing)


@torch.no_grad()
def run_transformers(model_type, config, meant, ids):
    with tempfile.TemporaryDirectory() as folder:
        config.save_pretrained(folder)
        save_file({k: v.contiguous() for k, v in meant.items()}, f"{folder}/model.safetensors",
                  {"format": "pt"})
        model, info = model_class(model_type).from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager",
            experts_implementation="eager", output_loading_info=True)
    assert not info["missing_keys"] or config.tie_word_embeddings, info
    assert not info["unexpected_keys"], info
    routed, picked = [], []

    def on_router(module, inputs, output):
        logits, weights, ids = output
        bias = getattr(module, "e_score_correction_bias", None)
        scores = logits.softmax(-1) if bias is None else logits.sigmoid()
        choice = scores if bias is None else scores + bias
        order = choice.gather(1, ids).argsort(dim=1, descending=True)
        routed.append((scores, ids.gather(1, order), weights.gather(1, order)))

    def on_indexer(module, inputs, output):
        picked.append(output[0].sort(-1).values)

    for module in model.eval().modules():
        if type(module).__name__.endswith("TopkRouter") or type(module).__name__.endswith(
                "TopKRouter"):
            module.register_forward_hook(on_router)
        if type(module).__name__.endswith("Indexer"):
            module.register_forward_hook(on_indexer)
    output = model(torch.tensor([ids]), output_attentions=True, use_cache=False)
    expected = expected_tensors(ids, output.logits[0], [a[0] for a in output.attentions], routed)
    if picked:  # before index_topk tokens transformers fills up with slots it masks: left out here
        expected["indexer.picked"] = torch.stack(picked)
    return expected


def main():
    root = Path(__file__).parent / "families"
    for seed, (name, (model_type, keys, storage, n_tokens)) in enumerate(VARIANTS.items(), start=300):
        oracle = make_checkpoint(root / name, model_type, keys, storage, seed)
        expected = oracle(random_ids(n_tokens, COMMON["vocab_size"], seed))
        keep = {k: v for k, v in expected.items() if k != "routing.scores"}
        keep["logits"] = keep["logits"][-KEPT_LOGITS:].contiguous()
        if "indexer.picked" in keep:  # the rows of the last token are enough
            keep["indexer.picked"] = keep["indexer.picked"][:, -1].contiguous()
        save_file(keep, root / name / "expected.safetensors")
        print(name, sum(f.stat().st_size for f in (root / name).iterdir()), file=sys.stderr)


if __name__ == "__main__":
    main()
