#!/usr/bin/env python3
"""Tiny random DeepSeek-V3 checkpoints, and what transformers computes for them in float32.

As a program it writes the fixtures beside it in v3/ (one folder per variant: the checkpoint and
expected.safetensors). compare_with_transformers.py uses the same functions with other seeds.
Needs torch, transformers 5, safetensors.
"""
import json
import math
import shutil
import sys
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import DeepseekV3Config, DeepseekV3ForCausalLM
from transformers.models.deepseek_v3 import modeling_deepseek_v3 as hf

BASE = dict(
    vocab_size=40, hidden_size=24, intermediate_size=32, moe_intermediate_size=8,
    num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=2, n_shared_experts=1,
    n_routed_experts=8, routed_scaling_factor=2.5, kv_lora_rank=16, q_lora_rank=16,
    qk_rope_head_dim=8, v_head_dim=6, qk_nope_head_dim=10, n_group=4, topk_group=2,
    num_experts_per_tok=3, first_k_dense_replace=1, norm_topk_prob=True,
    max_position_embeddings=512, rms_norm_eps=1e-6, tie_word_embeddings=False,
    num_mtp_layers=0, bos_token_id=0, eos_token_id=1)

YARN = {"type": "yarn", "factor": 40, "mscale": 1.0, "mscale_all_dim": 1.0, "beta_fast": 32,
        "beta_slow": 1, "original_max_position_embeddings": 64}

# name → (config changes, storage). Storage: dtype, shards, fused experts, old key names.
VARIANTS = {
    "groups": (dict(), dict(dtype="BF16")),
    "no_groups": (dict(n_group=1, topk_group=1), dict(dtype="BF16")),
    "no_q_lora": (dict(q_lora_rank=None), dict(dtype="BF16")),
    "yarn": (dict(rope_parameters=YARN, max_position_embeddings=2560), dict(dtype="BF16")),
    "yarn_mscale": (dict(rope_parameters=dict(YARN, mscale=0.707, mscale_all_dim=0.5, beta_fast=8),
                         max_position_embeddings=2560), dict(dtype="BF16", old_rope_keys=True)),
    "fp8": (dict(q_lora_rank=136), dict(dtype="F8_E4M3")),
    "sharded": (dict(num_hidden_layers=3, first_k_dense_replace=2, n_shared_experts=2,
                     n_routed_experts=4, n_group=2, topk_group=1, num_experts_per_tok=2),
                dict(dtype="BF16", shards=3)),
    "tied": (dict(tie_word_embeddings=True, first_k_dense_replace=0), dict(dtype="F16")),
    "fused": (dict(attention_bias=True, norm_topk_prob=False), dict(dtype="BF16", fused=True)),
    "half_split": (dict(rope_interleave=False, first_k_dense_replace=2), dict(dtype="F32")),
}


def random_state(config, seed):
    """Per-expert tensors, hub names, float32; spread so that every part matters."""
    generator = torch.Generator().manual_seed(seed)
    model = DeepseekV3ForCausalLM(config)
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        shapes = {k: v.shape for k, v in load_file(f"{folder}/model.safetensors").items()}
    state = {}
    for name, shape in sorted(shapes.items()):
        noise = torch.randn(shape, generator=generator)
        if name.endswith("norm.weight") or "layernorm" in name:
            state[name] = 1 + 0.2 * noise
        elif len(shape) == 1:
            state[name] = 0.1 * noise
        elif "embed_tokens" in name:
            state[name] = noise
        else:
            state[name] = 1.2 * noise / math.sqrt(shape[-1])
    return state


def quantise_fp8(weight):
    """128×128 blocks → (fp8, weight_scale_inv)."""
    rows, cols = weight.shape
    scale = torch.zeros(math.ceil(rows / 128), math.ceil(cols / 128))
    fp8 = torch.zeros(rows, cols, dtype=torch.float8_e4m3fn)
    for i in range(scale.shape[0]):
        for j in range(scale.shape[1]):
            block = (slice(i * 128, i * 128 + 128), slice(j * 128, j * 128 + 128))
            scale[i, j] = weight[block].abs().max() / 448
            fp8[block] = (weight[block] / scale[i, j]).to(torch.float8_e4m3fn)
    return fp8, scale


