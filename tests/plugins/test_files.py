"""Plug-in files: what they add to which command, and that nothing else changes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import adamw_cli
from adamw_cli import registry
from adamw_cli.errors import ExitCode, ScenarioError
from adamw_cli.report.catalog import show
from tests.cli.terminal import GOOD, Outcome, run
from tests.plugins.pieces import FILES, LARGEST_WEIGHT, PACKAGE, SIGNSGD, shown_files

WITH_FILES = [argument for path in FILES for argument in ("--plugin", str(path))]


def good(outcome: Outcome) -> str:
    assert outcome.code == 0, outcome.err
    return outcome.out


def test_a_rule_is_simulated_beside_theory(capsys: pytest.CaptureFixture[str]) -> None:
    place = str(PACKAGE / "plateau.yaml")
    assert run(capsys, "simulate", place).code == ExitCode.COULD_NOT_RUN
    data = json.loads(good(run(capsys, "simulate", place, "--plugin", str(SIGNSGD), "-f", "json")))
    (only,) = data["runs"]
    assert (only["run"], only["kind"]) == ("signsgd", "signsgd")
    for name in ("half_life", "total_shrink", "twin_contraction"):  # Decoupled() is all that theory needs
        assert only["metrics"][name]["theory"] is not None
        assert only["metrics"][name]["relative_error"] < 1e-12


@pytest.mark.parametrize("scenario", ["plateau.yaml", "scenario.yaml"])
def test_check_and_validate_know_it(capsys: pytest.CaptureFixture[str], scenario: str) -> None:
    place = str(PACKAGE / scenario)
    assert "1 passed" in good(run(capsys, "check", place, *WITH_FILES))
    good(run(capsys, "validate", place, *WITH_FILES))


def test_list_show_and_the_schema_know_all_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    for package, name in (("optimizers", "signsgd"), ("landscapes", "sixth_power"), ("metrics", "largest_weight")):
        ours = json.loads(good(run(capsys, "list", package, "-f", "json")))["items"]
        all_of_them = json.loads(good(run(capsys, "list", package, *WITH_FILES, "-f", "json")))["items"]
        assert {item["name"] for item in all_of_them} - {item["name"] for item in ours} == {name}
        text = good(run(capsys, "show", name, *WITH_FILES))
        assert f"plug-in: {PACKAGE / 'adamw_example' / name}.py" in text
        registry._added.clear()
    schema = json.loads(good(run(capsys, "schema", *WITH_FILES)))
    kinds = [entry["properties"]["kind"]["const"] for entry in schema["definitions"]["run"]["anyOf"]]
    assert kinds == sorted([*registry.own("optimizers"), "signsgd"])
    assert "signsgd" in schema["properties"]["optimizers"]["properties"]
    assert "sixth_power" in [s["properties"]["kind"]["const"] for s in schema["properties"]["landscape"]["anyOf"]]
    metrics = [s["properties"]["metric"]["const"] for s in schema["properties"]["expect"]["items"]["anyOf"]]
    assert "largest_weight" in metrics
    registry._added.clear()
    assert "signsgd" not in good(run(capsys, "schema"))


def test_a_schedule_is_known_to_the_studies(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(shown_files()["mine.py"])
    with_it = good(run(capsys, "decay", "--start", "1", "--schedule", "thirds", "--plugin", str(path), "-f", "json"))
    assert with_it != good(run(capsys, "decay", "--start", "1", "-f", "json"))


def test_several_things_in_one_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(shown_files()["mine.py"])
    assert adamw_cli.load_plugin(path) == ("bare_sgd", "thirds")
    assert registry.load("optimizers", "bare_sgd").update(1.0, 2.0, 0.25) == (0.5,)
    assert "Gradient descent: w_t = w - lr g." in show("bare_sgd").text
    run_of = "version: 1\nlandscape: {kind: slope, gradient: 3.0}\nstart: [1.0]\nsteps: 1\noptimizers: {bare_sgd: {lr: 1, schedule: {kind: thirds}}}"  # fmt: skip
    result = adamw_cli.simulate(adamw_cli.load_text(run_of))
    assert result.run("bare_sgd").row("total_shrink").measured == (0.0,)


def test_every_command_with_the_option_says_so_and_those_that_only_compute_have_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    having = {name for name in ("simulate", "check", "validate", "list", "show", "schema", "init", "conform", "decay",
                                "overshoot", "critical-lambda", "half-life", "convert", "defaults", "doctor", "cache")
              if "--plugin FILE.py" in " ".join(run(capsys, name, "--help").out.split())}  # fmt: skip
    assert having == {"simulate", "check", "validate", "list", "show", "schema", "init", "conform", "decay", "overshoot", "critical-lambda"}  # fmt: skip


@pytest.mark.parametrize("shown", ["", ", shown=True"])
def test_a_metric_is_measured_on_request_only(capsys: pytest.CaptureFixture[str], tmp_path: Path, shown: str) -> None:
    path = tmp_path / "largest_weight.py"
    path.write_text(LARGEST_WEIGHT.read_text().replace('"the run diverged")', f'"the run diverged"{shown})'))
    scenario = tmp_path / "s.yaml"
    scenario.write_text(GOOD)
    before = good(run(capsys, "simulate", str(scenario), "-f", "csv"))
    assert good(run(capsys, "simulate", str(scenario), "-f", "csv", "--plugin", str(path))) == before
    scenario.write_text(GOOD + "  - {metric: largest_weight, above: 0}\n")
    after = good(run(capsys, "simulate", str(scenario), "-f", "csv", "--plugin", str(path)))
    assert ["largest_weight" in line for line in after.splitlines() if line not in before.splitlines()] == [True]


def test_a_new_metric_of_ours_is_on_request_unless_it_says_otherwise() -> None:
    assert not registry.load("metrics", "weight").SPEC.shown
    assert registry.load("metrics", "half_life").SPEC.shown


def test_a_file_that_was_changed_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "changing.py"
    text = "from adamw_cli.vocabulary import LR, NoDecay, Parameter, Rule\nSPEC = Rule(parameters=(LR, Parameter('a', 1.0, 'x')), state=(), decay=NoDecay())\ndef update(w, g, lr, a): return (w - a,)\n"  # fmt: skip
    scenario = "version: 1\nlandscape: {kind: plateau}\nstart: [1.0]\nsteps: 1\noptimizers: {r: {kind: changing, lr: 1, %s: 1}}\n"
    path.write_text(text)
    assert adamw_cli.load_plugin(str(path)) == ("changing",)
    assert adamw_cli.load_text(scenario % "a").optimizers["r"].values["a"] == 1.0
    path.write_text(text.replace("'a'", "'b'").replace("lr, a", "lr, b").replace("w - a", "w + b"))
    adamw_cli.load_plugin(path)
    assert registry.load("optimizers", "changing").update(1.0, 0.0, 1.0, 2.0) == (3.0,)
    assert adamw_cli.load_text(scenario % "b").optimizers["r"].values["b"] == 1.0
    with pytest.raises(ScenarioError, match="unknown key 'a'"):
        adamw_cli.load_text(scenario % "a")
    path.write_text("class other:\n    pass\n" + text.replace("SPEC", "class fresh:\n    SPEC", 1).replace("\ndef update(w, g, lr, a): return (w - a,)", "\n    def update(w, g, lr, a): return (w - a,)"))  # fmt: skip
    assert adamw_cli.load_plugin(path) == ("fresh",)
    assert not registry.has("optimizers", "changing")


def test_what_lies_beside_it_can_be_imported(tmp_path: Path) -> None:
    (tmp_path / "helping_hand.py").write_text("STEP = 0.25\n")
    path = tmp_path / "helped.py"
    path.write_text(
        "import helping_hand\nfrom adamw_cli.vocabulary import Schedule\nSPEC = Schedule(parameters=())\n"
        "def value(t, steps): return helping_hand.STEP\n"
    )
    adamw_cli.load_plugin(path)
    assert registry.load("schedules", "helped").value(1.0, 2.0) == 0.25


def test_what_it_prints_is_in_no_result_and_dataclasses_work_in_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "talking.py"
    path.write_text(
        "from __future__ import annotations\nimport dataclasses\nfrom adamw_cli.vocabulary import Schedule\n"
        "@dataclasses.dataclass\nclass Helper:\n    a: int = 1\n"
        "print('loading')\nSPEC = Schedule(parameters=())\ndef value(t, steps): return 1.0\n"
    )
    outcome = run(capsys, "list", "schedules", "-f", "json", "--plugin", str(path))
    assert "talking" in [item["name"] for item in json.loads(good(outcome))["items"]]
    assert "loading\n" in outcome.err
