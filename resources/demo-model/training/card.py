"""Fill card.md with the figures of an evaluation: the model card is never edited by hand."""
import json
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
FIRST_RUN = ("base", "final", "last")  # stages of mixture.py


def parameters(cfg):
    h, V, L = cfg["hidden_size"], cfg["vocab_size"], cfg["num_hidden_layers"]
    H, dn, dr, dv = cfg["num_attention_heads"], cfg["qk_nope_head_dim"], cfg["qk_rope_head_dim"], cfg["v_head_dim"]
    rq, rk, m, E, k = cfg["q_lora_rank"], cfg["kv_lora_rank"], cfg["moe_intermediate_size"], cfg["n_routed_experts"], cfg["num_experts_per_tok"]
    attn = rq * h + rq + H * (dn + dr) * rq + (rk + dr) * h + rk + H * (dn + dv) * rk + h * H * dv + 2 * h
    dense = 3 * h * cfg["intermediate_size"]
    expert = 3 * h * m
    moe = E * expert + expert + E * h + E
    moe_act = k * expert + expert + E * h + E
    n = L - cfg["first_k_dense_replace"]
    main = 2 * V * h + h + L * attn + cfg["first_k_dense_replace"] * dense + n * moe
    act = V * h + h + h + L * attn + cfg["first_k_dense_replace"] * dense + n * moe_act
    mtp = attn + moe + 2 * h * h + 3 * h
    return {"main": main, "activated": act, "mtp_own": mtp, "stored": main + mtp + 2 * V * h,
            "compression": H * (dn + dv) / (rk + dr), "latent": rk + dr, "full": H * (dn + dv)}


def fmt(x, n=2):
    return f"{x:.{n}f}"


def fill(folder, run, res, cfg):
    p = parameters(cfg)
    log = [json.loads(l) for l in open(Path(run) / "log.jsonl")]
    last = log[-1]
    one = [r for r in log if r["stage"] in FIRST_RUN][-1]
    two = [r for r in log if "lr" not in r][-2]  # a run's last record has only its size
    v = {
        "main_M": fmt(p["main"] / 1e6), "act_M": fmt(p["activated"] / 1e6), "mtp_M": fmt(p["mtp_own"] / 1e6),
        "stored_M": fmt(p["stored"] / 1e6), "compression": fmt(p["compression"], 0), "latent": p["latent"], "full": p["full"],
        "file_mib": fmt((Path(folder) / "model.safetensors").stat().st_size / 2 ** 20),
        "tokens_M": fmt(last["tokens"] / 1e6, 1), "steps": last["step"], "minutes": fmt(last["minutes"], 0),
        "ngram_M": fmt(res["ngram_tokens"] / 1e6, 1), "shown_M": fmt(res["ngram_shown_tokens"] / 1e6, 1),
    }
    v.update(steps1=one["step"], tokens1_M=fmt(one["tokens"] / 1e6, 1), minutes1=fmt(one["minutes"], 0),
             steps2=two["step"] - one["step"], tokens2_M=fmt((two["tokens"] - one["tokens"]) / 1e6, 1),
             minutes2=fmt(two["minutes"] - one["minutes"], 0), tokens12_M=fmt(two["tokens"] / 1e6, 1),
             steps3=last["step"] - two["step"], tokens3_M=fmt((last["tokens"] - two["tokens"]) / 1e6, 1),
             minutes3=fmt(last["minutes"] - two["minutes"], 0))
    for k in ("hidden_size", "num_hidden_layers", "num_attention_heads", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim",
              "q_lora_rank", "kv_lora_rank", "intermediate_size", "moe_intermediate_size", "n_routed_experts", "n_group",
              "topk_group", "num_experts_per_tok", "routed_scaling_factor", "vocab_size", "max_position_embeddings", "rope_theta"):
        v[k] = cfg[k]
    gen = json.loads((Path(folder) / "generation_config.json").read_text())
    v["temperature"], v["top_p"] = gen["temperature"], gen["top_p"]
    rows = []
    for d, r in res["perplexity"].items():
        g, h = res["ngram"][d], res["ngram_shown"][d]
        rows.append(f"| {d} | {r['tokens']:,} | " + " | ".join(fmt(x[k]) for k in ("ppl", "answer_ppl") for x in (r, h, g)) + " |")
    v["perplexity"] = "\n".join(rows)
    ro = res["routing"]
    names = [f"{i + 1}" for i in range(len(ro["maxvio"]) - 1)] + ["MTP"]
    mi, sh = ro["mutual_information_bits"] + [None], ro["mutual_information_shuffled_bits"] + [None]
    v["balance"] = "\n".join(
        f"| {n} | {fmt(a)} | {fmt(b)} | {fmt(x, 3) if x is not None else '-'} | {fmt(y, 4) if y is not None else '-'} |"
        for n, a, b, x, y in zip(names, ro["maxvio"], ro["least"], mi, sh))
    v["balance_tokens"] = f"{ro['mixture_tokens']:,}"
    st = res["stories"]
    v.update(rep=fmt(100 * st["repetition_4gram"], 1), loop=fmt(100 * st["looping"], 1), ended=fmt(100 * st["ended"], 1),
             story_tokens=round(st["tokens"]), distinct=st["distinct"], turns=st["turn_prompts"], turns_ended=fmt(100 * st["turns_ended"], 1))
    ac = res["accuracy"]
    for k in ("sums_en", "sums_zh", "translation_patterns", "translation_tatoeba", "tale_questions_en", "tale_questions_zh"):
        v[k] = fmt(100 * ac[k], 1)
    out = []
    for i, (lang, msgs) in enumerate(res["dialogues"]):
        t = [f"**{i + 1}.**"]
        for m in msgs:
            who = "User" if m["role"] == "user" else "Model"
            t.append(f"> **{who}:** " + m["content"].replace("\n", "  \n> "))
        out.append("\n>\n".join([t[0] + "\n"] + t[1:]).replace("**\n\n>\n", "**\n\n"))
    v["dialogues"] = "\n\n".join(out)
    v["acceptance"] = "\n".join(f"{i + 1}. {q}  \n   *{a.strip()}*".replace("\n\n", "\n").replace("\n   *", "\n   *")
                                 if "\n" not in a else f"{i + 1}. {q}  \n   *" + " / ".join(x.strip() for x in a.split("\n") if x.strip()) + "*"
                                 for i, (q, a) in enumerate(res["acceptance"]))
    extra = Path(run) / "notes.json"
    v.update(json.loads(extra.read_text()) if extra.exists() else {})
    s = (HERE / "card.md").read_text("utf-8")
    for k, x in v.items():
        s = s.replace("{{" + k + "}}", str(x))
    assert "{{" not in s, s[s.index("{{"):][:60]
    return s
