"""What a file in metrics/ declares."""

from dataclasses import dataclass
from typing import Literal

from adamw_cli.vocabulary.parameters import Parameter, Specification

# What a metric may need to mean anything: facts about a landscape and the rules that run on it.
#   turn : the gradient changes at a known step.       fading : and is zero from then on.
#   minimizer : there is an unconstrained minimiser.   plateau : the gradient is zero throughout.
#   external : the gradient does not depend on the weights, so that two runs see the same gradients.
Need = Literal["turn", "fading", "minimizer", "plateau", "external"]


@dataclass(frozen=True)
class Metric(Specification):
    """Facts about a metric. Its file also has the class `Measure`; metrics/_contract.py says what that does.

    Attributes
    ----------
    unit : `steps`, `loss`, `weight`, `loss/weight`, `1` for a pure number, or `text`.
    per_coordinate : whether there is one value per coordinate or one per run.
    undefined : when it has no value, in words; JSON then has null.
    parameters : what an `expect` entry may set beside the comparison.
    needs : what it needs to mean anything.
    shown : whether it is measured wherever it means something; otherwise only if an expectation asks for it.
    pair : a metric of two runs: `twin`, the run and a second one that differs by its start alone; `run`, the
        run and another one of the scenario, which the parameter `to` names.

    """

    unit: str
    per_coordinate: bool
    undefined: str
    parameters: tuple[Parameter, ...] = ()
    needs: tuple[Need, ...] = ()
    shown: bool = False
    pair: Literal["twin", "run"] | None = None

    FOLDER = "metrics"

    @property
    def text(self) -> bool:
        """Whether the value is a word rather than a number."""
        return self.unit == "text"
