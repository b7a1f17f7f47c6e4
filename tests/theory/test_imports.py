"""The closed forms stand alone: the standard library, one another, and the error family."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import adamw_cli

FILES = sorted((Path(adamw_cli.__file__).parent / "theory").glob("*.py"))
ALLOWED = {"fractions", "__future__", "math", "itertools", "collections.abc", "typing", "adamw_cli.errors"}


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
    return found


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_theory_imports_math_itself_and_errors(path: Path) -> None:
    outside = {name for name in imported(path) if name.split(".")[:2] != ["adamw_cli", "theory"]}
    assert outside <= ALLOWED


def test_theory_loads_without_numpy() -> None:
    modules = ", ".join(f"adamw_cli.theory.{path.stem}" for path in FILES if path.stem != "__init__")
    code = f"import sys, {modules}; assert not {{'numpy', 'numba', 'yaml'}} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
