"""The loop over steps and the loops over lanes, in plain Python; jit.py compiles them.

A block holds up to LANES elements side by side. `x` and `g` are `Rows`: flat memory read as x[i, j], i the
coordinate and j the position in that coordinate's rows, each row LANES long:

    x[i, :] = w | states | step of divergence | float hyperparameters | factor and coefficients | signature
    g[i, :] = gradient | parameters of a separable landscape
    g[d + j, :] = the j-th norm                                                        (only for a rule that has any)
    n[i, :] = key of the random numbers, as bits | u | x | parameters | states | ...   (only where there is noise; NoiseLayout)
    k[i, :] = key of the random numbers, as bits | weight before | compensation        (only where numbers have few bits)
    c[0, :] = limit of the gradient | what it is multiplied by                         (only where gradients are clipped)

A norm over coordinates is added up from the first to the last, lane by lane, so that its bits depend on nothing else. It stands behind
all that the loops over coordinates read and write: the check for overlap covers a row of all coordinates at once, and where it fails,
beside the rows of x, the loop runs lane by lane, three times as long.

A row's offset is a constant and there are two base pointers, so LLVM checks once per call that they do not
overlap and vectorises over lanes; with one pointer per row it gives up. The loops around scalar functions are
generated as text because their number of arguments differs. The same text runs as plain Python on 2-D arrays: plain.py.

No name here is a rule's or a landscape's; only functions that numba compiles, and their generators.
"""

import math
import struct
from collections.abc import Sequence
from typing import Literal

from adamw_cli.vocabulary import Noise, Rule

# Distance between rows. A processor takes a load for dependent on an earlier store if their addresses agree in the last
# 12 bits, so what one iteration stores should be far, modulo 4 KiB, from what the next ones load. Rows 264 apart took 1.11
# to 1.51 ns per element, depending on where malloc had put g; 328 apart and g where it is now, 1.10.
LANES = 328
# For the same reason g starts so many doubles after x, modulo 512.
GRADIENT_OFFSET = 192
# Arithmetic on subnormal numbers costs over a hundred cycles, and 0.9 * 5e-324 rounds to 5e-324, so a faded
# average would slow the loop for ever. Multiples of the absolute step, so that chunk sizes change no bit. Far below what a
# weight under coupled decay alone collapses to (1e-257 from 50 lr with the default betas) before it swings up again.
FLUSH_EVERY = 128
FLUSH_BELOW = 1e-290


# Rows of k, and of c.
STORE_ROWS = 3
CLIP_ROWS = 2
# What torch.nn.utils.clip_grad_norm_ adds to the norm that it divides by.
CLIP_EPS = 1e-6

# What is limited: the norm of a gradient, or each of its coordinates.
Clipped = Literal["norm", "value"]


# What the elements of a block have in common; each kind has its own kernel, the arithmetic is the same expression.
#   uniform : hyperparameters, factor and coefficients; one value in the first element of each of their rows serves all.
#   even : factor and coefficients alone.
#   mixed : nothing.
Kind = Literal["uniform", "even", "mixed"]


class Layout:
    """Where a rule's rows stand in x, in rows of LANES."""

    def __init__(self, rule: Rule) -> None:
        self.states = 1
        self.diverged = self.states + len(rule.state)
        self.scalars = self.diverged + 1
        self.table = self.scalars + len(rule.scalars)
        self.signature = self.table + 1 + len(rule.coefficients)
        self.rows = self.signature + 1


class NoiseLayout:
    """Where the rows of several kinds of noise, one after another, stand in n, in rows of LANES.

    Each has `key | u | x | parameters | states`, from its number in `starts` on. Then come `mirror`, 1 where u is 1 - u, for
    antithetic draws, and for each noise that looks `back` a row whose first two numbers say where its ring of rows starts and how many
    those are: row t modulo that many holds what came in at step t. `rows` is without the rings.
    """

    PARAMETERS = 3  # rows before them

    def __init__(self, noises: Sequence[Noise], antithetic: bool) -> None:
        self.starts: list[int] = []
        at = 0
        for noise in noises:
            self.starts.append(at)
            at += self.PARAMETERS + len(noise.parameters) + len(noise.state)
        self.mirror = at if antithetic else None
        at += antithetic
        self.rings: dict[int, int] = {}
        for number, noise in enumerate(noises):
            if noise.back is not None:
                self.rings[number] = at
                at += 1
        self.rows = at


