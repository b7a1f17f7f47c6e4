"""Every exit code, for every way to reach it; and that a message says what to do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adamw_cli.errors import ExitCode
from tests.cli.terminal import BROKEN, FAILING, GOOD, UNJUDGED, run


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for name, text in {"good": GOOD, "failing": FAILING, "broken": BROKEN, "unjudged": UNJUDGED}.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    (tmp_path / "empty").mkdir()
    (tmp_path / "xfail.yaml").write_text(FAILING.replace("12.0", "12.0, xfail: 'too long'"))
    (tmp_path / "xpass.yaml").write_text(GOOD.replace("theory}", "theory, xfail: 'not known'}"))
    return tmp_path


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["good.yaml"], ExitCode.OK),
        (["xfail.yaml"], ExitCode.OK),
        (["failing.yaml"], ExitCode.EXPECTATION_FAILED),
        (["xpass.yaml"], ExitCode.EXPECTATION_FAILED),
        (["good.yaml", "failing.yaml"], ExitCode.EXPECTATION_FAILED),
        (["broken.yaml"], ExitCode.COULD_NOT_RUN),
        (["unjudged.yaml"], ExitCode.COULD_NOT_RUN),
        (["missing.yaml"], ExitCode.COULD_NOT_RUN),
        (["failing.yaml", "broken.yaml"], ExitCode.COULD_NOT_RUN),
        ([""], ExitCode.COULD_NOT_RUN),
        (["empty"], ExitCode.NOTHING_MATCHED),
    ],
)
def test_check(capsys: pytest.CaptureFixture[str], files: Path, names: list[str], code: ExitCode) -> None:
    paths = [str(files / name) for name in names]
    assert run(capsys, "check", *paths).code == code
    concise = run(capsys, "check", *paths, "--format", "concise")
    assert concise.code == code
    data = run(capsys, "check", *paths, "--format", "json")
    assert data.code == code
    summary = json.loads(data.out)["summary"]
    assert (summary["errors"] > 0) == (code == ExitCode.COULD_NOT_RUN)


def test_an_empty_folder_may_be_allowed(capsys: pytest.CaptureFixture[str], files: Path) -> None:
    assert run(capsys, "check", str(files / "empty"), "--allow-empty").code == 0
    assert run(capsys, "validate", str(files / "empty"), "--allow-empty").code == 0
    assert run(capsys, "validate", str(files / "empty")).code == ExitCode.NOTHING_MATCHED


@pytest.mark.parametrize("flags", [[], ["--collect-only"], ["--exit-zero"]])
def test_that_nothing_matched_is_said(capsys: pytest.CaptureFixture[str], files: Path, flags: list[str]) -> None:
    found = run(capsys, "check", str(files / "good.yaml"), "-t", "no such tag", *flags)
    assert found.code == ExitCode.NOTHING_MATCHED
    assert (
        found.err == "error: no scenario is there, or left by -k, -t and --exclude\n  --allow-empty if that is fine\n"
    )
    assert run(capsys, "check", str(files / "empty"), "--allow-empty", *flags).err == ""


def test_a_failure_names_its_place_the_numbers_and_the_miss(capsys: pytest.CaptureFixture[str], files: Path) -> None:
    path = files / "failing.yaml"
    concise = run(capsys, "check", str(path), "-f", "concise").out
    assert f"{path}:8:5: E101 half_life of 'adamw' was expected to be near 12, but it is 68.96756393" in concise
    assert "times the tolerance" in concise
    full = run(capsys, "check", str(path)).out
    assert "    8 |   - {metric: half_life, of: adamw, near: 12.0}" in full
    (result,) = json.loads(run(capsys, "check", str(path), "-f", "json").out)["results"]
    assert (result["line"], result["column"], result["outcome"]) == (8, 5, "failed")
    assert result["expected"] == 12.0
    assert result["tolerance"] == pytest.approx(12e-9)
    assert result["measured"] == [pytest.approx(68.967564)]


@pytest.mark.parametrize(
    "arguments",
    [
        ["simulate"],
        ["simulate", "no-such-scenario"],
        ["simulate", "no/such/file.yaml"],
        ["simulate", "plateau", "--set", "steps"],
        ["simulate", "plateau", "--set", "optimizers.adamw.lr=0"],
        ["simulate", "plateau", "--set", "optimizers.adamw.lr=nan"],
        ["simulate", "plateau", "--steps", "-1"],
        ["simulate", "plateau", "--steps", "nan"],
        ["simulate", "plateau", "--trace", "trace.doc"],
        ["simulate", "plateau", "--format", "xml"],
        ["simulate", "plateau", "--threads", "0"],
        ["half-life", "--lr", "0"],
        ["half-life", "--lr", "-1"],
        ["half-life", "--lr", "nan"],
        ["half-life", "--lr", "x"],
        ["half-life", "--weight-decay", "inf"],
        ["half-life", "--steps", "1.5"],
        ["half-life", "--steps", "0"],
        ["half-life", "--schedule", "cosine"],
        ["half-life", "--schedule", "cosin", "--steps", "100"],
        ["half-life", "--steps", "100", "--rate", "0.9"],
        ["half-life", "--steps", "100", "--schedule", "cosine", "--warmup-steps", "101"],
        ["half-life", "--steps", "100", "--schedule", "step", "--every", "10"],
        ["half-life", "--target-steps", "100"],
        ["half-life", "--lr", "1e-3", "--weight-decay", "0.1", "--target-steps", "100"],
        ["half-life", "--lr", "1e-3", "--target-steps", "0"],
        ["half-life", "--lr", "1e-3", "--target-shrink", "0.5"],
        ["half-life", "--lr", "1e-3", "--target-shrink", "1.5", "--steps", "100"],
        ["half-life", "--lr", "1e-3", "--target-steps", "200", "--steps", "100"],
        ["half-life", "--steps-per-epoch", "0"],
        ["convert", "--from", "torch"],
        ["convert", "--to", "l2"],
        ["convert", "--from", "keras"],
        ["convert", "--lr", "nan"],
        ["convert", "--weight-decay", "-1"],
        ["convert", "--to", "timescale"],
        ["convert", "--schedule", "cosine"],
        ["defaults", "no-such-framework"],
        ["defaults", "--lr", "0"],
        ["reproduce", "no-such-paper"],
        ["reproduce", "--all", "cohen-2022"],
        ["check"],
        ["check", "plateau", "--format", "xml"],
        ["validate"],
        ["list"],
        ["list", "planets"],
        ["show", "adamx"],
        ["no-such-command"],
        ["--no-such-option"],
        ["cache", "burn"],
    ],
)
def test_what_cannot_be_run(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    outcome = run(capsys, *arguments)
    assert outcome.code == ExitCode.COULD_NOT_RUN
    assert outcome.out == ""
    assert "error" in outcome.err
    assert "Traceback" not in outcome.err


def test_all_mistakes_of_all_scenarios_at_once(capsys: pytest.CaptureFixture[str], files: Path) -> None:
    outcome = run(capsys, "simulate", str(files / "broken.yaml"), str(files / "broken.yaml"), "--set", "steps=0")
    assert outcome.code == ExitCode.COULD_NOT_RUN
    assert outcome.err.count("unknown landscape 'plato'") == 2
    assert outcome.err.count("'steps' must be") == 2


def test_a_bug_is_short_and_says_how_to_report_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("surprise")

    monkeypatch.setattr("adamw_cli.calculators.half_life.half_life", broken)
    outcome = run(capsys, "half-life")
    assert outcome.code == ExitCode.BUG
    assert "ZeroDivisionError: surprise" in outcome.err
    assert "adamw doctor" in outcome.err
    assert "Traceback" not in outcome.err
    assert "Traceback" in run(capsys, "half-life", "--traceback").err


@pytest.mark.parametrize("moment", ["adamw_cli.calculators.half_life.half_life", "adamw_cli.judging.simulate.simulate"])
def test_an_interruption(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    def interrupted(*_: object, progress: object = None, **__: object) -> None:
        if callable(progress):
            progress(1234, 14000)
        raise KeyboardInterrupt

    monkeypatch.setattr(moment, interrupted)
    if "simulate" in moment:
        outcome = run(capsys, "simulate", "plateau")
        assert "interrupted, 1,234 of 14,000 steps done" in outcome.err
    else:
        outcome = run(capsys, "half-life")
        assert outcome.err == "interrupted\n"
    assert outcome.code == ExitCode.INTERRUPTED


def test_out_of_memory_is_not_a_bug(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def hungry(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("adamw_cli.calculators.half_life.half_life", hungry)
    outcome = run(capsys, "half-life")
    assert (outcome.code, outcome.err) == (ExitCode.COULD_NOT_RUN, "error: not enough memory\n")


def test_a_run_that_diverges_is_a_result(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = run(capsys, "simulate", "stability", "--format", "json")
    assert outcome.code == 0
    below, above = json.loads(outcome.out)["runs"]
    assert (below["status"], above["status"]) == ("finished", "diverged")
    assert above["steps_run"] < 20000
    assert above["final"]["loss"] is None
    assert above["metrics"]["final_loss"]["measured"] is None


def test_ctrl_c_inside_a_compiled_library_is_an_interruption(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from adamw_cli.cli import main as boundary

    def interrupted(given: list[str]) -> int:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as cause:
            raise SystemError("returned a result with an exception set") from cause

    monkeypatch.setattr(boundary, "_guarded", interrupted)
    assert boundary.main(["list", "metrics"]) == 130
    assert capsys.readouterr().err == "interrupted\n"
