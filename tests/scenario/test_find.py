"""Where scenarios are found: paths, shipped names, folders, standard input."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from adamw_cli.errors import ScenarioError, UsageError
from adamw_cli.scenario import find, shipped
from tests.scenario.cases import BASE


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: str | Path, text: str = BASE) -> Path:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text, encoding="utf-8", newline="")
    return Path(path)


def codes(path: str | Path) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        find.load_scenario(path)
    return [f"{problem.code} {problem.location()}" for problem in caught.value.problems]


def test_shipped_scenarios_are_known_by_their_names(here: Path) -> None:
    known = shipped.shipped()
    assert "plateau" in known
    assert list(known) == sorted(known)
    assert find.resolve("plateau") == known["plateau"]
    assert find.load_scenario("plateau").name == "plateau"


def test_shipped_scenarios_inside_an_installed_package(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write("package/_scenarios/sub/a.yaml")
    write("scenarios/b.yaml")
    monkeypatch.setattr(shipped, "_PACKAGE", here / "package")
    assert list(shipped.shipped()) == ["sub/a"]
    assert find.load_scenario("sub/a").name == "a"
    (here / "package/_scenarios/sub/a.yaml").unlink()
    (here / "package/_scenarios/sub").rmdir()
    (here / "package/_scenarios").rmdir()
    assert list(shipped.shipped()) == ["b"]


def test_a_path_wins_over_a_name_but_a_folder_does_not(here: Path) -> None:
    Path("plateau").mkdir()
    write("plateau/x.yaml")
    assert find.resolve("plateau") == shipped.shipped()["plateau"]
    assert find.resolve("plateau/x.yaml") == Path("plateau/x.yaml")
    assert find.discover(["plateau"]) == [os.path.join("plateau", "x.yaml")]  # where folders are expected, it is one
    Path("other").mkdir()
    assert codes("other") == ["S011 other"]
    write("slope")
    assert find.load_scenario("slope").name == "slope"


def test_names_that_mean_nothing(here: Path) -> None:
    with pytest.raises(UsageError, match="no shipped scenario 'platau'") as caught:
        find.resolve("platau")
    assert caught.value.hint is not None
    assert "did you mean 'plateau'?" in caught.value.hint
    for name in ("a.yaml", "a.yml", "x/y", "./plateau"):
        with pytest.raises(UsageError, match="no such file") as caught:
            find.resolve(name)
        assert name in caught.value.message
    with pytest.raises(UsageError) as caught:
        find.resolve("plateau.yaml")
    assert caught.value.hint == "the shipped scenario is called 'plateau'"


@pytest.mark.parametrize("name", ["a\0b", "\0", "x" * 100_000, "x/" * 50_000, "\x1b[31m", "\ud800", ""])
def test_names_that_no_file_can_have(here: Path, name: str) -> None:
    for call in (find.resolve, find.load_scenario):
        with pytest.raises(UsageError) as caught:
            call(name)
        assert len(caught.value.message) < 300
        assert caught.value.message.isprintable()
    assert find.discover([name]) == [name]


def test_reading_what_is_no_scenario(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("binary.yaml").write_bytes(b"\x89PNG\0\xff")
    Path("wide.yaml").write_bytes(BASE.encode("utf-16"))
    Path("latin.yaml").write_bytes("# größe".encode("latin-1"))
    Path("large.yaml").write_bytes(b" " * (1 << 21))
    write("empty.yaml", "")
    Path("gone.yaml").symlink_to("nowhere.yaml")
    Path("loop.yaml").symlink_to("loop.yaml")
    assert codes("binary.yaml") == ["S002 binary.yaml"]
    assert codes("wide.yaml") == ["S002 wide.yaml"]
    assert codes("latin.yaml") == ["S002 latin.yaml:1:5"]
    assert codes("large.yaml") == ["S003 large.yaml"]
    assert codes("empty.yaml") == ["S010 empty.yaml"]
    for name in ("gone.yaml", "loop.yaml"):
        with pytest.raises(UsageError, match="no such file"):
            find.load_scenario(name)
    write("locked.yaml")

    def refuse(*given: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("adamw_cli.files.read", refuse)
    assert codes("locked.yaml") == ["S001 locked.yaml"]
    with pytest.raises(ScenarioError, match="cannot be read: Permission denied"):
        find.load_scenario("locked.yaml")


def test_reading_a_file_that_went_away(here: Path) -> None:
    with pytest.raises(ScenarioError, match="S001"):
        find.read(Path("gone.yaml"))
    with pytest.raises(ScenarioError, match="S001"):
        find.read(Path("a\0b"))


def test_line_ends_and_marks_of_other_systems(here: Path) -> None:
    write("dos.yaml", "\ufeff" + BASE.replace("\n", "\r\n"))
    assert find.load_scenario("dos.yaml").steps == 7000


def test_the_name_is_the_stem_unless_the_file_says_otherwise(here: Path) -> None:
    assert find.load_scenario(write("a.b.yaml")).name == "a.b"
    assert find.load_scenario(write("c.yaml", BASE + "name: mine\n")).name == "mine"
    assert find.load_scenario(Path("c.yaml"), overrides=["name=other"]).name == "other"
    assert find.load_scenario("c.yaml", overrides={"steps": 5}).steps == 5


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    def typed(raw: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))

    typed(BASE.encode())
    assert find.load_scenario("-").name == "stdin"
    typed(b"steps: x\n")
    assert "S104 <stdin>:1:8" in codes("-")
    typed(b"")
    assert codes("-") == ["S010 <stdin>"]
    typed(b"\xff")
    assert codes("-") == ["S002 <stdin>:1:1"]


def test_folders_are_searched_in_order(here: Path) -> None:
    for name in ("b/z.yaml", "b/a.yml", "b/B.yaml", "b/c/d.yaml", "b/a/e.yaml", "b/readme.md", "b/x.yaml.bak"):
        write(name)
    for hidden in ("b/.hidden/f.yaml", "b/.g.yaml", "b/c/.git/h.yaml"):
        write(hidden)
    Path("b/i.yaml").mkdir()
    Path("b/circle").symlink_to("../b")
    inside = ["b/B.yaml", "b/a/e.yaml", "b/a.yml", "b/c/d.yaml", "b/z.yaml"]
    assert find.discover(["b"]) == inside
    write("a.yaml")
    assert find.discover(["."]) == ["a.yaml", *inside]
    assert find.discover(["b/.hidden"]) == ["b/.hidden/f.yaml"]
    assert find.discover(["b/i.yaml"]) == []


def test_a_folder_that_cannot_be_read_is_not_passed_over(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write("b/a.yaml")
    write("b/private/a.yaml")
    listed = os.scandir

    def shut(path: Any) -> Any:
        if str(path).endswith("private"):
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", shut)  # root may read everything
    with pytest.raises(PermissionError, match="private"):
        find.discover(["b"])


def test_each_file_once_in_the_order_given(here: Path) -> None:
    for name in ("b/z.yaml", "b/a.yaml", "c.yaml"):
        write(name)
    assert find.discover(["b/z.yaml", "b", "c.yaml"]) == ["b/z.yaml", "b/a.yaml", "c.yaml"]
    assert find.discover(["c.yaml", "./c.yaml", str(here / "c.yaml"), "b/../c.yaml"]) == ["c.yaml"]
    assert find.discover(["b", "b/", "./b"]) == ["b/a.yaml", "b/z.yaml"]
    assert find.discover([]) == []


def test_names_stay_so_that_loading_them_says_what_is_wrong(here: Path) -> None:
    assert find.discover(["gone.yaml", "plateau", "nothing", "-", "plateau"]) == [
        "gone.yaml",
        "plateau",
        "nothing",
        "-",
    ]
