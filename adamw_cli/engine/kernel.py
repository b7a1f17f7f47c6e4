"""The loop over steps and the loops over lanes, as plain Python; jit.py compiles them."""

from __future__ import annotations

from adamw_cli.spec import Rule

LANES = 256
FLUSH_EVERY = 128
FLUSH_BELOW = 1e-200

def update_source(rule, mixed=False):
    states, scalars, coefficients = len(rule.state), len(rule.scalars), len(rule.coefficients)
    def row(j): return f"x[i, {j * LANES} + lane]" if j else "x[i, lane]"
    counter = row(1 + states)
    first = 2 + states
    factor = row(first + scalars) if mixed else "factor"
    arguments = ["x[i, lane]", "g[i, lane]", *[row(1 + j) for j in range(states)]]
    arguments += [f"{factor} * {row(first)}"] + [row(first + j) for j in range(1, scalars)]
    arguments += [row(first + scalars + 1 + j) for j in range(coefficients)] if mixed else list(rule.coefficients)
    arguments += [f"SWITCH_{name.upper()}" for name in rule.switches]
    results = ", ".join(["w", *rule.state])
    lines = ["def update_block(x, g, lanes):", *([] if mixed else [f"    {name} = x[0, {(first+scalars+j)*LANES}]" for j, name in enumerate(("factor", *rule.coefficients))]), "    for i in range(x.shape[0]):", "        for lane in range(lanes):",
             f"            {results} = update({', '.join(arguments)})", "            x[i, lane] = w"]
    lines += [f"            {row(1 + j)} = {name}" for j, name in enumerate(rule.state)]
    lines += [f"            {counter} += 1.0 if w - w == 0.0 else 0.0"]
    return "\n".join(lines) + "\n"

def gradient_source(rows: int) -> str:
    arguments = ["x[i, lane]", "t", *(f"g[i, {(1+j) * LANES} + lane]" for j in range(rows))]
    return "\n".join([
        "def gradient_block(x, g, lanes, t, p):",
        "    for i in range(x.shape[0]):",
        "        for lane in range(lanes):",
        f"            g[i, lane] = function({', '.join(arguments)})",
    ]) + "\n"

def advance(update, gradient, x, g, p, lanes, states, coefficients, table, k, mixed, first, steps, record, every, what, offset):
    d = x.shape[0]
    for s in range(steps):
        t = first + s + 1
        gradient(x, g, lanes, float(t), p)
        if mixed:
            for i in range(d):
                for c in range(table.shape[2]):
                    for lane in range(lanes):
                        x[i, coefficients + c * LANES + lane] = table[s, k[i, lane], c]
        else:
            for c in range(table.shape[2]):
                x[0, coefficients + c * LANES] = table[s, 0, c]
        update(x, g, lanes)
        if t % FLUSH_EVERY == 0:
            for i in range(d):
                for j in range((1 + states) * LANES):
                    if abs(x[i, j]) < FLUSH_BELOW:
                        x[i, j] = 0.0
        if every > 0 and t % every == 0:
            r = t // every - first // every - 1
            for i in range(d):
                for j in range(what):
                    for lane in range(lanes):
                        record[r, j, i, offset + lane] = x[i, j * LANES + lane]
