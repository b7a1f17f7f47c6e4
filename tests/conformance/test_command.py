"""What `adamw conform` prints: the verdict first, then what it is, where it parts, what to change; and the JSON of the contract."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest

from adamw_cli.conformance.variants import AXES
from tests.cli.terminal import run, run_process

EXAMPLE = str(Path(__file__).resolve().parents[2] / "docs" / "examples" / "adamw.py")
TEXT, NUMBER = {"type": "string"}, {"type": "number"}
OPTIONAL = {"type": ["string", "null"]}
CONTRACT = {
    "type": "object",
    "required": ["format", "target", "reference", "conforms", "identified", "distance", "first_divergence", "probes"],
    "properties": {
        "format": {"const": "adamw.conform/1"},
        "target": TEXT,
        "reference": TEXT,
        "conforms": {"type": "boolean"},
        "identified": {
            "type": "object",
            "required": [*AXES, "precision"],
            "additionalProperties": OPTIONAL,
            "maxProperties": 7,
        },
        "distance": NUMBER,
        "first_divergence": {
            "type": ["object", "null"],
            "required": ["probe", "step", "coordinate", "expected", "got", "term"],
            "additionalProperties": False,
            "properties": {
                "probe": TEXT,
                "step": {"type": "integer", "minimum": 1},
                "coordinate": {"type": "integer", "minimum": 0},
                "expected": NUMBER,
                "got": {"type": ["number", "null"]},
                "term": OPTIONAL,
            },
        },
        "probes": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "passed", "max_error"],
                "additionalProperties": False,
                "properties": {"name": TEXT, "passed": {"type": "boolean"}, "max_error": {"type": ["number", "null"]}},
            },
        },
    },
}


@pytest.mark.parametrize(("name", "code"), [("adamw", 0), ("buggy", 1)])
def test_json_is_what_the_contract_says(capsys: pytest.CaptureFixture[str], name: str, code: int) -> None:
    outcome = run(capsys, "conform", f"{EXAMPLE}:{name}", "--format", "json")
    assert outcome.code == code
    data = json.loads(outcome.out)
    jsonschema.validate(data, CONTRACT)
    assert data["conforms"] == (code == 0)
    assert (data["first_divergence"] is None) == (code == 0)
    assert data["identified"]["decay_scale"] == ("lr*lambda" if code == 0 else "lambda")
    assert data["identified"]["epsilon"] == ("outside" if code == 0 else "inside")


def test_the_table_has_the_verdict_first_and_its_parts_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    text = run(capsys, "conform", f"{EXAMPLE}:buggy").out
    assert text.splitlines()[0] == f"{EXAMPLE}:buggy (plain callable, float64): does NOT conform to adamw"
    parts = ["decay_scale", "where it first parts from adamw", "what to change", "probes, against adamw"]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    good = run(capsys, "conform", f"{EXAMPLE}:adamw").out
    assert good.splitlines()[0].endswith("conforms to adamw")
    assert "where it first parts" not in good
    assert "what to change" not in good
    assert "this is what is called: adamw, pytorch, optax, apex" in good


def test_csv_has_every_number(capsys: pytest.CaptureFixture[str]) -> None:
    rows = list(csv.DictReader(io.StringIO(run(capsys, "conform", f"{EXAMPLE}:buggy", "-f", "csv").out)))
    assert [row["name"] for row in rows if row["kind"] == "axis"] == [*AXES, "precision"]
    assert {row["name"] for row in rows if row["kind"] == "axis" and row["agrees"] == "false"} == {
        "decay_scale",
        "epsilon",
    }
    assert rows[0] == {
        "kind": "verdict",
        "name": "conforms",
        "found": "false",
        "reference": "true",
        "agrees": "false",
    }
    assert sum(row["kind"] == "probe" for row in rows) == 7


@pytest.mark.parametrize(("name", "code"), [("adamw", 0), ("buggy", 1)])
def test_junit_gates_ci(capsys: pytest.CaptureFixture[str], name: str, code: int) -> None:
    outcome = run(capsys, "conform", f"{EXAMPLE}:{name}", "--format", "junit")
    assert outcome.code == code
    root = ElementTree.fromstring(outcome.out)
    (suite,) = root
    judged = json.loads(run(capsys, "conform", f"{EXAMPLE}:{name}", "--format", "json").out)
    failed = [not judged["conforms"], *(not probe["passed"] for probe in judged["probes"])]
    assert [case.find("failure") is not None for case in suite] == failed
    assert (root.get("tests"), root.get("failures")) == (str(len(failed)), str(sum(failed)))
    assert len({(case.get("classname"), case.get("name")) for case in suite}) == len(failed)
    assert float(root.get("time", "0")) > 0.0
    assert suite.get("file") == EXAMPLE
    if code:
        text = suite[0][0].text or ""
        assert "epsilon: inside instead of outside" in text
        assert "probe 'power', step 1, coordinate 2" in text
        assert "multiply weight decay by lr" in text


def part_of_the_decay(folder: Path, part: float, name: str) -> str:
    """A target that is on no axis; a function of the example with that part of the decay."""
    source = Path(EXAMPLE).read_text()
    for decay in ("weight_decay * w", "1 - weight_decay"):
        assert source.count(decay) == 1
        source = source.replace(decay, decay.replace("weight_decay", f"{part} * weight_decay"))
    (folder / "part.py").write_text(source)
    return f"{folder / 'part.py'}:{name}"


def test_what_the_nearest_differs_in_is_not_said_of_the_target(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    target = part_of_the_decay(tmp_path, 0.999, "buggy")
    outcome = run(capsys, "conform", target, "--format", "junit")
    assert outcome.code == 1
    failure = ElementTree.fromstring(outcome.out)[0][0][0]
    assert "does NOT conform to adamw; not in the family" in (failure.get("message") or "")
    text = failure.text or ""
    said = [line.strip() for line in text.splitlines() if " instead of " in line]
    assert said == [
        "the nearest has decay_scale: lambda instead of lr*lambda",
        "the nearest has epsilon: inside instead of outside",
    ]
    assert "precision" not in text
    table = run(capsys, "conform", target).out.splitlines()
    assert table[0].endswith("(plain callable, float64): does NOT conform to adamw; not in the family")
    assert table[1].split() == ["axis", "nearest", "reference", "what", "was", "found", "means"]
    data = json.loads(run(capsys, "conform", target, "--format", "json").out)
    assert (data["exact"], data["identified"]["epsilon"]) == (False, "inside")
    assert data["distance"] < 1e-2


def test_what_is_far_from_every_variant_has_no_values_on_the_axes(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    target = part_of_the_decay(tmp_path, 0.7, "adamw")
    first, second, *rest = run(capsys, "conform", target).out.splitlines()
    assert first.endswith("does NOT conform to adamw; not in the family")
    assert second.startswith("no variant agrees; the nearest (")
    assert not any("differs" in line or line.startswith("axis") for line in rest)
    markdown = run(capsys, "conform", target, "--format", "markdown").out.splitlines()
    assert markdown[:3] == [f"### {first}", "", ""]
    assert markdown[3].startswith("no variant agrees")
    data = json.loads(run(capsys, "conform", target, "--format", "json").out)
    jsonschema.validate(data, CONTRACT)
    assert set(data["identified"].values()) == {None}
    assert data["distance"] > 1e-2
    assert data["candidates"]
    rows = list(csv.DictReader(io.StringIO(run(capsys, "conform", target, "-f", "csv").out)))
    assert {(row["found"], row["agrees"]) for row in rows if row["kind"] == "axis"} == {("", "")}
    junit = run(capsys, "conform", target, "--format", "junit").out
    assert " instead of " not in junit
    assert "no variant agrees; the nearest (" in junit


def test_what_was_not_tested_limits_the_verdict(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A step without lr: the probe that changes it cannot be run, and that it conforms there is not known."""
    source = Path(EXAMPLE).read_text()
    assert "def step(g, lr):" in source
    (tmp_path / "constant.py").write_text(source.replace("def step(g, lr):", "def step(g):"))
    target = f"{tmp_path / 'constant.py'}:adamw"
    outcome = run(capsys, "conform", target)
    assert outcome.code == 0
    text = outcome.out.splitlines()
    assert text[0].endswith("conforms to adamw as far as it was tested (6 of 7 probes)")
    assert text[-1].split() == ["schedule", "not", "run", "-", "-"]
    root = ElementTree.fromstring(run(capsys, "conform", target, "--format", "junit").out)
    assert (root.get("tests"), root.get("failures"), root.get("skipped")) == ("8", "0", "1")
    (skipped,) = [case for case in root[0] if case.find("skipped") is not None]
    assert skipped.get("name") == "probe 'schedule'"
    assert skipped[0].get("message") == "the target cannot change lr between steps"
    data = json.loads(run(capsys, "conform", target, "--format", "json").out)
    assert (data["skipped"], len(data["probes"])) == (["schedule"], 6)
    # One that fails where it was tested fails, whatever was not.
    wrong = run(capsys, "conform", f"{tmp_path / 'constant.py'}:buggy").out.splitlines()[0]
    assert wrong.endswith("does NOT conform to adamw")


def test_junit_of_what_is_no_file_names_none(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = run(capsys, "conform", "docs.examples.adamw:adamw", "--format", "junit")
    (suite,) = ElementTree.fromstring(outcome.out)
    assert suite.get("name") == "docs.examples.adamw:adamw"
    assert "file" not in suite.attrib


def test_the_help_says_that_there_is_no_sandbox_and_no_timeout(capsys: pytest.CaptureFixture[str]) -> None:
    text = " ".join(run(capsys, "conform", "--help").out.split())
    assert "no sandbox" in text
    assert "There is no timeout: a target that never returns has to be stopped with Ctrl-C." in text


def test_no_compiler_is_loaded() -> None:
    code = (
        "import sys; from adamw_cli.cli.main import main\n"
        f"main(['conform', {EXAMPLE + ':adamw'!r}]); assert not {{'numba', 'torch', 'jax', 'matplotlib'}} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_a_reference_in_a_process_of_its_own() -> None:
    reference = "adamw,decay_scale=lambda,epsilon=inside"
    outcome = run_process("conform", f"{EXAMPLE}:buggy", "--reference", reference)
    assert outcome.code == 0
    assert outcome.out.startswith(f"{EXAMPLE}:buggy (plain callable, float64): conforms to {reference}")
