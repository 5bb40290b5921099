"""Where on the page the article stands: furniture is cut off, then text decides."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from selectolax.lexbor import LexborNode

from ingest.articles import pruning
from ingest.articles.outline import Outline
from ingest.articles.pruning import HEADED_TEXT, MAX_MARKS
from ingest.articles.words import plain, squeeze

# The figures below are rules of thumb, set by trial on the yardstick's 432 news pages.
# The neighbouring values that were tried moved F1 by 0.002 at most.

NOISE = 0.3
"""What a character that is no running text counts against one that is, when the article is sought."""

CORE_NOISE = 2.0
"""The same, when its densest part is sought: what lies outside must prove itself line by line."""

CORE_SHARE = 0.3
"""A densest part with less of the article's running text than this says nothing."""


def choose(outline: Outline, noise: float = NOISE, within: int = 0) -> int | None:
    """Return the element that holds the article, or None where there is no running text.

    `noise` says how much a character that is no running text counts against one that is.
    """
    best, score = None, 0.0
    start = within or _first_of_several(outline)
    for here in range(start, outline.ends[start]):
        good = outline.good[here]
        if good <= score or outline.tags[here] in ("p", "a") or outline.is_gone(here):
            continue
        value = good - noise * (outline.total[here] - good)
        if value > score:
            best, score = here, value
    return best


def _first_of_several(outline: Outline) -> int:
    """Return the first of several whole articles on one page (endless scrolling), else the body."""
    for heading in outline.tagged("h1")[:MAX_MARKS]:
        articles = (h for h in outline.around(heading) if outline.tags[h] == "article")
        here = next(articles, 0)
        if here and outline.good[here] >= HEADED_TEXT and not outline.is_gone(here):
            return here if _followed(outline, here) else 0
    return 0


def _followed(outline: Outline, here: int) -> bool:
    parent = outline.parents[here]
    return any(
        outline.parents[other] == parent
        and outline.tags[other] == "article"
        and outline.good[other] >= HEADED_TEXT
        for other in range(outline.ends[here], outline.ends[parent])
    )


@dataclass(frozen=True, slots=True)
class Found:
    """Where the article stands, its densest part, and the standfirst shown above that element."""

    node: LexborNode
    core: LexborNode | None = None
    standfirst: str = ""


def find(body: LexborNode, descriptions: Sequence[str] = ()) -> Found | None:
    """Return the element that holds the article.

    Furniture is cut out of the tree on the way. None where there is no running text.
    """
    outline = Outline(body)
    standfirsts = [*_standfirsts(outline, descriptions), *_below_headline(outline)]
    pruning.prune(outline)
    pruning.cut_cards(outline)
    pruning.cut_captions(outline)
    pruning.cut_figures(outline)
    chosen = choose(outline)
    if chosen is None and body.css_first("article, main, h1") is not None:
        outline.relax()
        chosen = choose(outline)
    if chosen is None:
        return None
    core = choose(outline, CORE_NOISE, chosen)
    start = outline.first_running(chosen if core is None else core)
    says = core is not None and outline.good[core] >= CORE_SHARE * outline.good[chosen]
    return Found(
        outline.nodes[chosen],
        outline.nodes[core] if core is not None and says else None,
        next((text for here, text in standfirsts if here < start), ""),
    )


def _standfirsts(outline: Outline, descriptions: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield the blocks that say what the page's description says."""
    blocks = outline.unlinked(STANDFIRST_CHARS)
    for description in dict.fromkeys(descriptions):
        size, want = len(description.encode("utf-8", "replace")), plain(description)
        if size < STANDFIRST_CHARS:
            continue
        for own, here in blocks:
            if abs(own - size) <= 0.05 * size + 5:
                text = squeeze(outline.nodes[here].text() or "")
                if plain(text) == want:
                    yield here, text


def _below_headline(outline: Outline) -> Iterator[tuple[int, str]]:
    """Yield what stands right below the headline in an element named as a standfirst."""
    for heading in outline.tagged("h1")[:1]:
        below = outline.ends[heading]
        for here in range(below, min(below + 2, len(outline.nodes))):
            names = (outline.nodes[here].attributes.get("class") or "").lower()
            text = squeeze(outline.nodes[here].text() or "") if _NAMED.search(names) else ""
            if len(text) in STANDFIRST_SIZES and not _YEAR.search(text):
                yield here, text


_NAMED = re.compile(r"standfirst|sub-?(?:title|head)|(?:\b|_)de[ck]k?\b|strapline|\blede\b")
_YEAR = re.compile(r"(?:19|20)\d\d")
"""A date and a byline may stand in an element named so."""

STANDFIRST_SIZES = range(25, 400)
"""Sizes of a standfirst that only its element's name tells from a kicker."""

STANDFIRST_CHARS = 15
"""The shortest standfirst; shorter lines are kickers and labels."""
