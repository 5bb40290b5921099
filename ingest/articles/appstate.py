"""The article in the state of a page that a script draws: JSON for the script, and no text in the page.

Such a page names its headline all the same; a text is taken for its article only where it stands
in the object that has this headline.
"""

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from ingest.articles.words import plain, squeeze, word_set

MIN_TEXT = 500
"""Shorter texts are teasers, or notices beside them: of 88 yardstick pages whose state has a longer
one, 60 have their article there; of 8 with 300 to 500 characters none."""

MIN_TITLE = 12

MAX_OBJECTS = 20_000
"""Values looked at on one page."""

MAX_WORK = 8_000_000
TRY_WORK = 10_000
"""Characters of scripts read in search of JSON, about 0.1 s; what a vain attempt counts for besides."""

_START = re.compile(r'[\[{]\s*["\[{\d]|"[\[{]\s*(?=\\")')
_FLIGHT = re.compile(r"^[0-9a-f]+:(?:T[0-9a-f]+,)?")
_TEXT_KEYS = word_set(
    """
    text content contents html value body bodyhtml contenthtml articlebody paragraph paragraphs
    children blocks items data rendered markup story
    """
)
_TAG = re.compile(r"<[^<>]{1,500}>")


@dataclass(frozen=True, slots=True)
class Found:
    """An article in a state: its headline as there, and its text as HTML."""

    title: str
    html: str


def find(tree: LexborHTMLParser, titles: Collection[str]) -> Found | None:
    """Return the longest text that stands with one of these headlines (`words.plain`)."""
    known = [title for title in titles if len(title) >= MIN_TITLE]
    found = [
        Found(title, html)
        for root in _roots(tree)
        for each, title in _titled(root, known)
        if len(html := max(_texts(each), key=len, default="")) >= MIN_TEXT
    ]
    return max(found, key=lambda each: len(each.html), default=None)


def _roots(tree: LexborHTMLParser) -> Iterator[Any]:
    """Yield the JSON values in scripts, wherever in a script they stand."""
    work, decoder = 0, json.JSONDecoder(strict=False)
    for script in tree.css("script:not([src])"):
        text, at = script.text() or "", 0
        if len(text) < MIN_TEXT or "ld+json" in (script.attributes.get("type") or ""):
            continue
        while (start := _START.search(text, at)) and work < MAX_WORK:
            try:
                value, at = decoder.raw_decode(text, start.start())
            except json.JSONDecodeError as error:
                work += TRY_WORK + error.pos  # its line is counted from the start of the script
                at = start.start() + 1
            except RecursionError:
                break
            else:
                work += at - start.start()
                yield value


def _titled(root: Any, known: Collection[str]) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield the objects below `root` that have a headline, JSON within strings included."""
    todo, seen = [root], 0
    while todo and seen < MAX_OBJECTS:
        seen += 1
        value = todo.pop()
        if isinstance(value, str):
            inner = _inner(value)
            if inner is not None:
                todo.append(inner)
        elif isinstance(value, list):
            todo.extend(value)
        elif isinstance(value, dict):
            if title := _title(value, known):
                yield value, title
            todo.extend(value.values())


def _inner(text: str) -> Any:
    """Return the JSON that a string is, as states are passed on; None where it is none."""
    text = _FLIGHT.sub("", text, count=1)
    if len(text) < MIN_TEXT or text[0] not in "{[":
        return None
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None


def _title(value: dict[str, Any], known: Collection[str]) -> str:
    """Return the headline among an object's own values: one with which a known spelling begins."""
    for each in value.values():
        if isinstance(each, str) and MIN_TITLE <= len(each) <= MIN_TEXT:
            key = plain(each)
            if len(key) >= MIN_TITLE and any(title.startswith(key) for title in known):
                return squeeze(each)
    return ""


def _texts(value: Any, depth: int = 0) -> Iterator[str]:
    """Yield the texts below a value as HTML: long strings, and lists of blocks."""
    if depth > 6:
        return
    if isinstance(value, dict):
        for each in value.values():
            yield from _texts(each, depth + 1)
    elif isinstance(value, list):
        blocks = [text for text in map(_block, value) if text]
        if len(blocks) >= 2:
            yield "".join(f"<p>{text}</p>" for text in blocks)
        for each in value:
            yield from _texts(each, depth + 1)
    elif isinstance(value, str) and len(value) >= MIN_TEXT:
        text = _TAG.sub("", value)
        if len(text) >= MIN_TEXT and text.count(" ") * 20 >= len(text) and _inner(value) is None:
            yield value if "<" in value else _paragraphs(value)


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(line)}</p>" for line in text.splitlines() if line.strip())


def _block(value: Any, depth: int = 0) -> str:
    """Return the text of one block of an editor: its own, or its runs joined."""
    if depth > 4:
        return ""
    if isinstance(value, str):
        return value if " " in value.strip() or depth else ""
    if isinstance(value, list):
        return "".join(_block(each, depth + 1) for each in value)
    if isinstance(value, dict):
        return "".join(
            _block(each, depth + 1) for key, each in value.items() if key.lower() in _TEXT_KEYS
        )
    return ""
