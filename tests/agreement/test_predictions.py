"""Wherever `simulate` prints theory beside a measurement, the two agree: over the shipped scenarios and random ones."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adamw_cli import registry
from adamw_cli.judging.simulate import Row, RunResult, simulate
from adamw_cli.scenario.find import load_scenario
from adamw_cli.scenario.load import load_text
from adamw_cli.scenario.shipped import shipped
from adamw_cli.vocabulary import Decoupled, NoDecay

# A prediction that says of itself that it is approximate, and by how much it may then be off.
APPROXIMATE = {"approximate": 0.06, "good to about": 0.02, "dies out": 1e-3}


def several(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)


def disagreement(row: Row, scale: float) -> str:
    """Why a row's theory is not what was measured, or the empty string."""
    if row.prediction.value is None:
        return ""
    within = next((tol for word, tol in APPROXIMATE.items() if word in row.prediction.holds_when), 1e-8)
    if "mean over trials" in row.prediction.holds_when:
        return off_by_chance(row)
    for measured, theory in zip(several(row.measured), several(row.prediction.value), strict=True):
        if isinstance(theory, str):
            if measured != theory:
                return f"{row.metric}: {measured} against {theory}"
        elif theory is not None:
            # Differences of weights lose what rounding of the weights costs.
            rounding = 1e-12 * scale if row.spec.unit in ("weight", "loss") else 1e-9
            within = max(within, 1e-5) if row.metric in ("decay_to_gradient_ratio", "critical_lambda") else within
            if measured is None or not math.isclose(measured, theory, rel_tol=within, abs_tol=rounding):  # type: ignore[arg-type]
                return f"{row.metric}: measured {measured!r}, theory {theory!r}, {row.prediction.holds_when}"
    return ""


def off_by_chance(row: Row) -> str:
    """Why a mean is farther from theory than theory's own error and 6 standard errors.

    By chance that happens once in 5e8 times if there are many trials. Of one trial nothing can be said.
    """
    if row.trials == 1:
        return ""
    known = zip(several(row.measured), several(row.standard_error), several(row.prediction.value), strict=True)
    for measured, error, theory in known:
        assert isinstance(measured, float)
        assert isinstance(error, float)
        assert isinstance(theory, float)
        if abs(measured - theory) > 6 * error + row.prediction.error * abs(theory) + 1e-12:
            return f"{row.metric}: measured {measured!r} +- {error!r}, theory {theory!r}"
    return ""


def check(run: RunResult, scale: float, left_out: tuple[str, ...] = ()) -> int:
    """Compare every row; return how many have theory."""
    rows = [row for row in run.rows if row.metric not in left_out]
    wrong = [text for row in rows if (text := disagreement(row, scale))]
    assert not wrong, (run.measured.run, wrong)
    assert all(row.prediction.holds_when for row in rows if row.prediction.value is not None)
    assert all(row.prediction.note for row in rows if row.prediction.value is None)
    return sum(row.prediction.value is not None for row in rows)


@pytest.mark.slow
@pytest.mark.parametrize("name", shipped())
def test_shipped_scenarios(name: str) -> None:
    scenario = load_scenario(shipped()[name])
    result = simulate(scenario)
    scale = max(1.0, *(abs(w) for run in result.runs for w in run.measured.trace.w.ravel() if math.isfinite(w)))
    for run in result.runs:
        check(run, scale)


def run_of(landscape: dict[str, Any], start: list[float], steps: int, rule: dict[str, Any]) -> RunResult:
    document = {"version": 1, "landscape": landscape, "start": start, "steps": steps, "optimizers": {"run": rule}}
    return simulate(load_text(json.dumps(document))).runs[0]


DECOUPLED = st.sampled_from(["adamw", "adam"])
sizes = st.floats(0.05, 20.0).flatmap(lambda size: st.sampled_from([size, -size]))


@st.composite
def rules(draw: st.DrawFn, kinds: st.SearchStrategy[str] = DECOUPLED) -> dict[str, Any]:
    """A rule with hyperparameters inside the conditions of most formulas."""
    kind = draw(kinds)
    lr = draw(st.sampled_from([1e-3, 1e-2, 0.1]))
    rule: dict[str, Any] = {
        "kind": kind,
        "lr": lr,
        "betas": [draw(st.floats(0.0, 0.95)), draw(st.floats(0.95, 0.9995))],
    }
    rule["eps"] = draw(st.sampled_from([0.0, 1e-8, 0.3]))
    if kind != "adam":
        rule["weight_decay"] = draw(st.floats(1e-3, 0.5)) / lr * 0.5
    return rule