def dequantise_fp8(fp8, scale):
    rows, cols = fp8.shape
    wide = scale.repeat_interleave(128, 0)[:rows].repeat_interleave(128, 1)[:, :cols]
    return fp8.float() * wide


def is_fp8_linear(name, tensor):
    return (tensor.dim() == 2 and "embed_tokens" not in name and "lm_head" not in name
            and not name.endswith("mlp.gate.weight"))


def store(state, dtype):
    """→ (tensors as stored, float32 values they mean)."""
    plain = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
             "F8_E4M3": torch.bfloat16}[dtype]
    stored, meant = {}, {}
    for name, tensor in state.items():
        if dtype == "F8_E4M3" and is_fp8_linear(name, tensor):
            fp8, scale = quantise_fp8(tensor)
            stored[name], stored[name + "_scale_inv"] = fp8, scale
            meant[name] = dequantise_fp8(fp8, scale)
        elif name.endswith("e_score_correction_bias"):
            stored[name] = meant[name] = tensor
        else:
            stored[name] = tensor.to(plain)
            meant[name] = stored[name].float()
    return stored, meant


def fuse_experts(stored, config):
    """The layout transformers 5 holds in memory: experts.gate_up_proj, experts.down_proj."""
    out = {k: v for k, v in stored.items() if ".mlp.experts." not in k}
    for layer in range(config.first_k_dense_replace, config.num_hidden_layers):
        prefix = f"model.layers.{layer}.mlp.experts."
        parts = {p: torch.stack([stored[f"{prefix}{e}.{p}_proj.weight"]
                                 for e in range(config.n_routed_experts)])
                 for p in ("gate", "up", "down")}
        out[prefix + "gate_up_proj"] = torch.cat([parts["gate"], parts["up"]], dim=1)
        out[prefix + "down_proj"] = parts["down"]
    return out


def write_config(folder, config, storage):
    settings = json.loads(config.to_json_string(use_diff=False))
    keep = ["attention_bias", "bos_token_id", "eos_token_id", "hidden_act", "model_type",
            "rope_interleave", "rope_parameters", "q_lora_rank", *BASE]
    settings = {k: settings[k] for k in keep if k in settings and k != "num_mtp_layers"}
    settings["architectures"] = ["DeepseekV3ForCausalLM"]
    settings["num_nextn_predict_layers"] = 0
    settings["scoring_func"], settings["topk_method"] = "sigmoid", "noaux_tc"
    if storage.get("old_rope_keys"):
        rope = settings.pop("rope_parameters")
        settings["rope_theta"] = rope.pop("rope_theta")
        rope.pop("rope_type", None)
        settings["rope_scaling"] = rope
    if storage["dtype"] == "F8_E4M3":
        settings["quantization_config"] = {
            "activation_scheme": "dynamic", "fmt": "e4m3", "quant_method": "fp8",
            "weight_block_size": [128, 128]}
    (folder / "config.json").write_text(json.dumps(settings, indent=1, sort_keys=True) + "\n")


def write_tensors(folder, stored, shards):
    if shards == 1:
        save_file(stored, folder / "model.safetensors", {"format": "pt"})
        return
    weight_map = {}
    for i in range(shards):
        file = f"model-{i + 1:05d}-of-{shards:05d}.safetensors"
        part = {n: stored[n] for n in sorted(stored)[i::shards]}
        save_file(part, folder / file, {"format": "pt"})
        weight_map.update({n: file for n in part})
    total = sum(t.numel() * t.element_size() for t in stored.values())
    index = {"metadata": {"total_size": total}, "weight_map": weight_map}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=0) + "\n")


