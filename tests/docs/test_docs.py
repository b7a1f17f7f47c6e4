"""What the documents show is what happens: sessions, commands, examples, links."""

from __future__ import annotations

import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import adamw_cli
from adamw_cli.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What is smaller than 1e-6 is rounding, or a weight that has collapsed; both differ from one processor to the next, and
# with them the width of columns.
TINY = re.compile(r"-?\b\d(\.\d+)?e-(0[7-9]|[1-9]\d+)\b")
SPACING = re.compile(r" {2,}|-{3,}")


def blocks(path: Path, language: str) -> list[str]:
    return [text for kind, text in FENCE.findall(path.read_text()) if kind == language]


def sessions() -> list[tuple[str, str, str]]:
    """(document, command, what it prints)."""
    found = []
    for path in DOCUMENTS:
        for block in blocks(path, "console"):
            parts = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
            found += [(path.name, *part.partition("\n")[::2]) for part in parts]
    return found


def steady(text: str) -> str:
    return "\n".join(line.strip() for line in SPACING.sub(" ", TINY.sub("tiny", text)).split("\n"))


@pytest.mark.parametrize(("document", "command", "printed"), sessions())
def test_a_session(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, document: str, command: str, printed: str
) -> None:
    monkeypatch.chdir(ROOT)
    program, *arguments = shlex.split(command)
    assert program == "adamw"
    capsys.readouterr()
    main(arguments)
    # Of a long output a document may show the beginning.
    shown = steady(printed.removesuffix("...\n"))
    actual = steady(capsys.readouterr().out)
    assert actual.startswith(shown) if printed.endswith("...\n") else actual == shown


def test_there_are_sessions() -> None:
    assert {"README.md"} <= {document for document, _, _ in sessions()}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_python_examples_run(path: Path) -> None:
    for block in blocks(path, "python"):
        if path.name != "extending.md":  # those are files of the package; see below
            exec(compile(block, path.name, "exec"), {})


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text()):
        assert target.startswith("http") or (path.parent / target).exists(), target


@pytest.mark.parametrize(
    ("script", "document"),
    [
        ("generate_cli", "cli.md"),
        ("generate_ci", "ci.md"),
        ("generate_figures", "theory.md"),
        ("generate_papers", "papers.md"),
    ],
)
def test_what_is_generated_is_up_to_date(script: str, document: str) -> None:
    spec = importlib.util.spec_from_file_location(script, ROOT / "docs" / f"{script}.py")
    assert spec is not None
    assert spec.loader is not None
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    assert (ROOT / "docs" / document).read_text() == generate.text(), f"run: python docs/{script}.py"


def test_the_table_of_half_lives_is_right(capsys: pytest.CaptureFixture[str]) -> None:
    rows = re.findall(
        r"^\| ([\d.e-]+) \| ([\d.]+) \| ([\d.]+) \| (\d+) \|$", (ROOT / "docs" / "theory.md").read_text(), re.MULTILINE
    )
    assert len(rows) == 4
    for lr, weight_decay, half_life, step in rows:
        answer = adamw_cli.half_life(lr=float(lr), weight_decay=float(weight_decay))
        assert f"{answer.half_life_steps:.8g}" == half_life
        assert answer.crossing_step == int(step)


def test_the_examples_of_extending_work(tmp_path: Path) -> None:
    """Each goes into a copy of the package, as its heading says; then the scenario is checked there."""
    document = ROOT / "docs" / "extending.md"
    shutil.copytree(ROOT / "adamw_cli", tmp_path / "adamw_cli", ignore=shutil.ignore_patterns("__pycache__"))
    places = re.findall(r"^## .*: `(.*\.py)`$", document.read_text(), re.MULTILINE)
    for place, code in zip(places, blocks(document, "python"), strict=True):
        (tmp_path / place).write_text(code)
    (scenario,) = blocks(document, "yaml")
    (tmp_path / "scenario.yaml").write_text(scenario)
    checks = [["-m", "adamw_cli", "check", "scenario.yaml"], *(["-m", "doctest", place] for place in places)]
    for arguments in checks:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False,
            env={"PYTHONPATH": str(tmp_path), "ADAMW_CACHE_DIR": str(tmp_path / "cache"), "PATH": ""},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
