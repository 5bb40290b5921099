"""Reads the configuration: files, includes and references into `Settings`, or all faults at once.

The one place that looks at the environment, and it does so through the mapping it is handed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from ingest.config import faults as model_faults
from ingest.config import nodes, references, sites
from ingest.config.expand import Expander
from ingest.config.nodes import Node, Place
from ingest.config.settings import Settings
from ingest.errors import ConfigError, ConfigErrors

MAX_FILE = 64_000_000
"""Bytes of one file: a hundred thousand feeds with all their keys take about 20 MB."""
MAX_FILES = 10_000
"""Files of one configuration, so that a glob gone astray ends."""


def default_path(environ: Mapping[str, str]) -> Path:
    """Return where the configuration is looked for when no `--config` is given."""
    named = environ.get("INGEST_CONFIG")
    if named:
        return Path(named)
    here = Path("config/ingest.yaml")
    return here if here.exists() else Path("/etc/ingest/ingest.yaml")


def load(path: Path, environ: Mapping[str, str]) -> Settings:
    """Read the configuration at `path`; raises ConfigErrors with every fault that can be seen.

    Relative paths inside start at the folder of `path`.
    """
    files = _Files(Expander(environ, path.parent))
    files.read(path, None)
    root = Node(files.merged, Place(str(path), 1, 1))
    values = files.expander.plain(root)
    site_rules, site_faults = sites.load(path.parent)
    found = [*files.faults, *files.expander.faults, *site_faults]
    settings = None
    try:
        settings = Settings.model_validate(
            values, context={"folder": path.parent, "site_rules": site_rules}
        )
    except ValidationError as error:
        found += model_faults.faults(error, root, Settings)
    # With a file missing, every name declared in it would look unknown.
    found += references.faults(root, files.expander.plain, complete=not files.faults)
    if found or settings is None:
        raise ConfigErrors(_in_order(found, files.order))
    return settings


def _in_order(found: list[ConfigError], files: list[str]) -> list[ConfigError]:
    """Sort by place and keep, of what stands at one and the same value, what was found first."""
    rank = {file: number for number, file in enumerate(files)}
    unique = {str(fault): fault for fault in found}
    return sorted(
        unique.values(), key=lambda fault: (rank.get(fault.file, 0), fault.line, fault.column)
    )


@dataclass
class _Files:
    """The files of one configuration, joined as they are read."""

    expander: Expander
    merged: dict[str, tuple[Place, Node]] = field(default_factory=dict)
    faults: list[ConfigError] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    seen: set[Path] = field(default_factory=set)

    def read(self, path: Path, asked: Place | None) -> None:
        """Read one file and those it includes; each file counts once."""
        real = path.resolve()
        if real in self.seen:
            return
        self.seen.add(real)
        self.order.append(str(path))
        try:
            node, found = nodes.read(_text(path, asked), str(path))
        except ConfigError as fault:
            self.faults.append(fault)
            return
        self.faults += found
        if node is None or node.value is None:
            return
        if not isinstance(node.value, dict):
            self.faults.append(node.place.fault("keys are expected here", "such as `feeds:`"))
            return
        for key, (place, child) in node.value.items():
            self._merge(key, place, child)
        for item in (node.get("include") or Node([], node.place)).items():
            self._include(path.parent, item)

    def _merge(self, key: str, place: Place, child: Node) -> None:
        if child.value is None:
            return  # `feeds:` with nothing under it says nothing
        if key not in self.merged:
            self.merged[key] = (place, child)
            return
        first, old = self.merged[key]
        if isinstance(old.value, list) and isinstance(child.value, list):
            self.merged[key] = (first, Node([*old.value, *child.value], old.place))
        else:
            self.faults.append(
                place.fault(f"the key `{key}` is given twice", f"also on {first.line_in(place)}")
            )

    def _include(self, folder: Path, item: Node) -> None:
        raw = item.text()
        if raw is None:
            return  # the model says so
        name = self.expander.text(item, raw)
        try:
            paths = _glob(folder, name) if set(name) & set("*?[") else [folder / name]
        except (ValueError, NotImplementedError) as error:
            self.faults.append(item.place.fault(f"no file name or glob: {error}"))
            return
        for path in paths:
            if len(self.seen) >= MAX_FILES:
                self.faults.append(item.place.fault(f"more than {MAX_FILES:,} files"))
                return
            self.read(path, item.place)


def _glob(folder: Path, pattern: str) -> list[Path]:
    root = Path(pattern).anchor
    start = Path(root) if root else folder
    return sorted(path for path in start.glob(pattern.removeprefix(root)) if path.is_file())


def _text(path: Path, asked: Place | None) -> str:
    """Return a file's text; raises ConfigError, at the include that asked for it if one did."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        if asked is None:
            raise ConfigError(f"cannot read {path}: {reason}", hint=_start(path)) from error
        raise asked.fault(f"cannot read {path}: {reason}") from error
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
