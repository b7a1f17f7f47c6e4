"""Hyperparameters as a scenario gives them, for a rule's constraint: each may be one value, or one per coordinate."""


def numbers(value):
    """Return the numbers of a scalar."""
    return value if isinstance(value, (tuple, list)) else (value,)


def pairs(value):
    """Return the pairs of a pair."""
    return value if isinstance(value[0], (tuple, list)) else (value,)
