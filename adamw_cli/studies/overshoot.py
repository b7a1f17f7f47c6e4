"""`adamw overshoot`: a gradient turns round; how far momentum carries a weight on, with and without decay, and why."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from adamw_cli.calculators.clock import chosen
from adamw_cli.calculators.numbers import whole
from adamw_cli.judging.requests import request
from adamw_cli.judging.simulate import Comparison, RunResult, simulate
from adamw_cli.studies.study import MOST_STEPS, Hyperparameters, Study, after, planned
from adamw_cli.theory import flip

KINDS = ("adam", "adamw", "adam_l2")
_WANTED = ("flip_steps", "overshoot", "return_time", "peak_step")
# Steps after the flip where their number is left open: several times what the momentum needs to turn and come back.
_LEAST_AFTER = 200
# Steps before the flip that are shown.
_BEFORE = 10


@dataclass(frozen=True)
class OvershootRun:
    """One rule through the flip.

    Attributes
    ----------
    kind : the rule.
    weight_at_flip : w_T.
    flip_steps : steps after the flip until the momentum has turned.
    overshoot : how far the weight goes on the way that it went before the flip.
    peak_step, return_step : steps after the flip until it is furthest, and until it is back.
    explanation : why, in a sentence.

    """

    kind: str
    weight_at_flip: float
    flip_steps: Comparison
    overshoot: Comparison
    peak_step: Comparison
    return_step: Comparison
    explanation: str


@dataclass(frozen=True, repr=False)
class Overshoot(Study):
    """All rules; `crossover_gradient` is G_c, nan where nothing overshoots (beta1 < 1/2)."""

    gradient: float
    flip_at: int
    crossover_gradient: float
    runs: tuple[OvershootRun, ...]

    @property
    def window(self) -> tuple[int, float]:
        """First and last step of what is worth a look: twice as far as the slowest needs to come back."""
        back = max((run.return_step.measured or 0.0 for run in self.runs), default=0.0)
        return max(0, self.flip_at - _BEFORE), self.flip_at + max(2.0 * back, _BEFORE) if back else math.inf


def overshoot(
    *,
    start: float = 5.0,
    gradient: float = 1.0,
    flip_at: float = 1000,
    lr: float = 1e-3,
    weight_decay: float = 0.02,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    steps: float | None = None,
    schedule: str = "constant",
    progress: Callable[[int, int], None] | None = None,
    **schedule_parameters: float | None,
) -> Overshoot:
    """Run a gradient that flips, without decay, with decoupled and with coupled decay.

    Parameters
    ----------
    start : weight at step 0.
    gradient, flip_at : G, and the last step that has it; then it is -G.
    lr, weight_decay, beta1, beta2, eps : of AdamW, and of the other rules as far as they have them.
    steps : length of the run; by default one in which the weight comes back.
    schedule, schedule_parameters : the schedule of lr, and its parameters by name, such as `warmup_steps=100`.
    progress : called with the number of steps done and the number of all, of every rule together.

    Raises
    ------
    ScenarioError, UsageError
        If a number is out of range.

    >>> overshoot(start=-5.0).explanation.partition(" (")[0]
    'adam_l2 overshoots more than adamw'

    """
    hyper = Hyperparameters(lr, weight_decay, beta1, beta2, eps, schedule, chosen(schedule, schedule_parameters))
    T = whole("flip_at", flip_at, MOST_STEPS, least=0)
    place = {"kind": "gradient_flip", "gradient": gradient, "flip_at": T}
    length = after(T, hyper, _LEAST_AFTER) if steps is None else steps
    scenario = planned("overshoot", hyper, KINDS, place, [start], length, every=1)
    wanted = [*map(request, _WANTED), request("weight", {"step": T})]
    simulation = simulate(scenario, wanted=wanted, progress=progress)
    runs = [_run(run, T) for run in simulation.runs]
    crossover = flip.crossover_gradient(hyper.beta1)
    explained = tuple(replace(run, explanation=_explain(hyper, gradient, run, runs[0])) for run in runs)
    text = _summary(hyper, gradient, crossover, explained)
    return Overshoot(hyper, simulation, text, gradient, T, crossover, explained)


def _run(run: RunResult, T: int) -> OvershootRun:
    weight = run.row("weight", step=T).at(0).measured
    return OvershootRun(
        kind=run.measured.kind,
        weight_at_flip=math.nan if weight is None else weight,
        flip_steps=run.row("flip_steps").at(0),
        overshoot=run.row("overshoot").at(0),
        peak_step=run.row("peak_step").at(0),
        return_step=run.row("return_time").at(0),
        explanation="",
    )


def _explain(hyper: Hyperparameters, G: float, run: OvershootRun, without: OvershootRun) -> str:
    size, plain = run.overshoot.measured, without.overshoot.measured
    if size is None or plain is None:
        return "no overshoot is measured: there is no push before the flip, no step after it, or the run diverged"
    if run.kind == "adam":
        if size == 0.0:
            return "no overshoot: the momentum turns with the gradient"
        return f"no decay: momentum alone carries it on for {run.peak_step.measured:.0f} steps"
    side, lam = run.weight_at_flip * G, hyper.weight_decay
    if run.kind == "adam_l2" and side > 0.0 and lam * run.weight_at_flip / G >= 1.0:
        return (
            f"weight_decay*w = {lam * abs(run.weight_at_flip):.4g} is at least |G| = {abs(G):.4g}: the regularised gradient never "
            "changes sign, the weight runs on to G/weight_decay; an overshoot against the data gradient only"
        )
    change = size - plain
    if change == 0.0:
        return "as without decay" + (": the weight is 0 at the flip, or nothing overshoots" if lam else "")
    word = "more" if change > 0.0 else "less"
    why = {
        1: "w*G > 0: the weight is on its way to zero, and decay pulls the same way as the momentum",
        -1: "w*G < 0: the weight is past zero, and decay pulls against the momentum",
        0: "the weight is 0 at the flip",
    }[(side > 0.0) - (side < 0.0)]
    percent = f"{100.0 * abs(change) / plain:.3g} % " if plain else ""
    return f"{percent}{word} than without decay; {why}"


def _summary(hyper: Hyperparameters, G: float, crossover: float, runs: Sequence[OvershootRun]) -> str:
    """Who overshoots more, and whether that is what the first-order rule says."""
    by_kind = {run.kind: run for run in runs}
    decoupled, coupled = by_kind["adamw"], by_kind["adam_l2"]
    a, b = decoupled.overshoot.measured, coupled.overshoot.measured
    if a is None or b is None:
        return ""
    if a == b:
        return "adamw and adam_l2 overshoot alike"
    worse, other = ("adam_l2", "adamw") if b > a else ("adamw", "adam_l2")
    text = f"{worse} overshoots more than {other} ({max(a, b):.6g} against {min(a, b):.6g})"
    side, mu = decoupled.weight_at_flip * G, hyper.weight_decay * coupled.weight_at_flip / G
    if side > 0.0 and mu >= 1.0:
        return f"{text}: weight_decay*w is at least |G|, so the momentum of adam_l2 does not turn"
    if side == 0.0 or math.isnan(crossover):
        return text
    small = abs(G) < crossover
    expected = "adam_l2" if small == (side > 0.0) else "adamw"
    sign, order = (">" if side > 0.0 else "<"), ("<" if small else ">=")
    effect = "adds" if side > 0.0 else "takes away"
    larger = "coupled" if small else "decoupled"
    rule = f"w*G {sign} 0 and |G| = {abs(G):.4g} {order} G_c = {crossover:.4g}, where {larger} decay {effect} more"
    if expected == worse:
        return f"{text}: {rule}"
    return f"{text}, though {rule} to first order in weight_decay*w/G, which is {mu:.3g} here"
