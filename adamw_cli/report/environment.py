"""Documents about the machine: `adamw doctor` and `adamw cache`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from adamw_cli.report.document import Cell, Document, Table, left, prose, right
from adamw_cli.result import Result

if TYPE_CHECKING:
    from adamw_cli.engine.doctor import Finding


@dataclass(frozen=True, repr=False)
class Diagnosis(Result):
    """The machine as far as results depend on it."""

    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing keeps the tool from working."""
        return all(finding.ok for finding in self.findings)


@dataclass(frozen=True, repr=False)
class KernelCache(Result):
    """The cache of compiled kernels.

    Attributes
    ----------
    root, folder : where it is, and where in it the kernels of this version are; None where nothing can be written.
    files : the kernels of all versions.
    changed : how many were just deleted or compiled.

    """

    root: Path | None
    folder: Path | None
    files: tuple[Path, ...]
    changed: int = 0


def diagnosis(result: Diagnosis) -> Document:
    """One row per finding; below them what to do about those that need it, of which some keep the tool from working."""
    findings = result.findings
    marks = {(True, True): "see below", (False, True): "PROBLEM", (False, False): "PROBLEM"}
    rows: list[list[Cell]] = [[f.name, f.value, marks.get((f.ok, bool(f.advice)), "")] for f in findings]
    notes = [f"{f.name}: {f.advice}" for f in findings if f.advice]
    table = Table("", [*left("what"), *prose("value"), *left("")], rows, notes)
    records = Table("", left("what", "value", "ok", "advice"), [[f.name, f.value, f.ok, f.advice] for f in findings])
    items = [{"name": f.name, "value": f.value, "ok": f.ok, "advice": f.advice} for f in findings]
    return Document([table], records, {"format": "adamw.doctor/1", "ok": result.ok, "findings": items})


def cache_document(result: KernelCache) -> Document:
    """One row per version of the kernels, the present one marked."""
    versions: dict[str, list[int]] = {}
    for path in result.files:
        versions.setdefault(path.parent.name, []).append(path.stat().st_size)
    current = result.folder.name if result.folder else None
    rows: list[list[Cell]] = [
        [name, len(sizes), sum(sizes), name == current] for name, sizes in sorted(versions.items())
    ]
    columns = [*left("version"), *right("kernels", "bytes"), *left("current")]
    table = Table(f"kernel cache: {result.root or 'none'}", columns, rows, [] if rows else ["empty"])
    items = [dict(zip(("version", "kernels", "bytes", "current"), row, strict=True)) for row in rows]
    folder = None if result.root is None else str(result.root)
    return Document([table], table, {"format": "adamw.cache/1", "folder": folder, "versions": items})
