"""Reading files of settings: where their keys stand, and that nothing in them is more than a mistake."""

from __future__ import annotations

import tempfile
import tomllib
from pathlib import Path

import typer
from hypothesis import given
from hypothesis import strategies as st

from adamw_cli.cli.app import build
from adamw_cli.cli.settings import options
from adamw_cli.errors import SettingsError
from adamw_cli.settings import files
from adamw_cli.settings.places import places
from adamw_cli.settings.read import read

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = typer.main.get_command(build(terminal=False)).commands  # type: ignore[attr-defined]


def test_places_are_those_of_the_parser() -> None:
    text = 'a.b = 1\r\n[ "x y" . z ] # [no]\r\n"k=" = """\nz = 2\n"""\nz = [ # ]\n 1 ]\nw = {v = {u = 1}}\n[q]\n'
    found = {name: (p.line, p.column, p.length) for name, p in places(text).items()}
    assert found == {
        ("a",): (1, 1, 3),
        ("a", "b"): (1, 1, 3),
        ("x y", "z"): (2, 1, 13),
        ("x y", "z", "z"): (6, 1, 1),
        ("x y", "z", "w"): (8, 1, 1),
        ("x y", "z", "w", "v"): (8, 1, 1),
        ("x y", "z", "w", "v", "u"): (8, 1, 1),
        ("q",): (9, 1, 3),
    }


@given(st.lists(st.sampled_from(["", "# [x] k = 1", "header", "key", "dotted", "inline", "string", "array", "braces"])))
def test_no_line_is_claimed_that_is_not_the_keys(kinds: list[str]) -> None:
    """Statements whose lines are counted while they are written, with what looks like keys in strings and arrays."""
    lines: list[str] = []
    expected: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for i, kind in enumerate(kinds):
        line, k, h = len(lines) + 1, f"k{i}", f"h{i}"
        if kind == "header":
            lines.append(f" [ {h} . x ] # y")
            table = (h, "x")
            expected[table] = line
            continue
        written, known = {
            "key": ([f"{k} = 1 # z = 2"], [(k,)]),
            "dotted": ([f"  {k}.'a=b' = 'x = y'"], [(k,), (k, "a=b")]),
            "inline": ([f"{k} = {{u = 1, v = [2]}}"], [(k,), (k, "u"), (k, "v")]),
            "string": ([f'{k} = """', "[h]", f"k{i + 1} = 1", "'''", '"""'], [(k,)]),
            "array": ([f"{k} = [ # [h]", "'k = 1',", "[", "] , ", "  # k = ]", "]"], [(k,)]),
            "braces": ([f"{k} = {{u = [", "1 ], v = 2}"], [(k,)]),
        }.get(kind, ([kind], []))
        lines += written
        expected |= {(*table, *name): line for name in known}
    text = "\n".join(lines)
    tomllib.loads(text)
    assert {name: position.line for name, position in places(text).items()} == expected


PIECES = ['"', "'''", "[", "]", "{", "}", "=", "\n", ".", "x", "1", "#", "\x1b"]


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 9), st.sampled_from(PIECES)), max_size=4))
def test_whatever_is_in_a_file_it_is_read_or_refused(edits: list[tuple[int, int, str]]) -> None:
    text = (ROOT / "docs" / "config-example.toml").read_text()
    for at, length, new in edits:
        text = text[:at] + new + text[at + length :]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "adamw.toml"
        path.write_text(text)
        try:
            settings = read(files.named(str(path)), {name: options(command) for name, command in COMMANDS.items()})
        except SettingsError as error:
            (problem,) = error.problems
            assert problem.code == "C102"
            return
        for problem in settings.problems:
            assert problem.render()
            assert problem.position is None or problem.line_text == text.split("\n")[problem.position.line - 1]


def test_this_repository_has_no_settings_of_its_own() -> None:
    assert files.in_folder(str(ROOT)) is None
