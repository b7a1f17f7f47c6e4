"""The line that explains why the very first run takes longer."""

from __future__ import annotations


def announce_compilation() -> None:
    """Say so on standard error if, and when, a kernel has to be compiled."""
    from adamw_cli.engine import native
    from adamw_cli.report.output import say

    native.on_compile(lambda: say("compiling kernels for this machine; later runs load them from the cache"))
