"""The number formats that weights and states may be stored in: facts only, no arithmetic.

A number of a format is +-k 2^(e - bits + 1) with a significand k of `bits` bits, the leading one included, and an exponent e
between `smallest_exponent` and the one of `largest`; below, k has fewer bits and e stays (subnormal numbers).

Sources: IEEE 754-2019 (binary16, 32, 64); bfloat16 has the exponents of binary32; float8: Micikevicius et al., "FP8 Formats
for Deep Learning", arXiv:2209.05433 (E4M3 has no infinity, what is too large for it is nan; E5M2 has).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class NumberFormat:
    """A format.

    Attributes
    ----------
    bits : of the significand, with the leading one.
    smallest_exponent : e of the smallest normal number, 2^e.
    largest : the largest finite number.
    beyond : what becomes of numbers that round to something larger: inf, or nan where the format has no infinity.

    """

    bits: int
    smallest_exponent: int
    largest: float
    beyond: float = math.inf

    @property
    def smallest_step(self) -> float:
        """The distance between subnormal numbers, the smallest number above 0."""
        return math.ldexp(1.0, self.smallest_exponent - self.bits + 1)


def _largest(bits: int, exponent: int) -> float:
    """The largest number with all bits set."""
    return (2.0 - math.ldexp(1.0, 1 - bits)) * math.ldexp(1.0, exponent)


EXACT = "float64"
FORMATS: Mapping[str, NumberFormat] = {
    EXACT: NumberFormat(53, -1022, _largest(53, 1023)),
    "float32": NumberFormat(24, -126, _largest(24, 127)),
    "float16": NumberFormat(11, -14, 65504.0),
    "bfloat16": NumberFormat(8, -126, _largest(8, 127)),
    "float8_e5m2": NumberFormat(3, -14, 57344.0),
    # 480, with all bits set, is its nan.
    "float8_e4m3": NumberFormat(4, -6, 448.0, math.nan),
}
