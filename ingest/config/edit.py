"""Feeds put into the configuration files and taken out of them, with every other byte left as it is.

Works on the text between the places of the parser: a round trip through a YAML library would keep
comments, but write indentation, spacing and line breaks its own way.
Each edit is read again and compared before it counts, and the configuration with it is loaded before
a file is replaced.
"""

import fcntl
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep

import yaml

from ingest.config import nodes
from ingest.config.expand import Expander, has_reference
from ingest.config.load import files, load
from ingest.errors import ConfigError
from ingest.model import WantedFeed

MAX_WAIT_S = 20.0
"""For another edit; that of a configuration of 10,000 feeds takes six seconds."""
_BOM = "\ufeff"
_NOWHERE = nodes.Node(None, nodes.Place("", 0, 0))
_Loader: type[yaml.CSafeLoader] | type[yaml.SafeLoader] = getattr(
    yaml, "CSafeLoader", yaml.SafeLoader
)


@contextmanager
def alone(config: Path) -> Iterator[None]:
    """Hold the folder of the configuration: of two commands that edit, one waits for the other.

    What is to be edited is read inside. Raises ConfigError where another is not done in time.
    """
    try:
        folder = os.open(config.resolve().parent, os.O_RDONLY)
    except OSError as error:
        raise ConfigError(f"cannot open {config.parent}: {error.strerror}") from error
    try:
        _lock(folder, config, monotonic() + MAX_WAIT_S)
        yield
    finally:
        os.close(folder)


def _lock(folder: int, config: Path, until: float) -> None:
    """Wait for the lock, which the kernel frees however its holder ends."""
    while True:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if monotonic() > until:
                raise ConfigError(f"another command is editing {config.parent}") from None
            sleep(0.05)
        else:
            return


def add(config: Path, feeds: Sequence[WantedFeed], environ: Mapping[str, str]) -> Path:
    """Add feeds to the file that holds the feeds, and return it.

    That is the first file that lists any, else the first with a key `feeds`, else `config` itself.
    Raises ConfigError, with all files as they were, where the outcome would have a fault.
    """
    texts = {path: _read(path) for path in files(config, environ)}
    held = {path: _feeds(text) for path, text in texts.items()}
    with_feeds = [path for path, found in held.items() if found]
    with_key = [path for path, found in held.items() if found is not None]
    path = (with_feeds or with_key or [config])[0]
    items = [_item(feed) for feed in feeds]
    text = with_items(texts[path], items)
    if _feeds(text) != [*(held[path] or []), *items]:
        raise _by_hand(path)
    _put(path, text, config, environ)
    return path


def remove(config: Path, name: str, environ: Mapping[str, str]) -> Path:
    """Take the feed of this name (its address where it has none) out of its file; return the file.

    Raises ConfigError, with all files as they were, where there is none or a rule asks for it.
    """
    expander = Expander(environ, config.parent)
    for path in files(config, environ):
        text = _read(path)
        feeds = _feeds(text) or []
        names = [_called(each, expander) for each in feeds]
        if name in names:
            at = names.index(name)
            shorter = without_item(text, at)
            if (_feeds(shorter) or []) != [*feeds[:at], *feeds[at + 1 :]]:
                raise _by_hand(path)
            _put(path, shorter, config, environ)
            return path
    raise ConfigError(f"no feed is called `{name}`", file=str(config))


# --- the text ---------------------------------------------------------------------------------


@dataclass(slots=True)
class _List:
    """Where a list stands in a text; places count characters."""

    start: int
    flow: bool
    end: int = -1
    items: list[tuple[int, int, bool]] = field(default_factory=list)
    """Start, end and whether it is a mapping in braces."""


def with_items(text: str, items: Sequence[Mapping[str, object]]) -> str:
    """Return the text with these items at the end of its list `feeds`."""
    newline = "\r\n" if "\r\n" in text else "\n"
    found, key_end = _find(text)
    if found is None or not found.items:
        written = _block(items, indent="  ", offset=2, newline=newline)
        if found is not None and found.end >= 0:  # `feeds: []`
            return text[: found.start].rstrip(" ") + newline + written + text[found.end :]
        if key_end is not None:
            return text[:key_end] + newline + written + text[key_end:]
        gap = newline if not text or text.endswith("\n") else newline * 2
        return f"{text}{gap if text else ''}feeds:{newline}{written}{newline}"
    start, end, braces = found.items[-1]
    if found.flow:
        return text[:end] + "".join(f", {_flow(item)}" for item in items) + text[end:]
    dash = text.rfind("-", 0, start)
    indent = text[text.rfind("\n", 0, dash) + 1 : dash]
    offset = start - dash if "\n" not in text[dash:start] else 2
    apart = len(found.items) > 1 and not _line_before(text, dash).strip()
    written = _block(
        items, indent=indent, offset=offset, newline=newline, braces=braces, apart=apart
    )
    line_end = _line_end(text, end)
    return f"{text[:line_end]}{newline}{newline if apart else ''}{written}{text[line_end:]}"


def without_item(text: str, at: int) -> str:
    """Return the text without one item of its list `feeds`; comments above it stay."""
    found, _ = _find(text)
    assert found is not None
    start, end, _ = found.items[at]
    if found.flow:
        if at:
            return text[: found.items[at - 1][1]] + text[end:]
        following = found.items[1][0] if len(found.items) > 1 else end
        return text[:start] + text[following:]
    dash = text.rfind("-", 0, start)
    first = text.rfind("\n", 0, dash) + 1
    last = _line_end(text, end)
    last = min(text.find("\n", last) + 1 or len(text), len(text))
    if not _line_before(text, dash).strip() and not text[last : _line_end(text, last)].strip():
        last = min(text.find("\n", last) + 1 or len(text), len(text))
    return text[:first] + text[last:]