def _row(array: str, row: int, i: str = "i") -> str:
    return f"{array}[{i}, {row * LANES} + lane]" if row else f"{array}[{i}, lane]"


def _lanes(*body: str) -> list[str]:
    """Text of a loop over the lanes of a block."""
    return ["    for lane in range(lanes):", *(f"        {line}" for line in body)]


def _elements(*body: str) -> list[str]:
    """Text of a loop over the elements of a block."""
    return ["    for i in range(d):", *(f"    {line}" for line in _lanes(*body))]


def update_source(rule: Rule, kind: Kind) -> str:
    """Source of `block(x, g, d, lanes)`, the loop around a rule's `update`.

    It returns 1 if a weight is not finite after the step, otherwise 0. That is one bit per lane in a register (1 to 4 %
    of the step); which element it was, is looked for only then. A counter per element would be one more row to load and
    store (6 % of the step). Nothing of a rule is called in the text as in the rule, where every name is allowed.
    """
    layout = Layout(rule)
    scalars, table = range(layout.scalars, layout.table), range(layout.table, layout.signature)
    shared = {"uniform": [*table, *scalars], "even": [*table], "mixed": []}[kind]
    factor, *coefficients = (f"shared_{row}" if row in shared else _row("x", row) for row in table)
    first, *others = (f"shared_{row}" if row in shared else _row("x", row) for row in scalars)
    states = [_row("x", row) for row in range(layout.states, layout.diverged)]
    new = [f"state_{j}" for j in range(len(states))]
    norms = [_row("g", 0, f"d + {j}") for j in range(len(rule.norms))]
    arguments = ["x[i, lane]", "g[i, lane]", *states, f"{factor} * {first}", *others, *coefficients]
    switches = [f"SWITCH_{j}" for j in range(len(rule.switches))]
    body = [f"({', '.join(['w', *new])},) = update({', '.join([*arguments, *norms, *switches])})"]
    body += ["x[i, lane] = w", *(f"{row} = {state}" for row, state in zip(states, new, strict=True))]
    body += ["bad |= w - w != 0.0"]
    return "\n".join([
        "def block(x, g, d, lanes):",
        *(f"    shared_{row} = x[0, {row * LANES}]" for row in shared),
        *(_norms(norms, f"normed({', '.join([*arguments, *switches])})") if norms else []),
        "    bad = False",
        *_elements(*body),
        "    return 1 if bad else 0",
        "",
    ])  # fmt: skip


def _norms(rows: Sequence[str], normed: str) -> list[str]:
    """Text that fills the rows of norms; normed : the call that returns one coordinate's numbers."""
    parts = [f"part_{j}" for j in range(len(rows))]
    return [
        *_lanes(*(f"{row} = 0.0" for row in rows)),
        *_elements(
            f"({', '.join(parts)},) = {normed}",
            *(f"{row} = {row} + {part} * {part}" for row, part in zip(rows, parts, strict=True)),
        ),
        *_lanes(*(f"{row} = sqrt({row})" for row in rows)),
    ]


def clip_source(clipped: Clipped) -> str:
    """Source of `block(g, c, d, lanes)`, which puts the clipped gradient in place of the gradient.

    As torch.nn.utils do it: clip_grad_norm_ multiplies by min(1, limit/(norm + 1e-6)), clip_grad_value_ limits each coordinate. A
    gradient that is nan stays so; under an infinite one the norm's factor is 0, and 0 inf is nan.
    """
    limit, factor, g = _row("c", 0, "0"), _row("c", 1, "0"), _row("g", 0)
    by_value = _elements(f"{g} = -{limit} if {g} < -{limit} else {limit} if {g} > {limit} else {g}")
    by_norm = [
        *_norms([factor], f"({g},)"),
        *_lanes(f"{factor} = {limit} / ({factor} + {CLIP_EPS})", f"{factor} = 1.0 if {factor} > 1.0 else {factor}"),
        *_elements(f"{g} = {g} * {factor}"),
    ]
    return "\n".join([
        "def block(g, c, d, lanes):",
        *(by_norm if clipped == "norm" else by_value),
        "",
    ])  # fmt: skip


