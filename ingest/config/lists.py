"""Lists that rules name as `$list`: written out in the configuration, or read from files beside it."""

import csv
from collections.abc import Iterator, Mapping

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
    """Return the entries of each list, and a fault for each list that cannot be read."""
    section = root.get("lists")
    entries: dict[str, tuple[str, ...]] = {}
    faults: list[ConfigError] = []
    for name, source in lists.items():
        node = section.get(name) if section else None
        place = node.place if node else Place("", 0, 0)
        try:
            entries[name] = tuple(_bounded(source, place))
        except ConfigError as fault:
            faults.append(fault)
    return entries, faults


def _bounded(source: tuple[str, ...] | ListFile, place: Place) -> Iterator[str]:
    where = str(source.file) if isinstance(source, ListFile) else "this list"
    entries = _entries(source, place) if isinstance(source, ListFile) else source
    for number, entry in enumerate(entries):
        if number >= MAX_ENTRIES:
            raise place.fault(f"{where} has more than {MAX_ENTRIES:,} entries")
        if len(entry) > MAX_ENTRY:
            raise place.fault(f"{where} has an entry of more than {MAX_ENTRY:,} characters")
        yield entry


def _entries(source: ListFile, place: Place) -> Iterator[str]:
    """Yield the entries of a file: its lines, or a column of a CSV file, empty ones left out."""
    lines = _text(source, place).splitlines()
    if source.file.suffix.lower() != ".csv":
        texts = (line.strip() for line in lines)
        yield from (text for text in texts if text and not text.startswith("#"))
        return
    try:
        rows = csv.reader(lines, strict=True)
        header = next(rows, [])
        column = _column(source, header, place)
        yield from (
            row[column].strip() for row in rows if column < len(row) and row[column].strip()
        )
    except csv.Error as error:
        raise place.fault(f"cannot read {source.file} as CSV: {error}") from error


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
        raise place.fault(f"{source.file} is not UTF-8 text") from error
