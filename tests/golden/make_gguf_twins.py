#!/usr/bin/env python3
"""The checkpoints of families/ once more as GGUF, written by the `gguf` package of PyPI.

As a program it writes gguf/NAME.gguf for every variant below: the same weights, converted by the
rules that published converters follow (rows of q and k permuted for llama and deepseek, kv_b_proj
split or left joined, experts merged or one by one, Llama 3's scaling as divisors). A model opened
from either must compute the same. Left out: kimi_k2, whose inner norms have an eps of their own,
which GGUF cannot say. Needs torch, transformers, safetensors, gguf.
"""
import json
import math
from pathlib import Path

import gguf
import numpy as np
import torch
import transformers
from safetensors.torch import load_file

HERE = Path(__file__).parent
# name → how this file is written; several layouts of the wild, spread over the variants
VARIANTS = {
    "llama_mha_bias_tied": {}, "llama_gqa_llama3": {}, "llama_mqa_yarn": {}, "qwen2_window": {},
    "mixtral_top2_window": {"one_by_one": True}, "mixtral_top1_fused": {}, "deepseek_v1": {},
    "deepseek_v1_normalised": {}, "v2_lite": {"joined": True}, "v2_groups": {},
    "v3_groups": {"gate_up": True}, "v32": {}}
ARCHITECTURES = {"llama": "llama", "mixtral": "llama", "qwen2": "qwen2", "deepseek": "deepseek",
                 "deepseek_v2": "deepseek2", "deepseek_v3": "deepseek2", "deepseek_v32": "deepseek32"}
# transformers has no class for the first DeepSeekMoE
DEFAULTS = {"deepseek": dict(rms_norm_eps=1e-6, norm_topk_prob=False, n_shared_experts=None,
                             first_k_dense_replace=0)}
TYPES = {torch.bfloat16: gguf.GGMLQuantizationType.BF16, torch.float16: gguf.GGMLQuantizationType.F16,
         torch.float32: gguf.GGMLQuantizationType.F32}


def config_of(folder):
    config = json.loads((folder / "config.json").read_text())
    kind = config["model_type"]
    if kind in DEFAULTS:
        return {**DEFAULTS[kind], **config}
    config_class = transformers.CONFIG_MAPPING["deepseek_v3" if kind == "deepseek_v32" else kind]
    return {**config_class(**config).to_dict(), **config}


