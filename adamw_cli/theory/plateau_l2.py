"""Adam with coupled (L2) decay on a plateau: no gradient but lam w.

A weight then moves by about lr a step, whatever lam is, until it is much smaller than it was: v remembers, and slows it
down. With N = |w0|/lr and eps = 0 the path in units of w0 depends on (N, beta1, beta2) alone: lam drops out. x0 = N (1 -
beta2) says how much of the way v remembers. What goes "by the equation" solves

    w' = -lr M/sqrt(V),   M = a I1/(1 - e^(-a t)),   V = k I2/(1 - e^(-k t)),   I1' = w - a I1,   I2' = w^2 - k I2

with a = -ln beta1, k = -ln beta2, the recurrence with integrals for sums.

How far the equation is from the recurrence, measured for N = 10 to 1e5, beta1 = 0 to .95, beta2 = .9 to .9999: the time
to 1/2 is off by at most 0.17 steps (0.35 for beta1 = 0), to 1/10 by 0.52 (1.15), to 1/100 by 1.0 (2.3), whatever N is.
So for the half-life it is 1.1 % (3 %) at N = 10, 0.7 % (1.2 %) at 30, 0.3 % (0.5 %) at 100, 3e-4 (7e-4) at 1000. The
first change of sign is off by up to 6 % at N = 10, 2.5 % at 30, 1.2 % at 100, for beta1 >= .5; for beta1 >= .8 by 6e-4
at 1000, 1.1e-4 at 10^4, 2e-5 at 10^5; for beta1 = .5 by 2e-3 at 1000. With less momentum w changes its sign in another
way: for beta1 = .2 it is off by 0.6 % at 1000, for .05 by 1.7 %. For beta1 = 0 the equation has no change of sign.

Holds when: there is no gradient but lam w, and lr is constant.
Source: docs/theory.md 2.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from adamw_cli.errors import UsageError
from adamw_cli.theory import _checks
from adamw_cli.theory._checks import averaging
from adamw_cli.theory._numbers import MOST_TERMS

# On the estimated error of a rule of order 4, which is not the one that is used: that has order 6.
_TOLERANCE = 1e-6
# Of a weight: what is smaller is 0 for a run in floats, and may stay so.
_GONE = 1e-290
_Point = tuple[float, float, float]  # w, w' and w''
_Poly = tuple[float, float, float, float, float, float]


def _moments(z: float) -> list[float]:
    """int_0^1 e^(-z (1 - u)) u^j du for j = 0, ..., 5; upwards the recurrence is stable for large z only."""
    if z >= 6.0:
        found = [-math.expm1(-z) / z]
        for j in range(1, 6):
            found.append((1.0 - j * found[-1]) / z)
        return found
    term, total, n = 1.0, 0.0, 0
    while term > 1e-17 * total or n < z:
        total += term / (n + 6)
        n += 1
        term *= z / n
    found = [math.exp(-z) * total]
    for j in range(5, 0, -1):
        found.append((1.0 - z * found[-1]) / j)
    return found[::-1]


def _hermite(h: float, start: _Point, end: _Point) -> _Poly:
    """Coefficients of the polynomial in u, 0 <= u <= 1, with this value, slope and curvature at both ends of a step."""
    y, d, s = start[0], start[1] * h, start[2] * h * h
    rise, turn, bend = end[0] - y - d - s / 2.0, end[1] * h - d - s, end[2] * h * h - s
    third = 10.0 * rise - 4.0 * turn + bend / 2.0
    return y, d, s / 2.0, third, 7.0 * turn - 15.0 * rise - bend, 6.0 * rise - 3.0 * turn + bend / 2.0


def _at(c: _Poly, u: float) -> float:
    return c[0] + u * (c[1] + u * (c[2] + u * (c[3] + u * (c[4] + u * c[5]))))


class _Average:
    """Average over the past with weights e^(-rate age), bias-corrected: exact for what is a polynomial in every step.

    However fast it forgets, it sets no limit to the length of a step. An infinite rate remembers nothing.
    """

    def __init__(self, rate: float) -> None:
        self.rate = max(rate, 1e-300)  # so that the bias correction of a rate of 0 is its limit
        self.kept = self.new = 0.0
        self.taken_middle = self.taken_end = 1.0
        self.half = self.full = [0.0]

    def prepare(self, t: float, h: float) -> None:
        if self.rate < math.inf:
            z = self.rate * h
            self.taken_middle, self.taken_end = (self.rate / -math.expm1(-self.rate * s) for s in (t + h / 2.0, t + h))
            self.half = [h * part * 0.5 ** (j + 1) for j, part in enumerate(_moments(z / 2.0))]
            self.full = [h * part for part in _moments(z)]
            self.faded_middle, self.faded_end = math.exp(-z / 2.0), math.exp(-z)

    def means(self, y: _Poly) -> tuple[float, float]:
        """In the middle and at the end of the step in which the averaged quantity is y."""
        if self.rate == math.inf:
            return _at(y, 0.5), _at(y, 1.0)
        self.new = self.faded_end * self.kept + sum([c * part for c, part in zip(y, self.full, strict=True)])
        middle = self.faded_middle * self.kept + sum([c * part for c, part in zip(y, self.half, strict=True)])
        return self.taken_middle * middle, self.taken_end * self.new

    def change(self, mean: float, value: float, slope: float) -> float:
        """Derivative of the mean at the end of the step."""
        return self.taken_end * (value - mean) if self.rate < math.inf else slope


def _attempt(h: float, start: _Point, m: _Average, v: _Average) -> tuple[float, _Poly, _Point] | None:
    """One step: estimated error over the tolerance, w as a polynomial, its end; None if it is too long."""
    w, f, s = start
    end = w + h * (f + h * s / 2.0), f + h * s, s
    for _ in range(6):
        path = _hermite(h, start, end)
        M_middle, M = m.means(path)
        V_middle, V = v.means(_hermite(h, *((w * w, 2.0 * w * f, 2.0 * (f * f + w * s)) for w, f, s in (start, end))))
        if not (V > 0.0 and V_middle > 0.0 and abs(end[0]) < 1e3):
            return None
        root = math.sqrt(V)
        f_middle, f_end = -M_middle / math.sqrt(V_middle), -M / root
        change = v.change(V, end[0] * end[0], 2.0 * end[0] * f_end)
        s_end = (M * change / (2.0 * V) - m.change(M, end[0], f_end)) / root
        w_end = w + h / 30.0 * (7.0 * f + 16.0 * f_middle + 7.0 * f_end) + h * h / 60.0 * (s - s_end)
        moved, end, size = abs(w_end - end[0]), (w_end, f_end, s_end), max(abs(w_end), abs(M))
        if moved <= 0.1 * _TOLERANCE * size:
            lower = w + h / 2.0 * (f + f_end) + h * h / 12.0 * (s - s_end)
            return abs(w_end - lower) / (size * _TOLERANCE), path, end
    return None


def _steps(a: float, k: float) -> Iterator[tuple[float, float, _Poly]]:
    """Solve the equation in units of w0 and of N steps: (t, h, w in the step from t to t + h), until w < _GONE or 0."""
    if a == k == math.inf:
        yield 0.0, 1.0, (1.0, -1.0, 0.0, 0.0, 0.0, 0.0)
        return
    m, v = _Average(a), _Average(k)
    t, h = 0.0, 1e-3
    point = 1.0, -1.0, (0.5 if a < math.inf else 1.0) - (0.5 if k < math.inf else 1.0)
    while point[0] > _GONE:
        if t + h == t:
            raise UsageError("|w0|/lr is so large that floats do not resolve the end of the way", "take a larger lr")
        m.prepare(t, h)
        v.prepare(t, h)
        found = _attempt(h, point, m, v)
        error = found[0] if found is not None else math.inf
        if found is not None and error <= 1.0:
            yield t, h, found[1]
            t, point, m.kept, v.kept = t + h, found[2], m.new, v.new
        h *= min(3.0, max(0.3, 0.9 * max(error, 1e-9) ** -0.2))


def _rate(name: str, beta: float, N: float) -> float:
    """-ln beta per N steps; inf for beta = 0."""
    return -math.log(beta) * N if averaging(name, beta) else math.inf


def _level_time(a: float, k: float, level: float, most: float) -> float | None:
    """When w is first at a level of at least 0, in units of N steps; None if not by `most`."""
    for t, h, path in _steps(a, k):
        if t > most:
            return None
        if _at(path, 1.0) <= level:
            low, high = 0.0, 1.0
            for _ in range(54):
                middle = (low + high) / 2.0
                low, high = (low, middle) if _at(path, middle) <= level else (middle, high)
            return t + h * high if t + h * high <= most else None
    return None


def _size(w0: float, lr: float) -> float:
    """N, the number of steps of lr to 0; 0 for a weight of 0, inf for lr = 0."""
    size, step = abs(_checks.number("weight", w0)), _checks.number("lr", lr)
    if not 0.0 <= step < math.inf or (step > 0.0 and not size / step < math.inf):
        raise UsageError(f"|w0|/lr must be a finite number from 0 on, not {w0:g}/{lr:g}", "check the learning rate")
    return size / step if step > 0.0 else math.inf


def first_step(w0: float, lr: float, lam: float, eps: float) -> float:
    """Size of the first step: |dw| = lr lam |w0|/(lam |w0| + eps), exactly; lr, where eps does not matter.

    0 for lam w0 = 0, also where eps is 0.

    >>> [f"{first_step(w, 1e-3, 0.01, 1e-8):.4e}" for w in (100.0, 0.1, 1e-5)]
    ['1.0000e-03', '9.9999e-04', '9.0909e-04']

    """
    pull = abs(_checks.number("weight_decay * w", lam * w0))
    if pull == 0.0:
        return 0.0
    return _checks.number("lr", lr) / (1.0 + _checks.number("eps", eps) / pull)


def sign_phase_threshold(lam: float, eps: float) -> float:
    """The |w| below which steps are not of size lr any more: eps/lam; decay is then exponential with rate lr lam/eps.

    >>> f"{sign_phase_threshold(0.01, 1e-8):.0e}", sign_phase_threshold(0.0, 1e-8)
    ('1e-06', inf)

    """
    return _checks.number("eps", eps) / abs(_checks.number("weight_decay", lam)) if lam else math.inf


def _lag(beta: float, t: float) -> float:
    """L of `lag_time`, from 0 at t = 1 over (t - 1)/2 to beta/(1 - beta); for beta^t near 1 by a series, as its terms are nearly equal."""
    if averaging("beta", beta) == 0.0:
        return 0.0
    k = -math.log(beta)
    if k * t > 0.5:
        faded = t * math.exp(-k * t) / -math.expm1(-k * t) if k * t < 745.0 else 0.0
        return beta / (1.0 - beta) - faded
    return (t - 1.0) / 2.0 + _above_pole(k) - t * _above_pole(k * t)


def _above_pole(y: float) -> float:
    """1/(e^y - 1) - 1/y + 1/2 for y up to 1/2."""
    return y / 12.0 * (1.0 - y * y / 60.0 * (1.0 - y * y / 42.0 * (1.0 - y * y / 40.0 * (1.0 - y * y * 5.0 / 198.0))))


def lag_time(w0: float, lr: float, beta1: float, beta2: float, fraction: float = 0.5) -> float:
    """Steps to a fraction of w0, to first order: (1-f) N + sum_{s=1}^{(1-f)N} (L_beta2(s) - L_beta1(s))/(N - s + 1), N = |w0|/lr.

    L_beta(t) = beta/(1 - beta) - t beta^t/(1 - beta^t) is the mean age of what a bias-corrected average holds. For N >= 100 right to 0.4 % for the half-life, worst for x0 of about 10, and to 4 % for f = 1/10.

    Holds when: eps is far below lam |w|, and N = |w0|/lr at least 100.

    >>> f"{lag_time(1.0, 1e-3, 0.9, 0.999):.1f}", f"{lag_time(1.0, 1e-4, 0.9, 0.999):.0f}"
    ('584.6', '5497')

    """
    way = (1.0 - _checks.fraction("fraction", fraction)) * (N := _checks.positive("|w0|/lr", _size(w0, lr)))
    if way > MOST_TERMS:
        raise UsageError(f"{way:g} steps are too many to add up", "take `ode_fraction_time`, or `lag_time_large`")
    times = range(1, math.floor(way) + 1)
    return way + math.fsum((_lag(beta2, s) - _lag(beta1, s)) / (N - s + 1.0) for s in times)


def lag_time_large(w0: float, lr: float, beta1: float, beta2: float, fraction: float = 0.5) -> float:
    """Steps to a fraction of w0 for large x0: (1-f) N + (tau2 - tau1) ln(1/f), tau = beta/(1 - beta), N = |w0|/lr.

    The delay is logarithmic. For the half-life it is 4 % too long at x0 = 10, 4e-4 at 100; not for small x0.

    Holds when: eps is far below lam |w|, and x0 = (1 - beta2) |w0|/lr well above 1.

    >>> f"{lag_time_large(1.0, 1e-4, 0.9, 0.999):.0f}", f"{lag_time_large(1.0, 1e-5, 0.9, 0.999):.0f}"
    ('5686', '50686')

    """
    tau1, tau2 = (averaging("beta", beta) / (1.0 - beta) for beta in (beta1, beta2))
    later = (tau1 - tau2) * math.log(_checks.fraction("fraction", fraction))
    return (1.0 - fraction) * _checks.positive("|w0|/lr", _size(w0, lr)) + later


def ode_fraction_time(
    w0: float, lr: float, beta1: float, beta2: float, fraction: float = 0.5, most_steps: float = math.inf
) -> float | None:
    """Steps until |w| is a fraction of |w0|, for every x0: solution of w' = -lr M/sqrt(V), with the averages as integrals.

    Solved to 1e-7; the top of this module says how far that is from a run. None if not within `most_steps`, for a fraction below
    1e-290, and for lr = 0 and w0 = 0.

    Holds when: eps is far below lam |w|.

    >>> f"{ode_fraction_time(1.0, 1e-3, 0.9, 0.999):.1f}", f"{ode_fraction_time(1.0, 1e-3, 0.9, 0.999, 0.1):.1f}"
    ('583.7', '1450.9')

    """
    return _ode_time(w0, lr, beta1, beta2, _checks.fraction("fraction", fraction), most_steps)


def ode_sign_change(w0: float, lr: float, beta1: float, beta2: float, most_steps: float = math.inf) -> float | None:
    """Steps until w first is 0, for every x0: solution of w' = -lr M/sqrt(V), with the averages as integrals.

    Solved to 1e-7. Before, w falls far below sqrt(V) and collapses faster than any exponential; it swings
    once kappa = lr/sqrt(V) is in `frozen.oscillation_range`. None
    if not within `most_steps`, for lr = 0 and w0 = 0, and if w falls below 1e-290 w0 before: for beta1 = 0, where a run
    changes its sign once sqrt(v_hat) < lr, and where v remembers for long (for beta1 = .9 and beta2 >= .9999, small x0).

    Holds when: eps is far below lam |w|, and N = |w0|/lr at least 100.

    >>> f"{ode_sign_change(1.0, 1e-3, 0.9, 0.999):.0f}", ode_sign_change(1.0, 1e-3, 0.9, 0.999, 6000)
    ('6215', None)

    """
    never = averaging("beta1", beta1) == 0.0 < averaging("beta2", beta2)
    return None if never else _ode_time(w0, lr, beta1, beta2, 0.0, most_steps)


def _ode_time(w0: float, lr: float, beta1: float, beta2: float, level: float, most_steps: float) -> float | None:
    N = _size(w0, lr)
    if not 0.0 < N < math.inf:
        return None
    most = _checks.number("most steps", most_steps) / N
    time = _level_time(_rate("beta1", beta1, N), _rate("beta2", beta2, N), level, most)
    return None if time is None else time * N


def ode_path(w0: float, lr: float, beta1: float, beta2: float, steps: int) -> list[float]:
    """Weights at t = 0, 1, ..., `steps`: solution of w' = -lr M/sqrt(V), with the averages as integrals.

    No further than to the first value beyond 0, or below 1e-290 w0: the equation goes on in swings that say nothing about a
    run. So the list may be shorter than steps + 1.

    Holds when: eps is far below lam |w|.

    >>> [f"{w:.3f}" for w in ode_path(-1.0, 1e-3, 0.9, 0.999, 584)[::292]], len(ode_path(1.0, 1e-3, 0.9, 0.95, 2000))
    (['-1.000', '-0.727', '-0.500'], 1058)

    """
    _checks.steps(steps)
    N, a, k = _size(w0, lr), _rate("beta1", beta1, 1.0), _rate("beta2", beta2, 1.0)
    if not 0.0 < N < math.inf:
        return [w0] * (steps + 1)
    found = [w0]
    for t, h, path in _steps(a * N, k * N):
        while len(found) <= steps and len(found) <= (t + h) * N:
            found.append(w0 * _at(path, (len(found) / N - t) / h))
            if found[-1] / w0 <= 0.0:
                return found
        if len(found) > steps:
            break
    return found


def universal_time(x0: float, fraction: float) -> float:
    """Time to a fraction over that at full speed to 0, for beta1 = 0 and N -> infinity: F = t lr/|w0|, by w' = -lr w/sqrt(V).

    Solved to 1e-7. x0 is (1 - beta2) |w0|/lr: 0 if v forgets nothing, inf if it remembers nothing.

    Holds when: eps is far below lam |w|, there is no momentum, and N = |w0|/lr is large.

    >>> [f"{universal_time(x0, 0.01):.4f}" for x0 in (0.0, 1.0, 100.0)], universal_time(math.inf, 0.25)
    (['2.6020', '2.2378', '1.0329'], 0.75)

    """
    if not _checks.number("x0", x0) >= 0.0 or not _checks.fraction("fraction", fraction) > _GONE:
        raise UsageError(f"x0 must be at least 0, the fraction above 1e-290: not {x0:g} and {fraction:g}")
    time = _level_time(math.inf, x0, fraction, math.inf)
    return math.inf if time is None else time


def v_forget_time(G: float, w: float, lam: float, beta2: float) -> float:
    """Steps after gradients of size G until coupled decay moves by lr/sqrt(2): 2 ln(|G|/(lam |w|))/(-ln beta2).

    Until then v, which remembers G, holds it back: step j takes lr lam/(|G| beta2^(j/2)) of w. Decoupled decay never
    waits. 0 if |G| <= lam |w| or beta2 = 0; inf for lam w = 0.

    Holds when: beta1 forgets sooner, and w hardly moves meanwhile: by about 1.76 lr/(1 - beta2) for lam |w| far below |G|.

    >>> f"{v_forget_time(1.0, 1.0, 0.01, 0.999):.0f}", v_forget_time(0.01, 1.0, 0.01, 0.999)
    ('9206', 0.0)

    """
    size, pull = abs(_checks.number("gradient", G)), abs(_checks.number("weight_decay * w", lam * w))
    if size <= pull or averaging("beta2", beta2) == 0.0:
        return 0.0
    return 2.0 * (math.log(size) - math.log(pull)) / -math.log(beta2) if pull else math.inf
