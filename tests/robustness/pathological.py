"""Files that are small for a disk and large for a parser: deep, wide, long, or growing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

MIB = 1 << 20
HEAD = "version: 1\nlandscape: {kind: plateau}\nstart: [1.0]\nsteps: 10\n"
RUN = "optimizers: {adamw: {lr: 0.1}}\n"
Recipe = tuple[str, int, str]  # shape, size, text to fill it with


def _bombs(n: int) -> str:
    """Aliases of aliases; n levels would be 9^n values."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, n)]
    return "\n".join(lines)


def _staircase(n: int) -> str:
    """Mappings, each a blank deeper than the last."""
    return "\n".join(f"{' ' * i}a:" for i in range(n))


# Each takes about the number of characters that the file should have, and a text to fill it with.
SHAPES: dict[str, Callable[[int, str], str]] = {
    "open brackets": lambda n, text: "[" * n,
    "nested brackets": lambda n, text: HEAD + "tags: " + "[" * n + "]" * n,
    "open braces": lambda n, text: "{a: " * n,
    "nested braces": lambda n, text: "{a: " * n + "1" + "}" * n,
    "dashes": lambda n, text: "- " * n,
    "question marks": lambda n, text: "? " * n,
    "staircase": lambda n, text: _staircase(min(n, 1400)),
    "quoted scalar": lambda n, text: HEAD + RUN + 'description: "' + "x" * n + '"\n',
    "plain scalar": lambda n, text: HEAD + RUN + "description: " + "x " * (n // 2) + "\n",
    "block scalar": lambda n, text: HEAD + RUN + "description: |\n" + "  xxxxxxxxx\n" * (n // 12),
    "escapes": lambda n, text: HEAD + RUN + 'description: "' + "\\u00e9" * (n // 6) + '"\n',
    "unclosed quotation mark": lambda n, text: HEAD + RUN + "description: '" + "x\n " * (n // 3),
    "long key": lambda n, text: "x" * n + ": 1",
    "long run name": lambda n, text: HEAD + "optimizers: {'" + "x" * n + "': {lr: 0.1}}\n",
    "comment": lambda n, text: "#" + "x" * n + "\n" + HEAD + RUN,
    "comment lines": lambda n, text: "# x\n" * (n // 4) + HEAD + RUN,
    "line breaks": lambda n, text: "\n" * n + HEAD + RUN,
    "blanks": lambda n, text: " " * n + HEAD,
    "digits": lambda n, text: HEAD.replace("10", "9" * n) + RUN,
    "digits after the point": lambda n, text: HEAD.replace("1.0", "0." + "1" * n) + RUN,
    "hexadecimal digits": lambda n, text: HEAD + RUN + "seed: 0x" + "f" * n,
    "an exponent": lambda n, text: HEAD.replace("1.0", "1e-" + "9" * n) + RUN,
    "large seed": lambda n, text: HEAD + RUN + f"seed: {10**15 - n}\n",
    "aliases of aliases": lambda n, text: _bombs(min(n, 2000)),
    "aliases of one": lambda n, text: "a: &a 1\nb: [" + "*a, " * (n // 4) + "]",
    "anchors": lambda n, text: "\n".join(f"k{i}: &a{i} 1" for i in range(n // 16)),
    "merge keys": lambda n, text: "<<: {a: 1}\n" * (n // 11),
    "tags": lambda n, text: "[" + "!!str a, " * (n // 9) + "]",
    "documents": lambda n, text: "---\na: 1\n" * (n // 9),
    "directives": lambda n, text: "%TAG !a! b\n" * (n // 11) + "---\n" + HEAD,
    "the same key": lambda n, text: "version: 1\n" * (n // 11),
    "unknown keys": lambda n, text: HEAD + RUN + "".join(f"k{i}: 1\n" for i in range(n // 110)),
    "wrong tags": lambda n, text: HEAD + RUN + "tags: [" + "1, " * (n // 110) + "]",
    "wrong expectations": lambda n, text: HEAD + RUN + "expect: [" + "{metric: x, near: y}, " * (n // 550) + "]",
    "expectations": lambda n, text: HEAD + RUN + "expect:\n" + "  - {metric: final_loss, below: 1}\n" * (n // 550),
    "runs": lambda n, text: HEAD + "optimizers: {" + "".join(f"r{i}: {{kind: adam, lr: 1}}, " for i in range(n // 550)) + "}",
    "runs of no rule": lambda n, text: HEAD + "optimizers: {" + "".join(f"r{i}: {{lr: 1}}, " for i in range(n // 330)) + "}",
    "coordinates": lambda n, text: HEAD.replace("1.0", ", ".join(["1.5"] * (1 + n // 110))) + RUN,
    "commas": lambda n, text: "[" + "," * n,
    "colons": lambda n, text: ":" * n,
    "colons and blanks": lambda n, text: ": " * (n // 2),
    "text repeated": lambda n, text: text * (n // max(1, len(text.encode("utf-8", "surrogatepass")))),
    "text repeated after a scenario": lambda n, text: HEAD + RUN + text * (n // (4 * max(1, len(text)))),
}  # fmt: skip


def recipes() -> st.SearchStrategy[Recipe]:
    """Shapes with sizes up to a little more than 1 MiB, often next to a limit of the loader."""
    near = [
        0,
        1,
        31,
        32,
        33,
        4299,
        4300,
        4301,
        9_999,
        10_000,
        10_001,
        100_000,
        MIB - 200,
        MIB - 100,
        MIB - 1,
        MIB,
        MIB + 1,
    ]
    sizes = st.one_of(st.sampled_from(near), st.integers(0, 1000), st.integers(0, MIB + 1000))
    return st.tuples(st.sampled_from(sorted(SHAPES)), sizes, st.text(min_size=1, max_size=12))


def build(recipe: Any) -> bytes:
    """Make the file of a recipe."""
    shape, size, text = recipe
    return SHAPES[shape](size, text).encode("utf-8", "surrogatepass")