def permuted(tensor, heads):
    """Rows of each head from half-split to neighbouring rotary pairs."""
    rows = tensor.shape[0] // heads
    return tensor.reshape(heads, 2, rows // 2, *tensor.shape[1:]).transpose(1, 2).reshape(tensor.shape)


class Twin:
    def __init__(self, name, joined=False, one_by_one=False, gate_up=False):
        self.folder = HERE / "families" / name
        self.config, self.state = config_of(self.folder), load_file(self.folder / "model.safetensors")
        self.joined, self.one_by_one, self.gate_up = joined, one_by_one, gate_up
        self.kind = self.config["model_type"]
        self.mla = self.kind.startswith("deepseek_v")
        (HERE / "gguf").mkdir(exist_ok=True)
        self.writer = gguf.GGUFWriter(HERE / "gguf" / f"{name}.gguf", ARCHITECTURES[self.kind])

    def write(self):
        self.metadata()
        self.tensors()
        self.writer.write_header_to_file()
        self.writer.write_kv_data_to_file()
        self.writer.write_tensors_to_file()
        self.writer.close()

    def metadata(self):
        c, w = self.config, self.writer
        heads = c["num_attention_heads"]
        w.add_block_count(c["num_hidden_layers"])
        w.add_context_length(c["max_position_embeddings"])
        w.add_embedding_length(c["hidden_size"])
        w.add_feed_forward_length(c["intermediate_size"])
        w.add_head_count(heads)
        w.add_layer_norm_rms_eps(c["rms_norm_eps"])
        w.add_vocab_size(c["vocab_size"])
        if self.mla:
            self.mla_metadata()
        else:
            head_dim = c.get("head_dim") or c["hidden_size"] // heads
            w.add_head_count_kv(c.get("num_key_value_heads") or heads)
            w.add_rope_dimension_count(head_dim)
            w.add_key_length(head_dim)
            w.add_value_length(head_dim)
        if self.kind == "mixtral" and c.get("sliding_window"):
            w.add_sliding_window(c["sliding_window"])
        self.rope_metadata()
        self.expert_metadata()

    def mla_metadata(self):
        c, w = self.config, self.writer
        qk, latent = c["qk_nope_head_dim"] + c["qk_rope_head_dim"], c["kv_lora_rank"]
        w.add_rope_dimension_count(c["qk_rope_head_dim"])
        w.add_kv_lora_rank(latent)
        if c["q_lora_rank"]:
            w.add_q_lora_rank(c["q_lora_rank"])
        if self.joined:
            w.add_head_count_kv(c["num_attention_heads"])
            w.add_key_length(qk)
            w.add_value_length(c["v_head_dim"])
        else:
            w.add_head_count_kv(1)
            w.add_key_length(latent + c["qk_rope_head_dim"])
            w.add_value_length(latent)
            w.add_key_length_mla(qk)
            w.add_value_length_mla(c["v_head_dim"])
        if self.kind == "deepseek_v32":
            w.add_indexer_head_count(c["index_n_heads"])
            w.add_indexer_key_length(c["index_head_dim"])
            w.add_indexer_top_k(c["index_topk"])

    def rope_metadata(self):
        c, w = self.config, self.writer
        rope = c.get("rope_parameters") or {}
        w.add_rope_freq_base(rope.get("rope_theta", 10000.0))
        kind = rope.get("rope_type", "default")
        if kind == "linear":
            w.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
            w.add_rope_scaling_factor(rope["factor"])
        if kind == "yarn":
            w.add_rope_scaling_type(gguf.RopeScalingType.YARN)
            w.add_rope_scaling_factor(rope["factor"])
            w.add_rope_scaling_orig_ctx_len(rope["original_max_position_embeddings"])
            if "mscale_all_dim" in rope:
                w.add_rope_scaling_yarn_log_mul(0.1 * rope["mscale_all_dim"])
        if kind == "llama3":
            self.writer.add_tensor("rope_freqs.weight", self.llama3_divisors(rope))

    def llama3_divisors(self, rope):
        dim, original = self.config["head_dim"], rope["original_max_position_embeddings"]
        divisors = []
        for i in range(0, dim, 2):
            wavelength = 2 * math.pi * rope["rope_theta"] ** (i / dim)
            turns = original / wavelength
            smooth = (turns - rope["low_freq_factor"]) / (rope["high_freq_factor"] - rope["low_freq_factor"])
            divisors.append(1 / ((1 - min(max(smooth, 0), 1)) / rope["factor"] + min(max(smooth, 0), 1)))
        return np.array(divisors, dtype=np.float32)

    def expert_metadata(self):
        c, w = self.config, self.writer
        n = c.get("n_routed_experts") or c.get("num_local_experts")
        if not n:
            return
        w.add_expert_count(n)
        w.add_expert_used_count(c["num_experts_per_tok"])
        if self.kind == "mixtral":
            return
        w.add_leading_dense_block_count(c["first_k_dense_replace"])
        w.add_expert_feed_forward_length(c["moe_intermediate_size"])
        w.add_expert_shared_count(c["n_shared_experts"] or 0)
        sigmoid = self.kind in ("deepseek_v3", "deepseek_v32")
        if c.get("norm_topk_prob") and self.kind != "deepseek_v2":
            w.add_expert_weights_norm(True)
        if not self.mla:
            return
        w.add_expert_weights_scale(c["routed_scaling_factor"])
        if sigmoid:
            w.add_expert_gating_func(gguf.ExpertGatingFuncType.SIGMOID)
        if (c.get("n_group") or 1) > 1:
            w.add_expert_group_count(c["n_group"])
            w.add_expert_group_used_count(c["topk_group"])

    def put(self, name, tensor):
        """Vectors and routers stay float32, as converters keep them."""
        if tensor.dim() == 1 or "ffn_gate_inp" in name:
            tensor = tensor.float()
        kind = TYPES[tensor.dtype]
        self.writer.add_tensor(name, tensor.contiguous().view(torch.uint8).numpy(), raw_dtype=kind)

    def tensors(self):
        s, c = self.state, self.config
        self.put("token_embd.weight", s["model.embed_tokens.weight"])
        self.put("output_norm.weight", s["model.norm.weight"])
        if not c["tie_word_embeddings"] if "tie_word_embeddings" in c else True:
            self.put("output.weight", s["lm_head.weight"])
        for layer in range(c["num_hidden_layers"]):
            self.h, self.g = f"model.layers.{layer}.", f"blk.{layer}."
            self.copy("input_layernorm.weight", "attn_norm.weight")
            self.copy("post_attention_layernorm.weight", "ffn_norm.weight")
            self.mla_tensors() if self.mla else self.gqa_tensors()
            self.feed_forward()

    def copy(self, source, target, change=lambda t: t, required=True):
        if required or self.h + source in self.state:
            self.put(self.g + target, change(self.state[self.h + source]))

    def gqa_tensors(self):
        c = self.config
        heads = c["num_attention_heads"]
        kv = c.get("num_key_value_heads") or heads
        turn = (lambda n: lambda t: permuted(t, n)) if self.kind != "qwen2" else lambda n: lambda t: t
        for p, n in (("q", heads), ("k", kv)):
            self.copy(f"self_attn.{p}_proj.weight", f"attn_{p}.weight", turn(n))
            self.copy(f"self_attn.{p}_proj.bias", f"attn_{p}.bias", turn(n), required=False)
        for p, name in (("v", "attn_v"), ("o", "attn_output")):
            self.copy(f"self_attn.{p}_proj.weight", f"{name}.weight")
            self.copy(f"self_attn.{p}_proj.bias", f"{name}.bias", required=False)

    def mla_tensors(self):
        c = self.config
        for source, target in (("q_proj", "attn_q"), ("q_a_proj", "attn_q_a"), ("q_b_proj", "attn_q_b"),
                               ("q_a_layernorm", "attn_q_a_norm"), ("o_proj", "attn_output"),
                               ("kv_a_proj_with_mqa", "attn_kv_a_mqa"), ("kv_a_layernorm", "attn_kv_a_norm"),
                               ("indexer.wq_b", "indexer.attn_q_b"), ("indexer.wk", "indexer.attn_k"),
                               ("indexer.k_norm", "indexer.k_norm"), ("indexer.weights_proj", "indexer.proj")):
            self.copy(f"self_attn.{source}.weight", f"{target}.weight", required=False)
            if source == "indexer.k_norm":
                self.copy(f"self_attn.{source}.bias", f"{target}.bias", required=False)
        if self.joined:
            return self.copy("self_attn.kv_b_proj.weight", "attn_kv_b.weight")
        kv = self.state[self.h + "self_attn.kv_b_proj.weight"]
        kv = kv.view(c["num_attention_heads"], c["qk_nope_head_dim"] + c["v_head_dim"], -1)
        k, v = kv.split([c["qk_nope_head_dim"], c["v_head_dim"]], 1)
        self.put(self.g + "attn_k_b.weight", k.transpose(1, 2))
        self.put(self.g + "attn_v_b.weight", v)

    def feed_forward(self):
        router = next((r for r in ("mlp.gate.weight", "block_sparse_moe.gate.weight")
                       if self.h + r in self.state), None)
        if router is None:
            for p in ("gate", "up", "down"):
                self.copy(f"mlp.{p}_proj.weight", f"ffn_{p}.weight")
            return
        self.copy(router, "ffn_gate_inp.weight")
        self.copy("mlp.gate.e_score_correction_bias", "exp_probs_b.bias", required=False)
        for p in ("gate", "up", "down"):
            self.copy(f"mlp.shared_experts.{p}_proj.weight", f"ffn_{p}_shexp.weight", required=False)
        gate, up, down = self.experts(router)
        if self.one_by_one:
            for e in range(gate.shape[0]):
                for p, t in (("gate", gate), ("up", up), ("down", down)):
                    self.put(f"{self.g}ffn_{p}.{e}.weight", t[e])
        elif self.gate_up:
            self.put(self.g + "ffn_gate_up_exps.weight", torch.cat([gate, up], 1))
            self.put(self.g + "ffn_down_exps.weight", down)
        else:
            for p, t in (("gate", gate), ("up", up), ("down", down)):
                self.put(f"{self.g}ffn_{p}_exps.weight", t)

    def experts(self, router):
        """Gate, up and down of all experts, each [E, out, in], whatever the folder's layout."""
        s, block = self.state, self.h + router.removesuffix("gate.weight") + "experts"
        if block + ".gate_up_proj" in s:
            return *s[block + ".gate_up_proj"].chunk(2, 1), s[block + ".down_proj"]
        names = ("w1", "w3", "w2") if f"{block}.0.w1.weight" in s else ("gate_proj", "up_proj", "down_proj")
        n = self.config.get("n_routed_experts") or self.config["num_local_experts"]
        return [torch.stack([s[f"{block}.{e}.{p}.weight"] for e in range(n)]) for p in names]


if __name__ == "__main__":
    for variant, layout in VARIANTS.items():
        Twin(variant, **layout).write()
