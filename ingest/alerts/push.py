"""How a message reads where there is little room: on phones and in chats, in what each service shows.

Titles and texts come from strangers: nothing in them is markup, a link or a call on everybody.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from html import escape
from typing import Any

from ingest.alerts.tidy import line, tidy, web_link
from ingest.alerts.wording import alert_view, headline_of, subject
from ingest.model import Delivery

MOST_PASSAGES = 700
"""Characters of the passages of one alert: what a phone shows without scrolling far."""
MOST_PARTS = 10
"""Messages that one digest may take where a service takes little at a time; what is left after
that is counted."""
LEAST_ROOM = 400
"""With less room (a short message by phone) there is one part, cut."""
LONGEST_URL = 2000

_CALLS = re.compile(r"@(?=everyone|here|channel|all\b)|(?<=<)(?=[@!#])", re.IGNORECASE)
"""Where chats begin to call on people: `@everyone`, `<!channel>`, `<@123>`."""
_MARKS = re.compile(r"([\\`*_~\[\]<>])")
_AT_START = re.compile(r"^(?=[#>+-]|\d+[.)])")


class Style(StrEnum):
    """What a service shows: plain text, CommonMark, or a little HTML."""

    TEXT = "text"
    MARKDOWN = "markdown"
    HTML = "html"


@dataclass(frozen=True, slots=True)
class Room:
    """How much a service takes: characters of a title, 0 where it has none, and bytes of text."""

    title: int
    body: int


@dataclass(frozen=True, slots=True)
class Push:
    """One message; `body` is in the style asked for, `title` is plain."""

    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text in pieces, each with whether it stands out; as a whole it may be a link."""

    pieces: Sequence[tuple[str, bool]]
    url: str | None = None
    after: str = ""
    """What follows the link."""

    @property
    def text(self) -> str:
        """The line in one piece."""
        return "".join(text for text, _ in self.pieces)


def pushes(delivery: Delivery, style: Style, room: Room) -> Sequence[Push]:
    """Return a delivery as one message, or, for a long digest, as several that list all of it."""
    given = tidy(delivery.payload.get("data"))
    data = given if isinstance(given, dict) else {}
    title = _harmless(subject(delivery.type, data))
    lines = [*_lines(delivery.type, data)] or [plain(headline_of(data))]
    if not room.title:
        lines.insert(0, Line([(title, True)]))
        title = ""
    bodies = _packed([write(each, style, room.body) for each in lines], style, room.body)
    count = len(bodies)
    return [
        Push(_numbered(line(title, room.title), number, count, room.title), body)
        for number, body in enumerate(bodies, 1)
    ]


def plain(text: str, url: str | None = None, after: str = "") -> Line:
    """Return a line in which nothing stands out."""
    return Line([(text, False)], web_link(url), after)


def write(given: Line, style: Style, most: int) -> str:
    """Return a line in a style, in at most so many bytes."""
    written = _written(given, style)
    text, keep = given.text, len(given.text)
    while _size(written) > most and keep > 1:
        keep = keep * 3 // 4
        written = _written(Line([(line(text, keep), False)]), style)
    return written


def _lines(type: str, data: Mapping[str, Any]) -> Iterator[Line]:
    """Yield what a message says below its title."""
    if type == "digest":
        for alert in data.get("alerts", ()):
            url = (alert.get("article") or {}).get("url")
            yield plain(headline_of(alert), url, f" · {alert.get('rule', '')}")
    elif type.startswith("health."):
        for key in ("detail", "advice"):
            if data.get(key):
                yield plain(str(data[key]))
        for each in data.get("subjects", ()):
            yield plain(f"{each.get('subject')}: {each.get('detail')}")
    else:
        yield from _of_alert(alert_view(type, data))


