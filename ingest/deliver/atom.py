"""The Atom channel: one feed of alerts per rule, as files that any web server or reader takes."""

import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any
from xml.etree import ElementTree as ET

from ingest.alerts import chart
from ingest.alerts.push import Room, Style, pushes
from ingest.alerts.render import slug
from ingest.alerts.tidy import line, web_link
from ingest.alerts.wording import headline_of
from ingest.errors import DeliveryError
from ingest.model import Delivery

KEPT = 100
"""Entries of a feed; a reader that looks once a day misses none of a hundred alerts."""

MUCH = Room(title=160, body=20_000)
"""No message is that long."""

_ATOM = "http://www.w3.org/2005/Atom"  # RFC 4287 §1.2
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0 §2.2
ET.register_namespace("", _ATOM)


class Atom:
    """A folder of Atom feeds; threads take turns."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._lock = folder, Lock()

    def send(self, delivery: Delivery) -> None:
        """Put a message at the head of its rule's feed, a digest in those of its rules.

        The file is replaced at once, so that a reader never sees half of it. The same delivery
        sent again takes the place of its entry. Raises DeliveryError.
        """
        for part in _parts(delivery):
            self._add(part)

    def _add(self, delivery: Delivery) -> None:
        rule = str(_data(delivery).get("rule") or "")
        name = slug(rule) if rule else delivery.type.partition(".")[0]
        path = self._folder / f"{name}.atom"
        try:
            with self._lock:
                self._folder.mkdir(parents=True, exist_ok=True)
                title = f"Alerts of {rule}" if rule else f"ingest: {name}"
                _put(path, _with(delivery, _read(path), name, title))
        except (OSError, ET.ParseError) as error:
            raise DeliveryError(f"cannot write to {path}: {error}") from error


def _parts(delivery: Delivery) -> Iterator[Delivery]:
    """Yield the alerts of a digest, each for the feed of its rule; anything else as it is."""
    if delivery.type != "digest":
        yield delivery
        return
    for number, alert in enumerate(_data(delivery).get("alerts", ())):
        kind = str(alert.get("type", "alert.created"))
        payload = {**delivery.payload, "type": kind, "data": alert}
        yield replace(delivery, id=f"{delivery.id}.{number}", type=kind, payload=payload)


def _data(delivery: Delivery) -> dict[str, Any]:
    data = delivery.payload.get("data")
    return data if isinstance(data, dict) else {}


def _read(path: Path) -> list[ET.Element]:
    """Return the entries that a feed of ours has."""
    if not path.exists():
        return []
    return ET.parse(path).getroot().findall(f"{{{_ATOM}}}entry")  # noqa: S314 - a file we wrote


def _with(delivery: Delivery, entries: list[ET.Element], name: str, title: str) -> bytes:
    """Return the feed with this message as its first entry."""
    new = _entry(delivery)
    id = new.findtext(f"{{{_ATOM}}}id")
    others = [entry for entry in entries if entry.findtext(f"{{{_ATOM}}}id") != id]
    feed = ET.Element(f"{{{_ATOM}}}feed")
    _add(feed, "id", f"urn:ingest:alerts:{name}")
    _add(feed, "title", title)
    _add(feed, "updated", datetime.now(UTC).isoformat(timespec="seconds"))
    _add(_add(feed, "author", ""), "name", "ingest")
    feed.extend([new, *others][:KEPT])
    written: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return written


def _entry(delivery: Delivery) -> ET.Element:
    text = pushes(delivery, Style.HTML, MUCH)[0]
    data = _data(delivery)
    article = data.get("article")
    entry = ET.Element(f"{{{_ATOM}}}entry")
    _add(entry, "id", f"urn:ingest:{delivery.id}")
    _add(entry, "title", text.title)
    _add(entry, "updated", str(delivery.payload["timestamp"]))
    if url := web_link((article or {}).get("url")):
        _add(entry, "link", "").set("href", line(url))
    _add(entry, "content", text.body + _chart(data)).set("type", "html")
    return entry


def _chart(data: dict[str, Any]) -> str:
    """Return the chart of a surge; a reader that shows no SVG leaves it out."""
    if not data.get("counts"):
        return ""
    counts = ", ".join(map(str, data["counts"]))
    return f"<br/>{chart.svg(data['counts'], headline_of(data), counts)}"


def _add(parent: ET.Element, name: str, text: str) -> ET.Element:
    child = ET.SubElement(parent, f"{{{_ATOM}}}{name}")
    child.text = _NO_XML.sub("\ufffd", text) or None
    return child


def _put(path: Path, content: bytes) -> None:
    """Write a file beside and put it in its place."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
        made = Path(file.name)
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            made.chmod(0o644)
            made.replace(path)
        except OSError:
            made.unlink()
            raise
