"""Reads the configuration: files, includes and references into `Settings`, or all faults at once.

The one place that looks at the environment, and it does so through the mapping it is handed.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from ingest.config import faults as model_faults
from ingest.config import lists, nodes, references, sites
from ingest.config.expand import Expander, has_reference
from ingest.config.nodes import Node, Place
from ingest.config.settings import Settings
from ingest.errors import ConfigError, ConfigErrors

MAX_FILE = 64_000_000
"""Bytes of one file: a hundred thousand feeds with all their keys take about 20 MB."""
MAX_FILES = 10_000
"""Files of one configuration, so that a glob gone astray ends."""


def load(
    path: Path, environ: Mapping[str, str], *, instead: Mapping[Path, str] | None = None
) -> Settings:
    """Read the configuration at `path`; raises ConfigErrors with every fault that can be seen.

    Relative paths inside start at the folder of `path`.
    `instead` gives texts to read in place of what stands in files.
    """
    files = _Files(Expander(environ, path.parent), instead or {})
    files.read_all(path)
    root = Node(files.merged, Place(str(path), 1, 1))
    values = files.expander.plain(root)
    site_rules, site_faults = sites.load(path.parent)
    later: list[ConfigError] = []
    settings = None
    try:
        settings = Settings.model_validate(
            values, context={"folder": path.parent, "site_rules": site_rules}
        )
        entries, unread = lists.read(settings.lists, root)
        settings.take_entries(entries)
        _note_references(settings, root)
        later += unread
    except ValidationError as error:
        later += model_faults.faults(error, root, Settings)
    # With a file missing, every name declared in it would look unknown.
    later += references.faults(root, files.expander.plain, complete=not files.faults)
    found = [*files.faults, *_and_beyond(files.expander.faults, later), *site_faults]
    if found or settings is None:
        raise ConfigErrors(_in_order(found, files.order))
    return settings


def _note_references(settings: Settings, root: Node) -> None:
    """Tell each feed whose address has references how it is written."""
    nodes = root.get("feeds")
    for feed, node in zip(settings.feeds, nodes.items() if nodes else (), strict=True):
        written = node.get("url")
        if written and isinstance(written.value, str) and has_reference(written.value):
            feed.take_written(written.value)


def files(path: Path, environ: Mapping[str, str]) -> list[Path]:
    """Return the files of a configuration in the order of reading; raises ConfigErrors."""
    found = _Files(Expander(environ, path.parent), {})
    found.read_all(path)
    if found.faults:
        raise ConfigErrors(found.faults)
    return [Path(each) for each in found.order]


def _and_beyond(missing: list[ConfigError], later: list[ConfigError]) -> list[ConfigError]:
    """Join the faults; what has a reference that leads nowhere is not complained of again."""
    reported = {(fault.file, fault.line, fault.column) for fault in missing}
    return [
        *missing,
        *(each for each in later if (each.file, each.line, each.column) not in reported),
    ]


def _in_order(found: list[ConfigError], files: list[str]) -> list[ConfigError]:
    """Sort by place, in the order of reading, each fault once."""
    rank = {file: number for number, file in enumerate(files)}
    unique = {str(fault): fault for fault in found}
    return sorted(
        unique.values(),
        key=lambda fault: (rank.get(fault.file, len(rank)), fault.line, fault.column),
    )


@dataclass
class _Files:
    """The files of one configuration, joined as they are read."""

    expander: Expander
    instead: Mapping[Path, str]
    merged: dict[str, tuple[Place, Node]] = field(default_factory=dict)
    faults: list[ConfigError] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    _seen: set[Path] = field(default_factory=set)
    _next: deque[tuple[Path, Node]] = field(default_factory=deque)

    def read_all(self, path: Path) -> None:
        """Read the first file and those that are included, each once."""
        self._next.append((path, Node(None, Place("", 0, 0))))
        while self._next:
            each, asked = self._next.popleft()
            try:
                self._read(each, asked)
            except ConfigError as fault:
                self.faults.append(fault)

    def _read(self, path: Path, asked: Node) -> None:
        text = self.instead.get(path)
        if text is None:
            text = _text(path, asked)
        real = path.resolve()
        if real in self._seen:
            return
        if len(self._seen) >= MAX_FILES:
            raise asked.place.fault(f"more than {MAX_FILES:,} files")
        self._seen.add(real)
        self.order.append(str(path))
        node, found = nodes.read(text, str(path))
        self.faults += found
        if node is None or node.value is None:
            return
        if not isinstance(node.value, dict):
            raise node.place.fault("keys are expected here", "such as `feeds:`")
        for key, (place, child) in node.value.items():
            self._merge(key, place, child)
        for item in (node.get("include") or node).items():
            self._include(path.parent, item)

    def _merge(self, key: str, place: Place, child: Node) -> None:
        if child.value is None:
            return  # `feeds:` with nothing under it says nothing
        if key not in self.merged:
            # A list of our own, that further files may add to.
            own = Node([*child.items()], child.place) if isinstance(child.value, list) else child
            self.merged[key] = (place, own)
            return
        first, old = self.merged[key]
        if isinstance(old.value, list) and isinstance(child.value, list):
            old.value += child.value
        else:
            self.faults.append(
                place.fault(f"the key `{key}` is given twice", f"also on {first.line_in(place)}")
            )

    def _include(self, folder: Path, item: Node) -> None:
        written = item.text()
        if written is None:
            return  # the model says so
        before = len(self.expander.faults)
        name = self.expander.text(item, written)
        self.faults += self.expander.faults[before:]
        if len(self.expander.faults) > before:
            return
        try:
            paths = _glob(folder, name) if set(name) & set("*?[") else [folder / name]
        except (ValueError, NotImplementedError) as error:
            self.faults.append(item.place.fault(f"no file name or glob: {error}"))
            return
        self._next.extend((path, item) for path in paths)


def _glob(folder: Path, pattern: str) -> list[Path]:
    root = Path(pattern).anchor
    start = Path(root) if root else folder
    return sorted(path for path in start.glob(pattern.removeprefix(root)) if path.is_file())


def _text(path: Path, asked: Node) -> str:
    """Return a file's text; raises ConfigError, at the include that asked for it if one did."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        written = asked.text()
        if written is None:
            raise ConfigError(f"cannot read {path}: {reason}", hint=_start(path)) from error
        shown = written if "${" in written else path
        raise asked.place.fault(f"cannot read {shown}: {reason}") from error
    if len(content) > MAX_FILE:
        raise ConfigError(f"larger than {MAX_FILE // 10**6} MB", file=str(path))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        raise Place(str(path), line, column).fault("not UTF-8 text") from None


def _start(path: Path) -> str:
    return "" if path.exists() else "`ingest init` writes one to start from"
