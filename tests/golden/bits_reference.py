"""The last weights of a dozen shipped scenarios, bit for bit: `python -m tests.golden.bits_reference` writes bits.json anew.

It is written anew only where a change of bits is intended, and the change says by how much.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np

from adamw_cli import load_scenario, simulate

PATH = Path(__file__).with_name("bits.json")
NAMES = (
    "anisotropic_quadratic",
    "antithetic",
    "box",
    "clipping",
    "cosine_warmup",
    "few_bits",
    "gradient_flip",
    "layer_norms",
    "online_sequence",
    "parameter_groups",
    "plateau",
    "residual_momentum",
    "scale_invariant",
    "weight_sizes",
)


def powers() -> str:
    """What NumPy's power function makes of the default betas: processors differ in its last bit."""
    table = np.array([0.9, 0.999]) ** np.arange(1024.0)[:, None]
    return hashlib.sha256(table.tobytes()).hexdigest()


def last_weights(name: str) -> dict[str, list[str]]:
    """Run -> its weights after the last step, of the first trial, as hexadecimal floats."""
    runs = (result.measured for result in simulate(load_scenario(name)).runs)
    return {run.run: [float(w).hex() for w in run.trace.final_w[:, 0]] for run in runs}


if __name__ == "__main__":
    found = {"powers": powers(), "weights": {name: last_weights(name) for name in NAMES}}
    PATH.write_text(json.dumps(found, indent=1) + "\n")
