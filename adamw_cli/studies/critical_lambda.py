"""`adamw critical-lambda`: a gradient has gone, momentum has not; which weight decay just balances it, step by step."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from adamw_cli.engine.assemble import batches
from adamw_cli.engine.lower import Batch
from adamw_cli.engine.run import resumed, run
from adamw_cli.judging.requests import request
from adamw_cli.judging.simulate import Comparison, Simulation, compared, simulate
from adamw_cli.judging.warn import update_bound_note
from adamw_cli.scenario.model import Scenario
from adamw_cli.studies.balance import balance
from adamw_cli.studies.study import Settings, study, whole
from adamw_cli.theory import residual
from adamw_cli.trace import Trace

KINDS = ("adam", "adamw")
STEPS_AFTER = (1, 2, 3, 5, 8, 13, 20, 30, 50)
_WANTED = ("peak_step", "overshoot", "residual_drift")
_LEAST_AFTER = 300
_MEMORIES = 60.0
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


@dataclass(frozen=True)
class CriticalLambda:
    """The curve, and what the run with the given weight decay does; `simulation` has the paths with and without decay."""

    settings: Settings
    gradient: float
    pulse_steps: int
    simulation: Simulation
    curve: tuple[CurvePoint, ...]
    peak_step: Comparison
    peak_excursion: Comparison
    residual_drift: Comparison
    explanation: str
    notes: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def window(self) -> tuple[int, float]:
        """First and last step of what is worth a look."""
        return max(0, self.pulse_steps - _BEFORE), math.inf


def critical_lambda(
    settings: Settings,
    start: float = 1.0,
    gradient: float = -1.0,
    pulse_steps: float = 100,
    steps: float | None = None,
    progress: Callable[[int], None] | None = None,
) -> CriticalLambda:
    """Run the pulse, find the balance at several steps after it with the engine, and put theory beside it.

    Parameters
    ----------
    settings : hyperparameters and schedule; weight_decay is that of the run on whose path the curve lies.
    start : weight at step 0.
    gradient, pulse_steps : G, and how many steps have it.
    steps : length of the run; None chooses one in which the momentum is used up.
    progress : called with the number of steps done, of both rules together.

    Raises
    ------
    ScenarioError, UsageError
        If a number is out of range.

    """
    k = whole("--pulse-steps", pulse_steps, least=0)
    scenario = plan(settings, start, gradient, k, steps)
    simulation = simulate(scenario, wanted=[request(name) for name in _WANTED], progress=progress)
    with_decay, without = simulation.run("adamw"), simulation.run("adam")
    after = [j for j in STEPS_AFTER if k + j <= scenario.steps]
    curve = _curve(scenario, settings, gradient, k, after)
    return CriticalLambda(
        settings=settings,
        gradient=gradient,
        pulse_steps=k,
        simulation=simulation,
        curve=curve,
        peak_step=with_decay.row("peak_step").at(0),
        peak_excursion=with_decay.row("overshoot").at(0),
        residual_drift=without.row("residual_drift").at(0),
        explanation=_summary(settings, gradient, curve, with_decay.row("overshoot").at(0)),
        notes=_notes(settings),
        warnings=simulation.warnings,
    )


def _notes(settings: Settings) -> tuple[str, ...]:
    bound = update_bound_note(settings.beta1, settings.beta2)
    if settings.beta1**2 < settings.beta2:
        return (bound,)
    return (
        bound,
        "beta1 > sqrt(beta2): the update grows after the gradient has gone, until sqrt(v) is down to eps; there is no drift formula, what is printed is summed up over this run",
    )


def plan(settings: Settings, start: float, gradient: float, pulse_steps: float, steps: float | None) -> Scenario:
    """Return the scenario that is run."""
    k = whole("--pulse-steps", pulse_steps, least=0)
    memory = 1.0 / (1.0 - settings.beta1) if 0.0 <= settings.beta1 < 1.0 else 0.0
    chosen = k + max(_LEAST_AFTER, math.ceil(_MEMORIES * memory)) if steps is None else steps
    place = {"kind": "gradient_pulse", "gradient": gradient, "pulse_steps": k}
    return study("critical-lambda", settings, KINDS, place, [start], chosen, every=1 if chosen <= 10**6 else None)


def _curve(scenario: Scenario, settings: Settings, G: float, k: int, after: Sequence[int]) -> tuple[CurvePoint, ...]:
    batch = replace(next(batch for names, batch in batches(scenario) if "adamw" in names), length=scenario.steps)
    if not after:
        return ()
    first = run(batch, k, states=True) if k else None
    tail = resumed(batch, first) if first is not None else batch
    trace = run(tail, k + after[-1], every=1, states=True)
    schedule = scenario.schedule
    theory = (
        _theory(scenario, settings, G, k, after[-1])
        if schedule.kind == "constant" and not schedule.values["warmup_steps"]
        else None
    )
    return tuple(_point(batch, trace, settings, G, k, j, theory) for j in after)


def _theory(scenario: Scenario, settings: Settings, G: float, k: int, most: int) -> list[float]:
    """Theory's own path of the weight."""
    numbers = (settings.beta1, settings.beta2, settings.eps)
    return residual.path(scenario.start[0], G, k, k + most, settings.lr, settings.weight_decay, *numbers)


def _point(
    batch: Batch, trace: Trace, settings: Settings, G: float, k: int, j: int, theory: list[float] | None
) -> CurvePoint:
    row = j - 1  # of the state before the step
    w = float(trace.w[row, 0, 0])
    state = {name: values[row] for name, values in trace.states.items()}
    here = replace(batch, start=trace.w[row], first=k + row, states=state)
    m_hat = float(trace.states["m"][j, 0, 0]) / (1.0 - settings.beta1 ** (k + j))
    v_hat = float(trace.states["v"][j, 0, 0]) / (1.0 - settings.beta2 ** (k + j))
    reason = NO_MOMENTUM if m_hat == 0.0 else AT_ZERO if w == 0.0 else INWARD if w * m_hat > 0.0 else ""
    numbers = (settings.beta1, settings.beta2, settings.eps)
    wanted = consistent = None
    if theory is not None:
        wanted = residual.critical_lambda(theory[k + row], G, k, j, *numbers)
        consistent = residual.self_consistent_critical_lambda(batch.start[0, 0], G, k, j, settings.lr, *numbers)
    found = None if reason else balance(here, 1)
    whole_run = balance(replace(batch, first=0), k + j)
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
        self_consistent=compared(
            whole_run.weight_decay if whole_run else None,
            consistent,
            f"{condition}, with that decay from step 1 on",
            note,
        ),
        reason=reason,
    )


def _summary(settings: Settings, G: float, curve: Sequence[CurvePoint], excursion: Comparison) -> str:
    if not curve:
        return "the run ends before the gradient has gone for a step"
    first = curve[0]
    if first.reason:
        return first.reason
    lam, wanted = settings.weight_decay, first.critical_lambda.measured
    if wanted is None:
        return ""
    if lam < wanted:
        grown = "" if excursion.measured is None else f" by {excursion.measured:.4g} in all"
        what = f"below the critical {wanted:.4g}: the weight still grows after the gradient has gone{grown}"
    else:
        what = f"at or above the critical {wanted:.4g}: decay wins from the first step on"
    frozen = "at the critical value of a step the weight stays where it is for exactly that one step: the momentum fades, decay does not"
    return f"weight_decay {lam:g} is {what}; {frozen}"
