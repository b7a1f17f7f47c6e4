"""docs/conformance.md: its generated tables, and that installed libraries are still what it says they are."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from adamw_cli.conformance.probes import probes
from adamw_cli.conformance.variants import space

ROOT = Path(__file__).resolve().parents[2]


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_conformance", ROOT / "docs" / "generate_conformance.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[spec.name] = module  # dataclasses look themselves up
    spec.loader.exec_module(module)
    return module


generate = _load()
DOCUMENT = (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")
ROWS = generate.rows(DOCUMENT)


def test_axes_and_references_are_up_to_date() -> None:
    assert generate.text() == DOCUMENT, "run: python docs/generate_conformance.py"


@pytest.mark.parametrize("name", ["README.md", "docs/conformance.md"])
def test_the_size_of_the_space_is_what_is_said(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert f"{len(space())} variants" in text
    assert "seven short probes" in text
    assert len(probes()) == 7


def test_every_case_has_its_row() -> None:
    assert list(ROWS) == [case.key() for case in generate.CASES]


def steady(row: str) -> str:
    """A row without what rounding decides: the distance of what agrees."""
    return re.sub(r"\d+e-\d+ \|$", "", row.strip())


@pytest.mark.parametrize(
    "case", generate.CASES, ids=lambda case: f"{case.target}-{'-'.join(case.options)}-{case.dtype}"
)
def test_a_library_is_what_the_table_says(case: object, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in generate.ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    row = ROWS[case.key()]  # type: ignore[attr-defined]
    version = case.version()  # type: ignore[attr-defined]
    if version is None or f"| {case.package} {version} |" not in row:  # type: ignore[attr-defined]
        pytest.skip("not installed in the version of the table")
    assert steady(case.row()) == steady(row)  # type: ignore[attr-defined]
