"""The options of `adamw theory NAME`, generated from the closed form that the command line names."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Annotated, Any

import typer

from adamw_cli.cli.settings import Command

if TYPE_CHECKING:
    from adamw_cli.calculators.closed_forms import ClosedForm, FormOption

_METAVARS = {"number": "NUMBER", "whole": "INTEGER", "numbers": "A,B,...", "rows": "A,B;C,D;...", "text": "KIND"}


class FormCommand(Command):
    """A command that has the options of a closed form as well, once the command line names one."""

    form: ClosedForm | None = None

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Parse with the options of the form that is named; the name stands before them."""
        return super(FormCommand, self._named(args)).make_context(info_name, args, parent, **extra)

    def _named(self, args: list[str]) -> FormCommand:
        places = zip(args, ["", *args], strict=False)
        names = [text for text, before in places if not text.startswith("-") and before not in ("-f", "--format")]
        if not names:
            return self
        from adamw_cli.calculators.closed_forms import find
        from adamw_cli.report.theory import help_text

        found = copy(self)
        found.form = find(names[0])
        found.params = [*self.params, *_declared(found.form.options)]
        found.help, found.rich_markup_mode = help_text(found.form), None  # a formula is no markup
        return found

    def invoke(self, ctx: Any) -> Any:
        """Keep what the command line gives the form apart, in `ctx.obj`, from the parameters of the command's own function."""
        options = self.form.options if self.form is not None else ()
        ctx.obj = {option.name: _parsed(option, ctx.params.pop(option.name)) for option in options}
        return super().invoke(ctx)


def _declared(options: Iterable[FormOption]) -> list[Any]:
    """The options as the command-line library makes them of a function that has them as parameters."""
    parameters = []
    for option in options:
        flag = option.kind == "flag"
        kind: Any = float | None if option.kind in ("number", "whole") else bool if flag else str | None
        about = typer.Option(
            _flag(option),
            show_default=option.default is not None and not flag,
            metavar=None if flag else _METAVARS[option.kind],
            help=option.meaning + ("; required" if option.required else ""),
        )
        default = bool(option.default) if flag else option.default
        annotation: Any = Annotated[kind, about]
        parameters.append(Parameter(option.name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation))

    def form(**values: Any) -> None: ...

    form.__signature__ = Signature(parameters)  # type: ignore[attr-defined]  # what the library looks at first
    form.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    app = typer.Typer(add_completion=False)
    app.command()(form)
    return typer.main.get_command(app).params


def _flag(option: FormOption) -> str:
    return f"--{option.name.replace('_', '-')}"


def _parsed(option: FormOption, value: Any) -> Any:
    """Lists are written with commas, lists of lists with semicolons between."""
    if value is None or option.kind not in ("numbers", "rows"):
        return value
    try:
        rows = [[float(number) for number in row.split(",")] for row in value.split(";")]
    except ValueError:
        rows = []
    if not rows or (option.kind == "numbers" and len(rows) > 1):
        raise typer.BadParameter(f"'{value}' is not {_METAVARS[option.kind]}", param_hint=_flag(option))
    return rows if option.kind == "rows" else rows[0]
