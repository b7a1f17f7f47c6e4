"""`adamw decay`: weights of several sizes on a plateau, under decoupled and under coupled decay."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from adamw_cli.calculators.clock import chosen
from adamw_cli.calculators.numbers import checked, whole
from adamw_cli.errors import UsageError
from adamw_cli.judging.requests import request
from adamw_cli.judging.simulate import Comparison, RunResult, simulate
from adamw_cli.studies.study import MOST_STEPS, Hyperparameters, Study, planned
from adamw_cli.theory import half_life, plateau_l2

KINDS = ("adamw", "adam_l2")
STARTS = (0.1, 1.0, 100.0)
_TENTH = 0.1
_WANTED = [
    request("half_life"),
    request("half_life", {"fraction": _TENTH}),
    request("first_sign_change"),
    request("first_step"),
]
# Where the number of steps is left open: long enough for the tenth of AdamW's weights and for the first change of sign
# of Adam with L2, which comes at most so many memories of v after the |w|/lr steps that it takes at full speed.
_MEMORIES = 15.0
_MOST_CHOSEN = 2_000_000


@dataclass(frozen=True)
class DecayRun:
    """One weight under one rule.

    Attributes
    ----------
    kind, start : the rule and the weight at step 0.
    half_life, tenth_life : steps until |w| is half, or a tenth, of what it was.
    first_sign_change : step at which the weight first has the other sign.
    first_step : size of the first step.
    explanation : what happens to it, in a sentence.

    """

    kind: str
    start: float
    half_life: Comparison
    tenth_life: Comparison
    first_sign_change: Comparison
    first_step: Comparison
    explanation: str


@dataclass(frozen=True, repr=False)
class Decay(Study):
    """All weights under all rules; `simulation` has a run per rule and a coordinate per weight."""

    runs: tuple[DecayRun, ...]


def decay(
    *,
    start: Sequence[float] | None = None,
    lr: float = 1e-3,
    weight_decay: float = 0.1,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    steps: float | None = None,
    schedule: str = "constant",
    progress: Callable[[int, int], None] | None = None,
    **schedule_parameters: float | None,
) -> Decay:
    """Run AdamW and Adam with L2 where there is no gradient, for weights of several sizes.

    Parameters
    ----------
    start : weights at step 0, none of them 0; 0.1, 1 and 100 by default.
    lr, weight_decay, beta1, beta2, eps : of AdamW, and of the other rules as far as they have them.
    steps : length of the run; by default one that shows what there is to see, at most 2 million.
    schedule, schedule_parameters : the schedule of lr, and its parameters by name, such as `warmup_steps=100`.
    progress : called with the number of steps done and the number of all, of every rule together.

    Raises
    ------
    ScenarioError, UsageError
        If a number is out of range.

    >>> adamw, adam_l2 = decay(start=[0.1], lr=1e-3, weight_decay=0.1).runs
    >>> round(adamw.half_life.measured, 2), adam_l2.first_sign_change.measured
    (6931.13, 353.0)

    """
    hyper = Hyperparameters(lr, weight_decay, beta1, beta2, eps, schedule, chosen(schedule, schedule_parameters))
    starts = tuple(start) if start else STARTS
    if 0.0 in starts:
        raise UsageError("`start` must not be 0: nothing decays there", "give the weights at step 0")
    length = _length(hyper, starts) if steps is None else whole("steps", steps, MOST_STEPS)
    scenario = planned("decay", hyper, KINDS, {"kind": "plateau"}, starts, length)
    simulation = simulate(scenario, wanted=_WANTED, progress=progress)
    runs = [_run(hyper, run, i, w) for run in simulation.runs for i, w in enumerate(scenario.start)]
    return Decay(hyper, simulation, _summary(hyper, runs), tuple(runs))


def _length(hyper: Hyperparameters, starts: Sequence[float]) -> int:
    lr = checked("lr", hyper.lr, above=0.0)
    tenth = half_life.crossing_step(lr * hyper.weight_decay, _TENTH) or 0
    memory = 1.0 / (1.0 - hyper.beta2) if 0.0 <= hyper.beta2 < 1.0 else 0.0
    largest = max((abs(w) for w in starts if math.isfinite(w)), default=0.0)
    return int(min(_MOST_CHOSEN, max(10.0, 1.1 * tenth, largest / lr + _MEMORIES * memory)))


def _run(hyper: Hyperparameters, run: RunResult, i: int, start: float) -> DecayRun:
    found = DecayRun(
        kind=run.measured.kind,
        start=start,
        half_life=run.row("half_life").at(i),
        tenth_life=run.row("half_life", fraction=_TENTH).at(i),
        first_sign_change=run.row("first_sign_change").at(i),
        first_step=run.row("first_step").at(i),
        explanation="",
    )
    return replace(found, explanation=_decoupled(hyper) if found.kind == "adamw" else _coupled(hyper, found))


_REGIMES = {
    "none": "without decay the weight keeps its size",
    "monotone": "shrinks by the same part at every step, whatever its size",
    "one-step": "lr*weight_decay is 1: gone after one step",
    "alternating": "lr*weight_decay is above 1: shrinks, and changes its sign at every step",
    "marginal": "lr*weight_decay is 2: changes its sign at every step and keeps its size",
    "divergent": "lr*weight_decay is above 2: grows, and changes its sign at every step",
    "growing": "lr*weight_decay is below 0: grows",
}


def _decoupled(hyper: Hyperparameters) -> str:
    return _REGIMES[half_life.regime(hyper.lr * hyper.weight_decay)]


def _coupled(hyper: Hyperparameters, run: DecayRun) -> str:
    lam, size = hyper.weight_decay, abs(run.start)
    if lam <= 0.0:
        return "without decay the weight keeps its size" if lam == 0.0 else "weight_decay is below 0: grows"
    if size < plateau_l2.sign_phase_threshold(lam, hyper.eps):
        return "weight_decay*|w| is below eps: exponential, with rate lr*weight_decay/eps"
    naive = size / hyper.lr
    text = f"moves by about lr a step, whatever weight_decay is: |w|/lr = {naive:.6g} steps at full speed"
    crossing = run.first_sign_change.measured
    if crossing is not None and crossing > 1.5 * naive:
        text += f"; v remembers its size, so that it crosses zero {crossing / naive:.2g} times later"
    return text


def _summary(hyper: Hyperparameters, runs: Sequence[DecayRun]) -> str:
    """Who decays what, in a sentence that compares the measured half-lives."""
    measured = {kind: [r.half_life.measured for r in runs if r.kind == kind] for kind in KINDS}
    alike, unlike = measured["adamw"], measured["adam_l2"]
    known = [h for h in unlike if h is not None]
    if any(h is None for h in alike):
        return f"adamw: {_decoupled(hyper)}"
    text = f"adamw halves every weight in {alike[0]:.6g} steps"
    fixed = "its decay is a step of fixed size, not a fraction"
    if len(runs) > len(KINDS) and len(known) > 1 and max(known) > 1.01 * min(known):
        span = f"{min(known):.6g} to {max(known):.6g} steps, more for larger weights"
        return f"{text}; adam_l2 needs {span}: {fixed}"
    if any(h is None for h in unlike):
        return f"{text}; adam_l2 does not halve the largest within the run: {fixed}"
    return text + (f"; adam_l2 in {known[0]:.6g}" if known else "")