def gradient_source(separable: bool, parameters: int) -> str:
    """Source of `block(x, g, p, d, lanes, t)`, which fills the gradient row of g."""
    arguments = ["x[i, lane]", "t", *(_row("g", 1 + j) for j in range(parameters))]
    loop = _elements(f"g[i, lane] = gradient({', '.join(arguments)})")
    return "\n".join([
        "def block(x, g, p, d, lanes, t):",
        *(loop if separable else ["    gradient(x, g, d, lanes, t, p)"]),
        "",
    ])  # fmt: skip


def noise_source(noises: Sequence[Noise], antithetic: bool) -> str:
    """Source of `block(g, n, d, lanes, t)`, which puts the noisy gradient in place of the gradient.

    The functions of the k-th noise are called noisy_k and prepare_k.
    """
    layout = NoiseLayout(noises, antithetic)
    rings = [(f"ring_{k}", f"length_{k}", row * LANES) for k, row in layout.rings.items()]
    return "\n".join([
        "def block(g, n, d, lanes, t):",
        *(["    step = int(float(t))"] if rings else []),  # signed: t is not
        *(f"    {ring}, {length} = int(n[0, {at}]), int(n[0, {at + 1}])" for ring, length, at in rings),
        *(line for k, noise in enumerate(noises) for line in _noise_loop(k, noise, layout)),
        "",
    ])  # fmt: skip


def _noise_loop(k: int, noise: Noise, layout: NoiseLayout) -> list[str]:
    """Text of the loops of one noise over coordinates and lanes."""
    key, u, x, *given = (
        _row("n", layout.starts[k] + j) for j in range(layout.PARAMETERS + len(noise.parameters) + len(noise.state))
    )
    drawn = f"uniform(bits_of({key}), t)"
    if layout.mirror is not None:
        drawn = f"abs({_row('n', layout.mirror)} - {drawn})"
    arguments = ["g[i, lane]", u, *([x] if noise.prepare is not None else []), *given]
    loops = [[f"{u} = {drawn}"]] if noise.random else []
    loops += [[f"{x} = prepare_{k}({u})"]] if noise.prepare is not None else []
    body = []
    if noise.back is not None:
        parameters = [p.name for p in noise.parameters]
        back = given[parameters.index(noise.back)]
        body += [f"n[i, (ring_{k} + step % length_{k}) * {LANES} + lane] = g[i, lane]"]
        arguments += [f"n[i, (ring_{k} + (step - int({back})) % length_{k}) * {LANES} + lane]"]
    states = given[len(noise.parameters) :]
    results = ", ".join(["g[i, lane]", *states])
    loops.append([*body, f"{results} = noisy_{k}({', '.join(arguments)})"])
    return ["    for i in range(d):", *(f"    {line}" for loop in loops for line in _lanes(*loop))]


def store_source(layout: Layout, states: int, weights: str, state: str, stochastic: bool, kahan: bool) -> str:
    """Source of `block(x, k, d, lanes, t)`, which rounds weights and states to what they are stored as.

    weights, state : the constants of rounding.py as text; empty for what keeps all its bits.
    kahan : whether what rounding takes from a weight is kept, in the weight's own format, and added to its next step.

    It returns 1 if a weight is not finite then, otherwise 0, as the update's block does.
    """
    key, before, lost = (_row("k", j) for j in range(STORE_ROWS))
    body: list[str] = []
    if weights:
        exact = f"{before} + step" if kahan else "x[i, lane]"
        draw = f"stochastic({exact}, uniform(bits_of({key}), t), {weights})"
        body += [f"step = x[i, lane] - {before} + {lost}"] if kahan else []
        body += [f"w = {draw if stochastic else f'nearest({exact}, {weights})'}"]
        body += [f"{lost} = nearest(step - (w - {before}), {weights})", f"{before} = w"] if kahan else []
        body += ["x[i, lane] = w", "bad |= w - w != 0.0"]
    if state:
        rows = [_row("x", layout.states + j) for j in range(states)]
        body += [f"{row} = nearest({row}, {state})" for row in rows]
    return "\n".join([
        "def block(x, k, d, lanes, t):",
        "    bad = False",
        *_elements(*(body or ["pass"])),
        "    return 1 if bad else 0",
        "",
    ])  # fmt: skip


