"""Pieces of YAML, and a full scenario to put them into or cut them out of."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.scenario.cases import BASE

FULL = (
    BASE
    + """\
name: x
schedule: {kind: constant, warmup_steps: 3}
record: {every: 10, states: true}
expect:
  - {metric: overshoot, of: adamw, near: [1, 2], level: 0, atol: 1e-3}
  - metric: weight_norm
    above: {of: adamw, times: 0.5}
    xfail: "known: yes"  # comment
"""
)
SIGNS = [
    "[",
    "]",
    "{",
    "}",
    ":",
    ": ",
    "- ",
    "\n",
    "\r",
    "\t",
    " ",
    "  ",
    "'",
    '"',
    "#",
    "&a",
    "*a",
    "|",
    ">",
    "|2",
    ",",
]
MARKS = [
    "!!str",
    "!",
    "!<",
    "%",
    "@",
    "`",
    "?",
    "? ",
    "---\n",
    "...\n",
    "<<: ",
    "~",
    "%YAML 1.1\n",
    "%TAG ! a\n",
    "\\",
    "\\x",
]
CHARACTERS = ["\0", "\x85", "\u2028", "\ufeff", "\ud800", "\U0001f600", "\x1b[31m", "é", '"\\U', "FFFFFFFF", "\\ud800"]
WORDS = ["null", ".nan", "1e999", "0x", "9" * 400, "1_0", "kind", "lr", "adamw", "of", "near"]
PIECES = st.sampled_from([*SIGNS, *MARKS, *CHARACTERS, *WORDS])


@st.composite
def mutated(draw: st.DrawFn, text: str = FULL) -> str:
    """A text with one to four pieces put in, cut out or both."""
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        stop = min(len(text), start + draw(st.integers(0, 6)))
        text = text[:start] + draw(st.one_of(PIECES, st.just(""))) + text[stop:]
    return text
