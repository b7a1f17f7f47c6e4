"""The public functions: they do what the commands do, and refuse what the commands refuse."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import adamw_cli
from adamw_cli import ExitCode, ScenarioError, UsageError, simulate_batch
from tests.cli.terminal import BROKEN, FAILING, GOOD, run

QUADRATIC = {"kind": "quadratic", "curvature": [1.0, 20.0], "center": [1.0, -1.0]}


def test_every_public_name_is_there_and_documented() -> None:
    assert set(adamw_cli.__all__) == set(dir(adamw_cli))
    for name in adamw_cli.__all__:
        assert name == "__version__" or getattr(adamw_cli, name).__doc__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        adamw_cli.nothing  # noqa: B018  # the access is what is tested


def test_simulate_is_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    data = json.loads(run(capsys, "simulate", "box", "--steps", "50", "-f", "json").out)
    result = adamw_cli.simulate("box", set={"steps": 50})
    for one, other in zip(result.runs, data["runs"], strict=True):
        assert one.measured.trace.final_w[:, 0].tolist() == other["final"]["w"]
    scenario = adamw_cli.load_scenario("box", overrides=["steps=50"])
    assert (
        adamw_cli.simulate(scenario).run("adamw").row("weight_norm").measured
        == result.run("adamw").row("weight_norm").measured
    )


def test_check_and_validate(tmp_path: Path) -> None:
    for name, text in {"good": GOOD, "failing": FAILING, "broken": BROKEN}.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    result = adamw_cli.check([tmp_path])
    assert result.exit_code == ExitCode.COULD_NOT_RUN
    assert [file.path for file in result.files] == [str(tmp_path / f"{n}.yaml") for n in ("broken", "failing", "good")]
    found = adamw_cli.validate([tmp_path, "no-such-thing"])
    assert [len(problems) for problems in found.files.values()] == [1, 0, 0, 1]
    assert not found.valid


def test_progress_reaches_the_total() -> None:
    seen: list[tuple[int, int]] = []
    adamw_cli.simulate("plateau", progress=lambda *call: seen.append(call))
    assert seen == sorted(seen)
    assert seen[-1] == (14000, 14000)
    seen.clear()
    adamw_cli.check(["plateau", "box"], progress=lambda *call: seen.append(call))
    assert seen[-1] == (2, 2)


def test_a_batch_is_each_of_its_trajectories_alone() -> None:
    rng = np.random.default_rng(1)
    start, lr = rng.normal(size=(2, 5)), rng.uniform(1e-3, 1e-1, 5)
    schedules = [
        {"kind": "constant"},
        {"kind": "cosine"},
        {"kind": "linear", "warmup_steps": 7},
        {"kind": "constant"},
        {"kind": "step", "every": 9, "factor": 0.5},
    ]
    whole = simulate_batch(
        "adamw",
        QUADRATIC,
        start,
        60,
        hyperparameters={"lr": lr, "weight_decay": [[0.1], [0.0]]},
        schedules=schedules,
        every=1,
    )
    assert whole.w.shape == (61, 2, 5)
    for lane in range(5):
        text = {
            "version": 1, "landscape": QUADRATIC, "start": start[:, lane].tolist(), "steps": 60, "schedule": schedules[lane],
            "optimizers": {"adamw": {"lr": lr[lane], "weight_decay": [0.1, 0.0]}},
        }  # fmt: skip
        alone = adamw_cli.simulate(adamw_cli.load_text(json.dumps(text)))
        np.testing.assert_array_equal(alone.runs[0].measured.trace.final_w[:, 0], whole.final_w[:, lane])


def test_a_batch_takes_pairs_switches_and_single_trajectories() -> None:
    trace = simulate_batch(
        "adamw",
        QUADRATIC,
        [0.0, 0.0],
        10,
        hyperparameters={"lr": 0.1, "betas": ([0.8], 0.99), "amsgrad": True},
        states=True,
        every=5,
    )
    assert trace.final_w.shape == (2, 1)
    assert set(trace.states) == {"m", "v", "v_max"}
    assert trace.steps.tolist() == [0, 5, 10]


def test_a_rule_may_refuse_pairs_of_arrays_and_takes_those_that_fit() -> None:
    larger = np.array([1.1, 1.5])
    trace = simulate_batch(
        "rprop", {"kind": "slope", "gradient": 1.0}, [[0.0, 0.0]], 2, hyperparameters={"lr": 0.1, "etas": (0.5, larger)}
    )
    np.testing.assert_allclose(trace.final_w[0], -0.1 - 0.1 * larger, rtol=1e-15)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"optimizer": "adamv"}, "unknown optimizer 'adamv'"),
        ({"landscape": {"kind": "quadratik"}}, "unknown landscape 'quadratik'"),
        ({"landscape": {"kind": "quadratic", "curvature": [1, 2, 3], "center": 0}}, "3 values"),
        ({"start": [[np.nan]]}, "start must be finite"),
        ({"hyperparameters": {"lr": True}}, "'lr' must be a number or an array of numbers, not True"),
        ({"start": []}, "start must be finite"),
        ({"start": np.zeros((2, 2, 2))}, "start must be finite"),
        ({"steps": 0}, "steps must be"),
        ({"steps": 1.5}, "steps must be"),
        ({"schedules": [{"kind": "constant"}] * 3}, "3 schedules for 1"),
        ({"schedules": {"kind": "cosine", "warmup_steps": 100}}, "warmup_steps"),
        ({"hyperparameters": {}}, "'lr' is missing"),
        ({"hyperparameters": {"lr": 0.0}}, "'lr' must be > 0"),
        ({"hyperparameters": {"lr": [0.1, np.inf]}}, "does not broadcast|must be finite"),
        ({"hyperparameters": {"lr": np.nan}}, "must be finite"),
        ({"hyperparameters": {"lr": 0.1, "beta": 1}}, "no hyperparameter 'beta'"),
        ({"hyperparameters": {"lr": 0.1, "betas": 0.9}}, "pair"),
        ({"hyperparameters": {"lr": 0.1, "betas": (0.9, 1.0)}}, "'betas' must be >= 0 and < 1"),
        ({"hyperparameters": {"lr": 0.1, "amsgrad": 1}}, "True or False"),
        ({"hyperparameters": {"lr": "fast"}}, "does not broadcast"),
        ({"optimizer": "sgd", "hyperparameters": {"lr": 0.1, "nesterov": True}}, "nesterov"),
        ({"optimizer": "rprop", "hyperparameters": {"lr": 0.1, "etas": (0.5, 0.9)}}, "one above 1"),
        (
            {"optimizer": "rprop", "hyperparameters": {"lr": 0.1, "etas": (0.5, np.array([1.1, 0.9])[:, None])}},
            "one above 1",
        ),
        ({"optimizer": "rprop", "hyperparameters": {"lr": 0.1, "step_sizes": (1.0, 0.5)}}, "in this order"),
        ({"optimizer": "ademamix", "hyperparameters": {"lr": 0.1, "betas": (0.0, 0.9), "t_alpha_beta3": 9.0}}, "beta1"),
    ],
)
def test_what_a_batch_refuses(changes: dict[str, object], message: str) -> None:
    arguments: dict[str, object] = {
        "optimizer": "adamw",
        "landscape": QUADRATIC,
        "start": [0.0, 0.0],
        "steps": 10,
        "hyperparameters": {"lr": 0.1},
    }
    with pytest.raises((UsageError, ScenarioError), match=message):
        simulate_batch(**{**arguments, **changes})  # type: ignore[arg-type]