def _of_alert(view: Mapping[str, Any]) -> Iterator[Line]:
    """Yield what is new, the passages that matched, who tells it, and the way to read it."""
    if view["note"]:
        yield plain(view["note"])
    if view["chart"]:
        yield plain(view["chart"]["text"])
    for each in view.get("latest", ()):
        yield plain(str(each.get("title")), each.get("url"), f" · {each.get('feed')}")
    article = view.get("article") or {}
    left = MOST_PASSAGES
    passages = [each for each in view["passages"] if each.field != "title"]
    for found in passages:
        if len(found.text) <= left:
            yield Line(found.pieces)
        left -= len(found.text)
    if not passages and article.get("summary"):
        yield plain(line(article["summary"], MOST_PASSAGES))
    url = web_link(article.get("url"))
    if url and len(url) <= LONGEST_URL:
        sources = (view.get("story") or {}).get("sources", ())
        after = f" · {view['sources_label']}" if len(sources) > 1 else ""
        yield plain(_outlet(sources, url), url, after)


def _outlet(sources: Sequence[Mapping[str, Any]], url: str) -> str:
    """Return who tells it at this address."""
    return next((str(each["feed"]) for each in sources if each.get("url") == url), "Read it")


def _written(given: Line, style: Style) -> str:
    match style:
        case Style.TEXT:
            url = f"\n{given.url}" if given.url else ""
            return f"{_harmless(given.text + given.after)}{url}"
        case Style.MARKDOWN:
            text = "".join(_bold(_marked(text), bold, "**") for text, bold in given.pieces)
            text = _AT_START.sub(r"\\", text)
            text = f"[{text}](<{_address(given.url)}>)" if given.url else text
            return text + _marked(given.after)
        case Style.HTML:
            text = "".join(
                f"<b>{_escaped(text)}</b>" if bold else _escaped(text)
                for text, bold in given.pieces
            )
            text = f'<a href="{escape(given.url)}">{text}</a>' if given.url else text
            return text + _escaped(given.after)


def _bold(text: str, bold: bool, mark: str) -> str:
    """Return text that stands out; blanks at its ends would keep it from doing so."""
    bare = text.strip()
    return text.replace(bare, f"{mark}{bare}{mark}", 1) if bold and bare else text


def _marked(text: str) -> str:
    """Return text in which CommonMark sees no markup."""
    return _MARKS.sub(r"\\\1", _harmless(text))


def _escaped(text: str) -> str:
    return escape(_harmless(text), quote=False)


def _harmless(text: str) -> str:
    """Return text that calls on nobody: a zero-width space stands in such words."""
    return _CALLS.sub(lambda found: f"{found[0]}\u200b", text)


def _address(url: str) -> str:
    return url.replace("<", "%3C").replace(">", "%3E").replace("\\", "%5C")


def _packed(lines: Sequence[str], style: Style, most: int) -> Sequence[str]:
    """Return the lines in as few bodies as they fit, in their order."""
    newline = _NEWLINES[style]
    bodies: list[list[str]] = [[]]
    parts = MOST_PARTS if most >= LEAST_ROOM else 1
    for number, text in enumerate(lines):
        if bodies[-1] and _size(newline.join([*bodies[-1], text])) > most:
            if len(bodies) == parts:
                _close(bodies[-1], len(lines) - number, newline, most)
                break
            bodies.append([])
        bodies[-1].append(text)
    return [newline.join(body) for body in bodies]


def _close(body: list[str], left: int, newline: str, most: int) -> None:
    """End the last body with the number of lines it has no room for."""
    while body and _size(newline.join([*body, f"and {left} more"])) > most:
        body.pop()
        left += 1
    body.append(f"and {left} more")


_NEWLINES = {Style.TEXT: "\n", Style.MARKDOWN: "\n\n", Style.HTML: "<br/>"}


def _numbered(title: str, number: int, count: int, most: int) -> str:
    if count == 1 or not title:
        return title
    mark = f" ({number}/{count})"
    return line(title, max(most - len(mark), 1)) + mark


def _size(text: str) -> int:
    """Return the bytes of a text, which no service counts less than."""
    return len(text.encode("utf-8", "replace"))
