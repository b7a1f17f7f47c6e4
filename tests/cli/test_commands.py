"""What every command has in common, and what each prints."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Annotated, get_origin, get_type_hints

import numpy as np
import pytest

from adamw_cli import registry
from adamw_cli.cli.app import build
from adamw_cli.scenario.shipped import shipped
from adamw_cli.vocabulary.conventions import NAMES
from tests.cli.terminal import GOOD, run

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
COMMANDS = [info.name for info in build(terminal=False).registered_commands]
# A command line for each command that prints data, and the format that its JSON names.
DATA = {
    "simulate": (["simulate", "plateau"], "adamw.simulate/1"),
    "half-life": (["half-life"], "adamw.half-life/1"),
    "convert": (["convert"], "adamw.convert/1"),
    "defaults": (["defaults"], "adamw.defaults/1"),
    "theory": (["theory", "half_life", "--lr", "1e-3", "--weight-decay", "0.1"], "adamw.theory/1"),
    "decay": (["decay", "--start", "0.1"], "adamw.decay/1"),
    "overshoot": (["overshoot"], "adamw.overshoot/1"),
    "critical-lambda": (["critical-lambda"], "adamw.critical-lambda/1"),
    "claims": (["claims"], "adamw.claims/1"),
    "reproduce": (["reproduce", "cohen-2022"], "adamw.reproduce/1"),
    "conform": (["conform", str(EXAMPLES / "adamw.py:adamw")], "adamw.conform/1"),
    "check": (["check", "plateau"], "adamw.check/1"),
    "validate": (["validate", "plateau"], "adamw.validate/1"),
    "list": (["list", "optimizers"], "adamw.list/1"),
    "config": (["config", "show"], "adamw.config/1"),
    "doctor": (["doctor"], "adamw.doctor/1"),
    "cache": (["cache"], "adamw.cache/1"),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_has_a_summary_and_examples(capsys: pytest.CaptureFixture[str], command: str, flag: str) -> None:
    outcome = run(capsys, command, flag)
    assert outcome.code == 0
    assert "Usage: adamw" in outcome.out
    assert "Examples:\n" in outcome.out
    assert f"    adamw {command}" in outcome.out  # on a line of its own: the help did not reflow the examples


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_explained(command: str) -> None:
    (function,) = [info.callback for info in build(terminal=False).registered_commands if info.name == command]
    for name, annotation in get_type_hints(function, include_extras=True).items():
        if get_origin(annotation) is Annotated:
            assert annotation.__metadata__[0].help, f"{command}: {name}"


def test_the_help_of_convert_names_every_convention(capsys: pytest.CaptureFixture[str]) -> None:
    words = run(capsys, "convert", "--help").out.replace(",", " ").replace(".", " ").split()
    assert set(NAMES) <= set(words)


@pytest.mark.parametrize("command", DATA)
def test_json_is_one_strict_object(capsys: pytest.CaptureFixture[str], command: str) -> None:
    def refuse(word: str) -> None:
        raise AssertionError(word)

    arguments, form = DATA[command]
    outcome = run(capsys, *arguments, "--format", "json")
    assert outcome.code == 0
    assert json.loads(outcome.out, parse_constant=refuse)["format"] == form


@pytest.mark.parametrize("command", [c for c in DATA if c != "validate"])
def test_csv_and_markdown_have_rows_of_one_length(capsys: pytest.CaptureFixture[str], command: str) -> None:
    arguments, _ = DATA[command]
    rows = list(csv.reader(io.StringIO(run(capsys, *arguments, "--format", "csv").out)))
    assert len({len(row) for row in rows}) == 1
    text = run(capsys, *arguments, "--format", "markdown").out
    for table in text.split("\n\n"):
        bars = [line.replace("\\|", "").count("|") for line in table.splitlines() if line.startswith("|")]
        assert len(set(bars)) <= 1
    assert text.count("|") > 4


def test_version_and_no_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    from adamw_cli import __version__

    assert run(capsys, "--version").out == f"adamw {__version__}\n"
    bare = run(capsys)
    assert bare.code == 0
    assert all(command in bare.out for command in COMMANDS if command)


def test_simulate_json_is_what_the_format_says(capsys: pytest.CaptureFixture[str]) -> None:
    data = json.loads(run(capsys, "simulate", "plateau", "--format", "json").out)
    assert (data["scenario"], data["steps"]) == ("plateau", 7000)
    assert data["path"].endswith("plateau.yaml")
    assert set(data["versions"]) >= {"adamw-cli", "numba", "numpy"}
    adamw, adam_l2 = data["runs"]
    assert (adamw["run"], adamw["kind"], adamw["status"], adamw["steps_run"]) == ("adamw", "adamw", "finished", 7000)
    assert adamw["hyperparameters"] == {
        "lr": 0.001,
        "weight_decay": 0.1,
        "betas": [0.9, 0.999],
        "eps": 1e-8,
        "amsgrad": False,
    }
    assert adamw["final"]["w"] == pytest.approx([0.1 * (1 - 1e-4) ** 7000, 100 * (1 - 1e-4) ** 7000], rel=1e-11)
    half = adamw["metrics"]["half_life"]
    assert half["measured"] == pytest.approx([6931.125226] * 2)
    assert half["theory"] == pytest.approx([6931.125226] * 2)
    assert half["relative_error"] < 1e-12
    assert "zero gradient" in half["holds_when"]
    other = adam_l2["metrics"]["crossing_step"]
    assert other["theory"] is None
    assert other["note"] == "no closed form"
    assert other["measured"][1] is None


def test_several_scenarios_are_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    data = json.loads(run(capsys, "simulate", "plateau", "box", "--format", "json").out)
    assert [result["scenario"] for result in data["results"]] == ["plateau", "box"]


def test_standard_input_and_the_starter_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    starter = run(capsys, "init", "-")
    outcome = run(capsys, "simulate", "-", stdin=starter.out)
    assert outcome.code == 0
    assert "expectations met: 2 of 2" in outcome.out


def test_init_writes_a_scenario_that_passes_and_its_schema_and_overwrites_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "folder" / "no: plain name.yaml"
    assert run(capsys, "init", str(path)).code == 0
    assert run(capsys, "check", str(path)).code == 0
    first = path.read_text()
    name = first.splitlines()[0].partition("$schema=")[2]
    assert json.loads((path.parent / name).read_text())["$schema"] == "http://json-schema.org/draft-07/schema#"
    path.write_text("mine")
    refused = run(capsys, "init", str(path))
    assert (refused.code, path.read_text()) == (2, "mine")
    assert "--force" in refused.err
    assert run(capsys, "init", str(path), "--force").code == 0
    assert path.read_text() == first


def test_list_and_show_know_everything(capsys: pytest.CaptureFixture[str]) -> None:
    for package in registry.PACKAGES:
        listed = json.loads(run(capsys, "list", package, "-f", "json").out)["items"]
        assert [item["name"] for item in listed] == registry.names(package)
        for name in registry.names(package):
            text = run(capsys, "show", name).out
            assert f"{package.removesuffix('s')} {name}" in text
            for parameter in registry.load(package, name).SPEC.parameters:
                assert f"  {parameter.name} " in text
    listed = json.loads(run(capsys, "list", "scenarios", "-f", "json").out)["items"]
    assert [item["name"] for item in listed] == list(shipped())
    assert "scenario plateau" in run(capsys, "show", "plateau").out
    assert json.loads(run(capsys, "show", "plateau", "--json").out)["name"] == "plateau"


def test_a_name_in_brackets_is_printed_as_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = GOOD.replace("adamw:", "'[bold]':\n    kind: adamw\n   ").replace("of: adamw", "of: '[bold]'")
    text = text.replace(
        "    kind: adamw\n    {lr: 0.1, weight_decay: 0.1}", "    {kind: adamw, lr: 0.1, weight_decay: 0.1}"
    )
    assert "[bold]" in run(capsys, "simulate", "-", stdin=text).out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "[bold]" in run(capsys, "simulate", "-", stdin=text).out


@pytest.mark.slow
def test_cache_warm_and_clean(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from adamw_cli.engine import native, private

    monkeypatch.setenv("ADAMW_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(native, "_loaded", {})
    private.found.cache_clear()
    try:
        assert "kernels compiled" in run(capsys, "cache", "warm").err
        (version,) = json.loads(run(capsys, "cache", "-f", "json").out)["versions"]
        assert version["kernels"] >= 8
        assert "0 files deleted" in run(capsys, "cache", "clean", "--old").err
        assert f"{version['kernels']} files deleted" in run(capsys, "cache", "clean").err
        assert json.loads(run(capsys, "cache", "-f", "json").out)["versions"] == []
    finally:
        private.found.cache_clear()


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".npz", ".parquet"])
def test_traces(capsys: pytest.CaptureFixture[str], tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"trace{suffix}"
    command = ["simulate", "box", "--steps", "30", "--set", "record={every: 10, states: true}", "--trace", str(path)]
    if suffix == ".parquet":
        pytest.importorskip("pyarrow", reason="an extra; CI has it")
    assert run(capsys, *command).code == 0
    read = READERS[suffix](path)
    assert sorted(read) == [0, 10, 20, 30]
    # a constant slope G: w_t = w* (1 - q^t), w* = 2, and m_t = G (1 - 0.9^t)
    for step, (w, m) in read.items():
        assert w == pytest.approx(2.0 * (1 - (1 - 0.005) ** step), rel=1e-6)
        assert m == pytest.approx(-1.0 * (1 - 0.9**step), rel=1e-9, abs=1e-12)
    refused = run(capsys, *command)
    assert refused.code == 2
    assert "box: slope" in refused.out  # the result of the run is not lost
    assert "exists" in refused.err
    assert run(capsys, *command, "--force").code == 0
    assert list(tmp_path.iterdir()) == [path]


def _read_csv(path: Path) -> dict[int, tuple[float, float]]:
    rows = csv.DictReader(path.read_text().splitlines())
    return {
        int(r["step"]): (float(r["w"]), float(r["m"])) for r in rows if (r["run"], r["coordinate"]) == ("adamw", "0")
    }


def _read_jsonl(path: Path) -> dict[int, tuple[float, float]]:
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return {r["step"]: (r["w"][0], r["m"][0]) for r in rows if r["run"] == "adamw"}


def _read_npz(path: Path) -> dict[int, tuple[float, float]]:
    with np.load(path) as stored:
        columns = (stored["adamw/steps"], stored["adamw/w"][:, 0], stored["adamw/m"][:, 0])
        return {int(step): (float(w), float(m)) for step, w, m in zip(*columns, strict=True)}


def _read_parquet(path: Path) -> dict[int, tuple[float, float]]:
    from pyarrow import parquet

    rows = parquet.read_table(path).to_pylist()
    return {r["step"]: (r["w"], r["m"]) for r in rows if (r["run"], r["coordinate"]) == ("adamw", 0)}


READERS = {".csv": _read_csv, ".jsonl": _read_jsonl, ".npz": _read_npz, ".parquet": _read_parquet}


def test_a_trace_that_cannot_be_written_loses_no_result(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    outcome = run(capsys, "simulate", "box", "--steps", "10", "--trace", str(tmp_path / "no" / "folder" / "t.csv"))
    assert outcome.code == 2
    assert "box: slope" in outcome.out
    assert "cannot be written" in outcome.err


def test_runs_of_scenarios_with_one_name_do_not_overwrite_each_other(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "trace.npz"
    outcome = run(capsys, "simulate", "box", "box", "--steps", "10", "--trace", str(path))
    assert outcome.code == 2
    assert "same name" in outcome.err
    assert not path.exists()


def test_a_missing_extra_is_named(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    outcome = run(capsys, "simulate", "plateau", "--trace", "x.parquet")
    assert outcome.code == 2
    assert "pip install 'adamw-cli[parquet]'" in outcome.err
