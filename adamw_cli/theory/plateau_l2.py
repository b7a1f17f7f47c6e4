"""Adam with coupled (L2) decay on a plateau: no gradient but lam w.

Every weight then moves by about lr a step, whatever lam is, for as long as its past is no larger than it is itself. v
remembers the larger past, so that the weight slows down, the more the nearer it comes to 0. With N = |w0|/lr and eps = 0
the path in units of w0 depends on (N, beta1, beta2) alone; lam drops out. x0 = (1 - beta2) N says how much of the way v
remembers.

What is said to follow "the equation" solves

    w' = -lr M/sqrt(V),   M = a I1/(1 - e^(-a t)),   V = k I2/(1 - e^(-k t)),   I1' = w - a I1,   I2' = w^2 - k I2

with a = -ln beta1 and k = -ln beta2: the recurrence with steps so small that sums are integrals. All of it assumes a
constant lr and eps far below lam |w|.

How far the equation is from the recurrence, measured for N = 10 to 1e5, beta1 = 0 to .95 and beta2 = .9 to .9999: the time
to 1/2 is off by at most 0.17 steps (0.35 for beta1 = 0), to 1/10 by 0.52 (1.15), to 1/100 by 1.0 (2.3), whatever N is. So
for the half-life that is 1 % at N = 10, 0.7 % at 30, 0.3 % at 100, 3e-4 at 1000, and 4e-5 at 10^4. The first change of
sign is off by up to 6 % at N = 10, 2.5 % at 30 and 1.1 % at 100, and for beta1 >= .8 by 6e-4 at 1000, 1e-4 at 10^4 and 2e-5 at
10^5. It gets worse for smaller beta1, as momentum that is shorter than a step makes w change its sign in another way: at
N = 1000 by 2e-3 for beta1 = .5, 5e-3 for .2, 1.6 % for .05. For beta1 = 0 the equation has no change of sign at all.

Source: catalogue 2.1 to 2.5, 2.7 and 2.8.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from adamw_cli.errors import UsageError
from adamw_cli.theory import _checks
from adamw_cli.theory.update_bound import MOST_TERMS, averaging

# On the estimated error of a rule of order 4, which is not the one that is used: that has order 6.
_TOLERANCE = 1e-6
_MOST_ITERATIONS = 6
# Of a weight: what is smaller is 0 for a run in floats, and may stay so.
_GONE = 1e-290
Poly = tuple[float, float, float, float, float, float]


def _moments(z: float) -> list[float]:
    """int_0^1 e^(-z (1 - u)) u^j du for j = 0, ..., 5; the recurrence upwards is stable for large z, downwards for small."""
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


def _hermite(h: float, start: tuple[float, float, float], end: tuple[float, float, float]) -> Poly:
    """Coefficients of the polynomial in u, 0 <= u <= 1, with this value, slope and curvature at both ends of a step."""
    y, d, s = start[0], start[1] * h, start[2] * h * h
    rise, turn, bend = end[0] - y - d - s / 2.0, end[1] * h - d - s, end[2] * h * h - s
    c3 = 10.0 * rise - 4.0 * turn + bend / 2.0
    return y, d, s / 2.0, c3, -15.0 * rise + 7.0 * turn - bend, 6.0 * rise - 3.0 * turn + bend / 2.0


def _at(c: Poly, u: float) -> float:
    return c[0] + u * (c[1] + u * (c[2] + u * (c[3] + u * (c[4] + u * c[5]))))


class _Average:
    """Average over the past with weights e^(-rate age), bias-corrected: exact for what is a polynomial in every step.

    However fast it forgets, it sets no limit to the length of a step. An infinite rate remembers nothing.
    """

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.kept = self.new = 0.0
        self.taken_middle = self.taken_end = 1.0
        self.half: list[float] = []
        self.full: list[float] = []

    def _taken(self, t: float) -> float:
        """rate/(1 - e^(-rate t)), 1/t for a rate of 0."""
        return self.rate / -math.expm1(-self.rate * t) if self.rate * t > 0.0 else 1.0 / t

    def prepare(self, t: float, h: float) -> None:
        if self.rate < math.inf:
            self.taken_middle, self.taken_end = self._taken(t + h / 2.0), self._taken(t + h)
            self.half = [h * part * 0.5 ** (j + 1) for j, part in enumerate(_moments(self.rate * h / 2.0))]
            self.full = [h * part for part in _moments(self.rate * h)]
            self.faded_middle, self.faded_end = math.exp(-self.rate * h / 2.0), math.exp(-self.rate * h)

    def means(self, y: Poly) -> tuple[float, float]:
        """In the middle and at the end of the step in which the averaged quantity is y."""
        if self.rate == math.inf:
            return _at(y, 0.5), _at(y, 1.0)
        half, full = self.half, self.full
        self.new = self.faded_end * self.kept + sum([c * part for c, part in zip(y, full, strict=True)])
        middle = self.faded_middle * self.kept + sum([c * part for c, part in zip(y, half, strict=True)])
        return self.taken_middle * middle, self.taken_end * self.new

    def change(self, mean: float, value: float, slope: float) -> float:
        """Derivative of the mean at the end of the step."""
        return self.taken_end * (value - mean) if self.rate < math.inf else slope


def _attempt(
    h: float, start: tuple[float, float, float], m: _Average, v: _Average
) -> tuple[float, Poly, tuple[float, float, float]] | None:
    """One step from (w, w', w''): estimated error over the tolerance, w as a polynomial, its end; None if it is too long."""
    w, f, s = start
    end = w + h * (f + h * s / 2.0), f + h * s, s
    for _ in range(_MOST_ITERATIONS):
        path = _hermite(h, start, end)
        M_middle, M = m.means(path)
        V_middle, V = v.means(_hermite(h, *((w * w, 2.0 * w * f, 2.0 * (f * f + w * s)) for w, f, s in (start, end))))
        if not (V > 0.0 and V_middle > 0.0):
            return None
        root = math.sqrt(V)
        f_middle, f_end = -M_middle / math.sqrt(V_middle), -M / root
        change = v.change(V, end[0] * end[0], 2.0 * end[0] * f_end)
        s_end = (M * change / (2.0 * V) - m.change(M, end[0], f_end)) / root
        w_end = w + h / 30.0 * (7.0 * f + 16.0 * f_middle + 7.0 * f_end) + h * h / 60.0 * (s - s_end)
        moved, end, size = abs(w_end - end[0]), (w_end, f_end, s_end), max(abs(w_end), abs(M))
        if not moved < math.inf:
            return None
        if moved <= 0.1 * _TOLERANCE * size:
            lower = w + h / 2.0 * (f + f_end) + h * h / 12.0 * (s - s_end)
            return abs(w_end - lower) / (size * _TOLERANCE), path, end
    return None


def _steps(a: float, k: float) -> Iterator[tuple[float, float, Poly]]:
    """Solve the equation in units of w0 and of N steps: (t, h, w as a polynomial in the step from t to t + h).

    Ends where w is below 0, or below _GONE.
    """
    if a == k == math.inf:
        yield 0.0, 1.0, (1.0, -1.0, 0.0, 0.0, 0.0, 0.0)
        return
    m, v = _Average(a), _Average(k)
    t, h = 0.0, 1e-3
    point = 1.0, -1.0, (0.5 if a < math.inf else 1.0) - (0.5 if k < math.inf else 1.0)
    while point[0] > _GONE:
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
    size, step = abs(_checks.number("weight", w0)), _checks.number("learning rate", lr)
    if step < 0.0 or (step > 0.0 and not size / step < math.inf):
        raise UsageError(
            f"|w0|/lr must be at least 0 and finite, not {w0:g}/{lr:g}", "check the learning rate and the start"
        )
    return size / step if step > 0.0 else math.inf


def _measure(w0: float, lr: float, fraction: float) -> float:
    """N, for the forms that are sums up to (1 - fraction) N."""
    _checks.fraction("fraction", fraction)
    return _checks.positive("|w0|/lr", _size(w0, lr))


def first_step(w0: float, lr: float, lam: float, eps: float) -> float:
    """|dw| = lr lam |w0|/(lam |w0| + eps), the size of the first step, exact: lr, where eps does not matter.

    0 for lam w0 = 0, also where eps is 0.

    Source: catalogue 2.1.

    >>> [f"{first_step(w, 1e-3, 0.01, 1e-8):.4e}" for w in (100.0, 0.1, 1e-5)]
    ['1.0000e-03', '9.9999e-04', '9.0909e-04']

    """
    pull = abs(_checks.number("weight_decay * w", lam * w0))
    if pull == 0.0:
        return 0.0
    return _checks.number("learning rate", lr) / (1.0 + _checks.number("eps", eps) / pull)


def sign_phase_threshold(lam: float, eps: float) -> float:
    """eps/lam, the |w| below which steps are not of size lr any more: decay is then exponential with rate lr lam/eps.

    See `two_cycle.eps_limited_rate`; inf for lam = 0.

    Source: catalogue 2.1.

    >>> f"{sign_phase_threshold(0.01, 1e-8):.0e}", sign_phase_threshold(0.0, 1e-8)
    ('1e-06', inf)

    """
    size = _checks.number("eps", eps), abs(_checks.number("weight_decay", lam))
    return size[0] / size[1] if size[1] else math.inf


def bias_corrected_lag(beta: float, t: float) -> float:
    """L = beta/(1 - beta) - t beta^t/(1 - beta^t), the mean age of what a bias-corrected average holds after t steps.

    From 0 at t = 1 over (t - 1)/2 to beta/(1 - beta). For beta^t near 1 by a series, as the two terms are nearly equal.

    Source: catalogue 2.4.

    >>> bias_corrected_lag(0.9, 1), f"{bias_corrected_lag(0.999, 11):.4f}", f"{bias_corrected_lag(0.9, 1000):.6f}"
    (0.0, '4.9900', '9.000000')

    """
    if averaging("beta", beta) == 0.0:
        return 0.0
    if not t >= 1.0:
        raise UsageError(f"a lag is that after at least one step, not {t:g}", "give a t of at least 1")
    k = -math.log(beta)
    if k * t > 0.5:
        faded = t * math.exp(-k * t) / -math.expm1(-k * t) if k * t < 745.0 else 0.0
        return beta / (1.0 - beta) - faded
    return (t - 1.0) / 2.0 + _above_pole(k) - t * _above_pole(k * t)


def _above_pole(y: float) -> float:
    """1/(e^y - 1) - 1/y + 1/2 for y up to 1/2."""
    return y / 12.0 * (1.0 - y * y / 60.0 * (1.0 - y * y / 42.0 * (1.0 - y * y / 40.0 * (1.0 - y * y * 5.0 / 198.0))))


def lag_time(w0: float, lr: float, beta1: float, beta2: float, fraction: float = 0.5) -> float:
    """Steps to a fraction of w0, to first order: (1-f) N + sum_{s=1}^{(1-f)N} (L_beta2(s) - L_beta1(s))/(N - s + 1).

    Right to 0.3 % for the half-life with N >= 1000, whatever x0 is, worst for x0 about 10; for f = 1/10 up to 14 % low.

    Source: catalogue 2.4.

    >>> f"{lag_time(1.0, 1e-3, 0.9, 0.999):.1f}", f"{lag_time(1.0, 1e-4, 0.9, 0.999):.0f}"
    ('584.6', '5497')

    """
    N = _measure(w0, lr, fraction)
    way = (1.0 - fraction) * N
    if way > MOST_TERMS:
        raise UsageError(f"{way:g} steps are too many to add up", "take `ode_fraction_time`, or `lag_time_large`")
    terms = (
        (bias_corrected_lag(beta2, s) - bias_corrected_lag(beta1, s)) / (N - s + 1.0)
        for s in range(1, math.floor(way) + 1)
    )
    return way + math.fsum(terms)


def lag_time_large(w0: float, lr: float, beta1: float, beta2: float, fraction: float = 0.5) -> float:
    """Steps to a fraction of w0 for large x0: (1-f) N + (tau2 - tau1) ln(1/f), tau = beta/(1 - beta).

    The delay on top of the time at constant speed is logarithmic. For the half-life 3.6 % too long at x0 = 10, 4e-4 at 100.

    Source: catalogue 2.4.

    >>> f"{lag_time_large(1.0, 1e-4, 0.9, 0.999):.0f}", f"{lag_time_large(1.0, 1e-5, 0.9, 0.999):.0f}"
    ('5686', '50686')

    """
    N = _measure(w0, lr, fraction)
    tau1, tau2 = (averaging("beta", beta) / (1.0 - beta) for beta in (beta1, beta2))
    return (1.0 - fraction) * N - (tau2 - tau1) * math.log(fraction)


def ode_fraction_time(
    w0: float, lr: float, beta1: float, beta2: float, fraction: float = 0.5, most_steps: float = math.inf
) -> float | None:
    """Steps until |w| is a fraction of |w0|, by the equation, for every x0; solved to about 1e-8.

    See the top of this module for how far that is from a run.
    None if not within `most_steps`, for lr = 0 and w0 = 0, and for a fraction below 1e-290.

    Source: catalogue 2.4.

    >>> f"{ode_fraction_time(1.0, 1e-3, 0.9, 0.999):.1f}", f"{ode_fraction_time(1.0, 1e-3, 0.9, 0.999, 0.1):.1f}"
    ('583.7', '1450.9')
    >>> ode_fraction_time(1.0, 1e-3, 0.9, 0.999, 0.5, 583) is ode_fraction_time(1.0, 0.0, 0.9, 0.999) is None
    True

    """
    return _ode_time(w0, lr, beta1, beta2, _checks.fraction("fraction", fraction), most_steps)


def ode_sign_change(w0: float, lr: float, beta1: float, beta2: float, most_steps: float = math.inf) -> float | None:
    """Steps until w first is 0, by the equation, for every x0; solved to about 1e-8.

    Before, w falls far below sqrt(V), which forgets by beta2 a step, and collapses faster than any exponential, until V
    is so small that momentum carries it over; see `two_cycle.underdamped_below`.

    None if not within `most_steps`, for lr = 0 and w0 = 0, and if w falls below 1e-290 w0 before: for beta1 = 0, where the
    equation has no momentum (a run changes sign once sqrt(v_hat) < lr), and where v remembers for long: with beta1 = .9
    and small x0 from beta2 of about .9999 on.

    Source: catalogue 2.4, 2.5.

    >>> f"{ode_sign_change(1.0, 1e-3, 0.9, 0.999):.0f}", f"{ode_sign_change(1.0, 1e-3, 0.9, 0.95):.1f}"
    ('6215', '1056.9')
    >>> ode_sign_change(1.0, 1e-3, 0.0, 0.999) is ode_sign_change(1.0, 1e-3, 0.9, 0.999, 6000) is None
    True

    """
    momentum = averaging("beta1", beta1) > 0.0 or beta2 == 0.0
    return _ode_time(w0, lr, beta1, beta2, 0.0, most_steps if momentum else 0.0)


def _ode_time(w0: float, lr: float, beta1: float, beta2: float, level: float, most_steps: float) -> float | None:
    N = _size(w0, lr)
    if not 0.0 < N < math.inf:
        return None
    time = _level_time(
        _rate("beta1", beta1, N), _rate("beta2", beta2, N), level, _checks.number("most steps", most_steps) / N
    )
    return None if time is None else time * N


def ode_path(w0: float, lr: float, beta1: float, beta2: float, steps: int) -> list[float]:
    """W at t = 0, 1, ..., `steps` by the equation; no further than to the first value beyond 0, or below 1e-290 w0.

    So the list may be shorter than steps + 1: after that the equation goes on in swings of its own, and says nothing
    about a run.

    Source: catalogue 2.4.

    >>> [f"{w:.3f}" for w in ode_path(-1.0, 1e-3, 0.9, 0.999, 584)[::292]], len(ode_path(1.0, 1e-3, 0.9, 0.95, 2000))
    (['-1.000', '-0.728', '-0.500'], 1058)

    """
    N = _size(w0, lr)
    a, k = _rate("beta1", beta1, 1.0), _rate("beta2", beta2, 1.0)
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
    """F = t lr/|w0|, the time to a fraction over the one at full speed, for beta1 = 0 and N -> infinity; solved to 1e-8.

    Parameters
    ----------
    x0 : (1 - beta2) |w0|/lr; 0 if v forgets nothing, inf if it remembers nothing.
    fraction : the part of |w0| that is to remain, between 1e-290 and 1.

    Source: catalogue 2.4.

    >>> [f"{universal_time(x0, 0.01):.4f}" for x0 in (0.0, 1.0, 100.0)], universal_time(math.inf, 0.25)
    (['2.6020', '2.2378', '1.0329'], 0.75)

    """
    if not _checks.number("x0", x0) >= 0.0 or not _checks.fraction("fraction", fraction) > _GONE:
        raise UsageError(
            f"x0 must be at least 0, and the fraction above 1e-290, not {x0:g} and {fraction:g}",
            "x0 is (1 - beta2) |w0|/lr",
        )
    time = _level_time(math.inf, x0, fraction, math.inf)
    return math.inf if time is None else time


def v_forget_time(G: float, w: float, lam: float, beta2: float) -> float:
    """Steps after gradients of size G until coupled decay moves by lr/sqrt(2): 2 ln(|G|/(lam |w|))/(-ln beta2).

    Until then v, which remembers G, holds it back: it takes lr lam/(|G| beta2^(j/2)) of w at step j. Decoupled decay never
    waits. It assumes that w hardly moves meanwhile, by about 1.76 lr/(1 - beta2) for lam |w| << |G|, and a beta1 that
    forgets sooner. 0 if |G| <= lam |w| or beta2 = 0; inf for lam w = 0.

    Source: catalogue 2.7.

    >>> f"{v_forget_time(1.0, 1.0, 0.01, 0.999):.0f}", v_forget_time(0.01, 1.0, 0.01, 0.999), v_forget_time(1.0, 0.0, 0.01, 0.999)
    ('9206', 0.0, inf)

    """
    size, pull = abs(_checks.number("gradient", G)), abs(_checks.number("weight_decay * w", lam * w))
    if size <= pull or averaging("beta2", beta2) == 0.0:
        return 0.0
    return 2.0 * (math.log(size) - math.log(pull)) / -math.log(beta2) if pull else math.inf


def coupled_speed(w: float, sigma: float, lr: float, lam: float) -> float:
    """Mean |dw| a step, lr lam |w|/sqrt(sigma^2 + (lam w)^2), in gradient noise of standard deviation sigma.

    A step of lr for lam |w| >> sigma, exponential with rate lr lam/sigma for lam |w| << sigma. For beta2 near 1 and small lr;
    0 where both are 0.

    Source: catalogue 2.8.

    >>> coupled_speed(3.0, 4.0, 0.1, 1.0), f"{coupled_speed(1.0, 1.0, 1e-3, 0.1):.3e}"
    (0.06, '9.950e-05')

    """
    pull = abs(_checks.number("weight_decay * w", lam * w))
    total = math.hypot(_checks.number("sigma", sigma), pull)
    return _checks.number("learning rate", lr) * (pull / total) if total else 0.0
