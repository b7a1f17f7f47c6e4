"""What noise, clipping and few bits cost: AdamW with each beside AdamW without, one run, one thread, the same problem; and LAMB.

    python benchmarks/extras.py [--repetitions N]

The problem is that of engine.py. Repetitions alternate between the kinds; the best of each counts, in ns per coordinate-step.
Exit code 1 if Gaussian noise makes a step more than 2.5 times as long, weights in bfloat16 more than 3 times, clipping by norm more
than 2 times, or if a step of LAMB, which goes through the coordinates twice, takes more than 3.5 times as long as one of AdamW.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import time
from pathlib import Path
from typing import get_args

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from adamw_cli import registry
from adamw_cli.engine.kernel import Clipped
from adamw_cli.engine.lower import Draws, GradientLimit, Layer, Storage
from adamw_cli.engine.run import run
from benchmarks.engine import engine_batch, one_core, problem

SHAPES = ((2, 1024), (100, 64))
MOST = {"gaussian": 2.5, "bfloat16": 3.0, "clip_norm": 2.0, "lamb": 3.5}
# weights, state, stochastic, kahan
STORED: dict[str, tuple[str, str, bool, bool]] = {
    "bfloat16": ("bfloat16", "float64", False, False),
    "bfloat16 and float32": ("bfloat16", "float32", False, False),
    "bfloat16, stochastic": ("bfloat16", "float64", True, False),
    "bfloat16, kahan": ("bfloat16", "float64", False, True),
}
STEP_NS = 1.2  # of a coordinate without either, roughly


def measure(d: int, lanes: int, repetitions: int) -> dict[str, float]:
    """Return ns per coordinate-step, without noise first."""
    bare = engine_batch(problem(d, lanes))
    batches = {"without": bare}
    for kind in registry.names("noises"):
        module = registry.load("noises", kind)
        if not module.SPEC.exact:
            values = {p.name: np.full((d, lanes), 4.0 if p.kind == "int" else 0.1) for p in module.SPEC.parameters}
            draws = Draws((Layer(module, values),), 0, np.arange(lanes))
            batches[kind] = dataclasses.replace(bare, draws=draws)
            if kind == "gaussian":
                mirrored = dataclasses.replace(draws, mirrored=np.arange(lanes) % 2.0)
                batches["gaussian, antithetic"] = dataclasses.replace(bare, draws=mirrored)
    for name, given in STORED.items():
        batches[name] = dataclasses.replace(bare, storage=Storage(*given, 0, np.arange(lanes)))
    for clipped in get_args(Clipped):
        batches[f"clip_{clipped}"] = dataclasses.replace(bare, clip=GradientLimit(clipped, np.full(lanes, 1.0)))
    lamb = registry.load("optimizers", "lamb")
    scalars = {name: bare.scalars[name] for name in lamb.SPEC.scalars}
    batches["lamb"] = dataclasses.replace(bare, optimizer=lamb, scalars=scalars, switches={})
    steps = int(0.05e9 / (d * lanes * STEP_NS))
    best = dict.fromkeys(batches, float("inf"))
    for repetition in range(repetitions + 1):  # the first one compiles
        for kind, batch in batches.items():
            begin = time.perf_counter()
            run(batch, steps, threads=1)
            if repetition:
                best[kind] = min(best[kind], time.perf_counter() - begin)
    return {kind: seconds / (steps * d * lanes) * 1e9 for kind, seconds in best.items()}


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repetitions", type=int, default=20)
    repetitions = parser.parse_args().repetitions
    print(f"AdamW, float64, diagonal quadratic; one thread, {one_core()}; ns per coordinate-step (ratio)")
    ratios = dict.fromkeys(MOST, 0.0)
    for d, lanes in SHAPES:
        ns = measure(d, lanes, repetitions)
        print(f"d={d} lanes={lanes}: " + ", ".join(f"{k} {v:.2f} ({v / ns['without']:.2f})" for k, v in ns.items()))
        ratios = {name: max(ratio, ns[name] / ns["without"]) for name, ratio in ratios.items()}
    return int(any(ratios[name] > most for name, most in MOST.items()))


if __name__ == "__main__":
    sys.exit(main())
