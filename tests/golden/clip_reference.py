"""Trajectories of torch.optim under clipped gradients, clipped by torch.nn.utils.

    python -m tests.golden.clip_reference      # writes tests/golden/clip.json; needs torch

On a bowl whose gradients are far above the limit at first and below it in the end, with coordinates of several sizes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).with_name("clip.json")
STEPS = 300
START = [2.0, -1.5, 1.0, 0.5]
CURVATURE = [0.5, 20.0, 1e-3, 3.0]
CENTER = [3.0, 1.0, -2.0, 0.25]
# name -> (rule here, its hyperparameters, class in torch.optim, key of the limit, the limit)
CASES: dict[str, tuple[str, dict[str, Any], str, str, float]] = {
    "adamw-norm": ("adamw", {"lr": 0.03, "weight_decay": 0.1, "betas": (0.9, 0.99), "eps": 0.1}, "AdamW", "clip_norm", 0.7),
    "adamw-value": ("adamw", {"lr": 0.03, "weight_decay": 0.1, "betas": (0.9, 0.99), "eps": 0.1}, "AdamW", "clip_value", 0.4),
    "sgd-norm": ("sgd", {"lr": 0.02, "momentum": 0.9, "weight_decay": 0.1}, "SGD", "clip_norm", 1.0),
    "sgd-value": ("sgd", {"lr": 0.02, "momentum": 0.9, "weight_decay": 0.1}, "SGD", "clip_value", 0.5),
}  # fmt: skip


def trajectory(case: str) -> list[list[float]]:
    """Weights after every step, as torch computes them in float64."""
    import torch

    _, hyperparameters, class_name, key, limit = CASES[case]
    w = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    h, c = (torch.tensor(values, dtype=torch.float64) for values in (CURVATURE, CENTER))
    optimizer = getattr(torch.optim, class_name)([w], foreach=False, **hyperparameters)
    record = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        (h * (w - c) ** 2 / 2).sum().backward()
        if key == "clip_norm":
            torch.nn.utils.clip_grad_norm_([w], limit)
        else:
            torch.nn.utils.clip_grad_value_([w], limit)
        optimizer.step()
        record.append(w.tolist())
    return record


def main() -> None:
    """Write the golden file: every tenth step and the first ten."""
    import torch

    kept = [t for t in range(1, STEPS + 1) if t <= 10 or t % 10 == 0]
    cases = {}
    for case in CASES:
        whole = trajectory(case)
        cases[case] = [whole[t - 1] for t in kept]
    GOLDEN.write_text(
        json.dumps({"torch": str(torch.__version__).split("+")[0], "steps": kept, "cases": cases}, indent=0) + "\n"
    )


if __name__ == "__main__":
    main()
