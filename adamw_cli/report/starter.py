"""The starter scenario of `adamw init`, and the schema file beside it."""

import json
from pathlib import Path

from adamw_cli.errors import AdamwError
from adamw_cli.files import write_whole
from adamw_cli.report.render import strict_json
from adamw_cli.scenario.schema import schema

SCHEMA_NAME = "adamw-scenario.schema.json"
_TEXT = """\
version: 1
description: How AdamW and Adam with L2 shrink weights where there is no gradient.
landscape: {kind: plateau}        # `adamw list landscapes`
start: [0.1, 100.0]               # the weights at step 0
steps: 7000
optimizers:                       # a name for each run; `adamw list optimizers`
  adamw: {lr: 1e-3, weight_decay: 0.1}
  adam_l2: {lr: 1e-3, weight_decay: 0.1}
expect:                           # what `adamw check` judges; `adamw list metrics`
  # decoupled decay: every weight is halved after ln 2 / -ln(1 - lr*weight_decay) steps
  - {metric: half_life, of: adamw, near: theory, rtol: 1e-9}
  # coupled decay moves the large weight by at most lr per step
  - {metric: total_shrink, of: adam_l2, at: 1, above: 0.929}
"""


def text(name: str, schema_name: str | None) -> str:
    """Return the scenario; with the line that tells editors where the schema is if it has a name."""
    head = f"# yaml-language-server: $schema={schema_name}\n" if schema_name else ""
    title = f"name: {name}\n" if schema_name else ""
    return head + _TEXT.replace("version: 1\n", f"version: 1\n{title}", 1)


def write(path: Path, overwrite: bool) -> list[Path]:
    """Write the scenario and the schema; return what was written. A schema that is there is brought up to date.

    Raises
    ------
    AdamwError
        If the scenario exists and may not be overwritten, or a file cannot be written.

    """
    beside = path.parent / SCHEMA_NAME
    try:
        if path.exists() and not overwrite:
            raise AdamwError(f"{path} exists and was left as it is", "choose another name, or add `force`")
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(beside, strict_json(schema()).encode())
        name = json.dumps(path.stem, ensure_ascii=False)  # YAML text, whatever a file may be called
        write_whole(path, text(name, f"./{SCHEMA_NAME}").encode())
    except (OSError, ValueError) as error:  # of a name with a NUL in it
        raise AdamwError(
            f"{path} cannot be written: {getattr(error, 'strerror', None) or error}", "choose another place"
        ) from None
    return [path, beside]
