"""Speed of the engine beside NumPy, PyTorch and JAX: one run, one thread, the same problem for everyone.

    python benchmarks/engine.py [--quick] [--format json]

AdamW in float64 on a diagonal quadratic, gradient written by hand. A result is the best of several repetitions in ns
per coordinate-step, seconds / (steps * d * lanes) * 1e9; repetitions alternate between the implementations, so that
noise on a busy machine hits everyone alike. Compilation and first calls are outside. What is timed is also
checked: everyone's final weights must equal the engine's after as many steps, or the numbers would not be of the same work.

Exit code 1 if they do not. A peer that is not installed is left out and named.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

# Libraries read these when they are imported.
for _name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR"):
    os.environ[f"{_name}_NUM_THREADS"] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["JAX_ENABLE_X64"] = "1"

import numpy as np  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

SHAPES = ((2, 1), (2, 64), (2, 1024), (10, 64), (100, 64))
LR, WEIGHT_DECAY, BETA1, BETA2, EPS = 1e-3, 0.1, 0.9, 0.999, 1e-8
TOLERANCE = 1e-9

Array = np.ndarray
Runner = Callable[[int], Array]  # steps -> final weights


@dataclass(frozen=True)
class Problem:
    """Quadratic bowl: gradient `curvature * (w - center)`; curvature and center one per coordinate, `start` (d, lanes)."""

    curvature: Array
    center: Array
    start: Array


def problem(d: int, lanes: int) -> Problem:
    """Return the problem of a shape.

    The centers lie outside the box |w| <= 1/weight_decay, where weights approach the box's wall, a stable fixed point.
    Around a center inside, AdamW with a constant learning rate cycles for ever, and after a million steps
    implementations that differ in one rounding are at different phases of the cycle. No weight passes 0, where
    a relative difference would say nothing.
    """
    rng = np.random.default_rng(2026)
    sign = np.where(np.arange(d) % 2 == 0, 1.0, -1.0)
    start = sign[:, None] * rng.uniform(0.5, 1.5, size=(d, lanes))
    return Problem(np.geomspace(0.5, 20.0, d), sign * np.linspace(15.0, 25.0, d), start)


def engine_batch(p: Problem):
    """Return the problem as the engine takes it."""
    from adamw_cli import registry
    from adamw_cli.engine.lower import Batch

    values = {"curvature": tuple(p.curvature), "matrix": None, "center": tuple(p.center), "rotation": None}
    scalars = {"lr": LR, "weight_decay": WEIGHT_DECAY, "beta1": BETA1, "beta2": BETA2, "eps": EPS}
    schedule = registry.load("schedules", "constant")
    return Batch(
        optimizer=registry.load("optimizers", "adamw"),
        landscape=registry.load("landscapes", "quadratic"),
        landscape_values=values,
        start=p.start,
        scalars={name: np.full(p.start.shape, value) for name, value in scalars.items()},
        switches={"amsgrad": False},
        schedules=[(schedule, {q.name: q.default for q in schedule.SPEC.parameters})] * p.start.shape[1],
    )


def engine_runner(p: Problem) -> Runner:
    """Through the public function, from the batch to the Trace."""
    from adamw_cli.engine.run import run

    batch = engine_batch(p)
    return lambda steps: run(batch, steps, threads=1).final_w


def numpy_runner(p: Problem) -> Runner:
    """One loop over steps, array expressions over (d, lanes)."""
    curvature, center = p.curvature[:, None], p.center[:, None]

    def advance(steps: int) -> Array:
        w, m, v = p.start.copy(), np.zeros_like(p.start), np.zeros_like(p.start)
        for t in range(1, steps + 1):
            g = curvature * (w - center)
            m = BETA1 * m + (1.0 - BETA1) * g
            v = BETA2 * v + (1.0 - BETA2) * g * g
            m_hat = m / (1.0 - BETA1**t)
            v_hat = v / (1.0 - BETA2**t)
            w = w - LR * (m_hat / (np.sqrt(v_hat) + EPS) + WEIGHT_DECAY * w)
        return w

    return advance


def torch_runner(p: Problem) -> Runner:
    """torch.optim.AdamW(fused=True) on one tensor; the gradient is put into .grad, no autograd."""
    torch = importlib.import_module("torch")
    torch.set_num_threads(1)
    start = torch.from_numpy(p.start)
    curvature, center = torch.from_numpy(p.curvature[:, None]), torch.from_numpy(p.center[:, None])

    def advance(steps: int) -> Array:
        w = torch.nn.Parameter(start.clone())
        w.grad = torch.empty_like(start)
        rule = torch.optim.AdamW(
            [w], lr=LR, betas=(BETA1, BETA2), eps=EPS, weight_decay=WEIGHT_DECAY, fused=True, amsgrad=False
        )
        with torch.no_grad():
            for _ in range(steps):
                torch.sub(w, center, out=w.grad)
                w.grad.mul_(curvature)
                rule.step()
        return w.detach().numpy()

    return advance


def jax_runner(p: Problem) -> Runner:
    """jit(vmap(scan(optax.adamw))), the lanes under vmap; compiled once per number of steps."""
    jax, optax = importlib.import_module("jax"), importlib.import_module("optax")
    jax.config.update("jax_enable_x64", True)
    rule = optax.adamw(LR, b1=BETA1, b2=BETA2, eps=EPS, weight_decay=WEIGHT_DECAY)
    curvature, center = jax.numpy.asarray(p.curvature), jax.numpy.asarray(p.center)
    start = jax.numpy.asarray(p.start.T)
    compiled: dict[int, Callable[..., object]] = {}

    def trajectory(steps: int) -> Callable[..., object]:
        def step(carry, _):
            w, state = carry
            updates, state = rule.update(curvature * (w - center), state, w)
            return (optax.apply_updates(w, updates), state), None

        def one_lane(w):
            return jax.lax.scan(step, (w, rule.init(w)), None, length=steps)[0][0]

        return jax.jit(jax.vmap(one_lane))

    def advance(steps: int) -> Array:
        if steps not in compiled:
            compiled[steps] = trajectory(steps)
        return np.asarray(jax.block_until_ready(compiled[steps](start))).T

    return advance


@dataclass(frozen=True)
class Peer:
    """An implementation, and roughly what a step costs it in ns: that decides how many steps a repetition takes."""

    runner: Callable[[Problem], Runner]
    per_step: float
    per_coordinate: float
    title: str

    def steps(self, coordinates: int, seconds: float) -> int:
        """Return how many steps fill about so many seconds."""
        return max(20, int(seconds * 1e9 / (self.per_step + self.per_coordinate * coordinates)))


PEERS = {
    "engine": Peer(engine_runner, 50.0, 2.5, "this engine"),
    "numpy": Peer(numpy_runner, 8000.0, 6.0, "NumPy loop"),
    "torch": Peer(torch_runner, 30000.0, 6.0, "torch.optim.AdamW(fused=True)"),
    "jax": Peer(jax_runner, 50.0, 2.5, "JAX jit(vmap(scan(optax.adamw)))"),
}


def one_core() -> str:
    """Bind this process to one processor where the system can; return what was done, in words."""
    if not hasattr(os, "sched_setaffinity"):
        return "not bound to a core"
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return f"bound to core {core}"


def available() -> dict[str, str]:
    """Return why a peer is missing, for each one that is; importing is part of the test."""
    reasons = {}
    for name, modules in {"torch": ("torch",), "jax": ("jax", "optax")}.items():
        for module in modules:
            try:
                importlib.import_module(module)
            except ImportError:
                reasons[name] = f"{module} is not installed"
                break
    return reasons


def compare(name: str, d: int, lanes: int, ours: Array, theirs: Array) -> float:
    """Return the largest relative difference; end the program if it is too large."""
    difference = float(np.max(np.abs(ours - theirs) / np.maximum(np.abs(ours), np.abs(theirs))))
    if not difference <= TOLERANCE:
        sys.exit(
            f"engine.py: d={d} lanes={lanes}: {name} and the engine end at different weights "
            f"(relative difference {difference:.1e}, allowed {TOLERANCE:.0e}); the times cannot be compared"
        )
    return difference


def measure(d: int, lanes: int, names: list[str], seconds: float, repetitions: int) -> tuple[dict[str, float], float]:
    """Return ns per coordinate-step of each implementation, and the largest relative difference of final weights."""
    p = problem(d, lanes)
    runners = {name: PEERS[name].runner(p) for name in names}
    steps = {name: PEERS[name].steps(d * lanes, seconds) for name in names}
    worst = 0.0
    for name in names:  # also compiles and warms up
        worst = max(worst, compare(name, d, lanes, runners["engine"](steps[name]), runners[name](steps[name])))
    best = dict.fromkeys(names, float("inf"))
    for _ in range(repetitions):
        for name in names:
            begin = time.perf_counter()
            runners[name](steps[name])
            best[name] = min(best[name], time.perf_counter() - begin)
    return {name: best[name] / (steps[name] * d * lanes) * 1e9 for name in names}, worst


def print_table(results: list[dict], missing: dict[str, str], worst: float, binding: str) -> None:
    """Print the results for people."""
    print(f"AdamW, float64, diagonal quadratic; one thread, {binding}; ns per coordinate-step, lower is better\n")
    others = [name for name in PEERS if name != "engine"]
    heads = ["d", "lanes", *PEERS, *(f"engine/{name}" for name in others)]
    print("".join(f"{head:>14}" for head in heads))
    for result in results:
        ns = result["ns"]
        cells = [str(result["d"]), str(result["lanes"])]
        cells += ["missing" if ns[name] is None else f"{ns[name]:.2f}" for name in PEERS]
        cells += ["-" if ns[name] is None else f"{ns['engine'] / ns[name]:.3f}" for name in others]
        print("".join(f"{cell:>14}" for cell in cells))
    print()
    for result in results:
        if result["lanes"] == 1:
            per_step = {name: ns * result["d"] for name, ns in result["ns"].items() if ns is not None}
            print(f"d={result['d']} lanes=1, ns per step: " + ", ".join(f"{k} {v:.1f}" for k, v in per_step.items()))
    print(f"final weights agree with the engine's: largest relative difference {worst:.1e} (allowed {TOLERANCE:.0e})")
    for name, reason in missing.items():
        print(f"missing: {PEERS[name].title}: {reason}")


def main() -> None:
    """Parse the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--format", choices=("table", "json"), default="table")
    parser.add_argument(
        "--quick", action="store_true", help="short repetitions: does it run and agree? (noisy numbers)"
    )
    parser.add_argument("--repetitions", type=int, help="of each implementation and shape, the best counts")
    parser.add_argument("--shape", action="append", metavar="D,LANES", help="instead of the five; may be repeated")
    parser.add_argument("--only", action="append", choices=[n for n in PEERS if n != "engine"], help="peer; repeatable")
    options = parser.parse_args()
    shapes = [tuple(int(n) for n in text.split(",")) for text in options.shape or ()] or list(SHAPES)
    binding = one_core()
    missing = available()
    names = [n for n in PEERS if n not in missing and (n == "engine" or not options.only or n in options.only)]
    missing.update({n: "not asked for" for n in PEERS if n not in names and n not in missing})
    results, worst = [], 0.0
    for d, lanes in shapes:
        ns, difference = measure(
            d, lanes, names, 0.005 if options.quick else 0.05, options.repetitions or (2 if options.quick else 30)
        )
        worst = max(worst, difference)
        rounded = {name: round(ns[name], 3) if name in ns else None for name in PEERS}
        results.append({"d": d, "lanes": lanes, "ns": rounded})
    if options.format == "json":
        print(json.dumps({"format": "adamw.benchmark-engine/1", "results": results}))
    else:
        print_table(results, missing, worst, binding)


if __name__ == "__main__":
    main()
