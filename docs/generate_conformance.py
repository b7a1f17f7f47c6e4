"""Write the tables of docs/conformance.md: `python docs/generate_conformance.py`.

Axes and references are read off the package. The optimizers of libraries are judged; what is not installed keeps its row, and a
test judges again what is installed in the version that the table names.
"""

from __future__ import annotations

import os
import re
import warnings
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import adamw_cli
from adamw_cli import Judgement, registry
from adamw_cli.conformance.references import family
from adamw_cli.conformance.variants import AXES, Variant, names

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "conformance.md"
END = "<!-- end -->\n"
# For Keras, and so that heavyball does not compile for a minute.
ENVIRONMENT = {"KERAS_BACKEND": "jax", "TORCHDYNAMO_DISABLE": "1"}
_KERAS = "docs/examples/keras_target.py"
_HEAD = "| target | options | type | package | what it is | off by |\n|---|---|---|---|---|---:|\n"


@dataclass(frozen=True)
class Case:
    """One row: what is judged, and the package that it belongs to."""

    package: str
    target: str
    dtype: str
    options: tuple[str, ...] = ()

    def key(self) -> str:
        """The first cells of the row, by which it is found again."""
        return f"| `{self.target}` | {' '.join(self.options)} | {self.dtype} |"

    def version(self) -> str | None:
        """The installed version, without the build; None if there is none."""
        try:
            return metadata.version(self.package).partition("+")[0]
        except metadata.PackageNotFoundError:
            return None

    def judge(self) -> Judgement:
        """Judge it."""
        place = self.target.replace(_KERAS, str(ROOT / _KERAS))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return adamw_cli.conform(place, dtype=self.dtype, option=self.options)

    def row(self) -> str:
        """The whole row."""
        result = self.judge()
        distance = f"{result.identification.distance:.0e}"
        return f"{self.key()} {self.package} {self.version()} | {what(result)} | {distance} |\n"


def what(result: Judgement) -> str:
    """What a target is, in as few words as will do."""
    differs = [
        f"{axis} {' or '.join(found)}"
        for (axis, found), reference in zip(result.found().items(), result.reference_values().values(), strict=True)
        if found and not set(found) & set(reference)
    ]
    differs += [f"{name} {value:g} built in" for name, value in result.fixed.values]
    differs += [result.misread.what] if result.misread else []
    values = ", ".join(differs)
    if not result.in_family:
        return f"not in the family; nearest: {values or 'adamw'}"
    names = ", ".join(f"`{name}`" for name in result.conventions())
    return ": ".join(part for part in (names, values) if part)


def _both(package: str, *targets: str) -> list[Case]:
    return [Case(package, target, dtype) for target in targets for dtype in ("float64", "float32")]


CASES = [
    *_both("torch", "torch.optim:AdamW"),
    *[Case("torch", "torch.optim:AdamW", d, (f"{o}=true",)) for o in ("foreach", "fused", "amsgrad") for d in ("float64", "float32")],
    *_both("torch", "torch.optim:Adam"),
    *[Case("torch", "torch.optim:Adam", d, (f"{o}=true",)) for o in ("foreach", "fused", "amsgrad") for d in ("float64", "float32")],
    *_both("torch", "torch.optim:NAdam", "torch.optim:RAdam"),
    *[Case("torch", f"torch.optim:{name}", d, ("foreach=true",)) for name in ("NAdam", "RAdam") for d in ("float64", "float32")],
    *_both("optax", "optax:adamw", "optax:adam", "optax:amsgrad", "optax:lion"),
    Case("keras", f"{_KERAS}:adamw", "float32"),
    Case("keras", f"{_KERAS}:adamw", "float32", ("amsgrad=true",)),
    Case("keras", f"{_KERAS}:adam", "float32"),
    *_both("pytorch_optimizer", "pytorch_optimizer:AdamW", "pytorch_optimizer:AdamP", "pytorch_optimizer:AdamWSN", "pytorch_optimizer:StableAdamW"),
    Case("pytorch_optimizer", "pytorch_optimizer:AdamC", "float64"),
    Case("heavyball", "heavyball:AdamW", "float32"),
    Case("heavyball", "heavyball:AdamC", "float32"),
]  # fmt: skip


def start(section: str) -> str:
    """The line that a section begins after."""
    return f"<!-- {section}: written by docs/generate_conformance.py -->\n"


def rows(document: str) -> dict[str, str]:
    """The rows of the table of optimizers in a document, by their first three cells."""
    table = document.partition(start("optimizers"))[2].partition(END)[0]
    found = re.findall(r"^((?:\|[^|\n]*){3}\|)(.*\n)", table, re.MULTILINE)
    return {key: key + rest for key, rest in found if key.startswith("| `")}


def axes() -> str:
    """What may differ."""
    lines = [f"| {axis} | `{value}` | {means} |" for axis, values in AXES.items() for value, means in values.items()]
    return "\n".join(["| axis | value | meaning |", "|---|---|---|", *lines]) + "\n"


def references() -> str:
    """The conventions; an axis is mentioned where it is not AdamW's."""
    lines = []
    for name, entry in family().items():
        if name in registry.names("optimizers"):  # those are listed by `adamw list optimizers`
            continue
        assert entry.variant is not None
        axis_values = zip(AXES, names(entry.variant).values(), names(Variant()).values(), strict=True)
        differs = ", ".join(f"{axis} `{own[0]}`" for axis, own, usual in axis_values if own and own[0] != usual[0])
        lines.append(f"| `{name}` | {differs} | {entry.source} |")
    head = ["| name | differs from `adamw` in | source |", "|---|---|---|"]
    return "\n".join([*head, *lines]) + "\n"


def optimizers(document: str) -> str:
    """Every case judged again whose package is installed."""
    old = rows(document)
    return _HEAD + "".join(case.row() if case.version() else old.get(case.key(), "") for case in CASES)


def replaced(document: str, section: str, content: str) -> str:
    """The document with a section written anew."""
    before, mark, rest = document.partition(start(section))
    return f"{before}{mark}\n{content}\n{END}{rest.partition(END)[2]}"


def text() -> str:
    """Return the document with the sections that need no other package written anew."""
    document = TARGET.read_text(encoding="utf-8")
    return replaced(replaced(document, "axes", axes()), "references", references())


if __name__ == "__main__":
    os.environ.update(ENVIRONMENT)
    TARGET.write_text(replaced(text(), "optimizers", optimizers(text())), encoding="utf-8")
