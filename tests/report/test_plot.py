"""Pictures: the data is in them, the same data gives the same bytes, and what cannot be drawn is an error in words."""

from __future__ import annotations

import importlib.util
import logging
import math
import os
import re
import stat
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import adamw_cli
from adamw_cli.errors import AdamwError, MissingExtraError, UsageError
from adamw_cli.report import plot
from adamw_cli.report.plot import Curve, Panel
from tests.cli.terminal import run

needs_matplotlib = pytest.mark.skipif(
    importlib.util.find_spec("matplotlib") is None, reason="matplotlib is an extra; CI has it"
)
SUFFIX = pytest.mark.parametrize("suffix", [".png", ".svg"])
# Not on a line, so that no point is left out as superfluous.
W = [3.0, 1.0, 2.5, -1.0, 0.5]
STEPS = [0, 10, 15, 40, 50]


def panel(curves: Sequence[Curve], title: str = "title", **options: object) -> Panel:
    return Panel(title, "step", "weight", curves, **options)  # type: ignore[arg-type]


def svg(tmp_path: Path, *panels: Panel) -> str:
    path = tmp_path / "picture.svg"
    plot.write(path, "name", panels, overwrite=True)
    return path.read_text(encoding="utf-8")


def paths(text: str, name: str) -> list[str]:
    """The lines of the groups that have a name, without their markers."""
    space = "{http://www.w3.org/2000/svg}"
    groups = [group for group in ET.fromstring(text).iter(f"{space}g") if group.get("id") == name]
    return [path.get("d", "") for group in groups for path in group.findall(f"{space}path")]


def points(text: str, name: str) -> np.ndarray:
    (line,) = paths(text, name)
    return np.array([[float(x), float(y)] for x, y in re.findall(r"[ML] (\S+) (\S+)", line)])


def same_but_for_scale(drawn: np.ndarray, data: Sequence[float]) -> bool:
    """Whether numbers in the picture depend linearly on the data, to a thousandth of their range."""
    slope, offset = np.polyfit(data, drawn, 1)
    return bool(np.abs(slope * np.asarray(data) + offset - drawn).max() < 1e-3 * np.ptp(drawn))


@needs_matplotlib
def test_the_data_is_in_the_picture(tmp_path: Path) -> None:
    other = [w + 0.5 for w in W]
    text = svg(tmp_path, panel([Curve("a", STEPS, W), Curve("b", STEPS, other)]), panel([Curve("c", STEPS, W)]))
    for name, data in [("measured-0-0", W), ("measured-0-1", other), ("measured-1-0", W)]:
        x, y = points(text, name).T
        assert same_but_for_scale(x, STEPS)
        assert same_but_for_scale(y, data)
        assert y[0] < y[3]  # 3 is above -1
    assert (points(text, "measured-0-0")[:, 1] > points(text, "measured-0-1")[:, 1]).all()
    assert paths(text, "theory-0-0") == []
    assert "theory (dashed)" not in text
    for label in ["name", "title", "step", "weight", "a", "b", "c"]:
        assert f"<!-- {label} -->" in text


@needs_matplotlib
def test_theory_is_dashed_and_named_once(tmp_path: Path) -> None:
    theory = [3.0, 1.1, None, -1.0, 0.5]
    text = svg(tmp_path, panel([Curve("a", STEPS, W, theory)]), panel([Curve("a", STEPS, W, W), Curve("b", STEPS, W)]))
    assert text.count("<!-- theory (dashed) -->") == 1
    measured, predicted = points(text, "measured-0-0"), points(text, "theory-0-0")
    kept = [0, 1, 3, 4]
    assert predicted[:, 0] == pytest.approx(measured[kept, 0], abs=1e-3)
    assert predicted[[0, 2, 3], 1] == pytest.approx(measured[[0, 3, 4], 1], abs=1e-3)
    height = measured[3, 1] - measured[0, 1]  # of a range of 4
    assert measured[1, 1] - predicted[1, 1] == pytest.approx(0.1 / 4 * height, abs=1e-3)
    assert paths(text, "theory-0-0")[0].count("M") == 2  # a gap where theory knows nothing
    assert len(paths(text, "theory-1-0")) == 1
    assert paths(text, "theory-1-1") == []
    (style,) = re.findall(r'<g id="theory-1-0">\s*<path [^>]*style="([^"]*)"', text)
    assert "stroke-dasharray" in style
    (solid,) = re.findall(r'<g id="measured-1-0">\s*<path [^>]*style="([^"]*)"', text)
    assert "stroke-dasharray" not in solid