# Where neighbouring weights differ by rounding alone, the step of an extreme is decided by it.
STEPS_OF_EXTREMES = ("maximum_step", "minimum_step", "peak_step", "return_time")


@settings(max_examples=60, deadline=None)
@given(
    rule=rules(st.sampled_from(["adamw", "adam", "adamw_decay_last"])),
    gradient=sizes,
    start=sizes,
    steps=st.integers(2, 400),
)
def test_a_slope(rule: dict[str, Any], gradient: float, start: float, steps: int) -> None:
    found = run_of({"kind": "slope", "gradient": gradient}, [start], steps, rule)
    assert check(found, 20.0 + abs(start), STEPS_OF_EXTREMES) >= 10


@settings(max_examples=60, deadline=None)
@given(rule=rules(), gradient=sizes, start=sizes, pulse=st.integers(1, 200), after=st.integers(1, 200))
def test_a_pulse(rule: dict[str, Any], gradient: float, start: float, pulse: int, after: int) -> None:
    place = {"kind": "gradient_pulse", "gradient": gradient, "pulse_steps": pulse}
    found = run_of(place, [start], pulse + after, rule)
    assert check(found, 20.0 + abs(start), (*STEPS_OF_EXTREMES, "critical_lambda", "decay_to_gradient_ratio")) >= 8


@settings(max_examples=60, deadline=None)
@given(rule=rules(), gradient=sizes, start=sizes, flip=st.integers(1, 200), after=st.integers(1, 200))
def test_a_flip(rule: dict[str, Any], gradient: float, start: float, flip: int, after: int) -> None:
    found = run_of({"kind": "gradient_flip", "gradient": gradient, "flip_at": flip}, [start], flip + after, rule)
    assert check(found, 20.0 + abs(start), (*STEPS_OF_EXTREMES, "flip_steps")) >= 5


@settings(max_examples=40, deadline=None)
@given(
    kind=st.sampled_from(["sgd", "sgdw"]), lr=st.floats(1e-3, 0.2), lam=st.floats(0.0, 1.0), h=st.floats(0.01, 5.0), a=sizes,
    start=sizes, steps=st.integers(2, 300),
)  # fmt: skip
def test_gradient_descent(kind: str, lr: float, lam: float, h: float, a: float, start: float, steps: int) -> None:
    rule = {"kind": kind, "lr": lr, "weight_decay": lam}
    bowl = run_of({"kind": "quadratic", "curvature": h, "center": a}, [start], steps, rule)
    assert check(bowl, 40.0, STEPS_OF_EXTREMES) >= 5
    slope = run_of({"kind": "slope", "gradient": a}, [start], steps, rule)
    assert check(slope, 40.0 + abs(a) * steps * lr, STEPS_OF_EXTREMES) >= 5


@settings(max_examples=40, deadline=None)
@given(
    kind=st.sampled_from(["adamw", "adamw_prox", "adamw_decay_last", "sgdw", "sgd"]),
    x=st.floats(1e-3, 1.9),
    start=sizes,
    steps=st.integers(2, 100),
)
def test_decay_alone_in_every_regime(kind: str, x: float, start: float, steps: int) -> None:
    found = run_of({"kind": "plateau"}, [start], steps, {"kind": kind, "lr": 0.5, "weight_decay": 2 * x})
    near_one = abs(x - 1.0) < 1e-3  # rounding of what is left after one step decides
    assert near_one or check(found, 20.0, ("crossing_step", "settling_step")) >= 8


@settings(max_examples=25, deadline=None)
@given(
    start=st.floats(0.2, 20.0),
    lam=st.floats(0.01, 1.0),
    beta1=st.sampled_from([0.5, 0.8, 0.9]),
    beta2=st.sampled_from([0.95, 0.99, 0.999]),
)
def test_coupled_decay_alone(start: float, lam: float, beta1: float, beta2: float) -> None:
    rule = {"kind": "adam_l2", "lr": 1e-3, "weight_decay": lam, "betas": [beta1, beta2], "eps": 1e-13}
    found = run_of({"kind": "plateau"}, [start], math.ceil(start * 1e3 + 20 / (1 - beta2)), rule)
    assert check(found, 20.0) >= 4
    assert isinstance(found.row("half_life").prediction.value, tuple)


