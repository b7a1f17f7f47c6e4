"""A place for files of settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from adamw_cli.cli.settings import CONFIG_VARIABLE


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the working one, where files count."""
    monkeypatch.delenv(CONFIG_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path