@needs_matplotlib
@pytest.mark.parametrize("hole", [math.nan, math.inf, -math.inf, 1.7e308])
def test_what_is_not_finite_is_a_gap(tmp_path: Path, hole: float) -> None:
    text = svg(tmp_path, panel([Curve("a", [*STEPS, 60, 70, 90], [*W, hole, 2.0, 3.0])]))
    (line,) = paths(text, "measured-0-0")
    assert line.count("M") == 2
    x, y = points(text, "measured-0-0").T
    assert same_but_for_scale(x, [*STEPS, 70, 90])
    assert same_but_for_scale(y, [*W, 2.0, 3.0])


@needs_matplotlib
def test_a_logarithmic_scale(tmp_path: Path) -> None:
    values = [1.0, 1e-3, 1e-2, 1e-9, 1e-5]
    text = svg(tmp_path, panel([Curve("a", [*STEPS, 60], [*values, 0.0])], log_y=True))
    assert same_but_for_scale(points(text, "measured-0-0")[:, 1], np.log10(values).tolist())
    negative = svg(tmp_path, panel([Curve("a", STEPS, [-w * w - 1 for w in W])], log_y=True))
    assert same_but_for_scale(points(negative, "measured-0-0")[:, 1], [-w * w - 1 for w in W])


@needs_matplotlib
def test_beside_an_explosion_the_rest_is_still_seen(tmp_path: Path) -> None:
    steps = list(range(200))
    growing, slow = Curve("growing", steps, [2.0**t for t in steps]), Curve("slow", steps, [0.99**t for t in steps])
    text = svg(tmp_path, panel([growing, slow]))
    x, y = points(text, "measured-0-1").T
    assert y[-1] - y[0] > 1.0  # of about 200 points; on a linear scale it is 1e-57
    grown = points(text, "measured-0-0")
    part = (grown[:, 0] - x[0]) / (x[-1] - x[0])
    # A factor of 2 for each step is a straight line where the scale is logarithmic.
    assert (y[0] - grown[-1, 1]) > 100.0
    expected = y[0] + (grown[-1, 1] - y[0]) * part
    assert grown[:, 1] == pytest.approx(expected, abs=2.0)


@needs_matplotlib
@SUFFIX
@pytest.mark.parametrize(
    "values",
    [
        [0.0, 1e300, -1e300, 2.0],
        [1.0, 1e100, 1e200, 1e300],
        [1.0, -1e154, 1e308, -math.inf],
        *([value] * 4 for value in (1e300, 0.0, math.nan)),
        [5e-324, 0.0, 1e-310, 1.0],
        [5.0, 5.0 + 1e-15, 5.0, 5.0],
        [1.7e308, -1.7e308, 1.7e308, -1.7e308],
    ],
)
@pytest.mark.parametrize("log", [False, True])
def test_any_numbers_can_be_drawn(tmp_path: Path, suffix: str, values: list[float], log: bool) -> None:
    path = tmp_path / f"p{suffix}"
    plot.write(path, "any", [panel([Curve("a", [0, 1, 2, 3], values, values)], log_y=log)])
    assert path.stat().st_size > 1000


@needs_matplotlib
def test_any_names_can_be_drawn(tmp_path: Path) -> None:
    odd = ["$x_", "$\\nonsense{$", "a -- <b> & 'c'", "\u6f22\u5b57", "_hidden", "x" * 300, "two\nlines", "\\frac{1}{2}"]
    text = svg(tmp_path, *(panel([Curve(name, STEPS, W)], title=name) for name in odd))
    assert len(re.findall(r'id="measured-\d+-0"', text)) == len(odd)
    assert "<!-- $x_ -->" in text  # and no formula, of which the second would be a wrong one
    assert "<!-- _hidden -->" in text
    ET.fromstring(text)


@needs_matplotlib
def test_marks_are_vertical_lines_with_a_label_at_their_step(tmp_path: Path) -> None:
    text = svg(tmp_path, panel([Curve("a", STEPS, W)], marks=[(40, "the flip"), (15, "the peak")]))
    assert "<!-- the flip -->" in text
    assert "<!-- the peak -->" in text
    x = points(text, "measured-0-0")[:, 0]
    verticals = [float(found) for found, again in re.findall(r'd="M (\S+) \S+ \nL (\S+) ', text) if found == again]
    for place in (x[3], x[2]):
        assert any(abs(place - found) < 1e-2 for found in verticals)


