"""Scenarios that compare two runs: `path_gap` between two of them, and the twin that every run gets by itself."""

from __future__ import annotations

import json

import jsonschema
import numpy as np
import pytest

from adamw_cli import load_text, schema, simulate
from adamw_cli.judging.requests import requests
from adamw_cli.judging.simulate import Simulation
from adamw_cli.judging.simulate import simulate as simulate_wanted
from tests.batches import batch, plain_run
from tests.scenario.cases import changed, found, message

SLOPE = """\
version: 1
landscape: {kind: slope, gradient: [0.3, -2.0]}
start: [1.0, -0.5]
steps: 200
optimizers:
  adamw: {lr: 0.01, weight_decay: 0.5}
  coupled: {kind: adam_l2, lr: 0.01, weight_decay: 0.5}
  adamw twice: {kind: adamw, lr: 0.01, weight_decay: 0.5}
"""
EXPECT = """\
expect:
  - {metric: path_gap, of: adamw, to: coupled, near: GAP}
  - {metric: path_gap, of: coupled, to: adamw, near: GAP}
  - {metric: path_gap, of: adamw, to: adamw twice, equals: 0}
  - {metric: path_gap, of: adamw, to: adamw, equals: 0}
  - {metric: path_gap, of: adamw, to: coupled, above: {of: adamw, times: 2}, xfail: both are the same number}
"""


def gap(result: Simulation, of: str, to: str) -> float | None:
    value = result.run(of).row("path_gap", to=to).measured
    assert value is None or isinstance(value, float)
    return value


def test_gaps_are_those_of_a_plain_loop() -> None:
    start, values = [[1.0], [-0.5]], {"gradient": (0.3, -2.0)}
    paths = [
        plain_run(batch(rule, "slope", values, start, lr=0.01, weight_decay=0.5), 200)[:, :, 0]
        for rule in ("adamw", "adam_l2")
    ]
    expected = np.sqrt(((paths[0] - paths[1]) ** 2).sum(axis=1)).max() / np.hypot(1.0, -0.5)
    assert expected > 0.1
    result = simulate(load_text(SLOPE + EXPECT.replace("GAP", repr(float(expected)))))
    assert gap(result, "adamw", "coupled") == pytest.approx(expected, rel=1e-12)
    assert gap(result, "coupled", "adamw") == gap(result, "adamw", "coupled")
    assert gap(result, "coupled", "adamw twice") == gap(result, "adamw", "coupled")
    assert [verdict.outcome for verdict in result.verdicts] == ["passed"] * 4 + ["xfailed"]


def test_gaps_are_measured_only_where_they_are_asked_for() -> None:
    assert "path_gap" not in {name for name, _ in requests(load_text(SLOPE))}


def test_gaps_of_runs_that_end_apart() -> None:
    # One run diverges early, so that its path is shorter than the other's; one batch holds both, the other does not.
    runs = "  diverges: {kind: RULE, lr: 10.0, weight_decay: 1e9}\n"
    asked = "expect:\n  - {metric: path_gap, of: adamw, to: diverges, finite: false}\n  - {metric: path_gap, of: diverges, to: adamw, finite: false}\n"  # fmt: skip
    for rule in ("adamw", "sgdw"):
        text = SLOPE.replace("steps: 200", "steps: 20000") + runs.replace("RULE", rule) + asked
        result = simulate(load_text(text))
        assert result.run("diverges").measured.status == "diverged"
        assert gap(result, "adamw", "diverges") is None
        assert [verdict.outcome for verdict in result.verdicts] == ["passed"] * 2


def test_weights_that_start_at_0_have_no_gap() -> None:
    text = SLOPE.replace("[1.0, -0.5]", "[0, 0]") + "expect: [{metric: path_gap, of: adamw, to: coupled, above: 0}]\n"
    assert gap(simulate(load_text(text)), "adamw", "coupled") is None


def expecting(rest: str) -> str:
    return changed(more=f"  b: {{kind: sgd, lr: 1}}\nexpect:\n  - {{metric: path_gap, of: adamw, {rest}}}\n")


@pytest.mark.parametrize(
    ("rest", "places", "hint"),
    [
        ("to: adam, near: 0", ["S109 9:39 adam"], "did you mean 'adamw'?"),
        ("to: c, near: 0", ["S109 9:39 c"], "there is no run 'c'"),
        ("near: 0", ["S102 9:5 {metric: path_gap, of: adamw, near: 0}"], "the other run"),
        ("to: , near: 0", ["S104 9:35 to"], "'to'"),
        ("to: 7, near: 0", ["S104 9:39 7"], "'to'"),
        ("to: [b], near: 0", ["S104 9:39 [b]"], "'to'"),
        ("to: b, near: [0, 0]", ["S110 9:48 [0, 0]"], "one value per run"),
        ("to: b, near: 0, at: 0", ["S110 9:51 at"], "one value per run"),
        (
            "tu: b, near: 0",
            ["S102 9:5 {metric: path_gap, of: adamw, tu: b, near: 0}", "S101 9:35 tu"],
            "known, among them: at, atol, rtol, to",
        ),
    ],
)
def test_what_can_be_wrong_with_the_other_run(rest: str, places: list[str], hint: str) -> None:
    text = expecting(rest)
    assert found(text) == places
    assert hint in message(text)


