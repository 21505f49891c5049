#!/usr/bin/env python3
"""Small vectors from transformers: rotary tables at far positions (rope.json) and what its logits
processors leave of a distribution (sampler.json). Needs torch and transformers 5.
"""
import json
from pathlib import Path

import torch
from transformers import DeepseekV3Config, LlamaConfig
from transformers.generation import logits_process as lp
from transformers.models.deepseek_v3.modeling_deepseek_v3 import (
    DeepseekV3RotaryEmbedding, yarn_apply_mscale)
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

POSITIONS = [0, 1, 2, 7, 100, 299, 4095, 4096, 32768, 131071, 163839]
YARN = {"rope_type": "yarn", "rope_theta": 10000.0, "factor": 40.0, "mscale": 1.0,
        "mscale_all_dim": 1.0, "beta_fast": 32.0, "beta_slow": 1.0,
        "original_max_position_embeddings": 4096}
ROPE = {
    "plain": (64, {"rope_type": "default", "rope_theta": 10000.0}),
    "v3": (64, YARN),
    "v2_lite": (64, dict(YARN, mscale=0.707, mscale_all_dim=0.707)),
    "kimi": (64, dict(YARN, rope_theta=10000.0, factor=32.0, beta_fast=1.0, beta_slow=1.0)),
    "unequal_mscale": (32, dict(YARN, mscale=1.0, mscale_all_dim=0.5)),
    "no_truncate": (16, dict(YARN, truncate=False)),
    "only_factor": (8, {k: v for k, v in YARN.items() if not k.startswith("mscale")}),
}
# Half-split heads of the families without MLA: R1-Distill-Llama's, DeepSeek-Coder 33B's.
LLAMA_ROPE = {
    "r1_distill_llama": (128, {
        "rope_type": "llama3", "rope_theta": 500000.0, "factor": 8.0, "low_freq_factor": 1.0,
        "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}),
    "coder_linear": (128, {"rope_type": "linear", "rope_theta": 100000.0, "factor": 4.0}),
    "llama_yarn": (20, {k: v for k, v in YARN.items() if k != "mscale"}),
}
SAMPLER = [
    dict(temperature=1.0), dict(temperature=0.6, top_p=0.95), dict(temperature=0.7, top_k=5),
    dict(temperature=1.3, top_k=20, top_p=0.8), dict(temperature=0.8, min_p=0.1),
    dict(temperature=1.0, top_k=30, top_p=0.9, min_p=0.05, repetition_penalty=1.3),
    dict(temperature=2.0, top_p=0.1), dict(temperature=1.0, repetition_penalty=0.8),
]


def rope_vectors():
    out = {}
    for name, (dim, parameters) in [*ROPE.items(), *LLAMA_ROPE.items()]:
        if name in ROPE:
            config = DeepseekV3Config(qk_rope_head_dim=dim, max_position_embeddings=163840,
                                      rope_parameters=dict(parameters))
            rope = DeepseekV3RotaryEmbedding(config)
            scaling = yarn_apply_mscale(config.rope_parameters, config.qk_head_dim ** -0.5)
        else:
            config = LlamaConfig(head_dim=dim, max_position_embeddings=163840,
                                 rope_parameters=dict(parameters))
            rope = LlamaRotaryEmbedding(config)
            scaling = dim ** -0.5
        cos, sin = rope(torch.zeros(1), torch.tensor([POSITIONS]))
        out[name] = {
            "dim": dim, "mla": name in ROPE, "parameters": parameters, "inv_freq": rope.inv_freq.tolist(),
            "positions": POSITIONS, "cos": cos[0, :, :dim // 2].flatten().tolist(),
            "sin": sin[0, :, :dim // 2].flatten().tolist(),
            "scaling": scaling}
    return out


def sampler_vectors():
    generator = torch.Generator().manual_seed(7)
    cases = []
    for options in SAMPLER:
        logits = torch.randn(1, 60, generator=generator) * 3
        context = torch.randint(0, 60, (1, 12), generator=generator)
        scores = logits.clone()
        steps = [("repetition_penalty", 1.0, lp.RepetitionPenaltyLogitsProcessor),
                 ("temperature", 1.0, lp.TemperatureLogitsWarper),
                 ("top_k", 0, lp.TopKLogitsWarper), ("top_p", 1.0, lp.TopPLogitsWarper),
                 ("min_p", 0.0, lp.MinPLogitsWarper)]
        for key, off, processor in steps:
            if options.get(key, off) != off:
                scores = processor(options[key])(context, scores)
        cases.append({"options": options, "context": context[0].tolist(),
                      "logits": logits[0].tolist(),
                      "probabilities": scores.softmax(-1)[0].tolist()})
    return cases


def main():
    folder = Path(__file__).parent
    (folder / "rope.json").write_text(json.dumps(rope_vectors()) + "\n")
    (folder / "sampler.json").write_text(json.dumps(sampler_vectors()) + "\n")


if __name__ == "__main__":
    main()
