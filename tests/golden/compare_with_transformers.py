#!/usr/bin/env python3
"""Random V3 checkpoints by seed → bathyscope-cli logits and trace against transformers in float32.

usage: compare_with_transformers.py CLI [--seeds A:B] [--tokens N] [--backends reference,cpu]
Prints the deviations of every seed and exits with 1 when one is over its limit.
"""
import argparse
import random
import subprocess
import sys
import tempfile

import numpy as np
from safetensors.numpy import load_file

from make_v3_checkpoints import (
    VARIANTS, YARN, make_checkpoint, random_ids, run_transformers, transformers_model)

LIMITS = {"logits": 1e-4, "ids": 0, "weights": 1e-5, "scores": 1e-5, "attention": 1e-5,
          "content": 1e-4, "rope": 1e-4, "c_kv": 1e-4, "k_rope": 1e-4, "softmax": 1e-5}


def random_variant(seed):
    """A named variant, with sizes of its own."""
    rng = random.Random(seed)
    name = list(VARIANTS)[seed % len(VARIANTS)]
    changes, storage = VARIANTS[name]
    group = rng.choice([2, 4])
    n_group = rng.choice([2, 4, 8])
    changes = {
        "vocab_size": rng.randint(50, 400), "hidden_size": rng.choice([32, 64, 96, 136]),
        "intermediate_size": rng.choice([48, 80, 130]), "moe_intermediate_size": rng.choice([16, 24]),
        "num_hidden_layers": rng.randint(2, 4), "num_attention_heads": rng.choice([2, 4, 5]),
        "kv_lora_rank": rng.choice([16, 32, 48]), "q_lora_rank": rng.choice([24, 40, None]),
        "qk_nope_head_dim": rng.choice([8, 16, 24]), "qk_rope_head_dim": rng.choice([4, 8, 16]),
        "v_head_dim": rng.choice([8, 12, 16]), "n_routed_experts": n_group * group,
        "n_group": n_group, "topk_group": rng.randint(1, n_group),
        "n_shared_experts": rng.choice([1, 2]), "first_k_dense_replace": rng.choice([0, 1, 2]),
        "routed_scaling_factor": rng.choice([1.0, 2.5]), "rms_norm_eps": rng.choice([1e-6, 1e-5]),
        "rope_parameters": rng.choice([None, YARN]), "max_position_embeddings": 2560, **changes}
    changes["num_key_value_heads"] = changes["num_attention_heads"]
    open_experts = changes["n_routed_experts"] // changes["n_group"] * changes["topk_group"]
    changes["num_experts_per_tok"] = rng.randint(1, min(6, open_experts))
    return name, changes, storage


def deviation(ours, expected, relative=False):
    difference = np.abs(ours - expected).max() if expected.size else 0.0
    return float(difference / np.abs(expected).max() if relative else difference)


def compare(cli, folder, ids, expected, backend):
    common = ["--ids", ",".join(map(str, ids)), "--backend", backend]
    subprocess.run([cli, "logits", folder, *common, "--out", f"{folder}/o.npy"], check=True)
    subprocess.run([cli, "trace", folder, *common, "--attention", "--out", f"{folder}/o.trace"],
                   check=True)
    trace = load_file(f"{folder}/o.trace")
    causal = np.tril(np.ones(trace["attention.weights"].shape[-2:], bool))
    total = np.where(causal, trace["attention.content_scores"] + trace["attention.rope_scores"],
                     -np.inf)
    softmax = np.exp(total - total.max(-1, keepdims=True))
    softmax /= softmax.sum(-1, keepdims=True)
    out = {
        "logits": deviation(np.load(f"{folder}/o.npy"), expected["logits"], relative=True),
        "attention": deviation(trace["attention.weights"], expected["attention.weights"]),
        "content": deviation(trace["attention.content_scores"],
                             expected["attention.content_scores"], relative=True),
        "rope": deviation(trace["attention.rope_scores"], expected["attention.rope_scores"],
                          relative=True),
        "softmax": deviation(softmax, trace["attention.weights"]),
        "c_kv": deviation(trace["latent.c_kv"], expected["latent.c_kv"], relative=True),
        "k_rope": deviation(trace["latent.k_rope"], expected["latent.k_rope"], relative=True)}
    if "routing.topk_ids" in expected:
        out["ids"] = int((trace["routing.topk_ids"] != expected["routing.topk_ids"]).sum())
        out["weights"] = deviation(trace["routing.topk_weights"], expected["routing.topk_weights"])
        out["scores"] = deviation(trace["routing.scores"], expected["routing.scores"])
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("cli")
    parser.add_argument("--seeds", default="0:10")
    parser.add_argument("--tokens", type=int, default=300)
    parser.add_argument("--backends", default="reference,cpu")
    options = parser.parse_args()
    first, last = map(int, options.seeds.split(":"))
    failed = False
    for seed in range(first, last):
        name, changes, storage = random_variant(seed)
        with tempfile.TemporaryDirectory() as folder:
            config, meant = make_checkpoint(folder, changes, storage, seed)
            ids = random_ids(options.tokens, config.vocab_size, seed)
            expected = {k: v.numpy() for k, v in
                        run_transformers(transformers_model(config, meant), ids).items()}
            for backend in options.backends.split(","):
                result = compare(options.cli, folder, ids, expected, backend)
                bad = [k for k, v in result.items() if not v <= LIMITS[k]]
                failed = failed or bool(bad)
                values = " ".join(f"{k}={v:.1e}" if isinstance(v, float) else f"{k}={v}"
                                  for k, v in result.items())
                print(f"{seed:4} {name:12} {backend:10} {values} {'OVER: ' if bad else ''}"
                      f"{' '.join(bad)}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
