"""Files are there whole or not at all, and reading comes to an end."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from adamw_cli.files import read, write_whole
from tests.cli.terminal import GOOD, run_process


def test_what_goes_wrong_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    place = tmp_path / "a.txt"
    place.write_text("before")
    for error in (OSError(28, "No space left on device"), KeyboardInterrupt(), MemoryError()):

        def fill(stream: object, error: BaseException = error) -> None:
            stream.write(b"half")  # type: ignore[attr-defined]
            raise error

        with pytest.raises(type(error)):
            write_whole(place, fill)
        assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {"a.txt": "before"}
    write_whole(place, b"after")
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {"a.txt": "after"}


def test_modes_follow_the_umask_and_long_names_are_possible(tmp_path: Path) -> None:
    place = tmp_path / ("x" * 255)
    before = os.umask(0o027)
    try:
        write_whole(place, b"")
    finally:
        os.umask(before)
    assert place.stat().st_mode & 0o777 == 0o640


def test_pipes_and_devices_are_refused_by_name(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, kind in ((tmp_path / "pipe", "a pipe"), (Path("/dev/zero"), "a device")):
        with pytest.raises(OSError, match=f"it is {kind}, not a file"):
            read(path)
    assert read("/dev/null") == b""


def test_what_the_shell_opened_is_read() -> None:
    ends = os.pipe()
    os.write(ends[1], b"text")
    os.close(ends[1])
    assert read(f"/dev/fd/{ends[0]}", 3) == b"tex"
    os.close(ends[0])


def test_a_pipe_among_scenarios_snapshots_or_settings_holds_nothing_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "stored.yaml").write_text(GOOD.replace("near: theory", "snapshot: true"))
    (tmp_path / "__snapshots__").mkdir()
    os.mkfifo(tmp_path / "__snapshots__" / "stored.yaml.json")
    outcome = run_process("check", ".", "-f", "concise", cwd=tmp_path)
    assert outcome.code == 2
    assert "pipe.yaml: S001 cannot be read: it is a pipe, not a file" in outcome.out
    assert "stored.yaml.json cannot be read: it is a pipe, not a file" in outcome.out
    assert "3 scenarios, 1 expectation: 1 passed, 2 errors" in outcome.out
    os.mkfifo(tmp_path / "adamw.toml")
    outcome = run_process("check", "good.yaml", "-f", "concise", cwd=tmp_path)
    assert outcome.code == 0  # it is no file of settings
