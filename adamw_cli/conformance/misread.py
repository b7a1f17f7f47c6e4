"""Hyperparameters that reach an implementation and are misread there: which reading, if any, accounts for a recording.

A reading is a change of the probes: an implementation that swaps beta1 and beta2 does on a probe what a variant does on that probe with
the two swapped. So nothing is guessed: a reading is named only if with it a variant agrees on every probe, to within rounding.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from adamw_cli.conformance.identify import Identification, agreement
from adamw_cli.conformance.probes import Probe
from adamw_cli.conformance.record import Recording

Array = NDArray[np.floating]


@dataclass(frozen=True)
class Misreading:
    """One way to misread a hyperparameter, or the gradient.

    Attributes
    ----------
    what : what the implementation does, a clause.
    do : what it should do.
    term : the term of the update that goes wrong by it, as in `Divergence`.
    read : a probe -> the probe as the implementation reads it.
    instead : what to pass so that it reads what was meant; empty if nothing does that.

    """

    what: str
    do: str
    term: str
    read: Callable[[Probe], Probe]
    instead: str = ""

    def apply(self, ran: Sequence[Probe]) -> tuple[Probe, ...]:
        """Return the probes as the implementation reads them; a probe that reads the same is the same object."""
        return tuple(self.read(probe) for probe in ran)

    def sentence(self, *, alone: bool) -> str:
        """Return what to change; what to pass instead is of use only if it is `alone` in being wrong."""
        return f"{self.what}: {self.do}" + (f"; or pass {self.instead}" if alone and self.instead else "")


def _betas(change: Callable[[float, float], tuple[float, float]]) -> Callable[[Probe], Probe]:
    return lambda p: replace(p, betas=change(*p.betas))


def _schedule(change: Callable[[Array], Array]) -> Callable[[Probe], Probe]:
    return lambda p: replace(p, schedule=change(p.schedule)) if p.changes_lr else p


_LATE = "use the lr that step t is given in step t, not in the next"
_EARLY = "use the lr of step t, not that of step t + 1"
_EVERY = "use the lr of each step in that step"
MISREADINGS = (
    Misreading("beta1 and beta2 are swapped", "average g with beta1 and g^2 with beta2", "m and v", _betas(lambda b1, b2: (b2, b1)), "betas = (beta2, beta1)"),
    Misreading("beta1 is used in place of beta2", "average g^2 with beta2", "v", _betas(lambda b1, _: (b1, b1))),
    Misreading("beta2 is used in place of beta1", "average g with beta1", "m", _betas(lambda _, b2: (b2, b2))),
    Misreading("1 - beta is used in place of beta", "weight the old average with beta and what is new with 1 - beta", "m and v", _betas(lambda b1, b2: (1 - b1, 1 - b2)), "betas = (1 - beta1, 1 - beta2)"),
    Misreading("eps is squared", "use eps as it is", "epsilon", lambda p: replace(p, eps=p.eps**2), "eps = sqrt(eps)"),
    Misreading("the root of eps is taken", "use eps as it is", "epsilon", lambda p: replace(p, eps=math.sqrt(p.eps)), "eps = eps^2"),
    Misreading("the gradient has the wrong sign, as if to maximize", "subtract the step", "m", lambda p: replace(p, curvature=-p.curvature, forcing=-p.forcing)),
    Misreading("weight_decay is halved", "use weight_decay as it is", "decay", lambda p: replace(p, weight_decay=p.weight_decay / 2), "weight_decay = 2*weight_decay"),
    Misreading("weight_decay is doubled", "use weight_decay as it is", "decay", lambda p: replace(p, weight_decay=p.weight_decay * 2), "weight_decay = weight_decay/2"),
    Misreading("lr is halved", "use lr as it is", "lr", lambda p: replace(p, lr=p.lr / 2), "lr = 2*lr"),
    Misreading("lr is doubled", "use lr as it is", "lr", lambda p: replace(p, lr=p.lr * 2), "lr = lr/2"),
    Misreading("lr is taken one step late, in the first step that of the start", _LATE, "lr", _schedule(lambda s: np.array([1.0, *s[:-1]]))),
    Misreading("lr is taken one step late, in the first two steps that of the first", _LATE, "lr", _schedule(lambda s: np.array([s[0], *s[:-1]]))),
    Misreading("lr is taken one step late, in the first step that of the last", _LATE, "lr", _schedule(lambda s: np.roll(s, 1))),
    Misreading("lr is taken one step early", _EARLY, "lr", _schedule(lambda s: np.array([*s[1:], s[-1]]))),
    Misreading("lr at the start is used in every step", _EVERY, "lr", _schedule(np.ones_like)),
    Misreading("lr of the first step is used in every step", _EVERY, "lr", _schedule(lambda s: np.full_like(s, s[0]))),
)  # fmt: skip


def misread(recording: Recording) -> tuple[Misreading, Identification] | None:
    """Return the reading under which a variant agrees, and what agrees; None if there is none."""
    for each in MISREADINGS:
        ran = each.apply(recording.probes)
        if all(new is old for new, old in zip(ran, recording.probes, strict=True)):
            continue
        found = agreement(replace(recording, probes=ran))
        if found is not None:
            return each, found
    return None
