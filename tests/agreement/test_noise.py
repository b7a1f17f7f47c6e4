"""Theory of noisy runs against the engine: intervals whose rate of false alarms is below 1e-6 in all.

Trials are lanes of one batch. Each case names the metrics that theory must have a value for; that the interval is narrow enough to mean
something is shown by moving theory by a few percent, which every one of them notices.
"""

from __future__ import annotations

import json
import math
import statistics
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pytest

from adamw_cli import registry
from adamw_cli.judging.predict import predict
from adamw_cli.judging.predict.noisy import RULES
from adamw_cli.judging.requests import request
from adamw_cli.judging.simulate import Row, simulate
from adamw_cli.judging.trials import student
from adamw_cli.scenario.load import load_text
from tests import chance
from tests.agreement import test_scale_invariant

PLATEAU = {"kind": "plateau"}


@dataclass(frozen=True, eq=False)
class Case:
    """One scenario; `wrong` is the factor on theory that must be noticed."""

    name: str
    landscape: dict[str, Any]
    start: tuple[float, ...]
    steps: int
    sigma: float
    rule: dict[str, Any]
    metrics: tuple[str, ...]
    wrong: float = 1.05
    trials: int = 32


def walk(name: str, steps: int, rule: dict[str, Any], sigma: float = 1.0, size: float = 0.05) -> Case:
    return Case(name, PLATEAU, (size,) * 64, steps, sigma, rule, ("equilibrium_norm", "angular_update"))


FAST = {"lr": 1e-2, "weight_decay": 1.0}
CASES = [
    walk("adamw", 8000, {"kind": "adamw", **FAST}),
    walk("adamw without momentum", 8000, {"kind": "adamw", **FAST, "betas": [0.0, 0.99]}),
    walk("adamw, other noise", 8000, {"kind": "adamw", **FAST, "betas": [0.95, 0.99]}, sigma=50.0),
    walk("adam_l2", 8000, {"kind": "adam_l2", **FAST}),
    walk("adam_l2, other noise", 12000, {"kind": "adam_l2", "lr": 1e-2, "weight_decay": 2.0}, sigma=2.0),
    walk("sgd", 4000, {"kind": "sgd", **FAST, "momentum": 0.9}),
    walk("sgd, dampened", 8000, {"kind": "sgd", "lr": 2e-2, "weight_decay": 1.0, "momentum": 0.9, "dampening": 0.5}),
    walk("sgdw", 8000, {"kind": "sgdw", **FAST, "momentum": 0.9}),
    walk("lion", 8000, {"kind": "lion", **FAST}),
    walk("signum", 8000, {"kind": "signum", **FAST}, sigma=0.1),
    *(
        Case(
            f"updates of {kind}, {mu:g}, beta1 {beta1:g}",
            {"kind": "slope", "gradient": mu},
            (0.0,),
            6000,
            1.0,
            {"kind": kind, "lr": 1e-3, "betas": [beta1, 0.999]},
            ("mean_update", "rms_update"),
            trials=64,
        )
        for kind, mu, beta1 in (("adamw", 1.0, 0.9), ("adam", 0.5, 0.9), ("adam", 2.0, 0.0))
    ),
    *(
        Case(
            f"mean of {rule['kind']}, sigma {sigma:g}",
            {"kind": "quadratic", "curvature": 1.0, "center": 2.0},
            (1.5,) * 4,
            20000,
            sigma,
            {"lr": 4e-3, "weight_decay": 0.5, **rule},
            ("late_mean",),
            wrong=1.04,
        )
        for sigma in (0.5, 2.0)
        for rule in ({"kind": "adamw"}, {"kind": "adam_l2"}, {"kind": "sgd"}, {"kind": "sgdw", "momentum": 0.9})
    ),
    *(
        Case(
            f"coupled decay, sigma {sigma:g}, {lam:g}",
            PLATEAU,
            (1.0,) * 16,
            steps,
            sigma,
            {"kind": "adam_l2", "lr": 1e-3, "weight_decay": lam},
            ("weight",),
            wrong=1.06,
        )
        for sigma, lam, steps in ((0.5, 0.1, 3000), (2.0, 0.5, 2500), (2.0, 1.0, 1000))
    ),
    *(
        Case(f"mean path of {kind}", PLATEAU, (5.0, -3.0), 60, 1.0, {"kind": kind, **FAST}, ("weight", "total_shrink"), wrong=1.1, trials=256)
        for kind in ("adamw", "adamw_prox", "lion", "sgdw", "sgd")
    ),
]  # fmt: skip


