"""What a plug-in's functions return is looked at, so that what cannot be used is an error in its name, with exit code 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from adamw_cli.errors import ExitCode
from tests.cli.terminal import run

HEAD = "import numpy as np\nfrom functools import partial\nfrom adamw_cli.vocabulary import *\n"
SGD = "def update(w, g, lr): return (w - lr * g,)\n"
LINE = "def gradient(w, t, k): return k * w\ndef height(w, t, k): return 0.5 * k * w * w\n"


def rule(update: str = SGD, more: str = "") -> str:
    return f"{HEAD}SPEC = Rule(parameters=(LR,), state=(), decay=NoDecay(){more})\n{update}"


def landscape(functions: str = LINE, gradient: str = "Nonlinear()", more: str = "") -> str:
    return f'{HEAD}SPEC = Landscape(parameters=(Parameter("k", 1.0, "d"),), gradient={gradient}{more})\n{functions}'


def metric(result: str, more: str = "") -> str:
    spec = f'SPEC = Metric("weight", {"per" in more}, "never")'.replace(
        '"weight"', '"text"' if "text" in more else '"weight"'
    )
    return f"{HEAD}from adamw_cli.metrics import AtTheEnd\n{spec}\nclass Measure(AtTheEnd):\n    def result(self, ending): return {result}\n"


SCENARIO = """\
version: 1
landscape: {landscape}
start: [1.0, -0.5]
steps: 8
optimizers: {{run: {{kind: {rule}, lr: 0.1}}}}
expect: [{{metric: {metric}, {comparison}}}]
"""


def scenario(text: str) -> str:
    used = {
        "landscape": "{kind: quadratic, curvature: 1.0, center: 2.0}",
        "rule": "sgd",
        "metric": "final_loss",
        "comparison": "finite: true",
    }
    kind = text.partition("SPEC = ")[2].partition("(")[0]
    used |= {"Rule": {"rule": "mine"}, "Landscape": {"landscape": "{kind: mine}"}, "Metric": {"metric": "mine"}}[kind]
    if "text" in text.partition("SPEC = ")[2].splitlines()[0]:
        used["comparison"] = "equals: x"
    return SCENARIO.format(**used)


def test_what_depends_on_numbers_is_blamed_as_it_runs(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = rule("def update(w, g, lr):\n    if w > 0.5:\n        return (w - lr * g,)\n")
    plugin, place = tmp_path / "mine.py", tmp_path / "s.yaml"
    plugin.write_text(text)
    place.write_text(scenario(text))
    simulated = run(capsys, "simulate", str(place), "--engine", "python", "--plugin", str(plugin))
    assert simulated.code == ExitCode.COULD_NOT_RUN
    assert f"error: plug-in {plugin}:5: what update returns cannot be used: TypeError" in simulated.err


READS_A_LIST = "C = [1.0]\ndef update(w, g, lr): return (w - lr * C[0],)\n"
CALLS_ITSELF = "def f(x): return f(x - 1.0) if x > 0.0 else x\ndef update(w, g, lr): return (w - lr * f(g),)\n"


@pytest.mark.parametrize(
    ("update", "engine", "says"),
    [
        (READS_A_LIST, "llvm", "6: C, which update reads, cannot be compiled: it is of type list"),
        (CALLS_ITSELF, "llvm", "5: the function 'f' calls itself"),
        (CALLS_ITSELF, "python", "5: the function 'f' calls itself"),
    ],
    ids=["list", "loop", "loop in Python"],
)
def test_what_is_read_that_cannot_be_compiled_is_blamed_too(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, update: str, engine: str, says: str
) -> None:
    plugin, place = tmp_path / "mine.py", tmp_path / "s.yaml"
    plugin.write_text(rule(update))
    place.write_text(scenario(rule(update)))
    simulated = run(capsys, "simulate", str(place), "--engine", engine, "--plugin", str(plugin))
    assert simulated.code == ExitCode.COULD_NOT_RUN
    assert f"error: plug-in {plugin}:{says}" in simulated.err