@needs_matplotlib
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 12])
def test_every_panel_is_drawn_in_its_own_place(tmp_path: Path, count: int) -> None:
    text = svg(tmp_path, *(panel([Curve("a", STEPS, W)], title=f"panel {i}") for i in range(count)))
    corners = {tuple(points(text, f"measured-{i}-0")[0].round()) for i in range(count)}
    assert len(corners) == count


@needs_matplotlib
def test_the_colours_go_with_the_runs(tmp_path: Path) -> None:
    runs = [f"run {i}" for i in range(20)]
    text = svg(tmp_path, panel([Curve(name, STEPS, W) for name in runs]), panel([Curve("run 3", STEPS, W)]))

    def colour(name: str) -> str:
        return re.findall(rf'<g id="{name}">\s*<path [^>]*stroke: (#\w+)', text)[0]

    assert colour("measured-1-0") == colour("measured-0-3")
    assert len({colour(f"measured-0-{i}") for i in range(7)}) == 7


def looks() -> list[Panel]:
    return [
        panel([Curve("a", STEPS, W, W), Curve("b", STEPS, [2 * w for w in W])], marks=[(15, "mark")]),
        panel([Curve("a", STEPS, [w * w + 0.1 for w in W])], log_y=True),
        panel([Curve("c", list(range(100)), [1.9**t for t in range(100)])]),
    ]


@needs_matplotlib
@SUFFIX
def test_the_same_bytes_each_time(tmp_path: Path, suffix: str) -> None:
    first, second = tmp_path / f"1{suffix}", tmp_path / f"2{suffix}"
    plot.write(first, "same", looks())
    plot.write(second, "same", looks())
    assert first.read_bytes() == second.read_bytes()
    plot.write(second, "other", looks(), overwrite=True)
    assert first.read_bytes() != second.read_bytes()


@needs_matplotlib
@SUFFIX
def test_the_same_bytes_whatever_the_user_has_set(tmp_path: Path, suffix: str) -> None:
    """In a process of its own, with no home, a style, a window system that does not exist, and warnings as errors."""
    here, there = tmp_path / f"here{suffix}", tmp_path / f"there{suffix}"
    plot.write(here, "same", looks())
    (tmp_path / "matplotlibrc").write_text("font.size: 20\naxes.facecolor: red\nsvg.hashsalt: other\nno.such.key: 1\n")
    code = (
        "import sys; from pathlib import Path;"
        "from adamw_cli.report import plot; from tests.report.test_plot import looks;"
        "plot.check_name(Path(sys.argv[1])); plot.write(Path(sys.argv[1]), 'same', looks())"
    )
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": os.pathsep.join(sys.path),
        "PYTHONHASHSEED": "7",
        **dict.fromkeys(["HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"], "/proc/nowhere"),
        "MPLBACKEND": "nonsense",
        "TMPDIR": str(tmp_path),
    }
    command = [sys.executable, "-W", "error", "-c", code, str(there)]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert here.read_bytes() == there.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([here.name, there.name, "matplotlibrc"])


@needs_matplotlib
def test_nothing_of_the_process_is_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    matplotlib = importlib.import_module("matplotlib")
    monkeypatch.setenv("MPLBACKEND", "nonsense")
    before, level = dict(matplotlib.rcParams), logging.getLogger("matplotlib").level
    svg(tmp_path, panel([Curve("a", STEPS, W)]))
    assert dict(matplotlib.rcParams) == before
    assert logging.getLogger("matplotlib").level == level
    assert os.environ["MPLBACKEND"] == "nonsense"


@needs_matplotlib
def test_a_file_that_exists_is_kept_unless_forced(tmp_path: Path) -> None:
    path = tmp_path / "picture.svg"
    path.write_text("mine")
    with pytest.raises(AdamwError, match="exists") as caught:
        plot.write(path, "name", [panel([Curve("a", STEPS, W)])])
    assert "`force`" in (caught.value.hint or "")
    assert path.read_text() == "mine"
    plot.write(path, "name", [panel([Curve("a", STEPS, W)])], overwrite=True)
    assert path.read_text().startswith("<?xml")
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask
    assert list(tmp_path.iterdir()) == [path]


@needs_matplotlib
def test_a_place_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in [tmp_path / "missing", tmp_path / "file", Path("/proc")]:
        with pytest.raises(AdamwError, match=r"`plot` .*p\.png: cannot be written"):
            plot.write(folder / "p.png", "name", [panel([Curve("a", STEPS, W)])])
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@needs_matplotlib
def test_too_many_panels_and_none(tmp_path: Path) -> None:
    with pytest.raises(AdamwError, match="61 panels"):
        plot.write(tmp_path / "p.png", "name", [panel([Curve("a", STEPS, W)])] * 61)
    with pytest.raises(UsageError, match="nothing"):
        plot.write(tmp_path / "p.png", "name", [])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["p.pdf", "p", "p.SVG", ".svg", "p.svg.gz"])
