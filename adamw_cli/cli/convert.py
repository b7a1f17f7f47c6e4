"""`adamw convert`: closed forms only, so nothing heavy is imported."""

from functools import partial
from typing import Annotated

import typer

from adamw_cli.cli import options

_PANELS = ("The run", "Its length in epochs, for `normalised` and `timescale`")
_run, _length = (partial(typer.Option, rich_help_panel=panel) for panel in _PANELS)


def convert(
    context: typer.Context,
    source: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="NAME",
            help="Convention of the given numbers: pytorch, optax, keras, apex, paper, independent, tfa, decay-last, "
            "transformers-old, normalised, timescale or l2.",
        ),
    ] = "pytorch",
    target: Annotated[
        str | None, typer.Option("--to", metavar="NAME", help="Convention that is wanted; all of them if left out.")
    ] = None,
    lr: Annotated[float | None, typer.Option(help="Peak learning rate; 1e-3 by default.")] = None,
    weight_decay: Annotated[
        float | None, typer.Option(help="As --from means it: a rate, lambda_norm, or tau in epochs.")
    ] = None,
    eps: Annotated[float | None, typer.Option(help="As --from means it; by default what it is there.")] = None,
    eps_root: Annotated[float, typer.Option(help="Of optax: added to v_hat under the root.")] = 0.0,
    beta2: Annotated[float, typer.Option(help="Decay rate of the second moment.")] = 0.999,
    steps: Annotated[float | None, _run(help="Length of the run; of a schedule it may follow from its epochs.")] = None,
    schedule: options.ScheduleOption = "constant",
    batch_size: Annotated[float | None, _length(help="Points in a batch.")] = None,
    dataset_size: Annotated[float | None, _length(help="Points in all.")] = None,
    epochs: Annotated[float | None, _length(help="Epochs of the run.")] = None,
    steps_per_epoch: Annotated[float | None, _length(help="Steps in an epoch, in place of the sizes.")] = None,
    plugins: options.PluginsOption = None,
    form: options.FormatOption = "table",
) -> None:
    """The same weight decay in another framework's or paper's convention; and where it can be nearly the same only.

    \b
    Examples:
      adamw convert --lr 3e-4 --weight-decay 0.1
      adamw convert --from pytorch --to keras --lr 3e-4 --weight-decay 0.1
      adamw convert --from tfa --to pytorch --lr 1e-3 --weight-decay 1e-4 --schedule cosine --steps 1e5
      adamw convert --from paper --to normalised --weight-decay 1e-4 --batch-size 128 --dataset-size 50000 --epochs 100
      adamw convert --from timescale --to pytorch --lr 1e-3 --weight-decay 25.6 --steps-per-epoch 390
    """  # fmt: skip
    from adamw_cli.calculators.convert import convert as solve

    options.emit(solve(**options.asked(context)), form)
