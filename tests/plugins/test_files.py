"""Plug-in files: what they add to which command, and that nothing else changes."""

from __future__ import annotations

import importlib
import json
import math
import sys
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


STEEP = """\
from adamw_cli.vocabulary import Parameter, Schedule

SPEC = Schedule(
    parameters=(
        Parameter("power", 1.0, "how steep it is"),
        Parameter("lr", 1.0, "a word that commands have for something else"),
        Parameter("progress", 1.0, "a word that functions have for something else"),
        Parameter("form", 1.0, "a word of the command line's own"),
        Parameter("warmup_steps", 0, "steps without any", kind="int"),
    )
)


def value(t, steps, power, lr, progress, form, warmup_steps):
    return (1.0 - t / steps) ** power
"""


def test_the_parameters_of_its_schedule_are_flags(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "steep.py"
    path.write_text(STEEP)
    given = ["--plugin", str(path), "--schedule", "steep", "--power", "2", "--steps", "10", "-f", "json"]
    for command in ("half-life", "convert", "decay", "overshoot", "critical-lambda"):
        assert "No such option: --power" in run(capsys, command, "--power", "2").err
        assert run(capsys, command, *given).code == 0
        text = " ".join(run(capsys, command, "--plugin", str(path), "--help").out.split())
        assert "Of steep: how steep it is." in text
        assert "wsd: steps of linear warm-up. Of steep: steps without any." in text
        assert "have for something else" not in text
        registry._added.clear()
    run_of = json.loads(good(run(capsys, "half-life", *given, "--lr", "0.5", "--weight-decay", "0.1")))
    assert run_of["schedule"]["power"] == 2.0
    assert run_of["total_shrink"] == pytest.approx(math.prod(1 - 0.05 * (t / 10) ** 2 for t in range(10)))
    same = adamw_cli.half_life(0.5, 0.1, steps=10, schedule="steep", power=2.0)
    assert same.run is not None
    assert same.run.total_shrink == run_of["total_shrink"]


def test_help_is_there_though_the_plug_in_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert "--warmup-steps" in good(run(capsys, "half-life", "--plugin", "nowhere.py", "--help"))
    outcome = run(capsys, "half-life", "--plugin", "nowhere.py", "--power", "2")
    assert (outcome.code, "plug-in nowhere.py: there is no such file" in outcome.err) == (2, True)


def test_it_is_run_once(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "steep.py"
    path.write_text(f"print('loaded')\n{STEEP}")
    assert run(capsys, "half-life", "--plugin", str(path)).err == "loaded\n"


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
                                "overshoot", "critical-lambda", "half-life", "convert", "claims", "reproduce", "defaults", "doctor", "cache")
              if "--plugin FILE.py" in " ".join(run(capsys, name, "--help").out.split())}  # fmt: skip
    assert having == {"simulate", "check", "validate", "list", "show", "schema", "init", "conform", "decay", "overshoot", "critical-lambda", "half-life", "convert", "claims", "reproduce"}  # fmt: skip


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


WITH_HELPER = """
from helpers import K
from adamw_cli.vocabulary import Schedule
SPEC = Schedule(parameters=())
def value(t, steps): return K
def late():
    import helpers
    import pieces.more
    from helpers import other
    return helpers.K, helpers is other(), pieces.more.M
"""


def with_helpers(folder: Path, name: str, number: float) -> Path:
    (folder / "pieces").mkdir(parents=True)
    (folder / "helpers.py").write_text(f"import sys\nK = {number}\ndef other(me=sys.modules[__name__]): return me\n")
    (folder / "pieces" / "more.py").write_text(f"M = {number}\n")
    (folder / f"{name}.py").write_text(WITH_HELPER)
    return folder / f"{name}.py"


def test_two_files_have_each_their_own_of_what_lies_beside_them(tmp_path: Path) -> None:
    modules, path = set(sys.modules), list(sys.path)
    first, second = with_helpers(tmp_path / "a", "first", 1.0), with_helpers(tmp_path / "b", "second", 5.0)
    adamw_cli.load_plugin(first)
    adamw_cli.load_plugin(second)
    for name, number in (("first", 1.0), ("second", 5.0), ("first", 1.0)):
        module = registry.load("schedules", name)
        assert module.value(1.0, 2.0) == number
    assert path == sys.path
    assert set(sys.modules) - modules <= {"adamw_plugins.first", "adamw_plugins.second"}
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("helpers")


def test_what_lies_beside_a_file_is_read_anew_with_it(tmp_path: Path) -> None:
    path = with_helpers(tmp_path / "a", "first", 1.0)
    adamw_cli.load_plugin(path)
    (tmp_path / "a" / "helpers.py").write_text((tmp_path / "a" / "helpers.py").read_text().replace("1.0", "2.0"))
    adamw_cli.load_plugin(path)
    assert registry.load("schedules", "first").value(1.0, 2.0) == 2.0


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
