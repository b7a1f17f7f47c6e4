"""Documents about the machine: `adamw doctor` and `adamw cache`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from adamw_cli.report.document import Cell, Column, Document, Table

if TYPE_CHECKING:
    from adamw_cli.engine.doctor import Finding


def diagnosis(findings: Sequence[Finding]) -> Document:
    """One row per finding; the ones that keep the tool from working are marked."""
    rows: list[list[Cell]] = [[f.name, f.value, "" if f.ok else "PROBLEM"] for f in findings]
    table = Table("", [Column("what"), Column("value", prose=True), Column("")], rows)
    records = Table("", [Column("what"), Column("value"), Column("ok")], [[f.name, f.value, f.ok] for f in findings])
    items = [{"name": f.name, "value": f.value, "ok": f.ok} for f in findings]
    return Document(
        [table], records, {"format": "adamw.doctor/1", "ok": all(f.ok for f in findings), "findings": items}
    )


def cache_document(root: Path | None, folder: Path | None, files: Sequence[Path]) -> Document:
    """One row per version of the kernels, the present one marked."""
    versions: dict[str, list[int]] = {}
    for path in files:
        versions.setdefault(path.parent.name, []).append(path.stat().st_size)
    current = folder.name if folder else None
    rows: list[list[Cell]] = [
        [name, len(sizes), sum(sizes), name == current] for name, sizes in sorted(versions.items())
    ]
    columns = [Column("version"), Column("kernels", "right"), Column("bytes", "right"), Column("current")]
    table = Table(f"kernel cache: {root or 'none'}", columns, rows, [] if rows else ["empty"])
    items = [dict(zip(("version", "kernels", "bytes", "current"), row, strict=True)) for row in rows]
    return Document(
        [table], table, {"format": "adamw.cache/1", "folder": None if root is None else str(root), "versions": items}
    )
