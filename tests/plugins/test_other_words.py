"""A rule and a landscape that call their parameters as they like, by the command line: copies of ours, with other words."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import adamw_cli
from tests.cli.terminal import run

PACKAGE = Path(adamw_cli.__file__).parent
BETAS = 'Parameter("betas", (0.9, 0.999), "decay rates", kind="pair", per_coordinate=True, ge=0, lt=1, components=("b1", "b2"))'
EPS = 'Parameter("epsilon", 1e-8, "added to sqrt(v_hat)", per_coordinate=True, ge=0)'
CORRECTION = """coefficients=("c1", "c2"),
    coefficient_arguments=("beta1", "beta2"),
    coefficient_values=lambda t, one, two: (1.0 / (1.0 - one), 1.0 / (1.0 - two)),"""


@pytest.fixture
def copies(tmp_path: Path) -> Path:
    """adamw.py with epsilon, b1 and b2; slope.py with force."""
    text = (PACKAGE / "optimizers" / "adamw.py").read_text()
    text = text.replace("BETAS, EPS, AMSGRAD)", f"{BETAS}, {EPS}, AMSGRAD)").replace("**BIAS_CORRECTION,", CORRECTION)
    text = re.sub(r"\bbeta([12])", r"b\1", re.sub(r"\beps\b", "epsilon", text))
    (tmp_path / "renamed.py").write_text(text.replace("    Rule,\n", "    Parameter,\n    Rule,\n"))
    text = (PACKAGE / "landscapes" / "slope.py").read_text()
    text = (
        text.replace('"gradient"', '"force"')
        .replace("t, gradient)", "t, force)")
        .replace("return gradient", "return force")
    )
    (tmp_path / "tilt.py").write_text(text)
    return tmp_path


def document(place: str, rules: str) -> str:
    return f"version: 1\nlandscape: {place}\nstart: [1.0]\nsteps: 200\noptimizers:\n{rules}"


def test_a_rule_with_other_names_is_told_its_own_theory(capsys: pytest.CaptureFixture[str], copies: Path) -> None:
    rules = (
        "  renamed: {lr: 0.01, weight_decay: 0.1, epsilon: 0.01}\n  adamw: {lr: 0.01, weight_decay: 0.1, eps: 0.01}\n"
    )
    expect = "expect:\n  - {metric: weight, of: adamw, near: theory}\n  - {metric: weight, of: renamed, near: theory}\n"
    path = copies / "renamed.yaml"
    path.write_text(document("{kind: slope, gradient: 0.01}", rules) + expect)
    found = run(capsys, "simulate", str(path), "--plugin", str(copies / "renamed.py"), "--format", "json")
    weights = [each["metrics"]["weight"] for each in json.loads(found.out)["runs"]]
    assert weights[0] == weights[1]
    assert weights[0]["theory"] == [pytest.approx(-0.0881, abs=1e-4)]
    assert run(capsys, "check", str(path), "--plugin", str(copies / "renamed.py")).code == 0


def test_a_landscape_with_other_names_has_a_theory(capsys: pytest.CaptureFixture[str], copies: Path) -> None:
    rules = "  adamw: {lr: 0.01, weight_decay: 0.1}\n"
    answers = []
    for kind, word in (("slope", "gradient"), ("tilt", "force")):
        path = copies / f"{kind}.yaml"
        path.write_text(
            document(f"{{kind: {kind}, {word}: 0.01}}", rules) + "expect: [{metric: weight, near: theory}]\n"
        )
        found = run(capsys, "simulate", str(path), "--plugin", str(copies / "tilt.py"), "--format", "json")
        assert found.code == 0
        answers.append(json.loads(found.out)["runs"])
    assert answers[0] == answers[1]
    assert answers[1][0]["metrics"]["weight"]["theory"] is not None


def test_a_fact_about_a_parameter_that_is_not_there_is_an_error(
    capsys: pytest.CaptureFixture[str], copies: Path
) -> None:
    plugin = copies / "renamed.py"
    plugin.write_text(plugin.read_text().replace('Eps("epsilon")', 'Eps("epsilom")'))
    found = run(capsys, "list", "optimizers", "--plugin", str(plugin))
    assert found.code == 2
    assert "the step refers to 'epsilom', which it does not declare" in found.err
    assert "did you mean 'epsilon'" in found.err
