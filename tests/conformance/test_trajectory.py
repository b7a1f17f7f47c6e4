"""Recorded trajectories: an implementation that knows the exported file only, and everything that a file can have wrong."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.cli.terminal import Outcome, run

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"


def adamw_rows(probe: dict[str, Any], decay_scale: Callable[[float], float] = lambda lr: lr) -> list[list[float]]:
    """AdamW in plain floats, from the file's own words alone."""
    (beta1, beta2), eps, lam = probe["betas"], probe["eps"], probe["weight_decay"]
    w, rows = list(probe["start"]), []
    m, v = [0.0] * len(w), [0.0] * len(w)
    for t, (lr, forcing) in enumerate(zip(probe["lr_of_step"], probe["forcing"], strict=True), start=1):
        for i in range(len(w)):
            g = probe["curvature"][i] * (w[i] - probe["center"][i]) + forcing[i]
            m[i] = beta1 * m[i] + (1 - beta1) * g
            v[i] = beta2 * v[i] + (1 - beta2) * g * g
            m_hat, v_hat = m[i] / (1 - beta1**t), v[i] / (1 - beta2**t)
            w[i] = w[i] - decay_scale(lr) * lam * w[i] - lr * m_hat / (math.sqrt(v_hat) + eps)
        rows.append(list(w))
    return rows


@pytest.fixture
def exported(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> dict[str, Any]:
    path = tmp_path / "probe.json"
    outcome = run(capsys, "conform", "--export-probe", str(path))
    assert (outcome.code, outcome.out) == (0, "")
    data: dict[str, Any] = json.loads(path.read_text())
    assert data["format"] == "adamw.probes/1"
    return data


def lines(exported: dict[str, Any], **options: Any) -> list[str]:
    text = [",".join(exported["columns"])]
    for probe in exported["probes"]:
        padding = "," * (len(exported["columns"]) - 2 - len(probe["start"]))
        rows = enumerate(adamw_rows(probe, **options), start=1)
        text += [f"{probe['name']},{t},{','.join(map(repr, row))}{padding}" for t, row in rows]
    return text


def judged(capsys: pytest.CaptureFixture[str], folder: Path, text: list[str], *arguments: str) -> Outcome:
    path = folder / "steps.csv"
    path.write_text("\n".join(text) + "\n")
    return run(capsys, "conform", "--trajectory", str(path), "--format", "json", *arguments)


def test_a_recorded_adamw_conforms(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, exported: dict[str, Any]
) -> None:
    data = json.loads(judged(capsys, tmp_path, lines(exported)).out)
    assert data["conforms"] is True
    assert data["identified"]["precision"] == "float64"
    assert len(data["probes"]) == len(exported["probes"])
    assert data["kind"] == "recorded trajectory"


def test_a_recorded_bug_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path, exported: dict[str, Any]) -> None:
    outcome = judged(capsys, tmp_path, lines(exported, decay_scale=lambda lr: 1.0))
    assert outcome.code == 1
    data = json.loads(outcome.out)
    assert data["identified"]["decay_scale"] == "lambda"
    assert data["first_divergence"]["step"] == 1
    assert data["first_divergence"]["term"] == "decay"


def test_seven_digits_are_single_precision(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, exported: dict[str, Any]
) -> None:
    text = lines(exported)
    short = text[:1] + [
        ",".join([*line.split(",")[:2], *(f"{float(x):.7g}" if x else "" for x in line.split(",")[2:])])
        for line in text[1:]
    ]
    outcome = judged(capsys, tmp_path, short)
    assert outcome.code == 1
    assert json.loads(outcome.out)["identified"]["precision"] == "float32"
    assert judged(capsys, tmp_path, short, "--dtype", "float32").code == 0


def test_a_file_with_few_digits_says_so(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, exported: dict[str, Any]
) -> None:
    """%g, the default of C, has 6: too few for float32, and what is cut off is no fault of the implementation."""
    for digits, said in ((6, ["6 significant digits"]), (9, []), (17, [])):
        text = lines(exported)
        text[1:] = [
            ",".join([*line.split(",")[:2], *(f"{float(x):.{digits}g}" if x else "" for x in line.split(",")[2:])])
            for line in text[1:]
        ]
        findings = " ".join(json.loads(judged(capsys, tmp_path, text).out)["findings"])
        assert ("significant digits" in findings) == bool(said)
        assert all(words in findings for words in said)


def test_without_a_probe_column_it_is_the_first_probe(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, exported: dict[str, Any]
) -> None:
    rows = adamw_rows(exported["probes"][0])
    text = ["step,w0,w1,w2,w3", "0,2.000001,-1.5,1.0,0.5"]
    text += [f"{t},{','.join(map(repr, row))}" for t, row in enumerate(rows, start=1)]
    outcome = judged(capsys, tmp_path, text)
    assert outcome.code == 0
    data = json.loads(outcome.out)
    assert [probe["name"] for probe in data["probes"]] == ["power"]
    assert any("1 of 7 probes" in line for line in data["findings"])
    assert len(data["skipped"]) == 6
    path = str(tmp_path / "steps.csv")
    first = run(capsys, "conform", "--trajectory", path).out.splitlines()[0]
    assert first.endswith("conforms to adamw as far as it was tested (1 of 7 probes)")
    root = ElementTree.fromstring(run(capsys, "conform", "--trajectory", path, "--format", "junit").out)
    assert root.get("skipped") == "6"
    assert {each.get("message") for each in root.iter("skipped")} == {"the trajectory has no rows for it"}