def document(case: Case, **changes: Any) -> str:
    return json.dumps(
        {
            "version": 1,
            "landscape": case.landscape,
            "start": list(case.start),
            "steps": case.steps,
            "trials": case.trials,
            "noise": {"kind": "gaussian", "sigma": case.sigma},
            "optimizers": {"run": case.rule},
            **changes,
        }
    )


@cache
def measured(case: Case) -> dict[str, tuple[Row, list[float]]]:
    """The row of each metric, and its trials."""
    run = simulate(load_text(document(case)), wanted=[request(metric) for metric in case.metrics]).runs[0]
    samples = run.measured.samples
    return {metric: (run.row(metric), [_one(v) for v in samples[request(metric)]]) for metric in case.metrics}


def _one(value: Any) -> float:
    """A trial's number; of several coordinates their mean, which is one number too."""
    return statistics.fmean(value) if isinstance(value, tuple) else value


INTERVALS = [(case, metric) for case in CASES for metric in case.metrics]


@pytest.mark.slow
@pytest.mark.parametrize(("case", "metric"), INTERVALS, ids=lambda x: x.name if isinstance(x, Case) else x)
def test_theory_is_in_the_interval_and_what_is_not_theory_is_not(case: Case, metric: str) -> None:
    row, values = measured(case)[metric]
    prediction = row.prediction
    assert prediction.value is not None, prediction.note
    assert "mean over trials" in prediction.holds_when
    assert prediction.error < 0.03
    theory = _one(prediction.value)
    assert chance.near(values, theory, prediction.error), (statistics.fmean(values), theory)
    for factor in (case.wrong, 2.0 - case.wrong):
        assert not chance.near(values, factor * theory, prediction.error)


def test_the_rate_of_false_alarms_of_all_of_them() -> None:
    counted = len(INTERVALS) + 2 * len(test_scale_invariant.CASES)
    # every rule on every place, if theory had a value for each metric of each coordinate
    at_most = len(registry.names("optimizers")) * len(RULES) * sum(len(start) for _, start, _ in PLACES.values())
    assert counted * chance.FALSE_ALARM + at_most * chance.OF_THOUSANDS < 1e-6


@pytest.mark.parametrize("degrees", [1, 2, 7, 12, 31, 255])
def test_the_tail_of_students_distribution(degrees: int) -> None:
    assert chance.two_sided_tail(student(degrees), degrees) == pytest.approx(0.05, rel=1e-5)


def test_an_interval_misses_as_often_as_it_says() -> None:
    draws = np.random.default_rng(7).normal(3.0, 2.0, size=(4000, 16))
    misses = sum(not chance.near(list(values), 3.0, false_alarm=0.05) for values in draws)
    assert abs(misses - 200) < 6 * math.sqrt(200 * 0.95)


def predicted(case: Case, metric: str, **changes: Any) -> Any:
    """What theory says, without a run."""
    scenario = load_text(document(case, **changes))
    key = request(metric)
    return predict(scenario, scenario.optimizers["run"], [key])[key]


