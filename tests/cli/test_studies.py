"""`adamw decay`, `overshoot`, `critical-lambda` and `claims`, as they are used: numbers, reasons, warnings, pictures."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path
from typing import Any

import pytest

import adamw_cli
from tests.cli.terminal import Outcome, run


def data(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    outcome = run(capsys, *arguments, "--format", "json")
    assert outcome.code == 0, outcome.err
    return json.loads(outcome.out)


def adam(w: float, G: float, T: int, steps: int, lr: float, lam: float, l2: bool) -> list[float]:
    """A loop of its own: G for T steps, then -G; eps 1e-8."""
    m = v = 0.0
    path = [w]
    for t in range(1, steps + 1):
        g = (G if t <= T else -G) + (lam * w if l2 else 0.0)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        u = m / (1 - 0.9**t) / (math.sqrt(v / (1 - 0.999**t)) + 1e-8)
        w = w - (0.0 if l2 else lr * lam * w) - lr * u
        path.append(w)
    return path


def test_decay_puts_sizes_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    found = data(capsys, "decay", "--start", "0.1", "--start", "1")
    assert [(r["kind"], r["start"]) for r in found["runs"]] == [
        ("adamw", 0.1),
        ("adamw", 1.0),
        ("adam_l2", 0.1),
        ("adam_l2", 1.0),
    ]
    for r in found["runs"][:2]:
        assert r["half_life"]["measured"] == pytest.approx(-math.log(2) / math.log(1 - 1e-4), rel=1e-12)
        assert r["half_life"]["relative_error"] < 1e-12
        assert r["first_sign_change"]["measured"] is None
        assert "sign never changes" in r["first_sign_change"]["note"]
    large = found["runs"][3]
    assert large["first_sign_change"]["measured"] == 6217
    assert large["half_life"]["theory"] == pytest.approx(583.7, abs=0.05)
    assert large["tenth_life"]["measured"] == pytest.approx(1451.3, abs=0.1)
    assert large["first_step"]["theory"] == pytest.approx(1e-3 * 0.1 / (0.1 + 1e-8), rel=1e-14)
    assert "1000 steps at full speed" in large["explanation"]
    assert "not a fraction" in found["explanation"]


def test_a_schedule_that_changes_nothing_has_the_theory_of_none() -> None:
    plain = adamw_cli.critical_lambda(pulse_steps=9)
    for given in ({"schedule": "cosine", "final_fraction": 1.0}, {"warmup_steps": 1}):
        found = adamw_cli.critical_lambda(pulse_steps=9, **given)  # type: ignore[arg-type]  # names of keywords
        assert found.curve == plain.curve
    assert plain.curve[0].critical_lambda.theory is not None
    assert adamw_cli.critical_lambda(pulse_steps=9, warmup_steps=2).curve[0].critical_lambda.theory is None


def test_decay_under_a_schedule(capsys: pytest.CaptureFixture[str]) -> None:
    found = data(
        capsys,
        "decay",
        "--start",
        "1",
        "--lr",
        "0.01",
        "--steps",
        "3000",
        "--schedule",
        "cosine",
        "--warmup-steps",
        "100",
    )
    half = found["runs"][0]["half_life"]
    assert half["measured"] == pytest.approx(half["theory"], rel=1e-12)
    assert half["measured"] > -math.log(2) / math.log(1 - 1e-3) + 50
    assert found["settings"]["schedule"] == {"kind": "cosine", "warmup_steps": 100.0}
    assert found["runs"][1]["half_life"]["theory"] is None
    assert found["runs"][1]["half_life"]["note"] == "no closed form"


@pytest.mark.parametrize(
    ("start", "gradient", "lam", "said", "worse"),
    [
        (5.0, 1.0, 0.02, "w*G > 0: the weight is on its way to zero", "adamw overshoots more"),
        (-5.0, 1.0, 0.02, "w*G < 0: the weight is past zero", "adam_l2 overshoots more"),
        (5.0, 0.3, 0.002, "w*G > 0", "adam_l2 overshoots more"),
        (-5.0, -1.0, 0.02, "w*G > 0", "adamw overshoots more"),
    ],
)
def test_overshoot_says_who_and_why(
    capsys: pytest.CaptureFixture[str], start: float, gradient: float, lam: float, said: str, worse: str
) -> None:
    flags = ("--start", str(start), "--gradient", str(gradient), "--weight-decay", str(lam))
    found = data(capsys, "overshoot", *flags)
    assert found["crossover_gradient"] == pytest.approx(0.59432, abs=5e-6)
    loops = {"adam": (0.0, False), "adamw": (lam, False), "adam_l2": (lam, True)}
    for r in found["runs"]:
        decay, l2 = loops[r["kind"]]
        path = adam(start, gradient, 1000, found["steps"], 1e-3, decay, l2)
        beyond = [-math.copysign(1, gradient) * (w - path[1000]) for w in path[1000:]]
        assert r["overshoot"]["measured"] == pytest.approx(max(beyond), rel=1e-9)
        assert r["peak_step"]["measured"] == beyond.index(max(beyond))
        assert r["return_step"]["measured"] == next(n for n, b in enumerate(beyond) if n and b <= 0)
        assert r["flip_steps"]["theory"] == r["flip_steps"]["measured"]
        assert r["overshoot"]["relative_error"] < (0.02 if l2 else 1e-9)
    assert said in found["runs"][1]["explanation"]
    assert worse in found["explanation"]
    assert "G_c" in found["explanation"]


def test_momentum_that_never_turns(capsys: pytest.CaptureFixture[str]) -> None:
    found = data(capsys, "overshoot", "--gradient", "0.1", "--weight-decay", "0.1", "--start", "3", "--flip-at", "200")
    coupled = found["runs"][2]
    assert coupled["flip_steps"]["measured"] is None
    assert "does not turn" in coupled["flip_steps"]["note"]
    assert "never changes sign" in coupled["explanation"]
    assert found["runs"][1]["flip_steps"] == {**found["runs"][1]["flip_steps"], "measured": 7.0, "theory": 7.0}


def test_critical_lambda_freezes_one_step(capsys: pytest.CaptureFixture[str]) -> None:
    """The catalogue's own: G = -.7, k = 37, w = 2 just before the step."""
    found = data(capsys, "critical-lambda", "--gradient", "-0.7", "--pulse-steps", "37", "--start", "2", "--lr", "1e-8")
    printed = {1: 0.45521, 5: 0.31231, 20: 0.07448}
    for point in found["curve"]:
        balance = point["critical_lambda"]
        assert balance["relative_error"] < 1e-5  # lr so small that rounding of w shows
        if point["j"] in printed:
            assert balance["theory"] == pytest.approx(printed[point["j"]], abs=5e-6)
    found = data(capsys, "critical-lambda", "--gradient", "-1", "--pulse-steps", "100", "--start", "1")
    for point, whole in zip(found["curve"], found["self_consistent"], strict=True):
        assert point["critical_lambda"]["relative_error"] < 1e-10
        assert whole["relative_error"] < 1e-10
        assert abs(point["step_at_critical_lambda"]) <= 2.3e-16
        assert point["next_step"] < 0 or point["j"] >= 50
        expected = -point["m_hat"] / ((math.sqrt(point["v_hat"]) + 1e-8) * point["w"])
        assert point["critical_lambda"]["measured"] == pytest.approx(expected, rel=1e-10)
    assert "exactly that one step" in found["explanation"]
    assert found["residual_drift"]["relative_error"] < 1e-9
    assert "7.270" in found["notes"][0]


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        (("--start", "-1"), "pushes the weight towards zero"),
        (("--gradient", "0"), "there is no momentum"),
        (("--pulse-steps", "0"), "there is no momentum"),
        (("--start", "0", "--lr", "1e-3", "--pulse-steps", "1", "--gradient", "-1"), ""),
    ],
)
def test_where_there_is_no_balance_the_table_says_why(
    capsys: pytest.CaptureFixture[str], flags: tuple[str, ...], reason: str
) -> None:
    found = data(capsys, "critical-lambda", *flags)
    first = found["curve"][0]["critical_lambda"]
    assert (first["measured"] is None) is bool(reason)
    assert (reason in first["note"]) if reason else ("note" not in first)
    table = run(capsys, "critical-lambda", *flags).out
    assert reason in table


