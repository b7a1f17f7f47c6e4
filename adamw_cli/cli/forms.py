"""Options that no function of a command lists: of a closed form, generated from it, and of schedules, from what they declare."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from functools import wraps
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Annotated, Any

import typer

from adamw_cli.cli.options import OUTPUT, RUN_PANEL
from adamw_cli.cli.settings import Command, explained, load_plugins, name_variables
from adamw_cli.errors import AdamwError

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


class ScheduleCommand(Command):
    """A command that has the parameters of schedules as options as well, those of plug-ins among them.

    They are looked up when something asks for them, which a command line for another command does not.
    """

    _own: list[Any]
    _all: list[Any] | None

    def __init__(self, name: str | None, **declared: Any) -> None:
        run, names = declared["callback"], {parameter.name for parameter in declared["params"]}

        @wraps(run)
        def callback(**values: Any) -> Any:
            """Keep from the function what it has no parameters for; it finds them in the context."""
            return run(**{name: value for name, value in values.items() if name in names})

        super().__init__(name, **{**declared, "callback": callback})

    @property
    def params(self) -> list[Any]:
        """Its function's parameters, and an option for each of a schedule's."""
        if self._all is None:
            self._all = self._with_those_of()
        return self._all

    @params.setter
    def params(self, own: list[Any]) -> None:
        self._own, self._all = own, None

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Parse, after a first look for plug-ins and for the schedule, which may be an installed package's: they may have options."""
        bare, whole = copy(self), copy(self)
        bare._all, lenient = self._own, {"resilient_parsing": True, "ignore_unknown_options": True}
        first = super(ScheduleCommand, bare).make_context(info_name, [*args], parent, **lenient)
        try:
            with explained(first):
                load_plugins(first)
                whole._all = self._with_those_of(first.params["schedule"])
        except AdamwError:
            if not {*args} & {*first.help_option_names}:  # help is there whatever else is wrong
                raise
        return super(ScheduleCommand, whole).make_context(info_name, args, parent, **extra)

    def _with_those_of(self, *kinds: str) -> list[Any]:
        """The options with those of some schedules and of all at hand, but for words that the command has for something else."""
        from adamw_cli.calculators.clock import schedule_parameters

        flags = {flag.lstrip("-").replace("-", "_") for parameter in self._own for flag in parameter.opts}
        taken = {"help", "progress", *OUTPUT, *flags, *(parameter.name for parameter in self._own)}
        new = []
        for name, meanings in schedule_parameters(*kinds).items():
            text = " ".join(f"Of {', '.join(where)}: {meaning.rstrip('.')}." for meaning, where in meanings.items())
            annotation: Any = Annotated[float | None, typer.Option(help=text, rich_help_panel=RUN_PANEL)]
            if name not in taken:
                new.append(Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=annotation))
        made = _made(new)
        name_variables(str(self.name), made)
        place = [parameter.name for parameter in self._own].index("schedule") + 1
        return [*self._own[:place], *made, *self._own[place:]]


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

    return _made(parameters)


def _made(parameters: Sequence[Parameter]) -> list[Any]:
    """The options that the command-line library makes of a function with these parameters."""

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