# A landscape of each kind that theory speaks of; and hyperparameters that would show any formula to be another rule's.
PLACES: dict[str, tuple[dict[str, Any], list[float], int]] = {
    "plateau": (PLATEAU, [0.3] * 40, 2400),
    "slope": ({"kind": "slope", "gradient": [0.7, -0.3]}, [2.0, -1.0], 1500),
    "bowl": ({"kind": "quadratic", "curvature": [0.5, 2.0], "center": [1.0, -0.5]}, [0.8, -0.4], 3000),
}


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", registry.names("optimizers"))
def test_no_rule_is_told_what_is_true_of_another(kind: str, place: str) -> None:
    landscape, start, steps = PLACES[place]
    own = [p.name for p in registry.load("optimizers", kind).SPEC.parameters]
    settings = {"weight_decay": 1.0, "momentum": 0.6, "betas": [0.8, 0.99], "eps": 1e-6}
    rule = {"kind": kind, "lr": 0.02, **{name: value for name, value in settings.items() if name in own}}
    case = Case("", landscape, tuple(start), steps, 1.0, rule, tuple(RULES), trials=12)
    run = simulate(load_text(document(case)), wanted=[request(metric) for metric in RULES]).runs[0]
    for row in run.rows:
        if row.prediction.value is not None and row.standard_error is not None:
            measured = row.measured if isinstance(row.measured, tuple) else (row.measured,)
            theory = row.prediction.value if isinstance(row.prediction.value, tuple) else (row.prediction.value,)
            errors = row.standard_error if isinstance(row.standard_error, tuple) else (row.standard_error,)
            for value, wanted, error in zip(measured, theory, errors, strict=True):
                reach = (
                    chance.standard_errors(12, chance.OF_THOUSANDS) * error + row.prediction.error * abs(wanted) + 1e-12
                )
                assert abs(value - wanted) <= reach, (row.metric, value, wanted, error)


WALK, MEAN = CASES[0], next(c for c in CASES if c.name.startswith("mean of adamw"))
SILENT: list[tuple[Case, str, dict[str, Any]]] = [
    (WALK, "equilibrium_norm", {"steps": 1500}),  # late part of 7.5/x steps
    (WALK, "angular_update", {"start": [0.1] * 8}),  # of few weights the mean angle is larger
    (WALK, "equilibrium_norm", {"start": [1e16] * 64}),  # not yet at rest
    (WALK, "equilibrium_norm", {"noise": {"kind": "gaussian", "sigma": 0.0}}),
    (WALK, "equilibrium_norm", {"noise": {"kind": "laplace", "scale": 1.0}}),
    (WALK, "equilibrium_norm", {"schedule": {"kind": "cosine"}}),
    (WALK, "equilibrium_norm", {"landscape": {"kind": "slope", "gradient": 1.0}}),
    (WALK, "equilibrium_norm", {"optimizers": {"run": {"kind": "adamw", "lr": 1e-2, "weight_decay": 0.0}}}),
    (WALK, "equilibrium_norm", {"optimizers": {"run": {"kind": "adamw", **FAST, "eps": 1.0}}}),
    (WALK, "equilibrium_norm", {"optimizers": {"run": {"kind": "adamw", **FAST, "amsgrad": True}}}),
    (WALK, "equilibrium_norm", {"optimizers": {"run": {"kind": "adamw", **FAST, "betas": [0.9, 0.5]}}}),
    (WALK, "equilibrium_norm", {"optimizers": {"run": {"kind": "adamw_prox", **FAST}}}),
    (WALK, "equilibrium_norm", {"optimizers": {"run": {"kind": "adamax", **FAST}}}),
    (WALK, "equilibrium_norm", {"optimizers": {"run": {"kind": "adam_l2", "lr": 0.1, "weight_decay": 30.0}}}),
    (WALK, "equilibrium_norm", {"optimizers": {"run": {"kind": "sgd", "lr": 1.0, "weight_decay": 5.0}}}),
    (WALK, "weight", {"optimizers": {"run": {"kind": "adam_l2", **FAST}}}),  # nothing is left of the start
    (WALK, "weight", {"start": [0.0] * 64, "optimizers": {"run": {"kind": "adam_l2", **FAST}}}),
    (WALK, "weight", {"noise": {"kind": "mask", "p": 0.5}}),
    (MEAN, "late_mean", {"start": [1000.0] * 4}),  # too far away
    (MEAN, "late_mean", {"landscape": {"kind": "quadratic", "curvature": 1.0, "center": 0.0}}),  # a part of nothing
    (MEAN, "late_mean", {"landscape": {"kind": "quadratic", "curvature": 50.0, "center": 2.0}}),  # steps too large
    (MEAN, "late_mean", {"optimizers": {"run": {"kind": "sgd", "lr": 3.0}}}),
    (MEAN, "mean_update", {}),
    (MEAN, "late_mean", {"landscape": {"kind": "rosenbrock"}}),
]