def _find(text: str) -> tuple[_List | None, int | None]:
    """Return the list under the top key `feeds`, and where that key's line ends."""
    depth, key, found, key_end, is_key = 0, "", None, None, False
    for event in yaml.parse(text, Loader=_Loader):
        start, end = _index(event.start_mark), _index(event.end_mark)
        opening = isinstance(event, yaml.CollectionStartEvent)
        leaf = isinstance(event, yaml.ScalarEvent | yaml.AliasEvent)
        if depth == 1 and (leaf or opening):
            is_key = not is_key
            if is_key:
                key = getattr(event, "value", "")
                key_end = _line_end(text, end) if key == "feeds" else key_end
            elif key == "feeds" and isinstance(event, yaml.SequenceStartEvent):
                found = _List(start, bool(event.flow_style))
        elif depth == 2 and key == "feeds" and found and (leaf or opening):
            braces = isinstance(event, yaml.MappingStartEvent) and bool(event.flow_style)
            found.items.append((start, end, braces))
        depth += opening
        closing = isinstance(event, yaml.CollectionEndEvent)
        depth -= closing
        if found and key == "feeds" and (leaf or (closing and end > start)):
            _reaches(found, depth, end, text)
    return found, key_end


def _reaches(found: _List, depth: int, end: int, text: str) -> None:
    """Note that the list, and its last item, reach to here."""
    end = len(text[:end].rstrip())
    if depth == 1:
        found.end = end if found.flow else found.end
    elif found.items:
        found.items[-1] = (found.items[-1][0], end, found.items[-1][2])


def _index(mark: object) -> int:
    return int(getattr(mark, "index", 0))


def _line_end(text: str, at: int) -> int:
    """Return where the line of this place ends, before its line break."""
    end = text.find("\n", at)
    end = len(text) if end < 0 else end
    return end - 1 if end > at and text[end - 1] == "\r" else end


def _line_before(text: str, at: int) -> str:
    """Return the line above that of this place; a word where there is none."""
    start = text.rfind("\n", 0, at)
    return text[text.rfind("\n", 0, start) + 1 : start] if start > 0 else "none"


def _block(
    items: Sequence[Mapping[str, object]],
    *,
    indent: str,
    offset: int,
    newline: str,
    braces: bool = False,
    apart: bool = False,
) -> str:
    """Return items of a block list, in the shape of those that are there."""
    written = []
    for item in items:
        dumped = _flow(item) if braces else _dump(item, flow=None)
        first, *rest = dumped.splitlines()
        lines = [
            indent + "-".ljust(offset) + first,
            *(indent + " " * offset + each for each in rest),
        ]
        written.append(newline.join(lines))
    return (newline * 2 if apart else newline).join(written)


def _flow(item: Mapping[str, object]) -> str:
    return _dump(item, flow=True)


def _dump(item: Mapping[str, object], *, flow: bool | None) -> str:
    return yaml.safe_dump(
        dict(item), default_flow_style=flow, sort_keys=False, allow_unicode=True, width=10**9
    ).rstrip("\n")


def _item(feed: WantedFeed) -> dict[str, object]:
    """Return a feed as written in a file; `${` of an address is no reference."""
    item: dict[str, object] = {"url": _literal(feed.url)}
    if feed.name != feed.url:
        item["name"] = _literal(feed.name)
    if feed.tags:
        item["tags"] = [_literal(tag) for tag in feed.tags]
    return item


def _literal(text: str) -> str:
    return text.replace("${", "$${")


# --- the files --------------------------------------------------------------------------------


def _feeds(text: str) -> list[dict[str, object]] | None:
    """Return the feeds of one file as written, None where it has no such key."""
    root, found = nodes.read(text.removeprefix(_BOM), "")
    if found:
        raise found[0]
    node = root.get("feeds") if root else None
    if node is None:
        return None
    plain = [_plain(item) for item in node.items()]
    return [item for item in plain if isinstance(item, dict)]


def _called(item: Mapping[str, object], expander: Expander) -> object:
    """Return what a feed is called, as `FeedConfig.called` does; what is missing stays as written."""
    name = item.get("name")
    written = name or item.get("url")
    if not isinstance(written, str) or (not name and has_reference(written)):
        return written
    return expander.text(_NOWHERE, written)


def _plain(node: nodes.Node) -> object:
    if isinstance(node.value, list):
        return [_plain(item) for item in node.value]
    if isinstance(node.value, dict):
        return {key: _plain(child) for key, (_, child) in node.value.items()}
    return node.value


def _by_hand(path: Path) -> ConfigError:
    return ConfigError(
        "this list of feeds cannot be edited safely", file=str(path), hint="edit it by hand"
    )


def _read(path: Path) -> str:
    with path.open(encoding="utf-8", newline="") as file:
        return file.read()


def _put(path: Path, text: str, config: Path, environ: Mapping[str, str]) -> None:
    """Replace a file, unless the whole configuration then had a fault."""
    load(config, environ, instead={path: text.removeprefix(_BOM)})
    _replace(path, text)


def _replace(path: Path, text: str) -> None:
    """Write a file whole or not at all; a link stays a link, permissions stay."""
    target = path.resolve()
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        written = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            mode = target.stat()
            written.chmod(mode.st_mode & 0o7777)
            with suppress(PermissionError):
                os.chown(written, mode.st_uid, mode.st_gid)
            written.replace(target)
        except BaseException:
            written.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror}") from error
