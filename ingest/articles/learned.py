"""Learned furniture: a paragraph that a site repeats under article after article is not article text.

What recurs is remembered per site as hashes of paragraphs with a weight; here is how weights grow,
fade and decide. Keeping them is the store's work.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from urllib.parse import urlsplit

from ingest.articles.words import plain
from ingest.model import Extraction

MIN_CHARS = 20
"""Shorter paragraphs are subheads and labels, which good articles share ("Background")."""

HALF_LIFE = 50
"""Articles of its site after which a sighting counts half: a redesign is forgotten in days."""

MIN_WEIGHT = 6.0
"""Sightings in other articles that make a paragraph furniture, seven fresh ones. Over ten made-up
sites of 200 articles (`tests/articles/test_learned.py`) this took out 96 % of the furniture after
their first twenty and none of 15,373 paragraphs of text; with 4.5 two of them went."""

MIN_SHARE = 0.25
"""Share of the site's recent articles that must have it: a paragraph of background that a newsroom
repeats ("The war began …") stands in fewer; newsletter boxes and notices stand in most."""

MOST_LOST = 0.5
"""An article that would lose more of its text than this is a copy of another and loses nothing."""

FIRST, LAST = 10, 20
"""Paragraphs at either end that are looked at and remembered; furniture stands there."""

FADED = 100
"""Articles of its site after which a paragraph not seen again is forgotten, at two half-lives."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What is remembered of a paragraph: its weight when it was last seen, and when that was."""

    weight: float
    at: int
    """The number of the site's article that it was last seen in."""


@dataclass(frozen=True, slots=True)
class Habits:
    """What is remembered of a site, as far as one article asks for it."""

    articles: int = 0
    """How many of its articles were looked at so far."""
    marks: Mapping[int, Mark] = field(default_factory=dict)


def site_of(url: str) -> str:
    """Return the host whose habits a page shows; empty where the address names none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def digests(body: str) -> Sequence[int]:
    """Return the hashes to ask for and to remember: 64 bits, signed, each once."""
    paragraphs = body.split("\n\n")
    ends = paragraphs[:FIRST] + paragraphs[FIRST:][-LAST:]
    return tuple(dict.fromkeys(_digest(text) for text in ends if len(text) >= MIN_CHARS))


def _digest(text: str) -> int:
    hashed = blake2b(plain(text).encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(hashed, "big", signed=True)


def weight_now(mark: Mark, articles: int) -> float:
    """Return what a paragraph's sightings weigh after so many articles of its site."""
    return mark.weight * _faded(articles - mark.at)


def seen_again(mark: Mark | None, articles: int) -> Mark:
    """Return the mark of a paragraph that the site's article number `articles` has."""
    return Mark(1.0 + (weight_now(mark, articles) if mark else 0.0), articles)


def _faded(articles: int) -> float:
    return math.pow(0.5, max(articles, 0) / HALF_LIFE)


def _whole(articles: int) -> float:
    """Return the weight that a paragraph in every article of the site would have."""
    return (1.0 - _faded(articles)) / (1.0 - _faded(1))


def recurs(mark: Mark, articles: int) -> bool:
    """Return whether a paragraph is furniture of its site."""
    weight = weight_now(mark, articles)
    return weight >= MIN_WEIGHT and weight >= MIN_SHARE * _whole(articles)


def without(extraction: Extraction, habits: Habits, standing: str = "") -> Extraction:
    """Return an article without the paragraphs its site repeats, and a warning that quotes each.

    `standing` is the text of an earlier reading: what stands in it stays, so that learning is never
    taken for an edit of the page.
    """
    usual = {digest for digest, mark in habits.marks.items() if recurs(mark, habits.articles)}
    if not usual:
        return extraction
    kept_before = {_digest(text) for text in standing.split("\n\n")}
    gone = [
        text
        for text in extraction.body.split("\n\n")
        if len(text) >= MIN_CHARS and (own := _digest(text)) in usual and own not in kept_before
    ]
    if not gone or sum(map(len, gone)) > MOST_LOST * len(extraction.body):
        return extraction
    body = "\n\n".join(text for text in extraction.body.split("\n\n") if text not in gone)
    told = tuple(f"left out, the site repeats it: {_quoted(text)}" for text in gone)
    return replace(extraction, body=body, warnings=extraction.warnings + told)


def _quoted(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:79]}…"
