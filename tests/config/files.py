"""Configurations written into a temporary folder, and what comes of loading them."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from ingest.config.load import load
from ingest.config.settings import Settings
from ingest.errors import ConfigErrors


def write(folder: Path, text: str, **others: str) -> Path:
    """Write `ingest.yaml` and further files by their stem, and return the first one's path."""
    for name, content in {"ingest": text, **others}.items():
        (folder / f"{name}.yaml").write_text(content, encoding="utf-8")
    return folder / "ingest.yaml"


def settings_of(
    folder: Path, text: str, environ: Mapping[str, str] | None = None, **others: str
) -> Settings:
    """Load a configuration that must be right."""
    return load(write(folder, text, **others), environ or {})


def faults_of(
    folder: Path, text: str, environ: Mapping[str, str] | None = None, **others: str
) -> list[str]:
    """Load a configuration that must be wrong and return its faults, file names without folder."""
    path = write(folder, text, **others)
    with pytest.raises(ConfigErrors) as raised:
        load(path, environ or {})
    return [str(fault).replace(f"{folder}/", "") for fault in raised.value.faults]
