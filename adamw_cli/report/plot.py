"""Pictures: curves over steps, measured as solid lines and theory dashed on top of them, as .svg or .png.

The one importer of matplotlib. The same curves give the same bytes: nothing of the user's settings, no date and no
random name goes into a picture, and the fonts are those that come with matplotlib.
"""

from __future__ import annotations

import contextlib
import io
import logging
import math
import os
import textwrap
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from adamw_cli import registry
from adamw_cli.errors import AdamwError, MissingExtraError, UsageError
from adamw_cli.report.files import write_whole
from adamw_cli.report.plot_scale import set_scale, thinned
from adamw_cli.trace import Array

if TYPE_CHECKING:
    from adamw_cli.judging.simulate import RunResult, Simulation

SUFFIXES = (".png", ".svg")

# More than these make a picture that nobody can read, or that no canvas holds.
_MOST_COORDINATES = 6
_MOST_PANELS = 60
# Inches of a panel; characters that fit above it, into a label, and into a row of the legend below it.
_PANEL_WIDTH, _PANEL_HEIGHT, _TITLE_WIDTH = 4.8, 3.0, 52
_LABEL_WIDTH, _LEGEND_WIDTH = 32, 70
# Points of a line of text that names a mark.
_MARK_HEIGHT = 9

# Okabe and Ito's colours, which colour-blind people can tell apart, without yellow: it is too pale on white.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
# Dashes mean theory, so runs differ by marker where there is no colour; 8 and 7 make 56 different pairs.
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
_STYLE = {
    "axes.formatter.useoffset": False,  # 3.91 beside a tick, not 0.01 and +3.9 in a corner
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 9,
    "figure.titlesize": 11,
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "legend.fontsize": 8,
    "svg.fonttype": "path",
    "svg.hashsalt": "adamw",
    "text.parse_math": False,  # a run may be called $x$
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
}
_METADATA: dict[str, dict[str, str | None]] = {".png": {"Software": None}, ".svg": {"Date": None}}


@dataclass(frozen=True)
class Curve:
    """A weight over the steps of a run.

    Attributes
    ----------
    label : the run; curves of one label look the same in all panels of a picture.
    steps : (n,) ascending.
    w : (n,) measured; what is not finite is a gap.
    theory : (n,) at the same steps; None is a gap. Without theory there is no dashed line.

    """

    label: str
    steps: Sequence[float]
    w: Sequence[float]
    theory: Sequence[float | None] | None = None

    def __post_init__(self) -> None:
        lengths = {len(self.steps), len(self.w), len(self.steps if self.theory is None else self.theory)}
        if len(lengths) > 1:
            raise UsageError(f"a curve has one weight for each step, '{self.label}' has {sorted(lengths)}")


@dataclass(frozen=True)
class Panel:
    """Curves over one pair of axes.

    Attributes
    ----------
    title : above the axes.
    x, y : the labels of the axes, with their units.
    curves : those named first are drawn first, and wider, so that one that hides another shows it at its sides.
    log_y : a logarithmic scale; what is not above 0 is a gap. Ignored where nothing is above 0.
    marks : vertical lines with a label, such as the step at which a gradient flips.

    """

    title: str
    x: str
    y: str
    curves: Sequence[Curve]
    log_y: bool = False
    marks: Sequence[tuple[float, str]] = ()


def check_name(path: Path) -> None:
    """Refuse a name that cannot be drawn to, before anything is run.

    Raises
    ------
    UsageError
        If the suffix is not known.
    MissingExtraError
        If matplotlib is not installed.

    """
    if path.suffix not in SUFFIXES:
        raise UsageError(f"`plot` {path}: unknown format '{path.suffix}'", f"known: {', '.join(SUFFIXES)}")
    with _undisturbed():
        _matplotlib()


def write(path: Path, title: str, panels: Sequence[Panel], overwrite: bool = False) -> None:
    """Draw the panels side by side, three in a row at most; the file is there whole or not at all.

    Raises
    ------
    UsageError, MissingExtraError
        As `check_name`; and if there is nothing to draw.
    AdamwError
        If there are too many panels, or the file exists and may not be overwritten, or cannot be written.

    """
    check_name(path)
    if not panels:
        raise UsageError(f"`plot` {path}: there is nothing to draw")
    if len(panels) > _MOST_PANELS:
        raise AdamwError(
            f"`plot` {path}: {len(panels)} panels do not fit into one picture, at most {_MOST_PANELS} do",
            "draw fewer scenarios at once",
        )
    picture = _drawn(title, panels, path.suffix)
    write_whole(path, "`plot`", lambda stream: stream.write(picture), overwrite=overwrite)


