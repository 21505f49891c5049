#!/usr/bin/env python3
"""Random blocks of every quantised type and the floats that PyPI `gguf` makes of them
(quant/blocks.safetensors), and values with what ggml's encoders make of them
(quant/encoded.safetensors). Needs gguf, llama-cpp-python (for ggml's library), numpy, torch and
safetensors.

Scales run over ordinary, large, subnormal, zero, negative, infinite and NaN halves; every other byte
is random, so every field takes every value.
"""
import ctypes
from pathlib import Path

import llama_cpp
import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType as Q
from gguf.quants import dequantize
from safetensors import safe_open
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


def ggml_encode(x, qtype):
    folder = Path(llama_cpp.__file__).parent / "lib"
    ggml = ctypes.CDLL(str(next(folder.glob("libggml-base.so*"))))
    elements, size = GGML_QUANT_SIZES[qtype]
    out = np.zeros((x.shape[0], x.shape[1] // elements * size), np.uint8)
    x = np.ascontiguousarray(x, np.float32)
    ggml.ggml_quantize_chunk(ctypes.c_int(int(qtype)), x.ctypes.data_as(ctypes.c_void_p),
                             out.ctypes.data_as(ctypes.c_void_p), ctypes.c_int64(0),
                             ctypes.c_int64(x.shape[0]), ctypes.c_int64(x.shape[1]), None)
    return out


def encoded(rng, folder):
    """Bytes where ours must be the same, ggml's mean squared error where they may not."""
    demo = Path(__file__).parents[2] / "resources" / "demo-model" / "model.safetensors"
    with safe_open(str(demo), "pt") as file:
        weights = file.get_tensor("model.layers.3.self_attn.o_proj.weight").float().numpy()
    sets = {"normal": rng.standard_normal((16, 512)), "demo": weights[:32, :256],
            "skewed": rng.exponential(size=(16, 256)),
            "scales": rng.standard_normal((24, 256)) * 2.0 ** rng.integers(-20, 10, (24, 1))}
    tensors, errors = {}, {}
    for name, x in sets.items():
        x = np.ascontiguousarray(x.astype(np.float32))
        tensors[name] = x
        for qtype in (Q.Q4_0, Q.Q5_0, Q.Q8_0):
            tensors[f"{name}.{qtype.name}"] = ggml_encode(x, qtype)
        for qtype in (Q.Q4_K, Q.Q6_K):
            error = dequantize(ggml_encode(x, qtype), qtype).astype(np.float64) - x
            errors[f"{name}.{qtype.name}"] = repr(float((error ** 2).mean()))
    save_file(tensors, str(folder / "encoded.safetensors"), metadata=errors)


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
    encoded(rng, folder)


if __name__ == "__main__":
    main()
