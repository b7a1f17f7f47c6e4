"""How the run ended: `finished`, or `diverged` if a weight stopped being a finite number."""

import numpy as np
import numpy.typing as npt

from adamw_cli.metrics import AtTheEnd, Ending
from adamw_cli.vocabulary import Metric

SPEC = Metric(unit="text", per_coordinate=False, undefined="never", shown=True)


class Measure(AtTheEnd):
    """The engine's own word."""

    def result(self, ending: Ending) -> npt.NDArray[np.str_]:
        """Return the status of every lane."""
        return np.array(ending.status)