def test_other_formats_are_refused(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        plot.check_name(Path(name))
    assert caught.value.hint == "known: .png, .svg"


def test_a_curve_has_one_weight_for_each_step() -> None:
    for w, theory in [([1.0], None), ([1.0, 2.0], [1.0]), ([1.0, 2.0, 3.0], [1.0, 2.0])]:
        with pytest.raises(UsageError, match="one weight for each step"):
            Curve("a", [0, 1], w, theory)


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for use in (plot.check_name, lambda path: plot.write(path, "name", [panel([Curve("a", STEPS, W)])])):
        with pytest.raises(MissingExtraError, match="drawing a plot needs the package 'matplotlib'") as caught:
            use(tmp_path / "p.svg")
        assert caught.value.hint == "pip install 'adamw-cli[plot]'"
    assert list(tmp_path.iterdir()) == []


def panels_of(*names: str, **options: object) -> list[Panel]:
    return plot.simulation_panels([adamw_cli.simulate(name, **options) for name in names])  # type: ignore[arg-type]


def test_a_simulation_has_a_panel_per_weight_and_a_curve_per_run() -> None:
    panels = panels_of("plateau", set={"steps": 50, "record.every": 5})
    assert [p.title for p in panels] == ["w[0] from 0.1", "w[1] from 100"]
    for found, start in zip(panels, (0.1, 100.0), strict=True):
        assert [curve.label for curve in found.curves] == ["adamw", "adam_l2"]
        curve = found.curves[0]
        assert list(curve.steps) == list(range(0, 51, 5))
        exact = [start * (1 - 1e-3 * 0.1) ** t for t in curve.steps]
        assert curve.w == pytest.approx(exact, rel=1e-12)
        assert curve.theory == pytest.approx(exact, rel=1e-12)
        assert found.marks == []


def test_the_step_at_which_a_gradient_changes_is_marked() -> None:
    (found,) = panels_of("gradient_flip", set={"record.every": 100})
    assert [step for step, _ in found.marks] == [1000.0]


def test_a_picture_can_begin_late() -> None:
    simulation = adamw_cli.simulate("gradient_flip")
    (whole,), (late,) = (plot.simulation_panels([simulation], first) for first in (0, 990))
    for one, other in zip(whole.curves, late.curves, strict=True):
        assert other.steps == list(range(990, 1101))
        assert other.w == one.w[990:]
        assert (None if one.theory is None else one.theory[990:]) == other.theory


def test_of_many_weights_six_are_drawn_and_the_title_says_so() -> None:
    panels = panels_of("plateau", set={"start": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], "steps": 10})
    assert len(panels) == 6
    assert panels[5].title == "w[5] from 6 (of 8 weights 6 are drawn)"


def test_several_scenarios_are_told_apart_by_name() -> None:
    titles = [p.title for p in panels_of("gradient_flip", "regimes")]
    assert titles == ["gradient_flip: w[0] from 5", "regimes: w[0] from 1"]


@needs_matplotlib
@SUFFIX
def test_the_command_draws(capsys: pytest.CaptureFixture[str], tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"p{suffix}"
    command = ["simulate", "stability", "plateau", "--steps", "500", "--plot", str(path)]
    outcome = run(capsys, *command)
    assert outcome.code == 0
    written = path.read_bytes()
    assert written.startswith(b"\x89PNG" if suffix == ".png" else b"<?xml")
    refused = run(capsys, *command)
    assert refused.code == 2
    assert "exists" in refused.err
    assert refused.out == outcome.out  # the result of the run is not lost
    assert run(capsys, *command, "--force").code == 0
    assert path.read_bytes() == written


@pytest.mark.parametrize("name", ["p.pdf", "p"])
def test_the_command_refuses_before_it_runs(capsys: pytest.CaptureFixture[str], name: str) -> None:
    outcome = run(capsys, "simulate", "plateau", "--plot", name)
    assert (outcome.code, outcome.out) == (2, "")
    assert "known: .png, .svg" in outcome.err


def test_the_command_names_the_extra(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    outcome = run(capsys, "simulate", "plateau", "--plot", "p.svg")
    assert (outcome.code, outcome.out) == (2, "")
    assert "pip install 'adamw-cli[plot]'" in outcome.err