@settings(max_examples=25, deadline=None)
@given(mu=st.floats(-0.3, 0.5), gradient=st.sampled_from([1.0, -1.0, 0.3]), beta1=st.floats(0.6, 0.95))
def test_a_flip_with_coupled_decay(mu: float, gradient: float, beta1: float) -> None:
    rule = {
        "kind": "adam_l2",
        "lr": 1e-5,
        "weight_decay": abs(mu * gradient) / 3.0,
        "betas": [beta1, 0.999],
        "eps": 1e-13,
    }
    start = math.copysign(3.0, mu * gradient)
    found = run_of({"kind": "gradient_flip", "gradient": gradient, "flip_at": 2000}, [start], 2600, rule)
    predicted = found.row("overshoot").prediction.value
    assert isinstance(predicted, tuple)
    assert found.row("overshoot").measured == pytest.approx(predicted, rel=0.02, abs=1e-8)


# A landscape of each kind, what pushes being of ordinary size; and where a path would show any formula to be another rule's.
PLACES: dict[str, dict[str, Any]] = {
    "plateau": {"kind": "plateau"},
    "slope": {"kind": "slope", "gradient": [0.7, -0.3]},
    "pulse": {"kind": "gradient_pulse", "gradient": [0.7, -0.3], "pulse_steps": 20},
    "flip": {"kind": "gradient_flip", "gradient": [0.7, -0.3], "flip_at": 30},
    "bowl": {"kind": "quadratic", "curvature": [0.5, 3.0], "center": [1.0, -0.5]},
}
CLOCKS: dict[str, dict[str, Any]] = {
    "constant": {"kind": "constant"},
    "cosine": {"kind": "cosine", "warmup_steps": 10, "final_fraction": 0.1},
    "dying": {"kind": "linear"},
}


@pytest.mark.slow
@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", registry.names("optimizers"))
def test_no_rule_is_told_what_is_true_of_another(kind: str, place: str, clock: str) -> None:
    spec = registry.load("optimizers", kind).SPEC
    names = [p.name for p in spec.parameters]
    settings = {"weight_decay": [0.3, 0.5], "momentum": 0.6, "eps": 1e-3, "betas": [0.8, 0.95]}
    rule = {"kind": kind, "lr": 0.05, "schedule": CLOCKS[clock]}
    for chosen in ({}, {name: value for name, value in settings.items() if name in names}):
        found = check(run_of(PLACES[place], [2.0, -1.0], 100, rule | chosen), 10.0, STEPS_OF_EXTREMES)
        # Where decay is all there is, what a file declares about decay is enough.
        decays = isinstance(spec.decay, Decoupled) and spec.decay.by_lr
        beside = decays or isinstance(spec.decay, NoDecay)
        if place == "plateau" and beside and not spec.step.starts_moving:
            assert found >= (5 if clock == "constant" else 2)


def test_what_theory_is_asked_for_and_has_none_is_said() -> None:
    found = run_of({"kind": "rosenbrock"}, [0.5, 0.5], 50, {"kind": "adamw", "lr": 1e-3})
    assert {row.prediction.note for row in found.rows} == {"no closed form"}
    assert len(found.rows) < len(registry.names("metrics"))


@pytest.mark.parametrize("decay", [-2.0, [0.1, -2.0]])
def test_a_proximal_step_that_divides_by_zero_is_predicted_nothing(decay: object) -> None:
    rule = {"kind": "adamw_prox", "lr": 0.5, "weight_decay": decay}
    run = run_of({"kind": "plateau"}, [1.0, -2.0], 10, rule)
    assert run.measured.status == "diverged"
    assert all(row.prediction.value is None and "divides" in row.prediction.note for row in run.rows)


def test_the_direction_under_a_proximal_step_that_turns_a_weight_round() -> None:
    # Of three steps x is -2.2, -1.4 and -0.6: 1/(1 + x) is negative twice, 1 - s(t) (-3)/(1 - 3) once.
    clock = {"kind": "linear", "final_fraction": 0.2}
    for start in ([1.0, -2.0], [-1.0, 0.5]):
        for steps in (2, 3, 4):
            rule = {"kind": "adamw_prox", "lr": 1.0, "weight_decay": -3.0, "schedule": clock}
            check(run_of({"kind": "plateau"}, start, steps, rule), 1.0)
