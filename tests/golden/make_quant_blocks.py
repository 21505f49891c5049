#!/usr/bin/env python3
"""Random blocks of every quantised type and the floats that PyPI `gguf` makes of them
(quant/blocks.safetensors). Needs gguf, numpy and safetensors.

Scales run over ordinary, large, subnormal, zero, negative, infinite and NaN halves; every other byte
is random, so every field takes every value.
"""
from pathlib import Path

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType as Q
from gguf.quants import dequantize
from safetensors.numpy import save_file

# Where the halves of a block lie.
HALVES = {Q.Q4_0: [0], Q.Q4_1: [0, 2], Q.Q5_0: [0], Q.Q5_1: [0, 2], Q.Q8_0: [0],
          Q.Q2_K: [80, 82], Q.Q3_K: [108], Q.Q4_K: [0, 2], Q.Q5_K: [0, 2], Q.Q6_K: [208],
          Q.IQ4_NL: [0], Q.IQ4_XS: [0]}
SPECIAL = [0x0000, 0x8000, 0x0001, 0x8001, 0x03FF, 0x0400, 0x7BFF, 0xFBFF, 0x7C00, 0xFC00, 0x7E01]


def random_blocks(rng, qtype, n):
    elements, size = GGML_QUANT_SIZES[qtype]
    blocks = rng.integers(0, 256, (n, size), dtype=np.uint8)
    for offset in HALVES[qtype]:
        halves = (rng.standard_normal(n) * 2.0 ** rng.integers(-14, 3, n)).astype(np.float16)
        halves = halves.view(np.uint16)
        special = rng.permutation(n)[:len(SPECIAL)]
        halves[special] = SPECIAL
        blocks[:, offset:offset + 2] = halves.reshape(n, 1).view(np.uint8)
    return blocks, elements


def main():
    rng = np.random.default_rng(20240405)
    tensors = {}
    for qtype in HALVES:
        blocks, elements = random_blocks(rng, qtype, 64 if GGML_QUANT_SIZES[qtype][0] == 32 else 24)
        with np.errstate(all="ignore"):
            values = dequantize(blocks.reshape(1, -1), qtype).reshape(-1, elements)
        tensors[qtype.name + ".blocks"] = blocks
        tensors[qtype.name + ".values"] = np.ascontiguousarray(values.astype(np.float32))
    folder = Path(__file__).parent / "quant"
    folder.mkdir(exist_ok=True)
    save_file(tensors, str(folder / "blocks.safetensors"))


if __name__ == "__main__":
    main()