@pytest.mark.parametrize(("case", "metric", "changes"), SILENT, ids=range(len(SILENT)))
def test_theory_is_silent_outside_its_conditions(case: Case, metric: str, changes: dict[str, Any]) -> None:
    assert predicted(case, metric).value is not None or metric == "mean_update"
    found = predicted(case, metric, **changes)
    assert found.value is None
    assert found.note


@pytest.mark.parametrize("size", [1e-200, 1e200])
@pytest.mark.parametrize("metric", sorted(RULES))
def test_numbers_whose_squares_no_double_holds(metric: str, size: float) -> None:
    for kind, place in (
        ("sgd", PLATEAU),
        ("adam_l2", PLATEAU),
        ("adamw", CASES[10].landscape),
        ("adamw", MEAN.landscape),
    ):
        for lam in (1.0, 1e200):
            rule = {"kind": kind, "lr": 1e-2, "weight_decay": lam}
            case = Case("", place, (size,) * 4, 4000, size, rule, (metric,))
            value = predicted(case, metric).value
            numbers = value if isinstance(value, tuple) else (value,)
            assert all(number is None or math.isfinite(number) for number in numbers)


def test_a_shorter_late_part_has_a_larger_error_and_too_short_a_one_no_theory() -> None:
    scenario = load_text(document(WALK))
    keys = [request("equilibrium_norm", {"part": part}) for part in (0.5, 0.25, 0.1)]
    half, quarter, tenth = predict(scenario, scenario.optimizers["run"], keys).values()
    assert half.value == quarter.value
    assert half.error < quarter.error < 0.01
    assert tenth.value is None


@pytest.mark.parametrize("lam", [0.01, 0.3, 2.0])
@pytest.mark.parametrize("betas", [(0.9, 0.999), (0.0, 0.99)])
def test_the_first_steps_of_coupled_decay_are_within_theory_s_own_error(lam: float, betas: tuple[float, float]) -> None:
    rule = {"kind": "adam_l2", "lr": 1e-3, "weight_decay": lam, "betas": list(betas), "eps": 0.0}
    case = Case("", PLATEAU, (1.0,) * 4, 10, 1.0, rule, ("weight",))
    scenario = load_text(document(case))
    # the first step is lr times a sign, of mean erf(lam w/(sigma sqrt(2)))
    first = predict(scenario, scenario.optimizers["run"], [key := request("weight", at_step=1)])[key]
    assert isinstance(first.value, tuple)
    off = abs(first.value[0] - (1.0 - 1e-3 * math.erf(lam / math.sqrt(2.0))))
    assert off <= first.error * first.value[0]
    # and no more than six tenths of what decay does in that step
    assert first.error < 6e-4 * lam


def test_rounding_does_not_fail_a_mean_that_pairs_of_trials_have_without_an_error() -> None:
    rule = {"kind": "sgd", "lr": 0.1, "weight_decay": 0.1}
    bowl = {"kind": "quadratic", "curvature": [1.0, 2.0, 0.7], "center": [1.0, 2.0, 3.0]}
    case = Case("", bowl, (0.5, 0.5, 1.1), 4000, 1.0, rule, ("weight",), trials=8)
    changes = {"antithetic": True, "expect": [{"metric": "weight", "near": "theory", "z": 6}]}
    verdict = simulate(load_text(document(case, **changes))).verdicts[0]
    # h a/(h + lam), without a deviation
    assert verdict.measured == pytest.approx((1.0 / 1.1, 4.0 / 2.1, 2.1 / 0.8), rel=1e-12)
    assert verdict.outcome == "passed"
