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


def test_junit_does_not_state_what_is_only_nearest(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Seven tenths of the decay are on no axis: what the nearest variant differs in is not what the target differs in."""
    source = Path(EXAMPLE).read_text()
    assert "weight_decay * w" in source
    (tmp_path / "part.py").write_text(source.replace("weight_decay * w", "0.7 * weight_decay * w"))
    outcome = run(capsys, "conform", f"{tmp_path / 'part.py'}:adamw", "--format", "junit")
    assert outcome.code == 1
    text = ElementTree.fromstring(outcome.out)[0][0][0].text or ""
    assert "not in the family" in text
    said = [line.strip() for line in text.splitlines() if " instead of " in line]
    assert said
    assert all(line.startswith("the nearest has ") for line in said)
    assert "precision" not in text


def test_junit_of_what_is_no_file_names_none(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = run(capsys, "conform", "docs.examples.adamw:adamw", "--format", "junit")
    (suite,) = ElementTree.fromstring(outcome.out)
    assert suite.get("name") == "docs.examples.adamw:adamw"
    assert "file" not in suite.attrib


def test_the_help_says_that_there_is_no_sandbox(capsys: pytest.CaptureFixture[str]) -> None:
    assert "no sandbox" in " ".join(run(capsys, "conform", "--help").out.split())


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