@pytest.mark.parametrize(
    ("arguments", "warning"),
    [
        (("decay", "--lr", "0.5", "--weight-decay", "3", "--start", "1"), "lr*weight_decay is 1.5, above 1"),
        (("overshoot", "--beta2", "0.8"), "beta1^2 >= beta2"),
        (("critical-lambda", "--beta2", "0.5"), "beta1^2 >= beta2"),
        (("overshoot", "--eps", "2"), "eps = 2 is not below sqrt(v_hat) = |G| = 1"),
        (("decay", "--eps", "1", "--start", "1"), "eps = 1 is not below sqrt(v_hat) = weight_decay*|w|"),
    ],
)
def test_what_misleads_is_warned_of(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], warning: str
) -> None:
    outcome = run(capsys, *arguments, "--format", "json")
    assert outcome.code == 0
    assert f"{warning}" in outcome.err
    assert outcome.err.startswith("warning: ")
    assert any(warning in text for text in json.loads(outcome.out)["warnings"])
    assert run(capsys, arguments[0]).err == ""


@pytest.mark.parametrize(
    ("arguments", "flag"),
    [
        (("decay", "--lr", "nan"), "--lr"),
        (("decay", "--lr", "-1", "--steps", "10"), "--lr"),
        (("decay", "--start", "inf"), "--start"),
        (("decay", "--start", "1", "--start", "0"), "--start"),
        (("decay", "--steps", "0"), "--steps"),
        (("overshoot", "--beta1", "1"), "--beta1"),
        (("overshoot", "--beta2", "2"), "--beta2"),
        (("overshoot", "--flip-at", "1.5"), "--flip-at"),
        (("overshoot", "--gradient", "nan"), "--gradient"),
        (("critical-lambda", "--pulse-steps", "-1"), "--pulse-steps"),
        (("critical-lambda", "--eps", "-1"), "--eps"),
        (("critical-lambda", "--schedule", "nothing"), "--schedule"),
        (("overshoot", "--schedule", "cosine", "--rate", "2"), "--rate"),
        (("decay", "--plot", "x.pdf"), "--plot"),
    ],
)
def test_a_wrong_number_is_named_by_its_flag(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], flag: str
) -> None:
    outcome = run(capsys, *arguments)
    assert outcome.code == 2
    assert outcome.out == ""
    assert flag in outcome.err
    assert "Traceback" not in outcome.err


