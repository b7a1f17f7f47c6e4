"""`adamw critical-lambda`: a gradient has gone, momentum has not; which weight decay just balances it, step by step."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from adamw_cli import registry
from adamw_cli.calculators.clock import chosen
from adamw_cli.calculators.numbers import whole
from adamw_cli.engine.assemble import batches
from adamw_cli.engine.lower import Batch
from adamw_cli.engine.run import resumed, run
from adamw_cli.judging.requests import request
from adamw_cli.judging.simulate import Comparison, compared, simulate
from adamw_cli.judging.warn import update_bound_note
from adamw_cli.scenario.model import Scenario
from adamw_cli.studies.balance import balance
from adamw_cli.studies.study import MOST_STEPS, Hyperparameters, Study, after, planned
from adamw_cli.theory import residual
from adamw_cli.trace import Trace

KINDS = ("adam", "adamw")
STEPS_AFTER = (1, 2, 3, 5, 8, 13, 20, 30, 50)
_WANTED = ("peak_step", "overshoot", "residual_drift")
_LEAST_AFTER = 300
# Steps before the gradient goes that are shown.
_BEFORE = 10
INWARD = "the momentum pushes the weight towards zero, as decay does: nothing to balance"
NO_MOMENTUM = "there is no momentum: no gradient came before"
AT_ZERO = "the weight is 0 there, where decay has no effect"
_CONSTANT_LR = "a closed form is known for a constant learning rate"


@dataclass(frozen=True)
class CurvePoint:
    """The balance at step pulse_steps + j.

    Attributes
    ----------
    j : steps after the last gradient.
    m_hat, v_hat : corrected averages at that step.
    w : weight before it.
    critical_lambda : weight decay for which the step is 0, everything before it being as it was.
    step_at_critical_lambda : how far the weight then moves, and next_step in the step after; None without a balance.
    self_consistent : weight decay for which the step is 0 if it acts from the first step on.
    reason : why there is no balance; empty where there is one.

    """

    j: int
    m_hat: float
    v_hat: float
    w: float
    critical_lambda: Comparison
    step_at_critical_lambda: float | None
    next_step: float | None
    self_consistent: Comparison
    reason: str


@dataclass(frozen=True, repr=False)
class CriticalLambda(Study):
    """The curve, and what the run with the given weight decay does; `simulation` has the paths with and without decay."""

    gradient: float
    pulse_steps: int
    curve: tuple[CurvePoint, ...]
    peak_step: Comparison
    peak_excursion: Comparison
    residual_drift: Comparison
    notes: tuple[str, ...]

    @property
    def window(self) -> tuple[int, float]:
        """First and last step of what is worth a look."""
        return max(0, self.pulse_steps - _BEFORE), math.inf


def critical_lambda(
    *,
    start: float = 1.0,
    gradient: float = -1.0,
    pulse_steps: float = 100,
    lr: float = 1e-3,
    weight_decay: float = 0.1,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    steps: float | None = None,
    schedule: str = "constant",
    progress: Callable[[int, int], None] | None = None,
    **schedule_parameters: float | None,
) -> CriticalLambda:
    """Run a gradient that goes, and find the weight decay that balances what is left of the momentum, step by step.

    The balance is found with the engine, and put beside theory.

    Parameters
    ----------
    start : weight at step 0.
    gradient, pulse_steps : G, and how many steps have it.
    lr, weight_decay, beta1, beta2, eps : of AdamW; the curve lies on the path of this weight_decay.
    steps : length of the run; by default one in which the momentum is used up.
    schedule, schedule_parameters : the schedule of lr, and its parameters by name, such as `warmup_steps=100`.
    progress : called with the number of steps done and the number of all, of every rule together.

    Raises
    ------
    ScenarioError, UsageError
        If a number is out of range.

    >>> first = critical_lambda(weight_decay=0.1).curve[0]
    >>> first.j, round(first.critical_lambda.measured, 4)
    (1, 0.8304)

    """
    hyper = Hyperparameters(lr, weight_decay, beta1, beta2, eps, schedule, chosen(schedule, schedule_parameters))
    k = whole("pulse_steps", pulse_steps, MOST_STEPS, least=0)
    place = {"kind": "gradient_pulse", "gradient": gradient, "pulse_steps": k}
    length = after(k, hyper, _LEAST_AFTER) if steps is None else steps
    scenario = planned("critical-lambda", hyper, KINDS, place, [start], length, every=1 if length <= 10**6 else None)
    simulation = simulate(scenario, wanted=[request(name) for name in _WANTED], progress=progress)
    with_decay, without = simulation.run("adamw"), simulation.run("adam")
    curve = _curve(scenario, hyper, gradient, k, [j for j in STEPS_AFTER if k + j <= scenario.steps])
    excursion = with_decay.row("overshoot").at(0)
    return CriticalLambda(
        hyperparameters=hyper,
        simulation=simulation,
        explanation=_summary(hyper.weight_decay, curve, excursion),
        gradient=gradient,
        pulse_steps=k,
        curve=curve,
        peak_step=with_decay.row("peak_step").at(0),
        peak_excursion=excursion,
        residual_drift=without.row("residual_drift").at(0),
        notes=_notes(hyper),
    )


def _notes(hyper: Hyperparameters) -> tuple[str, ...]:
    growing = "beta1 > sqrt(beta2): the update grows after the gradient has gone, until sqrt(v) is down to eps; there is no drift formula, what is printed is summed up over this run"
    bound = update_bound_note(hyper.beta1, hyper.beta2)
    return (bound,) if hyper.beta1**2 < hyper.beta2 else (bound, growing)


def _curve(scenario: Scenario, hyper: Hyperparameters, G: float, k: int, js: Sequence[int]) -> tuple[CurvePoint, ...]:
    batch = replace(next(batch for names, batch in batches(scenario) if "adamw" in names), length=scenario.steps)
    if not js:
        return ()
    first = run(batch, k, states=True) if k else None
    tail = resumed(batch, first) if first is not None else batch
    trace = run(tail, k + js[-1], every=1, states=True)
    schedule = scenario.schedule
    constant = registry.load("schedules", schedule.kind).SPEC.is_constant(schedule.values)
    numbers = hyper.lr, hyper.weight_decay, hyper.beta1, hyper.beta2, hyper.eps
    theory = residual.path(scenario.start[0], G, k, k + js[-1], *numbers) if constant else None
    return tuple(_point(batch, trace, hyper, G, k, j, theory) for j in js)


def _point(
    batch: Batch, trace: Trace, hyper: Hyperparameters, G: float, k: int, j: int, theory: list[float] | None
) -> CurvePoint:
    row = j - 1  # of the state before the step
    w = float(trace.w[row, 0, 0])
    state = {name: values[row] for name, values in trace.states.items()}
    here = replace(batch, start=trace.w[row], first=k + row, states=state)
    m_hat = float(trace.states["m"][j, 0, 0]) / (1.0 - hyper.beta1 ** (k + j))
    v_hat = float(trace.states["v"][j, 0, 0]) / (1.0 - hyper.beta2 ** (k + j))
    reason = NO_MOMENTUM if m_hat == 0.0 else AT_ZERO if w == 0.0 else INWARD if w * m_hat > 0.0 else ""
    numbers = (hyper.beta1, hyper.beta2, hyper.eps)
    wanted = consistent = None
    if theory is not None:
        wanted = residual.critical_lambda(theory[k + row], G, k, j, *numbers)
        consistent = residual.self_consistent_critical_lambda(float(batch.start[0, 0]), G, k, j, hyper.lr, *numbers)
    found = None if reason else balance(here, 1)
    whole_run = balance(replace(batch, first=0), k + j)
    acting = whole_run.weight_decay if whole_run else None
    note = reason or ("" if theory is not None else _CONSTANT_LR)
    condition = "k steps of constant G, then none: -m_hat/((sqrt(v_hat) + eps) w)"
    return CurvePoint(
        j=j,
        m_hat=m_hat,
        v_hat=v_hat,
        w=w,
        critical_lambda=compared(found.weight_decay if found else None, None if reason else wanted, condition, note),
        step_at_critical_lambda=found.step if found else None,
        next_step=found.next_step if found else None,
        self_consistent=compared(acting, consistent, f"{condition}, with that decay from step 1 on", note),
        reason=reason,
    )


def _summary(lam: float, curve: Sequence[CurvePoint], excursion: Comparison) -> str:
    if not curve:
        return "the run ends before the gradient has gone for a step"
    first = curve[0]
    if first.reason:
        return first.reason
    wanted = first.critical_lambda.measured
    if wanted is None:
        return ""
    if lam < wanted:
        grown = "" if excursion.measured is None else f" by {excursion.measured:.4g} in all"
        what = f"below the critical {wanted:.4g}: the weight still grows after the gradient has gone{grown}"
    else:
        what = f"at or above the critical {wanted:.4g}: decay wins from the first step on"
    frozen = "at the critical value of a step the weight stays where it is for exactly that one step: the momentum fades, decay does not"
    return f"weight_decay {lam:g} is {what}; {frozen}"
