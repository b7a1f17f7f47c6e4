"""What the documents show is what happens: sessions, commands, examples, links."""

from __future__ import annotations

import importlib.util
import re
import shlex
from pathlib import Path
from types import ModuleType

import pytest

import adamw_cli
from adamw_cli import registry
from adamw_cli.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
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
        if path.name != "extending.md":  # those are plug-ins: tests/plugins runs them
            exec(compile(block, path.name, "exec"), {})


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text()):
        assert target.startswith("http") or (path.parent / target).exists(), target


def generator(script: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(script, ROOT / "docs" / f"{script}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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
    assert (ROOT / "docs" / document).read_text() == generator(script).text(), f"run: python docs/{script}.py"


@pytest.mark.parametrize("package", registry.PACKAGES)
def test_the_reference_is_up_to_date_and_has_every_file_with_every_parameter(package: str) -> None:
    page = (ROOT / "docs" / "reference" / f"{package}.md").read_text()
    assert page == generator("generate_reference").text(package), "run: python docs/generate_reference.py"
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| ")]
    for name in registry.own(package):
        assert sum(cells[0] == f"| `{name}`" for cells in rows) == 1 + bool(
            registry.load(package, name).SPEC.parameters
        )
    declared = [p.name for name in registry.own(package) for p in registry.load(package, name).SPEC.parameters]
    listed = page.partition("## Parameters")[2].splitlines()
    assert re.findall(r"^\| [^|]*\| `(\w+)`", "\n".join(listed), re.MULTILINE) == declared


def test_the_table_of_half_lives_is_right(capsys: pytest.CaptureFixture[str]) -> None:
    rows = re.findall(
        r"^\| ([\d.e-]+) \| ([\d.]+) \| ([\d.]+) \| (\d+) \|$", (ROOT / "docs" / "theory.md").read_text(), re.MULTILINE
    )
    assert len(rows) == 4
    for lr, weight_decay, half_life, step in rows:
        answer = adamw_cli.half_life(lr=float(lr), weight_decay=float(weight_decay))
        assert f"{answer.half_life_steps:.8g}" == half_life
        assert answer.crossing_step == int(step)
