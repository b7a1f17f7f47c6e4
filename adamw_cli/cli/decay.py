"""`adamw decay`."""

from typing import Annotated

import typer

from adamw_cli.cli import options


@options.grouped()
def decay(
    *,
    context: typer.Context,
    start: Annotated[
        list[float] | None, typer.Option(help="A weight at step 0; repeatable. 0.1, 1 and 100 by default.")
    ] = None,
    study: options.StudyOptions,
    output: options.OutputOptions,
) -> None:
    """Where there is no gradient: AdamW against Adam with L2, for weights of several sizes.

    Prints the steps to half and to a tenth, to the first change of sign, and the first step, measured beside theory.

    \b
    Examples:
      adamw decay
      adamw decay --lr 3e-4 --weight-decay 0.1 --start 0.02 --start 1
      adamw decay --weight-decay 0.01 --eps 1e-3 --start 0.01
      adamw decay --start 1 --schedule cosine --steps 20000 --format json
    """  # fmt: skip
    from adamw_cli.studies.decay import decay as run

    options.study(context, run, output)