def make_checkpoint(folder, changes, storage, seed):
    """Writes the checkpoint; returns (config, the float32 values of its tensors)."""
    folder = Path(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    config = DeepseekV3Config(**{**BASE, **changes})
    stored, meant = store(random_state(config, seed), storage["dtype"])
    if storage.get("fused"):
        stored = fuse_experts(stored, config)
    write_config(folder, config, storage)
    write_tensors(folder, {k: v.contiguous() for k, v in stored.items()}, storage.get("shards", 1))
    return config, meant


def transformers_model(config, meant):
    """The float32 reference, loaded from float32 per-expert tensors."""
    with tempfile.TemporaryDirectory() as folder:
        config.save_pretrained(folder)
        save_file({k: v.contiguous() for k, v in meant.items()}, f"{folder}/model.safetensors",
                  {"format": "pt"})
        return DeepseekV3ForCausalLM.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager").eval()


@torch.no_grad()
def run_transformers(model, ids):
    """→ dict of float32/int tensors, named and shaped like the `trace` command's, plus logits."""
    config, routed, scores = model.config, [], []

    def on_router(module, inputs, output):
        logits, weights, indices = output
        affinity = logits.sigmoid()
        order = (affinity + module.e_score_correction_bias).gather(1, indices).argsort(
            dim=1, descending=True)
        routed.append((affinity, indices.gather(1, order), weights.gather(1, order)))

    def attention(module, query, key, value, mask, scaling, **kwargs):
        nope = config.qk_nope_head_dim
        content = query[..., :nope] @ key[..., :nope].transpose(2, 3) * scaling
        rope = query[..., nope:] @ key[..., nope:].transpose(2, 3) * scaling
        scores.append((content[0], rope[0]))
        return eager_attention(module, query, key, value, mask, scaling, **kwargs)

    eager_attention = hf.eager_attention_forward
    hf.eager_attention_forward = attention
    hooks = [m.register_forward_hook(on_router) for m in model.modules()
             if isinstance(m, hf.DeepseekV3TopkRouter)]
    tokens = torch.tensor([ids])
    eager = model(tokens, output_attentions=True, use_cache=True)
    hf.eager_attention_forward = eager_attention
    for hook in hooks:
        hook.remove()
    causal = torch.tril(torch.ones(len(ids), len(ids)))
    out = {
        "tokens": tokens[0],
        "logits": eager.logits[0],
        "attention.weights": torch.stack([a[0] for a in eager.attentions]),
        "attention.content_scores": torch.stack([c for c, _ in scores]) * causal,
        "attention.rope_scores": torch.stack([r for _, r in scores]) * causal,
        "latent.c_kv": torch.stack([layer.keys[0, 0] for layer in eager.past_key_values.layers]),
        "latent.k_rope": torch.stack(
            [layer.values[0, 0] for layer in eager.past_key_values.layers]),
    }
    if config.rope_interleave:  # transformers leaves evens then odds; the checkpoint's order is ours
        half = config.qk_rope_head_dim // 2
        parts = out["latent.k_rope"]
        out["latent.k_rope"] = torch.stack([parts[..., :half], parts[..., half:]], -1).flatten(-2)
    if routed:
        out["routing.scores"] = torch.stack([s for s, _, _ in routed], 1)
        out["routing.topk_ids"] = torch.stack([i for _, i, _ in routed], 1).int()
        out["routing.topk_weights"] = torch.stack([w for _, _, w in routed], 1)
    return {k: v.contiguous() for k, v in out.items()}


def random_ids(n, vocab_size, seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, vocab_size, (n,), generator=generator).tolist()


def main():
    root = Path(__file__).parent / "v3"
    for seed, (name, (changes, storage)) in enumerate(VARIANTS.items(), start=100):
        config, meant = make_checkpoint(root / name, changes, storage, seed)
        model = transformers_model(config, meant)
        expected = run_transformers(model, random_ids(11, config.vocab_size, seed))
        save_file(expected, root / name / "expected.safetensors")
        print(name, sum(f.stat().st_size for f in (root / name).iterdir()), file=sys.stderr)


if __name__ == "__main__":
    main()
