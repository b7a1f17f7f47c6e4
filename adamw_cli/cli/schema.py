"""`adamw schema`."""

from adamw_cli.cli.options import PluginsOption, warn


def schema(plugins: PluginsOption = None) -> None:
    """Print the JSON Schema (draft-07) of scenario files, for editors.

    \b
    Examples:
      adamw schema > adamw-scenario.schema.json
    """
    from adamw_cli import registry
    from adamw_cli.report.output import write
    from adamw_cli.report.render import strict_json
    from adamw_cli.scenario.schema import schema as build

    warn(registry.faults(*registry.PACKAGES))
    write(strict_json(build()))
