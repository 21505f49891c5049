"""Run the auxiliary-loss-free balance rule further on training text with every other weight frozen, then check the folder.

  python calibrate.py --model FOLDER --data DATA_DIR --steps 60       (--steps 0: only the check)
"""
import argparse
import os
from pathlib import Path

os.environ.setdefault("DEMO_COMPILE", "0")
import torch
from safetensors.torch import load_file, save_file

import model as M
from mixture import MEASURED, STAGES


def check(folder):
    """Largest difference of float32 logits from transformers', relative to the largest logit."""
    import transformers
    from transformers import AutoModelForCausalLM
    transformers.logging.set_verbosity_error()
    ours = M.load_export(M.read_config(folder / "config.json"), load_file(folder / "model.safetensors"))
    theirs = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    torch.manual_seed(0)
    x = torch.randint(3, ours.cfg["vocab_size"] - 3, (2, 512))
    with torch.no_grad():
        a, b = ours(x), theirs(x).logits
    return ((a - b).abs().max() / b.abs().max()).item()


@torch.no_grad()
def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--model", required=True)
    ap.add_argument("--data", required=True)
    ap.add_argument("--steps", type=int, default=60)
    ap.add_argument("--threads", type=int, default=1)
    a = ap.parse_args()
    torch.set_num_threads(a.threads)
    folder = Path(a.model)
    if a.steps:
        from train import Data
        model = M.load_export(M.read_config(folder / "config.json"), load_file(folder / "model.safetensors")).eval()
        data = Data(a.data, "train")
        data.set_mixture(STAGES[MEASURED], 555)
        mean = None
        for step in range(a.steps):
            x, _ = data.batch()
            L = x.shape[1] - 2
            model.mtp_hidden(model.hidden(x[:, :L]).view(x.shape[0], L, -1), x[:, 1:L + 1])
            vio = []
            speed = 2e-3 * (1 - step / a.steps) + 2e-4
            for layer in model.moe_layers():
                load = layer.load / layer.load.mean()
                vio.append(load.max().item() - 1)
                layer.bias += speed * torch.sign(1 - load)
                layer.load.zero_()
            print(f"step {step} MaxVio of the batch " + " ".join(f"{v:.2f}" for v in vio), flush=True)
        t = load_file(folder / "model.safetensors")
        names = [k for k in sorted(t, key=lambda k: int(k.split(".")[2]) if k.startswith("model.layers") else -1)
                 if k.endswith("e_score_correction_bias")]
        for k, layer in zip(names, model.moe_layers()):
            t[k] = layer.bias.clone()
        save_file(t, folder / "model.safetensors", metadata={"format": "pt"})
    d = check(folder)
    print(f"largest difference from transformers, relative: {d:.2e}")
    assert d < 1e-4


if __name__ == "__main__":
    main()
