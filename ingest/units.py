"""What every settings section shares: the frozen base model, durations (`15m`), sizes (`5MB`), paths."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationInfo,
    WithJsonSchema,
)

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_LONGEST_S = 100 * 365 * 86400.0  # a date that far from now is still one Python can write
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(B|kB|KB|MB|GB)?")
_BYTES = {None: 1, "B": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9}
_LARGEST = 1e12


class Section(BaseModel):
    """A part of the configuration: frozen, and an unknown key is a fault."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        defer_build=True,  # each once, as a part of all settings, and not alone besides
    )


def parse_duration(value: object) -> object:
    """Read `90s`, `15m`, `1h30m` or `2d` as a timedelta; anything that is not text passes through.

    Raises ValueError for text that is not a duration.
    """
    if not isinstance(value, str):
        return value
    parts = _DURATION.findall(value)
    if not parts or _DURATION.sub("", value).strip():
        raise ValueError("not a duration; write for example 30s, 15m, 2h or 7d")
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in parts)
    if seconds > _LONGEST_S:
        raise ValueError("longer than a hundred years")
    return timedelta(seconds=seconds)


def parse_size(value: object) -> object:
    """Read `20MB`, `64kB` or a plain count of bytes as an int (decimal units).

    Raises ValueError for text that is not a size.
    """
    if not isinstance(value, str):
        return value
    found = _SIZE.fullmatch(value.strip())
    if found is None:
        raise ValueError("not a size; write for example 500kB or 20MB")
    size = float(found[1]) * _BYTES[found[2]]
    if size > _LARGEST:
        raise ValueError("larger than a terabyte")
    return int(size)


def config_folder(info: ValidationInfo) -> Path:
    """Return the folder that relative paths start from: that of the configuration file."""
    return Path(info.context["folder"]) if info.context else Path()


def _beside_configuration(path: Path, info: ValidationInfo) -> Path:
    return config_folder(info) / path


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    WithJsonSchema({"type": "string", "pattern": r"^\s*(\d+(\.\d+)?\s*(ms|s|m|h|d|w)\s*)+$"}),
]
Size = Annotated[
    int,
    BeforeValidator(parse_size),
    WithJsonSchema(
        {"type": ["string", "integer"], "pattern": r"^\s*\d+(\.\d+)?\s*(B|kB|KB|MB|GB)?\s*$"}
    ),
]
ConfigPath = Annotated[Path, AfterValidator(_beside_configuration)]
"""A file; a relative path starts at the folder of the configuration file."""
