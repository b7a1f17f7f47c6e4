"""Values of earlier runs: one JSON file per scenario in a folder beside it, `__snapshots__/<file name>.json`."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adamw_cli.errors import AdamwError
from adamw_cli.files import read, write_whole
from adamw_cli.judging.snapshots import NOWHERE, SnapshotValues
from adamw_cli.judging.trials import Value
from adamw_cli.scenario.model import Scenario

FOLDER = "__snapshots__"
_NO_VALUES = "no mapping of names to values"
# A scenario has at most 10 000 values, each of them a list of as many numbers at most; nothing that is written comes near.
MAX_BYTES = 64 << 20
_UPDATE = "`adamw check` with update_snapshots writes it; commit the file"


class Snapshots:
    """A judging.check.SnapshotKeeper in files.

    A missing value is written, except where the variable CI is set: there nobody would commit it, and a check that writes
    its own expectations cannot fail.
    """

    def __init__(self, update: bool = False) -> None:
        self.update = update

    def stored(self, scenario: Scenario) -> SnapshotValues:
        """Return what is stored for a scenario.

        Raises
        ------
        AdamwError
            If the file is there and cannot be read, or holds no values and is not to be written anew.

        """
        if not any(expectation.snapshot for expectation in scenario.expect):
            return NOWHERE
        path = self._path(scenario)
        if path is None:
            return NOWHERE
        write = self.update or os.environ.get("CI", "").lower() in ("", "0", "false")
        missing = f"there is no stored value in {path}: {_UPDATE}"
        return SnapshotValues(self._values(path), write=write, update=self.update, missing=missing)

    def keep(self, scenario: Scenario, values: Mapping[str, Value]) -> None:
        """Store the values of a scenario, in place of what was stored.

        Raises
        ------
        AdamwError
            If the file cannot be written.

        """
        path = self._path(scenario)
        if path is None:  # while it ran
            raise AdamwError(
                f"the file {scenario.origin.name} is gone, and its values were not stored", "check it again"
            )
        text = json.dumps(dict(sorted(values.items())), indent=2, ensure_ascii=False, allow_nan=False)
        try:
            path.parent.mkdir(exist_ok=True)
            write_whole(path, f"{text}\n".encode())
        except OSError as error:
            hint = "make the folder writable, or check a copy of the scenario"
            raise AdamwError(f"the snapshot {path} cannot be written: {error.strerror or error}", hint) from None

    def _values(self, path: Path) -> dict[str, Value]:
        try:
            return _parsed(read(path, MAX_BYTES + 1))
        except FileNotFoundError:
            return {}
        except OSError as error:
            hint = "make the file readable, or check a copy of the scenario"
            raise AdamwError(f"the snapshot {path} cannot be read: {error.strerror or error}", hint) from None
        except ValueError as error:
            if self.update:  # the way out of a merge conflict in it
                return {}
            raise AdamwError(f"the snapshot {path} cannot be read: {error}", _UPDATE) from None

    def _path(self, scenario: Scenario) -> Path | None:
        """Where the values of a scenario are; None for one that is no file."""
        source = Path(scenario.origin.name)
        return source.parent / FOLDER / f"{source.name}.json" if source.is_file() else None


def _parsed(text: bytes) -> dict[str, Value]:
    """The values of a file; a ValueError says why it holds none."""
    if len(text) > MAX_BYTES:
        raise ValueError(f"larger than {MAX_BYTES >> 20} MiB")
    try:
        data = json.loads(text.decode("utf-8"))
    except RecursionError:
        raise ValueError("nested too deep") from None
    if not isinstance(data, dict):
        raise ValueError(_NO_VALUES)
    return {name: _value(value) for name, value in data.items()}


def _value(data: Any) -> Value:
    if isinstance(data, list):
        return tuple(None if item is None else _number(item) for item in data)
    return data if data is None or isinstance(data, str) else _number(data)


def _number(data: Any) -> float:
    """A number as it is written: never infinite, nan, or too large for a float, which would let anything pass or nothing."""
    if isinstance(data, bool) or not isinstance(data, int | float) or not abs(data) <= sys.float_info.max:
        raise ValueError(_NO_VALUES)
    return float(data)