def simulation_panels(simulations: Sequence[Simulation], first: int = 0, last: float = math.inf) -> list[Panel]:
    """One panel per scenario and coordinate, of a scenario's coordinates at most six; a curve per run.

    Steps before `first` and after `last` are left out. The scenario's name is in the titles if there are several.
    """
    panels = []
    for simulation in simulations:
        scenario = simulation.scenario
        d = len(scenario.start)
        name = f"{scenario.name}: " if len(simulations) > 1 else ""
        turn = registry.load("landscapes", scenario.landscape.kind).SPEC.gradient.turn(scenario.landscape.values)
        marks = [] if turn is None else [(float(turn), "the gradient changes")]
        curves = [_curves(simulation, run, first, last) for run in simulation.runs]
        for i in range(min(d, _MOST_COORDINATES)):
            more = f" (of {d} weights {_MOST_COORDINATES} are drawn)" if d > _MOST_COORDINATES else ""
            title = f"{name}w[{i}] from {scenario.start[i]:g}{more}"
            panels.append(Panel(title, "step", "weight", [run[i] for run in curves], marks=marks))
    return panels


def _curves(simulation: Simulation, run: RunResult, first: int, last: float) -> list[Curve]:
    """A run's curves, one for each coordinate that is drawn, from step `first` to step `last`."""
    trace = run.measured.trace
    shown = (trace.steps >= first) & (trace.steps <= last)
    steps = trace.steps[shown].tolist()
    found = []
    for i, theory in enumerate(simulation.theory_path(run.measured.run, steps)[:_MOST_COORDINATES]):
        known = theory if any(value is not None for value in theory) else None
        found.append(Curve(run.measured.run, steps, trace.w[shown, i, 0].tolist(), known))
    return found


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Keep matplotlib's warnings and log from the user, and the user's choice of a window system from matplotlib.

    It warns of a home directory that it cannot write to, and then takes a temporary one; of fonts without a glyph; and
    stops at the name of a window system that it does not know, though a file needs none.
    """
    logger = logging.getLogger("matplotlib")
    level, windows = logger.level, os.environ.pop("MPLBACKEND", None)
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
        if windows is not None:
            os.environ["MPLBACKEND"] = windows


def _matplotlib() -> Any:
    try:
        import matplotlib
        import matplotlib.backends.backend_agg
        import matplotlib.backends.backend_svg
        import matplotlib.figure
        import matplotlib.lines
        import matplotlib.ticker
    except ImportError:
        raise MissingExtraError("matplotlib", "plot", "drawing a plot") from None
    except OSError as error:
        raise AdamwError(
            f"matplotlib finds no place for its files: {error.strerror or error}", "set MPLCONFIGDIR"
        ) from None
    return matplotlib


def _drawn(title: str, panels: Sequence[Panel], suffix: str) -> bytes:
    with _undisturbed():
        mpl = _matplotlib()
        with mpl.rc_context():
            mpl.rcdefaults()
            mpl.rcParams.update(_STYLE)
            figure = _figure(mpl, title, panels)
            backends = mpl.backends
            canvases = {".png": backends.backend_agg.FigureCanvasAgg, ".svg": backends.backend_svg.FigureCanvasSVG}
            stream = io.BytesIO()
            canvases[suffix](figure).print_figure(stream, format=suffix[1:], dpi=120, metadata=_METADATA[suffix])
    return stream.getvalue()


def _figure(mpl: Any, title: str, panels: Sequence[Panel]) -> Any:
    columns = 2 if len(panels) == 4 else min(3, len(panels))
    rows = math.ceil(len(panels) / columns)
    wide = max(columns, 1.3)  # a single panel has room for its title and the legend
    labels = list(dict.fromkeys(curve.label for panel in panels for curve in panel.curves))
    handles = [mpl.lines.Line2D([], [], label=_short(label, _LABEL_WIDTH), **_look(labels, label)) for label in labels]
    if any(curve.theory is not None for panel in panels for curve in panel.curves):
        handles.append(mpl.lines.Line2D([], [], label="theory (dashed)", **_dashes("#444444")))
    # A handle and the room around it take about eight characters.
    per_row = max(1, round(wide * _LEGEND_WIDTH / (8 + max(len(handle.get_label()) for handle in handles))))
    extra = 0.5 + 0.2 * math.ceil(len(handles) / per_row)
    figure = mpl.figure.Figure(figsize=(wide * _PANEL_WIDTH, rows * _PANEL_HEIGHT + extra), layout="constrained")
    figure.suptitle(_short(title, round(wide * _TITLE_WIDTH), 2))
    for number, panel in enumerate(panels):
        axes = figure.add_subplot(rows, columns, number + 1)
        _draw(mpl, axes, panel, labels, number)
    figure.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), per_row), frameon=False)
    return figure


def _short(text: str, width: int, lines: int = 1) -> str:
    return "\n".join(textwrap.wrap(text, width, max_lines=lines, placeholder=" ..."))


def _look(labels: Sequence[str], label: str) -> dict[str, Any]:
    place = labels.index(label)
    return {
        "color": _COLOURS[place % len(_COLOURS)],
        "linewidth": 1.6,
        "marker": _MARKERS[place % len(_MARKERS)],
        "markersize": 5,
        "solid_capstyle": "round",
    }


def _dashes(colour: str) -> dict[str, Any]:
    return {"color": colour, "linewidth": 1.1, "linestyle": (0, (4, 3))}


def _darker(colour: str) -> str:
    """Half as bright, so that a dashed line shows on a solid one; grey on black."""
    parts = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return "#{:02x}{:02x}{:02x}".format(*(part // 2 for part in parts)) if any(parts) else "#bbbbbb"


def _draw(mpl: Any, axes: Any, panel: Panel, labels: Sequence[str], number: int) -> None:
    measured = [thinned(curve.steps, curve.w) for curve in panel.curves]
    predicted = [None if curve.theory is None else thinned(curve.steps, curve.theory) for curve in panel.curves]
    everything = [*measured, *(line for line in predicted if line is not None)]
    set_scale(mpl.ticker, axes, [w for _, w in everything], log=panel.log_y)
    for index, (curve, line, theory) in enumerate(zip(panel.curves, measured, predicted, strict=True)):
        look = _look(labels, curve.label)
        look["linewidth"] = max(1.4, 2.8 - 0.5 * index)
        axes.plot(*line, **look, markevery=_places(*line, index), gid=f"measured-{number}-{index}")
        if theory is not None:
            dashes = _dashes(_darker(look["color"]))
            axes.plot(*theory, **dashes, zorder=3, gid=f"theory-{number}-{index}")
    _mark(axes, panel.marks)
    axes.set_title(_short(panel.title, _TITLE_WIDTH, 2), pad=6 + _MARK_HEIGHT * len(panel.marks))
    axes.set_xlabel(panel.x)
    axes.set_ylabel(panel.y)
    if all((steps == np.floor(steps)).all() for steps, _ in everything):
        axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(nbins=6, integer=True))


def _places(x: Array, y: Array, index: int) -> npt.NDArray[np.intp]:
    """Return where on a curve its markers go: five over its width, not where those of its neighbours go."""
    known = np.flatnonzero(~np.isnan(y))
    if len(known) == 0:
        return known
    first, last = x[known[0]], x[known[-1]]
    wanted = first + (last - first) * (np.arange(5) + 0.1 + 0.2 * (index % 5)) / 5
    return np.unique(known[np.searchsorted(x[known], wanted)])


def _mark(axes: Any, marks: Sequence[tuple[float, str]]) -> None:
    """Draw vertical lines; their labels are above the curves, each on a line of its own."""
    low, high = axes.get_xlim()
    for row, (step, label) in enumerate(marks):
        axes.axvline(step, color="#666666", linewidth=0.9, linestyle=":", zorder=1)
        side = "right" if step > (low + high) / 2 else "left"
        axes.annotate(
            _short(label, _LABEL_WIDTH), (step, 1.0), (0, 2 + _MARK_HEIGHT * row), xycoords=("data", "axes fraction"),
            textcoords="offset points", ha=side, va="bottom", fontsize=7, color="#555555",
        )  # fmt: skip
