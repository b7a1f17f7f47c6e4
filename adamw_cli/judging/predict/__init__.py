"""From declared facts of rule, landscape and schedule to the closed forms that apply.

Nothing here looks at a name: a rule says how it decays, a landscape what its gradient is. Where no closed form is known
the prediction says so; it is never guessed, and each carries the condition under which it holds.

    situation.py   the facts about a run, and what a prediction is
    path.py        the whole path of a weight, where there is a closed form for it
    derived.py     metrics that follow from such a path
    shrink.py      decay alone: half-lives and regimes
    coupled.py     decay through the gradient, without any other gradient
    turn.py        what momentum does after a gradient has gone or turned round
    bowl.py        where a run on a quadratic comes to rest, and its first steps with a large eps
    noisy.py       the mean over trials under normal noise
    low_precision.py  weights of few bits

A file here has RULES: metric -> formula(facts, *parameters of the metric), which returns None where it does not apply.
"""

import inspect
from collections.abc import Iterable, Mapping
from functools import cache

from adamw_cli.judging.predict import bowl, coupled, derived, low_precision, noisy, shrink, turn
from adamw_cli.judging.predict.situation import CLIPPED, DIVIDES, NO_CLOSED_FORM, NOISY, Formula, Prediction, situation
from adamw_cli.judging.requests import Request, end_of, own_parameters
from adamw_cli.scenario.model import RunConfig, Scenario

__all__ = ["NO_CLOSED_FORM", "Prediction", "predict"]

# The more special comes first; of two formulas for one metric the first that has a value is taken.
_SOURCES: tuple[Mapping[str, Formula], ...] = (shrink.RULES, turn.RULES, coupled.RULES, derived.RULES, bowl.RULES)
# What holds of every draw, whatever the noise is.
_SURE = {name: shrink.RULES[name] for name in ("twin_contraction", "final_loss", "gradient_norm")}
_UNDER_NOISE: tuple[Mapping[str, Formula], ...] = (
    noisy.RULES,
    _SURE,
    {"gradient_norm": derived.RULES["gradient_norm"]},
)


def predict(scenario: Scenario, config: RunConfig, wanted: Iterable[Request]) -> dict[Request, Prediction]:
    """Theory's value for each metric, where there is one; for random gradients or rounding, of the mean over trials; none where gradients are clipped."""
    facts = cache(lambda last: situation(scenario, config, last))
    if not config.precision.exact:
        if not scenario.exact:
            return dict.fromkeys(wanted, Prediction(None, note=NOISY))
        return {key: low_precision.predicted(key[0], facts(end_of(key)), config.precision) for key in wanted}
    if facts(None).clipped:
        return dict.fromkeys(wanted, Prediction(None, note=CLIPPED))
    if facts(None).divides_by_zero:
        return dict.fromkeys(wanted, Prediction(None, note=DIVIDES))
    sources, silent = (_SOURCES, NO_CLOSED_FORM) if scenario.exact else (_UNDER_NOISE, NOISY)
    return {
        key: _first(key, [source[key[0]] for source in sources if key[0] in source], facts(end_of(key)), silent)
        for key in wanted
    }


def _first(key: Request, formulas: Iterable[Formula], facts: object, otherwise: str) -> Prediction:
    """The first formula's answer that has a value, else the first that says why there is none."""
    silent = []
    for formula in formulas:
        parameters = own_parameters(key)
        if not set(parameters) <= set(inspect.signature(formula).parameters):
            continue  # it knows nothing of a parameter that is set
        found = formula(facts, **parameters)
        if found is not None and found.value is not None:
            return found
        silent += [found] if found is not None else []
    return silent[0] if silent else Prediction(None, note=otherwise)