def schedule_source(parameters: int) -> str:
    """Source of `block(out, p, first, count, steps)`: factors of steps first + 1, ..., first + count."""
    arguments = ["float(first + s + 1)", "float(steps)", *(f"p[0, {j}]" for j in range(parameters))]
    return "\n".join([
        "def block(out, p, first, count, steps):",
        "    for s in range(count):",
        f"        out[s, 0] = value({', '.join(arguments)})",
        "",
    ])  # fmt: skip


def advance(given):
    """Advance one block from step `first` to `first + steps`; `given` are the Arguments of kernels.py.

    Step t fills g at w(t-1), makes it noisy in the kernel that has NOISE, clips it in the one that has a CLIP, puts the step's factor and coefficients in their rows (table[s, c * signatures +
    signature] is the c-th), and calls the rule; the kernel that has a STORE then rounds what is stored. Where a weight is not finite for the first time, t goes to its element
    of row `diverged`. The kernel that has a BOX then puts every finite weight back into it, p[0] to p[1]. After every `every`-th
    step, w and the first planes - 1 states go to
    record[r, (plane * d + coordinate) * width + offset + lane]; nothing is recorded if `every` is 0.
    """
    a = arguments(given)
    d = a.d
    lanes = a.lanes
    every = a.every
    coefficients = a.coefficients
    x = a.x
    table_d = d if a.mixed else 1
    table_lanes = lanes if a.mixed else 1
    r = 0
    for s in range(a.steps):
        t = a.first + s + 1
        call_gradient(a.gradient, x, a.g, a.p, d, lanes, float(t))
        if NOISE:
            call_noise(a.noise, a.g, a.n, d, lanes, t)
        if CLIP:
            call_clip(a.clip, a.g, a.c, d, lanes)
        for i in range(table_d):
            for c in range(coefficients):  # outside: 2.9 instead of 6.0 ns per element of a mixed block, all in all
                for lane in range(table_lanes):
                    signature = int(x[i, (a.table_row + coefficients) * LANES + lane])
                    x[i, (a.table_row + c) * LANES + lane] = a.table[s, c * a.signatures + signature]
        bad = call_update(a.update, x, a.g, d, lanes)
        if STORE:
            bad = call_store(a.store, x, a.k, d, lanes, t) or bad
        if bad:
            for i in range(d):
                for lane in range(lanes):
                    if x[i, lane] - x[i, lane] != 0.0 and x[i, a.diverged * LANES + lane] == 0.0:
                        x[i, a.diverged * LANES + lane] = float(t)
        if BOX:
            p = a.p
            for i in range(d):
                for lane in range(lanes):
                    w = x[i, lane]
                    if w - w == 0.0:  # a weight that is not finite stays so: the run has diverged
                        x[i, lane] = p[0] if w < p[0] else p[1] if w > p[1] else w
        if t % FLUSH_EVERY == 0:
            for i in range(d):
                for j in range(a.states + 1):
                    for lane in range(lanes):
                        if abs(x[i, j * LANES + lane]) < FLUSH_BELOW:
                            x[i, j * LANES + lane] = 0.0
        if every > 0 and t % every == 0:
            for j in range(a.planes):
                for i in range(d):
                    for lane in range(lanes):
                        a.record[r, (j * d + i) * a.width + a.offset + lane] = x[i, j * LANES + lane]
            r += 1


def _arguments(given):
    return given


def _bits_of(number):
    """The 64 bits of a double as a whole number."""
    return struct.unpack("<Q", struct.pack("<d", number))[0]


def _call(function, *arguments):
    return function(*arguments)


# What the names above mean in plain Python; jit.py puts compiled forms in their place.
arguments, bits_of, sqrt = _arguments, _bits_of, math.sqrt
call_gradient = call_noise = call_clip = call_update = call_store = _call
# Switches, folded at compile time: without noise, clipping, box and few bits the loop is compiled as if it had never heard of any.
NOISE = CLIP = BOX = STORE = False
