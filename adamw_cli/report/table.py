"""Tables for people: by rich on a terminal, plain and stable everywhere else.

Rich (70 ms to import) is loaded only if standard output is a terminal, so that a pipe neither waits for it nor
is cut to a width.
"""

import os
import sys
from collections.abc import Sequence

from adamw_cli.report.characters import PEN, harmless
from adamw_cli.report.document import Table, cell_text


def fancy() -> bool:
    """Whether to draw for a terminal: it is one, or FORCE_COLOR says so, and it is not a dumb one."""
    if os.environ.get("TERM") == "dumb":
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (sys.stdout is not None and sys.stdout.isatty())


def render_tables(tables: Sequence[Table], *, plain: bool = False) -> str:
    """All tables one below the other, with an empty line between; ends with a newline.

    plain : as text, whatever standard output is.
    """
    draw = _rich if not plain and fancy() else _plain
    return "\n".join(draw(table) if table.rows else _empty(table) for table in tables)


def _empty(table: Table) -> str:
    return "".join(f"{line}\n" for line in (table.title, *table.notes) if line)


def _plain(table: Table) -> str:
    rows = [[column.title for column in table.columns], *([cell_text(cell) for cell in row] for row in table.rows)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(table.columns))]

    def line(cells: Sequence[str]) -> str:
        parts = zip(cells, widths, table.columns, strict=True)
        return "  ".join(
            cell.rjust(width) if c.align == "right" else cell.ljust(width) for cell, width, c in parts
        ).rstrip()

    head = [table.title] if table.title else []
    body = [line(rows[0]), line(["-" * width for width in widths]), *map(line, rows[1:])]
    return "\n".join([*head, *body, *table.notes]) + "\n"


def _rich(table: Table) -> str:
    import io
    import shutil

    from rich import box
    from rich.cells import cell_len
    from rich.console import Console
    from rich.measure import Measurement
    from rich.padding import Padding
    from rich.table import Table as RichTable
    from rich.text import Text

    stream = io.StringIO()
    # The console writes to memory, so it is told what it would have seen of the terminal.
    console = Console(file=stream, force_terminal=True, highlight=False, emoji=False, markup=False)
    drawn = RichTable(
        box=box.SIMPLE_HEAD if takes_unicode() else box.ASCII2, pad_edge=False, safe_box=not takes_unicode()
    )
    for i, column in enumerate(table.columns):
        cells = [column.title, *(harmless(cell_text(row[i])) for row in table.rows)]
        least = _PROSE_WIDTH if column.prose else max(map(cell_len, cells))
        drawn.add_column(Text(column.title), justify=column.align, no_wrap=not column.prose, min_width=least)
    for row in table.rows:
        # Text, not str: a name in brackets, such as [adamw], is a name and not rich's markup.
        drawn.add_row(*(Text(harmless(cell_text(cell)), style=_STYLES.get(str(cell), "")) for cell in row))
    # Where even that does not fit, the terminal may wrap the line; nothing is cut off.
    unbounded = console.options.update(width=10_000)
    width = max(40, shutil.get_terminal_size().columns)  # COLUMNS if it is a number, otherwise what the terminal says
    console.width = max(width, Measurement.get(console, unbounded, drawn).minimum)
    if table.title:
        console.print(Text(harmless(table.title), style="bold"))
    console.print(drawn)
    for note in table.notes:
        console.print(Padding(Text(harmless(note), style="dim"), (0, 0, 0, 0)))
    drawing = "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"
    return drawing.replace("\x1b[", f"\x1b{PEN}[")


# Sentences are readable from this width on.
_PROSE_WIDTH = 20
_STYLES = {"passed": "green", "failed": "red", "error": "red", "xpassed": "red", "xfailed": "yellow", "diverged": "red"}


def takes_unicode() -> bool:
    """Whether standard output can take what tables and paths are drawn with: lines, and blocks of eight heights."""
    try:
        "\u2500\u2501\u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588".encode(sys.stdout.encoding or "ascii")
    except (AttributeError, UnicodeEncodeError, LookupError):  # the first where standard output is closed
        return False
    return True
