"""What is left of decay in weights that are stored with few bits: for a half-life with a dtype.

No numpy and no engine here, as in half_life.py.
"""

from dataclasses import dataclass

from adamw_cli.errors import UsageError, suggestion
from adamw_cli.formats import EXACT, FORMATS
from adamw_cli.theory import precision

# Above, the count of steps would take longer than the command may, and differs from the exact half-life by less than 1e-3.
_RANGES = 1 << 13


@dataclass(frozen=True)
class StoredDecay:
    """Decay of stored weights, rounded to nearest after each step, at constant lr.

    Attributes
    ----------
    dtype, bits : the format, and the bits of its significand.
    frozen_fraction : part of the significands that a step of decay leaves where they are.
    half_life_steps : from a power of two; None if it is never halved, or where rounding does not matter.
    stalls : whether decay ends at normal numbers; at subnormal ones it always does, see floor.
    stall : where decay of a weight just below 2 ends, between 1 and 2; None if it does not.
    some_move_above, all_move_from : lr*weight_decay from which on decay moves some weights, and all above smallest_normal.
    effective_decay : lr*weight_decay as it is where 1 - lr*weight_decay is rounded to this format before it multiplies.
    smallest_normal : of the format; below, numbers are equally far apart, and decay moves the less the smaller they are.
    floor : where decay of larger weights ends, smallest_normal or less; None where it ends above.

    """

    dtype: str
    bits: int
    frozen_fraction: float
    half_life_steps: int | None
    stalls: bool
    stall: float | None
    some_move_above: float
    all_move_from: float
    effective_decay: float
    smallest_normal: float
    floor: float | None

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is lost, and what would help."""
        some, every = f"{self.some_move_above:.4g}", f"{self.all_move_from:.4g}"
        cure = "keep the weights in float32, or round them stochastically"
        if self.frozen_fraction == 1.0:
            return (
                f"in {self.dtype} decay is lost: rounded to nearest, no weight ever moves while lr*weight_decay is at most {some}; "
                f"from {every} on every weight above {self.smallest_normal:.6g} does; {cure}",
            )
        if self.stalls:
            return (
                f"in {self.dtype} decay ends early: rounded to nearest, {self.frozen_fraction:.1%} of the significands do not move, "
                f"and decay of every weight ends there; from lr*weight_decay = {every} on "
                f"every weight above {self.smallest_normal:.6g} moves; {cure}",
            )
        return ()


def storage(x: float, dtype: str) -> StoredDecay | None:
    """Return what storing weights in a format does to decay by x = lr*weight_decay; None for float64 and where x is not in (0, 1).

    Raises
    ------
    UsageError
        If there is no such format.

    """
    if dtype not in FORMATS:
        raise UsageError(f"unknown dtype '{dtype}'", suggestion(dtype, list(FORMATS)))
    if dtype == EXACT or not 0.0 < x < 1.0:
        return None
    form = FORMATS[dtype]
    bits = form.bits
    every = precision.none_frozen_from(bits)
    top = 2.0 - 2.0 ** (1 - bits)
    stall = precision.stall(top, x, bits)
    counted = x * 2.0 ** (bits - 1) <= _RANGES
    return StoredDecay(
        dtype=dtype,
        bits=bits,
        frozen_fraction=precision.frozen_fraction(x, bits),
        half_life_steps=precision.halving_steps(x, bits) if counted else None,
        stalls=stall is not None,
        stall=stall,
        some_move_above=precision.all_frozen_up_to(bits),
        all_move_from=every,
        effective_decay=precision.effective_decay(x, bits),
        smallest_normal=2.0**form.smallest_exponent,
        floor=None if stall is not None else precision.subnormal_stall(x, bits) * form.smallest_step,
    )
