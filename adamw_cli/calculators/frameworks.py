"""What frameworks take where nothing is given: read from the source of the version named, never from memory.

A row of frameworks.csv for each. The convention is one of vocabulary.conventions; it says what weight_decay multiplies.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Default:
    """An optimizer's default hyperparameters.

    Attributes
    ----------
    framework, version : what was read; a version, or a commit where it is not known which version that is.
    optimizer : what is called.
    lr : None where it has to be given.
    weight_decay : 0 where there is no decay by default, None where it has to be given.
    betas : beta1 and beta2; None where the rule has none.
    eps : None where the rule has none.
    convention : the name of the convention that weight_decay follows.
    source : the file of the package that says so, or the repository and its file where a commit is named.
    note : what else one has to know, or the empty string.

    """

    framework: str
    version: str
    optimizer: str
    lr: float | None
    weight_decay: float | None
    betas: tuple[float, float] | None
    eps: float | None
    convention: str
    source: str
    note: str = ""


def _read() -> Iterator[Default]:
    with Path(__file__).with_suffix(".csv").open(encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table):
            numbers: dict[str, Any] = {n: float(row[n]) if row[n] else None for n in ("lr", "weight_decay", "eps")}
            beta1, _, beta2 = row["betas"].partition(" ")
            numbers["betas"] = (float(beta1), float(beta2)) if beta2 else None
            yield Default(**{**row, **numbers})


DEFAULTS = tuple(_read())
