"""`adamw conform`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from adamw_cli.cli.options import EngineOption, ForceOption, Format, PluginsOption, emit


def conform(
    target: Annotated[
        str | None, typer.Argument(metavar="TARGET", help="MODULE:NAME or FILE.py:NAME of an implementation.")
    ] = None,
    reference: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="What it should be: adamw, adam, adam_l2, paper, keras, optax ..., with AXIS=VALUE after commas.",
        ),
    ] = "adamw",
    dtype: Annotated[
        Literal["float64", "float32"], typer.Option(help="Type of the weights, and the precision asked for.")
    ] = "float64",
    option: Annotated[
        list[str] | None,
        typer.Option("--option", metavar="KEY=VALUE", help="A further argument for the target; may be repeated."),
    ] = None,
    export_probe: Annotated[
        Path | None, typer.Option("--export-probe", metavar="FILE", help="Write the probes as JSON, for any language.")
    ] = None,
    trajectory: Annotated[
        Path | None,
        typer.Option("--trajectory", metavar="FILE", help="Judge a CSV file of what was done on the probes."),
    ] = None,
    plugins: PluginsOption = None,
    force: ForceOption = False,
    form: Annotated[
        Literal[Format, "junit"], typer.Option("--format", "-f", help="How to print the result.")
    ] = "table",
    engine: EngineOption = None,
) -> None:
    """Is this implementation AdamW, and if not, which optimizer is it.

    Runs it on short probes, compares every step with some two thousand variants, and says which it is, where it first parts
    from the reference, and what to change. A target is a plain callable NAME(w0, lr, weight_decay, betas, eps) that returns
    step(g), a subclass of torch.optim.Optimizer, or a function that returns an optax.GradientTransformation.

    Foreign code runs in this process with no sandbox: name only code that you would run yourself. There is no timeout: a target
    that never returns has to be stopped with Ctrl-C.

    Exit codes: 0 it conforms to the reference; 1 it does not; 2 it could not be run.

    \b
    Examples:
      adamw conform my_optimizer.py:adamw
      adamw conform torch.optim:AdamW --option fused=true --dtype float32
      adamw conform optax:adamw --format json
      adamw conform my_optimizer.py:MyAdam --reference keras
      adamw conform my_optimizer.py:MyAdam --reference adamw,amsgrad=after --option amsgrad=true
      adamw conform my_optimizer.py:MyAdam --format junit > adamw.xml
      adamw conform --export-probe probe.json
      adamw conform --trajectory steps.csv
    """
    from adamw_cli.conformance.judge import conform as run
    from adamw_cli.conformance.trajectory import exported_probes
    from adamw_cli.errors import UsageError
    from adamw_cli.report.conform import junit, write_probes
    from adamw_cli.report.output import write

    if export_probe is not None:
        if target is not None or trajectory is not None:
            raise UsageError("the probes are the same for every target", "export them without a target or a trajectory")
        write_probes(export_probe, exported_probes(), overwrite=force)
        return
    result = run(target, trajectory=trajectory, reference=reference, dtype=dtype, option=option or ())
    if form == "junit":
        write(junit(result))
    else:
        emit(result, form)
    raise typer.Exit(result.exit_code)
