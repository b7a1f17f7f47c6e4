"""A figure that the theory catalogue prints, and how to compute it again: what the section files here are lists of.

`docs/theory.md` has a table of them, section by section (`python docs/generate_figures.py` writes it), and
`test_figures.py` computes every one. Theory and measurement are separate functions: theory comes from adamw_cli/theory,
a measurement from the engine (`adamw_cli.simulate_batch`, metrics) or from a loop of its own, never from a formula.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One printed number.

    Attributes
    ----------
    section : of the catalogue, such as `2.4`.
    what : which number, in words, with the hyperparameters that decide it; unique within its section.
    printed : the number as it is printed.
    within : how far a recomputed number may be from it, absolute: half a unit of the last printed digit, unless the
        catalogue states an error that is larger.
    theory : computes it by a closed form; None where the number printed is a measured one.
    measured : computes it by simulation; None where the number printed is a property of a formula.
    agree : how far theory and measurement may be apart, |measured - theory| / |theory|, as the catalogue states it.
    differs : why the printed number is not reproduced, in a sentence; empty if it is. The test then asserts that it
        is not, so that the sentence cannot outlive its reason.

    """

    section: str
    what: str
    printed: float
    within: float
    theory: Callable[[], float] | None = None
    measured: Callable[[], float] | None = None
    agree: float | None = None
    differs: str = ""

    def values(self) -> list[float]:
        """Return the number by every way there is to compute it."""
        return [float(compute()) for compute in (self.theory, self.measured) if compute is not None]
