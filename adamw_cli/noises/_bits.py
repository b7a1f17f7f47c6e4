"""Random numbers without a state: a function of where a number is needed, not of what was drawn before.

Every (seed, place in a list of noises, trial, coordinate) has a key, and step t draws

    u = (floor(z / 2^12) + 1/2) / 2^52     with     z = mix(key + t gamma mod 2^64)

which is the t-th output of SplitMix64 started at the key. The key is a chain of the same function, so that neighbouring
seeds, trials and coordinates start at places that have nothing to do with each other. No u is 0, 1 or 1/2.

Source: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014; gamma and the constants of mix
are those of Vigna's splitmix64.c, whose first output from state 1234567 is

>>> mix(1234567 + GAMMA & MASK)
6457827717110365317
"""

from typing import Any

import numpy as np

MASK = 0xFFFFFFFFFFFFFFFF
GAMMA = 0x9E3779B97F4A7C15
_FIRST = 0xBF58476D1CE4E5B9
_SECOND = 0x94D049BB133111EB
_ONE = 0x3FF0000000000000  # the bits of 1.0
_BELOW_ONE = 1.0 - 2.0**-53


def mix(z):
    """Hash 64 bits to 64 bits, one to one; for ints, for compiled code and for uint64 arrays."""
    z = ((z ^ (z >> 30)) * _FIRST) & MASK
    z = ((z ^ (z >> 27)) * _SECOND) & MASK
    return z ^ (z >> 31)


def key(seed: int, trial: Any, coordinate: Any, layer: int = 0) -> Any:
    """Return the key of the draws of one coordinate in one trial, for the noise at a place in a list; trial and coordinate may be uint64 arrays."""
    z = mix((seed * GAMMA + GAMMA) & MASK)
    if layer:  # none for the first, so that a noise by itself is the first of a list
        z = mix((z + layer * _FIRST) & MASK)
    z = mix((z + trial * GAMMA + GAMMA) & MASK)
    return mix((z + coordinate * GAMMA + GAMMA) & MASK)


def uniform(key, t):
    """Return the number in (0, 1) of step t; both ints, uint64 in compiled code."""
    z = mix((key + t * GAMMA) & MASK)
    # 52 bits behind the leading one of a double in [1, 2): as exact as (z // 4096 + 0.5) * 2.0**-52, and quicker.
    return np.uint64((z >> 12) | _ONE).view(np.float64) - _BELOW_ONE
