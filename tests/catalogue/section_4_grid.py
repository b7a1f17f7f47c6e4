"""The grid of section 4.5: 2520 flips, each without decay, with decoupled, with coupled and with matched coupled decay.

As the catalogue counts: eps = 0 and 3000 steps after the flip. The overshoot is how far the weight goes on at most. w_T
is that without decay, except where lam w_T >= G is asked, which is about the run with coupled decay. "L2 turns later"
if the weight turns within those steps, and later than with decoupled decay.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import product

import numpy as np

from adamw_cli import simulate_batch
from tests.catalogue.figure import Figure

GRADIENTS = np.array([0.03, 0.1, 0.3, 1.0, 3.0])
W0, LAM, ETA, BETA1 = np.array(
    list(product([-2, -0.5, -0.1, 0, 0.1, 0.5, 2], [0.01, 0.1, 0.5], [1e-3, 1e-2], [0.8, 0.9, 0.95]))
).T
LENGTHS = (5, 20, 100, 1000)
AFTER = 3000
# A weight of 0.1 that 100 steps of 1e-3 bring to 0 misses it by rounding.
ZERO = 1e-9


def _run(rule: str, T: int, lam: np.ndarray) -> dict[str, np.ndarray]:
    """Every gradient is a coordinate, everything else a lane: (5, 126) cells at once."""
    shape = (GRADIENTS.size, W0.size)
    values = {"lr": ETA, "weight_decay": np.broadcast_to(lam, shape), "betas": (BETA1, 0.999), "eps": 0.0}
    place = {"kind": "gradient_flip", "gradient": GRADIENTS, "flip_at": T}
    trace = simulate_batch(rule, place, np.broadcast_to(W0, shape), T + AFTER, hyperparameters=values, every=1)
    w = trace.w[T:]
    turning = np.diff(w, axis=0) > 0
    return {
        "at flip": w[0],
        "overshoot": w[0] - w.min(axis=0),
        "turns": turning.any(axis=0),
        "turn": turning.argmax(axis=0),
    }


@cache
def cells() -> dict[str, np.ndarray]:
    """Every cell once, by the name of what is compared there."""
    found: dict[str, list[np.ndarray]] = {}
    G = GRADIENTS[:, None]
    for T in LENGTHS:
        none, decoupled = _run("adamw", T, np.zeros(1)), _run("adamw", T, LAM)
        coupled, matched = _run("adam_l2", T, LAM), _run("adam_l2", T, LAM * G)
        w_T = np.where(abs(none["at flip"]) < ZERO, 0.0, none["at flip"])
        row = {
            "side": np.sign(w_T),
            "G": np.broadcast_to(G, w_T.shape),
            "AdamW > no decay": decoupled["overshoot"] > none["overshoot"],
            "L2 > no decay": coupled["overshoot"] > none["overshoot"],
            "L2 > AdamW same lam": coupled["overshoot"] > decoupled["overshoot"],
            "L2 > AdamW matched lam*G": matched["overshoot"] > decoupled["overshoot"],
            "L2 turns later": coupled["turns"] & (coupled["turn"] > decoupled["turn"]),
            "lam w>=G": LAM * coupled["at flip"] >= G,
        }
        for name, values in row.items():
            found.setdefault(name, []).append(np.ravel(values))
    return {name: np.concatenate(parts) for name, parts in found.items()}


COLUMNS = (
    "AdamW > no decay",
    "L2 > no decay",
    "L2 > AdamW same lam",
    "L2 > AdamW matched lam*G",
    "L2 turns later",
    "lam w>=G",
)
# Side of the weight at the flip (None for all), gradients, number of cells, then the columns as they are printed.
ROWS: list[tuple[float | None, tuple[float, ...], int, str]] = [
    (1, (0.03, 0.1, 0.3, 1, 3), 675, "1.000 1.000 .622 .111 .345 .231"),
    (1, (0.03,), 135, "1 1 1.000 .111 .59 .58"),
    (1, (0.1,), 135, "1 1 1.000 .111 .51 .42"),
    (1, (0.3,), 135, "1 1 1.000 .111 .46 .16"),
    (1, (1,), 135, "1 1 .111 .111 .16 0"),
    (1, (3,), 135, "1 1 .000 .111 0 0"),
    (-1, (0.03, 0.1, 0.3, 1, 3), 1800, "0.000 0.000 .352 .811 .090 0"),
    (-1, (0.03,), 360, "0 0 0 .811 ~0 0"),
    (-1, (0.1,), 360, "0 0 0 .811 ~0 0"),
    (-1, (0.3,), 360, "0 0 0 .811 ~0 0"),
    (-1, (1,), 360, "0 0 .811 .811 .008 0"),
    (-1, (3,), 360, "0 0 .947 .811 .44 0"),
    (0, (0.03, 0.1, 0.3, 1, 3), 45, "0 .044 .111 0 .133 0"),
    (None, (0.03, 0.1, 0.3, 1, 3), 2520, ".268 - .420 - - -"),
]


def _chosen(side: float | None, gradients: tuple[float, ...]) -> np.ndarray:
    found = cells()
    here = np.isin(found["G"], gradients)
    return here if side is None else here & (found["side"] == side)


def _share(side: float | None, gradients: tuple[float, ...], column: str) -> Callable[[], float]:
    return lambda: float(cells()[column][_chosen(side, gradients)].mean())


def _within(text: str) -> float:
    """Half a unit of the last digit; 0 and 1 without decimals are exact, ~0 is below half a per cent."""
    if text.startswith("~"):
        return 5e-3
    return 0.5 * 10.0 ** -len(text.partition(".")[2]) if "." in text else 0.0


def _row(side: float | None, gradients: tuple[float, ...], n: int, printed: str) -> list[Figure]:
    name = "all" if side is None else f"w_T G{'<=>'[round(side) + 1]}0"
    if len(gradients) == 1:
        name += f", G={gradients[0]:g}"
    figures = [Figure("4.5", f"grid, {name}: cells", n, 0.0, measured=lambda: int(_chosen(side, gradients).sum()))]
    for column, text in zip(COLUMNS, printed.split(), strict=True):
        if text != "-":
            number = float(text.lstrip("~"))
            what = f"grid, {name}: {column}"
            figures.append(Figure("4.5", what, number, _within(text), measured=_share(side, gradients, column)))
    return figures


FIGURES = [figure for row in ROWS for figure in _row(*row)]
