"""The loop over steps and the loops over lanes, in plain Python; jit.py compiles them.

A block holds up to LANES elements side by side. `x` and `g` are `Rows`: flat memory read as x[i, j], i the
coordinate and j the position in that coordinate's rows, each row LANES long:

    x[i, :] = w | states | steps that ended finite | float hyperparameters | factor and coefficients | signature
    g[i, :] = gradient | parameters of a separable landscape

A row's offset is a constant and there are two base pointers, so LLVM checks once per call that they do not
overlap and vectorises over lanes; with one pointer per row it gives up. The loops around scalar functions are
generated as text because their number of arguments differs. The same text runs as plain Python on 2-D arrays,
which is how the tests check the compiled form.

No name here is a rule's or a landscape's; only functions that numba compiles, and their generators.
"""

from __future__ import annotations

from adamw_cli.spec import Rule

# 256 elements amortise the two calls per step (1.95 against 2.35 ns per element with 64). Eight more, so that
# rows are not 2 KiB apart: at that distance the rows of a single lane fall into two of the cache's sets.
LANES = 264
# Arithmetic on subnormal numbers costs over a hundred cycles, and 0.9 * 5e-324 rounds to 5e-324, so a faded
# average would slow the loop for ever. Multiples of the absolute step, so that chunk sizes change no bit.
FLUSH_EVERY = 128
FLUSH_BELOW = 1e-200


class Layout:
    """Where a rule's rows stand in x, in rows of LANES."""

    def __init__(self, rule: Rule) -> None:
        self.states = 1
        self.finite = self.states + len(rule.state)
        self.scalars = self.finite + 1
        self.table = self.scalars + len(rule.scalars)
        self.signature = self.table + 1 + len(rule.coefficients)
        self.rows = self.signature + 1


def _row(array: str, row: int) -> str:
    return f"{array}[i, {row * LANES} + lane]" if row else f"{array}[i, lane]"


def update_source(rule: Rule, mixed: bool) -> str:
    """Source of `block(px, xs, pg, gs, d, lanes)`, the loop around a rule's `update`.

    mixed : the elements differ in schedule factor or coefficients, which stand in their rows; otherwise one
        value stands in the first element of each row and serves the whole block.
    """
    layout = Layout(rule)
    names = ("factor", *rule.coefficients)
    table = {name: _row("x", layout.table + j) if mixed else name for j, name in enumerate(names)}
    arguments = ["x[i, lane]", "g[i, lane]"]
    arguments += [_row("x", layout.states + j) for j in range(len(rule.state))]
    arguments += [f"{table['factor']} * {_row('x', layout.scalars)}"]
    arguments += [_row("x", layout.scalars + j) for j in range(1, len(rule.scalars))]
    arguments += [table[name] for name in rule.coefficients]
    arguments += [f"SWITCH_{name.upper()}" for name in rule.switches]
    body = [f"w, {', '.join(rule.state)} = update({', '.join(arguments)})".replace("w,  =", "w =")]
    body += ["x[i, lane] = w"]
    body += [f"{_row('x', layout.states + j)} = {name}" for j, name in enumerate(rule.state)]
    body += [f"{_row('x', layout.finite)} += 1.0 if w - w == 0.0 else 0.0"]
    loaded = [] if mixed else [f"    {name} = x[0, {(layout.table + j) * LANES}]" for j, name in enumerate(names)]
    return "\n".join([
        "def block(px, xs, pg, gs, d, lanes):",
        "    x = rows(px, xs)",
        "    g = rows(pg, gs)",
        *loaded,
        "    for i in range(d):",
        "        for lane in range(lanes):",
        *(f"            {line}" for line in body),
        "",
    ])  # fmt: skip


def gradient_source(separable: bool, parameters: int) -> str:
    """Source of `block(px, xs, pg, gs, pp, d, lanes, t)`, which fills the gradient row of g."""
    arguments = ["x[i, lane]", "t", *(_row("g", 1 + j) for j in range(parameters))]
    loop = [
        "    for i in range(d):",
        "        for lane in range(lanes):",
        f"            g[i, lane] = gradient({', '.join(arguments)})",
    ]
    return "\n".join([
        "def block(px, xs, pg, gs, pp, d, lanes, t):",
        "    x = rows(px, xs)",
        "    g = rows(pg, gs)",
        *(loop if separable else ["    gradient(x, g, d, lanes, t, rows(pp, 0))"]),
        "",
    ])  # fmt: skip


def schedule_source(parameters: int) -> str:
    """Source of `block(pout, stride, pp, first, count, steps)`: factors of steps first + 1, ..., first + count."""
    arguments = ["float(first + s + 1)", "float(steps)", *(f"p[0, {j}]" for j in range(parameters))]
    return "\n".join([
        "def block(pout, stride, pp, first, count, steps):",
        "    out = rows(pout, stride)",
        "    p = rows(pp, 0)",
        "    for s in range(count):",
        f"        out[s, 0] = value({', '.join(arguments)})",
        "",
    ])  # fmt: skip


def advance(
    update, gradient, px, xs, pg, gs, pp, ptable, table_stride, precord, record_stride,
    d, lanes, states, table_row, coefficients, mixed, first, steps, every, planes, width, offset,
):  # fmt: skip
    """Advance one block from step `first` to `first + steps`.

    Step t fills g at w(t-1), puts the step's factor and coefficients in their rows (c-th value of the table's row
    signature * coefficients + c), and calls the rule. After every `every`-th step, w and the first planes - 1 states go
    to record[r, (plane * d + coordinate) * width + offset + lane]; nothing is recorded if `every` is 0.
    """
    x = rows(px, xs)
    table = rows(ptable, table_stride)
    record = rows(precord, record_stride)
    r = 0
    for s in range(steps):
        t = first + s + 1
        call_gradient(gradient, px, xs, pg, gs, pp, d, lanes, float(t))
        if mixed:
            for i in range(d):
                for lane in range(lanes):
                    signature = int(x[i, table_row + coefficients * LANES + lane]) * coefficients
                    for c in range(coefficients):
                        x[i, table_row + c * LANES + lane] = table[signature + c, s]
        else:
            signature = int(x[0, table_row + coefficients * LANES]) * coefficients
            for c in range(coefficients):
                x[0, table_row + c * LANES] = table[signature + c, s]
        call_update(update, px, xs, pg, gs, d, lanes)
        if t % FLUSH_EVERY == 0:
            for i in range(d):
                for j in range(states + 1):
                    for lane in range(lanes):
                        if abs(x[i, j * LANES + lane]) < FLUSH_BELOW:
                            x[i, j * LANES + lane] = 0.0
        if every > 0 and t % every == 0:
            for j in range(planes):
                for i in range(d):
                    for lane in range(lanes):
                        record[r, (j * d + i) * width + offset + lane] = x[i, j * LANES + lane]
            r += 1


def _rows(pointer, stride):
    return pointer


def _call(function, *arguments):
    function(*arguments)


# What the names above mean in plain Python; jit.py puts compiled forms in their place.
rows, call_gradient, call_update = _rows, _call, _call
