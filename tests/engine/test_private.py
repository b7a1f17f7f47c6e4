"""The folder of the cache: nobody else's code is run from it, and nothing is deleted that is not ours."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from adamw_cli.engine import cache, private

pytestmark = pytest.mark.skipif(not hasattr(os, "getuid"), reason="owners and modes of POSIX")
KERNEL = "0123456789abcdef" * 2
TOOLCHAIN = "0123456789ab" * 2


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """What ADAMW_CACHE_DIR names; the home that is used in its place is private."""
    place = tmp_path / "base"
    place.mkdir(mode=0o700)
    monkeypatch.setenv("ADAMW_CACHE_DIR", str(place))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    private.found.cache_clear()
    yield place
    private.found.cache_clear()


def tree(folder: Path) -> dict[str, bytes | None]:
    return {str(p.relative_to(folder)): p.read_bytes() if p.is_file() else None for p in sorted(folder.rglob("*"))}


def test_a_new_folder_is_private_and_marked(base: Path) -> None:
    shutil.rmtree(base)
    assert private.root() == base / "adamw"
    assert [place.stat().st_mode & 0o777 for place in (base, base / "adamw")] == [0o700, 0o700]
    assert (base / "adamw" / "CACHEDIR.TAG").read_bytes().startswith(b"Signature: 8a477f597d28d172789f06886806bc55\n")
    assert sorted(os.listdir(base / "adamw")) == ["CACHEDIR.TAG"]
    assert private.warning() is None


def stored(base: Path) -> Path:
    top = private.root()
    assert top == base / "adamw"
    cache.store(top / TOOLCHAIN, KERNEL, "advance", b"code")
    assert cache.load(top / TOOLCHAIN, KERNEL) == b"code"
    return top / TOOLCHAIN / f"{KERNEL}.o"


def test_clean_deletes_kernels_and_nothing_else(base: Path, tmp_path: Path) -> None:
    kernel = stored(base)
    home = tmp_path / "elsewhere"
    home.mkdir(mode=0o700)
    (home / f"{KERNEL}.o").write_bytes(b"a file of somebody's")
    top = base / "adamw"
    (top / "notes").mkdir()
    (top / "notes" / "a.o").write_bytes(b"")
    (top / "failed-0123456789abcdef01234567.json").write_text("[]")
    (top / ("f" * 24)).symlink_to(home)
    (kernel.parent / "thesis.tex").write_text("everything")
    (kernel.parent / "linked.o").symlink_to(home / f"{KERNEL}.o")
    (kernel.parent / "folder.o").mkdir()
    before = tree(tmp_path)
    assert cache.clean() == 1
    gone = {name: before[name] for name in before if name not in tree(tmp_path)}
    assert gone == {str(kernel.relative_to(tmp_path)): kernel_content()}


def kernel_content() -> bytes:
    import hashlib

    content = f"{KERNEL} advance\ncode".encode()
    return hashlib.sha256(content).digest() + content


def test_what_a_killed_process_left_is_deleted_with_them(base: Path) -> None:
    kernel = stored(base)
    (kernel.parent / ".adamw-0123456789abcdef.tmp").write_bytes(b"half")
    assert cache.clean() == 2
    assert sorted(os.listdir(base / "adamw")) == ["CACHEDIR.TAG"]


@pytest.mark.parametrize(
    "content",
    [
        [".git/HEAD", "adamw_cli/engine/cache.py"],
        ["photo.jpg"],
        [f"{TOOLCHAIN}.txt"],
        [f"{TOOLCHAIN}/main.o"],
        [f"{TOOLCHAIN}/{KERNEL}.o", "CACHEDIR.TAG"],
    ],
)
def test_a_folder_of_our_name_that_holds_something_else_is_left_alone(base: Path, content: list[str]) -> None:
    for name in content:
        (base / "adamw" / name).parent.mkdir(parents=True, exist_ok=True)
        (base / "adamw" / name).write_text("precious")
    before = tree(base)
    assert private.root() == base.parent / "home" / "adamw"
    assert "adamw holds something that is not ours: compiled code is kept in" in str(private.warning())
    assert cache.clean() == 0
    assert tree(base) == before


def test_a_cache_from_before_there_was_a_mark_is_ours(base: Path) -> None:
    kernel = base / "adamw" / TOOLCHAIN / f"{KERNEL}.o"
    kernel.parent.mkdir(parents=True)
    kernel.write_bytes(b"old")
    (base / "adamw" / "failed-0123456789abcdef01234567.json").write_text("[]")
    assert private.root() == base / "adamw"
    assert cache.clean() == 1
    assert not kernel.exists()


def test_a_folder_in_which_a_process_was_killed_before_there_was_a_mark_is_ours(base: Path) -> None:
    (base / "adamw").mkdir(mode=0o700)
    (base / "adamw" / ".adamw-0123456789abcdef.tmp").write_bytes(b"half a mark")
    assert private.root() == base / "adamw"
    assert private.warning() is None


def loosened(mode: int) -> Callable[[Path], object]:
    return lambda path: path.chmod(mode)


def linked(path: Path) -> None:
    path.rename(path.with_name("real"))
    path.symlink_to(path.with_name("real"))


@pytest.mark.parametrize("level", ["", "adamw", f"adamw/{TOOLCHAIN}"])
@pytest.mark.parametrize(
    ("change", "says"),
    [
        (loosened(0o770), "may be written by others (mode 770)"),
        (loosened(0o707), "may be written by others (mode 707)"),
        (linked, "is a link"),
        (lambda path: os.chown(path, 4321, -1), "belongs to another user (4321)"),
    ],
    ids=["group", "world", "link", "owner"],
)
def test_a_folder_that_others_may_write_is_passed_over_with_one_warning(
    base: Path, level: str, change: Callable[[Path], object], says: str
) -> None:
    stored(base)
    private.found.cache_clear()
    if says.startswith("belongs") and os.getuid() != 0:
        pytest.skip("only root may give a folder away")
    change(base / level)
    if says == "is a link" and not level:
        assert private.root() == base / "adamw"  # where the user's own folder leads is the user's business
        return
    assert private.root() == base.parent / "home" / "adamw"
    assert f"{base / level} {says}: compiled code is kept in {base.parent}" in str(private.warning())


@pytest.mark.parametrize("where", ["ADAMW_CACHE_DIR", "XDG_CACHE_HOME"])
def test_every_level_above_counts(base: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    if where == "XDG_CACHE_HOME":
        monkeypatch.delenv("ADAMW_CACHE_DIR")
    monkeypatch.setenv(where, str(base / "loose" / "mine" / "cache"))
    (base / "loose" / "mine").mkdir(parents=True)
    (base / "loose").chmod(0o777)
    assert private.root() not in (None, base / "loose" / "mine" / "cache" / "adamw")
    assert f"{base / 'loose'} may be written by others (mode 777)" in str(private.warning())
    (base / "loose").chmod(0o1777)
    private.found.cache_clear()
    assert private.root() == base / "loose" / "mine" / "cache" / "adamw"


def test_a_link_that_another_user_made_leads_nowhere(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.getuid() != 0:
        pytest.skip("only root may give a link away")
    (base / "checkout").mkdir(mode=0o700)
    (base / "link").symlink_to(base / "checkout")
    monkeypatch.setenv("ADAMW_CACHE_DIR", str(base / "link"))
    assert private.root() == base / "link" / "adamw"
    os.chown(base / "link", 4321, -1, follow_symlinks=False)
    private.found.cache_clear()
    assert private.root() == base.parent / "home" / "adamw"
    assert f"{base / 'link'} belongs to another user (4321)" in str(private.warning())


def test_a_link_that_leads_through_a_folder_of_others_is_not_followed(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("open", "safe"):
        (base / name).mkdir(mode=0o700)
    (base / "first").symlink_to("open/second")
    (base / "open" / "second").symlink_to("../safe")
    monkeypatch.setenv("ADAMW_CACHE_DIR", str(base / "first"))
    assert private.root() == base / "first" / "adamw"
    (base / "open").chmod(0o777)
    private.found.cache_clear()
    assert private.root() == base.parent / "home" / "adamw"
    assert "open may be written by others (mode 777)" in str(private.warning())


def test_clean_leaves_another_folder_than_the_one_named_alone(base: Path) -> None:
    kernel = stored(base)
    (base / "adamw").rename(base.parent / "home")
    (base / "adamw").mkdir()
    (base / "adamw" / "photo.jpg").write_bytes(b"")
    private.found.cache_clear()
    (base.parent / "home").rename(base / "kept")
    (base.parent / "home").mkdir(mode=0o700)
    (base / "kept").rename(base.parent / "home" / "adamw")
    line = [sys.executable, "-m", "adamw_cli", "cache", "clean"]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert (done.returncode, "nothing was deleted: compiled code is not kept in" in done.stderr) == (2, True)
    assert (base.parent / "home" / "adamw" / TOOLCHAIN / kernel.name).exists()


def test_a_folder_for_everybodys_temporary_files_will_do(base: Path) -> None:
    base.chmod(0o1777)
    assert private.root() == base / "adamw"


def replaced_by_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize("change", [loosened(0o666), linked, replaced_by_a_pipe], ids=["mode", "link", "pipe"])
def test_a_file_that_others_may_write_is_not_read(base: Path, change: Callable[[Path], object]) -> None:
    kernel = stored(base)
    change(kernel)
    assert cache.load(kernel.parent, KERNEL) is None


def test_where_every_folder_is_unsafe_nothing_is_kept(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(private, "_candidates", lambda: iter([base / "adamw"]))
    base.chmod(0o777)
    assert private.root() is None
    assert "no compiled code is kept" in str(private.warning())


@pytest.mark.parametrize(
    "line", [["check", "plateau", "gradient_flip", "-f", "concise"], ["cache", "clean"], ["doctor"]]
)
def test_a_command_warns_once_and_gives_its_answer(base: Path, line: list[str]) -> None:
    base.chmod(0o770)
    done = subprocess.run(
        [sys.executable, "-m", "adamw_cli", *line],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == (2 if "clean" in line else 0)
    assert done.stderr.count("may be written by others (mode 770)") == 1
    assert "RuntimeWarning" not in done.stderr
    assert os.listdir(base) == []
