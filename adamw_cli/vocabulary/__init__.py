"""The words in which a file in optimizers/, landscapes/, schedules/, noises/ or metrics/ says what it is.

The other layers act on these declared facts and never on a name, so that a new rule, landscape or schedule is one new file,
here or in somebody else's package. Standard library only: `adamw half-life` imports this without numpy.
"""

from adamw_cli.vocabulary.landscapes import Constant, Form, Gradient, Landscape, Linear, Nonlinear, Switching, Zero
from adamw_cli.vocabulary.metrics import Metric, Need
from adamw_cli.vocabulary.noises import Noise
from adamw_cli.vocabulary.parameters import (
    AMSGRAD,
    BETAS,
    CENTER,
    DECAY,
    EPS,
    L2,
    LR,
    REQUIRED,
    SCHEDULE,
    Number,
    Parameter,
    Values,
)
from adamw_cli.vocabulary.rules import (
    BIAS_CORRECTION,
    AdamStep,
    Coupled,
    Decay,
    Decoupled,
    Eps,
    Maximum,
    MomentumStep,
    NoDecay,
    OwnDecay,
    OwnStep,
    Rule,
    SignStep,
    Step,
)
from adamw_cli.vocabulary.schedules import Schedule

__all__ = ["AMSGRAD", "BETAS", "BIAS_CORRECTION", "CENTER", "DECAY", "EPS", "L2", "LR", "REQUIRED", "SCHEDULE"]
__all__ += ["AdamStep", "Constant", "Coupled", "Decay", "Decoupled", "Eps", "Form", "Gradient", "Landscape", "Linear"]
__all__ += ["Maximum", "Metric", "MomentumStep", "Need", "NoDecay", "Noise", "Nonlinear", "Number", "OwnDecay"]
__all__ += ["OwnStep", "Parameter", "Rule", "Schedule", "SignStep", "Step", "Switching", "Values", "Zero"]