def test_paths_too_long_to_hold_are_refused_and_others_are_not() -> None:
    long = expecting("to: b, near: 0").replace("steps: 7000", "steps: 1000000000")
    assert found(long) == ["S108 9:5 {metric: path_gap, of: adamw, to: b, near: 0}"]
    assert "compare shorter runs" in message(long)
    assert load_text(long.replace("path_gap", "half_life").replace(" to: b,", "")).steps == 10**9


def test_an_editor_accepts_what_is_accepted() -> None:
    validator = jsonschema.Draft7Validator(schema())
    document = {
        "version": 1,
        "landscape": {"kind": "plateau"},
        "start": [1.0],
        "steps": 10,
        "optimizers": {"adamw": {"lr": 1e-3}, "b": {"kind": "sgd", "lr": 1}},
        "expect": [{"metric": "path_gap", "of": "adamw", "to": "b", "near": 0}],
    }
    validator.validate(document)
    assert load_text(json.dumps(document)).expect[0].parameters == {"to": "b"}
    for wrong in ({"near": 0}, {"to": 7, "near": 0}, {"to": None, "near": 0}, {"to": ["b"], "near": 0}):
        document["expect"] = [{"metric": "path_gap", "of": "adamw", **wrong}]
        assert not validator.is_valid(document)


LANDSCAPES = [
    "{kind: plateau}",
    "{kind: slope, gradient: [0.3, -2.0]}",
    "{kind: gradient_flip, gradient: [0.3, -2.0], flip_at: 30}",
    "{kind: gradient_flip, gradient: -1.0, flip_at: 30, period: 7}",
    "{kind: gradient_pulse, gradient: [1.0, -1.0], pulse_steps: 20}",
]


@pytest.mark.parametrize("landscape", LANDSCAPES)
@pytest.mark.parametrize(("lr", "lam"), [(1e-4, 0.1), (1e-2, 0.5), (0.1, 1.0), (1.0, 1.0), (1.0, 1.7), (1.0, 2.25)])
@pytest.mark.parametrize("steps", [1, 250, 3000])
def test_decoupled_decay_brings_twins_together_whatever_the_gradients(
    landscape: str, lr: float, lam: float, steps: int
) -> None:
    # Section 13: 3000 steps at lr 1e-4 and weight decay 0.1 leave 0.97045 of a difference.
    if lr * lam > 2:
        steps = min(steps, 250)
    text = f"""\
version: 1
landscape: {landscape}
start: [0.5, 0]
steps: {steps}
optimizers:
  adamw: {{lr: {lr}, weight_decay: {lam}}}
  sgdw: {{lr: {lr}, weight_decay: {lam}, momentum: 0.5}}
"""
    result = simulate(load_text(text))
    for run in ("adamw", "sgdw"):
        measured = result.run(run).row("twin_contraction").measured
        assert isinstance(measured, tuple)
        for value in measured:
            assert value == pytest.approx(abs(1 - lr * lam), rel=1e-12, abs=0)
            if (lr, steps) == (1e-4, 3000):
                assert value**steps == pytest.approx(0.97045, abs=5e-6)


def test_twins_mean_nothing_where_the_gradient_depends_on_the_weights() -> None:
    text = SLOPE.replace(
        "{kind: slope, gradient: [0.3, -2.0]}", "{kind: quadratic, curvature: [1.0, 2.0], center: 0.5}"
    )
    result = simulate(load_text(text))
    assert all(row.metric != "twin_contraction" for row in result.run("adamw").rows)
    asked = "expect: [{metric: twin_contraction, of: adamw, finite: false}]\n"
    assert [verdict.outcome for verdict in simulate(load_text(text + asked)).verdicts] == ["passed"]


@pytest.mark.parametrize("landscape", LANDSCAPES)
def test_a_run_is_the_same_with_and_without_its_twin(landscape: str) -> None:
    clocks = "schedule: {kind: cosine, warmup_steps: 10}\nrecord: {every: 1, states: true}\n"
    text = SLOPE.replace("{kind: slope, gradient: [0.3, -2.0]}", landscape).replace("twice: {", "twice: {schedule: {kind: constant}, ")  # fmt: skip
    scenario = load_text(text + clocks)
    every = requests(scenario)
    assert ("twin_contraction", ()) in every
    with_twins = simulate_wanted(scenario, wanted=every)
    without = simulate_wanted(scenario, wanted=[key for key in every if key[0] != "twin_contraction"])
    for one, other in zip(with_twins.runs, without.runs, strict=True):
        assert [row for row in one.rows if row.metric != "twin_contraction"] == list(other.rows)
        a, b = one.measured.trace, other.measured.trace
        assert a.w.tobytes() == b.w.tobytes()
        assert a.w.shape == b.w.shape == (201, 2, 1)
        assert (a.status, a.steps_run.tolist()) == (b.status, b.steps_run.tolist())
        assert a.states.keys() == b.states.keys()
        for name, values in a.states.items():
            assert values.tobytes() == b.states[name].tobytes()