def test_a_run_that_diverges_is_a_result(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = run(capsys, "decay", "--lr", "1", "--weight-decay", "30", "--start", "1", "--steps", "2000")
    assert outcome.code == 0
    assert "grows" in outcome.out


def test_csv_has_every_number(capsys: pytest.CaptureFixture[str]) -> None:
    rows = list(csv.DictReader(io.StringIO(run(capsys, "critical-lambda", "--format", "csv").out)))
    assert {"peak_step", "peak_excursion", "residual_drift", "critical_lambda[j=1]"} <= {
        row["quantity"] for row in rows
    }


def test_a_picture_is_the_same_each_time(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="the extra 'plot', which CI installs")
    for command in ("decay", "overshoot", "critical-lambda"):
        pictures = []
        for name in ("one.svg", "two.svg"):
            assert run(capsys, command, "--plot", str(tmp_path / f"{command}-{name}")).code == 0
            pictures.append((tmp_path / f"{command}-{name}").read_bytes())
        assert pictures[0] == pictures[1]
        assert b"theory" in pictures[0] or len(pictures[0]) > 10_000
    again = run(capsys, "decay", "--plot", str(tmp_path / "decay-one.svg"))
    assert again.code == 2
    assert "--force" in again.err


def test_claims_are_confirmed(capsys: pytest.CaptureFixture[str]) -> None:
    found = data(capsys, "claims")["claims"]
    assert [claim["number"] for claim in found] == list(range(1, 33))
    assert all(claim["confirmed"] for claim in found)
    assert {claim["verdict"] for claim in found} == {"holds", "holds-if", "does-not-hold"}
    table: Outcome = run(capsys, "claims")
    assert table.code == 0
    assert "NOT CONFIRMED" not in table.out
    assert "32 claims" in table.out
