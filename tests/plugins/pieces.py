"""The example package, installed without a network, and the files that docs/extending.md shows."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "docs" / "examples" / "plugin"
SIGNSGD = PACKAGE / "adamw_example" / "signsgd.py"
LARGEST_WEIGHT = PACKAGE / "adamw_example" / "largest_weight.py"
FILES = sorted(path for path in (PACKAGE / "adamw_example").glob("*.py") if path.stem != "__init__")
PLATEAU = (PACKAGE / "plateau.yaml").read_text()
# The folder that a file goes into by what it declares.
FOLDERS = {
    "Rule": "optimizers",
    "Landscape": "landscapes",
    "Schedule": "schedules",
    "Noise": "noises",
    "Metric": "metrics",
}


def shown_files() -> dict[str, str]:
    """Name -> text of the files in docs/extending.md, a heading each."""
    page = (ROOT / "docs" / "extending.md").read_text()
    sections = re.split(r"^## ", page, flags=re.MULTILINE)[1:]
    titled = {found[1]: section for section in sections if (found := re.match(r".*: `(\w+\.py)`\n", section))}
    return {name: re.findall(r"^```python\n(.*?)^```$", text, re.M | re.S)[0] for name, text in titled.items()}


def shown_scenarios() -> list[str]:
    page = (ROOT / "docs" / "extending.md").read_text()
    return re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def folder_of(text: str) -> str:
    """Where a file that declares one thing belongs."""
    (kind,) = re.findall(r"^SPEC = (\w+)\(", text, re.MULTILINE)
    return FOLDERS[kind]


def install_example(site: Path) -> None:
    """Put the example package where pip would put it."""
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text())["project"]
    shutil.copytree(PACKAGE / "adamw_example", site / "adamw_example", ignore=shutil.ignore_patterns("__pycache__"))
    install(site, project["name"], project["version"], project["entry-points"])


def install(site: Path, name: str, version: str, groups: dict[str, dict[str, str]]) -> None:
    """Write what tells importlib.metadata of a package."""
    folder = site / f"{name.replace('-', '_')}-{version}.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    lines = [f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in e.items()) for group, e in groups.items()]
    (folder / "entry_points.txt").write_text("\n".join(lines))
