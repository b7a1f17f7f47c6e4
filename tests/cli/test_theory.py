"""`adamw theory`: the list, values in every shape, and what is refused."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest

import adamw_cli
from adamw_cli.calculators.closed_forms import by_name
from adamw_cli.theory import frozen, half_life, stationary
from tests.cli.terminal import run


def test_the_list_has_every_form_in_every_format(capsys: pytest.CaptureFixture[str]) -> None:
    data = json.loads(run(capsys, "theory", "--format", "json").out)
    assert data["format"] == "adamw.theory-list/1"
    assert [function["name"] for function in data["functions"]] == list(by_name())
    for function in data["functions"]:
        assert all(function[key] for key in ("name", "topic", "summary", "formula", "holds_when", "source"))
    (header, *rows) = csv.reader(io.StringIO(run(capsys, "theory", "-f", "csv").out))
    assert header == ["name", "topic", "summary", "formula", "holds_when", "source"]
    assert [row[0] for row in rows] == list(by_name())
    table = run(capsys, "theory").out
    for part in (
        "half_life: holds when nothing but decay",
        "t = ln(fraction) / ln|1 - x|",
        "lr is constant",
        "source: docs/",
    ):
        assert part in table
    assert "x = lr * weight_decay" in " ".join(run(capsys, "theory", "half_life", "--help").out.split())


def test_a_number_with_its_formula_condition_and_source(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "theory", "half_life", "--lr", "1e-3", "--weight-decay", "0.1").out
    assert "half_life  6931.1252\n" in out
    assert "formula: t = ln(fraction) / ln|1 - x|; x = lr * weight_decay\n" in out
    assert "holds when: nothing but decay moves the weight; lr is constant\n" in out
    assert "source: docs/theory.md 1\n" in out
    data = json.loads(run(capsys, "theory", "half_life", "--lr", "1e-3", "--weight-decay", "0.1", "-f", "json").out)
    assert data["value"] == half_life.half_life(1e-4)
    assert data["parameters"] == {"lr": 1e-3, "weight_decay": 0.1, "fraction": 0.5}
    assert data["symbols"] == {"x": "lr * weight_decay"}


def test_names_lists_words_and_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    def value(*arguments: str) -> object:
        return json.loads(run(capsys, "theory", *arguments, "-f", "json").out)["value"]

    low, high = frozen.oscillation_range(0.9, 0.0)
    assert value("oscillation_range", "--lr", "1", "--weight-decay", "0", "--beta1", "0.9") == {
        "low": low,
        "high": high,
    }
    corner = ["box_minimizer", "--hessian", "2,1.5;1.5,2", "--center", "3,0.5", "--weight-decay", "1"]
    assert value(*corner) == list(stationary.box_minimizer([[2.0, 1.5], [1.5, 2.0]], [3.0, 0.5], 1.0))
    assert value("regime", "--lr", "1", "--weight-decay", "3") == "divergent"
    outcome = run(capsys, "theory", "half_life", "--lr", "1", "--weight-decay", "0", "-f", "json")
    assert (json.loads(outcome.out)["value"], json.loads(outcome.out)["note"]) == (None, "not a finite number: inf")
    outcome = run(capsys, "theory", "crossing_step", "--lr", "1", "--weight-decay", "0", "-f", "json")
    assert (json.loads(outcome.out)["value"], json.loads(outcome.out)["note"]) == (
        None,
        "there is none for these numbers",
    )
    rows = list(csv.reader(io.StringIO(run(capsys, "theory", *corner, "-f", "csv").out)))
    assert rows == [["quantity", "value"], ["0", "1.0"], ["1", "1.0"]]


def test_the_name_may_carry_its_module_and_follow_the_format(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["half_life.timescale"], ["--format", "json", "timescale"], ["--format=json", "timescale"]):
        outcome = run(capsys, "theory", *arguments, "--lr", "0.1", "--weight-decay", "0.1")
        assert outcome.code == 0
        assert "99.49916" in outcome.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["half_lief"], "did you mean 'half_life'?"),
        (["path"], "give one of flip.path, frozen.path, residual.path"),
        (["frozen.half_life"], "there is no closed form 'frozen.half_life'"),
        (["half_life"], "half_life needs lr, weight_decay"),
        (["half_life", "--lr", "1e-3"], "half_life needs weight_decay"),
        (["half_life", "--lr", "1", "--weight-decay", "nan"], "weight_decay must be a finite number, not nan"),
        (["half_life", "--lr", "1", "--weight-decay", "much"], "Invalid value for 'weight_decay': "),
        (
            ["half_life", "--lr", "1", "--weight-decay", "0.1", "--fraction", "2"],
            "fraction must lie strictly between 0 and 1",
        ),
        (["half_life", "--lr", "1", "--weight-decay", "0.1", "--beta1", "0.9"], "No such option: beta1"),
        (["half_life", "other"], "other"),
        (["--lr", "1", "half_life"], "there is no closed form '1'"),
        (["all_frozen_up_to", "--bits", "8.5"], "bits must be a whole number"),
        (["radiality", "--weight", "1,two"], "'1,two' is not A,B,..."),
        (["radiality", "--weight", "1,2;3,4"], "'1,2;3,4' is not A,B,..."),
        (["angle", "--turned=-1"], "has no value for these"),
        (["total_shrink", "--lr", "1", "--weight-decay", "0.1", "--schedule", "cosin", "--steps", "9"], "cosine"),
        (["total_shrink", "--lr", "1", "--weight-decay", "0.1", "--steps", "9", "--rate", "2"], "has no"),
    ],
)
def test_what_cannot_be_computed_is_refused(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    outcome = run(capsys, "theory", *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert message in re.sub("`|--", "", outcome.err).replace(
        "weight-decay", "weight_decay"
    )  # parameters, or their flags
    assert "Traceback" not in outcome.err


def test_the_python_api_has_the_same_door() -> None:
    answer = adamw_cli.closed_form("half_life", lr=1e-3, weight_decay=0.1)
    assert answer.value == half_life.half_life(1e-4)
    with pytest.raises(adamw_cli.UsageError, match="takes no `wd`"):
        adamw_cli.closed_form("half_life", lr=1e-3, wd=0.1)
    with pytest.raises(adamw_cli.UsageError, match="`weight` must be a list"):
        adamw_cli.closed_form("radiality", weight=1.0)
    with pytest.raises(adamw_cli.UsageError, match="`amsgrad` must be true or false"):
        adamw_cli.closed_form("net_drift", peak=3, rest=-1, every=3, beta1=0, beta2=0.1, amsgrad="yes")
