"""What is wrong with a file of settings or a variable: said with its place, all at once, and never in the way of help."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from adamw_cli.cli.settings import CONFIG_VARIABLE
from adamw_cli.errors import ExitCode
from adamw_cli.settings import files
from tests.cli.terminal import run

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "place", "code", "says"),
    [
        ("[half-life]\nlr = \n", "2:6", "C102", "not TOML"),
        ("[half-life]\nlr = 1\nlr = 2\n", "3:7", "C102", "not TOML"),
        ("x = " + "[" * 5000, "", "C102", "nested too deep"),
        ("a." * 2000 + "a = 1", "1:1", "C104", "unknown command 'a'"),
        ("[half-life]\nlr = " + "1" * 5000, "", "C102", "not TOML"),
        ("# c\n\n[half-lif]\nlr = 1\n", "3:1", "C104", "did you mean 'half-life'?"),
        ("[half-life]\n\n  lrr = 1\n", "3:3", "C105", "did you mean 'lr'?"),
        ("[schema]\nx = 1\n", "2:1", "C105", "known: plugins"),
        ("half-life.lrr = 1\n", "1:1", "C105", "did you mean 'lr'?"),
        ("[list]\nwhat = 'metrics'\n", "2:1", "C105", "no setting 'what'"),
        ("lr = 1\n", "1:1", "C106", "'lr' must be a table"),
        ("[[half-life]]\nlr = 1\n", "1:1", "C106", "'half-life' must be a table"),
        ("[half-life]\nlr = '3e-4'\n", "2:1", "C106", "without quotation marks"),
        ("[half-life]\nlr = true\n", "2:1", "C106", "'lr' must be a number, it is a boolean"),
        ("[half-life]\nlr = 2026-01-01\n", "2:1", "C106", "it is a date or time"),
        ("[check]\nallow-empty = 1\n", "2:1", "C106", "must be true or false, it is a number"),
        ("[check]\nformat = false\n", "2:1", "C106", "must be text, it is a boolean"),
        ("[check]\npaths = 'scenarios/'\n", "2:1", "C106", "must be an array, it is text"),
        ("[check]\npaths = ['a', ['b']]\n", "2:1", "C106", "each of 'paths' must be text, it is an array"),
        ("[simulate]\nthreads = 1.5\n", "2:1", "C106", "'threads' must be a whole number"),
        ("[simulate]\nthreads = 0\n", "2:1", "C107", "'threads': "),
        ("[half-life]\nlr = 1" + "0" * 400, "2:1", "C107", "too large"),
        ("[validate]\nformat = 'xml'\n", "2:1", "C107", "'xml' is not one of 'auto', 'full'"),
        ("[check]\nallow-empty = true\nallow_empty = true\n", "3:1", "C108", "set twice"),
        # What looks like the key, inside a string or an array, is not it.
        ("[check]\npaths = [\n  'format = 1',\n]\nformat = 'xml'\n", "5:1", "C107", "'format'"),
        ("[simulate]\nset = ['''\n[check]\nformat = 'a'\n''']\n[check]\nformat = 'xml'\n", "7:1", "C107", "'format'"),
        # Which of several lines a key of an inline table stands on is not certain, so none is claimed.
        ("check = {paths = [\n'a'], format = 'xml'}\n", "", "C107", "in [check]"),
    ],
)
def test_what_is_wrong_with_a_file(
    capsys: pytest.CaptureFixture[str], project: Path, text: str, place: str, code: str, says: str
) -> None:
    (project / "adamw.toml").write_text(text)
    for command in (["half-life"], ["config", "show"], ["check"]):
        outcome = run(capsys, *command)
        assert (outcome.code, outcome.out) == (ExitCode.COULD_NOT_RUN, "")
        assert f"adamw.toml{':' if place else ''}{place}: error[{code}]: " in outcome.err
        assert says in outcome.err
        assert "Traceback" not in outcome.err
        assert CONFIG_VARIABLE not in outcome.err
    # but for these
    assert run(capsys, "--version").code == 0
    for command in (["--help"], ["half-life", "--help"], ["config", "-h"], []):
        assert "Usage: adamw" in run(capsys, *command).out
    assert run(capsys, "--no-config", "half-life").code == 0


@pytest.mark.parametrize("content", [b"\xff\xfe", b"#" * (files.MAX_BYTES + 1)])
def test_a_file_that_is_no_text(capsys: pytest.CaptureFixture[str], project: Path, content: bytes) -> None:
    (project / "adamw.toml").write_bytes(content)
    outcome = run(capsys, "half-life")
    assert outcome.code == ExitCode.COULD_NOT_RUN
    assert "adamw.toml: error[C101]" in outcome.err


def test_all_that_is_wrong_at_once_and_nothing_that_a_terminal_would_obey(
    capsys: pytest.CaptureFixture[str], project: Path
) -> None:
    (project / "adamw.toml").write_text('[chek]\n[check]\nformat = "\\u001b[2J"\n"a\\u001b" = 1\n[decay]\nlr = "x"\n')
    outcome = run(capsys, "half-life")
    assert re.findall(r"^adamw\.toml:(\d+):\d+: error\[(C\d+)\]", outcome.err, re.MULTILINE) == [
        ("1", "C104"),
        ("3", "C107"),
        ("4", "C105"),
        ("6", "C106"),
    ]
    assert "\x1b" not in outcome.err
    (project / "adamw.toml").write_text("[check]\nformat = \x1b[2J\n")
    assert "\x1b" not in run(capsys, "half-life").err


def test_a_wrong_variable_is_named(
    capsys: pytest.CaptureFixture[str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADAMW_CHECK_FORMAT", "xml")
    monkeypatch.setenv("ADAMW_HALF_LIFE_LR", "much")
    for command, name in (("half-life", "ADAMW_HALF_LIFE_LR"), ("check", "ADAMW_CHECK_FORMAT")):
        outcome = run(capsys, command, *(["plateau"] if command == "check" else []))
        assert (outcome.code, outcome.out) == (ExitCode.COULD_NOT_RUN, "")
        assert name in outcome.err
    assert run(capsys, "half-life", "--lr", "0.1").code == 0  # the flag decides, the variable is not looked at
    everything = run(capsys, "config", "show")
    assert (everything.code, everything.out) == (ExitCode.COULD_NOT_RUN, "")
    assert "ADAMW_CHECK_FORMAT: error[C109]: 'xml' is not one of" in everything.err
    assert re.search(r"ADAMW_HALF_LIFE_LR: error\[C109\]: .*(valid float|valid number)", everything.err)
    assert run(capsys, "config", "show", "decay").code == 0


def test_an_error_in_the_command_says_what_came_from_elsewhere(
    capsys: pytest.CaptureFixture[str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "adamw.toml").write_text("[half-life]\nlr = -1\n[simulate]\nset = ['sed=1']\n")
    monkeypatch.setenv("ADAMW_HALF_LIFE_RATE", "2")
    outcome = run(capsys, "half-life", "--weight-decay", "0.1")
    assert outcome.code == ExitCode.COULD_NOT_RUN
    assert "with --lr from adamw.toml:2" in outcome.err
    assert "with --rate from ADAMW_HALF_LIFE_RATE" in outcome.err
    assert "--weight-decay from" not in outcome.err
    assert "with --set from adamw.toml:4" in run(capsys, "simulate", "plateau").err


def test_every_code_is_documented() -> None:
    sources = [*(ROOT / "adamw_cli" / "settings").glob("*.py"), ROOT / "adamw_cli" / "cli" / "settings.py"]
    used = {code for path in sources for code in re.findall(r'"(C1\d\d)"', path.read_text())}
    document = (ROOT / "docs" / "config.md").read_text()
    assert used == set(re.findall(r"^\| (C1\d\d) \|", document, re.MULTILINE))
