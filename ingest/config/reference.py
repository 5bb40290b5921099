"""The reference page of the configuration, written from the settings themselves.

`python -m ingest.config.reference > docs/reference/configuration.md`
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ingest.config.settings import schema

_INTRO = """\
# Configuration reference

<!-- Written by `python -m ingest.config.reference`; edit the descriptions in the settings. -->

Every key, with its default.
The [guide](../guide/configuration.md) tells how the files work together.
A duration is written `30s`, `15m`, `2h`, `7d` or `1h30m`, a size `500kB` or `20MB`.
An unknown key is a fault.
"""
_TITLES = {
    "": "Top level",
    "FeedConfig": "Each of `feeds`",
    "RuleConfig": "Each of `rules`",
    "ListFile": "Each of `lists` that is in a file of its own",
    "EmailConfig": "Each of `channels`, of `kind: email`",
    "WebhookConfig": "Each of `channels`, of `kind: webhook`",
    "AppriseConfig": "Each of `channels`, of `kind: apprise`",
    "FileConfig": "Each of `channels`, of `kind: file`",
    "StdoutConfig": "Each of `channels`, of `kind: stdout`",
    "AtomConfig": "Each of `channels`, of `kind: atom`",
}
_WORDS = {"boolean": "true, false", "integer": "number", "object": "keys", "string": "text"}


@dataclass(frozen=True, slots=True)
class Row:
    """One key: how it is written, what it takes, its default, and what it is for."""

    key: str
    kind: str
    default: str
    about: str


@dataclass(frozen=True, slots=True)
class Part:
    """One table of the page."""

    title: str
    rows: tuple[Row, ...]


def sections() -> tuple[Part, ...]:
    """Return all keys: the top level, feeds, rules, and each kind of channel."""
    whole = schema()
    models = whole["$defs"]
    return tuple(
        Part(title, tuple(_rows(models.get(name, whole), models)))
        for name, title in _TITLES.items()
    )


def page() -> str:
    """Return the page as Markdown."""
    tables = [
        f"\n## {part.title}\n\n| key | takes | default | |\n|---|---|---|---|\n"
        + "".join(
            f"| `{row.key}` | {row.kind} | {row.default} | {row.about} |\n" for row in part.rows
        )
        for part in sections()
    ]
    return _INTRO + "".join(tables)


def _rows(model: Mapping[str, Any], models: Mapping[str, Any], prefix: str = "") -> Iterator[Row]:
    """Return a model's keys; a section's keys follow as `section.key`."""
    required = model.get("required", [])
    for name, field in model["properties"].items():
        key = prefix + name
        inner = _model(field, models)
        if inner:
            yield from _rows(inner, models, f"{key}.")
            continue
        about = field.get("description", "").replace("|", "\\|")
        yield Row(key, _kind(field), "required" if name in required else _default(field), about)


def _model(field: Mapping[str, Any], models: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the section that a key opens; None for a plain value."""
    for option in [field, *field.get("anyOf", [])]:
        if "$ref" in option:
            found: Mapping[str, Any] = models[option["$ref"].rpartition("/")[2]]
            return found
    return None


def _kind(field: Mapping[str, Any]) -> str:
    """Return in a few words what may be written."""
    kind = field.get("type", "")
    if "anyOf" in field:
        kinds = dict.fromkeys(_kind(option) for option in field["anyOf"])
        return " or ".join(kind for kind in kinds if kind != "null")
    if "const" in field or "enum" in field:
        return ", ".join(f"`{value}`" for value in field.get("enum", [field.get("const")]))
    if kind == "array":
        inner = _kind(field["items"])
        return f"list of {inner}s" if inner in {"duration", "number"} else "list"
    if "(ms|s|m|h|d|w)" in field.get("pattern", ""):
        return "duration"
    if field.get("writeOnly"):
        return "secret"
    return "size" if isinstance(kind, list) else _WORDS.get(kind, kind)


def _default(field: Mapping[str, Any]) -> str:
    value = field.get("default")
    if value is None or value in ([], {}):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, list):
        return f"`[{', '.join(map(str, value))}]`"
    if isinstance(field.get("type"), list):
        return f"`{value // 10**6}MB`" if value % 10**6 == 0 else f"`{value}`"
    return f"`{value}`"


if __name__ == "__main__":
    sys.stdout.write(page())
