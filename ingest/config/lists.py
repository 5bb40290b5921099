"""Lists that rules name as `$list`: written out in the configuration, or read from files beside it."""

import csv
from collections.abc import Iterator, Mapping
from contextlib import suppress
from io import StringIO
from pathlib import Path

from ingest.config.nodes import Node, Place
from ingest.errors import ConfigError
from ingest.rules.settings import ListFile

MAX_FILE = 64_000_000
"""Bytes of one file, as many as one of YAML may have."""
MAX_ENTRIES = 500_000
"""Entries of one list: ten times a large watch list."""
MAX_ENTRY = 1_000
"""Characters of one entry; the longest names of people and companies have some two hundred."""

Lists = Mapping[str, tuple[str, ...] | ListFile]


def read(lists: Lists, root: Node) -> tuple[dict[str, tuple[str, ...]], list[ConfigError]]:
    """Return the entries of each list, and a fault for each list that cannot be read.

    A fault stands at its list, or at `root` where that holds no lists.
    """
    section = root.get("lists")
    entries: dict[str, tuple[str, ...]] = {}
    faults: list[ConfigError] = []
    for name, source in lists.items():
        node = section.get(name) if section else None
        place = node.place if node else root.place
        try:
            entries[name] = tuple(_bounded(source, place))
        except ConfigError as fault:
            faults.append(fault)
    return entries, faults


def _bounded(source: tuple[str, ...] | ListFile, place: Place) -> Iterator[str]:
    entries = _entries(source, place) if isinstance(source, ListFile) else enumerate(source, 1)
    for count, (line, entry) in enumerate(entries):
        where = f"{source.file}, line {line}" if isinstance(source, ListFile) else "this list"
        if count >= MAX_ENTRIES:
            raise place.fault(f"{where}: more than {MAX_ENTRIES:,} entries")
        if len(entry) > MAX_ENTRY:
            raise place.fault(f"{where}: an entry of more than {MAX_ENTRY:,} characters")
        yield entry


def _entries(source: ListFile, place: Place) -> Iterator[tuple[int, str]]:
    """Yield the entries of a file, each after the number of its line; empty ones are left out.

    They are its lines, or a column of a CSV file.
    """
    text = _text(source, place)
    if source.file.suffix.lower() == ".csv":
        yield from _of_column(source, text, place)
        return
    for number, line in enumerate(StringIO(text, newline=None), 1):
        entry = line.strip()
        if entry and not entry.startswith("#"):
            yield number, entry


def _of_column(source: ListFile, text: str, place: Place) -> Iterator[tuple[int, str]]:
    rows = csv.reader(StringIO(text, newline=""), strict=True)
    try:
        column = _column(source, next(rows, []), place)
        for row in rows:
            if entry := "".join(row[column : column + 1]).strip():
                yield rows.line_num, entry
    except csv.Error as error:
        message = f"{source.file}, line {rows.line_num}: cannot be read as CSV: {error}"
        raise place.fault(message) from error


def _column(source: ListFile, header: list[str], place: Place) -> int:
    names = [name.strip() for name in header]
    if source.column is None and len(names) == 1:
        return 0
    if source.column not in names:
        known = ", ".join(f"`{name}`" for name in names[:10])
        raise place.fault(f"{source.file} needs a `column:`", f"its first line has: {known}")
    return names.index(source.column)


def _text(source: ListFile, place: Place) -> str:
    try:
        with source.file.open("rb") as file:
            content = file.read(MAX_FILE + 1)
    except OSError as error:
        raise place.fault(f"cannot read {source.file}: {error.strerror}") from error
    if len(content) > MAX_FILE:
        raise place.fault(f"{source.file} is larger than {MAX_FILE // 10**6} MB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise place.fault(f"{source.file}, line {line}: not UTF-8 text") from error


class Watch:
    """Tells when files of lists are no longer what they were, once nobody writes them any more."""

    def __init__(self) -> None:
        self._told: dict[Path, tuple[int, ...]] | None = None
        self._last: dict[Path, tuple[int, ...]] | None = None

    def have_changed(self, lists: Lists) -> bool:
        """Return whether files were changed since this was last true, and not since the last look.

        It is true once at the beginning, too: for what came between reading them and this.
        """
        stamps: dict[Path, tuple[int, ...]] = {}
        for source in lists.values():
            if isinstance(source, ListFile):
                with suppress(OSError):  # gone: that is a change as well
                    found = source.file.stat()
                    stamps[source.file] = found.st_mtime_ns, found.st_ctime_ns, found.st_size
        at_rest, self._last = stamps == self._last, stamps
        if at_rest and stamps != self._told:
            self._told = stamps
            return True
        return False

    def look_again(self) -> None:
        """Have the files told as changed once more: what they held could not be read."""
        self._told = None