def test_the_probe_that_changes_lr_may_be_left_out_and_no_other(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, exported: dict[str, Any]
) -> None:
    text = lines(exported)
    outcome = judged(capsys, tmp_path, [line for line in text if not line.startswith("schedule")])
    assert outcome.code == 0
    assert any("cannot change lr" in line for line in json.loads(outcome.out)["findings"])
    outcome = judged(capsys, tmp_path, [line for line in text if not line.startswith("spike")])
    assert outcome.code == 2
    assert "no rows for probe 'spike'" in outcome.err


def cut(text: list[str], start: str, change: Callable[[str], str | None]) -> list[str]:
    """The lines with those that begin in a certain way changed, or left out."""
    new = [change(line) if line.startswith(start) else line for line in text]
    return [line for line in new if line is not None]


BROKEN: dict[str, tuple[Callable[[list[str]], list[str]], str]] = {
    "nothing": (lambda t: [""], "columns"),
    "the header alone": (lambda t: t[:1], "no rows for probe 'power'"),
    "no header": (lambda t: t[1:], ":1: the columns are"),
    "another column": (lambda t: [t[0].replace("w1", "x1"), *t[1:]], ":1: the columns are"),
    "a missing column": (lambda t: [line.rpartition(",")[0] for line in t], "the probe has 6"),
    "an unknown probe": (lambda t: cut(t, "spike", lambda line: "s" + line), "unknown probe 'sspike'"),
    "a missing step": (lambda t: cut(t, "power,7,", lambda line: None), ":8: probe 'power': step 8 where step 7"),
    "a missing last step": (lambda t: cut(t, "power,25,", lambda line: None), "probe 'power' ends before step 25"),
    "a step twice": (lambda t: cut(t, "power,7,", lambda line: f"{line}\n{line}"), "step 7 where step 8"),
    "steps out of order": (lambda t: [*t[:2], t[3], t[2], *t[4:]], "step 3 where step 2"),
    "one step too many": (
        lambda t: cut(t, "power,25,", lambda line: f"{line}\n{line.replace('25', '26', 1)}"), "more than 25 steps",
    ),
    "no step": (lambda t: cut(t, "power,7,", lambda line: line.replace("7", "", 1)), "step missing where step 7"),
    "a word": (lambda t: cut(t, "power,7,", lambda line: "power,7,one,2,3,4,,"), ":8: probe 'power': 'one' is not"),
    "too few weights": (lambda t: cut(t, "power,7,", lambda line: "power,7,1,2,3"), "5 columns, the header has 8"),
    "an empty weight": (lambda t: cut(t, "power,7,", lambda line: "power,7,1,,3,4,,"), "'' is not a number"),
    "too many weights": (lambda t: cut(t, "power,7,", lambda line: "power,7,1,2,3,4,5,"), "5 weights, the probe has 4"),
    "nan": (lambda t: cut(t, "power,7,", lambda line: "power,7,1,nan,3,4,,"), "the weight is nan"),
    "another start": (
        lambda t: cut(t, "power,1,", lambda line: f"power,0,9,9,9,9,,\n{line}"), "step 0 is not the start",
    ),
    "an open quote": (lambda t: cut(t, "power,7,", lambda line: '"power,7'), "not a CSV file"),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_file(capsys: pytest.CaptureFixture[str], tmp_path: Path, exported: dict[str, Any], what: str) -> None:
    change, said = BROKEN[what]
    outcome = judged(capsys, tmp_path, change(lines(exported)))
    assert (outcome.code, outcome.out) == (2, "")
    assert said in outcome.err
    assert "Traceback" not in outcome.err


def test_files_that_are_none(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for name, content in {"binary": b"\xff\xfe\x00", "large": b"0" * 5 * 2**20}.items():
        (tmp_path / name).write_bytes(content)
    for name in ("binary", "large", "missing", "."):
        outcome = run(capsys, "conform", "--trajectory", str(tmp_path / name))
        assert outcome.code == 2
        assert str(tmp_path) in outcome.err
    assert run(capsys, "conform", "--trajectory", "x", "--option", "a=1").code == 2


def test_probes_are_not_written_over_a_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "probe.json"
    path.write_text("mine")
    assert run(capsys, "conform", "--export-probe", str(path)).code == 2
    assert path.read_text() == "mine"
    assert run(capsys, "conform", "--export-probe", str(path), "--force").code == 0
    assert json.loads(path.read_text())["steps"] == 25


def test_the_example_in_c(capsys: pytest.CaptureFixture[str], tmp_path: Path, exported: dict[str, Any]) -> None:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler")
    program = tmp_path / "adamw"
    subprocess.run([compiler, "-O2", "-Wall", "-o", program, EXAMPLES / "adamw.c", "-lm"], check=True)
    probes = json.dumps(exported)
    flat = subprocess.run(
        [sys.executable, EXAMPLES / "flatten.py"], input=probes, text=True, capture_output=True, check=True
    )
    steps = subprocess.run([program], input=flat.stdout, text=True, capture_output=True, check=True)
    outcome = judged(capsys, tmp_path, steps.stdout.splitlines())
    assert outcome.code == 0, outcome.out + outcome.err
    assert len(json.loads(outcome.out)["probes"]) == 7
