"""Values of earlier runs, for `snapshot: true`: what they are called, and what happens where there is none.

Reading and writing them is gate/snapshots.py's work.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from adamw_cli.judging.requests import AT_STEP, Request
from adamw_cli.judging.trials import Value
from adamw_cli.scenario.model import Expectation


@dataclass(frozen=True)
class SnapshotValues:
    """The stored values of one scenario.

    Attributes
    ----------
    values : name -> value.
    write : whether a value that is missing is stored instead of judged.
    update : whether every value is.
    missing : what to say where one is missing and may not be written.
    missing_fails : whether that is a failure, rather than something that cannot be judged.

    """

    values: Mapping[str, Value] = field(default_factory=dict)
    write: bool = False
    update: bool = False
    missing: str = ""
    missing_fails: bool = True


# Where nothing keeps values: `adamw simulate`, standard input.
NOWHERE = SnapshotValues(missing="snapshots are kept by `adamw check`, beside a scenario's file", missing_fails=False)


def key_of(run: str, key: Request, expectation: Expectation) -> str:
    """Return what the value of an expectation is stored as, such as `adamw/weight[0]@100`; people read these in a diff."""
    metric, parameters = key
    own = ", ".join(f"{name}={value}" for name, value in parameters if name != AT_STEP)
    coordinate = "" if expectation.at is None else f"[{expectation.at}]"
    step = "" if expectation.at_step is None else f"@{expectation.at_step}"
    over = "" if expectation.over in (None, "mean") else f" ({expectation.over} over trials)"
    return f"{run}/{metric}{f'({own})' if own else ''}{coordinate}{step}{over}"
